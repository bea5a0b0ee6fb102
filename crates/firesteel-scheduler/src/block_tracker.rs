//! Which partitions of persisted RDDs are stored, and which worker wrote each, or has a live copy since that one died.
//!
//! Invariant: an RDD has an entry exactly when at least one of its partitions is stored. Blocks are owned outside
//! the workers and survive them, so a dead worker in here only means that no worker is preferred.

use crate::ids::{RddId, WorkerId};
use std::collections::BTreeMap;

#[derive(Debug, Default)]
pub(crate) struct BlockTracker {
    blocks: BTreeMap<RddId, BTreeMap<u32, WorkerId>>,
}

impl BlockTracker {
    pub fn store(&mut self, rdd: RddId, partition: u32, worker: WorkerId) {
        self.blocks.entry(rdd).or_default().insert(partition, worker);
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

    pub fn worker(&self, rdd: RddId, partition: u32) -> Option<WorkerId> {
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
