//! The reduce side: one partition's segment of one map output. Invariant: nothing that the index says is used before it is checked, for a bad segment must
//! become a lost map output, which its stage computes again.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::index::{ENTRY, Entry, FOOTER, Footer};
use crate::frame::Frames;
use crate::storage::{BlockFile, MappedBlock, StorageError};

/// Read from the end of the file at once: the footer, and the whole index of up to 126 partitions.
const TAIL: u64 = 4096;

/// Why a segment cannot be had. To the scheduler each is a failed fetch.
#[derive(Debug, Error)]
pub enum SegmentError {
    /// There is no such file (any more).
    #[error("shuffle file {} is missing", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// The operating system refused.
    #[error("cannot read shuffle file {}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The file is not what a map task wrote.
    #[error("shuffle file {} is corrupt: {reason}", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What does not fit.
        reason: &'static str,
    },
    /// The file was written for fewer partitions.
    #[error("shuffle file {} has {partitions} partitions, and not number {partition}", path.display())]
    NoSuchPartition {
        /// The file.
        path: PathBuf,
        /// The one that was asked for.
        partition: u32,
        /// How many there are.
        partitions: u32,
    },
}

/// One partition's frames of one map output.
#[derive(Debug)]
pub struct Segment {
    block: MappedBlock,
    elements: u64,
}

impl Segment {
    /// The frames as bytes, aligned.
    pub fn bytes(&self) -> &[u8] {
        self.block.bytes()
    }

    /// Lets go of the first bytes of a large segment, as a block does.
    pub fn release_front(&mut self, consumed: usize) -> Result<bool, StorageError> {
        self.block.release_front(consumed)
    }

    /// The frames.
    pub fn frames(&self) -> Frames<'_> {
        Frames::new(self.bytes())
    }

    /// The number of elements in all frames.
    pub fn elements(&self) -> u64 {
        self.elements
    }
}

/// Opens the segment of `partition` in the shuffle file at `path`.
pub fn read_segment(path: &Path, partition: u32) -> Result<Segment, SegmentError> {
    let file = ShuffleFile::open(path)?;
    let footer = file.footer()?;
    if partition >= footer.partitions {
        let partitions = footer.partitions;
        return Err(SegmentError::NoSuchPartition { path: path.to_owned(), partition, partitions });
    }
    let entry = file.entry(&footer, partition)?;
    file.segment(&entry)
}

/// An open shuffle file and its last bytes.
struct ShuffleFile<'a> {
    path: &'a Path,
    file: BlockFile,
    length: u64,
    tail: Vec<u8>,
}

impl<'a> ShuffleFile<'a> {
    fn open(path: &'a Path) -> Result<Self, SegmentError> {
        let file = BlockFile::open(path).map_err(|error| refused(path, error))?;
        let length = file.length();
        let mut tail = vec![0; length.min(TAIL) as usize];
        file.read_exact_at(&mut tail, length.saturating_sub(TAIL))
            .map_err(|source| unreadable(path, source))?;
        Ok(ShuffleFile { path, file, length, tail })
    }

    fn footer(&self) -> Result<Footer, SegmentError> {
        let bytes: &[u8; FOOTER] =
            self.tail.last_chunk().ok_or_else(|| self.corrupt("it has no footer"))?;
        Footer::decode(bytes)
            .filter(|footer| footer.file_length() == self.length)
            .ok_or_else(|| self.corrupt("it does not end in a footer"))
    }

    fn entry(&self, footer: &Footer, partition: u32) -> Result<Entry, SegmentError> {
        let mut bytes = [0; ENTRY];
        self.read(footer.entry(partition), &mut bytes)?;
        Entry::decode(&bytes, partition)
            .filter(|entry| entry.offset.saturating_add(entry.length) <= footer.index)
            .ok_or_else(|| self.corrupt("an entry of the index does not match its checksum"))
    }

    /// From the bytes that are here already, if they are among them.
    fn read(&self, offset: u64, bytes: &mut [u8; ENTRY]) -> Result<(), SegmentError> {
        let in_tail = offset
            .checked_sub(self.length - self.tail.len() as u64)
            .and_then(|start| self.tail.get(start as usize..)?.first_chunk());
        match in_tail {
            Some(found) => *bytes = *found,
            None => self
                .file
                .read_exact_at(bytes, offset)
                .map_err(|source| unreadable(self.path, source))?,
        }
        Ok(())
    }

    fn segment(&self, entry: &Entry) -> Result<Segment, SegmentError> {
        let Entry { offset, length, elements } = *entry;
        let block = self.file.block(offset, length).map_err(|error| refused(self.path, error))?;
        Ok(Segment { block, elements })
    }

    fn corrupt(&self, reason: &'static str) -> SegmentError {
        SegmentError::Corrupt { path: self.path.to_owned(), reason }
    }
}

fn refused(path: &Path, error: StorageError) -> SegmentError {
    match error {
        StorageError::Io { source, .. } => unreadable(path, source),
        _ => SegmentError::Corrupt {
            path: path.to_owned(),
            reason: "a segment reaches beyond the end",
        },
    }
}

fn unreadable(path: &Path, source: io::Error) -> SegmentError {
    let path = path.to_owned();
    match source.kind() {
        io::ErrorKind::NotFound => SegmentError::Missing { path },
        _ => SegmentError::Unreadable { path, source },
    }
}
