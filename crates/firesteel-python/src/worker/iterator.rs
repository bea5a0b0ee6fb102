//! The two meetings of streams and Python's iterators: what a user function pulls from, and what it returns.

use super::failure::{blame_step, keep_going};
use super::stream::Stream;
use super::task::Task;
use firesteel_scheduler::ids::RddId;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyIterator;
use std::sync::{Arc, Mutex, TryLockError};

/// A stream as a Python iterator: the argument of mapPartitions' function.
#[pyclass(frozen, module = "firesteel._native")]
pub struct PartitionIterator {
    task: Arc<Task>,
    state: Arc<Mutex<Pulling>>,
}

/// The stream, and the element that was pulled last, to be shown if the function fails.
pub struct Pulling {
    stream: Stream,
    last: Option<Py<PyAny>>,
}

impl PartitionIterator {
    /// The iterator, and the state that it shares with whoever wants to know the last element.
    pub fn new(task: Arc<Task>, stream: Stream) -> (Self, Arc<Mutex<Pulling>>) {
        let state = Arc::new(Mutex::new(Pulling { stream, last: None }));
        (Self { task, state: state.clone() }, state)
    }
}

#[pymethods]
impl PartitionIterator {
    fn __iter__(this: Bound<'_, Self>) -> Bound<'_, Self> {
        this
    }

    fn __next__<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let mut state = match self.state.try_lock() {
            Ok(state) => state,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            // As a generator says it: the function asks for an element while it makes one.
            Err(TryLockError::WouldBlock) => {
                return Err(PyValueError::new_err("partition iterator already executing"));
            }
        };
        let next = state.stream.next(py, &self.task);
        let element = next.map_err(|error| keep_going(py, &self.task, error))?;
        if element.is_none() {
            state.stream = Stream::Empty;
        } else {
            state.last = element.clone().map(Bound::unbind);
        }
        Ok(element)
    }
}

/// The iterator that a user's function returned, as a stream.
pub struct PythonIterator {
    items: Py<PyIterator>,
    rdd: RddId,
    input: Arc<Mutex<Pulling>>,
    turn: u64,
}

impl PythonIterator {
    pub fn new(items: Bound<'_, PyIterator>, rdd: RddId, input: Arc<Mutex<Pulling>>) -> Self {
        Self { items: items.unbind(), rdd, input, turn: 0 }
    }

    pub fn next<'py>(
        &mut self,
        py: Python<'py>,
        task: &Task,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let mut items = self.items.bind(py).clone();
        self.turn = self.turn.wrapping_add(1);
        match task.counters.time(self.turn, || items.next()) {
            None => Ok(None),
            Some(Ok(item)) => {
                task.memory.tick(py)?;
                Ok(Some(item))
            }
            Some(Err(error)) => Err(blame_step(py, task, self.rdd, last(py, &self.input), error)),
        }
    }
}

/// The element that was pulled last.
pub fn last(py: Python<'_>, input: &Mutex<Pulling>) -> Option<Py<PyAny>> {
    input.try_lock().ok()?.last.as_ref().map(|element| element.clone_ref(py))
}
