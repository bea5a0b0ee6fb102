//! Cached blocks that come and go, and the end of RDDs that nobody can ask for again.
//!
//! Invariant: files and blocks are removed only when no job and no running task, not even a killed one, can
//! still read or write them, for each of these pins its part of the lineage.

use super::DagScheduler;
use crate::event::Action;
use crate::ids::{RddId, ShuffleId, WorkerId};
use crate::lineage::Pin;
use std::mem;

impl DagScheduler {
    pub fn block_stored(&mut self, rdd: RddId, partition: u32, worker: WorkerId) {
        if self.lineage.rdd(rdd).is_some() {
            self.blocks.store(rdd, partition, worker);
        } else {
            self.actions.push(Action::RemoveBlocks { rdd });
        }
    }

    /// What counted on the blocks has to find another way.
    pub fn blocks_dropped(&mut self, rdd: RddId) {
        if self.blocks.drop_rdd(rdd) {
            let readers = self.stages.depending(|needs| needs.cached.contains(&rdd));
            self.dirty.evaluate.extend(readers);
        }
    }

    pub fn rdd_released(&mut self, rdd: RddId) {
        if self.lineage.release(rdd) {
            self.loosened.push(Pin::Rdd(rdd));
        }
    }

    /// Takes away the loosened pins and removes what belonged to the nodes that are forgotten with them.
    pub(super) fn collect(&mut self) {
        for pin in mem::take(&mut self.loosened) {
            for forgotten in self.lineage.unpin(pin) {
                match forgotten {
                    Pin::Rdd(rdd) => self.forget_rdd(rdd),
                    Pin::Shuffle(shuffle) => self.forget_shuffle(shuffle),
                }
            }
        }
    }

    fn forget_rdd(&mut self, rdd: RddId) {
        if self.blocks.drop_rdd(rdd) {
            self.actions.push(Action::RemoveBlocks { rdd });
        }
    }

    fn forget_shuffle(&mut self, shuffle: ShuffleId) {
        if let Some(stage) = self.stages.map_stage_id(shuffle) {
            self.stages.remove(stage);
        }
        self.outputs.remove(shuffle);
        self.actions.push(Action::RemoveShuffle { shuffle });
    }
}
