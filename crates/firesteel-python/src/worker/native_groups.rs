//! Groups of values, held in columns as their keys are: what an aggregation gives away.
//!
//! Invariant: the values of a key are those of each store in turn.

use super::columns::{Offered, Taker};
use super::groups::Product;
use super::native_key::Keys;
use crate::convert::decode_column;
use crate::errors::engine_error;
use firesteel_core::frame::{Column, ColumnView};
use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;
use pyo3::types::PyList;
use std::ops::Range;

/// Values that become Python objects, or one column, at a time: where one key has more, all of it.
const VALUES: usize = 4 << 10;

/// Values of one column, and of one list in the shuffle or in a spill: the other side may not have the room for a whole
/// group, nor this one for its objects.
pub const PIECE: usize = 2 << 10;

/// Values of one type, by key.
pub struct Grouped {
    /// Where the values of each key end.
    pub ends: Vec<u32>,
    pub values: Column,
}

impl Grouped {
    fn rows(&self, key: usize) -> Range<usize> {
        let start = key.checked_sub(1).map_or(0, |before| self.ends[before]);
        start as usize..self.ends[key] as usize
    }

    fn part(&self, rows: Range<usize>) -> PyResult<ColumnView<'_>> {
        self.values.part(rows).ok_or_else(|| engine_error("a column cannot be looked at"))
    }
}

/// Groups on their way out.
pub struct NativeGroups {
    keys: Box<dyn Keys>,
    stores: Vec<Grouped>,
    next: usize,
    /// How many values of the next key are gone, and from how many stores all of them.
    gone: (usize, usize),
    /// The values of the next keys as objects, by store, and the first and last of these keys.
    decoded: Vec<Decoded>,
    until: usize,
    refused: bool,
}

/// Values of one store.
#[derive(Default)]
struct Decoded {
    /// Of a join: which side each value is from.
    tags: Vec<i64>,
    values: std::vec::IntoIter<Py<PyAny>>,
    used: usize,
}

impl Default for NativeGroups {
    fn default() -> Self {
        Self::new(Box::new(Vec::<i64>::new()), Vec::new())
    }
}

impl NativeGroups {
    pub fn new(keys: Box<dyn Keys>, stores: Vec<Grouped>) -> Self {
        Self { keys, stores, next: 0, gone: (0, 0), decoded: Vec::new(), until: 0, refused: false }
    }

