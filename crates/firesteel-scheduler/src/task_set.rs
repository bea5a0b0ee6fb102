//! The tasks of one stage: one slot for each partition, with its attempts and failures.
//!
//! ```text
//!              launch                 succeed
//!   Pending ───────────► Running ───────────────► Done
//!      ▲ ▲                  │                      │
//!      │ └──── retry ───────┘                      │
//!      └──────────────── lose ─────────────────────┘
//! ```
//!
//! Invariant: `pending` holds exactly the indexes of the slots in state `Pending`. An index is the position of a
//! task in its stage: for a map stage the map partition, for a result stage the position in the job's list, which
//! may name a partition twice.

use crate::ids::{ExecutorId, TaskId};
use std::collections::BTreeSet;

#[derive(Debug)]
pub(crate) struct TaskSet {
    slots: Vec<Slot>,
    pending: BTreeSet<u32>,
    done: usize,
}

#[derive(Debug)]
struct Slot {
    partition: u32,
    state: SlotState,
    launches: u32,
    /// Whether the next launch repeats work that failed or was lost.
    is_retry: bool,
    failures: u32,
    /// How often a cached block could not be read.
    lost_blocks: u32,
    /// How the workers died that ran this task.
    deaths: Vec<String>,
    /// Where it has gone wrong last: the next attempt is better made elsewhere.
    avoids: Option<ExecutorId>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SlotState {
    Pending,
    Running(TaskId),
    Done,
}

impl SlotState {
    pub fn running(self) -> Option<TaskId> {
        match self {
            Self::Running(task) => Some(task),
            Self::Pending | Self::Done => None,
        }
    }
}

/// What the scheduler says about a launch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Attempt {
    pub number: u32,
    pub is_retry: bool,
}

impl TaskSet {
    pub fn new(partitions: impl IntoIterator<Item = u32>) -> Self {
        let slots: Vec<Slot> = partitions.into_iter().map(Slot::new).collect();
        let pending = (0..).take(slots.len()).collect();
        Self { slots, pending, done: 0 }
    }

    pub fn len(&self) -> usize {
        self.slots.len()
    }

    pub fn is_done(&self) -> bool {
        self.done == self.slots.len()
    }

    pub fn has_done(&self) -> bool {
        self.done > 0
    }

    pub fn pending(&self) -> &BTreeSet<u32> {
        &self.pending
    }

    pub fn pending_partitions(&self) -> Vec<u32> {
        self.pending.iter().filter_map(|index| self.partition(*index)).collect()
    }

    pub fn partition(&self, index: u32) -> Option<u32> {
        self.slots.get(index as usize).map(|slot| slot.partition)
    }

    pub fn state(&self, index: u32) -> Option<SlotState> {
        self.slots.get(index as usize).map(|slot| slot.state)
    }

    pub fn states(&self) -> impl Iterator<Item = SlotState> {
        self.slots.iter().map(|slot| slot.state)
    }

    fn slot(&mut self, index: u32) -> Option<&mut Slot> {
        self.slots.get_mut(index as usize)
    }

    /// Changes a slot's state; `pending` and `done` follow.
    fn set(&mut self, index: u32, state: SlotState) {
        let Some(slot) = self.slots.get_mut(index as usize) else { return };
        let before = std::mem::replace(&mut slot.state, state);
        self.done -= usize::from(before == SlotState::Done);
        self.done += usize::from(state == SlotState::Done);
        if state == SlotState::Pending {
            self.pending.insert(index);
        } else {
            self.pending.remove(&index);
        }
    }

    pub fn launch(&mut self, index: u32, task: TaskId) -> Attempt {
        self.set(index, SlotState::Running(task));
        let Some(slot) = self.slot(index) else { return Attempt { number: 0, is_retry: false } };
        let number = slot.launches;
        slot.launches += 1;
        Attempt { number, is_retry: std::mem::take(&mut slot.is_retry) }
    }

    /// Notes the success of an attempt, whichever it was, and returns the one that runs if it is another.
    pub fn succeed(&mut self, index: u32, task: TaskId) -> Option<TaskId> {
        let before = self.state(index);
        self.set(index, SlotState::Done);
        if let Some(slot) = self.slot(index) {
            slot.forgive();
        }
        before.and_then(SlotState::running).filter(|other| *other != task)
    }

    /// The task has to run again.
    pub fn retry(&mut self, index: u32) {
        self.set(index, SlotState::Pending);
        if let Some(slot) = self.slot(index) {
            slot.is_retry = true;
        }
    }

