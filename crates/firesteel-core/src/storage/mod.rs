//! Where bytes live: the run's two private directories, one in shared memory and one on disk, and the blocks in them.
//!
//! Invariant: under its final name a block is whole and never changes again. It is written under a temporary name and renamed when
//! sealed, so that a reader may map it after one look at its length.
//!
//! A task gets a [`Placement`] with its orders, writes blocks, and hands back a [`BlockRef`] for each; whoever has one may open it.

mod directory;
mod error;
mod mapping;
mod read;
mod run_directory;
mod writer;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

pub use error::StorageError;
pub use read::MappedBlock;
pub use run_directory::RunDirectory;
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
