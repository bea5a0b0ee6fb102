//! One task's file of one partition, and the lines in it.
//!
//! Invariant: the attempt's name exists only when the file behind it is whole; a writer that is dropped unfinished
//! leaves no file. (A killed task leaves a hidden one, which goes with the staging folder.)

use super::codec::Encoder;
use super::{OutputError, PartFiles};
use crate::text::replace_malformed;
use std::fs::{self, File};
use std::io::{self, BufWriter, IntoInnerError, Write};
use std::path::PathBuf;
use std::str;

/// Compressors and the system get lines in pieces of this size.
const BUFFER_SIZE: usize = 256 << 10;

/// The names of an attempt's file.
pub(super) struct PartFile {
    unfinished: PathBuf,
    finished: PathBuf,
    is_finished: bool,
}

impl PartFile {
    /// Makes the file.
    pub fn create(
        files: &PartFiles,
        partition: u32,
        task: u64,
    ) -> Result<(Self, File), OutputError> {
        let name = files.attempt_name(partition, task);
        let unfinished = files.staging.join(format!(".{name}"));
        let file = File::create(&unfinished).map_err(OutputError::write(&unfinished))?;
        let finished = files.staging.join(name);
        Ok((Self { unfinished, finished, is_finished: false }, file))
    }

    /// The error for a write that was refused.
    pub fn failed(&self, source: io::Error) -> OutputError {
        OutputError::Write { path: self.unfinished.clone(), source }
    }

    /// Gives a completed file the attempt's name; its size in bytes.
    pub fn finish(mut self, file: io::Result<File>) -> Result<u64, OutputError> {
        let size = file.and_then(|file| file.metadata()).and_then(|metadata| {
            fs::rename(&self.unfinished, &self.finished).map(|()| metadata.len())
        });
        self.is_finished = size.is_ok();
        size.map_err(|source| self.failed(source))
    }
}

impl Drop for PartFile {
    fn drop(&mut self) {
        if !self.is_finished {
            // Nothing can be done if this fails; the staging folder goes as a whole.
            fs::remove_file(&self.unfinished).ok();
        }
    }
}

/// Writes lines to a part file in the staging folder.
pub struct PartWriter {
    encoder: BufWriter<Encoder<File>>,
    part: PartFile,
    /// A line with invalid bytes, replaced.
    replaced: String,
}

impl PartWriter {
    /// Starts the part file of one attempt.
    pub fn create(output: &PartFiles, partition: u32, task: u64) -> Result<Self, OutputError> {
        let (part, file) = PartFile::create(output, partition, task)?;
        let encoder = Encoder::new(file, output.codec).map_err(|source| part.failed(source))?;
        let encoder = BufWriter::with_capacity(BUFFER_SIZE, encoder);
        Ok(Self { encoder, part, replaced: String::new() })
    }

    /// Writes one line and its `\n`. Text files are UTF-8: invalid bytes become U+FFFD, as in the reference.
    pub fn write_line(&mut self, line: &[u8]) -> Result<(), OutputError> {
        let Self { encoder, part, replaced } = self;
        let line = match str::from_utf8(line) {
            Ok(text) => text,
            Err(_) => {
                replaced.clear();
                replace_malformed(line, replaced);
                replaced
            }
        };
        encoder
            .write_all(line.as_bytes())
            .and_then(|()| encoder.write_all(b"\n"))
            .map_err(|source| part.failed(source))
    }

    /// Completes the file and gives it the attempt's name; its size in bytes.
    pub fn finish(self) -> Result<u64, OutputError> {
        let encoder = self.encoder.into_inner().map_err(IntoInnerError::into_error);
        self.part.finish(encoder.and_then(Encoder::finish))
    }
}
