//! Aggregation of more keys than memory holds.
//!
//! ```text
//! table, then the rest of the input  -> 16 buckets by hash, each (number, key, combiner) in the order of arrival
//! bucket                             -> a table of its own -> a run by number; too large: 16 buckets of the next bits
//! runs                               -> merged by number
//! ```
//!
//! The number of a pair is its place in the input, so a key's first number is its first appearance. Invariant: a bucket
//! holds all that is known of its keys, in order; so each key is merged exactly as one table would merge it, and the
//! merge by number gives the keys in the order in which one table would.

use super::super::aggregation::Aggregation;
use super::super::binary::Value;
use super::super::combine::{Entry, spread};
use super::super::failure::blame_step;
use super::super::pairs;
use super::super::stream::Stream;
use super::super::task::Task;
use super::group::GroupWriter;
use super::spool::{SpoolReader, Spooler, create_file};
use super::trigger::SpillTrigger;
use firesteel_core::protocol::Combine;
use firesteel_core::spill::{Merge, SpillFile, SpillStream};
use pyo3::prelude::*;
use pyo3::types::PyList;
use std::collections::HashMap;
use std::sync::Arc;

/// Bits of the hash that one level of buckets takes.
const BUCKET_BITS: u32 = 4;
const BUCKETS: usize = 1 << BUCKET_BITS;

/// Where the hash has no more bits. Keys that are still together have the same hash, or nearly.
const DEEPEST: u32 = 64 / BUCKET_BITS;

/// A group is moved out of its table when it has this share of all values in it.
const GIANT_SHARE: usize = 4;

/// `(number, key, combiner)`, as it is spilled.
type Record<'py> = (u64, Bound<'py, PyAny>, Bound<'py, PyAny>);

fn record<'py>(record: &Bound<'py, PyAny>) -> PyResult<Record<'py>> {
    record.extract()
}

/// Spills the table, then all of the input that is left, and merges bucket by bucket.
pub fn spill_aggregation(
    py: Python<'_>,
    task: &Task,
    aggregation: &mut Aggregation,
) -> PyResult<SpilledAggregation> {
    let mut buckets = Buckets::new(task, aggregation, 0)?;
    let mut number = 0;
    let mut drained = aggregation.drain(py, task)?;
    while let Some((hash, key, combiner)) = drained.next_hashed(py)? {
        buckets.push(py, task, hash, (number, key, combiner))?;
        number += 1;
    }
    task.counters.spills.add(1);
    while let Some(element) = aggregation.input.next(py, task)? {
        let (hash, key, value) = hashed_pair(aggregation, &element).map_err(|error| {
            blame_step(py, task, aggregation.rdd, Some(element.clone().unbind()), error)
        })?;
        buckets.push(py, task, hash, (number, key, value))?;
        number += 1;
    }
    aggregation.input = Stream::Empty;
    let merged = buckets.merge(py, task, aggregation)?;
    SpilledAggregation::open(py, task, merged)
}

fn hashed_pair(
    aggregation: &Aggregation,
    element: &Bound<'_, PyAny>,
) -> PyResult<(isize, Py<PyAny>, Py<PyAny>)> {
    let (key, value) = pairs::unpack(element, &aggregation.name)?;
    Ok((key.hash()?, key.unbind(), value.unbind()))
}

/// Pairs by the hash of their key.
struct Buckets {
    level: u32,
    buckets: Vec<Spooler>,
    /// When to write what the buckets hold, frames or not.
    trigger: SpillTrigger,
}

impl Buckets {
    fn new(task: &Task, aggregation: &Aggregation, level: u32) -> PyResult<Self> {
        let file = create_file(task)?;
        let spooler = |_| Spooler::new(file.clone(), aggregation.rdd);
        let buckets = (0..BUCKETS).map(spooler).collect();
        Ok(Self { level, buckets, trigger: SpillTrigger::new(&task.memory) })
    }

