//! What joins make of the values of one key, which come tagged with the side they are from.
//!
//! Invariant: within a side the values stay in the order in which they came.

use super::pairs;
use super::spill::SpilledGroup;
use super::task::Task;
use crate::capi;
use crate::errors::engine_error;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyList, PyTuple};

/// The values of each side: those tagged 1, those tagged 2, ...
fn sides<'py>(
    task: &Task,
    group: &Bound<'py, PyAny>,
    count: u32,
) -> PyResult<Vec<Bound<'py, PyAny>>> {
    if let Ok(spilled) = group.cast::<SpilledGroup>() {
        return spilled.get().sides(group.py(), task, count);
    }
    let lists: Vec<_> = (0..count).map(|_| PyList::empty(group.py())).collect();
    for tagged in group.cast::<PyList>()?.iter() {
        let (tag, value) = untag(&tagged)?;
        let side = lists.get(tag.wrapping_sub(1));
        side.ok_or_else(|| engine_error(format!("a join has no side {tag}")))?.append(value)?;
    }
    Ok(lists.into_iter().map(Bound::into_any).collect())
}

fn untag<'py>(tagged: &Bound<'py, PyAny>) -> PyResult<(usize, Bound<'py, PyAny>)> {
    if let Ok(tuple) = tagged.cast_exact::<PyTuple>()
        && let [tag, value] = tuple.as_slice()
        && let Some(tag) = capi::exact_i64(tag)
    {
        return Ok((tag as usize, value.clone()));
    }
    // After a serializer of the program's own it may be any two items.
    let (tag, value) = pairs::unpack(tagged, "join")?;
    Ok((tag.extract()?, value))
}

fn two_sides<'py>(task: &Task, group: &Bound<'py, PyAny>) -> PyResult<[Bound<'py, PyAny>; 2]> {
    let two = sides(task, group, 2)?;
    two.try_into().map_err(|_| engine_error("a join has two sides"))
}

/// The pairs of a group that is on disk, as an iterator; none for the group of a usual size, which is for [`join`].
pub fn join_spilled<'py>(
    task: &Task,
    group: &Bound<'py, PyAny>,
    keep_left: bool,
    keep_right: bool,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    if !group.is_instance_of::<SpilledGroup>() {
        return Ok(None);
    }
    let py = group.py();
    let [left, right] = two_sides(task, group)?;
    if keep_right && left.is_empty()? {
        left.cast::<PyList>()?.append(py.None())?;
    }
    if keep_left && right.is_empty()? {
        right.cast::<PyList>()?.append(py.None())?;
    }
    py.import("firesteel.worker")?.call_method1("pairs_of", (left, right)).map(Some)
}

/// All `(v, w)`, v outside. A side that is kept finds None where the other side has nothing.
pub fn join(group: &Bound<'_, PyAny>, keep_left: bool, keep_right: bool) -> PyResult<Product> {
    let py = group.py();
    let mut product = Product::default();
    for tagged in group.cast::<PyList>()?.iter() {
        let (tag, value) = untag(&tagged)?;
        product.push(tag as i64, value.unbind())?;
    }
    product.keep(py, keep_left, keep_right);
    Ok(product)
}

/// Each of the left values with each of the right ones.
#[derive(Default)]
pub struct Product {
    left: Vec<Py<PyAny>>,
    right: Vec<Py<PyAny>>,
    next: (usize, usize),
}

impl Product {
    /// Adds a value to the side that its tag says.
    pub fn push(&mut self, tag: i64, value: Py<PyAny>) -> PyResult<()> {
        match tag {
            1 => self.left.push(value),
            2 => self.right.push(value),
            _ => return Err(engine_error(format!("a join has no side {tag}"))),
        }
        Ok(())
    }

    /// Gives the values of a side that is kept None to meet, where the other side has nothing.
    pub fn keep(&mut self, py: Python<'_>, left: bool, right: bool) {
        if right && self.left.is_empty() {
            self.left.push(py.None());
        }
        if left && self.right.is_empty() {
            self.right.push(py.None());
        }
    }

    /// The next pair, or none at the end.
    pub fn next<'py>(&mut self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let (row, column) = self.next;
        let (Some(left), Some(right)) = (self.left.get(row), self.right.get(column)) else {
            return Ok(None);
        };
        let is_last = column + 1 == self.right.len();
        self.next = if is_last { (row + 1, 0) } else { (row, column + 1) };
        Ok(Some((left.bind(py), right.bind(py)).into_pyobject(py)?.into_any()))
    }

    /// How many pairs there are.
    pub fn len(&self) -> usize {
        self.left.len() * self.right.len()
    }
}

/// A tuple of groups, one for each side.
pub fn cogroup<'py>(
    task: &Task,
    group: &Bound<'py, PyAny>,
    count: u32,
) -> PyResult<Bound<'py, PyAny>> {
    let wrapped = sides(task, group, count)?.into_iter().map(|side| wrap(&side));
    let wrapped = wrapped.collect::<PyResult<Vec<_>>>()?;
    Ok(PyTuple::new(group.py(), wrapped)?.into_any())
}

/// The values of the left side, if the right one has none.
pub fn subtract<'py>(
    task: &Task,
    group: &Bound<'py, PyAny>,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    let [left, right] = two_sides(task, group)?;
    Ok(right.is_empty()?.then_some(left))
}

pub fn is_on_both_sides(task: &Task, group: &Bound<'_, PyAny>) -> PyResult<bool> {
    let [left, right] = two_sides(task, group)?;
    Ok(!left.is_empty()? && !right.is_empty()?)
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
