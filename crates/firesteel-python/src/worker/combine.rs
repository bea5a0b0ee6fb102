//! Aggregation by key: a hash table of keys and combiners in the order of their first appearance.
//!
//! The map side may give its table away early, when memory is short: a key then comes twice, in the same order,
//! and the reduce side unites it. Equality and hash of a key are Python's own; of equal keys the first stays.

use super::binary::{Binary, Value};
use super::failure::blame_step;
use super::pairs;
use super::signature::Signature;
use super::stream::Stream;
use super::task::Task;
use crate::capi;
use crate::errors::engine_error;
use firesteel_core::protocol::{Combine, Definition};
use firesteel_scheduler::ids::RddId;
use hashbrown::HashTable;
use pyo3::prelude::*;
use pyo3::types::PyList;

/// Keys with their combiners.
struct CombineTable {
    /// Positions in `entries`, half as wide as they might be: the look-up is bound by cache misses.
    index: HashTable<u32>,
    entries: Vec<Entry>,
    /// As long as all keys have a signature, it finds them, and Python is not asked for their hashes.
    by_signature: bool,
}

struct Entry {
    mark: Mark,
    key: Py<PyAny>,
    combiner: Value,
}

/// What tells most keys apart without a look at the key objects: the hash is that of the others.
#[derive(Clone, Copy)]
enum Mark {
    Signature(Signature),
    Hash(isize),
}

impl Mark {
    fn of(key: &Bound<'_, PyAny>) -> PyResult<Self> {
        match Signature::of(key) {
            Some(signature) => Ok(Self::Signature(signature)),
            None => Ok(Self::Hash(key.hash()?)),
        }
    }

