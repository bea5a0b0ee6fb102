//! Which byte ranges of which files become partitions.
//!
//! Invariant: the splits of a file are in order, without a gap, and cover it from 0 to the length it had when it was
//! listed; a file without a byte has none.

use super::listing::{self, InputFile, Nested};
use super::{Codec, InputError, pattern};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// The reference never reads more of a local file in one partition than Hadoop's local block size.
pub(crate) const BLOCK_SIZE: u64 = 32 << 20;
/// A last split may be a tenth longer than the others: better than a tiny one behind it.
const SLOP: f64 = 1.1;

/// The input of one partition.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct TextSplit {
    /// The file, absolute.
    pub path: PathBuf,
    /// The first byte. A line that starts exactly there belongs to the split before, except at 0.
    pub start: u64,
    /// How many bytes; a line that starts exactly behind them belongs to this split.
    pub length: u64,
    /// How the file is compressed; a compressed file is one split.
    pub codec: Option<Codec>,
}

/// Resolves what `textFile` was given: a comma list of files, folders and patterns, and cuts the files into at least
/// about `min_partitions` splits.
pub fn plan_splits(
    paths: &str,
    min_partitions: u32,
    nested: Nested,
) -> Result<Vec<TextSplit>, InputError> {
    let files = input_files(paths, nested)?;
    let total: u64 = files.iter().map(|file| file.length).sum();
    let goal = total / u64::from(min_partitions.max(1));
    let size = goal.clamp(1, BLOCK_SIZE);
    let mut splits = Vec::new();
    for file in files {
        cut(file, size, &mut splits)?;
    }
    Ok(splits)
}

/// Looks for every path before it opens a folder, so that a missing path is the error that is told.
pub(crate) fn input_files(paths: &str, nested: Nested) -> Result<Vec<InputFile>, InputError> {
    let mut matches = Vec::new();
    for path in pattern::split_list(paths) {
        matches.extend(listing::matches(path)?);
    }
    let mut files = Vec::new();
    for found in matches {
        files.extend(listing::files(found, nested)?);
    }
    Ok(files)
}

fn cut(file: InputFile, size: u64, splits: &mut Vec<TextSplit>) -> Result<(), InputError> {
    let InputFile { path, length } = file;
    if path.to_str().is_none() {
        return Err(InputError::UnsupportedName { path });
    }
    let codec = Codec::of(&path);
    let size = if codec.is_some() { length } else { size };
    splits.extend(ranges(length, size).map(|(start, length)| TextSplit {
        path: path.clone(),
        start,
        length,
        codec,
    }));
    Ok(())
}

/// Cuts a file's bytes into pieces of a size: where each begins, and its length.
pub(crate) fn ranges(total: u64, size: u64) -> impl Iterator<Item = (u64, u64)> {
    let mut start = 0;
    std::iter::from_fn(move || {
        let remaining = total - start;
        let length = if remaining as f64 / size as f64 > SLOP { size } else { remaining };
        start += length;
        (length > 0).then_some((start - length, length))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lengths(length: u64, size: u64) -> Vec<u64> {
        let mut splits = Vec::new();
        cut(InputFile { path: "/x".into(), length }, size, &mut splits).unwrap();
        splits.iter().map(|split| split.length).collect()
    }

    #[test]
    fn a_last_split_may_be_a_tenth_longer() {
        assert_eq!(lengths(12, 5), [5, 5, 2]);
        assert_eq!(lengths(11, 10), [11]);
        assert_eq!(lengths(111, 100), [100, 11]);
        assert_eq!(lengths(0, 1), [0; 0]);
    }
}
