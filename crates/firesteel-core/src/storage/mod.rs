//! Where bytes live: the run's two private directories, one in shared memory and one on disk, and the blocks in them.
//!
//! Invariant: under its final name a block is whole and never changes again. It is written under a temporary name and renamed when
//! sealed, so that a reader may map it after one look at its length.
//!
//! Encrypted or not (`keys`), a block's length and the places in it are those of its contents.
//!
//! A task gets a [`Placement`] with its orders, writes blocks, and hands back a [`BlockRef`] for each; whoever has one may open it.

mod cipher;
mod directory;
mod error;
mod file;
mod keys;
mod limit;
mod mapping;
mod read;
mod run_directory;
mod writer;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

pub use error::StorageError;
pub(crate) use file::BlockFile;
pub use file::UnnamedFile;
pub use keys::Key;
pub use limit::check_limit;
pub use read::MappedBlock;
pub use run_directory::{Places, RunDirectory, SHARED_MEMORY};
pub use writer::{BlockWriter, write_block};

/// Where a task may write.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Placement {
    /// The directory in shared memory, if this machine has one that is worth it.
    pub memory_dir: Option<PathBuf>,
    /// How many bytes the task may still put there. Each writer compares with it; a task that writes several blocks counts down itself.
    pub memory_allowance: u64,
    /// The directory on disk, for everything else.
    pub disk_dir: PathBuf,
    /// What files in these directories are encrypted with, if they are.
    pub key: Option<Key>,
    /// Directories on other disks, for when that one cannot be written.
    #[serde(default)]
    pub spare_dirs: Vec<PathBuf>,
    /// The bytes that the files in each directory on disk may have together: `firesteel.local.dir.limit`.
    #[serde(default)]
    pub disk_limit: Option<u64>,
}

impl Placement {
    /// In one directory on disk, without a limit.
    pub fn on_disk(directory: impl Into<PathBuf>) -> Placement {
        Placement {
            memory_dir: None,
            memory_allowance: 0,
            disk_dir: directory.into(),
            spare_dirs: Vec::new(),
            disk_limit: None,
            key: None,
        }
    }

    /// The directories on disk, the first choice first.
    pub fn disks(&self) -> impl Iterator<Item = &PathBuf> {
        std::iter::once(&self.disk_dir).chain(&self.spare_dirs)
    }

    /// All directories that blocks may be in.
    pub fn directories(&self) -> impl Iterator<Item = &PathBuf> {
        self.memory_dir.iter().chain(self.disks())
    }

    /// Whether a block lies in shared memory.
    pub fn is_in_memory(&self, block: &BlockRef) -> bool {
        self.memory_dir.as_ref().is_some_and(|memory| block.path.starts_with(memory))
    }

    /// Lets this process read and write encrypted files in the directories, and no others.
    pub fn unlock(&self) {
        if let Some(key) = &self.key {
            self.directories().for_each(|directory| keys::register(directory, key));
        }
    }
}

/// The contents of a file of ours that is encrypted; none where it is not, and can be read as any file.
pub fn decrypted(path: &Path) -> Result<Option<Vec<u8>>, StorageError> {
    if path.parent().and_then(keys::of).is_none() {
        return Ok(None);
    }
    let file = BlockFile::open(path)?;
    let mut bytes = vec![0; file.length() as usize];
    file.read_exact_at(&mut bytes, 0).map_err(StorageError::io("read", path))?;
    Ok(Some(bytes))
}

/// Where a sealed block lies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockRef {
    /// The file.
    pub path: PathBuf,
    /// Where the block starts in the file.
    pub offset: u64,
    /// Its length in bytes.
    pub length: u64,
}
