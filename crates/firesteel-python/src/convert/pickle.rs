//! Pickling of what typed columns cannot hold.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyList};

const PROTOCOL: i32 = 5;

fn dumps(py: Python<'_>) -> PyResult<&Bound<'_, PyAny>> {
    static DUMPS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    DUMPS.import(py, "pickle", "dumps")
}

fn loads(py: Python<'_>) -> PyResult<&Bound<'_, PyAny>> {
    static LOADS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    LOADS.import(py, "pickle", "loads")
}

fn dumps_by_value(py: Python<'_>) -> PyResult<&Bound<'_, PyAny>> {
    static FALLBACK: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    FALLBACK.import(py, "firesteel.worker", "dumps_fallback")
}

/// Pickles a list. What plain pickle refuses goes to cloudpickle, and so does everything that plain pickle would
/// look up in `__main__`: the other side's `__main__` is another module.
pub fn pickle_list(list: &Bound<'_, PyList>) -> PyResult<Vec<u8>> {
    let py = list.py();
    let plain = dumps(py)?.call1((list, PROTOCOL)).ok();
    let plain = plain.as_ref().and_then(|bytes| bytes.cast::<PyBytes>().ok());
    if let Some(bytes) = plain
        && !names_main(bytes.as_bytes())
    {
        return Ok(bytes.as_bytes().to_vec());
    }
    let bytes = dumps_by_value(py)?.call1((list,))?;
    Ok(bytes.cast_into::<PyBytes>()?.as_bytes().to_vec())
}

/// How many bytes a list takes when it is pickled.
pub fn pickled_size(list: &Bound<'_, PyList>) -> PyResult<usize> {
    pickle_list(list).map(|bytes| bytes.len())
}

/// The list that [`pickle_list`] was given.
pub fn unpickle_list<'py>(py: Python<'py>, data: &[u8]) -> PyResult<Bound<'py, PyList>> {
    Ok(loads(py)?.call1((PyBytes::new(py, data),))?.cast_into::<PyList>()?)
}

fn names_main(data: &[u8]) -> bool {
    memchr::memmem::find(data, b"__main__").is_some()
}
