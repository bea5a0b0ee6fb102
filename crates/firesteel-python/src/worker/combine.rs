//! Aggregation by key: a hash table of keys and combiners in the order of their first appearance.
//!
//! The map side may give its table away early, when memory is short: a key then comes twice, in the same order,
//! and the reduce side unites it. The reduce side goes on to disk then (see `spill`). Equality and hash of a key are Python's own; of equal keys the first stays.

use super::binary::{Binary, Value};
use super::chain::Chain;
use super::columns::{Offered, Taker};
use super::combine_native::NativeCombining;
use super::failure::blame_step;
use super::group_ints::IntGrouping;
use super::int_groups::IntGroups;
use super::native_key::{NativeKey, ShortStr};
use super::native_pairs::NativePairs;
use super::pairs;
use super::signature::Signature;
use super::spill::{SpillTrigger, SpilledAggregation, spill_aggregation};
use super::stream::Stream;
use super::task::Task;
use crate::capi;
use crate::errors::engine_error;
use firesteel_core::frame::ColumnView;
use firesteel_core::protocol::{Combine, Definition};
use firesteel_scheduler::ids::RddId;
use hashbrown::HashTable;
use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;
use pyo3::types::PyList;

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
    fn of(key: &Bound<'_, PyAny>) -> PyResult<Self> {
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

/// How values become combiners.
pub(super) struct Functions {
    pub(super) combine: Combine,
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

    /// What merges numbers without calling Python; none if that is not possible.
    fn native(&self) -> Option<Native> {
        Some(match (self.combine, &self.create, &self.merge) {
            (Combine::First, ..) => Native::Ints(Box::new(NativeCombining::new(None))),
            (Combine::Group, ..) => Native::Groups(Box::default()),
            (_, None, Some(merge)) => {
                Native::Ints(Box::new(NativeCombining::new(Some(merge.operation()?))))
            }
            _ => return None,
        })
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

/// What aggregates pairs whose keys are ints, or short strs.
enum Native {
    Ints(Box<NativeCombining<i64>>),
    Strs(Box<NativeCombining<ShortStr>>),
    Groups(Box<IntGrouping>),
}

impl Native {
    #[inline]
    fn take(&mut self, element: &Bound<'_, PyAny>, bare: bool, combiners: bool) -> PyResult<bool> {
        let taken = match self {
            Self::Ints(ints) => ints.take(element, bare)?,
            Self::Strs(strs) => strs.take(element, bare)?,
            Self::Groups(_) if combiners => false,
            Self::Groups(groups) => groups.take(element)?,
        };
        Ok(taken || (self.turn_to_strs() && self.take(element, bare, combiners)?))
    }

    fn take_column(
        &mut self,
        column: &ColumnView<'_>,
        bare: bool,
        combiners: bool,
    ) -> PyResult<bool> {
        let taken = match self {
            Self::Ints(ints) => ints.take_column(column, bare)?,
            Self::Strs(strs) => strs.take_column(column, bare)?,
            Self::Groups(groups) => groups.take_column(column, combiners)?,
        };
        Ok(taken || (self.turn_to_strs() && self.take_column(column, bare, combiners)?))
    }

    /// The first key says of which type all should be; whether it might be a str.
    fn turn_to_strs(&mut self) -> bool {
        let Self::Ints(ints) = self else { return false };
        let unused = ints.is_unused();
        if unused {
            *self = Self::Strs(Box::new(NativeCombining::new(ints.operation())));
        }
        unused
    }

    fn is_stuck(&self) -> bool {
        match self {
            Self::Ints(ints) => ints.is_stuck(),
            Self::Strs(strs) => strs.is_stuck(),
            Self::Groups(groups) => groups.is_stuck(),
        }
    }

    fn flush(&mut self, py: Python<'_>) -> PyResult<()> {
        match self {
            Self::Ints(ints) => ints.flush(),
            Self::Strs(strs) => strs.flush(),
            Self::Groups(groups) => groups.flush(py),
        }
    }

    fn drain(&mut self) -> PyResult<Drained> {
        Ok(match self {
            Self::Ints(ints) => Drained::Ints(ints.drain()),
            Self::Strs(strs) => Drained::Strs(strs.drain()),
            Self::Groups(groups) => Drained::Groups(groups.drain()?),
        })
    }

    /// All pairs, and then those that wait.
    fn leave(self, py: Python<'_>, bare: bool) -> PyResult<(Drained, Vec<Py<PyAny>>)> {
        Ok(match self {
            Self::Ints(ints) => {
                let (merged, waiting) = ints.leave();
                (Drained::Ints(merged), objects(py, waiting, bare)?)
            }
            Self::Strs(strs) => {
                let (merged, waiting) = strs.leave();
                (Drained::Strs(merged), objects(py, waiting, bare)?)
            }
            Self::Groups(groups) => {
                let (groups, waiting) = groups.leave()?;
                let waiting = waiting.into_iter().map(|pair| pair.into_py_any(py));
                (Drained::Groups(groups), waiting.collect::<PyResult<_>>()?)
            }
        })
    }
}

fn objects<K: NativeKey>(
    py: Python<'_>,
    pairs: NativePairs<K>,
    bare: bool,
) -> PyResult<Vec<Py<PyAny>>> {
    let mut pairs = if bare { pairs.keys_only() } else { pairs };
    let mut elements = Vec::new();
    while let Some(element) = pairs.next(py)? {
        elements.push(element.unbind());
    }
    Ok(elements)
}

/// The loop that both sides share: pairs in, table filled.
pub(super) struct Aggregation {
    pub(super) input: Stream,
    pub(super) table: CombineTable,
    /// In the place of the table, as long as nothing but native keys with typed values comes.
    native: Option<Native>,
    /// Whether the input may have columns.
    may_offer: bool,
    pub(super) functions: Functions,
    combiners: bool,
    /// The elements are keys, each of which stands for a pair of it and None.
    bare: bool,
    pub(super) rdd: RddId,
    pub(super) name: String,
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
        let functions = Functions::new(py, task, combine, code, combiners)?;
        let native = if task.limits.native { functions.native() } else { None };
        Ok(Self {
            may_offer: input.may_offer(),
            input,
            table: CombineTable::default(),
            native,
            functions,
            combiners,
            bare: false,
            rdd: definition.rdd,
            name: definition.name.clone(),
            turn: 0,
        })
    }

    /// Takes in the next pair, or a column of them; no at the end of the input.
    fn absorb(&mut self, py: Python<'_>, task: &Task) -> PyResult<bool> {
        let (bare, combiners) = (self.bare, self.combiners);
        if let Some(native) = &mut self.native
            && self.may_offer
        {
            let mut take = |column: &ColumnView<'_>| native.take_column(column, bare, combiners);
            let offered = self.input.offer(py, task, &mut take)?;
            if native.is_stuck() {
                self.leave_native(py, task)?;
            }
            if offered == Offered::Taken {
                return Ok(true);
            }
        }
        let Some(element) = self.input.next(py, task)? else { return Ok(false) };
        if let Some(native) = &mut self.native {
            let taken = native.take(&element, bare, combiners)?;
            if !taken || native.is_stuck() {
                self.leave_native(py, task)?;
            }
            if taken {
                return Ok(true);
            }
        }
        self.take(py, task, element)?;
        Ok(true)
    }

    fn take<'py>(
        &mut self,
        py: Python<'py>,
        task: &Task,
        element: Bound<'py, PyAny>,
    ) -> PyResult<()> {
        self.add(task, &element).map_err(|error| self.blame(py, task, element, error))
    }

    /// Goes on with Python objects.
    fn leave_native(&mut self, py: Python<'_>, task: &Task) -> PyResult<()> {
        let Some(mut native) = self.native.take() else { return Ok(()) };
        native.flush(py)?;
        let (mut merged, waiting) = native.leave(py, self.bare)?;
        while let Some((key, combiner)) = merged.next_native(py)? {
            self.table.insert(Mark::of(&key)?, key, combiner)?;
        }
        waiting.into_iter().try_for_each(|element| self.take(py, task, element.into_bound(py)))
    }

    /// All pairs, by first appearance; nothing is left of them.
    pub(super) fn drain(&mut self, py: Python<'_>, task: &Task) -> PyResult<Drained> {
        if let Some(native) = &mut self.native {
            native.flush(py)?;
            if !native.is_stuck() {
                return native.drain();
            }
            self.leave_native(py, task)?;
        }
        Ok(Drained::Entries(self.table.drain()))
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
            Some(position) => self.merge_at(task, position, value),
            None => {
                let first = if functions.create.is_some() {
                    self.turn = self.turn.wrapping_add(1);
                    task.counters.time(self.turn, || functions.first(value, combiners))?
                } else {
                    functions.first(value, combiners)?
                };
                self.table.insert(mark, key, Value::Object(first.unbind()))
            }
        }
    }
}

