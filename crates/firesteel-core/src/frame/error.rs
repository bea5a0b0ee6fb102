//! What can be wrong with bytes that claim to be frames. Every error names the frame by its offset in the block.

use thiserror::Error;

/// Why a frame could not be read.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum FrameError {
    /// The block ends inside the frame.
    #[error("frame at byte {offset} is cut off: it needs {needed} bytes and {available} are left")]
    Truncated {
        /// Where the frame starts in its block.
        offset: usize,
        /// The bytes that the frame takes, as far as known.
        needed: u64,
        /// The bytes from its start to the end of the block.
        available: usize,
    },
    /// Another version of Firesteel wrote the frame.
    #[error(
        "frame at byte {offset} has format version {found}, and this is version {}",
        super::header::VERSION
    )]
    Version {
        /// Where the frame starts in its block.
        offset: usize,
        /// The version that the header names.
        found: u16,
    },
    /// The bytes are not what any writer wrote.
    #[error("frame at byte {offset} is corrupt: {reason}")]
    Corrupt {
        /// Where the frame starts in its block.
        offset: usize,
        /// What does not fit.
        reason: &'static str,
    },
}

impl FrameError {
    /// Where the frame starts in its block.
    pub fn offset(&self) -> usize {
        match self {
            FrameError::Truncated { offset, .. }
            | FrameError::Version { offset, .. }
            | FrameError::Corrupt { offset, .. } => *offset,
        }
    }
}
