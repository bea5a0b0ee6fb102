//! Keyword arguments of the Python door that depend on a name.
//!
//! Invariant: every option is taken exactly once; one that nobody takes is an error.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// The keyword arguments that have not been used yet.
pub struct Options<'a, 'py> {
    given: Option<&'a Bound<'py, PyDict>>,
    taken: usize,
}

impl<'a, 'py> Options<'a, 'py> {
    pub fn new(given: Option<&'a Bound<'py, PyDict>>) -> Self {
        Self { given, taken: 0 }
    }

    pub fn take<T>(&mut self, name: &str) -> PyResult<T>
    where
        T: for<'b> FromPyObject<'b, 'py, Error = PyErr>,
    {
        let given = self.given.map(|options| options.get_item(name)).transpose()?.flatten();
        let given =
            given.ok_or_else(|| PyTypeError::new_err(format!("option {name:?} is missing")))?;
        self.taken += 1;
        given.extract()
    }

    pub fn finish(self, of: &str) -> PyResult<()> {
        if self.given.map_or(0, |options| options.len()) == self.taken {
            return Ok(());
        }
        Err(PyTypeError::new_err(format!("{of:?} does not take all of these options")))
    }
}
