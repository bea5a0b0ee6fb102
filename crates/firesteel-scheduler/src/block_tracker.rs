//! Which partitions of persisted RDDs are stored, and who wrote each, or has a live copy since that one died.
//!
//! Invariant: an RDD has an entry exactly when at least one of its partitions is stored. Blocks are owned outside
//! the workers and survive them, so a dead worker in here only means that no worker is preferred. They do not survive
//! their executor, unless that is the driver.

use crate::ids::{ExecutorId, RddId, WorkerId};
use std::collections::BTreeMap;

#[derive(Debug, Default)]
pub(crate) struct BlockTracker {
    blocks: BTreeMap<RddId, BTreeMap<u32, Holder>>,
}

/// Who would read a block best.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Holder {
    pub worker: WorkerId,
    pub executor: ExecutorId,
}

impl BlockTracker {
    pub fn store(&mut self, rdd: RddId, partition: u32, holder: Holder) {
        self.blocks.entry(rdd).or_default().insert(partition, holder);
    }

    /// Forgets the blocks of an RDD. Whether there were any.
    pub fn drop_rdd(&mut self, rdd: RddId) -> bool {
        self.blocks.remove(&rdd).is_some()
    }

    /// Forgets one block. Whether it was there.
    pub fn drop_partition(&mut self, rdd: RddId, partition: u32) -> bool {
        let Some(blocks) = self.blocks.get_mut(&rdd) else { return false };
        let was_there = blocks.remove(&partition).is_some();
        if blocks.is_empty() {
            self.blocks.remove(&rdd);
        }
        was_there
    }

    /// The blocks that an executor holds.
    pub fn held_by(&self, executor: ExecutorId) -> Vec<(RddId, u32)> {
        let all = self.blocks.iter().flat_map(|(rdd, stored)| {
            stored.iter().map(|(partition, holder)| (*rdd, *partition, holder.executor))
        });
        all.filter(|(_, _, of)| *of == executor).map(|(rdd, index, _)| (rdd, index)).collect()
    }

    pub fn holder(&self, rdd: RddId, partition: u32) -> Option<Holder> {
        self.blocks.get(&rdd)?.get(&partition).copied()
    }

    /// Keeps those partitions in the list that are not stored.
    pub fn retain_uncached(&self, rdd: RddId, partitions: &mut Vec<u32>) {
        if let Some(stored) = self.blocks.get(&rdd) {
            partitions.retain(|partition| !stored.contains_key(partition));
        }
    }

    /// How many partitions of an RDD are stored.
    pub fn count(&self, rdd: RddId) -> usize {
        self.blocks.get(&rdd).map_or(0, BTreeMap::len)
    }

    pub fn len(&self) -> usize {
        self.blocks.values().map(BTreeMap::len).sum()
    }
}
