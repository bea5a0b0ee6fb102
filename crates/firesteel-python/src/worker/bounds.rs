//! The keys that separate the partitions of a sort, and where among them a key belongs.
//!
//! Invariant: the position is that of `bisect.bisect_left`, which itself is asked wherever key and bounds are not all
//! exact ints, exact floats or exact strs of Latin-1.

use super::task::Task;
use crate::capi;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyFloat, PyList};

/// Keys in order.
pub struct Bounds {
    bounds: Py<PyList>,
    native: Native,
}

/// The same keys outside of Python.
enum Native {
    None,
    Ints(Vec<i64>),
    Floats(Vec<f64>),
    Texts(Vec<Vec<u8>>),
}

impl Bounds {
    pub fn new(task: &Task, bounds: Bound<'_, PyList>) -> Self {
        let native = if task.limits.native { Native::of(&bounds) } else { Native::None };
        Self { bounds: bounds.unbind(), native }
    }

    /// How many bounds are less than the key.
    pub fn position(&self, key: &Bound<'_, PyAny>) -> PyResult<u32> {
        match self.native.position(key) {
            Some(position) => Ok(position as u32),
            None => self.bisect(key),
        }
    }

    fn bisect(&self, key: &Bound<'_, PyAny>) -> PyResult<u32> {
        static BISECT: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        let bisect = BISECT.import(key.py(), "bisect", "bisect_left")?;
        bisect.call1((&self.bounds, key))?.extract()
    }
}

impl Native {
    fn of(bounds: &Bound<'_, PyList>) -> Self {
        let bounds: Vec<_> = bounds.iter().collect();
        if let Some(ints) = bounds.iter().map(capi::exact_i64).collect() {
            Self::Ints(ints)
        } else if let Some(floats) = bounds.iter().map(exact_float).collect() {
            Self::Floats(floats)
        } else if let Some(texts) =
            bounds.iter().map(|bound| capi::exact_latin1(bound).map(<[u8]>::to_vec)).collect()
        {
            Self::Texts(texts)
        } else {
            Self::None
        }
    }

    fn position(&self, key: &Bound<'_, PyAny>) -> Option<usize> {
        Some(match self {
            Self::None => return None,
            Self::Ints(bounds) => {
                let key = capi::exact_i64(key)?;
                bounds.partition_point(|bound| *bound < key)
            }
            Self::Floats(bounds) => {
                let key = exact_float(key)?;
                bounds.partition_point(|bound| *bound < key)
            }
            Self::Texts(bounds) => {
                let key = capi::exact_latin1(key)?;
                bounds.partition_point(|bound| bound.as_slice() < key)
            }
        })
    }
}

/// None for NaN: among bounds it has no place.
fn exact_float(object: &Bound<'_, PyAny>) -> Option<f64> {
    let value = object.cast_exact::<PyFloat>().ok()?.value();
    (!value.is_nan()).then_some(value)
}
