//! Files that stay whole: `wholeTextFiles` and `binaryFiles`.
//!
//! The reference puts files together as Hadoop's `CombineFileInputFormat` does on one machine: files with a byte in
//! them, in order, until a partition has reached the size; then what is left together with the empty files.
//! Invariant: every file is in exactly one partition, and all empty files are in the last.

use crate::text::{Codec, InputError, InputFile, Nested, input_files, replace_malformed};
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

/// No partition of `binaryFiles` is planned to be larger (`spark.files.maxPartitionBytes`).
const LARGEST_PARTITION: u64 = 128 << 20;
/// What opening a file costs `binaryFiles`, in bytes that could be read meanwhile (`spark.files.openCostInBytes`).
const OPEN_COST: u64 = 4 << 20;

/// What becomes of the bytes of a file.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// Unpacked by its extension, as a str.
    Text,
    /// The same as UTF-8 in bytes, its name too.
    TextBytes,
    /// As they are.
    Binary,
}

/// The files of one partition.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct WholeFiles {
    /// Absolute, in order.
    pub paths: Vec<PathBuf>,
    /// What becomes of their bytes.
    pub content: Content,
}

/// Finds the files and puts them together.
pub(super) fn plan(
    paths: &str,
    min_partitions: u32,
    content: Content,
    nested: Nested,
) -> Result<Vec<WholeFiles>, InputError> {
    let files = input_files(paths, nested)?;
    if let Some(file) = files.iter().find(|file| file.path.to_str().is_none()) {
        return Err(InputError::UnsupportedName { path: file.path.clone() });
    }
    let lengths: Vec<_> = files.iter().map(|file| file.length).collect();
    let size = match content {
        Content::Text | Content::TextBytes => size_of_text(&lengths, min_partitions),
        Content::Binary => size_of_binary(&lengths, min_partitions),
    };
    let groups = combine(files, size).into_iter();
    Ok(groups.map(|paths| WholeFiles { paths, content }).collect())
}

fn size_of_text(lengths: &[u64], min_partitions: u32) -> u64 {
    lengths.iter().sum::<u64>().div_ceil(u64::from(min_partitions.max(1)))
}

fn size_of_binary(lengths: &[u64], min_partitions: u32) -> u64 {
    let total: u64 = lengths.iter().map(|length| length + OPEN_COST).sum();
    (total / u64::from(min_partitions.max(1))).clamp(OPEN_COST, LARGEST_PARTITION)
}

fn combine(files: Vec<InputFile>, size: u64) -> Vec<Vec<PathBuf>> {
    let (mut groups, mut group, mut filled) = (Vec::new(), Vec::new(), 0);
    let (filled_files, empty_files): (Vec<_>, Vec<_>) =
        files.into_iter().enumerate().partition(|(_, file)| file.length > 0);
    for (place, file) in filled_files {
        filled += file.length;
        group.push((place, file.path));
        if filled >= size {
            groups.push(std::mem::take(&mut group));
            filled = 0;
        }
    }
    group.extend(empty_files.into_iter().map(|(place, file)| (place, file.path)));
    group.sort_by_key(|(place, _)| *place);
    groups.push(group);
    groups.retain(|group| !group.is_empty());
    groups.into_iter().map(|group| group.into_iter().map(|(_, path)| path).collect()).collect()
}

/// The bytes of a file as they are.
pub fn read_binary(path: &Path) -> Result<Vec<u8>, InputError> {
    fs::read(path).map_err(|source| failed(path, source))
}

/// The text of a file: unpacked, malformed UTF-8 replaced.
pub fn read_text(path: &Path) -> Result<String, InputError> {
    let bytes = match Codec::of(path) {
        None => read_binary(path)?,
        Some(codec) => unpack(path, codec)?,
    };
    Ok(String::from_utf8(bytes).unwrap_or_else(|error| {
        let mut text = String::new();
        replace_malformed(error.as_bytes(), &mut text);
        text
    }))
}

