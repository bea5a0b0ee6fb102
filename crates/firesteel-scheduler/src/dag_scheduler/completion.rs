//! What the end of a task means: the fault-tolerance policy.
//!
//! | The task            | counts against      | then                                              |
//! |---------------------|---------------------|---------------------------------------------------|
//! | succeeded           | nothing             | its result or map output counts, once             |
//! | failed              | `max_failures`      | runs again, or its jobs fail                      |
//! | lost its worker     | `MAX_DEATH_RETRIES` | runs again on another worker, or its jobs fail    |
//! | could not fetch     | `MAX_STAGE_ATTEMPTS`| the lost output is made anew first                |
//! | lost a cached block | `MAX_BLOCK_RETRIES` | runs again without it, or its jobs fail           |
//! | was killed          | nothing             | nothing: nobody waits for it                      |
//!
//! In a barrier stage a task counts for all of them, and what runs again is the whole stage (`barrier`).
//!
//! Invariant: a killed task changes nothing but the state of its worker, except that the map output of one that
//! succeeded all the same is as good as any other, unless its stage is a barrier stage.

use super::DagScheduler;
use crate::event::{Action, JobFailure, TaskEndReason, Work};
use crate::ids::{ShuffleId, StageId, TaskId, WorkerId};
use crate::task_scheduler::RunningTask;
use crate::worker_pool::WorkerState;

/// How often a task is tried again after the death of its worker. A death is a normal case (memory is short,
/// someone kills a process), but a task that has killed four workers would kill the fifth.
pub const MAX_DEATH_RETRIES: usize = 3;

/// How many attempts of a stage in a row may fail to read a map output. Each costs the map task anew; a disk
/// that loses what was just written will go on to.
pub const MAX_STAGE_ATTEMPTS: u32 = 4;

/// How often a task is tried again after it could not read a cached block: as often as a map output.
pub const MAX_BLOCK_RETRIES: u32 = MAX_STAGE_ATTEMPTS - 1;

/// For a task that ended as if killed although nobody asked for it.
const UNASKED_KILL: &str = "interrupted from outside";

impl DagScheduler {
    pub fn task_ended(&mut self, id: TaskId, reason: TaskEndReason) {
        let interrupted = reason == TaskEndReason::Killed;
        let Some((task, worker_leaves)) = self.tasks.end(id, interrupted) else { return };
        if worker_leaves {
            self.actions.push(Action::EndWorker { worker: task.worker });
        }
        self.loosened.push(task.pin);
        match reason {
            TaskEndReason::Success if !self.is_void(&task) => self.task_succeeded(id, &task),
            _ if task.is_killed => {}
            TaskEndReason::Failed => self.task_failed(id, &task),
            TaskEndReason::FetchFailed { shuffle, map_partition } => {
                self.fetch_failed(&task, shuffle, map_partition);
            }
            TaskEndReason::BlockLost => self.block_lost(id, &task),
            TaskEndReason::Killed => self.task_died(&task, UNASKED_KILL.to_owned()),
            TaskEndReason::Success => {}
        }
    }

    /// Whether the success of a task does not count: it met tasks that have not succeeded.
    fn is_void(&self, task: &RunningTask) -> bool {
        let stage = self.stages.get(task.stage);
        task.is_killed && stage.is_some_and(|stage| stage.barrier.is_some())
    }

    pub fn worker_lost(&mut self, worker: WorkerId, cause: String) {
        match self.tasks.pool.remove(worker) {
            None | Some(WorkerState::Idle) => {}
            Some(WorkerState::Starting) => self.start_failed(cause),
            Some(WorkerState::Busy(task)) => {
                let Some(task) = self.tasks.end_with_worker(task) else { return };
                self.loosened.push(task.pin);
                if !task.is_killed {
                    self.task_died(&task, cause);
                }
            }
        }
    }

    pub fn workers_outdated(&mut self) {
        let idle = self.tasks.pool.outdate().into_iter();
        self.actions.extend(idle.map(|worker| Action::EndWorker { worker }));
    }

    pub(super) fn start_failed(&mut self, cause: String) {
        if let Some(causes) = self.tasks.pool.count_failed_start(cause) {
            self.fail_jobs(|_| true, &JobFailure::NoWorkers { causes });
        }
    }

    fn task_succeeded(&mut self, id: TaskId, task: &RunningTask) {
        match self.stages.get(task.stage).map(|stage| stage.work) {
            Some(Work::ShuffleMap(shuffle)) => self.map_task_succeeded(id, task, shuffle),
            Some(Work::Result(job)) => {
                let index = task.index;
                self.actions.push(Action::DeliverResult { job, index, task: id });
                if self.mark_done(id, task) {
                    self.complete_job(job);
                }
            }
            None => {}
        }
    }

