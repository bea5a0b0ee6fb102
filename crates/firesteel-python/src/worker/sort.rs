//! Sorting a partition: natively where the keys are simple, else by `list.sort` itself, so that order, stability and
//! every odd comparison are Python's. What does not fit into memory is sorted in runs and merged.

use super::columns::{Offered, Taker};
use super::failure::{Fault, blame_step};
use super::sort_columns::{PairColumns, SortedColumns};
use super::sort_native;
use super::spill::{MergedRuns, Order, SortedRuns, SpillTrigger};
use super::stream::Stream;
use super::task::Task;
use crate::errors::engine_error;
use firesteel_core::protocol::Definition;
use firesteel_scheduler::ids::RddId;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyList, PyTuple};

/// A sort over an input, done when the first element is asked for.
pub struct Sorting {
    input: Stream,
    descending: bool,
    by_key: bool,
    key_function: Py<PyAny>,
    rdd: RddId,
    sorted: Option<Sorted>,
}

enum Sorted {
    InMemory { list: Py<PyList>, next: usize },
    Columns(Box<SortedColumns>),
    Spilled { runs: Box<MergedRuns>, order: Order },
}

impl Sorting {
    pub fn new(
        input: Stream,
        definition: &Definition,
        descending: bool,
        by_key: bool,
        key_function: Py<PyAny>,
    ) -> Self {
        Self { input, descending, by_key, key_function, rdd: definition.rdd, sorted: None }
    }

