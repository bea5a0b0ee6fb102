//! Elements to frames in a spill file, and back. Invariant: a frame is small, for there is one in memory for each bucket, and in a merge for each run.

use super::super::failure::Fault;
use super::super::output::encode;
use super::super::task::Task;
use crate::convert::decode_column;
use crate::errors::{engine_error, storage_error};
use firesteel_core::frame::Frames;
use firesteel_core::spill::{SpillFile, SpillStream};
use firesteel_core::storage::StorageError;
use firesteel_scheduler::ids::RddId;
use pyo3::prelude::*;
use std::sync::Arc;

/// The size that a frame should have before compression.
const FRAME_BYTES: usize = 64 << 10;
const MOST_ELEMENTS: usize = 512;
const FIRST_ELEMENTS: usize = 16;

/// A new spill file in the task's room on disk.
pub fn create_file(task: &Task) -> PyResult<Arc<SpillFile>> {
    let file = SpillFile::create_among(&task.placement);
    file.map(Arc::new).map_err(|error| fault(task, &error))
}

/// The exception of a spill file that cannot be written or read: the task's fault, not the user's.
pub fn fault(task: &Task, error: &StorageError) -> PyErr {
    task.fault(Fault::Storage(error.to_string()))
}

/// Writes elements.
pub struct Spooler {
    stream: SpillStream,
    rdd: RddId,
    buffered: Vec<Py<PyAny>>,
    frame_elements: usize,
}

impl Spooler {
    pub fn new(file: Arc<SpillFile>, rdd: RddId) -> Self {
        let stream = SpillStream::new(file);
        Self { stream, rdd, buffered: Vec::new(), frame_elements: FIRST_ELEMENTS }
    }

    pub fn push(&mut self, py: Python<'_>, task: &Task, element: Py<PyAny>) -> PyResult<()> {
        self.buffered.push(element);
        if self.buffered.len() >= self.frame_elements { self.flush(py, task) } else { Ok(()) }
    }

    pub fn flush(&mut self, py: Python<'_>, task: &Task) -> PyResult<()> {
        if self.buffered.is_empty() {
            return Ok(());
        }
        let elements: Vec<_> = self.buffered.drain(..).map(|e| e.into_bound(py)).collect();
        let column = encode(py, task, &elements, Some(self.rdd), None)?;
        drop(elements);
        let bytes = self.stream.append(&column).map_err(|error| fault(task, &error))?;
        self.adapt(bytes);
        Ok(())
    }

    /// Frames grow with small elements and shrink with large ones.
    fn adapt(&mut self, bytes: usize) {
        if bytes < FRAME_BYTES / 2 {
            self.frame_elements = (self.frame_elements * 2).min(MOST_ELEMENTS);
        } else if bytes > FRAME_BYTES {
            let fitting = self.frame_elements * FRAME_BYTES / bytes;
            self.frame_elements = fitting.max(1);
        }
    }

    pub fn finish(mut self, py: Python<'_>, task: &Task) -> PyResult<Arc<SpillStream>> {
        self.flush(py, task)?;
        Ok(Arc::new(self.stream))
    }
}

/// Reads elements, one frame at a time.
pub struct SpoolReader {
    stream: Arc<SpillStream>,
    next_frame: usize,
    decoded: std::vec::IntoIter<Py<PyAny>>,
}

impl SpoolReader {
    pub fn new(stream: Arc<SpillStream>) -> Self {
        Self { stream, next_frame: 0, decoded: Vec::new().into_iter() }
    }

    /// The next element for a step of the task.
    pub fn next<'py>(
        &mut self,
        py: Python<'py>,
        task: &Task,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let decodes = self.decoded.len() == 0;
        let next = self.next_or_fault(py, task);
        // A frame may be one element, and that may be large.
        if decodes {
            task.memory.look(py)?
        } else {
            task.memory.tick(py)?
        }
        next
    }

    fn next_or_fault<'py>(
        &mut self,
        py: Python<'py>,
        task: &Task,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        match self.advance(py) {
            Err(Unread::Storage(error)) => Err(fault(task, &error)),
            Err(Unread::Python(error)) => Err(error),
            Ok(element) => Ok(element),
        }
    }

    /// The next element for whoever has it, perhaps after the task.
    pub fn next_detached<'py>(&mut self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.advance(py).map_err(|unread| match unread {
            Unread::Storage(error) => storage_error(error),
            Unread::Python(error) => error,
        })
    }

    fn advance<'py>(&mut self, py: Python<'py>) -> Result<Option<Bound<'py, PyAny>>, Unread> {
        loop {
            if let Some(element) = self.decoded.next() {
                return Ok(Some(element.into_bound(py)));
            }
            let Some(frame) = self.stream.frame(self.next_frame) else { return Ok(None) };
            self.next_frame += 1;
            let elements = decode(py, &frame.map_err(Unread::Storage)?).map_err(Unread::Python)?;
            self.decoded = elements.into_iter();
        }
    }
}

/// Why there is no next element.
enum Unread {
    Storage(StorageError),
    Python(PyErr),
}

fn decode(py: Python<'_>, bytes: &[u8]) -> PyResult<Vec<Py<PyAny>>> {
    let mut elements = Vec::new();
    for frame in Frames::new(bytes) {
        decode_column(py, &frame.map_err(engine_error)?, &mut elements)?;
    }
    Ok(elements)
}
