//! Columns to Python objects.

use super::pickle::unpickle_list;
use super::serialized::deserialize;
use crate::capi;
use crate::errors::engine_error;
use firesteel_core::frame::{ColumnView, Frames, Offsets};
use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyFloat, PyList, PyString, PyTuple};

/// All elements of a block; `serializer` is the program's own, where it has one.
pub fn decode_block<'py>(
    py: Python<'py>,
    block: &[u8],
    serializer: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyList>> {
    let mut elements = Vec::new();
    for frame in Frames::new(block) {
        let frame = frame.map_err(engine_error)?;
        if frame.is_typed() {
            capi::without_collector(py, || decode_column(py, &frame, &mut elements))?;
        } else {
            decode_frame(py, &frame, serializer, &mut elements)?;
        }
    }
    PyList::new(py, elements)
}

/// Appends the elements of a frame, which the program's own serializer may have written.
pub fn decode_frame(
    py: Python<'_>,
    column: &ColumnView<'_>,
    serializer: Option<&Bound<'_, PyAny>>,
    elements: &mut Vec<Py<PyAny>>,
) -> PyResult<()> {
    match (column, serializer) {
        (ColumnView::Serialized { data, .. }, Some(serializer)) => {
            deserialize(serializer, data, elements)
        }
        _ => decode_column(py, column, elements),
    }
}

/// Appends the elements of a column.
pub fn decode_column(
    py: Python<'_>,
    column: &ColumnView<'_>,
    elements: &mut Vec<Py<PyAny>>,
) -> PyResult<()> {
    elements.reserve(column.len());
    match column {
        ColumnView::Null(len) => elements.extend((0..*len).map(|_| py.None())),
        ColumnView::Int(values) => {
            for value in values.iter() {
                elements.push(value.into_py_any(py)?);
            }
        }
        ColumnView::List { offsets, items } => decode_lists(py, offsets, items, elements)?,
        ColumnView::Tuple { len, fields } => decode_tuples(py, *len, fields, elements)?,
        ColumnView::Pickled { len, data } => {
            elements.extend(checked_list(py, data, *len)?.iter().map(Bound::unbind));
        }
        ColumnView::Serialized { .. } => {
            return Err(engine_error("elements were written by a serializer that is not here"));
        }
        ColumnView::Bool(values) => {
            for index in 0..column.len() {
                elements.push(values.get(index).into_py_any(py)?);
            }
        }
        ColumnView::Float(values) => {
            elements
                .extend(values.iter().map(|value| PyFloat::new(py, *value).into_any().unbind()));
        }
        ColumnView::Str(values) => {
            let string = |index| PyString::new(py, values.get(index)).into_any().unbind();
            elements.extend((0..column.len()).map(string));
        }
        ColumnView::Bytes(values) => {
            let bytes = |index| PyBytes::new(py, values.get(index)).into_any().unbind();
            elements.extend((0..column.len()).map(bytes));
        }
    }
    Ok(())
}

fn decode_lists(
    py: Python<'_>,
    offsets: &Offsets<'_>,
    items: &ColumnView<'_>,
    elements: &mut Vec<Py<PyAny>>,
) -> PyResult<()> {
    let mut all = Vec::new();
    decode_column(py, items, &mut all)?;
    let mut all = all.into_iter();
    for index in 0..offsets.len() {
        let items: Vec<Py<PyAny>> = all.by_ref().take(offsets.range(index).len()).collect();
        elements.push(PyList::new(py, items)?.into_any().unbind());
    }
    Ok(())
}

fn decode_tuples(
    py: Python<'_>,
    len: usize,
    fields: &[ColumnView<'_>],
    elements: &mut Vec<Py<PyAny>>,
) -> PyResult<()> {
    let mut columns = Vec::with_capacity(fields.len());
    for field in fields {
        let mut items = Vec::new();
        decode_column(py, field, &mut items)?;
        columns.push(items.into_iter());
    }
    if let [left, right] = columns.as_mut_slice() {
        for pair in left.zip(right) {
            elements.push(pair.into_pyobject(py)?.into_any().unbind());
        }
        return Ok(());
    }
    for _ in 0..len {
        let items: Vec<Py<PyAny>> = columns.iter_mut().filter_map(Iterator::next).collect();
        elements.push(PyTuple::new(py, items)?.into_any().unbind());
    }
    Ok(())
}

fn checked_list<'py>(py: Python<'py>, data: &[u8], len: usize) -> PyResult<Bound<'py, PyList>> {
    let list = unpickle_list(py, data)?;
    if list.len() != len {
        let message = format!("a pickled frame holds {} elements instead of {len}", list.len());
        return Err(engine_error(message));
    }
    Ok(list)
}
