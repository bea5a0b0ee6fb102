//! Pairs: taken apart as PySpark takes them apart, refused in the user's words.

use pyo3::exceptions::{PyIndexError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyTuple;

/// Key and value of an element.
pub type Pair<'py> = (Bound<'py, PyAny>, Bound<'py, PyAny>);

/// `k, v = element`, for the operation of this name.
pub fn unpack<'py>(element: &Bound<'py, PyAny>, operation: &str) -> PyResult<Pair<'py>> {
    if let Ok(tuple) = element.cast::<PyTuple>()
        && let [key, value] = tuple.as_slice()
    {
        return Ok((key.clone(), value.clone()));
    }
    unpack_iterable(element).map_err(|error| not_a_pair(element, operation, error))
}

fn unpack_iterable<'py>(element: &Bound<'py, PyAny>) -> PyResult<Pair<'py>> {
    let mut items = element.try_iter()?;
    match (items.next().transpose()?, items.next().transpose()?, items.next().transpose()?) {
        (Some(key), Some(value), None) => Ok((key, value)),
        _ => Err(PyValueError::new_err("not two items")),
    }
}

/// `element[position]`: PySpark's keys() and mapValues() look no closer.
pub fn item<'py>(
    element: &Bound<'py, PyAny>,
    position: usize,
    operation: &str,
) -> PyResult<Bound<'py, PyAny>> {
    let item = match element.cast_exact::<PyTuple>() {
        Ok(tuple) => match tuple.as_slice().get(position) {
            Some(item) => return Ok(item.clone()),
            None => tuple.get_item(position),
        },
        Err(_) => element.get_item(position),
    };
    item.map_err(|error| not_a_pair(element, operation, error))
}

/// Errors of the user's own `__iter__` or `__getitem__` stay what they are.
fn not_a_pair(element: &Bound<'_, PyAny>, operation: &str, error: PyErr) -> PyErr {
    let py = element.py();
    let expected = error.is_instance_of::<PyTypeError>(py)
        || error.is_instance_of::<PyIndexError>(py)
        || error.is_instance_of::<PyValueError>(py);
    if !expected || error.traceback(py).is_some() {
        return error;
    }
    let got = super::failure::type_and_repr(element);
    PyTypeError::new_err(format!("{operation} needs (key, value) pairs; got {got}"))
}
