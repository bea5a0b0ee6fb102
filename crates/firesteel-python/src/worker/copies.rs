//! Live copies of cached partitions: their elements as Python objects, so that a pass need not decode them.
//!
//! ```text
//! block, read to its end -> Growing --keep--> Copies --find--> CopySource
//!                                               `- dropped: unpersist, a lost block, short memory, another RDD's copy
//! ```
//!
//! Invariants: a copy holds nothing that user code can change, only what typed columns without lists decode to: exact
//! ints, floats, strs, bytes, bools, None, and tuples of these. It belongs to one block, which stays the truth: whoever
//! finds no copy decodes. Copies take no more than their allowance, and never the place of a copy of the same
//! RDD: passes go round, so the one used longest ago is the one that is needed next.

use super::task::Task;
use crate::capi;
use firesteel_core::frame::ColumnView;
use firesteel_core::protocol::StoredBlock;
use firesteel_scheduler::ids::RddId;
use pyo3::prelude::*;
use std::collections::HashMap;
use std::mem::{size_of, take};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The elements of a partition.
pub type Elements = Arc<Vec<Py<PyAny>>>;

/// The copies that this worker has.
#[derive(Default)]
pub struct Copies(Mutex<Held>);

#[derive(Default)]
struct Held {
    copies: HashMap<(RddId, u32), Kept>,
    bytes: u64,
    /// Counts the uses, so that the one longest ago is known.
    clock: u64,
    dropped: u64,
}

struct Kept {
    path: PathBuf,
    elements: Elements,
    bytes: u64,
    used: u64,
}

impl Copies {
    /// The copy of a block.
    pub fn find(&self, block: &StoredBlock) -> Option<Elements> {
        let mut held = self.held();
        held.clock += 1;
        let clock = held.clock;
        let copy = held.copies.get_mut(&(block.rdd, block.partition))?;
        if copy.path != block.block.path {
            return None;
        }
        copy.used = clock;
        Some(copy.elements.clone())
    }

    /// How many bytes a new copy of a block of this RDD may take.
    fn room(&self, rdd: RddId, allowance: u64) -> u64 {
        let held = self.held();
        let same = held.copies.iter().filter(|((other, _), _)| *other == rdd);
        allowance.saturating_sub(same.map(|(_, copy)| copy.bytes).sum())
    }

    fn keep(&self, block: &StoredBlock, elements: Vec<Py<PyAny>>, bytes: u64, allowance: u64) {
        let mut held = self.held();
        held.make_room(block.rdd, allowance.saturating_sub(bytes));
        held.clock += 1;
        let (path, elements, used) = (block.block.path.clone(), Arc::new(elements), held.clock);
        held.drop_copy((block.rdd, block.partition));
        held.bytes += bytes;
        held.copies.insert((block.rdd, block.partition), Kept { path, elements, bytes, used });
    }

    /// Drops those of an RDD, or of one of its partitions.
    pub fn drop_of(&self, rdd: RddId, partition: Option<u32>) {
        self.held().drop_where(|key, _| key.0 == rdd && partition.is_none_or(|one| key.1 == one));
    }

    /// Drops all that nobody reads at the moment; whether there were any.
    pub fn drop_unused(&self) -> bool {
        self.held().drop_where(|_, copy| Arc::strong_count(&copy.elements) == 1)
    }

    /// How many were dropped since the last time.
    pub fn take_dropped(&self) -> u64 {
        take(&mut self.held().dropped)
    }

    /// No panic can happen while this lock is held.
    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    /// Drops copies of other RDDs, the one used longest ago first, until so many bytes are left.
    fn make_room(&mut self, rdd: RddId, left: u64) {
        while self.bytes > left {
            let others = self.copies.iter().filter(|(key, _)| key.0 != rdd);
            let Some((key, _)) = others.min_by_key(|(_, copy)| copy.used) else { return };
            let key = *key;
            self.drop_copy(key);
        }
    }

    fn drop_where(&mut self, is_to_go: impl Fn(&(RddId, u32), &Kept) -> bool) -> bool {
        let going = self.copies.iter().filter(|(key, copy)| is_to_go(key, copy));
        let going: Vec<_> = going.map(|(key, _)| *key).collect();
        going.iter().for_each(|key| self.drop_copy(*key));
        !going.is_empty()
    }