    /// Python's hash of the key. Keys with a signature are exact ints and strs, whose hash cannot fail.
    fn hash(self, key: &Bound<'_, PyAny>) -> isize {
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
    fn find(&mut self, key: &Bound<'_, PyAny>) -> PyResult<(Mark, Option<usize>)> {
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

    fn insert(&mut self, mark: Mark, key: Bound<'_, PyAny>, combiner: Py<PyAny>) -> PyResult<()> {
        let py = key.py();
        let position = u32::try_from(self.entries.len()).map_err(|_| {
            engine_error("a partition has more keys than 2^32; use more partitions")
        })?;
        if self.index.len() == self.index.capacity() {
            self.rebuild(py, (self.index.len() * 2).max(MINIMUM_CAPACITY));
        }
        let place = place(mark, &key, self.by_signature);
        self.entries.push(Entry { mark, key: key.unbind(), combiner: Value::Object(combiner) });
        let (entries, by_signature) = (&self.entries, self.by_signature);
        let place_of = |other: &u32| entries[*other as usize].place(py, by_signature);
        self.index.insert_unique(place, position, place_of);
        Ok(())
    }

    /// All pairs, by first appearance; the table is empty afterwards.
    fn drain(&mut self) -> std::vec::IntoIter<Entry> {
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
fn spread(hash: isize) -> u64 {
    (hash as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

/// How values become combiners.
struct Functions {
    combine: Combine,
    create: Option<Py<PyAny>>,
    merge: Option<Binary>,
}

impl Functions {
    /// Code: (create or None, merge_value, merge_combiners) for `Combine::Functions`, none otherwise.
    fn new(
        py: Python<'_>,
        task: &Task,
        combine: Combine,
        code: &Py<PyAny>,
        combiners: bool,
    ) -> PyResult<Self> {
        let mut functions = Self { combine, create: None, merge: None };
        if combine == Combine::Functions {
            let (create, merge_value, merge_combiners): (Option<Py<PyAny>>, _, _) =
                code.extract(py)?;
            functions.create = if combiners { None } else { create };
            let merge = if combiners { merge_combiners } else { merge_value };
            functions.merge = Some(Binary::new(py, task, merge)?);
        }
        Ok(functions)
    }

    fn first<'py>(&self, value: Bound<'py, PyAny>, combiners: bool) -> PyResult<Bound<'py, PyAny>> {
        let py = value.py();
        match (&self.create, self.combine) {
            (Some(create), _) => create.bind(py).call1((value,)),
            (None, Combine::Group) if !combiners => Ok(PyList::new(py, [value])?.into_any()),
            _ => Ok(value),
        }
    }

    fn merge(&self, entry: &mut Entry, value: Bound<'_, PyAny>, combiners: bool) -> PyResult<()> {
        let py = value.py();
        match (&self.merge, self.combine, &entry.combiner) {
            (Some(merge), ..) => merge.merge(&mut entry.combiner, &value)?,
            (None, Combine::Group, Value::Object(group)) => {
                let group = group.bind(py).cast::<PyList>()?;
                if combiners {
                    group.set_slice(group.len(), group.len(), &value)?;
                } else {
                    group.append(value)?
                }
            }
            _ => (),
        }
        Ok(())
    }
}

/// The loop that both sides share: pairs in, table filled.
struct Aggregation {
    input: Stream,
    table: CombineTable,
    functions: Functions,
    combiners: bool,
    /// The elements are keys, each of which stands for a pair of it and None.
    bare: bool,
    rdd: RddId,
    name: String,
    turn: u64,
}

impl Aggregation {
    fn new(
        py: Python<'_>,
        task: &Task,
        input: Stream,
        definition: &Definition,
        combine: Combine,
        code: &Py<PyAny>,
        combiners: bool,
    ) -> PyResult<Self> {
        Ok(Self {
            input,
            table: CombineTable::default(),
            functions: Functions::new(py, task, combine, code, combiners)?,
            combiners,
            bare: false,
            rdd: definition.rdd,
            name: definition.name.clone(),
            turn: 0,
        })
    }

    /// Takes one pair in; no at the end of the input.
    fn absorb(&mut self, py: Python<'_>, task: &Task) -> PyResult<bool> {
        let Some(element) = self.input.next(py, task)? else { return Ok(false) };
        self.add(task, &element).map_err(|error| self.blame(py, task, element, error))?;
        Ok(true)
    }

    fn blame(&self, py: Python<'_>, task: &Task, element: Bound<'_, PyAny>, error: PyErr) -> PyErr {
        let record = if self.bare {
            (element, py.None()).into_pyobject(py).map(|pair| pair.into_any().unbind())
        } else {
            Ok(element.unbind())
        };
        blame_step(py, task, self.rdd, record.ok(), error)
    }

    fn add(&mut self, task: &Task, element: &Bound<'_, PyAny>) -> PyResult<()> {
        let (key, value) = match self.bare {
            true => (element.clone(), element.py().None().into_bound(element.py())),
            false => pairs::unpack(element, &self.name)?,
        };
        let (mark, found) = self.table.find(&key)?;
        let (functions, combiners) = (&self.functions, self.combiners);
        match found {
            Some(position) => {
                self.turn = self.turn.wrapping_add(1);
                let entry = &mut self.table.entries[position];
                task.counters.time(self.turn, || functions.merge(entry, value, combiners))
            }
            None => {
                let first = if functions.create.is_some() {
                    self.turn = self.turn.wrapping_add(1);
                    task.counters.time(self.turn, || functions.first(value, combiners))?
                } else {
                    functions.first(value, combiners)?
                };
                self.table.insert(mark, key, first.unbind())
            }
        }
    }
}

fn pair<'py>(py: Python<'py>, entry: Entry) -> PyResult<Bound<'py, PyAny>> {
    Ok((entry.key, entry.combiner.into_object(py)?).into_pyobject(py)?.into_any())
}

/// The map side: combines what fits into memory.
pub struct Combining {
    aggregation: Aggregation,
    draining: std::vec::IntoIter<Entry>,
    ended: bool,
}

impl Combining {
    pub fn new(
        py: Python<'_>,
        task: &Task,
        input: Stream,
        definition: &Definition,
        combine: Combine,
        code: Py<PyAny>,
    ) -> PyResult<Self> {
        // distinct makes pairs only to have keys.
        let (input, bare) = match input {
            Stream::Chain(mut chain) if task.limits.native && combine == Combine::First => {
                let bare = chain.drop_pairing();
                (Stream::Chain(chain), bare)
            }
            other => (other, false),
        };
        let mut aggregation = Aggregation::new(py, task, input, definition, combine, &code, false)?;
        aggregation.bare = bare;
        Ok(Self { aggregation, draining: Vec::new().into_iter(), ended: false })
    }

    pub fn next<'py>(
        &mut self,
        py: Python<'py>,
        task: &Task,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        loop {
            if let Some(entry) = self.draining.next() {
                return pair(py, entry).map(Some);
            }
            if self.ended {
                return Ok(None);
            }
            self.fill(py, task)?;
        }
    }

    fn fill(&mut self, py: Python<'_>, task: &Task) -> PyResult<()> {
        loop {
            if !self.aggregation.absorb(py, task)? {
                self.ended = true;
                self.aggregation.input = Stream::Empty;
                break;
            }
            // A nearly empty table is not what fills the memory.
            if task.memory.is_short() && self.aggregation.table.entries.len() > MINIMUM_SPILL {
                task.counters.spills.add(1);
                break;
            }
        }
        self.draining = self.aggregation.table.drain();
        Ok(())
    }
}

/// Places in the smallest index.
const MINIMUM_CAPACITY: usize = 28;

/// Tables smaller than this are never given away early.
const MINIMUM_SPILL: usize = 1024;

/// The reduce side: exactly one combiner a key.
pub struct Merging {
    aggregation: Aggregation,
    merged: Option<std::vec::IntoIter<Entry>>,
    keys_only: bool,
}

impl Merging {
    pub fn new(
        py: Python<'_>,
        task: &Task,
        input: Stream,
        definition: &Definition,
        combine: Combine,
        code: Py<PyAny>,
    ) -> PyResult<Self> {
        let aggregation = Aggregation::new(py, task, input, definition, combine, &code, true)?;
        Ok(Self { aggregation, merged: None, keys_only: false })
    }

    /// Gives keys instead of pairs.
    pub fn keys_only(&mut self) {
        self.keys_only = true;
    }

    pub fn next<'py>(
        &mut self,
        py: Python<'py>,
        task: &Task,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        if self.merged.is_none() {
            while self.aggregation.absorb(py, task)? {
                if let Some(fault) = task.memory.exceeded() {
                    return Err(task.fault(fault));
                }
            }
            self.aggregation.input = Stream::Empty;
            self.merged = Some(self.aggregation.table.drain());
        }
        match self.merged.as_mut().and_then(Iterator::next) {
            Some(entry) if self.keys_only => Ok(Some(entry.key.into_bound(py))),
            Some(entry) => pair(py, entry).map(Some),
            None => Ok(None),
        }
    }
}
