//! Cached blocks that come and go, and the end of RDDs that nobody can ask for again.
//!
//! Invariant: files and blocks are removed only when no job and no running task, not even a killed one, can
//! still read or write them, for each of these pins its part of the lineage.

use super::DagScheduler;
use crate::block_tracker::Holder;
use crate::event::Action;
use crate::ids::{RddId, ShuffleId, WorkerId};
use crate::lineage::Pin;
use std::mem;

impl DagScheduler {
    pub fn block_stored(&mut self, rdd: RddId, partition: u32, worker: WorkerId) {
        if self.lineage.rdd(rdd).is_none() {
            self.actions.push(Action::RemoveBlocks { rdd });
        } else if let Some(executor) = self.tasks.pool.executor(worker) {
            self.blocks.store(rdd, partition, Holder { worker, executor });
        } else {
            self.actions.push(Action::LoseBlock { rdd, partition });
        }
    }

    /// The worker takes the place of one that is no more. One that lives has a copy, too, and would be missed.
    pub fn block_copied(&mut self, rdd: RddId, partition: u32, worker: WorkerId) {
        let Some(holder) = self.blocks.holder(rdd, partition) else { return };
        if self.tasks.pool.state(holder.worker).is_none() {
            // The block itself is where it was.
            self.blocks.store(rdd, partition, Holder { worker, ..holder });
        }
    }

    /// What counted on the blocks has to find another way.
    pub fn blocks_dropped(&mut self, rdd: RddId) {
        if self.blocks.drop_rdd(rdd) {
            self.evaluate_readers(rdd);
        }
    }

    pub fn block_evicted(&mut self, rdd: RddId, partition: u32) {
        if self.blocks.drop_partition(rdd, partition) {
            self.evaluate_readers(rdd);
        }
    }

    pub(super) fn evaluate_readers(&mut self, rdd: RddId) {
        let readers = self.stages.depending(|needs| needs.cached.contains(&rdd));
        self.dirty.evaluate.extend(readers);
    }

    /// The map stage is as new: whoever needs it next has everything to do.
    pub fn shuffle_dropped(&mut self, shuffle: ShuffleId) {
        let has_outputs = self.outputs.outputs(shuffle).iter().any(Option::is_some);
        if !has_outputs || self.is_in_use(shuffle) {
            return;
        }
        let Some(stage) = self.stages.map_stage_mut(shuffle) else { return };
        stage.begin_anew();
        self.outputs.define(shuffle, stage.tasks.len() as u32);
        self.actions.push(Action::RemoveShuffle { shuffle });
    }

    /// Whether a job or a task, be it a killed one, may still read or write the outputs of a shuffle.
    fn is_in_use(&self, shuffle: ShuffleId) -> bool {
        let jobs = self.jobs.values().map(|job| Pin::Rdd(job.rdd));
        let tasks = self.tasks.iter().map(|(_, task)| task.pin);
        jobs.chain(tasks).any(|pin| {
            let computed = match pin {
                Pin::Rdd(rdd) => Some(rdd),
                Pin::Shuffle(written) if written == shuffle => return true,
                Pin::Shuffle(written) => self.lineage.map_side(written),
            };
            computed.is_some_and(|rdd| self.lineage.shuffles_above(rdd).contains(&shuffle))
        })
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
