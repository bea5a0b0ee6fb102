//! What can go wrong with text input, each as one line that names the path.
//!
//! Invariant: no message has a line break of ours in it, and each is complete without its source.

use super::LocationError;
use std::io;
use std::path::PathBuf;

/// Why text input could not be planned or read.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// The string is not a path on this machine.
    #[error(transparent)]
    Location(#[from] LocationError),
    /// A path without wildcards names nothing, or something hidden.
    #[error("Input path does not exist: file:{}", path.display())]
    NotFound {
        /// The absolute path.
        path: PathBuf,
    },
    /// A path with wildcards matches nothing that is not hidden.
    #[error("Input Pattern file:{} matches 0 files", pattern.display())]
    NoMatch {
        /// The absolute pattern, as given.
        pattern: PathBuf,
    },
    /// A path has wildcards that are not well formed.
    #[error("Illegal file pattern: {reason}: {pattern}")]
    BadPattern {
        /// The pattern, as given.
        pattern: String,
        /// What is missing.
        reason: &'static str,
    },
    /// A folder that is read holds another folder.
    #[error("Path: {} is a directory, which is not supported inside an input folder", path.display())]
    NestedFolder {
        /// The inner folder.
        path: PathBuf,
    },
    /// A file's name cannot be written as text.
    #[error("Input file {} has a name that is not valid UTF-8", path.display())]
    UnsupportedName {
        /// The file.
        path: PathBuf,
    },
    /// Records of one length cannot be found in compressed data.
    #[error("binaryRecords does not support compressed files: {}", path.display())]
    CompressedRecords {
        /// The file.
        path: PathBuf,
    },
    /// A file ends inside a record.
    #[error("Input file {} has {length} bytes, which are not whole records of {record} bytes", path.display())]
    CutRecord {
        /// The file.
        path: PathBuf,
        /// Its length.
        length: u64,
        /// The length of a record.
        record: u64,
    },
    /// The operating system refused a read.
    #[error("Cannot read {} at byte {offset}: {source}", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// How far reading had come, in bytes of text.
        offset: u64,
        /// The system's answer.
        source: io::Error,
    },
    /// Compressed data is damaged or cut off.
    #[error("Cannot decompress {}, damaged or cut off after {offset} bytes of text: {source}", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// How much text came out before.
        offset: u64,
        /// The decompressor's answer.
        source: io::Error,
    },
}