    fn push(
        &mut self,
        py: Python<'_>,
        task: &Task,
        hash: isize,
        record: (u64, Py<PyAny>, Py<PyAny>),
    ) -> PyResult<()> {
        let bits = spread(hash) >> (64 - BUCKET_BITS * (self.level + 1));
        let bucket = &mut self.buckets[bits as usize % BUCKETS];
        bucket.push(py, task, record.into_pyobject(py)?.into_any().unbind())?;
        if self.trigger.fires(&task.memory) {
            self.buckets.iter_mut().try_for_each(|bucket| bucket.flush(py, task))?;
            self.trigger.spilled(py, &task.memory)?;
        }
        if let Some(fault) = task.memory.exceeded() {
            return Err(task.fault(fault));
        }
        Ok(())
    }

    /// Merges each bucket by itself, one after the other.
    fn merge(
        self,
        py: Python<'_>,
        task: &Task,
        aggregation: &mut Aggregation,
    ) -> PyResult<MergedBuckets> {
        let level = self.level + 1;
        let finish = |bucket: Spooler| bucket.finish(py, task);
        let buckets = self.buckets.into_iter().map(finish).collect::<PyResult<Vec<_>>>()?;
        let file = create_file(task)?;
        let mut all = MergedBuckets::default();
        for bucket in buckets {
            if bucket.elements() > 0 {
                let merged =
                    Bucket::new(task, bucket, level).merge(py, task, aggregation, &file)?;
                all.runs.push(merged.run);
                all.giants.extend(merged.giants);
            }
        }
        Ok(all)
    }
}

/// A key whose group is on disk.
struct Giant {
    number: u64,
    pair: Py<PyAny>,
}

/// What became of a bucket: its keys by number, those with a giant group apart.
struct MergedBucket {
    run: Arc<SpillStream>,
    giants: Vec<Giant>,
}

/// What became of all buckets of a level.
#[derive(Default)]
struct MergedBuckets {
    runs: Vec<Arc<SpillStream>>,
    giants: Vec<Giant>,
}

/// A bucket on its way through the table.
struct Bucket {
    records: SpoolReader,
    level: u32,
    /// The first number of each key in the table.
    numbers: Vec<u64>,
    /// Groups that were moved out of the table, by their place in it.
    giants: HashMap<usize, GroupWriter>,
    trigger: SpillTrigger,
}

impl Bucket {
    fn new(task: &Task, records: Arc<SpillStream>, level: u32) -> Self {
        Self {
            records: SpoolReader::new(records),
            level,
            numbers: Vec::new(),
            giants: HashMap::new(),
            trigger: SpillTrigger::new(&task.memory),
        }
    }

    fn merge(
        mut self,
        py: Python<'_>,
        task: &Task,
        aggregation: &mut Aggregation,
        file: &Arc<SpillFile>,
    ) -> PyResult<MergedBucket> {
        while let Some(next) = self.records.next(py, task)? {
            let next = record(&next)?;
            self.absorb(py, task, aggregation, next)?;
            if self.trigger.fires(&task.memory) && !self.move_giants(py, task, aggregation, file)? {
                if self.can_be_split(aggregation) {
                    return self.split(py, task, aggregation, file);
                }
                if let Some(fault) = task.memory.exceeded() {
                    return Err(task.fault(fault));
                }
            }
        }
        let mut run = Spooler::new(file.clone(), aggregation.rdd);
        let giants = self.finish(py, task, aggregation, &mut run)?;
        Ok(MergedBucket { run: run.finish(py, task)?, giants })
    }

    fn absorb(
        &mut self,
        py: Python<'_>,
        task: &Task,
        aggregation: &mut Aggregation,
        (number, key, value): Record<'_>,
    ) -> PyResult<()> {
        let (rdd, shown) = (aggregation.rdd, (key.clone(), value.clone()));
        let merged = self.try_absorb(py, task, aggregation, (number, key, value));
        merged.map_err(|error| {
            let shown = shown.into_pyobject(py).map(|pair| pair.into_any().unbind());
            blame_step(py, task, rdd, shown.ok(), error)
        })
    }