    pub fn next<'py>(
        &mut self,
        py: Python<'py>,
        task: &Task,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let rdd = self.rdd;
        match self.sorted(py, task)? {
            Sorted::Columns(columns) => columns.next(py),
            Sorted::Spilled { runs, order } => {
                let next = runs.next(py, task, order);
                next.map_err(|error| blame_step(py, task, rdd, None, error))
            }
            Sorted::InMemory { list, next } => {
                let list = list.bind(py);
                if *next >= list.len() {
                    return Ok(None);
                }
                *next += 1;
                list.get_item(*next - 1).map(Some)
            }
        }
    }

    /// Offers what was sorted.
    pub fn offer(
        &mut self,
        py: Python<'_>,
        task: &Task,
        take: &mut Taker<'_>,
    ) -> PyResult<Offered> {
        match self.sorted(py, task)? {
            Sorted::Columns(columns) => columns.offer(take),
            _ => Ok(Offered::Refused),
        }
    }

    fn sorted(&mut self, py: Python<'_>, task: &Task) -> PyResult<&mut Sorted> {
        if self.sorted.is_none() {
            self.sorted = Some(self.sort(py, task)?);
        }
        self.sorted.as_mut().ok_or_else(|| engine_error("nothing was sorted"))
    }

    fn sort(&mut self, py: Python<'_>, task: &Task) -> PyResult<Sorted> {
        let by_columns = task.limits.native && self.by_key && self.key_function.is_none(py);
        let (list, mut columns) = (PyList::empty(py), PairColumns::default());
        let mut runs = SortedRuns::new(self.rdd);
        let mut trigger = SpillTrigger::new(&task.memory);
        loop {
            // What comes behind an object has to become one.
            if by_columns && list.is_empty() {
                match self.input.offer(py, task, &mut |column| Ok(columns.take(column)))? {
                    Offered::Taken => {
                        if trigger.fires(&task.memory) {
                            self.spill_columns(py, task, &mut columns, &mut runs)?;
                            trigger.spilled(py, &task.memory)?;
                        }
                        continue;
                    }
                    Offered::Refused => extend_list(py, &list, &mut columns)?,
                    Offered::Ended => {}
                }
            }
            let Some(element) = self.input.next(py, task)? else { break };
            list.append(element)?;
            if trigger.fires(&task.memory) {
                self.spill(py, task, &list, &mut runs)?;
                trigger.spilled(py, &task.memory)?;
            }
        }
        self.input = Stream::Empty;
        if runs.is_empty() {
            let sorted = task.counters.time_whole(|| columns.sort(self.descending));
            if let Some(sorted) = sorted {
                return Ok(Sorted::Columns(Box::new(sorted)));
            }
            extend_list(py, &list, &mut columns)?;
            let list = self.sort_list(py, task, &list)?;
            return Ok(Sorted::InMemory { list: list.unbind(), next: 0 });
        }
        self.spill_columns(py, task, &mut columns, &mut runs)?;
        if !list.is_empty() {
            self.spill(py, task, &list, &mut runs)?;
        }
        let order = self.order(py)?;
        let merged = runs.merge(py, task, &order);
        let runs = merged.map_err(|error| blame_step(py, task, self.rdd, None, error))?;
        Ok(Sorted::Spilled { runs: Box::new(runs), order })
    }

    /// The elements in order: in a list of its own, or in the same one.
    fn sort_list<'py>(
        &self,
        py: Python<'py>,
        task: &Task,
        list: &Bound<'py, PyList>,
    ) -> PyResult<Bound<'py, PyList>> {
        if task.limits.native {
            let sorted = task.counters.time_whole(|| self.sort_natively(list));
            return sorted.map_err(|error| blame_step(py, task, self.rdd, None, error));
        }
        let options = PyDict::new(py);
        options.set_item("key", self.key(py)?)?;
        options.set_item("reverse", self.descending)?;
        let sorted = task.counters.time_whole(|| list.call_method("sort", (), Some(&options)));
        sorted.map_err(|error| blame_step(py, task, self.rdd, None, error))?;
        Ok(list.clone())
    }

    /// Sorts the list and moves it to disk, unless it has a NaN: then it stays, as long as there is room.
    fn spill(
        &self,
        py: Python<'_>,
        task: &Task,
        list: &Bound<'_, PyList>,
        runs: &mut SortedRuns,
    ) -> PyResult<()> {
        let order = self.order(py)?;
        let blame = |error| blame_step(py, task, self.rdd, None, error);
        if order.has_nan(list).map_err(blame)? {
            let (used, limit) = (task.memory.used(), task.memory.limit());
            let lost = !runs.is_empty() || task.memory.exceeded().is_some();
            return if lost { Err(task.fault(Fault::NanSpill { used, limit })) } else { Ok(()) };
        }
        let sorted = self.sort_list(py, task, list)?;
        if !sorted.is(list) {
            // So that each element can go as soon as it is written.
            list.del_slice(0, list.len())?;
        }
        runs.spill(py, task, &order, &sorted).map_err(blame)
    }

    /// Moves pairs to disk, in many runs: as objects they take many times the room, so only few can be at once.
    fn spill_columns(
        &self,
        py: Python<'_>,
        task: &Task,
        columns: &mut PairColumns,
        runs: &mut SortedRuns,
    ) -> PyResult<()> {
        columns.drain(py, RUN_ROWS, |pairs| self.spill(py, task, &PyList::new(py, pairs)?, runs))
    }

    fn order(&self, py: Python<'_>) -> PyResult<Order> {
        Ok(Order { key: self.key(py)?, descending: self.descending })
    }

    /// Each key is made once, in the order of the elements, as `list.sort` does.
    fn sort_natively<'py>(&self, list: &Bound<'py, PyList>) -> PyResult<Bound<'py, PyList>> {
        let py = list.py();
        let keys = self.keys(list)?;
        if let Some(order) = sort_native::order(&keys, self.descending) {
            let elements = order.iter().map(|position| list.get_item(*position as usize));
            return PyList::new(py, elements.collect::<PyResult<Vec<_>>>()?);
        }
        // For each element in turn the next key that was made: `next(keys, element)`.
        let made = (py.import("builtins")?.getattr("next")?, PyList::new(py, keys)?.try_iter()?);
        let options = PyDict::new(py);
        options.set_item("key", py.import("functools")?.getattr("partial")?.call1(made)?)?;
        options.set_item("reverse", self.descending)?;
        list.call_method("sort", (), Some(&options))?;
        Ok(list.clone())
    }

    fn keys<'py>(&self, list: &Bound<'py, PyList>) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let py = list.py();
        let function = self.key_function.bind(py);
        let mut keys = Vec::with_capacity(list.len());
        for element in list.iter() {
            let key = match (self.by_key, element.cast_exact::<PyTuple>()) {
                (false, _) => element,
                (true, Ok(pair)) => pair.get_item(0)?,
                (true, Err(_)) => element.get_item(0)?,
            };
            keys.push(if function.is_none() { key } else { function.call1((key,))? });
        }
        Ok(keys)
    }

    fn key(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        static FIRST: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        if !self.by_key {
            return Ok(self.key_function.clone_ref(py));
        }
        if self.key_function.is_none(py) {
            let first = FIRST
                .get_or_try_init(py, || Ok::<_, PyErr>(item_getter(py)?.call1((0,))?.unbind()))?;
            return Ok(first.clone_ref(py));
        }
        let key = KeyOfPair { function: self.key_function.clone_ref(py) };
        Ok(Bound::new(py, key)?.into_any().unbind())
    }
}

/// Pairs of columns that are one run.
const RUN_ROWS: usize = 32 << 10;

/// Goes on with Python objects.
fn extend_list(
    py: Python<'_>,
    list: &Bound<'_, PyList>,
    columns: &mut PairColumns,
) -> PyResult<()> {
    columns.drain(py, RUN_ROWS, |pairs| pairs.into_iter().try_for_each(|pair| list.append(pair)))
}

fn item_getter(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    py.import("operator")?.getattr("itemgetter")
}

/// `lambda pair: function(pair[0])` without a Python frame.
#[pyclass(frozen, module = "firesteel._native")]
pub struct KeyOfPair {
    function: Py<PyAny>,
}

#[pymethods]
impl KeyOfPair {
    fn __call__<'py>(
        &self,
        py: Python<'py>,
        pair: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let key = match pair.cast::<PyTuple>() {
            Ok(tuple) => tuple.get_item(0)?,
            Err(_) => pair.get_item(0)?,
        };
        self.function.bind(py).call1((key,))
    }
}