    /// The next attempt at the task is better made on another executor.
    pub fn avoid(&mut self, index: u32, executor: ExecutorId) {
        if let Some(slot) = self.slot(index) {
            slot.avoids = Some(executor);
        }
    }

    /// The executor on which the task has gone wrong.
    pub fn avoided(&self, index: u32) -> Option<ExecutorId> {
        self.slots.get(index as usize).and_then(|slot| slot.avoids)
    }

    /// What a task that was done has made is gone.
    pub fn lose(&mut self, index: u32) {
        if self.state(index) == Some(SlotState::Done) {
            self.retry(index);
        }
    }

    /// How often the task has failed, this time included.
    pub fn count_failure(&mut self, index: u32) -> u32 {
        self.slot(index).map_or(0, |slot| {
            slot.failures += 1;
            slot.failures
        })
    }

    /// How often the task could not read a cached block, this time included.
    pub fn count_lost_block(&mut self, index: u32) -> u32 {
        self.slot(index).map_or(0, |slot| {
            slot.lost_blocks += 1;
            slot.lost_blocks
        })
    }

    /// How the workers died that ran the task, this one included.
    pub fn count_death(&mut self, index: u32, cause: String) -> &[String] {
        self.slot(index).map_or(&[], |slot| {
            slot.deaths.push(cause);
            &slot.deaths
        })
    }

    /// All tasks have to run again, also those that are done. What runs is returned to be killed.
    pub fn restart(&mut self) -> Vec<TaskId> {
        let mut running = Vec::new();
        for index in (0..).take(self.slots.len()) {
            let Some(state) = self.state(index) else { continue };
            running.extend(state.running());
            if state != SlotState::Pending {
                self.retry(index);
            }
        }
        running
    }

    /// Nobody waits for the stage any more: what it has done stays, what runs is returned to be killed, and
    /// past failures are not held against the next job.
    pub fn abandon(&mut self) -> Vec<TaskId> {
        let mut running = Vec::new();
        for index in (0..).take(self.slots.len()) {
            if let Some(task) = self.state(index).and_then(SlotState::running) {
                running.push(task);
                self.set(index, SlotState::Pending);
            }
        }
        self.slots.iter_mut().for_each(Slot::forgive);
        running
    }
}

impl Slot {
    fn new(partition: u32) -> Self {
        Self {
            partition,
            state: SlotState::Pending,
            launches: 0,
            is_retry: false,
            failures: 0,
            lost_blocks: 0,
            deaths: Vec::new(),
            avoids: None,
        }
    }

    fn forgive(&mut self) {
        self.failures = 0;
        self.lost_blocks = 0;
        self.deaths = Vec::new();
        self.avoids = None;
        self.is_retry = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: TaskId = TaskId(0);
    const B: TaskId = TaskId(1);

    fn pending(tasks: &TaskSet) -> Vec<u32> {
        tasks.pending().iter().copied().collect()
    }

    #[test]
    fn a_task_is_launched_and_done() {
        let mut tasks = TaskSet::new([7, 9]);
        assert_eq!(tasks.pending_partitions(), [7, 9]);
        assert_eq!(tasks.launch(1, A), Attempt { number: 0, is_retry: false });
        assert_eq!(pending(&tasks), [0]);
        assert_eq!(tasks.succeed(1, A), None);
        assert_eq!(tasks.launch(0, B).number, 0);
        assert!(!tasks.is_done());
        tasks.succeed(0, B);
        assert!(tasks.is_done());
    }

    #[test]
    fn a_lost_output_is_a_retry() {
        let mut tasks = TaskSet::new(0..1);
        tasks.lose(0);
        assert_eq!(tasks.launch(0, A), Attempt { number: 0, is_retry: false });
        tasks.succeed(0, A);
        tasks.lose(0);
        assert!(!tasks.is_done());
        assert_eq!(tasks.launch(0, B), Attempt { number: 1, is_retry: true });
    }

    #[test]
    fn a_late_success_names_the_attempt_it_beats() {
        let mut tasks = TaskSet::new(0..1);
        tasks.launch(0, A);
        assert_eq!(tasks.abandon(), [A]);
        tasks.launch(0, B);
        assert_eq!(tasks.succeed(0, A), Some(B));
    }

    #[test]
    fn an_abandoned_set_forgives() {
        let mut tasks = TaskSet::new(0..1);
        assert_eq!(tasks.count_failure(0), 1);
        assert_eq!(tasks.count_failure(0), 2);
        assert_eq!(tasks.count_death(0, "x".into()), ["x"]);
        tasks.abandon();
        assert_eq!(tasks.count_failure(0), 1);
        assert_eq!(tasks.count_death(0, "y".into()), ["y"]);
    }
}
