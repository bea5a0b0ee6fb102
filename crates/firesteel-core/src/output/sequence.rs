//! One task's records of one partition, as a SequenceFile.

use super::part::PartFile;
use super::{OutputError, PartFiles};
use crate::sequence_file::{Class, Compression, SequenceWriter, Token, encode};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{self, BufWriter, IntoInnerError};

/// What the records are.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct SequenceFormat {
    /// The class of all keys.
    pub key: Class,
    /// The class of all values.
    pub value: Class,
    /// How they are compressed.
    pub compression: Compression,
}

/// Writes records to a part file in the staging folder.
pub struct SequencePart {
    writer: SequenceWriter<BufWriter<File>>,
    part: PartFile,
    key: Vec<u8>,
    value: Vec<u8>,
}

impl SequencePart {
    /// Starts the part file of one attempt.
    pub fn create(
        files: &PartFiles,
        format: SequenceFormat,
        partition: u32,
        task: u64,
    ) -> Result<Self, OutputError> {
        let (part, file) = PartFile::create(files, partition, task)?;
        let (key, value) = (format.key.name(), format.value.name());
        let writer = SequenceWriter::new(BufWriter::new(file), key, value, format.compression);
        let writer = writer.map_err(|source| part.failed(source))?;
        Ok(Self { writer, part, key: Vec::new(), value: Vec::new() })
    }

    /// Appends a record.
    pub fn append(&mut self, key: &[Token], value: &[Token]) -> Result<(), OutputError> {
        self.key.clear();
        self.value.clear();
        encode(key, &mut self.key);
        encode(value, &mut self.value);
        self.writer.append(&self.key, &self.value).map_err(|source| self.part.failed(source))
    }

    /// Completes the file and gives it the attempt's name; its size in bytes.
    pub fn finish(self) -> Result<u64, OutputError> {
        let file = self.writer.finish().and_then(into_file);
        self.part.finish(file)
    }
}

fn into_file(buffered: BufWriter<File>) -> io::Result<File> {
    buffered.into_inner().map_err(IntoInnerError::into_error)
}
