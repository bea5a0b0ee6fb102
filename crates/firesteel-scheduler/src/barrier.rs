//! The meetings of a barrier stage's tasks: who waits, when they go on, and when they never will.
//!
//! ```text
//!              the last task arrives            a task ends, or calls the other operation
//!   Open ────────────────────────────► Open    Open ──────────────────────────────────────► Broken
//!            all waiting are released                all waiting are told, and who comes later, too
//! ```
//! Invariant: a task passes a barrier only when all tasks of its stage's attempt have arrived at it with the same
//! operation. Between two events not all of them wait, and nobody waits in a broken meeting.

use crate::ids::{RddId, TaskId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::mem;

/// What a task calls when it arrives. What it brings along stays with the performer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum BarrierOperation {
    /// Wait for the others.
    Barrier,
    /// Wait for the others and get the messages of all.
    AllGather,
}

/// Why tasks that wait will not be released. It holds for the rest of the attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum BarrierBreak {
    /// A task has ended and will not arrive any more.
    TaskEnded {
        /// Its partition.
        partition: u32,
    },
    /// Some tasks have called `barrier` and others `allGather`.
    OperationsDiffer,
    /// Some tasks have waited for longer than they may.
    TimedOut,
}

/// Why a job with a barrier stage is not begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum BarrierRefusal {
    /// Its tasks would never run all at once.
    TooManyTasks {
        /// The tasks of the stage.
        tasks: u32,
        /// How many run at once.
        slots: u32,
    },
    /// An RDD in the stage has another number of partitions than the stage has tasks.
    PartitionsDiffer {
        /// The RDD.
        rdd: RddId,
        /// Its partitions.
        partitions: u32,
        /// The tasks of the stage.
        tasks: u32,
    },
    /// An RDD in the stage has more than one parent that has to run as a barrier stage.
    SeveralBarriers {
        /// The RDD.
        rdd: RddId,
    },
}

/// What a barrier stage has more than others: where its tasks meet, and failures that count for all of them.
#[derive(Debug, Default)]
pub(crate) struct BarrierStage {
    pub meeting: Meeting,
    /// Failed tasks since the stage was last needed anew; one success forgives nothing, for it is run again.
    failures: u32,
    deaths: Vec<String>,
}

impl BarrierStage {
    pub fn count_failure(&mut self) -> u32 {
        self.failures += 1;
        self.failures
    }

    pub fn count_death(&mut self, cause: String) -> &[String] {
        self.deaths.push(cause);
        &self.deaths
    }
}

/// Where the tasks of one attempt meet, one barrier after the other.
#[derive(Debug, Default)]
pub(crate) struct Meeting {
    waiting: BTreeMap<Place, TaskId>,
    operation: Option<BarrierOperation>,
    broken: Option<BarrierBreak>,
    /// The partition of the first task that has ended.
    left: Option<u32>,
}

/// The partition of a task, then its position in the stage: a job may ask for a partition twice.
pub(crate) type Place = (u32, u32);

/// What an arrival, or an end, means for those who wait, in the order of their places.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Wait,
    Release(Vec<TaskId>),
    Break(Vec<TaskId>, BarrierBreak),
}

impl Meeting {
    /// A task arrives, one of so many.
    pub fn arrive(
        &mut self,
        place: Place,
        task: TaskId,
        operation: BarrierOperation,
        tasks: usize,
    ) -> Verdict {
        let agreed = *self.operation.get_or_insert(operation);
        self.waiting.insert(place, task);
        let left = self.left.map(|partition| BarrierBreak::TaskEnded { partition });
        let differs = (agreed != operation).then_some(BarrierBreak::OperationsDiffer);
        if let Some(why) = self.broken.or(left).or(differs) {
            return self.break_up(why);
        }
        if self.waiting.len() < tasks {
            return Verdict::Wait;
        }
        self.operation = None;
        Verdict::Release(self.take_waiting())
    }

    /// The task of a partition has ended well.
    pub fn leave(&mut self, partition: u32) -> Verdict {
        let first = *self.left.get_or_insert(partition);
        if self.waiting.is_empty() {
            return Verdict::Wait;
        }
        self.break_up(BarrierBreak::TaskEnded { partition: first })
    }

    /// From now on nobody is released.
    pub fn break_up(&mut self, why: BarrierBreak) -> Verdict {
        let why = *self.broken.get_or_insert(why);
        Verdict::Break(self.take_waiting(), why)
    }

    fn take_waiting(&mut self) -> Vec<TaskId> {
        mem::take(&mut self.waiting).into_values().collect()
    }

    pub fn waiting(&self) -> impl ExactSizeIterator<Item = TaskId> {
        self.waiting.values().copied()
    }

    /// Whether nothing has happened in this attempt, or nothing that lasts.
    pub fn is_fresh(&self) -> bool {
        self.waiting.is_empty() && self.broken.is_none() && self.left.is_none()
    }

    pub fn is_broken(&self) -> bool {
        self.broken.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use BarrierOperation::{AllGather, Barrier};

    const A: TaskId = TaskId(10);
    const B: TaskId = TaskId(11);

    #[test]
    fn the_last_one_releases_all() {
        let mut meeting = Meeting::default();
        for operation in [Barrier, AllGather] {
            assert_eq!(meeting.arrive((1, 0), B, operation, 2), Verdict::Wait);
            assert_eq!(meeting.arrive((0, 1), A, operation, 2), Verdict::Release(vec![A, B]));
        }
        assert!(meeting.is_fresh());
    }

    #[test]
    fn who_ends_is_missed() {
        let mut meeting = Meeting::default();
        let why = BarrierBreak::TaskEnded { partition: 7 };
        meeting.arrive((1, 0), B, Barrier, 2);
        assert_eq!(meeting.leave(7), Verdict::Break(vec![B], why));
        // Another try is as vain.
        assert_eq!(meeting.arrive((1, 0), B, Barrier, 2), Verdict::Break(vec![B], why));
    }

    #[test]
    fn who_comes_after_an_end_does_not_wait() {
        let mut meeting = Meeting::default();
        assert_eq!(meeting.leave(7), Verdict::Wait);
        let why = BarrierBreak::TaskEnded { partition: 7 };
        assert_eq!(meeting.arrive((1, 0), B, Barrier, 2), Verdict::Break(vec![B], why));
    }

    #[test]
    fn all_call_the_same_operation() {
        let mut meeting = Meeting::default();
        meeting.arrive((0, 1), A, Barrier, 2);
        let why = BarrierBreak::OperationsDiffer;
        assert_eq!(meeting.arrive((1, 0), B, AllGather, 2), Verdict::Break(vec![A, B], why));
        assert!(meeting.is_broken());
    }

    #[test]
    fn a_task_alone_does_not_wait() {
        let mut meeting = Meeting::default();
        assert_eq!(meeting.arrive((0, 1), A, AllGather, 1), Verdict::Release(vec![A]));
    }
}
