//! Tasks that meet, as the user's functions make them, and whether the scheduler may let them go on.

use super::{Task, World};
use crate::data::refusable;
use crate::dice::Dice;
use firesteel_scheduler::barrier::{BarrierBreak, BarrierOperation};
use firesteel_scheduler::event::{Action, Event, JobFailure, LaunchTask, TaskEndReason};
use firesteel_scheduler::ids::{RddId, StageId, TaskId};
use std::collections::{BTreeMap, BTreeSet};

/// What a task of a barrier stage still has to do before it can end.
#[derive(Debug)]
pub(super) struct Meetings {
    /// The barriers that it calls.
    left: u32,
    waiting: Option<BarrierOperation>,
    /// It was told that it waits in vain.
    is_broken: bool,
}

/// One attempt of a stage.
pub(super) type StageAttempt = (StageId, u32);

/// What has happened in barrier stages.
#[derive(Default)]
pub(super) struct Barriers {
    /// The tasks of barrier stages, ended or not.
    pub attempts: BTreeMap<TaskId, StageAttempt>,
    /// The partitions that have ended well.
    left: BTreeSet<(StageAttempt, u32)>,
    /// The attempts in which a task has called what the others do not call, or has waited too long.
    disturbed: BTreeSet<StageAttempt>,
    /// The launches of the event that is being handled: how many, and how many there should be.
    launches: BTreeMap<StageAttempt, (u32, u32)>,
}

fn attempt(launch: &LaunchTask) -> StageAttempt {
    (launch.stage, launch.stage_attempt)
}

impl Meetings {
    pub fn of(launch: &LaunchTask) -> Option<Meetings> {
        let left = launch.stage.0 % 3;
        launch.barrier.map(|_| Meetings { left, waiting: None, is_broken: false })
    }
}

impl Task {
    /// Whether it does nothing until others do.
    pub(super) fn is_waiting(&self) -> bool {
        let waits = self.meetings.as_ref().is_some_and(|meetings| meetings.waiting.is_some());
        waits && !self.is_killed
    }
}

impl World {
    pub(super) fn note_launch(&mut self, launch: &LaunchTask) {
        let Some(tasks) = launch.barrier else { return };
        self.barriers.attempts.insert(launch.task, attempt(launch));
        self.barriers.launches.entry(attempt(launch)).or_insert((0, tasks)).0 += 1;
    }

    pub(super) fn note_success(&mut self, launch: &LaunchTask) {
        if launch.barrier.is_some() {
            self.barriers.left.insert((attempt(launch), launch.partition));
        }
    }

    /// After an event: what was launched was launched all at once, and jobs were refused if they had to be.
    pub(super) fn check_barriers(&mut self, event: &Event, actions: &[Action]) {
        for (attempt, (launched, tasks)) in std::mem::take(&mut self.barriers.launches) {
            assert_eq!(launched, tasks, "{attempt:?} is torn");
        }
        if let Event::JobSubmitted { rdd, partitions, .. } = event {
            let is_refused = actions.iter().any(|action| {
                matches!(action, Action::FailJob { failure: JobFailure::BarrierRefused(_), .. })
            });
            let slots = |rdd| self.slots_of(rdd);
            let is_due = !self.is_refused && refusable(&self.all, *rdd, partitions, slots);
            assert_eq!(is_refused, is_due, "{event:?}");
        }
    }

    /// All tasks of one attempt, if these are of a barrier stage.
    pub(super) fn check_same_attempt(&self, tasks: impl IntoIterator<Item = TaskId>, of: RddId) {
        let attempts = tasks.into_iter().map(|task| self.barriers.attempts.get(&task));
        let distinct: BTreeSet<_> = attempts.collect();
        let meets = distinct.iter().any(Option::is_some);
        assert!(!meets || distinct.len() == 1, "RDD {of} is made of {distinct:?}");
    }

    /// A task goes on to its next barrier, or does what it should not. Whether it did either.
    pub(super) fn meet(&mut self, id: TaskId, dice: &mut Dice) -> bool {
        let misbehaves = dice.chance(self.climate.failing_tasks);
        let task = self.tasks.get_mut(&id).expect("a task that runs");
        let attempt = attempt(&task.launch);
        let Some(meetings) = &mut task.meetings else { return false };
        if meetings.is_broken {
            self.end_task(id, TaskEndReason::Failed);
            return true;
        }
        if meetings.left == 0 || misbehaves && dice.chance(50) {
            return false;
        }
        let mut operation = [BarrierOperation::Barrier, BarrierOperation::AllGather];
        operation.rotate_left((meetings.left % 2) as usize);
        if misbehaves {
            operation.rotate_left(1);
            self.barriers.disturbed.insert(attempt);
        }
        let operation = operation[0];
        meetings.waiting = Some(operation);
        self.tell(Event::BarrierReached { task: id, operation });
        true
    }

    pub(super) fn time_out(&mut self, dice: &mut Dice) {
        let waiting = self.tasks.iter().filter(|(_, task)| task.is_waiting());
        let Some(task) = dice.pick(waiting.map(|(id, _)| *id)) else { return };
        self.barriers.disturbed.insert(attempt(&self.tasks[&task].launch));
        self.tell(Event::BarrierTimedOut { task });
    }

    pub(super) fn release_barrier(&mut self, tasks: &[TaskId]) {
        let launch = self.tasks[&tasks[0]].launch.clone();
        assert_eq!(Some(tasks.len() as u32), launch.barrier, "not all have arrived");
        let operation = self.tasks[&tasks[0]].meetings.as_ref().and_then(|m| m.waiting);
        let mut last = None;
        for id in tasks {
            let task = self.tasks.get_mut(id).expect("only running tasks are released");
            assert!(task.is_waiting(), "task {id} has not arrived");
            assert_eq!(attempt(&task.launch), attempt(&launch), "strangers meet");
            assert!(last.replace(task.launch.partition) < Some(task.launch.partition));
            let meetings = task.meetings.as_mut().expect("a task of a barrier stage");
            assert_eq!(meetings.waiting.take(), operation);
            meetings.left = meetings.left.saturating_sub(1);
        }
    }

    pub(super) fn break_barrier(&mut self, tasks: &[TaskId], reason: BarrierBreak) {
        for id in tasks {
            let task = self.tasks.get_mut(id).expect("only running tasks are told");
            assert!(task.is_waiting(), "task {id} does not wait");
            let attempt = attempt(&task.launch);
            let is_right = match reason {
                BarrierBreak::TaskEnded { partition } => {
                    self.barriers.left.contains(&(attempt, partition))
                }
                BarrierBreak::OperationsDiffer | BarrierBreak::TimedOut => {
                    self.barriers.disturbed.contains(&attempt)
                }
            };
            assert!(is_right, "{reason:?} is not so");
            let meetings = task.meetings.as_mut().expect("a task of a barrier stage");
            meetings.waiting = None;
            meetings.is_broken = true;
        }
    }
}