    /// The next key with the list of its values.
    pub fn next_group<'py>(
        &mut self,
        py: Python<'py>,
    ) -> PyResult<Option<(Bound<'py, PyAny>, Bound<'py, PyList>)>> {
        if !self.decode(py, false)? {
            return Ok(None);
        }
        let (key, next) = (self.keys.object(py, self.next)?, self.next);
        let mut group: Option<Bound<'py, PyList>> = None;
        for (store, decoded) in self.stores.iter().zip(&mut self.decoded) {
            let mut values = decoded.values.by_ref().take(store.rows(next).len());
            match &group {
                Some(group) => values.try_for_each(|value| group.append(value))?,
                None if values.len() == 0 => {}
                None => group = Some(PyList::new(py, values)?),
            }
        }
        let group = group.unwrap_or_else(|| PyList::empty(py));
        self.next += 1;
        Ok(Some((key, group)))
    }

    /// The next element.
    pub fn next<'py>(&mut self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let Some((key, group)) = self.next_group(py)? else { return Ok(None) };
        (key, group).into_bound_py_any(py).map(Some)
    }

    /// The next key without its values.
    pub fn next_key<'py>(&mut self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        if self.next == self.keys.count() {
            return Ok(None);
        }
        self.next += 1;
        self.keys.object(py, self.next - 1).map(Some)
    }

    /// Whether all values are tagged with their side.
    pub fn are_tagged(&self) -> bool {
        let tagged = |store: &Grouped| match &store.values {
            Column::Tuple { fields, .. } => matches!(fields.as_slice(), [Column::Int(_), _]),
            _ => false,
        };
        self.stores.iter().all(tagged)
    }

    /// The next key with the pairs of its values, of which [`are_tagged`](Self::are_tagged) says that they have sides.
    pub fn next_product<'py>(
        &mut self,
        py: Python<'py>,
    ) -> PyResult<Option<(Bound<'py, PyAny>, Product)>> {
        if !self.decode(py, true)? {
            return Ok(None);
        }
        let (key, next) = (self.keys.object(py, self.next)?, self.next);
        let mut product = Product::default();
        for (store, decoded) in self.stores.iter().zip(&mut self.decoded) {
            let count = store.rows(next).len();
            let tags = &decoded.tags[decoded.used..decoded.used + count];
            for (tag, value) in tags.iter().zip(decoded.values.by_ref()) {
                product.push(*tag, value)?;
            }
            decoded.used += count;
        }
        self.next += 1;
        Ok(Some((key, product)))
    }

    /// Makes objects of the values of the next keys, if those of the ones before are used up; no at the end.
    fn decode(&mut self, py: Python<'_>, tagged: bool) -> PyResult<bool> {
        if self.next < self.until || self.next == self.keys.count() {
            return Ok(self.next < self.until);
        }
        self.until = self.end_of_part();
        let keys = self.next..self.until;
        let decode = |store: &Grouped| Decoded::of(py, store, keys.clone(), tagged);
        self.decoded = self.stores.iter().map(decode).collect::<PyResult<_>>()?;
        Ok(true)
    }

    /// Behind as many of the next keys as have a number of values that is good for one part.
    fn end_of_part(&self) -> usize {
        let values =
            |key: usize| self.stores.iter().map(|store| store.rows(key).len()).sum::<usize>();
        let (mut end, mut count) = (self.next + 1, values(self.next));
        while end < self.keys.count() && end - self.next < VALUES {
            count += values(end);
            if count > VALUES {
                break;
            }
            end += 1;
        }
        end
    }

    /// The next key with some of its values: all pieces of one key come in a row.
    pub fn next_piece<'py>(
        &mut self,
        py: Python<'py>,
    ) -> PyResult<Option<(Bound<'py, PyAny>, Bound<'py, PyList>)>> {
        while self.next < self.keys.count() {
            let key = self.next;
            let (gone, stores) = self.gone;
            let Some(store) = self.stores.get(stores) else {
                (self.next, self.gone) = (self.next + 1, (0, 0));
                continue;
            };
            let rows = store.rows(key);
            let (start, end) = (rows.start + gone, rows.end.min(rows.start + gone + PIECE));
            self.gone = if end == rows.end { (0, stores + 1) } else { (end - rows.start, stores) };
            if start < end {
                let mut values = Vec::new();
                decode_column(py, &store.part(start..end)?, &mut values)?;
                return Ok(Some((self.keys.object(py, key)?, PyList::new(py, values)?)));
            }
        }
        Ok(None)
    }

    /// Offers the next groups in pieces, as a column, where all values are of one type.
    pub fn offer_pieces(&mut self, take: &mut Taker<'_>) -> PyResult<Offered> {
        if self.next == self.keys.count() {
            return Ok(Offered::Ended);
        }
        let [store] = self.stores.as_slice() else { return Ok(Offered::Refused) };
        if self.refused || self.next < self.until {
            return Ok(Offered::Refused);
        }
        let (column, next, gone) = store.pieces(&*self.keys, self.next, self.gone.0)?;
        let view = column.view().ok_or_else(|| engine_error("a column cannot be looked at"))?;
        self.refused = !take(&view)?;
        if self.refused {
            return Ok(Offered::Refused);
        }
        (self.next, self.gone) = (next, (gone, 0));
        Ok(Offered::Taken)
    }
}

impl Grouped {
    /// Keys, each with the list of its values, or of some of them; and where the next ones begin.
    fn pieces(
        &self,
        keys: &dyn Keys,
        mut key: usize,
        mut gone: usize,
    ) -> PyResult<(Column, usize, usize)> {
        let first = self.rows(key).start + gone;
        let last = self.values.len().min(first + PIECE);
        let mut ends = Vec::new();
        let (first_key, mut row) = (key, first);
        while row < last {
            let rows = self.rows(key);
            row = rows.end.min(last);
            ends.push((row - first) as u64);
            (key, gone) = if row == rows.end { (key + 1, 0) } else { (key, row - rows.start) };
        }
        let items = Box::new(self.part(first..last)?.to_column());
        let len = ends.len();
        let piece_keys = keys.column(first_key..first_key + len);
        let fields = vec![piece_keys, Column::List { ends, items }];
        Ok((Column::Tuple { len, fields }, key, gone))
    }
}

impl Decoded {
    fn of(py: Python<'_>, store: &Grouped, keys: Range<usize>, tagged: bool) -> PyResult<Self> {
        let rows = store.rows(keys.start).start..store.rows(keys.end - 1).end;
        let part = store.part(rows)?;
        let (tags, column) = match &part {
            ColumnView::Tuple { fields, .. } if tagged => match fields.as_slice() {
                [ColumnView::Int(tags), values] => (tags.to_vec(), values),
                _ => (Vec::new(), &part),
            },
            _ => (Vec::new(), &part),
        };
        let mut values = Vec::new();
        decode_column(py, column, &mut values)?;
        Ok(Self { tags, values: values.into_iter(), used: 0 })
    }
}
