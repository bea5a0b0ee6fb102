//! Steps that make one element, or none, of a whole partition.

use super::binary::{Binary, Value};
use super::columns::Offered;
use super::counts::Counts;
use super::failure::blame_step;
use super::histogram::{Extremes, Histogram};
use super::partitioner::portable_hash;
use super::statistics::Statistics;
use super::stream::Stream;
use super::task::Task;
use crate::capi::Function;
use firesteel_core::frame::ColumnView;
use firesteel_core::hyper_log_log::HyperLogLogPlus;
use firesteel_core::text::Contains;
use firesteel_scheduler::ids::RddId;
use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList};

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
    /// The number of lines that pass these tests.
    CountLines(Vec<Contains>),
    /// A dict from element to number, by first appearance.
    CountByValue,
    /// The fold from the left, without a start: no element for an empty partition.
    Reduce(Binary),
    /// The fold from the left.
    Fold { zero: Py<PyAny>, function: Binary },
    /// The state of a StatCounter.
    Statistics,
    /// A tuple of count, smallest and largest, or nothing.
    Extremes,
    /// The encoded sketch of the different elements.
    SketchDistinct(u8),
    /// A list of counts.
    Histogram(Py<PyAny>),
    /// Nothing: the function is called for its effects.
    ForEach(Function),
}

impl Accumulation {
    /// Code: (zero, function).
    pub fn fold(py: Python<'_>, task: &Task, code: &Py<PyAny>) -> PyResult<Self> {
        let (zero, function) = code.extract(py)?;
        Ok(Self::Fold { zero, function: Binary::new(py, task, function)? })
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
            Accumulation::CountLines(tests) => self.count_lines(py, task, &tests).map(Some),
            Accumulation::CountByValue => self.count_by_value(py, task).map(Some),
            Accumulation::Reduce(function) => match self.input.next(py, task)? {
                Some(first) => self.fold(py, task, first, &function).map(Some),
                None => Ok(None),
            },
            Accumulation::Fold { zero, function } => {
                self.fold(py, task, zero.into_bound(py), &function).map(Some)
            }
            Accumulation::Statistics => self.statistics(py, task).map(Some),
            Accumulation::Extremes => self.extremes(py, task),
            Accumulation::SketchDistinct(precision) => {
                self.sketch_distinct(py, task, precision).map(Some)
            }
            Accumulation::Histogram(code) => self.histogram(py, task, &code).map(Some),
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
        loop {
            let offered = match task.limits.native {
                true => self.input.offer(py, task, &mut |column| {
                    // Unpickling might run code of the user's.
                    let taken = column.is_typed();
                    count += if taken { column.len() as u64 } else { 0 };
                    Ok(taken)
                })?,
                false => Offered::Refused,
            };
            if offered != Offered::Taken {
                if self.input.next(py, task)?.is_none() {
                    return count.into_bound_py_any(py);
                }
                count += 1;
            }
        }
    }

    fn count_lines<'py>(
        &mut self,
        py: Python<'py>,
        task: &Task,
        tests: &[Contains],
    ) -> PyResult<Bound<'py, PyAny>> {
        let count = match &mut self.input {
            Stream::Files(source) => source.count_lines(py, task, tests)?,
            _ => 0,
        };
        count.into_bound_py_any(py)
    }

    /// Adds every element; where that fails, the step is to blame.
    fn add_each<'py>(
        &mut self,
        py: Python<'py>,
        task: &Task,
        mut add: impl FnMut(&Bound<'py, PyAny>) -> PyResult<()>,
    ) -> PyResult<()> {
        while let Some(element) = self.input.next(py, task)? {
            add(&element).map_err(|error| {
                blame_step(py, task, self.rdd, Some(element.clone().unbind()), error)
            })?;
        }
        Ok(())
    }

    fn statistics<'py>(&mut self, py: Python<'py>, task: &Task) -> PyResult<Bound<'py, PyAny>> {
        let mut statistics = Statistics::new(py)?;
        self.add_each(py, task, |element| statistics.add(element))?;
        statistics.finish(py)
    }

    fn extremes<'py>(
        &mut self,
        py: Python<'py>,
        task: &Task,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let mut extremes = Extremes::default();
        self.add_each(py, task, |element| extremes.add(element))?;
        extremes.finish(py)
    }

    fn sketch_distinct<'py>(
        &mut self,
        py: Python<'py>,
        task: &Task,
        precision: u8,
    ) -> PyResult<Bound<'py, PyAny>> {
        let mut sketch = HyperLogLogPlus::new(precision);
        self.add_each(py, task, |element| {
            // PySpark hands the low 32 bits to the JVM.
            sketch.add(portable_hash(element)? as u32);
            Ok(())
        })?;
        Ok(PyBytes::new(py, &sketch.encode()).into_any())
    }

    fn histogram<'py>(
        &mut self,
        py: Python<'py>,
        task: &Task,
        code: &Py<PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let mut histogram = Histogram::new(code.bind(py))?;
        self.add_each(py, task, |element| histogram.add(element))?;
        histogram.finish(py)
    }

    fn count_by_value<'py>(&mut self, py: Python<'py>, task: &Task) -> PyResult<Bound<'py, PyAny>> {
        if task.limits.native {
            return self.count_natively(py, task);
        }
        let counts = PyDict::new(py);
        self.add_each(py, task, |element| count_one(&counts, element))?;
        Ok(counts.into_any())
    }

    fn count_natively<'py>(&mut self, py: Python<'py>, task: &Task) -> PyResult<Bound<'py, PyAny>> {
        let mut counts = Counts::new();
        loop {
            let mut add = |column: &ColumnView<'_>| counts.add_column(column);
            if self.input.offer(py, task, &mut add)? == Offered::Taken {
                continue;
            }
            let Some(element) = self.input.next(py, task)? else { break };
            counts.add(&element).map_err(|error| {
                blame_step(py, task, self.rdd, Some(element.clone().unbind()), error)
            })?;
        }
        counts.finish(py).map(Bound::into_any)
    }

    fn fold<'py>(
        &mut self,
        py: Python<'py>,
        task: &Task,
        start: Bound<'py, PyAny>,
        function: &Binary,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (mut folded, mut turn) = (Value::Object(start.unbind()), 0);
        loop {
            let mut merge =
                |column: &ColumnView<'_>| Ok(function.merge_column(py, &mut folded, column));
            if self.input.offer(py, task, &mut merge)? == Offered::Taken {
                continue;
            }
            let Some(element) = self.input.next(py, task)? else { break };
            turn += 1;
            task.counters
                .time(turn, || function.merge(&mut folded, &element))
                .map_err(|error| blame_step(py, task, self.rdd, Some(element.unbind()), error))?;
        }
        Ok(folded.into_object(py)?.into_bound(py))
    }

    fn for_each(&mut self, py: Python<'_>, task: &Task, function: &Function) -> PyResult<()> {
        let mut turn = 0;
        while let Some(element) = self.input.next(py, task)? {
            turn += 1;
            task.counters
                .time(turn, || function.call(&element))
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
