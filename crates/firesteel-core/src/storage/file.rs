//! A block's or spill file's bytes by their place, whether the file is encrypted or not.
//!
//! Invariant: whoever reads or writes by these types deals with contents only: lengths and places are those of the plain bytes.

use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tempfile::TempPath;

use super::cipher::{FileCipher, HEADER, Sealer, plain_length};
use super::writer::create_unsealed;
use super::{Key, MappedBlock, StorageError, check_limit, keys};

/// The name by which the key of an unnamed file is derived.
const SPILL: &str = "spill";
/// How much is encrypted before it is written.
pub(super) const PIECE: usize = 256 << 10;

/// A sealed block's file, open for reading.
#[derive(Debug)]
pub(crate) struct BlockFile {
    path: PathBuf,
    file: File,
    /// Of the contents.
    length: u64,
    cipher: Option<FileCipher>,
}

impl BlockFile {
    pub(crate) fn open(path: &Path) -> Result<Self, StorageError> {
        let file = File::open(path).map_err(StorageError::io("open", path))?;
        let found = file.metadata().map_err(StorageError::io("read", path))?.len();
        let key = path.parent().and_then(keys::of);
        let path = path.to_owned();
        let Some(key) = key else {
            return Ok(BlockFile { path, file, length: found, cipher: None });
        };
        let mut header = [0; HEADER];
        let cipher = file
            .read_exact_at(&mut header, 0)
            .and_then(|()| FileCipher::of(&key, &block_name(&path), &header))
            .map_err(StorageError::io("decrypt", &path))?;
        Ok(BlockFile { path, file, length: plain_length(found), cipher: Some(cipher) })
    }

    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    pub(crate) fn read_exact_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<()> {
        let read_at = |bytes: &mut [u8], offset| self.file.read_exact_at(bytes, offset);
        match &self.cipher {
            None => read_at(bytes, offset),
            Some(cipher) => cipher.read_exact_at(bytes, offset, self.length, read_at),
        }
    }

    /// A part of it as a block: mapped, where that can be.
    pub(crate) fn block(&self, offset: u64, length: u64) -> Result<MappedBlock, StorageError> {
        let (expected, found) = (offset.saturating_add(length), self.length);
        if expected > found {
            return Err(StorageError::Truncated { path: self.path.clone(), expected, found });
        }
        let block = match &self.cipher {
            None => MappedBlock::of_file(&self.path, &self.file, offset, length),
            Some(_) => MappedBlock::read(length, |bytes| self.read_exact_at(bytes, offset)),
        };
        block.map_err(StorageError::io("read", &self.path))
    }
}

fn block_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// What a block's writer encrypts with, if its directory has a key.
pub(super) fn sealer(directory: &Path, name: &str) -> io::Result<Option<Sealer>> {
    keys::of(directory).map(|key| Sealer::new(&key, name)).transpose()
}

/// A file for what does not fit into memory: written from its beginning to its end, and read anywhere. It has no name, and the kernel removes it
/// with the process, however that ends. Only where the directory has a limit does it get a name: that of an unsealed block, by which
/// everybody who writes there counts it, and which goes when it is dropped or its process has died. Whoever has it may share it.
#[derive(Debug)]
pub struct UnnamedFile {
    directory: PathBuf,
    /// What the directory may hold.
    limit: Option<u64>,
    file: File,
    /// Held, for it removes the name.
    _name: Option<TempPath>,
    end: Mutex<End>,
}

#[derive(Debug)]
struct End {
    /// Of the contents.
    length: u64,
    sealer: Option<Sealer>,
}

impl UnnamedFile {
    /// An empty one in this directory, encrypted if its files are. They may have `limit` bytes together.
    pub fn create(directory: &Path, limit: Option<u64>) -> io::Result<Self> {
        Self::with(directory, limit, sealer(directory, SPILL)?)
    }

    /// One in any directory, for what a program spills by itself. Where this process encrypts, so is it, with a key that is nowhere else.
    pub fn create_anywhere(directory: &Path) -> io::Result<Self> {
        let key = keys::are_there().then(Key::generate).transpose().map_err(io::Error::other)?;
        let sealer = key.map(|key| Sealer::new(&key, SPILL)).transpose()?;
        Self::with(directory, None, sealer)
    }

    fn with(directory: &Path, limit: Option<u64>, sealer: Option<Sealer>) -> io::Result<Self> {
        let (file, name) = match limit {
            None => (tempfile::tempfile_in(directory)?, None),
            Some(_) => {
                let (file, path) = create_unsealed(directory)?.into_parts();
                (file, Some(path))
            }
        };
        let end = Mutex::new(End { length: 0, sealer });
        Ok(UnnamedFile { directory: directory.to_owned(), limit, file, _name: name, end })
    }

    /// Appends bytes, and says where they begin; pieces of some size cost least.
    pub fn append(&self, bytes: &[u8]) -> io::Result<u64> {
        let mut end = self.end();
        let start = end.length;
        check_limit(&self.directory, self.limit, bytes.len() as u64)?;
        let mut file = &self.file;
        match &mut end.sealer {
            None => file.write_all(bytes)?,
            Some(sealer) => {
                bytes.chunks(PIECE).try_for_each(|piece| file.write_all(&sealer.push(piece)?))?
            }
        }
        end.length += bytes.len() as u64;
        Ok(start)
    }

