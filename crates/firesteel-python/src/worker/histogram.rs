//! How many elements of a partition are in each bucket.
//!
//! Comparison and arithmetic are Python's own, so that dates and strings have buckets as numbers do.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyFloat, PyList};

/// Buckets between ascending bounds; the last bucket has its upper bound in it.
pub struct Histogram<'py> {
    bounds: Bound<'py, PyAny>,
    smallest: Bound<'py, PyAny>,
    largest: Bound<'py, PyAny>,
    /// The width of all buckets, where they are equally wide.
    width: Option<Bound<'py, PyAny>>,
    counts: Vec<u64>,
}

impl<'py> Histogram<'py> {
    /// Code: (bounds, width or None).
    pub fn new(code: &Bound<'py, PyAny>) -> PyResult<Self> {
        let (bounds, width): (Bound<'py, PyAny>, _) = code.extract()?;
        let count = bounds.len()?;
        let (smallest, largest) = (bounds.get_item(0)?, bounds.get_item(-1)?);
        Ok(Self { bounds, smallest, largest, width, counts: vec![0; count] })
    }

    pub fn add(&mut self, value: &Bound<'py, PyAny>) -> PyResult<()> {
        if is_nothing(value) || value.gt(&self.largest)? || value.lt(&self.smallest)? {
            return Ok(());
        }
        let bucket = match &self.width {
            // Towards zero, as int() rounds.
            Some(width) => value.sub(&self.smallest)?.div(width)?.extract::<f64>()? as usize,
            None => self.search(value)?.saturating_sub(1),
        };
        let last = self.counts.len() - 1;
        self.counts[bucket.min(last)] += 1;
        Ok(())
    }

    fn search(&self, value: &Bound<'py, PyAny>) -> PyResult<usize> {
        static BISECT: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        let bisect = BISECT.import(value.py(), "bisect", "bisect_right")?;
        bisect.call1((&self.bounds, value))?.extract()
    }

    pub fn finish(mut self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        // What equals the last bound was counted behind it.
        let at_the_end = self.counts.pop().unwrap_or(0);
        if let Some(last) = self.counts.last_mut() {
            *last += at_the_end;
        }
        Ok(PyList::new(py, self.counts)?.into_any())
    }
}

/// The smallest and the largest element; of equal ones the first.
#[derive(Default)]
pub struct Extremes<'py> {
    count: u64,
    found: Option<(Bound<'py, PyAny>, Bound<'py, PyAny>)>,
}

impl<'py> Extremes<'py> {
    pub fn add(&mut self, value: &Bound<'py, PyAny>) -> PyResult<()> {
        if is_nothing(value) {
            return Ok(());
        }
        self.count += 1;
        let Some((smallest, largest)) = &mut self.found else {
            self.found = Some((value.clone(), value.clone()));
            return Ok(());
        };
        if value.lt(&*smallest)? {
            *smallest = value.clone();
        }
        if value.gt(&*largest)? {
            *largest = value.clone();
        }
        Ok(())
    }

    pub fn finish(self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let Some((smallest, largest)) = self.found else { return Ok(None) };
        Ok(Some((self.count, smallest, largest).into_pyobject(py)?.into_any()))
    }
}

fn is_nothing(value: &Bound<'_, PyAny>) -> bool {
    value.is_none() || value.cast::<PyFloat>().is_ok_and(|float| float.value().is_nan())
}