impl Aggregation {
    /// Merges a value into the combiner at a place of the table.
    #[inline]
    pub(super) fn merge_at(
        &mut self,
        task: &Task,
        position: usize,
        value: Bound<'_, PyAny>,
    ) -> PyResult<()> {
        self.turn = self.turn.wrapping_add(1);
        let (functions, combiners) = (&self.functions, self.combiners);
        let entry = &mut self.table.entries[position];
        task.counters.time(self.turn, || functions.merge(entry, value, combiners))
    }
}

/// A key's hash, the key and its combiner.
type Hashed = (isize, Py<PyAny>, Py<PyAny>);

/// Pairs that have left their table.
pub(super) enum Drained {
    Entries(std::vec::IntoIter<Entry>),
    Ints(NativePairs<i64>),
    Strs(NativePairs<ShortStr>),
    Groups(IntGroups),
}

impl Drained {
    /// The next key with its hash and its combiner; a group comes in pieces, for it may be large.
    pub(super) fn next_hashed(&mut self, py: Python<'_>) -> PyResult<Option<Hashed>> {
        if let Self::Entries(entries) = self {
            let Some(entry) = entries.next() else { return Ok(None) };
            let hash = entry.mark.hash(entry.key.bind(py));
            return Ok(Some((hash, entry.key, entry.combiner.into_object(py)?)));
        }
        if let Self::Groups(groups) = self {
            let Some((key, piece)) = groups.next_piece(py)? else { return Ok(None) };
            let key = key.into_bound_py_any(py)?;
            return Ok(Some((key.hash()?, key.unbind(), piece.into_any().unbind())));
        }
        let Some((key, combiner)) = self.next_native(py)? else { return Ok(None) };
        Ok(Some((key.hash()?, key.unbind(), combiner.into_object(py)?)))
    }

