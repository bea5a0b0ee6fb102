//! The combine table: keys and combiners in the order of their first appearance.
//!
//! Invariant: equality and hash of a key are Python's own; of equal keys the first stays.

use super::binary::Value;
use super::signature::Signature;
use crate::capi;
use crate::errors::engine_error;
use hashbrown::HashTable;
use pyo3::prelude::*;

/// Keys with their combiners.
pub(super) struct CombineTable {
    /// Positions in `entries`, half as wide as they might be: the look-up is bound by cache misses.
    index: HashTable<u32>,
    pub(super) entries: Vec<Entry>,
    /// As long as all keys have a signature, it finds them, and Python is not asked for their hashes.
    by_signature: bool,
}

pub(super) struct Entry {
    pub(super) mark: Mark,
    pub(super) key: Py<PyAny>,
    pub(super) combiner: Value,
}

/// What tells most keys apart without a look at the key objects: the hash is that of the others.
#[derive(Clone, Copy)]
pub(super) enum Mark {
    Signature(Signature),
    Hash(isize),
}

impl Mark {
    pub(super) fn of(key: &Bound<'_, PyAny>) -> PyResult<Self> {
        match Signature::of(key) {
            Some(signature) => Ok(Self::Signature(signature)),
            None => Ok(Self::Hash(key.hash()?)),
        }
    }

    /// Python's hash of the key. Keys with a signature are exact ints and strs, whose hash cannot fail.
    pub(super) fn hash(self, key: &Bound<'_, PyAny>) -> isize {
        match self {
            Self::Signature(_) => key.hash().unwrap_or_default(),
            Self::Hash(hash) => hash,
        }
    }
}

impl Entry {
    /// Whether the key is equal, as a dict sees it: objects of different hashes are not asked.
    fn is(&self, mark: Mark, key: &Bound<'_, PyAny>) -> PyResult<bool> {
        if let (Mark::Signature(one), Mark::Signature(another)) = (self.mark, mark) {
            return Ok(one == another);
        }
        let own = self.key.bind(key.py());
        Ok(self.mark.hash(own) == mark.hash(key) && (own.is(key) || capi::equal(own, key)?))
    }
}

impl Default for CombineTable {
    fn default() -> Self {
        Self { index: HashTable::new(), entries: Vec::new(), by_signature: true }
    }
}

impl CombineTable {
    /// The combiner of the key, or the place where to put one.
    pub(super) fn find(&mut self, key: &Bound<'_, PyAny>) -> PyResult<(Mark, Option<usize>)> {
        let mark = Mark::of(key)?;
        if self.by_signature && matches!(mark, Mark::Hash(_)) {
            self.use_hashes(key.py());
        }
        let mut failed = None;
        let entries = &self.entries;
        let same = |position: &u32| {
            entries[*position as usize].is(mark, key).unwrap_or_else(|error| {
                failed = Some(error);
                true // ends the search; the error is returned
            })
        };
        let place = place(mark, key, self.by_signature);
        let found = self.index.find(place, same).map(|position| *position as usize);
        match failed {
            Some(error) => Err(error),
            None => Ok((mark, found)),
        }
    }

    /// A key without a signature may equal one that has one: from now on all are found by their hashes.
    fn use_hashes(&mut self, py: Python<'_>) {
        self.by_signature = false;
        self.rebuild(py, self.entries.len());
    }

    /// Makes the index anew, in the order of the entries, so that they come into the processor's cache in a row.
    fn rebuild(&mut self, py: Python<'_>, capacity: usize) {
        let entries = &self.entries;
        let place_of = |position: &u32| entries[*position as usize].place(py, self.by_signature);
        self.index = HashTable::with_capacity(capacity);
        for position in 0..entries.len() as u32 {
            self.index.insert_unique(place_of(&position), position, place_of);
        }
    }

    pub(super) fn insert(
        &mut self,
        mark: Mark,
        key: Bound<'_, PyAny>,
        combiner: Value,
    ) -> PyResult<()> {
        let py = key.py();
        let position = u32::try_from(self.entries.len()).map_err(|_| {
            engine_error("a partition has more keys than 2^32; use more partitions")
        })?;
        if self.index.len() == self.index.capacity() {
            self.rebuild(py, (self.index.len() * 2).max(MINIMUM_CAPACITY));
        }
        let place = place(mark, &key, self.by_signature);
        self.entries.push(Entry { mark, key: key.unbind(), combiner });
        let (entries, by_signature) = (&self.entries, self.by_signature);
        let place_of = |other: &u32| entries[*other as usize].place(py, by_signature);
        self.index.insert_unique(place, position, place_of);
        Ok(())
    }

    /// All pairs, by first appearance; the table is empty afterwards.
    pub(super) fn drain(&mut self) -> std::vec::IntoIter<Entry> {
        self.index.clear();
        std::mem::take(&mut self.entries).into_iter()
    }
}

impl Entry {
    fn place(&self, py: Python<'_>, by_signature: bool) -> u64 {
        place(self.mark, self.key.bind(py), by_signature)
    }
}

/// Where the index has a key.
fn place(mark: Mark, key: &Bound<'_, PyAny>, by_signature: bool) -> u64 {
    match mark {
        Mark::Signature(signature) if by_signature => signature.mix(),
        _ => spread(mark.hash(key)),
    }
}

/// Python hashes small ints to themselves; the table wants the high bits filled.
pub(super) fn spread(hash: isize) -> u64 {
    (hash as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

/// Places in the smallest index.
const MINIMUM_CAPACITY: usize = 28;
