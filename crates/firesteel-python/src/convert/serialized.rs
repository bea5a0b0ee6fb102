//! Lists of elements as the program's own serializer writes them.
//!
//! Invariant: nothing is assumed of it but `dumps` and `loads`; it may load other elements than it has dumped, and more of them.

use firesteel_core::frame::Column;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList};

/// What the serializer makes of a list.
pub fn serialize(serializer: &Bound<'_, PyAny>, elements: &[Bound<'_, PyAny>]) -> PyResult<Column> {
    let list = PyList::new(serializer.py(), elements)?;
    let dumped = serializer.call_method1("dumps", (list,))?;
    if dumped.is_none() {
        return Err(PyValueError::new_err("serialized value should not be None"));
    }
    let data = match dumped.cast::<PyBytes>() {
        Ok(bytes) => bytes.as_bytes().to_vec(),
        Err(_) => dumped.extract()?,
    };
    Ok(Column::Serialized { len: elements.len(), data })
}

/// Appends what it makes of those bytes again.
pub fn deserialize(
    serializer: &Bound<'_, PyAny>,
    data: &[u8],
    elements: &mut Vec<Py<PyAny>>,
) -> PyResult<()> {
    let bytes = PyBytes::new(serializer.py(), data);
    for element in serializer.call_method1("loads", (bytes,))?.try_iter()? {
        elements.push(element?.unbind());
    }
    Ok(())
}
