//! Sorting more elements than memory holds: sorted runs on disk, and their merge.
//!
//! Invariant: runs are in the order of the input, and the merge prefers the earlier one of equal elements. It compares
//! with `<` alone, as `list.sort` does. So the result is that of one stable sort, where the order is one: with a NaN it
//! depends on the algorithm, and nothing that has a NaN among its keys may be spilled.

use super::super::task::Task;
use super::spool::{SpoolReader, Spooler, create_file};
use crate::errors::engine_error;
use firesteel_core::spill::{Merge, SpillStream};
use firesteel_scheduler::ids::RddId;
use pyo3::prelude::*;
use pyo3::types::{PyFloat, PyList, PyTuple};
use std::sync::Arc;

/// So many runs are merged at once, for each has a frame in memory. When there are this many more, the oldest become one.
const MOST_RUNS: usize = 64;

/// How elements compare.
pub struct Order {
    pub key: Py<PyAny>,
    pub descending: bool,
}

impl Order {
    fn key_of<'py>(&self, element: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let key = self.key.bind(element.py());
        if key.is_none() { Ok(element.clone()) } else { key.call1((element,)) }
    }

    fn before(&self, py: Python<'_>, one: &Py<PyAny>, other: &Py<PyAny>) -> PyResult<bool> {
        let (one, other) = (one.bind(py), other.bind(py));
        if self.descending { other.lt(one) } else { one.lt(other) }
    }

    /// Whether a key is NaN, or a tuple or list with one in it.
    pub fn has_nan(&self, elements: &Bound<'_, PyList>) -> PyResult<bool> {
        for element in elements {
            if is_nan(&self.key_of(&element)?) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

fn is_nan(key: &Bound<'_, PyAny>) -> bool {
    if let Ok(number) = key.cast::<PyFloat>() {
        return number.value().is_nan();
    }
    if let Ok(tuple) = key.cast::<PyTuple>() {
        return tuple.iter().any(|item| is_nan(&item));
    }
    key.cast::<PyList>().is_ok_and(|list| list.iter().any(|item| is_nan(&item)))
}

/// Sorted runs on disk, oldest first.
pub struct SortedRuns {
    rdd: RddId,
    runs: Vec<Arc<SpillStream>>,
}

impl SortedRuns {
    pub fn new(rdd: RddId) -> Self {
        Self { rdd, runs: Vec::new() }
    }

    /// Whether nothing has been spilled.
    pub fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    /// Spills a sorted list as the next run; the list is empty afterwards.
    pub fn spill(
        &mut self,
        py: Python<'_>,
        task: &Task,
        order: &Order,
        list: &Bound<'_, PyList>,
    ) -> PyResult<()> {
        let mut run = Spooler::new(create_file(task)?, self.rdd);
        // From the end, so that each element can go as soon as it is written.
        list.reverse()?;
        while let Some(last) = list.len().checked_sub(1) {
            let element = list.get_item(last)?.unbind();
            list.del_item(last)?;
            run.push(py, task, element)?;
        }
        self.runs.push(run.finish(py, task)?);
        task.counters.spills.add(1);
        if self.runs.len() == 2 * MOST_RUNS {
            self.merge_oldest(py, task, order)?;
        }
        Ok(())
    }

    fn merge_oldest(&mut self, py: Python<'_>, task: &Task, order: &Order) -> PyResult<()> {
        let oldest = self.runs.drain(..MOST_RUNS).collect();
        let mut merged = MergedRuns::open(py, task, order, oldest)?;
        let mut run = Spooler::new(create_file(task)?, self.rdd);
        while let Some(element) = merged.next(py, task, order)? {
            run.push(py, task, element.unbind())?;
        }
        self.runs.insert(0, run.finish(py, task)?);
        Ok(())
    }

    /// Everything in order.
    pub fn merge(mut self, py: Python<'_>, task: &Task, order: &Order) -> PyResult<MergedRuns> {
        while self.runs.len() > MOST_RUNS {
            self.merge_oldest(py, task, order)?;
        }
        MergedRuns::open(py, task, order, self.runs)
    }
}

/// The merge of sorted runs.
pub struct MergedRuns {
    merge: Merge<Py<PyAny>>,
    runs: Vec<SpoolReader>,
    /// The element of each run whose key is in the merge.
    elements: Vec<Option<Py<PyAny>>>,
}

impl MergedRuns {
    fn open(
        py: Python<'_>,
        task: &Task,
        order: &Order,
        runs: Vec<Arc<SpillStream>>,
    ) -> PyResult<Self> {
        let runs: Vec<SpoolReader> = runs.into_iter().map(SpoolReader::new).collect();
        let elements = runs.iter().map(|_| None).collect();
        let mut merged = Self { merge: Merge::default(), runs, elements };
        (0..merged.runs.len()).try_for_each(|run| merged.refill(py, task, order, run))?;
        Ok(merged)
    }

    fn refill(&mut self, py: Python<'_>, task: &Task, order: &Order, run: usize) -> PyResult<()> {
        let Some(element) = self.runs[run].next(py, task)? else { return Ok(()) };
        let key = order.key_of(&element)?.unbind();
        self.elements[run] = Some(element.unbind());
        self.merge.push(key, run, |one, other| order.before(py, one, other))
    }

    pub fn next<'py>(
        &mut self,
        py: Python<'py>,
        task: &Task,
        order: &Order,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let first = self.merge.pop(|one, other| order.before(py, one, other))?;
        let Some((_, run)) = first else { return Ok(None) };
        let element = self.elements[run].take();
        let element = element.ok_or_else(|| engine_error("a run in the merge has no element"))?;
        self.refill(py, task, order, run)?;
        Ok(Some(element.into_bound(py)))
    }
}
