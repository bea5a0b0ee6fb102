//! Records of one length: `binaryRecords`.
//!
//! Invariant: a split begins and ends between records; a file whose end cuts a record is an error, never a shorter one.

use crate::text::{BLOCK_SIZE, Codec, InputError, Nested, input_files, ranges};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::PathBuf;

/// The part of a file that one partition reads.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct RecordSplit {
    /// The file, absolute.
    pub path: PathBuf,
    /// The first byte.
    pub start: u64,
    /// How many bytes.
    pub length: u64,
    /// How many bytes a record has.
    pub record: u64,
}

/// Cuts files into splits of Hadoop's local block size, rounded to whole records.
pub(super) fn plan(
    paths: &str,
    record: u64,
    nested: Nested,
) -> Result<Vec<RecordSplit>, InputError> {
    let size = if record > BLOCK_SIZE { record } else { BLOCK_SIZE - BLOCK_SIZE % record.max(1) };
    let mut splits = Vec::new();
    for file in input_files(paths, nested)? {
        let path = file.path;
        if path.to_str().is_none() {
            return Err(InputError::UnsupportedName { path });
        }
        if Codec::of(&path).is_some() {
            return Err(InputError::CompressedRecords { path });
        }
        if record == 0 || file.length % record != 0 {
            return Err(InputError::CutRecord { path, length: file.length, record });
        }
        splits.extend(ranges(file.length, size).map(|(start, length)| RecordSplit {
            path: path.clone(),
            start,
            length,
            record,
        }));
    }
    Ok(splits)
}

/// Reads the records of one split.
pub struct RecordReader {
    file: BufReader<File>,
    split: RecordSplit,
    read: u64,
    record: Vec<u8>,
}

impl RecordReader {
    /// Opens the file.
    pub fn open(split: &RecordSplit) -> Result<Self, InputError> {
        let open = || {
            let mut file = File::open(&split.path)?;
            file.seek(SeekFrom::Start(split.start))?;
            Ok(file)
        };
        let file = open().map_err(|source| failed(split, 0, source))?;
        Ok(Self { file: BufReader::new(file), split: split.clone(), read: 0, record: Vec::new() })
    }

    /// The next record; valid until the next call.
    pub fn next_record(&mut self) -> Result<Option<&[u8]>, InputError> {
        if self.split.record == 0 || self.read + self.split.record > self.split.length {
            return Ok(None);
        }
        self.fill().map_err(|source| failed(&self.split, self.read, source))?;
        self.read += self.split.record;
        Ok(Some(&self.record))
    }

    fn fill(&mut self) -> std::io::Result<()> {
        let wanted = usize::try_from(self.split.record).map_err(std::io::Error::other)?;
        if self.record.len() != wanted {
            self.record.try_reserve_exact(wanted)?;
            self.record.resize(wanted, 0);
        }
        self.file.read_exact(&mut self.record)
    }
}

fn failed(split: &RecordSplit, read: u64, source: std::io::Error) -> InputError {
    InputError::Read { path: split.path.clone(), offset: split.start + read, source }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// A folder and a file in it, for files that begin with a dot are not looked at.
    fn file(content: &[u8]) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("records");
        fs::write(&path, content).unwrap();
        (folder, path)
    }

    #[test]
    fn every_record_is_read_once() {
        let (_folder, path) = file(b"abcdefghi");
        let split = |start, length| RecordSplit { path: path.clone(), start, length, record: 3 };
        for (split, expected) in
            [(split(0, 6), vec!["abc", "def"]), (split(6, 3), vec!["ghi"]), (split(0, 0), vec![])]
        {
            let mut reader = RecordReader::open(&split).unwrap();
            let mut records = Vec::new();
            while let Some(record) = reader.next_record().unwrap() {
                records.push(String::from_utf8(record.to_vec()).unwrap());
            }
            assert_eq!(records, expected);
        }
    }

    #[test]
    fn a_cut_record_and_a_length_of_zero_are_errors() {
        let (_folder, path) = file(b"abcd");
        let path = path.to_str().unwrap();
        assert_eq!(plan(path, 2, Nested::Refuse).unwrap().len(), 1);
        for record in [0, 3, 5] {
            let message = plan(path, record, Nested::Refuse).unwrap_err().to_string();
            assert!(message.contains("whole records"), "{message}");
        }
    }

    #[test]
    fn splits_hold_whole_records() {
        let (_folder, path) = file(b"");
        File::options().write(true).open(&path).unwrap().set_len(70 << 20).unwrap();
        let lengths = plan(path.to_str().unwrap(), 7 << 20, Nested::Refuse).unwrap();
        let lengths: Vec<_> = lengths.iter().map(|split| split.length >> 20).collect();
        // Recorded from PySpark 4.3.0.
        assert_eq!(lengths, [28, 28, 14]);
    }
}
