//! What can go wrong with files of ours. Every error names the file.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// Why bytes could not be stored or read back.
#[derive(Debug, Error)]
pub enum StorageError {
    /// The operating system refused.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// On which file or directory.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// A file is shorter than the block in it.
    #[error("{} is cut off: the block ends at byte {expected}, the file at {found}", path.display())]
    Truncated {
        /// The file.
        path: PathBuf,
        /// The least length it must have.
        expected: u64,
        /// The length it has.
        found: u64,
    },
    /// There is nothing to make a key of.
    #[error("the system has no random bytes for a key")]
    NoRandomness,
    /// A spill file is not as it was written.
    #[error("a spill file in {} is corrupt: {reason}", directory.display())]
    CorruptSpill {
        /// The directory it is in; it has no name.
        directory: PathBuf,
        /// What does not fit.
        reason: &'static str,
    },
    /// A block's name is no plain file name.
    #[error("{name:?} cannot be a block's name")]
    Name {
        /// The name.
        name: String,
    },
}

impl StorageError {
    /// For `map_err`: an error of the operating system while trying to do `action` on `path`.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> StorageError {
        move |source| StorageError::Io { action, path: path.to_owned(), source }
    }

    /// Whether there is no file: the block was removed, or its run is over.
    pub fn is_missing(&self) -> bool {
        matches!(self, StorageError::Io { source, .. } if source.kind() == io::ErrorKind::NotFound)
    }
}
