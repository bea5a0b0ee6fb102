//! Reads the records of one split.
//!
//! Invariant: `position` is where the next record, mark or block begins. Lengths in the file are never trusted with
//! memory: a buffer grows as bytes arrive.

use super::compression::decompress;
use super::{Compression, ESCAPE, Header, MARK, SYNC_SIZE, SequenceError, SequenceSplit, vint};
use crate::text::Codec;
use std::fs::File;
use std::io::{self, BufReader, Error, ErrorKind, Read, Seek, SeekFrom};
use std::path::PathBuf;

const BUFFER_SIZE: usize = 128 << 10;

/// The bytes of a key and of its value.
pub type Record<'a> = (&'a [u8], &'a [u8]);

/// Reads keys and values as bytes.
pub struct SequenceReader<R> {
    path: PathBuf,
    input: Input<R>,
    header: Header,
    /// The split's end.
    end: u64,
    has_more: bool,
    key: Vec<u8>,
    value: Vec<u8>,
    block: Block,
}

/// Bytes with their place.
struct Input<R> {
    bytes: R,
    position: u64,
    length: u64,
}

/// The records of a block that were not given out yet.
#[derive(Default)]
struct Block {
    records: u32,
    key_lengths: Part,
    keys: Part,
    value_lengths: Part,
    values: Part,
}

type Part = io::Cursor<Vec<u8>>;

impl SequenceReader<BufReader<File>> {
    /// Opens the file and goes to the split's first record.
    pub fn open(split: &SequenceSplit) -> Result<Self, SequenceError> {
        let open = || {
            let file = File::open(&split.path)?;
            let length = file.metadata()?.len();
            Ok((BufReader::with_capacity(BUFFER_SIZE, file), length))
        };
        let (file, length) = open().map_err(|source| SequenceError::Read {
            path: split.path.clone(),
            offset: 0,
            source,
        })?;
        Self::new(file, length, split)
    }
}

impl<R: Read + Seek> SequenceReader<R> {
    /// Goes to the split's first record in any bytes, of which there are `length`.
    pub fn new(bytes: R, length: u64, split: &SequenceSplit) -> Result<Self, SequenceError> {
        let mut input = Input { bytes, position: 0, length };
        let failed = |input: &Input<R>, source| SequenceError::Read {
            path: split.path.clone(),
            offset: input.position,
            source,
        };
        let header = Header::read(&mut input).map_err(|error| failed(&input, error))?;
        let header =
            header.ok_or_else(|| SequenceError::NotASequenceFile { path: split.path.clone() })?;
        if split.start > input.position {
            input.seek_mark(split.start, &header.mark).map_err(|error| failed(&input, error))?;
        }
        let end = split.start.saturating_add(split.length);
        Ok(Self {
            path: split.path.clone(),
            has_more: input.position < end,
            input,
            header,
            end,
            key: Vec::new(),
            value: Vec::new(),
            block: Block::default(),
        })
    }

