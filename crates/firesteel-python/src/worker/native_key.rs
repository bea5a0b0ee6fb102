//! Keys that are held without Python objects: ints of 64 bits, and short strs by their signature.
//!
//! Invariant: two keys are equal exactly if their objects are, and an object made of a key is like the one it came from.

use super::signature::Signature;
use crate::capi;
use firesteel_core::frame::{Column, ColumnView, Variable};
use firesteel_core::key_table::Key;
use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;
use pyo3::types::PyString;
use std::borrow::Cow;
use std::ops::Range;

/// Keys of one native type, whichever it is.
pub trait Keys: Send {
    /// How many there are.
    fn count(&self) -> usize;

    /// The object of one of them.
    fn object<'py>(&self, py: Python<'py>, index: usize) -> PyResult<Bound<'py, PyAny>>;

    /// A column of some of them.
    fn column(&self, range: Range<usize>) -> Column;
}

impl<K: NativeKey> Keys for Vec<K> {
    fn count(&self) -> usize {
        self.len()
    }

    fn object<'py>(&self, py: Python<'py>, index: usize) -> PyResult<Bound<'py, PyAny>> {
        self[index].object(py)
    }

    fn column(&self, range: Range<usize>) -> Column {
        K::column(&self[range])
    }
}

/// A key of a native type.
pub trait NativeKey: Key + Send + 'static {
    /// Of an object that is exactly of this type, and neither too large nor too long.
    fn of(object: &Bound<'_, PyAny>) -> Option<Self>;

    /// Of all elements of a column.
    fn all<'c>(column: &'c ColumnView<'_>) -> Option<Cow<'c, [Self]>>;

    /// The object.
    fn object(self, py: Python<'_>) -> PyResult<Bound<'_, PyAny>>;

    /// A column of keys.
    fn column(keys: &[Self]) -> Column;
}

impl NativeKey for i64 {
    #[inline]
    fn of(object: &Bound<'_, PyAny>) -> Option<Self> {
        capi::exact_i64(object)
    }

    fn all<'c>(column: &'c ColumnView<'_>) -> Option<Cow<'c, [Self]>> {
        match column {
            ColumnView::Int(keys) => Some(Cow::Borrowed(keys)),
            _ => None,
        }
    }

    fn object(self, py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        self.into_bound_py_any(py)
    }

    fn column(keys: &[Self]) -> Column {
        Column::Int(keys.to_vec())
    }
}

/// The signature of a str.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ShortStr(Signature);

impl Key for ShortStr {
    fn mix(self) -> u64 {
        self.0.mix()
    }
}

impl ShortStr {
    fn text(self) -> String {
        self.0.text().unwrap_or_default()
    }

    /// None where there are characters beyond Latin-1, or too many.
    fn of_text(text: &str) -> Option<Self> {
        if text.is_ascii() {
            return Signature::of_characters(text.as_bytes()).map(Self);
        }
        let characters = text.chars().map(|character| u8::try_from(character).ok());
        Signature::of_characters(&characters.collect::<Option<Vec<u8>>>()?).map(Self)
    }
}

impl NativeKey for ShortStr {
    #[inline]
    fn of(object: &Bound<'_, PyAny>) -> Option<Self> {
        Signature::of_characters(capi::exact_latin1(object)?).map(Self)
    }

    fn all<'c>(column: &'c ColumnView<'_>) -> Option<Cow<'c, [Self]>> {
        match column {
            ColumnView::Str(texts) => texts.iter().map(Self::of_text).collect(),
            _ => None,
        }
    }

    fn object(self, py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        Ok(PyString::new(py, &self.text()).into_any())
    }

    fn column(keys: &[Self]) -> Column {
        let mut texts = Variable::with_capacity(keys.len(), 0);
        keys.iter().for_each(|key| texts.push(key.text().as_bytes()));
        Column::Str(texts)
    }
}