    /// The next key that is not held as an object, with its combiner.
    fn next_native<'py>(
        &mut self,
        py: Python<'py>,
    ) -> PyResult<Option<(Bound<'py, PyAny>, Value)>> {
        Ok(match self {
            Self::Entries(_) => None,
            Self::Ints(pairs) => pairs.pop_object(py)?,
            Self::Strs(pairs) => pairs.pop_object(py)?,
            Self::Groups(groups) => match groups.next_group(py)? {
                Some((key, group)) => {
                    Some((key.into_bound_py_any(py)?, Value::Object(group.into_any().unbind())))
                }
                None => None,
            },
        })
    }

    fn offer(&mut self, take: &mut Taker<'_>) -> PyResult<Offered> {
        match self {
            Self::Entries(_) => Ok(Offered::Refused),
            Self::Ints(pairs) => pairs.offer(take),
            Self::Strs(pairs) => pairs.offer(take),
            Self::Groups(groups) => groups.offer_pieces(take),
        }
    }
}

fn pair<'py>(py: Python<'py>, entry: Entry) -> PyResult<Bound<'py, PyAny>> {
    Ok((entry.key, entry.combiner.into_object(py)?).into_pyobject(py)?.into_any())
}

/// The map side: combines what fits into memory.
pub struct Combining {
    aggregation: Aggregation,
    draining: Drained,
    pieces: Option<Pieces>,
    trigger: SpillTrigger,
    spilled: bool,
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
                (Chain::simplified(chain), bare)
            }
            other => (other, false),
        };
        let mut aggregation = Aggregation::new(py, task, input, definition, combine, &code, false)?;
        aggregation.bare = bare;
        let trigger = SpillTrigger::new(&task.memory);
        let draining = Drained::Entries(Vec::new().into_iter());
        Ok(Self { aggregation, draining, pieces: None, trigger, spilled: false, ended: false })
    }

    pub fn next<'py>(
        &mut self,
        py: Python<'py>,
        task: &Task,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        loop {
            if let Some(piece) = self.next_piece(py)? {
                return Ok(Some(piece));
            }
            if let Some(next) = self.next_drained(py)? {
                return Ok(Some(next));
            }
            if self.pieces.is_some() {
                continue;
            }
            if self.ended {
                return Ok(None);
            } else {
                self.fill(py, task)?;
            }
        }
    }

    /// Offers what the table held.
    pub fn offer(
        &mut self,
        py: Python<'_>,
        task: &Task,
        take: &mut Taker<'_>,
    ) -> PyResult<Offered> {
        loop {
            let offered = self.draining.offer(take)?;
            if offered != Offered::Ended || self.ended {
                return Ok(offered);
            }
            self.fill(py, task)?;
        }
    }

    /// The next pair; none at the end, and none where a group has to be given away in pieces.
    fn next_drained<'py>(&mut self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let (key, combiner) = match &mut self.draining {
            Drained::Ints(pairs) => return pairs.next(py),
            Drained::Strs(pairs) => return pairs.next(py),
            Drained::Entries(entries) => {
                let Some(entry) = entries.next() else { return Ok(None) };
                (entry.key, entry.combiner.into_object(py)?)
            }
            Drained::Groups(groups) => {
                let Some((key, group)) = groups.next_group(py)? else { return Ok(None) };
                (key.into_py_any(py)?, group.into_any().unbind())
            }
        };
        if self.aggregation.functions.combine == Combine::Group {
            self.pieces = Pieces::of(py, &key, &combiner);
        }
        match self.pieces {
            Some(_) => Ok(None),
            None => (key, combiner).into_bound_py_any(py).map(Some),
        }
    }

    fn next_piece<'py>(&mut self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let piece = self.pieces.as_mut().and_then(|pieces| pieces.next(py).transpose());
        if piece.is_none() {
            self.pieces = None;
        }
        piece.transpose()
    }

    fn fill(&mut self, py: Python<'_>, task: &Task) -> PyResult<()> {
        if self.spilled {
            // What the table held has been written by now.
            self.trigger.spilled(py, &task.memory)?;
        }
        loop {
            if !self.aggregation.absorb(py, task)? {
                self.ended = true;
                self.aggregation.input = Stream::Empty;
                break;
            }
            if self.trigger.fires(&task.memory) {
                task.counters.spills.add(1);
                self.spilled = true;
                break;
            }
        }
        self.draining = self.aggregation.drain(py, task)?;
        Ok(())
    }
}

