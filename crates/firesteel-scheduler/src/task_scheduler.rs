//! The running tasks, the workers that run them with what they ask for, and the order in which stages get workers.
//!
//! Invariant: a task is in here from its launch until its end or its worker's death, and its worker is busy with
//! it. A killed task no longer belongs to a slot of its stage; it only occupies its worker until it ends.

use crate::ids::{ExecutorId, JobId, StageId, TaskId, WorkerId};
use crate::lineage::Pin;
use crate::offers::{Offers, Plan};
use crate::resources::{Amount, Asked, Devices, Resources};
use crate::worker_pool::{WorkerPool, WorkerState};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug)]
pub(crate) struct TaskScheduler {
    pub pool: WorkerPool,
    pub queue: StageQueue,
    pub resources: Resources,
    /// The fewest processors that tasks have asked for.
    least: Amount,
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
    pub fn new(resources: Resources, fresh_workers: bool) -> Self {
        Self {
            fresh_workers,
            pool: WorkerPool::default(),
            queue: StageQueue::default(),
            resources,
            least: Amount::ONE,
            tasks: BTreeMap::new(),
            next_id: 0,
        }
    }

    /// Where the tasks of a stage can go.
    pub fn offers(&self, asked: &Asked) -> Offers {
        Offers::new(&self.pool, &self.resources, asked)
    }

    /// Nobody has been found a place yet.
    pub fn plan(&self) -> Plan {
        Plan::new(&self.pool, &self.resources)
    }

    /// There will be tasks that ask for so much.
    pub fn expect(&mut self, asked: &Asked) {
        self.least = self.least.min(asked.task.cpus);
    }

    /// Takes an executor out with its workers and returns what they were doing. None for one that is not there.
    pub fn remove_executor(&mut self, executor: ExecutorId) -> Option<Vec<WorkerState>> {
        self.resources.replace(executor).then(|| self.pool.remove_all_of(executor))
    }

    /// How many such tasks the workers that there are can run at once, when they have nothing else to do.
    pub fn able(&self, asked: &Asked) -> usize {
        let slots = self.resources.slots(asked);
        let sizes = self.pool.sizes().into_iter();
        let of_kind = |executor| self.resources.free(executor).map(|(kind, _)| kind);
        let able = sizes.filter(|(executor, _)| of_kind(*executor) == Some(asked.executors));
        able.map(|(_, (workers, _))| workers.min(slots)).sum()
    }

    /// Whether no executor has more workers than tasks can run on it at once. For tests.
    pub fn is_balanced(&self) -> bool {
        let most = self.resources.most_tasks(self.least);
        self.pool.sizes().iter().all(|(executor, (workers, _))| *workers <= most(*executor))
    }

    /// A task goes to a worker on offer. With it, the devices that it has.
    pub fn launch(&mut self, task: RunningTask, asked: &Asked) -> (TaskId, Devices) {
        let id = TaskId(self.next_id);
        self.next_id += 1;
        self.pool.occupy(task.worker, id);
        let devices = self.resources.take(id, task.executor, &asked.task);
        self.tasks.insert(id, task);
        (id, devices)
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
        let task = self.end_with_worker(id)?;
        if task.is_killed || interrupted || self.fresh_workers {
            self.pool.remove(task.worker);
            return Some((task, false));
        }
        let stays = self.pool.free(task.worker);
        Some((task, !stays))
    }

    /// Takes out a task whose worker has died.
    pub fn end_with_worker(&mut self, id: TaskId) -> Option<RunningTask> {
        self.resources.give_back(id);
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

    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
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
        let first = |queue: &StageQueue| queue.iter().next().map(|(_, stage)| stage);
        assert_eq!(first(&queue), Some(StageId(3)));
        queue.place(StageId(3), Some(JobId(7)));
        assert_eq!(first(&queue), Some(StageId(5)));
        queue.place(StageId(5), None);
        let order: Vec<_> = queue.iter().collect();
        assert_eq!(order, [(JobId(2), StageId(1)), (JobId(7), StageId(3))]);
    }

    #[test]
    fn a_killed_task_takes_its_worker_with_it() {
        let resources = Resources::new(1, crate::resources::ExecutorResources::default());
        let mut scheduler = TaskScheduler::new(resources, false);
        let worker = scheduler.pool.start(ExecutorId(0));
        scheduler.pool.register(worker);
        let pin = Pin::Rdd(crate::ids::RddId(0));
        let stage = StageId(0);
        let executor = ExecutorId(0);
        let task = RunningTask {
            stage,
            stage_attempt: 0,
            index: 0,
            worker,
            executor,
            epoch: 0,
            pin,
            is_killed: false,
        };
        let (id, _) = scheduler.launch(task, &Asked::default());
        assert_eq!(scheduler.kill(id), Some(worker));
        assert_eq!(scheduler.kill(id), None);
        assert!(scheduler.end(id, false).is_some());
        assert_eq!(scheduler.pool.state(worker), None);
        assert!(scheduler.end(id, false).is_none());
    }
}
