//! Which task wrote the output of each map partition of each shuffle.
//!
//! Invariant: at most one output per map partition counts. Each acceptance has an epoch, a number that only
//! grows; a reader launched in an earlier epoch has read an older output, so its complaint is out of date.

use crate::ids::{ExecutorId, ShuffleId, TaskId};
use std::collections::BTreeMap;

#[derive(Debug, Default)]
pub(crate) struct MapOutputTracker {
    shuffles: BTreeMap<ShuffleId, MapOutputs>,
    epoch: u64,
}

#[derive(Debug)]
struct MapOutputs {
    tasks: Vec<Option<TaskId>>,
    /// The epoch in which the output of each map partition was last accepted.
    accepted: Vec<u64>,
    /// The executor that holds the output of each map partition.
    holders: Vec<ExecutorId>,
    missing: usize,
}

impl MapOutputTracker {
    pub fn define(&mut self, shuffle: ShuffleId, map_partitions: u32) {
        let count = map_partitions as usize;
        let outputs = MapOutputs {
            tasks: vec![None; count],
            accepted: vec![0; count],
            holders: vec![ExecutorId::default(); count],
            missing: count,
        };
        self.shuffles.insert(shuffle, outputs);
    }

    pub fn remove(&mut self, shuffle: ShuffleId) {
        self.shuffles.remove(&shuffle);
    }

    /// The task whose output counts, for each map partition; empty for an unknown shuffle.
    pub fn outputs(&self, shuffle: ShuffleId) -> &[Option<TaskId>] {
        self.shuffles.get(&shuffle).map_or(&[], |outputs| &outputs.tasks)
    }

    pub fn is_available(&self, shuffle: ShuffleId) -> bool {
        self.shuffles.get(&shuffle).is_some_and(|outputs| outputs.missing == 0)
    }

    /// The present epoch: every output known now was accepted in it or before.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Makes this output the one that counts, unless there is one already. Whether it does count.
    pub fn accept(
        &mut self,
        shuffle: ShuffleId,
        map_partition: u32,
        task: TaskId,
        holder: ExecutorId,
    ) -> bool {
        let Some(outputs) = self.shuffles.get_mut(&shuffle) else { return false };
        let index = map_partition as usize;
        let Some(output @ None) = outputs.tasks.get_mut(index) else { return false };
        *output = Some(task);
        outputs.missing -= 1;
        self.epoch += 1;
        outputs.accepted[index] = self.epoch;
        outputs.holders[index] = holder;
        true
    }

    /// The outputs that an executor holds.
    pub fn held_by(&self, executor: ExecutorId) -> Vec<(ShuffleId, u32, TaskId)> {
        let mut held = Vec::new();
        for (shuffle, outputs) in &self.shuffles {
            let placed = outputs.tasks.iter().zip(&outputs.holders);
            for (index, (task, holder)) in (0..).zip(placed) {
                held.extend(
                    task.filter(|_| *holder == executor).map(|task| (*shuffle, index, task)),
                );
            }
        }
        held
    }

    /// Notes that a reader launched in `epoch` could not read an output. Whether one was lost: it was not if
    /// none was there, or if it has been made anew since.
    pub fn lose(&mut self, shuffle: ShuffleId, map_partition: u32, epoch: u64) -> bool {
        let Some(outputs) = self.shuffles.get_mut(&shuffle) else { return false };
        let index = map_partition as usize;
        let Some(output @ Some(_)) = outputs.tasks.get_mut(index) else { return false };
        if outputs.accepted[index] > epoch {
            return false;
        }
        *output = None;
        outputs.missing += 1;
        true
    }

    pub fn len(&self) -> usize {
        self.shuffles.values().map(|outputs| 1 + outputs.tasks.len()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHUFFLE: ShuffleId = ShuffleId(3);
    const HERE: ExecutorId = ExecutorId(0);

    fn tracker() -> MapOutputTracker {
        let mut tracker = MapOutputTracker::default();
        tracker.define(SHUFFLE, 2);
        tracker
    }

    #[test]
    fn a_shuffle_is_available_with_all_its_outputs() {
        let mut tracker = tracker();
        assert!(tracker.accept(SHUFFLE, 0, TaskId(0), HERE));
        assert!(!tracker.is_available(SHUFFLE));
        assert!(tracker.accept(SHUFFLE, 1, TaskId(1), HERE));
        assert!(tracker.is_available(SHUFFLE));
        assert_eq!(tracker.outputs(SHUFFLE), [Some(TaskId(0)), Some(TaskId(1))]);
    }

    #[test]
    fn the_first_output_counts() {
        let mut tracker = tracker();
        assert!(tracker.accept(SHUFFLE, 0, TaskId(0), HERE));
        assert!(!tracker.accept(SHUFFLE, 0, TaskId(1), HERE));
        assert_eq!(tracker.outputs(SHUFFLE)[0], Some(TaskId(0)));
    }

    #[test]
    fn a_late_complaint_does_not_lose_the_new_output() {
        let mut tracker = tracker();
        tracker.accept(SHUFFLE, 0, TaskId(0), HERE);
        let epoch = tracker.epoch();
        assert!(tracker.lose(SHUFFLE, 0, epoch));
        assert!(!tracker.lose(SHUFFLE, 0, epoch));
        tracker.accept(SHUFFLE, 0, TaskId(1), HERE);
        assert!(!tracker.lose(SHUFFLE, 0, epoch));
        assert!(tracker.lose(SHUFFLE, 0, tracker.epoch()));
    }

    #[test]
    fn an_executor_holds_what_still_counts() {
        let mut tracker = tracker();
        let there = ExecutorId(1);
        tracker.accept(SHUFFLE, 0, TaskId(0), there);
        tracker.accept(SHUFFLE, 1, TaskId(1), HERE);
        assert_eq!(tracker.held_by(there), [(SHUFFLE, 0, TaskId(0))]);
        tracker.lose(SHUFFLE, 0, tracker.epoch());
        assert_eq!(tracker.held_by(there), []);
    }

    #[test]
    fn a_shuffle_of_nothing_is_available_at_once() {
        let mut tracker = MapOutputTracker::default();
        tracker.define(SHUFFLE, 0);
        assert!(tracker.is_available(SHUFFLE));
    }

    #[test]
    fn what_is_unknown_is_neither_available_nor_accepted() {
        let mut tracker = tracker();
        assert!(!tracker.is_available(ShuffleId(9)));
        assert!(!tracker.accept(ShuffleId(9), 0, TaskId(0), HERE));
        assert!(!tracker.accept(SHUFFLE, 2, TaskId(0), HERE));
        assert!(!tracker.lose(SHUFFLE, 2, 0));
    }
}
