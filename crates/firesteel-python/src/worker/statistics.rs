//! Mean and variance of a partition, added up as StatCounter does it, number by number.
//!
//! The arithmetic is Python's own, whatever the elements are: floats, big ints, fractions, numpy arrays.

use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;

/// The state of a StatCounter.
pub struct Statistics<'py> {
    count: u64,
    mean: Bound<'py, PyAny>,
    squares: Bound<'py, PyAny>,
    largest: Bound<'py, PyAny>,
    smallest: Bound<'py, PyAny>,
    maximum: Bound<'py, PyAny>,
    minimum: Bound<'py, PyAny>,
}

impl<'py> Statistics<'py> {
    pub fn new(py: Python<'py>) -> PyResult<Self> {
        let module = py.import("firesteel.statcounter")?;
        Ok(Self {
            count: 0,
            mean: 0.0.into_bound_py_any(py)?,
            squares: 0.0.into_bound_py_any(py)?,
            largest: f64::NEG_INFINITY.into_bound_py_any(py)?,
            smallest: f64::INFINITY.into_bound_py_any(py)?,
            maximum: module.getattr("maximum")?,
            minimum: module.getattr("minimum")?,
        })
    }

    pub fn add(&mut self, value: &Bound<'py, PyAny>) -> PyResult<()> {
        let distance = value.sub(&self.mean)?;
        self.count += 1;
        self.mean = self.mean.add(distance.div(self.count)?)?;
        self.squares = self.squares.add(distance.mul(value.sub(&self.mean)?)?)?;
        self.largest = self.maximum.call1((&self.largest, value))?;
        self.smallest = self.minimum.call1((&self.smallest, value))?;
        Ok(())
    }

    /// `(count, mean, squares, largest, smallest)`.
    pub fn finish(self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let state = (self.count, self.mean, self.squares, self.largest, self.smallest);
        state.into_bound_py_any(py)
    }
}
