//! Aggregation by key: a hash table of keys and combiners in the order of their first appearance.
//!
//! The map side may give its table away early, when memory is short: a key then comes twice, in the same order,
//! and the reduce side unites it. Equality and hash of a key are Python's own; of equal keys the first stays.

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
#[derive(Default)]
struct CombineTable {
    /// Positions in `entries`, half as wide as they might be: the look-up is bound by cache misses.
    index: HashTable<u32>,
    entries: Vec<Entry>,
}

struct Entry {
    mark: Mark,
    key: Py<PyAny>,
    combiner: Py<PyAny>,
}

/// What tells most keys apart without a look at the key objects.
#[derive(Clone, Copy)]
struct Mark {
    hash: isize,
    signature: Option<Signature>,
}

impl Mark {
    fn of(key: &Bound<'_, PyAny>) -> PyResult<Self> {
        Ok(Self { hash: key.hash()?, signature: Signature::of(key) })
    }

    /// Whether the keys are equal, if that can be told.
    fn same(&self, other: &Self) -> Option<bool> {
        match (self.signature, other.signature) {
            (Some(one), Some(another)) => Some(one == another),
            _ if self.hash != other.hash => Some(false),
            _ => None,
        }
    }
}

impl CombineTable {
    /// The combiner of the key, or the place where to put one.
    fn find<'py>(&mut self, key: &Bound<'py, PyAny>) -> PyResult<(Mark, Option<usize>)> {
        let py = key.py();
        let mark = Mark::of(key)?;
        let mut failed = None;
        let entries = &self.entries;
        let same = |position: &u32| {
            let entry = &entries[*position as usize];
            entry.mark.same(&mark).unwrap_or_else(|| {
                entry.key.is(key)
                    || capi::equal(entry.key.bind(py), key).unwrap_or_else(|error| {
                        failed = Some(error);
                        true // ends the search; the error is returned
                    })
            })
        };
        let found = self.index.find(spread(mark.hash), same).map(|position| *position as usize);
        match failed {
            Some(error) => Err(error),
            None => Ok((mark, found)),
        }
    }

    fn insert(&mut self, mark: Mark, key: Bound<'_, PyAny>, combiner: Py<PyAny>) -> PyResult<()> {
        let position = u32::try_from(self.entries.len()).map_err(|_| {
            engine_error("a partition has more keys than 2^32; use more partitions")
        })?;
        self.entries.push(Entry { mark, key: key.unbind(), combiner });
        let entries = &self.entries;
        let hash_of = |other: &u32| spread(entries[*other as usize].mark.hash);
        self.index.insert_unique(spread(mark.hash), position, hash_of);
        Ok(())
    }

    /// All pairs, by first appearance; the table is empty afterwards.
    fn drain(&mut self) -> std::vec::IntoIter<Entry> {
        self.index.clear();
        std::mem::take(&mut self.entries).into_iter()
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
    merge: Option<Py<PyAny>>,
}

impl Functions {
    /// Code: (create or None, merge_value, merge_combiners) for `Combine::Functions`, none otherwise.
    fn new(py: Python<'_>, combine: Combine, code: &Py<PyAny>, combiners: bool) -> PyResult<Self> {
        let mut functions = Self { combine, create: None, merge: None };
        if combine == Combine::Functions {
            let (create, merge_value, merge_combiners): (Option<Py<PyAny>>, _, _) =
                code.extract(py)?;
            functions.create = if combiners { None } else { create };
            functions.merge = Some(if combiners { merge_combiners } else { merge_value });
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
        match (&self.merge, self.combine) {
            (Some(merge), _) => {
                let merged = merge.bind(py).call1((entry.combiner.bind(py), value))?;
                entry.combiner = merged.unbind();
            }
            (None, Combine::Group) => {
                let group = entry.combiner.bind(py).cast::<PyList>()?;
                if combiners {
                    group.call_method1("extend", (value,))?;
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
    rdd: RddId,
    name: String,
    turn: u64,
}

impl Aggregation {
    fn new(
        py: Python<'_>,
        input: Stream,
        definition: &Definition,
        combine: Combine,
        code: &Py<PyAny>,
        combiners: bool,
    ) -> PyResult<Self> {
        Ok(Self {
            input,
            table: CombineTable::default(),
            functions: Functions::new(py, combine, code, combiners)?,
            combiners,
            rdd: definition.rdd,
            name: definition.name.clone(),
            turn: 0,
        })
    }

    /// Takes one pair in; no at the end of the input.
    fn absorb(&mut self, py: Python<'_>, task: &Task) -> PyResult<bool> {
        let Some(element) = self.input.next(py, task)? else { return Ok(false) };
        self.add(task, &element).map_err(|error| {
            blame_step(py, task, self.rdd, Some(element.clone().unbind()), error)
        })?;
        Ok(true)
    }

    fn add(&mut self, task: &Task, element: &Bound<'_, PyAny>) -> PyResult<()> {
        let (key, value) = pairs::unpack(element, &self.name)?;
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
    Ok((entry.key, entry.combiner).into_pyobject(py)?.into_any())
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
        input: Stream,
        definition: &Definition,
        combine: Combine,
        code: Py<PyAny>,
    ) -> PyResult<Self> {
        let aggregation = Aggregation::new(py, input, definition, combine, &code, false)?;
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

/// Tables smaller than this are never given away early.
const MINIMUM_SPILL: usize = 1024;

/// The reduce side: exactly one combiner a key.
pub struct Merging {
    aggregation: Aggregation,
    merged: Option<std::vec::IntoIter<Entry>>,
}

impl Merging {
    pub fn new(
        py: Python<'_>,
        input: Stream,
        definition: &Definition,
        combine: Combine,
        code: Py<PyAny>,
    ) -> PyResult<Self> {
        let aggregation = Aggregation::new(py, input, definition, combine, &code, true)?;
        Ok(Self { aggregation, merged: None })
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
            Some(entry) => pair(py, entry).map(Some),
            None => Ok(None),
        }
    }
}
