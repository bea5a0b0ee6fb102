//! The run's journal (`firesteel.journal`): one line of JSON per event and what the scheduler answered.
//!
//! Invariant: a journal that cannot be written ends quietly; it is an instrument and never a reason to fail.

use super::error::Error;
use firesteel_scheduler::journal::JournalEntry;
use std::fs::File;
use std::io::{BufWriter, Write};

/// The file, as long as it can be written.
#[derive(Debug, Default)]
pub struct Journal(Option<BufWriter<File>>);

impl Journal {
    /// Starts the file, if there is to be one.
    pub fn create(path: Option<&String>) -> Result<Journal, Error> {
        let Some(path) = path else { return Ok(Journal(None)) };
        let file =
            File::create(path).map_err(Error::system("write the file of firesteel.journal"))?;
        Ok(Journal(Some(BufWriter::new(file))))
    }

    /// Whether entries are worth making.
    pub fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// Writes a line.
    pub fn write(&mut self, entry: &JournalEntry) {
        let Some(file) = &mut self.0 else { return };
        let written = serde_json::to_writer(&mut *file, entry).map_err(std::io::Error::from);
        if written.and_then(|()| file.write_all(b"\n")).is_err() {
            self.0 = None;
        }
    }

    /// Hands the lines to the system, so that a reader sees them when a job has ended.
    pub fn flush(&mut self) {
        if self.0.as_mut().is_some_and(|file| file.flush().is_err()) {
            self.0 = None;
        }
    }
}
