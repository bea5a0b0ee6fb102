//! What can go wrong with text output, each as one line that names the path.

use crate::text::LocationError;
use std::io;
use std::path::{Path, PathBuf};

/// Why text could not be written.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// The string is not a path on this machine.
    #[error(transparent)]
    Location(#[from] LocationError),
    /// Something is there already; it was not touched.
    #[error("Output directory file:{} already exists", path.display())]
    AlreadyExists {
        /// The absolute path.
        path: PathBuf,
    },
    /// There is no such codec, or we cannot write it.
    #[error(
        "Unknown compression codec {name}: gzip, bzip2, zstd, deflate, snappy and lz4 are supported"
    )]
    UnknownCodec {
        /// The name as given.
        name: String,
    },
    /// Two part files claim the same place in the output.
    #[error("Cannot write {}: partition {partition} has two winners", path.display())]
    TwoWinners {
        /// The output folder.
        path: PathBuf,
        /// The partition.
        partition: u32,
    },
    /// The operating system refused a write.
    #[error("Cannot write {}: {source}", path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
}

impl OutputError {
    /// Adds the path to the system's answer, for `map_err`.
    pub(super) fn write(path: &Path) -> impl FnOnce(io::Error) -> Self + '_ {
        move |source| Self::Write { path: path.to_owned(), source }
    }
}
