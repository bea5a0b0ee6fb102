//! The values of one key that are more than memory holds: frames on disk, and one frame at a time in memory.

use super::super::task::Task;
use super::spool::{SpoolReader, Spooler};
use firesteel_core::spill::{SpillFile, SpillStream};
use firesteel_scheduler::ids::RddId;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyTuple};
use std::sync::{Arc, Mutex, PoisonError};

/// A list that is never in memory as a whole: it can be gone through any number of times, and has a length. Pickled,
/// it becomes a plain list.
#[pyclass(frozen, module = "firesteel._native")]
pub struct SpilledGroup {
    stream: Arc<SpillStream>,
    rdd: RddId,
}

impl SpilledGroup {
    pub fn new(stream: Arc<SpillStream>, rdd: RddId) -> Self {
        Self { stream, rdd }
    }

    /// The values of each side of a join, which come tagged 1, 2, ...; a side is a list where it has few.
    pub fn sides<'py>(
        &self,
        py: Python<'py>,
        task: &Task,
        count: u32,
    ) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let side = |_| Side::new(py, self.stream.file().clone(), self.rdd);
        let mut sides: Vec<Side> = (0..count).map(side).collect();
        let mut reader = SpoolReader::new(self.stream.clone());
        while let Some(tagged) = reader.next(py, task)? {
            let (tag, value): (usize, Bound<'py, PyAny>) = tagged.extract()?;
            let side = sides.get_mut(tag.wrapping_sub(1));
            let side = side
                .ok_or_else(|| crate::errors::engine_error(format!("a join has no side {tag}")))?;
            side.push(py, task, value)?;
        }
        sides.into_iter().map(|side| side.finish(py, task)).collect()
    }
}

#[pymethods]
impl SpilledGroup {
    fn __len__(&self) -> usize {
        self.stream.elements() as usize
    }

    fn __iter__(&self) -> GroupIterator {
        GroupIterator { reader: Mutex::new(SpoolReader::new(self.stream.clone())) }
    }

    fn __repr__(&self) -> String {
        format!("<{} values on disk>", self.stream.elements())
    }

    /// `(list, (), None, values)`: pickle appends the values as they come.
    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let empty = PyTuple::empty(py);
        let values = Bound::new(py, self.__iter__())?;
        let parts = (py.get_type::<PyList>(), empty, py.None(), values);
        Ok(parts.into_pyobject(py)?.into_any())
    }
}

/// Goes once through the values of a [`SpilledGroup`].
#[pyclass(frozen, module = "firesteel._native")]
pub struct GroupIterator {
    reader: Mutex<SpoolReader>,
}

#[pymethods]
impl GroupIterator {
    fn __iter__(this: Bound<'_, Self>) -> Bound<'_, Self> {
        this
    }

    fn __next__<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        // Unpickling a value may run the user's code, and that may ask this iterator: a generator's answer.
        match self.reader.try_lock() {
            Ok(mut reader) => reader.next_detached(py),
            Err(std::sync::TryLockError::Poisoned(poisoned)) => {
                PoisonError::into_inner(poisoned).next_detached(py)
            }
            Err(std::sync::TryLockError::WouldBlock) => {
                Err(pyo3::exceptions::PyValueError::new_err("group iterator already executing"))
            }
        }
    }
}

/// The values of one key while they come in.
pub struct GroupWriter {
    spooler: Spooler,
    rdd: RddId,
}

impl GroupWriter {
    pub fn new(file: Arc<SpillFile>, rdd: RddId) -> Self {
        Self { spooler: Spooler::new(file, rdd), rdd }
    }

    /// Adds the values of a list.
    pub fn extend(
        &mut self,
        py: Python<'_>,
        task: &Task,
        values: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        values.try_iter()?.try_for_each(|value| self.spooler.push(py, task, value?.unbind()))
    }

    pub fn finish(self, py: Python<'_>, task: &Task) -> PyResult<Py<SpilledGroup>> {
        let stream = self.spooler.finish(py, task)?;
        Py::new(py, SpilledGroup::new(stream, self.rdd))
    }
}

/// Values that a side keeps in memory.
const FEW: usize = 1024;

/// One side of a group: few values stay a list.
struct Side {
    few: Py<PyList>,
    many: Option<GroupWriter>,
    file: Arc<SpillFile>,
    rdd: RddId,
}

impl Side {
    fn new(py: Python<'_>, file: Arc<SpillFile>, rdd: RddId) -> Self {
        Self { few: PyList::empty(py).unbind(), many: None, file, rdd }
    }

    fn push(&mut self, py: Python<'_>, task: &Task, value: Bound<'_, PyAny>) -> PyResult<()> {
        if let Some(many) = &mut self.many {
            return many.spooler.push(py, task, value.unbind());
        }
        let few = self.few.bind(py);
        few.append(value)?;
        if few.len() > FEW {
            let mut many = GroupWriter::new(self.file.clone(), self.rdd);
            many.extend(py, task, few)?;
            self.many = Some(many);
            self.few = PyList::empty(py).unbind();
        }
        Ok(())
    }

    fn finish<'py>(self, py: Python<'py>, task: &Task) -> PyResult<Bound<'py, PyAny>> {
        match self.many {
            Some(many) => Ok(many.finish(py, task)?.into_bound(py).into_any()),
            None => Ok(self.few.into_bound(py).into_any()),
        }
    }
}
