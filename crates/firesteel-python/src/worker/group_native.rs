//! Groups of values whose keys are of one native type and whose values are typed: what a frame would hold in a column.
//!
//! Values stay columns, in the order in which they came, each with the number of its key; in the end they are put
//! together by key. Invariant: the result is that of the combine table. What does not fit ends it: then the table of
//! objects gets all groups, in their order, and after them what waits.

use super::native_groups::{Grouped, NativeGroups};
use super::native_key::NativeKey;
use crate::convert::encode_typed;
use crate::errors::engine_error;
use firesteel_core::frame::{Column, ColumnView};
use firesteel_core::key_table::KeyTable;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

/// Pairs that wait.
const BATCH: usize = 1024;

/// Values of so many types, at most, one type after the other: those of the sides of a join, mostly.
const MOST_STORES: usize = 16;

/// Values by key.
pub struct NativeGrouping<K> {
    table: KeyTable<K>,
    stores: Vec<Store>,
    numbers: Vec<u32>,
    keys: Vec<K>,
    values: Vec<Py<PyAny>>,
    stuck: bool,
}

/// Pairs that wait.
type Waiting<K> = Vec<(K, Py<PyAny>)>;

/// Values of one type.
struct Store {
    values: Column,
    /// The number of the key of each value.
    numbers: Vec<u32>,
}

impl<K: NativeKey> Default for NativeGrouping<K> {
    fn default() -> Self {
        Self {
            table: KeyTable::default(),
            stores: Vec::new(),
            numbers: Vec::new(),
            keys: Vec::new(),
            values: Vec::new(),
            stuck: false,
        }
    }
}

impl<K: NativeKey> NativeGrouping<K> {
    /// Takes a pair in; no if it does not fit.
    #[inline]
    pub fn take(&mut self, pair: &Bound<'_, PyAny>) -> PyResult<bool> {
        let Ok(pair) = pair.cast::<PyTuple>() else { return Ok(false) };
        let [key, value] = pair.as_slice() else { return Ok(false) };
        let Some(key) = K::of(key) else { return Ok(false) };
        self.keys.push(key);
        self.values.push(value.clone().unbind());
        if self.keys.len() >= BATCH {
            self.flush(pair.py())?;
        }
        Ok(true)
    }

    /// Takes in a column of pairs, or of keys with lists of combined values; no if it does not fit.
    pub fn take_column(&mut self, column: &ColumnView<'_>, combiners: bool) -> PyResult<bool> {
        let ColumnView::Tuple { fields, .. } = column else { return Ok(false) };
        let [keys, values] = fields.as_slice() else { return Ok(false) };
        if !self.keys.is_empty() {
            return Ok(false);
        }
        let Some(keys) = K::all(keys) else { return Ok(false) };
        match values {
            ColumnView::List { offsets, items } if combiners => {
                let lengths = (0..keys.len()).map(|row| offsets.range(row).len());
                self.add(&keys, lengths, items)
            }
            _ if combiners => Ok(false),
            values => self.add(&keys, std::iter::repeat_n(1, keys.len()), values),
        }
    }

    /// Adds values, so many for each key; no if they cannot be stored.
    fn add(
        &mut self,
        keys: &[K],
        lengths: impl Iterator<Item = usize>,
        values: &ColumnView<'_>,
    ) -> PyResult<bool> {
        if !self.store(values) {
            return Ok(false);
        }
        self.numbers.clear();
        self.table.number_all(keys, &mut self.numbers).map_err(engine_error)?;
        if let Some(store) = self.stores.last_mut() {
            for (number, length) in self.numbers.iter().zip(lengths) {
                store.numbers.extend(std::iter::repeat_n(*number, length));
            }
        }
        Ok(true)
    }

    /// Whether nothing has come yet.
    pub fn is_unused(&self) -> bool {
        self.keys.is_empty() && self.table.keys().is_empty()
    }

    /// Whether what waits has to stay Python objects.
    #[inline]
    pub fn is_stuck(&self) -> bool {
        self.stuck
    }

    /// Takes in what waits, if it fits.
    pub fn flush(&mut self, py: Python<'_>) -> PyResult<()> {
        if self.keys.is_empty() || self.stuck {
            return Ok(());
        }
        let values = std::mem::take(&mut self.values);
        let values: Vec<_> = values.into_iter().map(|value| value.into_bound(py)).collect();
        let keys = std::mem::take(&mut self.keys);
        let added = match encode_typed(py, &values)?.as_ref().and_then(Column::view) {
            Some(column) => self.add(&keys, std::iter::repeat_n(1, keys.len()), &column)?,
            None => false,
        };
        if !added {
            self.stuck = true;
            self.keys = keys;
            self.values = values.into_iter().map(Bound::unbind).collect();
        }
        Ok(())
    }

    /// Adds values to the last store, or to a new one; no if they cannot be stored.
    fn store(&mut self, values: &ColumnView<'_>) -> bool {
        if let Some(store) = self.stores.last_mut()
            && store.values.append(values)
        {
            return true;
        }
        let store = Store { values: values.to_column(), numbers: Vec::new() };
        let fits = self.stores.len() < MOST_STORES && store.values.is_alike(values);
        if fits {
            self.stores.push(store);
        }
        fits
    }

    /// All groups, by first appearance; nothing is left. What waits is not among them.
    pub fn drain(&mut self) -> PyResult<NativeGroups> {
        let keys = std::mem::take(&mut self.table).into_keys();
        let stores = std::mem::take(&mut self.stores).into_iter();
        let stores = stores.map(|store| store.grouped(keys.len())).collect::<PyResult<_>>()?;
        Ok(NativeGroups::new(Box::new(keys), stores))
    }

    /// All groups, and the pairs that wait.
    pub fn leave(mut self) -> PyResult<(NativeGroups, Waiting<K>)> {
        let waiting =
            std::mem::take(&mut self.keys).into_iter().zip(std::mem::take(&mut self.values));
        Ok((self.drain()?, waiting.collect()))
    }
}

impl Store {
    /// The values by key, those of a key in their order.
    fn grouped(self, keys: usize) -> PyResult<Grouped> {
        let mut ends = vec![0_u32; keys];
        for number in &self.numbers {
            ends[*number as usize] += 1;
        }
        let mut next = Vec::with_capacity(keys);
        let mut end = 0;
        for count in &mut ends {
            next.push(end);
            end += *count;
            *count = end;
        }
        if self.numbers.is_sorted() {
            // They are in this order as they are, those of one large group among them.
            return Ok(Grouped { ends, values: self.values });
        }
        let mut order = vec![0_u32; self.numbers.len()];
        for (row, number) in (0..).zip(&self.numbers) {
            let place = &mut next[*number as usize];
            order[*place as usize] = row;
            *place += 1;
        }
        let values = self.values.gather(&order);
        let values = values.ok_or_else(|| engine_error("a pickle cannot be grouped"))?;
        Ok(Grouped { ends, values })
    }
}
