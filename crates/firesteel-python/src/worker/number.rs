//! Elements with a number each: zipWithIndex and zipWithUniqueId.

use super::stream::Stream;
use super::task::Task;
use pyo3::prelude::*;

/// Pairs of an input's elements and ascending numbers.
pub struct Numbering {
    input: Stream,
    next: u64,
    step: u64,
}

impl Numbering {
    /// `starts` holds the first number of every partition.
    pub fn new(
        py: Python<'_>,
        input: Stream,
        starts: &Py<PyAny>,
        step: u64,
        partition: u32,
    ) -> PyResult<Self> {
        let next = starts.bind(py).get_item(partition)?.extract()?;
        Ok(Self { input, next, step })
    }

    pub fn next<'py>(
        &mut self,
        py: Python<'py>,
        task: &Task,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let Some(element) = self.input.next(py, task)? else { return Ok(None) };
        let number = self.next;
        self.next = number.wrapping_add(self.step);
        Ok(Some((element, number).into_pyobject(py)?.into_any()))
    }
}
