//! What can go wrong with a SequenceFile, each as one line that names the path.

use std::io;
use std::path::PathBuf;

/// Why a SequenceFile could not be read.
#[derive(Debug, thiserror::Error)]
pub enum SequenceError {
    /// It does not begin as one.
    #[error("file:{} not a SequenceFile", path.display())]
    NotASequenceFile {
        /// The file.
        path: PathBuf,
    },
    /// Its keys or values are of a class that we do not know.
    #[error("Cannot read file:{}: {class} is not a class that can be read without Java", path.display())]
    UnknownClass {
        /// The file.
        path: PathBuf,
        /// The full Java name.
        class: String,
    },
    /// It cannot be read, or it is damaged or cut off.
    #[error("Cannot read file:{} at byte {offset}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Where.
        offset: u64,
        /// What is wrong.
        source: io::Error,
    },
}
