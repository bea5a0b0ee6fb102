//! Pairs of keys and numbers that are held without Python objects: what aggregations give away.
//!
//! Invariant: there are as many values as keys, unless there are none for any of them.

use super::binary::Value;
use super::columns::{Offered, Taker};
use super::native_key::NativeKey;
use crate::capi;
use crate::errors::engine_error;
use firesteel_core::frame::{Column, ColumnView};
use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;
use pyo3::types::PyFloat;

/// Pairs of one column that is offered to the next step.
const COLUMN: usize = 64 << 10;

/// Values of one type.
#[derive(Clone)]
pub enum Values {
    /// Only the keys count.
    Nothing,
    /// None has come yet.
    Unknown,
    Ints(Vec<i64>),
    Floats(Vec<f64>),
}

impl Values {
    /// No values of the same type.
    pub fn emptied(&self) -> Self {
        match self {
            Self::Nothing => Self::Nothing,
            Self::Unknown => Self::Unknown,
            Self::Ints(_) => Self::Ints(Vec::new()),
            Self::Floats(_) => Self::Floats(Vec::new()),
        }
    }

    /// All of them; none are left.
    pub fn take(&mut self) -> Self {
        let emptied = self.emptied();
        std::mem::replace(self, emptied)
    }

    /// Adds a value; no if it is of another type.
    #[inline]
    pub fn push(&mut self, value: &Bound<'_, PyAny>) -> bool {
        match self {
            Self::Nothing => true,
            Self::Ints(values) => push_some(values, capi::exact_i64(value)),
            Self::Floats(values) => push_some(values, exact_float(value)),
            Self::Unknown => {
                if let Some(int) = capi::exact_i64(value) {
                    *self = Self::Ints(vec![int]);
                } else if let Some(float) = exact_float(value) {
                    *self = Self::Floats(vec![float]);
                }
                !matches!(self, Self::Unknown)
            }
        }
    }

    /// Adds an int, where there is nothing but ints.
    pub fn push_int(&mut self, int: i64) {
        match self {
            Self::Ints(values) => values.push(int),
            _ => *self = Self::Ints(vec![int]),
        }
    }

    /// The values of a column, if they are of this type, or this type is not known.
    pub fn alike(&self, column: &ColumnView<'_>) -> Option<Self> {
        match (self, column) {
            (Self::Nothing, _) => Some(Self::Nothing),
            (Self::Ints(_) | Self::Unknown, ColumnView::Int(ints)) => {
                Some(Self::Ints(ints.to_vec()))
            }
            (Self::Floats(_) | Self::Unknown, ColumnView::Float(floats)) => {
                Some(Self::Floats(floats.to_vec()))
            }
            _ => None,
        }
    }

    /// How many there are; none where only the keys count.
    pub fn len(&self) -> Option<usize> {
        match self {
            Self::Nothing => None,
            Self::Unknown => Some(0),
            Self::Ints(values) => Some(values.len()),
            Self::Floats(values) => Some(values.len()),
        }
    }

    /// Without the first ones.
    pub fn drop_front(&mut self, count: usize) {
        match self {
            Self::Nothing | Self::Unknown => {}
            Self::Ints(values) => drop(values.drain(..count)),
            Self::Floats(values) => drop(values.drain(..count)),
        }
    }

    fn get(&self, py: Python<'_>, index: usize) -> Value {
        match self {
            Self::Nothing | Self::Unknown => Value::Object(py.None()),
            Self::Ints(values) => Value::Int(values[index]),
            Self::Floats(values) => Value::Float(values[index]),
        }
    }

    fn column(&self, start: usize, end: usize) -> Column {
        match self {
            Self::Nothing | Self::Unknown => Column::Null(end - start),
            Self::Ints(values) => Column::Int(values[start..end].to_vec()),
            Self::Floats(values) => Column::Float(values[start..end].to_vec()),
        }
    }
}

fn push_some<T>(values: &mut Vec<T>, value: Option<T>) -> bool {
    let fits = value.is_some();
    values.extend(value);
    fits
}

/// None for NaN, which may have to stay the very same object.
fn exact_float(object: &Bound<'_, PyAny>) -> Option<f64> {
    let value = object.cast_exact::<PyFloat>().ok()?.value();
    (!value.is_nan()).then_some(value)
}

/// Pairs on their way out.
pub struct NativePairs<K> {
    keys: Vec<K>,
    values: Values,
    next: usize,
    /// Give keys instead of pairs.
    keys_only: bool,
    /// The next step takes no columns.
    refused: bool,
}

impl<K: NativeKey> NativePairs<K> {
    pub fn new(keys: Vec<K>, values: Values) -> Self {
        Self { keys, values, next: 0, keys_only: false, refused: false }
    }

    /// Gives keys instead of pairs.
    pub fn keys_only(mut self) -> Self {
        self.keys_only = true;
        self
    }

    /// The next pair, as key and value.
    pub fn pop(&mut self, py: Python<'_>) -> Option<(K, Value)> {
        let key = *self.keys.get(self.next)?;
        self.next += 1;
        Some((key, self.values.get(py, self.next - 1)))
    }

    /// The next pair, as the object of the key and the value.
    pub fn pop_object<'py>(
        &mut self,
        py: Python<'py>,
    ) -> PyResult<Option<(Bound<'py, PyAny>, Value)>> {
        let Some((key, value)) = self.pop(py) else { return Ok(None) };
        Ok(Some((key.object(py)?, value)))
    }

    /// The next element.
    pub fn next<'py>(&mut self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let Some((key, value)) = self.pop(py) else { return Ok(None) };
        if self.keys_only {
            return key.object(py).map(Some);
        }
        (key.object(py)?, value.into_object(py)?).into_bound_py_any(py).map(Some)
    }

    /// Offers the next elements as a column.
    pub fn offer(&mut self, take: &mut Taker<'_>) -> PyResult<Offered> {
        let end = self.keys.len().min(self.next + COLUMN);
        if self.refused || self.next == end {
            return Ok(if self.refused { Offered::Refused } else { Offered::Ended });
        }
        let column = self.column(end);
        let view = column.view().ok_or_else(|| engine_error("a column cannot be looked at"))?;
        if !take(&view)? {
            self.refused = true;
            return Ok(Offered::Refused);
        }
        self.next = end;
        Ok(Offered::Taken)
    }

    fn column(&self, end: usize) -> Column {
        let keys = K::column(&self.keys[self.next..end]);
        if self.keys_only {
            return keys;
        }
        let fields = vec![keys, self.values.column(self.next, end)];
        Column::Tuple { len: end - self.next, fields }
    }
}