    fn map_task_succeeded(&mut self, id: TaskId, task: &RunningTask, shuffle: ShuffleId) {
        // The map partition is the index: a map stage has a task for each.
        let map_partition = task.index;
        if !self.outputs.accept(shuffle, map_partition, id, task.executor) {
            return;
        }
        self.actions.push(Action::AcceptMapOutput { shuffle, map_partition, task: id });
        let is_needed = self.stages.get(task.stage).is_some_and(|stage| stage.is_needed());
        if self.mark_done(id, task) && is_needed {
            self.complete_map_stage(task.stage);
        }
    }

    /// Whether that was the last task of its stage.
    fn mark_done(&mut self, id: TaskId, task: &RunningTask) -> bool {
        let Some(stage) = self.stages.get_mut(task.stage) else { return false };
        let beaten = stage.tasks.succeed(task.index, id);
        let is_last = stage.tasks.is_done();
        if let Some(beaten) = beaten {
            self.kill(beaten);
        }
        self.place(task.stage);
        self.leave_barrier(task);
        is_last
    }

    fn task_failed(&mut self, id: TaskId, task: &RunningTask) {
        self.retry_elsewhere(task);
        let Some(stage) = self.stages.get_mut(task.stage) else { return };
        let attempts = match &mut stage.barrier {
            Some(barrier) => barrier.count_failure(),
            None => stage.tasks.count_failure(task.index),
        };
        if attempts >= self.max_failures {
            let partition = stage.tasks.partition(task.index).unwrap_or(task.index);
            let failure =
                JobFailure::TaskFailed { task: id, stage: task.stage, partition, attempts };
            self.fail_stage(task.stage, &failure);
        }
    }

    pub(super) fn task_died(&mut self, task: &RunningTask, cause: String) {
        self.retry_elsewhere(task);
        let Some(stage) = self.stages.get_mut(task.stage) else { return };
        let partition = stage.tasks.partition(task.index).unwrap_or(task.index);
        let causes = match &mut stage.barrier {
            Some(barrier) => barrier.count_death(cause),
            None => stage.tasks.count_death(task.index, cause),
        };
        if causes.len() > MAX_DEATH_RETRIES {
            let causes = causes.to_vec();
            let failure = JobFailure::WorkersDied { stage: task.stage, partition, causes };
            self.fail_stage(task.stage, &failure);
        }
    }

    fn fetch_failed(&mut self, task: &RunningTask, shuffle: ShuffleId, map_partition: u32) {
        self.lose_output(shuffle, map_partition, task.epoch);
        let Some(stage) = self.stages.get_mut(task.stage) else { return };
        let attempts = stage.attempts.count_fetch_failure(task.stage_attempt);
        self.retry(task.stage, task.index);
        if attempts >= MAX_STAGE_ATTEMPTS {
            let failure = JobFailure::FetchFailed { stage: task.stage, shuffle, attempts };
            self.fail_stage(task.stage, &failure);
        }
    }

    /// A disk that loses what was just written would go on to, so that this has an end, too.
    fn block_lost(&mut self, id: TaskId, task: &RunningTask) {
        self.retry(task.stage, task.index);
        let Some(stage) = self.stages.get_mut(task.stage) else { return };
        let attempts = stage.tasks.count_lost_block(task.index);
        if attempts > MAX_BLOCK_RETRIES {
            let partition = stage.tasks.partition(task.index).unwrap_or(task.index);
            let failure =
                JobFailure::TaskFailed { task: id, stage: task.stage, partition, attempts };
            self.fail_stage(task.stage, &failure);
        }
    }

    /// Notes that an output is gone. Every stage that counted on it has to wait for it again; their running
    /// tasks go on, for they may have read it already.
    pub(super) fn lose_output(&mut self, shuffle: ShuffleId, map_partition: u32, epoch: u64) {
        if !self.outputs.lose(shuffle, map_partition, epoch) {
            return;
        }
        if let Some(stage) = self.stages.map_stage_mut(shuffle) {
            let id = stage.id;
            stage.tasks.lose(map_partition);
            self.dirty.evaluate.insert(id);
            if stage.barrier.is_some() {
                self.restart(id);
            }
        }
        let readers = self.stages.depending(|needs| needs.shuffles.contains(&shuffle));
        self.dirty.evaluate.extend(readers);
    }

    fn retry_elsewhere(&mut self, task: &RunningTask) {
        self.retry(task.stage, task.index);
        if let Some(stage) = self.stages.get_mut(task.stage) {
            stage.tasks.avoid(task.index, task.executor);
        }
    }

    /// The task has to run again, and what it needs may have gone since it was launched.
    fn retry(&mut self, stage_id: StageId, index: u32) {
        if let Some(stage) = self.stages.get_mut(stage_id) {
            stage.tasks.retry(index);
            if stage.barrier.is_some() {
                return self.restart(stage_id);
            }
            self.dirty.evaluate.insert(stage_id);
        }
    }

    pub(super) fn kill(&mut self, task: TaskId) {
        if let Some(worker) = self.tasks.kill(task) {
            self.actions.push(Action::KillTask { task, worker });
        }
    }
}