    fn try_absorb(
        &mut self,
        py: Python<'_>,
        task: &Task,
        aggregation: &mut Aggregation,
        (number, key, value): Record<'_>,
    ) -> PyResult<()> {
        let (mark, found) = aggregation.table.find(&key)?;
        match found {
            Some(place) => match self.giants.get_mut(&place) {
                Some(giant) => giant.extend(py, task, &value),
                None => aggregation.merge_at(task, place, value),
            },
            None => {
                self.numbers.push(number);
                aggregation.table.insert(mark, key, Value::Object(value.unbind()))
            }
        }
    }

    /// Moves the groups out that are most of the table. No if there is none.
    fn move_giants(
        &mut self,
        py: Python<'_>,
        task: &Task,
        aggregation: &mut Aggregation,
        file: &Arc<SpillFile>,
    ) -> PyResult<bool> {
        if aggregation.functions.combine != Combine::Group {
            return Ok(false);
        }
        let entries = aggregation.table.entries.iter();
        let lengths: Vec<usize> = entries.map(|entry| length(py, entry)).collect();
        let least = lengths.iter().sum::<usize>() / GIANT_SHARE;
        let mut moved = false;
        for (place, length) in lengths.into_iter().enumerate() {
            if length > least.max(1) {
                let entry = &mut aggregation.table.entries[place];
                let mut giant = GroupWriter::new(file.clone(), aggregation.rdd);
                let values = std::mem::replace(&mut entry.combiner, Value::Object(py.None()));
                giant.extend(py, task, values.into_object(py)?.bind(py))?;
                self.giants.insert(place, giant);
                moved = true;
            }
        }
        if moved {
            self.note_spill(py, task)?;
        }
        Ok(moved)
    }

    fn note_spill(&mut self, py: Python<'_>, task: &Task) -> PyResult<()> {
        task.counters.spills.add(1);
        self.trigger.spilled(py, &task.memory)
    }

    fn can_be_split(&self, aggregation: &Aggregation) -> bool {
        self.level < DEEPEST && aggregation.table.entries.len() > self.giants.len() + 1
    }

    /// Divides what is in the table and what is left of the records by the next bits of the hash.
    fn split(
        mut self,
        py: Python<'_>,
        task: &Task,
        aggregation: &mut Aggregation,
        file: &Arc<SpillFile>,
    ) -> PyResult<MergedBucket> {
        let mut buckets = Buckets::new(task, aggregation, self.level)?;
        let (mut giants, mut numbers) = (HashMap::new(), Vec::new());
        let entries = aggregation.table.drain();
        for ((place, entry), number) in entries.enumerate().zip(std::mem::take(&mut self.numbers)) {
            match self.giants.remove(&place) {
                Some(giant) => {
                    giants.insert(numbers.len(), giant);
                    numbers.push(number);
                    let key = entry.key.into_bound(py);
                    aggregation.table.insert(entry.mark, key, Value::Object(py.None()))?;
                }
                None => {
                    let hash = entry.mark.hash(entry.key.bind(py));
                    let record = (number, entry.key, entry.combiner.into_object(py)?);
                    buckets.push(py, task, hash, record)?;
                }
            }
        }
        (self.giants, self.numbers) = (giants, numbers);
        self.note_spill(py, task)?;
        while let Some(next) = self.records.next(py, task)? {
            let (number, key, value) = record(&next)?;
            let (mark, found) = aggregation.table.find(&key)?;
            match found.and_then(|place| self.giants.get_mut(&place)) {
                Some(giant) => giant.extend(py, task, &value)?,
                None => {
                    let hash = mark.hash(&key);
                    buckets.push(py, task, hash, (number, key.unbind(), value.unbind()))?;
                }
            }
        }
        let mut run = Spooler::new(file.clone(), aggregation.rdd);
        let mut giants = self.finish(py, task, aggregation, &mut run)?;
        let merged = buckets.merge(py, task, aggregation)?;
        giants.extend(merged.giants);
        let mut records = NumberedRuns::open(py, task, merged.runs)?;
        while let Some((_, record, _)) = records.pop(py, task)? {
            run.push(py, task, record)?;
        }
        Ok(MergedBucket { run: run.finish(py, task)?, giants })
    }