    /// What the file says about itself.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The next key and value; valid until the next call.
    pub fn next_record(&mut self) -> Result<Option<Record<'_>>, SequenceError> {
        if !self.has_more {
            return Ok(None);
        }
        self.has_more = self.advance().map_err(|source| self.failed(source))?;
        Ok(self.has_more.then_some((&self.key[..], &self.value[..])))
    }

    /// An error at the place that was reached, for whoever understands the records.
    pub fn failed(&self, source: Error) -> SequenceError {
        SequenceError::Read { path: self.path.clone(), offset: self.input.position, source }
    }

    /// Where reading has come to in the file.
    pub fn position(&self) -> u64 {
        self.input.position
    }

    fn advance(&mut self) -> io::Result<bool> {
        match self.header.compression {
            Compression::None => self.read_record(None),
            Compression::Record(codec) => self.read_record(Some(codec)),
            Compression::Block(codec) => self.read_from_block(codec),
        }
    }

    fn read_record(&mut self, codec: Option<Codec>) -> io::Result<bool> {
        let begin = self.input.position;
        let input = &mut self.input;
        if input.is_at_end() {
            return Ok(false);
        }
        let mut length = input.read_int()?;
        if length == ESCAPE {
            input.expect_mark(&self.header.mark)?;
            if begin >= self.end || input.is_at_end() {
                return Ok(false);
            }
            length = input.read_int()?;
        }
        let key_length = input.read_int()?;
        let value_length = length.checked_sub(key_length).filter(|_| key_length >= 0);
        let value_length = value_length.ok_or_else(|| damaged("a record has no valid length"))?;
        input.read_bytes(i64::from(key_length), &mut self.key)?;
        input.read_bytes(i64::from(value_length), &mut self.value)?;
        if let Some(codec) = codec {
            self.value = decompress(codec, &self.value)?;
        }
        Ok(true)
    }

    fn read_from_block(&mut self, codec: Codec) -> io::Result<bool> {
        while self.block.records == 0 {
            if self.input.is_at_end() || self.input.position >= self.end {
                return Ok(false);
            }
            self.block = self.read_block(codec)?;
        }
        self.block.records -= 1;
        take_part(&mut self.block.key_lengths, &mut self.block.keys, &mut self.key)?;
        take_part(&mut self.block.value_lengths, &mut self.block.values, &mut self.value)?;
        Ok(true)
    }

    fn read_block(&mut self, codec: Codec) -> io::Result<Block> {
        let input = &mut self.input;
        if input.read_int()? != ESCAPE {
            return Err(damaged("a block does not begin with a mark"));
        }
        input.expect_mark(&self.header.mark)?;
        let records = vint::read_length(input)?;
        let mut part = || {
            let mut compressed = Vec::new();
            let length = vint::read_length(input)?;
            input.read_bytes(i64::from(length), &mut compressed)?;
            decompress(codec, &compressed).map(Part::new)
        };
        let (key_lengths, keys) = (part()?, part()?);
        let (value_lengths, values) = (part()?, part()?);
        Ok(Block { records, key_lengths, keys, value_lengths, values })
    }
}

fn take_part(lengths: &mut Part, bytes: &mut Part, taken: &mut Vec<u8>) -> io::Result<()> {
    let length = u64::from(vint::read_length(lengths)?);
    taken.clear();
    bytes.take(length).read_to_end(taken)?;
    if taken.len() as u64 == length { Ok(()) } else { Err(ErrorKind::UnexpectedEof.into()) }
}

impl<R: Read + Seek> Input<R> {
    fn is_at_end(&self) -> bool {
        self.position >= self.length
    }

    fn read_int(&mut self) -> io::Result<i32> {
        let mut bytes = [0; 4];
        self.read_exact(&mut bytes)?;
        Ok(i32::from_be_bytes(bytes))
    }

    fn read_bytes(&mut self, length: i64, bytes: &mut Vec<u8>) -> io::Result<()> {
        let wanted = u64::try_from(length).map_err(|_| damaged("a length is negative"))?;
        bytes.clear();
        let read = self.take(wanted).read_to_end(bytes)?;
        if read as u64 == wanted { Ok(()) } else { Err(ErrorKind::UnexpectedEof.into()) }
    }

    fn expect_mark(&mut self, mark: &[u8; MARK]) -> io::Result<()> {
        let mut found = [0; MARK];
        self.read_exact(&mut found)?;
        if found == *mark { Ok(()) } else { Err(damaged("the mark between records is wrong")) }
    }

    /// Goes to the first escape whose mark begins four bytes behind `start` or later, or to the end.
    fn seek_mark(&mut self, start: u64, mark: &[u8; MARK]) -> io::Result<()> {
        if start.saturating_add(SYNC_SIZE) >= self.length {
            self.position = self.length;
            return Ok(());
        }
        let mut searched = start + 4;
        self.bytes.seek(SeekFrom::Start(searched))?;
        let mut window = Vec::new();
        loop {
            let read = self.bytes.by_ref().take(BUFFER_SIZE as u64).read_to_end(&mut window)?;
            if let Some(found) = memchr::memmem::find(&window, mark) {
                self.position = searched + found as u64 - 4;
                self.bytes.seek(SeekFrom::Start(self.position))?;
                return Ok(());
            }
            if read == 0 {
                self.position = self.length;
                return Ok(());
            }
            // A mark may begin in the last bytes of what was searched.
            let done = window.len().saturating_sub(MARK - 1);
            window.drain(..done);
            searched += done as u64;
        }
    }
}

