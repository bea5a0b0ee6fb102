//! The running tasks, the workers that run them, and the order in which stages get workers.
//!
//! Invariant: a task is in here from its launch until its end or its worker's death, and its worker is busy with
//! it. A killed task no longer belongs to a slot of its stage; it only occupies its worker until it ends.

use crate::ids::{ExecutorId, JobId, StageId, TaskId, WorkerId};
use crate::lineage::Pin;
use crate::worker_pool::WorkerPool;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug)]
pub(crate) struct TaskScheduler {
    pub pool: WorkerPool,
    pub queue: StageQueue,
    /// Whether a worker leaves after its first task.
    fresh_workers: bool,
    tasks: BTreeMap<TaskId, RunningTask>,
    next_id: u64,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct RunningTask {
    pub stage: StageId,
    pub stage_attempt: u32,
    /// Its position in the stage's task set.
    pub index: u32,
    pub worker: WorkerId,
    pub executor: ExecutorId,
    /// The epoch of the map outputs that it was launched with.
    pub epoch: u64,
    /// What must stay known until it has ended.
    pub pin: Pin,
    pub is_killed: bool,
}

impl TaskScheduler {
    pub fn new(executors: u32, cores: u32, fresh_workers: bool) -> Self {
        Self {
            fresh_workers,
            pool: WorkerPool::new(executors, cores),
            queue: StageQueue::default(),
            tasks: BTreeMap::new(),
            next_id: 0,
        }
    }

    pub fn launch(&mut self, task: RunningTask) -> TaskId {
        let id = TaskId(self.next_id);
        self.next_id += 1;
        self.pool.occupy(task.worker, id);
        self.tasks.insert(id, task);
        id
    }

    /// Notes that a task is to be killed, and returns the worker that runs it if that is news.
    pub fn kill(&mut self, id: TaskId) -> Option<WorkerId> {
        let task = self.tasks.get_mut(&id)?;
        let is_news = !std::mem::replace(&mut task.is_killed, true);
        is_news.then_some(task.worker)
    }

    /// Takes out a task that has ended by itself. Its worker is idle again, or leaves if it is `interrupted` or was for
    /// one task only. With it, whether the worker is to be ended: it is outdated.
    pub fn end(&mut self, id: TaskId, interrupted: bool) -> Option<(RunningTask, bool)> {
        let task = self.tasks.remove(&id)?;
        if task.is_killed || interrupted || self.fresh_workers {
            self.pool.remove(task.worker);
            return Some((task, false));
        }
        let stays = self.pool.free(task.worker);
        Some((task, !stays))
    }

    /// Takes out a task whose worker has died.
    pub fn end_with_worker(&mut self, id: TaskId) -> Option<RunningTask> {
        self.tasks.remove(&id)
    }

    pub fn get(&self, id: TaskId) -> Option<&RunningTask> {
        self.tasks.get(&id)
    }

    pub fn iter(&self) -> impl Iterator<Item = (TaskId, &RunningTask)> {
        self.tasks.iter().map(|(id, task)| (*id, task))
    }

    pub fn len(&self) -> usize {
        self.tasks.len() + self.queue.len() + self.pool.len()
    }
}

/// The stages with tasks that can be launched: first in, first out by job, then by stage.
#[derive(Debug, Default)]
pub(crate) struct StageQueue {
    order: BTreeSet<(JobId, StageId)>,
    jobs: BTreeMap<StageId, JobId>,
}

impl StageQueue {
    /// Puts a stage at the place of this job, or takes it out.
    pub fn place(&mut self, stage: StageId, job: Option<JobId>) {
        if let Some(before) = self.jobs.remove(&stage) {
            self.order.remove(&(before, stage));
        }
        if let Some(job) = job {
            self.jobs.insert(stage, job);
            self.order.insert((job, stage));
        }
    }

    pub fn first(&self) -> Option<StageId> {
        self.order.first().map(|(_, stage)| *stage)
    }

    pub fn iter(&self) -> impl Iterator<Item = (JobId, StageId)> {
        self.order.iter().copied()
    }

    pub fn len(&self) -> usize {
        self.order.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_queue_is_by_job_then_by_stage() {
        let mut queue = StageQueue::default();
        queue.place(StageId(1), Some(JobId(2)));
        queue.place(StageId(5), Some(JobId(0)));
        queue.place(StageId(3), Some(JobId(0)));
        assert_eq!(queue.first(), Some(StageId(3)));
        queue.place(StageId(3), Some(JobId(7)));
        assert_eq!(queue.first(), Some(StageId(5)));
        queue.place(StageId(5), None);
        let order: Vec<_> = queue.iter().collect();
        assert_eq!(order, [(JobId(2), StageId(1)), (JobId(7), StageId(3))]);
    }

    #[test]
    fn a_killed_task_takes_its_worker_with_it() {
        let mut scheduler = TaskScheduler::new(1, 1, false);
        let worker = scheduler.pool.wish(1)[&ExecutorId(0)][0];
        scheduler.pool.register(worker);
        let pin = Pin::Rdd(crate::ids::RddId(0));
        let stage = StageId(0);
        let id = scheduler.launch(RunningTask {
            stage,
            stage_attempt: 0,
            index: 0,
            worker,
            executor: ExecutorId(0),
            epoch: 0,
            pin,
            is_killed: false,
        });
        assert_eq!(scheduler.kill(id), Some(worker));
        assert_eq!(scheduler.kill(id), None);
        assert!(scheduler.end(id, false).is_some());
        assert_eq!(scheduler.pool.state(worker), None);
        assert!(scheduler.end(id, false).is_none());
    }
}
