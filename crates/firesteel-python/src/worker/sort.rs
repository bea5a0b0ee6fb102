//! Sorting a partition: natively where the keys are simple, else by `list.sort` itself, so that order, stability and
//! every odd comparison are Python's.

use super::failure::blame_step;
use super::sort_native;
use super::stream::Stream;
use super::task::Task;
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

struct Sorted {
    list: Py<PyList>,
    next: usize,
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
        let sorted = match &mut self.sorted {
            Some(sorted) => sorted,
            None => {
                let list = self.sort(py, task)?.unbind();
                self.sorted.insert(Sorted { list, next: 0 })
            }
        };
        let list = sorted.list.bind(py);
        if sorted.next >= list.len() {
            return Ok(None);
        }
        sorted.next += 1;
        list.get_item(sorted.next - 1).map(Some)
    }

    fn sort<'py>(&mut self, py: Python<'py>, task: &Task) -> PyResult<Bound<'py, PyList>> {
        let list = PyList::empty(py);
        while let Some(element) = self.input.next(py, task)? {
            list.append(element)?;
            if let Some(fault) = task.memory.exceeded() {
                return Err(task.fault(fault));
            }
        }
        self.input = Stream::Empty;
        if task.limits.native {
            let sorted = task.counters.time_whole(|| self.sort_natively(&list));
            return sorted.map_err(|error| blame_step(py, task, self.rdd, None, error));
        }
        let options = PyDict::new(py);
        options.set_item("key", self.key(py)?)?;
        options.set_item("reverse", self.descending)?;
        let sorted = task.counters.time_whole(|| list.call_method("sort", (), Some(&options)));
        sorted.map_err(|error| blame_step(py, task, self.rdd, None, error))?;
        Ok(list)
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