fn unpack(path: &Path, codec: Codec) -> Result<Vec<u8>, InputError> {
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|source| failed(path, source))?;
    let mut decoder = codec.file_decoder(file).map_err(|source| failed(path, source))?;
    decoder.read_to_end(&mut bytes).map_err(|source| InputError::Corrupt {
        path: path.to_owned(),
        offset: bytes.len() as u64,
        source,
    })?;
    Ok(bytes)
}

fn failed(path: &Path, source: std::io::Error) -> InputError {
    InputError::Read { path: path.to_owned(), offset: 0, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(lengths: &[u64], size: u64) -> Vec<Vec<usize>> {
        let file = |(place, length): (usize, &u64)| InputFile {
            path: place.to_string().into(),
            length: *length,
        };
        let place = |path: &PathBuf| path.to_str().unwrap().parse().unwrap();
        combine(lengths.iter().enumerate().map(file).collect(), size)
            .iter()
            .map(|group| group.iter().map(place).collect())
            .collect()
    }

    /// Recorded from PySpark 4.3.0: lengths of files, minPartitions, and which files each partition held.
    type Recorded = (&'static [u64], u32, &'static [&'static [usize]]);

    const TEXT: [Recorded; 14] = [
        (&[1, 24, 0, 0], 4, &[&[0, 1], &[2, 3]]),
        (&[1, 13, 35, 1, 1], 5, &[&[0, 1], &[2], &[3, 4]]),
        (&[0, 0, 0, 0, 3, 31, 46], 4, &[&[4, 5], &[6], &[0, 1, 2, 3]]),
        (&[3, 0, 9, 3, 44, 3, 27, 3], 5, &[&[0, 2, 3, 4], &[5, 6], &[1, 7]]),
        (&[1, 3, 0, 3, 1, 3, 0], 6, &[&[0, 1], &[3], &[4, 5], &[2, 6]]),
        (&[3, 0, 5, 55], 1, &[&[0, 2, 3], &[1]]),
        (&[0, 3, 1, 20, 3, 3, 1], 5, &[&[1, 2, 3], &[4, 5, 6], &[0]]),
        (&[12, 0, 3, 1, 1, 3], 6, &[&[0], &[2, 3], &[4, 5], &[1]]),
        (&[3, 3, 1, 0, 3, 1, 0, 1], 4, &[&[0], &[1], &[2, 4], &[3, 5, 6, 7]]),
        (&[0, 33, 1, 0, 23, 42, 3, 3], 2, &[&[1, 2, 4], &[0, 3, 5, 6, 7]]),
        (&[1, 0, 1, 1, 30, 3], 5, &[&[0, 2, 3, 4], &[1, 5]]),
        (&[0], 1, &[&[0]]),
        (&[0, 0], 2, &[&[0, 1]]),
        (&[], 2, &[]),
    ];

    const BINARY: [Recorded; 5] = [
        (&[0, 3524831, 1, 1048576, 1048576, 1279162, 1887924], 5, &[&[1, 2, 3, 4, 5, 6], &[0]]),
        (&[1048576, 6181280, 1048576, 1048576, 0], 6, &[&[0, 1], &[2, 3, 4]]),
        (
            &[1048576, 1048576, 1, 1048576, 0, 1, 5562149, 1048576],
            6,
            &[&[0, 1, 2, 3, 5, 6], &[4, 7]],
        ),
        (&[9290051, 0, 1048576], 4, &[&[0], &[1, 2]]),
        (&[0, 0, 0, 1], 2, &[&[0, 1, 2, 3]]),
    ];

    #[test]
    fn files_are_put_together_as_in_the_reference() {
        for (lengths, partitions, expected) in TEXT {
            assert_eq!(places(lengths, size_of_text(lengths, partitions)), expected, "{lengths:?}");
        }
        for (lengths, partitions, expected) in BINARY {
            let size = size_of_binary(lengths, partitions);
            assert_eq!(places(lengths, size), expected, "{lengths:?}");
        }
    }
}
