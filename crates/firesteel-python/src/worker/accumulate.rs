//! Steps that make one element, or none, of a whole partition.

use super::chain::blame_step;
use super::stream::Stream;
use super::task::Task;
use firesteel_scheduler::ids::RddId;
use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

/// An accumulation over an input, done when the first element is asked for.
pub struct Accumulating {
    input: Stream,
    accumulation: Option<Accumulation>,
    rdd: RddId,
}

/// What is made of the elements.
pub enum Accumulation {
    /// A list of them.
    Glom,
    /// Their number.
    Count,
    /// A dict from element to number, by first appearance.
    CountByValue,
    /// The fold from the left, without a start: no element for an empty partition.
    Reduce(Py<PyAny>),
    /// The fold from the left.
    Fold { zero: Py<PyAny>, function: Py<PyAny> },
    /// Nothing: the function is called for its effects.
    ForEach(Py<PyAny>),
}

impl Accumulation {
    /// Code: (zero, function).
    pub fn fold(py: Python<'_>, code: &Py<PyAny>) -> PyResult<Self> {
        let (zero, function) = code.extract(py)?;
        Ok(Self::Fold { zero, function })
    }
}

impl Accumulating {
    pub fn new(input: Stream, accumulation: Accumulation, rdd: RddId) -> Self {
        Self { input, accumulation: Some(accumulation), rdd }
    }

    pub fn next<'py>(
        &mut self,
        py: Python<'py>,
        task: &Task,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let Some(accumulation) = self.accumulation.take() else { return Ok(None) };
        let result = self.run(py, task, accumulation);
        self.input = Stream::Empty;
        result
    }

    fn run<'py>(
        &mut self,
        py: Python<'py>,
        task: &Task,
        accumulation: Accumulation,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        match accumulation {
            Accumulation::Glom => self.glom(py, task).map(Some),
            Accumulation::Count => self.count(py, task).map(Some),
            Accumulation::CountByValue => self.count_by_value(py, task).map(Some),
            Accumulation::Reduce(function) => match self.input.next(py, task)? {
                Some(first) => self.fold(py, task, first, &function).map(Some),
                None => Ok(None),
            },
            Accumulation::Fold { zero, function } => {
                self.fold(py, task, zero.into_bound(py), &function).map(Some)
            }
            Accumulation::ForEach(function) => self.for_each(py, task, &function).map(|()| None),
        }
    }

    fn glom<'py>(&mut self, py: Python<'py>, task: &Task) -> PyResult<Bound<'py, PyAny>> {
        let list = PyList::empty(py);
        while let Some(element) = self.input.next(py, task)? {
            list.append(element)?;
            if let Some(fault) = task.memory.exceeded() {
                return Err(task.fault(fault));
            }
        }
        Ok(list.into_any())
    }

    fn count<'py>(&mut self, py: Python<'py>, task: &Task) -> PyResult<Bound<'py, PyAny>> {
        let mut count = 0u64;
        while self.input.next(py, task)?.is_some() {
            count += 1;
        }
        count.into_bound_py_any(py)
    }

    fn count_by_value<'py>(&mut self, py: Python<'py>, task: &Task) -> PyResult<Bound<'py, PyAny>> {
        let counts = PyDict::new(py);
        while let Some(element) = self.input.next(py, task)? {
            count_one(&counts, &element).map_err(|error| {
                blame_step(py, task, self.rdd, Some(element.clone().unbind()), error)
            })?;
        }
        Ok(counts.into_any())
    }

    fn fold<'py>(
        &mut self,
        py: Python<'py>,
        task: &Task,
        start: Bound<'py, PyAny>,
        function: &Py<PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let function = function.bind(py);
        let (mut folded, mut turn) = (start, 0);
        while let Some(element) = self.input.next(py, task)? {
            turn += 1;
            folded = task
                .counters
                .time(turn, || function.call1((folded, &element)))
                .map_err(|error| blame_step(py, task, self.rdd, Some(element.unbind()), error))?;
        }
        Ok(folded)
    }

    fn for_each(&mut self, py: Python<'_>, task: &Task, function: &Py<PyAny>) -> PyResult<()> {
        let function = function.bind(py);
        let mut turn = 0;
        while let Some(element) = self.input.next(py, task)? {
            turn += 1;
            task.counters
                .time(turn, || function.call1((&element,)))
                .map_err(|error| blame_step(py, task, self.rdd, Some(element.unbind()), error))?;
        }
        Ok(())
    }
}

fn count_one(counts: &Bound<'_, PyDict>, element: &Bound<'_, PyAny>) -> PyResult<()> {
    let count: u64 = match counts.get_item(element)? {
        Some(count) => count.extract()?,
        None => 0,
    };
    counts.set_item(element, count + 1)
}
