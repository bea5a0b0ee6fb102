//! Lines for DataFrames: `spark.read.text` cuts files finer than `textFile` does, and packs the pieces.
//!
//! As in the reference, opening a file counts as so many bytes read. Pieces go into partitions by falling length, each into
//! the one that is being filled, while it has room. Invariant: every byte is in exactly one partition.

use crate::text::{Codec, InputError, Nested, TextSplit, input_files};

/// No piece is larger (`spark.sql.files.maxPartitionBytes`).
const LARGEST: u64 = 128 << 20;
/// What opening a file costs, in bytes that could be read meanwhile (`spark.sql.files.openCostInBytes`).
const OPEN_COST: u64 = 4 << 20;

/// Finds the files, cuts them and packs the pieces for so many tasks at once.
pub(super) fn plan(paths: &str, parallelism: u32) -> Result<Vec<Vec<TextSplit>>, InputError> {
    let mut files = input_files(paths, Nested::PassOver)?;
    files.retain(|file| file.length > 0);
    if let Some(file) = files.iter().find(|file| file.path.to_str().is_none()) {
        return Err(InputError::UnsupportedName { path: file.path.clone() });
    }
    let cost: u64 = files.iter().map(|file| file.length + OPEN_COST).sum();
    let size = (cost / u64::from(parallelism.max(1))).clamp(OPEN_COST, LARGEST);
    let mut pieces = Vec::new();
    for file in files {
        let codec = Codec::of(&file.path);
        let step = if codec.is_some() { file.length } else { size };
        pieces.extend((0..file.length).step_by(step as usize).map(|start| TextSplit {
            path: file.path.clone(),
            start,
            length: step.min(file.length - start),
            codec,
        }));
    }
    Ok(pack(pieces, size))
}

fn pack(mut pieces: Vec<TextSplit>, size: u64) -> Vec<Vec<TextSplit>> {
    pieces.sort_by_key(|piece| std::cmp::Reverse(piece.length));
    let mut partitions: Vec<Vec<TextSplit>> = Vec::new();
    let mut filled = u64::MAX / 2;
    for piece in pieces {
        if filled + piece.length > size {
            partitions.push(Vec::new());
            filled = 0;
        }
        filled += piece.length + OPEN_COST;
        partitions.last_mut().into_iter().for_each(|last| last.push(piece.clone()));
    }
    partitions
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// Lengths of the pieces of each partition, for files of these lengths.
    fn packed(files: &[usize], parallelism: u32) -> Vec<Vec<u64>> {
        let folder = tempfile::Builder::new().prefix("packed-").tempdir().unwrap();
        for (number, length) in files.iter().enumerate() {
            fs::write(folder.path().join(format!("f{number}")), vec![b'\n'; *length]).unwrap();
        }
        let plan = plan(folder.path().to_str().unwrap(), parallelism).unwrap();
        let lengths =
            |partition: Vec<TextSplit>| partition.iter().map(|piece| piece.length).collect();
        plan.into_iter().map(lengths).collect()
    }

    /// As the reference cut and packed files of these lengths on `local[2]` and `local[3]`.
    #[test]
    fn pieces_are_packed_as_in_the_reference() {
        assert_eq!(packed(&[30], 2), [[30]]);
        assert_eq!(packed(&[30, 10, 20, 50, 40], 2), [vec![50, 40, 30], vec![20, 10]]);
        assert_eq!(packed(&[30, 10, 20, 50, 40], 3), [vec![50, 40], vec![30, 20], vec![10]]);
        assert_eq!(packed(&[11_500_000], 2), [[7_847_152], [3_652_848]]);
        assert_eq!(
            packed(&[7_000_000, 5000, 4_500_000, 0], 2),
            [vec![7_000_000], vec![4_500_000, 5000]]
        );
        assert_eq!(packed(&[7_000_000, 5000, 4_500_000, 0], 3), [[7_000_000], [4_500_000], [5000]]);
    }

    #[test]
    fn nothing_has_no_partitions() {
        assert!(packed(&[], 2).is_empty());
        assert!(packed(&[0], 2).is_empty());
    }
}
