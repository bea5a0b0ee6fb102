//! Which reduce partition an element goes to.

use super::bounds::Bounds;
use super::pairs;
use super::task::Task;
use crate::errors::engine_error;
use firesteel_core::frame::ColumnView;
use firesteel_core::protocol::{Definition, Partitioner};
use firesteel_core::spark_random::deal_start;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyList, PyString, PyTuple};

/// A partitioner with its code and state, for one map task.
pub enum Partitioning {
    Hash,
    Function(Py<PyAny>),
    Range { bounds: Bounds, key_function: Option<Py<PyAny>>, descending: bool },
    Deal { run: u32, keep_runs: bool, left: u32, position: u32 },
}

impl Partitioning {
    pub fn new(
        py: Python<'_>,
        task: &Task,
        partitioner: Partitioner,
        code: Py<PyAny>,
        map_partition: u32,
        partitions: u32,
    ) -> PyResult<Self> {
        Ok(match partitioner {
            Partitioner::Hash => Self::Hash,
            Partitioner::Function => Self::Function(code),
            Partitioner::Range { descending } => {
                let (bounds, key_function): (Bound<'_, PyList>, _) = code.extract(py)?;
                Self::Range { bounds: Bounds::new(task, bounds), key_function, descending }
            }
            Partitioner::Deal { run, keep_runs } => {
                let position = deal_start(map_partition, partitions);
                Self::Deal { run, keep_runs, left: 0, position }
            }
        })
    }

    /// A segment of the input begins, and with it a run that was dealt out before.
    pub fn begin_segment(&mut self) {
        if let Self::Deal { keep_runs: true, left, .. } = self {
            *left = 0;
        }
    }

    /// The element as it is written, and where.
    pub fn place<'py>(
        &mut self,
        element: Bound<'py, PyAny>,
        partitions: u32,
        definition: &Definition,
    ) -> PyResult<(Bound<'py, PyAny>, u32)> {
        if let Self::Deal { run, left, position, .. } = self {
            if *left == 0 {
                *position = (*position + 1) % partitions;
                *left = *run;
            }
            *left -= 1;
            return Ok((element, *position));
        }
        let (key, value) = pairs::unpack(&element, &definition.name)?;
        let partition = self.of_key(&key, partitions)?;
        if element.is_exact_instance_of::<PyTuple>() {
            return Ok((element, partition));
        }
        Ok(((key, value).into_pyobject(element.py())?.into_any(), partition))
    }

    /// Whether it knows where the elements of some columns go.
    pub fn places_columns(&self, task: &Task) -> bool {
        task.limits.native && matches!(self, Self::Hash)
    }

    /// Where each pair of a column goes; none where a pair is not an int or a str and anything typed.
    pub fn place_column(
        &self,
        py: Python<'_>,
        column: &ColumnView<'_>,
        partitions: u32,
    ) -> PyResult<Option<Vec<u32>>> {
        let ColumnView::Tuple { fields, .. } = column else { return Ok(None) };
        let [keys, values] = fields.as_slice() else { return Ok(None) };
        let place = |hash: i64| hash.rem_euclid(i64::from(partitions)) as u32;
        match keys {
            _ if !values.is_typed() => Ok(None),
            ColumnView::Int(keys) => {
                Ok(Some(keys.iter().map(|key| place(hash_int(*key))).collect()))
            }
            ColumnView::Str(keys) => {
                let hash = |key| PyString::new(py, key).hash();
                let places = keys.iter().map(|key| Ok(place(hash(key)? as i64)));
                places.collect::<PyResult<_>>().map(Some)
            }
            _ => Ok(None),
        }
    }

    fn of_key(&self, key: &Bound<'_, PyAny>, partitions: u32) -> PyResult<u32> {
        let py = key.py();
        match self {
            Self::Hash => Ok(portable_hash(key)?.rem_euclid(i64::from(partitions)) as u32),
            Self::Function(function) => modulo(&function.bind(py).call1((key,))?, partitions),
            Self::Range { bounds, key_function, descending } => {
                let position = match key_function {
                    None => bounds.position(key)?,
                    Some(function) => bounds.position(&function.bind(py).call1((key,))?)?,
                };
                Ok(if *descending { partitions - 1 - position } else { position })
            }
            Self::Deal { .. } => Err(engine_error("elements are dealt out without a key")),
        }
    }
}

/// What a partition function returned, modulo the partitions as Python takes it, and once more as Java does: an
/// object may have a remainder of its own. What is no int fails with the class that PySpark fails with.
fn modulo(hash: &Bound<'_, PyAny>, partitions: u32) -> PyResult<u32> {
    let py = hash.py();
    let no_int = || {
        let got = super::failure::type_and_repr(hash);
        format!("the partition function must return an int; got {got}")
    };
    let remainder = hash.rem(partitions).map_err(|error| match error {
        error if error.is_instance_of::<PyTypeError>(py) => {
            caused(py, PyTypeError::new_err(no_int()), error)
        }
        error => error,
    })?;
    match remainder.extract::<i64>() {
        Ok(remainder) => Ok(remainder.rem_euclid(i64::from(partitions)) as u32),
        Err(error) if error.is_instance_of::<PyTypeError>(py) => {
            remainder.hash()?;
            Err(caused(py, struct_error(py, no_int())?, error))
        }
        Err(error) => Err(error),
    }
}

fn caused(py: Python<'_>, error: PyErr, cause: PyErr) -> PyErr {
    error.set_cause(py, Some(cause));
    error
}

/// The class of the error when PySpark packs the number of a partition.
fn struct_error(py: Python<'_>, message: String) -> PyResult<PyErr> {
    static CLASS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let class = CLASS.import(py, "struct", "error")?;
    Ok(PyErr::from_value(class.call1((message,))?))
}

/// Python's modulus for hashes of numbers, a prime.
const MODULUS: u64 = (1 << 61) - 1;

/// Python's hash of an int.
fn hash_int(value: i64) -> i64 {
    let magnitude = (value.unsigned_abs() % MODULUS) as i64;
    match value.signum() * magnitude {
        -1 => -2, // Python keeps -1 for errors.
        hash => hash,
    }
}

/// PySpark's hash: None is 0, a tuple mixes its items' hashes, everything else is `hash()`.
pub fn portable_hash(key: &Bound<'_, PyAny>) -> PyResult<i64> {
    if key.is_none() {
        return Ok(0);
    }
    let Ok(tuple) = key.cast::<PyTuple>() else { return Ok(key.hash()? as i64) };
    let mut hash: i64 = 0x0034_5678;
    for item in tuple.iter() {
        // Python's ints do not wrap, but only their low 63 bits are kept, and those are the same.
        hash = (hash ^ portable_hash(&item)?).wrapping_mul(1_000_003) & i64::MAX;
    }
    Ok(hash ^ tuple.len() as i64)
}
