//! Which byte ranges of which SequenceFiles become partitions.

use super::SYNC_INTERVAL;
use crate::text::{BLOCK_SIZE, InputError, Nested, input_files, ranges};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// The part of a file that one partition reads.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct SequenceSplit {
    /// The file, absolute.
    pub path: PathBuf,
    /// The first byte; records before the next mark belong to the split before.
    pub start: u64,
    /// How many bytes; records up to the next mark belong to this split.
    pub length: u64,
}

/// Cuts files into at least about so many splits, but none smaller than the distance of two marks.
pub fn plan(
    paths: &str,
    min_partitions: u32,
    nested: Nested,
) -> Result<Vec<SequenceSplit>, InputError> {
    let files = input_files(paths, nested)?;
    let total: u64 = files.iter().map(|file| file.length).sum();
    let goal = total / u64::from(min_partitions.max(1));
    let size = goal.clamp(SYNC_INTERVAL, BLOCK_SIZE);
    let mut splits = Vec::new();
    for file in files {
        let path = file.path;
        if path.to_str().is_none() {
            return Err(InputError::UnsupportedName { path });
        }
        splits.extend(ranges(file.length, size).map(|(start, length)| SequenceSplit {
            path: path.clone(),
            start,
            length,
        }));
    }
    Ok(splits)
}