    /// Empties the table: into the run, but for the groups that were moved out.
    fn finish(
        mut self,
        py: Python<'_>,
        task: &Task,
        aggregation: &mut Aggregation,
        run: &mut Spooler,
    ) -> PyResult<Vec<Giant>> {
        let mut finished = Vec::with_capacity(self.giants.len());
        let entries = aggregation.table.drain().enumerate();
        for ((place, entry), number) in entries.zip(self.numbers) {
            match self.giants.remove(&place) {
                Some(giant) => {
                    let pair = (entry.key, giant.finish(py, task)?).into_pyobject(py)?;
                    finished.push(Giant { number, pair: pair.into_any().unbind() });
                }
                None => {
                    let record = (number, entry.key, entry.combiner.into_object(py)?);
                    run.push(py, task, record.into_pyobject(py)?.into_any().unbind())?;
                }
            }
        }
        Ok(finished)
    }
}

/// Values in the group of an entry.
fn length(py: Python<'_>, entry: &Entry) -> usize {
    match &entry.combiner {
        Value::Object(group) => group.bind(py).cast::<PyList>().map_or(0, |group| group.len()),
        _ => 0,
    }
}

/// Runs of records, merged by number.
struct NumberedRuns {
    merge: Merge<(u64, Py<PyAny>)>,
    runs: Vec<SpoolReader>,
}

/// The number of no run: for what is in the merge already.
const NO_RUN: usize = usize::MAX;

impl NumberedRuns {
    fn open(py: Python<'_>, task: &Task, runs: Vec<Arc<SpillStream>>) -> PyResult<Self> {
        let runs: Vec<SpoolReader> = runs.into_iter().map(SpoolReader::new).collect();
        let count = runs.len();
        let mut merged = Self { merge: Merge::default(), runs };
        (0..count).try_for_each(|run| merged.refill(py, task, run))?;
        Ok(merged)
    }

    fn refill(&mut self, py: Python<'_>, task: &Task, run: usize) -> PyResult<()> {
        let Some(reader) = self.runs.get_mut(run) else { return Ok(()) };
        match reader.next(py, task)? {
            Some(next) => self.push(record(&next)?.0, next.unbind(), run),
            None => Ok(()),
        }
    }

    fn push(&mut self, number: u64, element: Py<PyAny>, run: usize) -> PyResult<()> {
        self.merge.push((number, element), run, |one, other| Ok(one.0 < other.0))
    }

    /// The element of the least number, with its run.
    fn pop(&mut self, py: Python<'_>, task: &Task) -> PyResult<Option<(u64, Py<PyAny>, usize)>> {
        let least = self.merge.pop(|one, other| Ok::<_, PyErr>(one.0 < other.0))?;
        let Some(((number, element), run)) = least else { return Ok(None) };
        self.refill(py, task, run)?;
        Ok(Some((number, element, run)))
    }
}

/// Keys with their combiners by first appearance, read from disk.
pub struct SpilledAggregation {
    runs: NumberedRuns,
}

impl SpilledAggregation {
    fn open(py: Python<'_>, task: &Task, merged: MergedBuckets) -> PyResult<Self> {
        let mut runs = NumberedRuns::open(py, task, merged.runs)?;
        for giant in merged.giants {
            runs.push(giant.number, giant.pair, NO_RUN)?;
        }
        Ok(Self { runs })
    }

    pub fn next<'py>(
        &mut self,
        py: Python<'py>,
        task: &Task,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let Some((_, element, run)) = self.runs.pop(py, task)? else { return Ok(None) };
        let element = element.into_bound(py);
        if run == NO_RUN {
            return Ok(Some(element));
        }
        let (_, key, combiner) = record(&element)?;
        Ok(Some((key, combiner).into_pyobject(py)?.into_any()))
    }
}