/// Places in the smallest index.
const MINIMUM_CAPACITY: usize = 28;

/// A group that is given away in parts, for the other side may not have the room for it at once.
struct Pieces {
    key: Py<PyAny>,
    group: Py<PyList>,
    next: usize,
}

/// Values of a group that are one element of the shuffle.
const PIECE: usize = 16 << 10;

impl Pieces {
    /// None for a group of the usual size.
    fn of(py: Python<'_>, key: &Py<PyAny>, group: &Py<PyAny>) -> Option<Self> {
        let group = group.bind(py).cast::<PyList>().ok()?;
        let (key, next) = (key.clone_ref(py), 0);
        (group.len() > PIECE).then(|| Self { key, group: group.clone().unbind(), next })
    }

    fn next<'py>(&mut self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let group = self.group.bind(py);
        if self.next >= group.len() {
            return Ok(None);
        }
        let piece = group.get_slice(self.next, self.next + PIECE);
        self.next += PIECE;
        Ok(Some((self.key.bind(py), piece).into_pyobject(py)?.into_any()))
    }
}

/// The reduce side: exactly one combiner a key.
pub struct Merging {
    aggregation: Aggregation,
    merged: Option<Merged>,
    keys_only: bool,
}

/// All combiners, where there was room for them.
enum Merged {
    InMemory(Drained),
    Spilled(Box<SpilledAggregation>),
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
        let keys_only = self.keys_only;
        match self.merged(py, task)? {
            Merged::InMemory(Drained::Ints(pairs)) => pairs.next(py),
            Merged::InMemory(Drained::Strs(pairs)) => pairs.next(py),
            Merged::InMemory(Drained::Groups(groups)) if keys_only => groups.next_key(py),
            Merged::InMemory(Drained::Groups(groups)) => groups.next(py),
            Merged::InMemory(Drained::Entries(entries)) => match entries.next() {
                Some(entry) if keys_only => Ok(Some(entry.key.into_bound(py))),
                Some(entry) => pair(py, entry).map(Some),
                None => Ok(None),
            },
            Merged::Spilled(spilled) => match spilled.next(py, task)? {
                Some(pair) if keys_only => pair.get_item(0).map(Some),
                pair => Ok(pair),
            },
        }
    }

    /// Offers what was merged.
    pub fn offer(
        &mut self,
        py: Python<'_>,
        task: &Task,
        take: &mut Taker<'_>,
    ) -> PyResult<Offered> {
        match self.merged(py, task)? {
            // Each key comes once, with all its values.
            Merged::InMemory(Drained::Groups(_)) => Ok(Offered::Refused),
            Merged::InMemory(drained) => drained.offer(take),
            Merged::Spilled(_) => Ok(Offered::Refused),
        }
    }

    /// The groups of a join, if they are held in columns; nothing is left then.
    pub fn take_tagged_groups(
        &mut self,
        py: Python<'_>,
        task: &Task,
    ) -> PyResult<Option<IntGroups>> {
        match self.merged(py, task)? {
            Merged::InMemory(Drained::Groups(groups)) if groups.are_tagged() => {
                Ok(Some(std::mem::take(groups)))
            }
            _ => Ok(None),
        }
    }

    fn merged(&mut self, py: Python<'_>, task: &Task) -> PyResult<&mut Merged> {
        if self.merged.is_none() {
            self.merged = Some(self.merge(py, task)?);
        }
        self.merged.as_mut().ok_or_else(|| engine_error("nothing was merged"))
    }

    fn merge(&mut self, py: Python<'_>, task: &Task) -> PyResult<Merged> {
        let trigger = SpillTrigger::new(&task.memory);
        while self.aggregation.absorb(py, task)? {
            if trigger.fires(&task.memory) {
                let spilled = spill_aggregation(py, task, &mut self.aggregation)?;
                return Ok(Merged::Spilled(Box::new(spilled)));
            }
        }
        self.aggregation.input = Stream::Empty;
        Ok(Merged::InMemory(match self.aggregation.drain(py, task)? {
            Drained::Ints(pairs) if self.keys_only => Drained::Ints(pairs.keys_only()),
            Drained::Strs(pairs) if self.keys_only => Drained::Strs(pairs.keys_only()),
            drained => drained,
        }))
    }
}