impl<R: Read> Read for Input<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.bytes.read(buffer)?;
        self.position += read as u64;
        Ok(read)
    }
}

fn damaged(what: &'static str) -> Error {
    Error::new(ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests {
    use super::super::{Class, SequenceWriter};
    use super::*;
    use proptest::prelude::*;
    use std::io::Cursor;

    const COMPRESSIONS: [Compression; 6] = [
        Compression::None,
        Compression::Record(Codec::Deflate),
        Compression::Record(Codec::Zstd),
        Compression::Block(Codec::Gzip),
        Compression::Block(Codec::Bzip2),
        Compression::Block(Codec::Zstd),
    ];

    type Records = Vec<(Vec<u8>, Vec<u8>)>;

    fn written(records: &Records, compression: Compression) -> Vec<u8> {
        let class = Class::Bytes.name();
        let mut writer =
            SequenceWriter::new(Vec::new(), class.clone(), class, compression).unwrap();
        for (key, value) in records {
            writer.append(key, value).unwrap();
        }
        writer.finish().unwrap()
    }

    fn read(bytes: &[u8], start: u64, length: u64) -> Result<Records, SequenceError> {
        let split = SequenceSplit { path: "/file".into(), start, length };
        let mut reader = SequenceReader::new(Cursor::new(bytes), bytes.len() as u64, &split)?;
        let mut records = Vec::new();
        while let Some((key, value)) = reader.next_record()? {
            records.push((key.to_vec(), value.to_vec()));
        }
        assert!(reader.next_record()?.is_none(), "the end stays the end");
        Ok(records)
    }

    fn records() -> impl Strategy<Value = Records> {
        let bytes = || prop::collection::vec(any::<u8>(), 0..9);
        prop::collection::vec((bytes(), bytes()), 0..9)
    }

    proptest! {
        #[test]
        fn every_record_comes_back(records in records(), which in 0..COMPRESSIONS.len()) {
            let bytes = written(&records, COMPRESSIONS[which]);
            prop_assert_eq!(read(&bytes, 0, bytes.len() as u64).unwrap(), records);
        }

        #[test]
        fn damage_is_never_a_panic(
            records in records(),
            which in 0..COMPRESSIONS.len(),
            place: prop::sample::Index,
            byte: u8,
        ) {
            let mut bytes = written(&records, COMPRESSIONS[which]);
            let place = place.index(bytes.len());
            bytes[place] ^= byte;
            // Whatever comes out, it comes out.
            let _ = read(&bytes, 0, bytes.len() as u64);
            let _ = read(&bytes, place as u64, bytes.len() as u64);
        }
    }

    /// Records of a tenth of the distance of two marks, so that splits fall everywhere.
    #[test]
    fn the_splits_of_a_file_own_each_record_once() {
        let records: Records =
            (0..60_u32).map(|n| (n.to_be_bytes().to_vec(), vec![n as u8; 10_240])).collect();
        for compression in [Compression::None, Compression::Block(Codec::Deflate)] {
            let bytes = written(&records, compression);
            for size in [1_000, 99_999, 102_400, 300_000, bytes.len() as u64] {
                let starts = (0..bytes.len() as u64).step_by(size as usize);
                let all: Vec<_> =
                    starts.flat_map(|start| read(&bytes, start, size).unwrap()).collect();
                assert_eq!(all, records, "{compression:?} in splits of {size}");
            }
        }
    }

    #[test]
    fn a_cut_file_is_an_error() {
        let records = vec![(vec![1; 9], vec![2; 99]); 3];
        for compression in COMPRESSIONS {
            let bytes = written(&records, compression);
            for cut in 1..20 {
                let cut = &bytes[..bytes.len() - cut];
                assert!(read(cut, 0, bytes.len() as u64).is_err(), "{compression:?}");
            }
        }
    }
}
