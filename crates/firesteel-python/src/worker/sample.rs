//! The sample that sortByKey takes its range bounds from, drawn while its input runs once.
//!
//! PySpark first counts, then samples each element with probability `size / count`, with a generator seeded per
//! partition. The draws do not depend on that probability, so this keeps every key whose draw could still be
//! below it, given how many elements came so far; the driver, which then knows the count, keeps the rest out.

use super::pairs;
use super::stream::Stream;
use super::task::Task;
use crate::errors::engine_error;
use firesteel_core::mersenne_twister::MersenneTwister;
use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;
use pyo3::types::PyList;

/// PySpark throws the first draws away.
const WARM_UP: usize = 10;

/// A sample over an input: one tuple (count, [(draw, key), ...]).
pub struct Sampling {
    input: Stream,
    size: u32,
    seed: u64,
    done: bool,
}

impl Sampling {
    pub fn new(input: Stream, size: u32, seed: u64, partition: u32) -> Self {
        Self { input, size, seed: seed ^ u64::from(partition), done: false }
    }

    pub fn next<'py>(
        &mut self,
        py: Python<'py>,
        task: &Task,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        if std::mem::replace(&mut self.done, true) {
            return Ok(None);
        }
        let mut draws = continued(&generator(&self.seed.into_bound_py_any(py)?)?)?;
        let mut kept: Vec<(f64, Py<PyAny>)> = Vec::new();
        let mut count = 0u64;
        while let Some(element) = self.input.next(py, task)? {
            count += 1;
            let drawn = draws.random();
            if drawn < f64::from(self.size) / count as f64 {
                kept.push((drawn, pairs::item(&element, 0, "sortByKey")?.unbind()));
            }
        }
        let fraction = f64::from(self.size) / count.max(1) as f64;
        kept.retain(|(drawn, _)| *drawn < fraction);
        let kept = PyList::new(py, kept)?;
        Ok(Some((count, kept).into_pyobject(py)?.into_any()))
    }
}

/// What a generator of Python's would give from now on.
fn continued(generator: &Bound<'_, PyAny>) -> PyResult<MersenneTwister> {
    let words: Vec<u32> = generator.call_method0("getstate")?.get_item(1)?.extract()?;
    MersenneTwister::from_state(&words).ok_or_else(|| engine_error("a generator of another kind"))
}

/// PySpark's generator for a seed, which is an int.
pub fn generator<'py>(seed: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let generator = seed.py().import("random")?.getattr("Random")?.call1((seed,))?;
    for _ in 0..WARM_UP {
        generator.call_method1("randint", (0, 1))?;
    }
    Ok(generator)
}
