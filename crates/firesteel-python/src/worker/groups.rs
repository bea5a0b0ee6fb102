//! What joins make of the values of one key, which come tagged with the side they are from.
//!
//! Invariant: within a side the values stay in the order in which they came.

use crate::errors::engine_error;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyList, PyTuple};

/// The values of each side: those tagged 1, those tagged 2, ...
fn sides<'py>(group: &Bound<'py, PyAny>, count: u32) -> PyResult<Vec<Bound<'py, PyList>>> {
    let lists: Vec<_> = (0..count).map(|_| PyList::empty(group.py())).collect();
    for tagged in group.try_iter()? {
        let (tag, value): (usize, Bound<'py, PyAny>) = tagged?.extract()?;
        let side = lists.get(tag.wrapping_sub(1));
        side.ok_or_else(|| engine_error(format!("a join has no side {tag}")))?.append(value)?;
    }
    Ok(lists)
}

fn two_sides<'py>(group: &Bound<'py, PyAny>) -> PyResult<[Bound<'py, PyList>; 2]> {
    let two = sides(group, 2)?;
    two.try_into().map_err(|_| engine_error("a join has two sides"))
}

/// All `(v, w)`, v outside: lists for both sides, and itertools makes the product. A side that is kept finds None
/// where the other side has nothing.
pub fn join<'py>(
    group: &Bound<'py, PyAny>,
    keep_left: bool,
    keep_right: bool,
) -> PyResult<Bound<'py, PyAny>> {
    static PRODUCT: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let py = group.py();
    let [left, right] = two_sides(group)?;
    if keep_right && left.is_empty() {
        left.append(py.None())?;
    }
    if keep_left && right.is_empty() {
        right.append(py.None())?;
    }
    PRODUCT.import(py, "itertools", "product")?.call1((left, right))
}

/// A tuple of groups, one for each side.
pub fn cogroup<'py>(group: &Bound<'py, PyAny>, count: u32) -> PyResult<Bound<'py, PyAny>> {
    let wrapped = sides(group, count)?.into_iter().map(|side| wrap(side.as_any()));
    let wrapped = wrapped.collect::<PyResult<Vec<_>>>()?;
    Ok(PyTuple::new(group.py(), wrapped)?.into_any())
}

/// The values of the left side, if the right one has none.
pub fn subtract<'py>(group: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyList>>> {
    let [left, right] = two_sides(group)?;
    Ok(right.is_empty().then_some(left))
}

pub fn is_on_both_sides(group: &Bound<'_, PyAny>) -> PyResult<bool> {
    let [left, right] = two_sides(group)?;
    Ok(!left.is_empty() && !right.is_empty())
}

/// A `ResultIterable`, filled without a call of its Python constructor: this runs once per group.
pub fn wrap<'py>(group: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    static CLASS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let class = CLASS.import(group.py(), "firesteel.resultiterable", "ResultIterable")?;
    let wrapped = class.call_method1("__new__", (class,))?;
    wrapped.setattr("data", group)?;
    wrapped.setattr("index", 0)?;
    wrapped.setattr("maxindex", group.len()?)?;
    Ok(wrapped)
}
