//! Aggregation of pairs whose keys are of one native type, and whose values are numbers of one kind: no Python object is
//! held, neither for a key nor for a combiner.
//!
//! Pairs wait for a batch, because a batch of look-ups takes little longer than one. Nobody sees that, for what is
//! merged here calls no Python. Invariant: the result is that of the combine table. The first pair that does not fit
//! ends it: then the table of objects gets all keys and combiners, in their order, and after them what waits.

use super::binary::Operation;
use super::native_key::NativeKey;
use super::native_pairs::{NativePairs, Values};
use crate::errors::engine_error;
use firesteel_core::frame::ColumnView;
use firesteel_core::key_table::KeyTable;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

/// Pairs that wait.
const BATCH: usize = 256;

/// Keys with their combiners.
pub struct NativeCombining<K> {
    table: KeyTable<K>,
    operation: Option<Operation>,
    /// By the number of their key.
    combiners: Values,
    keys: Vec<K>,
    values: Values,
    numbers: Vec<u32>,
    /// The first pair that waits does not fit.
    stuck: bool,
}

impl<K: NativeKey> NativeCombining<K> {
    /// Merges the values of equal keys, or drops them.
    pub fn new(operation: Option<Operation>) -> Self {
        let values = if operation.is_some() { Values::Unknown } else { Values::Nothing };
        Self {
            table: KeyTable::default(),
            operation,
            combiners: values.clone(),
            keys: Vec::with_capacity(BATCH),
            values,
            numbers: Vec::with_capacity(BATCH),
            stuck: false,
        }
    }

    /// Takes a pair in, or an element that is a key by itself; no if it does not fit.
    pub fn take(&mut self, element: &Bound<'_, PyAny>, bare: bool) -> PyResult<bool> {
        let fits = if bare { self.push_key(element) } else { self.push_pair(element) };
        if self.keys.len() >= BATCH {
            self.flush()?;
        }
        Ok(fits)
    }

    /// Counts an element; no if it does not fit. For this alone there is the operation of addition.
    pub fn count(&mut self, element: &Bound<'_, PyAny>) -> PyResult<bool> {
        let Some(key) = K::of(element) else { return Ok(false) };
        self.keys.push(key);
        self.values.push_int(1);
        if self.keys.len() >= BATCH {
            self.flush()?;
        }
        Ok(true)
    }

    /// Counts elements.
    pub fn count_column(&mut self, keys: &[K]) -> PyResult<()> {
        self.flush()?;
        self.absorb(keys, &Values::Ints(vec![1; keys.len()]))?;
        Ok(())
    }

    #[inline]
    fn push_key(&mut self, element: &Bound<'_, PyAny>) -> bool {
        let key = K::of(element);
        self.keys.extend(key);
        key.is_some()
    }

    #[inline]
    fn push_pair(&mut self, element: &Bound<'_, PyAny>) -> bool {
        let Ok(pair) = element.cast::<PyTuple>() else { return false };
        let [key, value] = pair.as_slice() else { return false };
        let Some(key) = K::of(key) else { return false };
        let fits = self.values.push(value);
        if fits {
            self.keys.push(key);
        }
        fits
    }

    /// Takes in a column of pairs, or of elements that are keys by themselves; no if it does not fit.
    pub fn take_column(&mut self, column: &ColumnView<'_>, bare: bool) -> PyResult<bool> {
        let (keys, values) = match column {
            ColumnView::Tuple { fields, .. } if !bare => match fields.as_slice() {
                [keys, values] => (keys, values),
                _ => return Ok(false),
            },
            keys if bare => (keys, &ColumnView::Null(0)),
            _ => return Ok(false),
        };
        let Some(keys) = K::all(keys) else { return Ok(false) };
        self.flush()?;
        let Some(values) = self.values.alike(values).filter(|_| !self.stuck) else {
            return Ok(false);
        };
        self.values = values.emptied();
        let merged = self.absorb(&keys, &values)?;
        self.stuck = merged < keys.len();
        if self.stuck {
            self.keys.extend_from_slice(&keys[merged..]);
            self.values = values;
            self.values.drop_front(merged);
        }
        Ok(true)
    }

    /// Whether nothing has come yet.
    pub fn is_unused(&self) -> bool {
        self.keys.is_empty() && self.table.keys().is_empty()
    }

    /// What the values are merged with, if they are.
    pub fn operation(&self) -> Option<Operation> {
        self.operation
    }

    /// Whether the next pair has to be merged by the function itself.
    #[inline]
    pub fn is_stuck(&self) -> bool {
        self.stuck
    }

    /// Takes in what waits, as far as it fits.
    pub fn flush(&mut self) -> PyResult<()> {
        if self.keys.is_empty() || self.stuck {
            return Ok(());
        }
        let (keys, values) = (std::mem::take(&mut self.keys), self.values.take());
        let merged = self.absorb(&keys, &values)?;
        self.stuck = merged < keys.len();
        (self.keys, self.values) = (keys, values);
        self.keys.drain(..merged);
        self.values.drop_front(merged);
        Ok(())
    }

    /// Merges pairs; how many, until one does not fit.
    fn absorb(&mut self, keys: &[K], values: &Values) -> PyResult<usize> {
        self.numbers.clear();
        self.table.number_all(keys, &mut self.numbers).map_err(engine_error)?;
        if let Values::Unknown = self.combiners {
            self.combiners = values.emptied();
        }
        let numbers = &self.numbers;
        Ok(match (self.operation, &mut self.combiners, values) {
            (Some(operation), Values::Ints(held), Values::Ints(values)) => {
                merge_all(held, numbers, values, |left, right| operation.of_ints(left, right))
            }
            (Some(operation), Values::Floats(held), Values::Floats(values)) => {
                merge_all(held, numbers, values, |left, right| operation.of_floats(left, right))
            }
            (None, ..) => keys.len(),
            _ => 0,
        })
    }

    /// All pairs, by first appearance; the table is empty afterwards. What waits is not among them.
    pub fn drain(&mut self) -> NativePairs<K> {
        let mut keys = std::mem::take(&mut self.table).into_keys();
        let combiners = self.combiners.take();
        // A pair that does not fit has its key in the table, and so have those behind it.
        keys.truncate(combiners.len().unwrap_or(keys.len()));
        NativePairs::new(keys, combiners)
    }

    /// All pairs, and then those that wait.
    pub fn leave(mut self) -> (NativePairs<K>, NativePairs<K>) {
        (self.drain(), NativePairs::new(self.keys, self.values))
    }
}

/// Merges each value into the combiner of its key, until one does not fit; how many.
fn merge_all<T: Copy>(
    combiners: &mut Vec<T>,
    numbers: &[u32],
    values: &[T],
    merge: impl Fn(T, T) -> Option<T>,
) -> usize {
    for (index, (number, value)) in numbers.iter().zip(values).enumerate() {
        match combiners.get_mut(*number as usize) {
            None => combiners.push(*value),
            Some(combiner) => match merge(*combiner, *value) {
                Some(merged) => *combiner = merged,
                None => return index,
            },
        }
    }
    numbers.len()
}
