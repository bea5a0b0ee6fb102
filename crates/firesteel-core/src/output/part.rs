//! One task's lines of one partition.
//!
//! Invariant: the attempt's name exists only when the file behind it is whole; a writer that is dropped unfinished
//! leaves no file. (A killed task leaves a hidden one, which goes with the staging folder.)

use super::codec::Encoder;
use super::{OutputError, TextOutput};
use crate::text::replace_malformed;
use std::fs::{self, File};
use std::io::{BufWriter, IntoInnerError, Write};
use std::path::PathBuf;
use std::str;

/// Compressors and the system get lines in pieces of this size.
const BUFFER_SIZE: usize = 256 << 10;

/// Writes lines to a part file in the staging folder.
pub struct PartWriter {
    encoder: Option<BufWriter<Encoder>>,
    unfinished: PathBuf,
    finished: PathBuf,
    /// A line with invalid bytes, replaced.
    replaced: String,
}

impl PartWriter {
    /// Starts the part file of one attempt.
    pub fn create(output: &TextOutput, partition: u32, task: u64) -> Result<Self, OutputError> {
        let unfinished = output.staging.join(format!(".{}", output.attempt_name(partition, task)));
        let file = File::create(&unfinished).map_err(OutputError::write(&unfinished))?;
        let encoder = Encoder::new(file, output.codec).map_err(OutputError::write(&unfinished))?;
        Ok(Self {
            encoder: Some(BufWriter::with_capacity(BUFFER_SIZE, encoder)),
            unfinished,
            finished: output.staging.join(output.attempt_name(partition, task)),
            replaced: String::new(),
        })
    }

    /// Writes one line and its `\n`. Text files are UTF-8: invalid bytes become U+FFFD, as in the reference.
    pub fn write_line(&mut self, line: &[u8]) -> Result<(), OutputError> {
        let Self { encoder, unfinished, replaced, .. } = self;
        let Some(encoder) = encoder else { return Ok(()) };
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
            .map_err(OutputError::write(unfinished))
    }

    /// Completes the file and gives it the attempt's name; its size in bytes.
    pub fn finish(mut self) -> Result<u64, OutputError> {
        let Some(encoder) = self.encoder.take() else { return Ok(0) };
        let size = encoder
            .into_inner()
            .map_err(IntoInnerError::into_error)
            .and_then(Encoder::finish)
            .and_then(|file| file.metadata())
            .and_then(|metadata| {
                fs::rename(&self.unfinished, &self.finished).map(|()| metadata.len())
            });
        size.map_err(|source| {
            // Nothing can be done if this fails too; the staging folder goes as a whole.
            fs::remove_file(&self.unfinished).ok();
            OutputError::Write { path: self.unfinished.clone(), source }
        })
    }
}

impl Drop for PartWriter {
    fn drop(&mut self) {
        if let Some(encoder) = self.encoder.take() {
            // Into parts, so that what the buffer holds is not written only to be removed.
            drop(encoder.into_parts());
            fs::remove_file(&self.unfinished).ok();
        }
    }
}