    /// The file itself, for tests that damage it.
    #[cfg(test)]
    pub(crate) fn on_disk(&self) -> &File {
        &self.file
    }

    /// Fills `bytes` with what was appended from `offset` on.
    pub fn read_exact_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<()> {
        let read_at = |bytes: &mut [u8], offset| self.file.read_exact_at(bytes, offset);
        match &self.end().sealer {
            None => read_at(bytes, offset),
            Some(sealer) => sealer.read_exact_at(bytes, offset, read_at),
        }
    }

    /// After a panic in the middle of an append only the task that made it could go on, and it is over.
    fn end(&self) -> MutexGuard<'_, End> {
        self.end.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::{BlockRef, Placement, write_block};
    use std::fs;
    use std::os::fd::AsRawFd;
    use tempfile::TempDir;

    fn encrypted() -> (TempDir, Placement) {
        let folder = TempDir::new().unwrap();
        let key = Some(Key::generate().unwrap());
        let placement = Placement { key, ..Placement::on_disk(folder.path()) };
        placement.unlock();
        (folder, placement)
    }

    fn content() -> Vec<u8> {
        b"nobody may read this. ".repeat(10_000)
    }

    #[test]
    fn an_encrypted_block_reads_as_it_was_written() {
        let (_folder, placement) = encrypted();
        let block = write_block(&placement, "block", &content()).unwrap();
        assert_eq!(block.length, content().len() as u64);
        assert_eq!(MappedBlock::open(&block).unwrap().bytes(), content());
        let part = BlockRef { offset: 70_000, length: 100_000, ..block.clone() };
        assert_eq!(MappedBlock::open(&part).unwrap().bytes(), &content()[70_000..170_000]);
        let file = fs::read(&block.path).unwrap();
        assert!(!file.windows(8).any(|window| window == b"nobody m"));
    }

    #[test]
    fn a_block_of_another_name_length_or_content_is_an_error() {
        let (folder, placement) = encrypted();
        let block = write_block(&placement, "block", &content()).unwrap();
        let renamed = BlockRef { path: folder.path().join("other"), ..block.clone() };
        fs::copy(&block.path, &renamed.path).unwrap();
        assert!(MappedBlock::open(&renamed).is_err());
        fs::write(&renamed.path, content()).unwrap();
        assert!(MappedBlock::open(&renamed).is_err(), "plain where only encrypted files may be");
        let file = fs::read(&block.path).unwrap();
        fs::write(&block.path, &file[..32 + (16 << 10) + 16]).unwrap();
        assert!(matches!(MappedBlock::open(&block), Err(StorageError::Truncated { .. })));
    }

    #[test]
    fn a_programs_own_spill_is_encrypted_where_this_process_encrypts() {
        let (_folder, _placement) = encrypted();
        let elsewhere = TempDir::new().unwrap();
        let spill = UnnamedFile::create_anywhere(elsewhere.path()).unwrap();
        assert_eq!(spill.append(&content()).unwrap(), 0);
        let mut bytes = vec![0; 100];
        spill.read_exact_at(&mut bytes, 70_000).unwrap();
        assert_eq!(bytes, content()[70_000..70_100]);
        let on_disk = fs::read(format!("/proc/self/fd/{}", spill.file.as_raw_fd())).unwrap();
        assert!(!on_disk.windows(8).any(|window| window == b"nobody m"));
    }

    #[test]
    fn spills_under_a_limit_count_together_until_they_are_dropped() {
        let folder = TempDir::new().unwrap();
        let create = || UnnamedFile::create(folder.path(), Some(100)).unwrap();
        let (one, two) = (create(), create());
        one.append(&[1; 60]).unwrap();
        let error = two.append(&[2; 60]).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
        drop(one);
        two.append(&[2; 60]).unwrap();
        drop(two);
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
    }

    #[test]
    fn spilled_bytes_are_encrypted_and_read_back() {
        let (folder, _placement) = encrypted();
        for directory in [folder.path(), TempDir::new().unwrap().path()] {
            let spill = UnnamedFile::create(directory, None).unwrap();
            let content = content();
            let starts = content.chunks(999).map(|piece| spill.append(piece).unwrap());
            assert!(starts.eq((0..content.len() as u64).step_by(999)));
            let mut bytes = vec![0; 50_000];
            spill.read_exact_at(&mut bytes, 12_345).unwrap();
            assert_eq!(bytes, content[12_345..62_345]);
            assert!(spill.read_exact_at(&mut bytes, content.len() as u64 - 1).is_err());
            let on_disk = fs::read(format!("/proc/self/fd/{}", spill.file.as_raw_fd())).unwrap();
            let shows = on_disk.windows(8).any(|window| window == b"nobody m");
            assert_eq!(shows, directory != folder.path());
        }
    }
}
