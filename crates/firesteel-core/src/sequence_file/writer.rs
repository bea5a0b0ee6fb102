//! Writes a SequenceFile.
//!
//! Invariant: a file is whole only after [`SequenceWriter::finish`].

use super::compression::compress;
use super::{Compression, ESCAPE, Header, MARK, SYNC_INTERVAL, vint};
use crate::text::Codec;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{self, Write};

/// Keys and values of a block before they are compressed, as in Hadoop.
const BLOCK_BYTES: usize = 1_000_000;

/// Appends records.
pub struct SequenceWriter<W> {
    output: W,
    compression: Compression,
    mark: [u8; MARK],
    position: u64,
    /// Where the last mark ended.
    marked: u64,
    block: Block,
}

/// The records of a block that is not full yet.
#[derive(Default)]
struct Block {
    records: u32,
    key_lengths: Vec<u8>,
    keys: Vec<u8>,
    value_lengths: Vec<u8>,
    values: Vec<u8>,
}

impl<W: Write> SequenceWriter<W> {
    /// Begins a file.
    pub fn new(
        output: W,
        key_class: String,
        value_class: String,
        compression: Compression,
    ) -> io::Result<Self> {
        let mark = random_mark();
        let header = Header { key_class, value_class, compression, mark };
        let mut writer =
            Self { output, compression, mark, position: 0, marked: 0, block: Block::default() };
        let mut bytes = Vec::new();
        header.write(&mut bytes);
        writer.write(&bytes)?;
        Ok(writer)
    }

    /// Appends a record of an encoded key and an encoded value.
    pub fn append(&mut self, key: &[u8], value: &[u8]) -> io::Result<()> {
        match self.compression {
            Compression::None => self.append_record(key, value),
            Compression::Record(codec) => self.append_record(key, &compress(codec, value)?),
            Compression::Block(codec) => {
                self.block.append(key, value);
                if self.block.is_full() { self.write_block(codec) } else { Ok(()) }
            }
        }
    }

    /// Completes the file.
    pub fn finish(mut self) -> io::Result<W> {
        if let Compression::Block(codec) = self.compression
            && self.block.records > 0
        {
            self.write_block(codec)?;
        }
        Ok(self.output)
    }

    fn append_record(&mut self, key: &[u8], value: &[u8]) -> io::Result<()> {
        if self.position >= self.marked + SYNC_INTERVAL {
            self.write_mark()?;
        }
        self.write(&length(key.len() + value.len())?.to_be_bytes())?;
        self.write(&length(key.len())?.to_be_bytes())?;
        self.write(key)?;
        self.write(value)
    }

    fn write_block(&mut self, codec: Codec) -> io::Result<()> {
        self.write_mark()?;
        let block = std::mem::take(&mut self.block);
        self.write_number(u64::from(block.records))?;
        for part in [block.key_lengths, block.keys, block.value_lengths, block.values] {
            let compressed = compress(codec, &part)?;
            self.write_number(compressed.len() as u64)?;
            self.write(&compressed)?;
        }
        Ok(())
    }

    fn write_number(&mut self, number: u64) -> io::Result<()> {
        let mut bytes = Vec::new();
        vint::write(i64::from(length(number as usize)?), &mut bytes);
        self.write(&bytes)
    }

    fn write_mark(&mut self) -> io::Result<()> {
        self.write(&ESCAPE.to_be_bytes())?;
        self.write(&self.mark.clone())?;
        self.marked = self.position;
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.position += bytes.len() as u64;
        self.output.write_all(bytes)
    }
}

impl Block {
    fn append(&mut self, key: &[u8], value: &[u8]) {
        self.records += 1;
        vint::write(key.len() as i64, &mut self.key_lengths);
        self.keys.extend(key);
        vint::write(value.len() as i64, &mut self.value_lengths);
        self.values.extend(value);
    }

    fn is_full(&self) -> bool {
        self.keys.len() + self.values.len() >= BLOCK_BYTES
    }
}

/// Lengths are Java's ints.
fn length(bytes: usize) -> io::Result<i32> {
    i32::try_from(bytes).map_err(|_| io::Error::other("a record is larger than 2 GiB"))
}

/// The keys of the standard library's hasher come from the system's random source.
fn random_mark() -> [u8; MARK] {
    let half = || {
        let mut hasher = RandomState::new().build_hasher();
        hasher.write_u32(std::process::id());
        hasher.write_u128(
            std::time::SystemTime::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_nanos()),
        );
        hasher.finish()
    };
    let mut mark = [0; MARK];
    mark[..8].copy_from_slice(&half().to_be_bytes());
    mark[8..].copy_from_slice(&half().to_be_bytes());
    mark
}
