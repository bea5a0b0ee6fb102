//! Opening sealed blocks. Invariant: a block is as long as its reference says before the first byte of it is touched; beyond the end of a mapped
//! file lies a signal in the user's interpreter.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::mapping::Mapping;
use super::{BlockFile, BlockRef, StorageError};

/// Shorter blocks are read: setting up and taking down a mapping, with a fault for every page, costs more than the copy.
const LEAST_MAPPED: u64 = 64 << 10;

/// Of longer blocks, what has been read is let go in steps of this.
const WINDOW: u64 = 8 << 20;

/// A block's bytes.
#[derive(Debug)]
pub struct MappedBlock(Bytes);

#[derive(Debug)]
enum Bytes {
    Empty,
    /// In words, so that the columns in it lie aligned.
    Read {
        words: Vec<u64>,
        length: usize,
    },
    Mapped(Mapping),
    /// A large mapping, with the file and where in it the mapping starts, so that what has been read can be let go.
    Window {
        mapping: Mapping,
        file: File,
        path: PathBuf,
        offset: u64,
    },
}

impl MappedBlock {
    /// Opens a sealed block. An empty one needs no file.
    pub fn open(block: &BlockRef) -> Result<Self, StorageError> {
        if block.length == 0 {
            return Ok(MappedBlock(Bytes::Empty));
        }
        BlockFile::open(&block.path)?.block(block.offset, block.length)
    }

    /// A part of a file, which has so many bytes.
    pub(super) fn of_file(path: &Path, file: &File, offset: u64, length: u64) -> io::Result<Self> {
        let bytes = match length {
            0..LEAST_MAPPED => {
                return Self::read(length, |bytes| file.read_exact_at(bytes, offset));
            }
            LEAST_MAPPED..WINDOW => Mapping::new(file, offset, length as usize).map(Bytes::Mapped),
            _ => file
                .try_clone()
                .and_then(|file| window(file, path.to_owned(), offset, length as usize)),
        };
        bytes.map(MappedBlock)
    }

    /// What `fill` puts into so many bytes.
    pub(super) fn read(
        length: u64,
        fill: impl FnOnce(&mut [u8]) -> io::Result<()>,
    ) -> io::Result<Self> {
        if length == 0 {
            return Ok(MappedBlock(Bytes::Empty));
        }
        let length = length as usize;
        let mut words = vec![0_u64; length.div_ceil(size_of::<u64>())];
        let bytes: &mut [u8] = bytemuck::cast_slice_mut(&mut words);
        fill(&mut bytes[..length])?;
        Ok(MappedBlock(Bytes::Read { words, length }))
    }

    /// The bytes, aligned as the block is in its file, to at least 8.
    pub fn bytes(&self) -> &[u8] {
        match &self.0 {
            Bytes::Empty => &[],
            Bytes::Read { words, length } => &bytemuck::cast_slice(words)[..*length],
            Bytes::Mapped(mapping) | Bytes::Window { mapping, .. } => mapping,
        }
    }

    /// Lets go of the first bytes of a large block, if they are many: mapped pages count as this process's memory. Says
    /// whether it did; then the block begins behind them.
    pub fn release_front(&mut self, consumed: usize) -> Result<bool, StorageError> {
        let Bytes::Window { mapping, file, path, offset } = &self.0 else { return Ok(false) };
        if (consumed as u64) < WINDOW {
            return Ok(false);
        }
        let rest = mapping.len().saturating_sub(consumed);
        let offset = *offset + consumed as u64;
        self.0 = match rest {
            0 => Bytes::Empty,
            _ => file
                .try_clone()
                .and_then(|file| window(file, path.clone(), offset, rest))
                .map_err(StorageError::io("read", path))?,
        };
        Ok(true)
    }
}

fn window(file: File, path: PathBuf, offset: u64, length: usize) -> io::Result<Bytes> {
    Ok(Bytes::Window { mapping: Mapping::new(&file, offset, length)?, file, path, offset })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use tempfile::NamedTempFile;

    fn content() -> Vec<u8> {
        (0..200_000_u32).map(|number| (number % 251) as u8).collect()
    }

    fn file() -> NamedTempFile {
        let file = NamedTempFile::new().unwrap();
        fs::write(&file, content()).unwrap();
        file
    }

    fn block(file: &NamedTempFile, offset: u64, length: u64) -> BlockRef {
        BlockRef { path: file.path().to_owned(), offset, length }
    }

    #[test]
    fn any_part_of_a_file_is_a_block() {
        let (file, content) = (file(), content());
        for (offset, length) in [
            (0, 200_000),
            (64, LEAST_MAPPED),
            (64, LEAST_MAPPED - 1),
            (4096, 100_000),
            (199_999, 1),
            (200_000, 0),
        ] {
            let bytes = MappedBlock::open(&block(&file, offset, length)).unwrap();
            assert_eq!(bytes.bytes(), &content[offset as usize..][..length as usize]);
            assert_eq!(matches!(bytes.0, Bytes::Mapped(_)), length >= LEAST_MAPPED);
        }
    }

    #[test]
    fn a_large_block_lets_go_of_what_was_read() {
        let file = NamedTempFile::new().unwrap();
        let content: Vec<u8> = (0..3 * WINDOW as usize).map(|place| (place / 999) as u8).collect();
        fs::write(&file, &content).unwrap();
        let mut bytes = MappedBlock::open(&block(&file, 64, 2 * WINDOW + 640)).unwrap();
        assert!(!bytes.release_front(WINDOW as usize - 1).unwrap());
        assert_eq!(bytes.bytes().len() as u64, 2 * WINDOW + 640);
        assert!(bytes.release_front(WINDOW as usize + 64).unwrap());
        assert!(bytes.bytes() == &content[WINDOW as usize + 128..2 * WINDOW as usize + 704]);
        assert!(bytes.release_front(bytes.bytes().len()).unwrap());
        assert!(bytes.bytes().is_empty());
        let small = MappedBlock::open(&block(&file, 0, WINDOW - 1));
        assert!(!small.unwrap().release_front(WINDOW as usize - 1).unwrap());
    }

    #[test]
    fn blocks_lie_aligned_in_memory() {
        let file = file();
        for length in [800, 160_000] {
            let bytes = MappedBlock::open(&block(&file, 64, length)).unwrap();
            assert_eq!(bytes.bytes().as_ptr().align_offset(8), 0);
        }
    }

    #[test]
    fn a_file_that_is_too_short_is_an_error() {
        let file = file();
        for (offset, length) in [(0, 200_001), (199_999, 2), (300_000, 1), (1, u64::MAX)] {
            let error = MappedBlock::open(&block(&file, offset, length)).unwrap_err();
            assert!(matches!(error, StorageError::Truncated { found: 200_000, .. }), "{error}");
        }
    }

    #[test]
    fn a_missing_file_is_told_from_other_errors() {
        let file = file();
        let block = block(&file, 0, 1);
        file.close().unwrap();
        assert!(MappedBlock::open(&block).unwrap_err().is_missing());
    }
}
