//! Shuffle files: what a map task leaves for the reduce tasks, one file each.
//!
//! Invariant: a segment holds its partition's frames in the order in which they were appended, whether or not some of them were spilled
//! in between, so that spilling never changes a result.
//!
//! ```text
//! frames of partition 0 | frames of partition 1 | ...     the segments, each a sequence of frames
//! entry 0 | entry 1 | ...                                 the index, 32 bytes a partition, each entry with its checksum
//! footer                                                  32 bytes: version, number of partitions, where the index starts
//! ```
//!
//! The index stands at the end of the same file, so that a segment takes one open, and a hundred by hundred shuffle 10,000 and not 20,000. It stands
//! behind the data, so that a merge that combines can write segments whose length it learns only by writing them. Each entry is checked by itself: a
//! reader that wants one partition of ten thousand reads one entry and not all. The frames carry checksums of their own.

mod index;
mod read;
mod runs;
mod writer;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

pub use read::{Segment, SegmentError, read_segment};
pub use writer::MapOutputWriter;

/// Where a map task's output lies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MapOutput {
    /// The file.
    pub path: PathBuf,
    /// Its length in bytes, index included.
    pub length: u64,
    /// The number of elements in all its segments.
    pub elements: u64,
    /// The reduce partitions whose segments have elements, ascending; none where more than [`FEW_FILLED`] have.
    pub filled: Option<Vec<u32>>,
}

impl MapOutput {
    /// Whether a reduce partition may find something in it. A task that need not open a file is not told of it: of a thousand by thousand
    /// shuffle of few elements nearly all segments are empty.
    pub fn feeds(&self, partition: u32) -> bool {
        self.filled.as_ref().is_none_or(|filled| filled.binary_search(&partition).is_ok())
    }
}

/// How many filled partitions a [`MapOutput`] names.
pub const FEW_FILLED: usize = 32;
