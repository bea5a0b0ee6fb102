//! A source whose elements are written down before they are used, for the daemon to find when they are a worker's death.
//!
//! Only the second and later attempts at a task read from one, for a note takes longer than most steps: what kills a
//! worker each time is named, and nobody else waits for it. Invariant: the note is of the element that was read last,
//! and there is none when the source has ended.

use super::stream::Stream;
use super::task::Task;
use pyo3::prelude::*;

/// Elements of another source.
pub struct Noted {
    source: Stream,
    read: u64,
    note: Py<PyAny>,
}

impl Noted {
    /// The source itself, where the task is tried for the first time.
    pub fn unless_first(py: Python<'_>, task: &Task, source: Stream) -> PyResult<Stream> {
        if !task.is_tried_again {
            return Ok(source);
        }
        let note = py.import("firesteel.worker")?.getattr("note_record")?.unbind();
        Ok(Stream::Noted(Box::new(Self { source, read: 0, note })))
    }

    pub fn next<'py>(
        &mut self,
        py: Python<'py>,
        task: &Task,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let element = self.source.next(py, task)?;
        self.read += 1;
        match &element {
            Some(element) => self.note.call1(py, (self.read, element))?,
            None => self.note.call1(py, (0,))?,
        };
        Ok(element)
    }
}
