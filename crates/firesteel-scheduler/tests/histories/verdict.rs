//! Whether a job's error is the right one: a second, independent count of what has gone wrong.
//!
//! The counts here never forgive, those of the scheduler do (after a success, between jobs): an error must have
//! its full number of causes here, and a result task, which is never forgiven, must fail its job in time.

use firesteel_scheduler::event::{Action, Event, JobFailure, LaunchTask, TaskEndReason, Work};
use firesteel_scheduler::ids::{JobId, StageId, TaskId};
use std::collections::BTreeMap;

/// Stated here anew, so that a change of the policy is a change of two files.
const DEATHS: usize = 4;
const LOST_BLOCKS: usize = 4;
const FETCH_FAILURES: u32 = 4;
const FAILED_STARTS: usize = 3;

/// The cause of death where nobody has killed a task that ended as if killed.
const UNASKED: &str = "interrupted from outside";

/// What counts as one: a partition of a stage, or the whole of a barrier stage.
type Place = (StageId, Option<u32>);

fn place(launch: &LaunchTask) -> Place {
    (launch.stage, launch.barrier.is_none().then_some(launch.partition))
}

pub struct Verdict {
    max_failures: u32,
    failures: BTreeMap<Place, Vec<TaskId>>,
    /// The tasks that could not read a block, by partition also in a barrier stage.
    lost_blocks: BTreeMap<Place, Vec<TaskId>>,
    deaths: BTreeMap<Place, Vec<String>>,
    fetch_failures: BTreeMap<StageId, u32>,
    failed_starts: Vec<String>,
    /// The job that the event to come must fail.
    overdue: Option<JobId>,
}

impl Verdict {
    pub fn new(max_failures: u32) -> Self {
        Self {
            max_failures,
            failures: BTreeMap::new(),
            lost_blocks: BTreeMap::new(),
            deaths: BTreeMap::new(),
            fetch_failures: BTreeMap::new(),
            failed_starts: Vec::new(),
            overdue: None,
        }
    }

    pub fn task_ended(&mut self, launch: &LaunchTask, is_killed: bool, reason: &TaskEndReason) {
        if is_killed {
            return;
        }
        match reason {
            TaskEndReason::Failed => {
                let failures = self.failures.entry(place(launch)).or_default();
                failures.push(launch.task);
                let is_last = failures.len() >= self.max_failures as usize;
                self.overdue = result_of(launch).filter(|_| is_last);
            }
            TaskEndReason::FetchFailed { .. } => {
                *self.fetch_failures.entry(launch.stage).or_default() += 1;
            }
            TaskEndReason::BlockLost => {
                let place = (launch.stage, Some(launch.partition));
                let losses = self.lost_blocks.entry(place).or_default();
                losses.push(launch.task);
                let is_last = losses.len() >= LOST_BLOCKS;
                self.overdue = result_of(launch).filter(|_| is_last);
            }
            TaskEndReason::Killed => self.worker_died(launch, is_killed, UNASKED),
            TaskEndReason::Success => {}
        }
    }

    pub fn worker_died(&mut self, launch: &LaunchTask, is_killed: bool, cause: &str) {
        if !is_killed {
            let deaths = self.deaths.entry(place(launch)).or_default();
            deaths.push(cause.to_owned());
            let is_last = deaths.len() >= DEATHS;
            self.overdue = result_of(launch).filter(|_| is_last);
        }
    }

    pub fn start_failed(&mut self, cause: &str) {
        self.failed_starts.push(cause.to_owned());
    }

    /// Looks at what the scheduler makes of an event.
    pub fn judge(&mut self, event: &Event, actions: &[Action]) {
        let failed = |action: &Action| match action {
            Action::FailJob { job, .. } => Some(*job),
            _ => None,
        };
        if let Some(job) = self.overdue.take() {
            let ended = actions.iter().filter_map(failed).any(|failed| failed == job);
            assert!(ended, "job {job} should have failed by {event:?}");
        }
        for action in actions {
            if let Action::FailJob { failure, .. } = action {
                self.check(failure, event);
            }
        }
        if let Event::WorkerRegistered { .. } = event {
            self.failed_starts.clear();
        }
    }

    fn check(&self, failure: &JobFailure, event: &Event) {
        match failure {
            JobFailure::TaskFailed { task, stage, partition, attempts } => {
                let failures = found(&self.failures, *stage, *partition);
                let lost_blocks = found(&self.lost_blocks, *stage, *partition);
                let is_last_of = |tasks: &[TaskId], allowed: usize| {
                    *attempts as usize == allowed
                        && tasks.len() >= allowed
                        && tasks.last() == Some(task)
                };
                let is_due = is_last_of(failures, self.max_failures as usize)
                    || is_last_of(lost_blocks, LOST_BLOCKS);
                assert!(is_due, "{failure:?} after {failures:?} and lost blocks {lost_blocks:?}");
            }
            JobFailure::WorkersDied { stage, partition, causes } => {
                assert_eq!(causes.len(), DEATHS);
                let deaths = found(&self.deaths, *stage, *partition);
                assert!(
                    deaths.ends_with(causes),
                    "{causes:?} of {stage:?}, {partition} after {deaths:?} by {event:?}"
                );
            }
            JobFailure::NoWorkers { causes } => {
                assert_eq!(causes.len(), FAILED_STARTS);
                assert!(self.failed_starts.ends_with(causes));
            }
            JobFailure::FetchFailed { stage, attempts, .. } => {
                assert_eq!(*attempts, FETCH_FAILURES);
                assert!(self.fetch_failures[stage] >= *attempts);
            }
            JobFailure::BarrierRefused(_)
            | JobFailure::ProfilesDiffer { .. }
            | JobFailure::TooLittle { .. } => {
                assert!(matches!(event, Event::JobSubmitted { .. }), "{failure:?} by {event:?}");
            }
            JobFailure::Cancelled { reason } => {
                let asks = matches!(
                    event,
                    Event::JobCancelled { .. }
                        | Event::JobGroupCancelled { .. }
                        | Event::AllJobsCancelled { .. }
                );
                assert!(asks, "nobody cancelled: {reason}: {event:?}");
            }
        }
    }
}

fn found<T>(counted: &BTreeMap<Place, Vec<T>>, stage: StageId, partition: u32) -> &[T] {
    let place = (stage, Some(partition));
    counted.get(&place).or(counted.get(&(stage, None))).map_or(&[], Vec::as_slice)
}

fn result_of(launch: &LaunchTask) -> Option<JobId> {
    match launch.work {
        Work::Result(job) => Some(job),
        Work::ShuffleMap(_) => None,
    }
}