    fn drop_copy(&mut self, key: (RddId, u32)) {
        if let Some(copy) = self.copies.remove(&key) {
            self.bytes -= copy.bytes;
            self.dropped += 1;
        }
    }
}

/// A copy that grows while its block is decoded.
pub struct Growing {
    elements: Vec<Py<PyAny>>,
    bytes: u64,
    room: u64,
}

impl Growing {
    /// None where the copy would have no room: it is never smaller than the block.
    pub fn new(task: &Task, block: &StoredBlock) -> Option<Self> {
        let room = task.copies.room(block.rdd, task.limits.copies);
        let begins = block.block.length < room && !task.memory.is_short();
        begins.then(|| Self { elements: Vec::new(), bytes: 0, room })
    }

    /// Takes the elements of a frame. Whether the copy can go on.
    pub fn add(
        &mut self,
        py: Python<'_>,
        task: &Task,
        frame: &ColumnView<'_>,
        elements: &[Py<PyAny>],
    ) -> bool {
        let Some(bytes) = live_bytes(frame) else { return false };
        self.bytes += bytes;
        if self.bytes > self.room || task.memory.is_short() {
            return false;
        }
        if matches!(frame, ColumnView::Tuple { .. }) {
            elements.iter().for_each(|tuple| capi::untrack_tuples(tuple.bind(py)));
        }
        self.elements.extend(elements.iter().map(|element| element.clone_ref(py)));
        true
    }

    /// The block has ended.
    pub fn keep(mut self, task: &Task, block: &StoredBlock) {
        self.elements.shrink_to_fit();
        task.copies.keep(block, self.elements, self.bytes, task.limits.copies);
        task.copied(block.clone());
    }
}

/// What the objects of a column take, each with the place that refers to it; none if user code could change one.
fn live_bytes(column: &ColumnView<'_>) -> Option<u64> {
    let place = size_of::<Py<PyAny>>() as u64;
    let count = column.len() as u64;
    Some(match column {
        ColumnView::Null(_) | ColumnView::Bool(_) => count * place,
        ColumnView::Int(_) => count * (place + 32),
        ColumnView::Float(_) => count * (place + 24),
        // One byte a character, or up to four where one of them is beyond ASCII.
        ColumnView::Str(values) if values.data().is_ascii() => {
            count * (place + 64) + values.data().len() as u64
        }
        ColumnView::Str(values) => count * (place + 80) + 4 * values.data().len() as u64,
        ColumnView::Bytes(values) => count * (place + 48) + values.data().len() as u64,
        ColumnView::Tuple { fields, .. } => {
            let items = fields.iter().map(live_bytes).sum::<Option<u64>>()?;
            count * (place + 56) + items
        }
        ColumnView::List { .. } | ColumnView::Pickled { .. } | ColumnView::Serialized { .. } => {
            return None;
        }
    })
}

/// Reads a copy.
pub struct CopySource {
    elements: Elements,
    next: usize,
    /// Those before it have been counted.
    counted: usize,
}

/// So many elements are counted at once: a pass over a copy costs little else.
const COUNTED_AT_ONCE: u64 = 64;

impl CopySource {
    pub fn new(elements: Elements) -> Self {
        Self { elements, next: 0, counted: 0 }
    }

    pub fn next<'py>(
        &mut self,
        py: Python<'py>,
        task: &Task,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        Ok(self.lend(py, task)?.cloned())
    }

    /// The next element, without a reference of its own: who only looks at it need not touch its count.
    pub fn lend<'py>(
        &mut self,
        py: Python<'py>,
        task: &Task,
    ) -> PyResult<Option<&Bound<'py, PyAny>>> {
        let Some(element) = self.elements.get(self.next) else { return Ok(None) };
        if self.next == self.counted {
            self.counted += Self::count(py, task, self.elements.len() - self.next)?;
        }
        self.next += 1;
        Ok(Some(element.bind(py)))
    }

    /// Counts elements that come now, not all that are left.
    fn count(py: Python<'_>, task: &Task, left: usize) -> PyResult<usize> {
        let count = COUNTED_AT_ONCE.min(task.memory.stride()).min(left as u64);
        task.memory.tick_by(py, count)?;
        task.counters.elements_read.add(count);
        Ok(count as usize)
    }
}
