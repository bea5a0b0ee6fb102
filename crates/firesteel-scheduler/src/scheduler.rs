//! The door: one method takes an event and returns the actions, a few others answer questions.
//!
//! Invariant: the same events in the same order give the same actions. Whatever happens, every job that was
//! submitted gets one answer once the performer has carried out and reported what it was told.

pub use crate::dag_scheduler::{MAX_BLOCK_RETRIES, MAX_DEATH_RETRIES, MAX_STAGE_ATTEMPTS};
pub use crate::worker_pool::MAX_FAILED_STARTS;

use crate::dag_scheduler::{DagScheduler, News, Submission};
use crate::event::{Action, Event};
use crate::ids::{JobId, RddId, ShuffleId, StageId, TaskId};
use crate::lineage::Lineage;
use crate::pool::Pool;
use crate::resources::{Devices, TaskResources};
use serde::{Deserialize, Serialize};

/// What stays the same for the life of a scheduler.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SchedulerConfig {
    /// The processors of each executor. At least 1.
    pub cores: u32,
    /// The devices of each executor.
    #[serde(default, skip_serializing_if = "Devices::is_empty")]
    pub devices: Devices,
    /// What each task asks for, if the user asks for nothing else. No executor has less.
    #[serde(default, skip_serializing_if = "TaskResources::is_default")]
    pub task: TaskResources,
    /// Whether a stage with several resource profiles has the most of all of them, and is no error.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub merges_profiles: bool,
    /// So many executors, with whom their map outputs and blocks are lost; none where the driver is the only one, whose
    /// files outlive its daemon.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub executors: Option<u32>,
    /// How often a task may fail by the user's code before its jobs do: 1 in `local[N]`, F in `local[N,F]`.
    pub max_failures: u32,
    /// Lets the tasks of a stage start in another order than that of their partitions, the same for the same number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shuffle_seed: Option<u64>,
    /// FAIR mode, and the pools that are configured for it; none for FIFO mode, where earlier jobs come first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pools: Option<Vec<Pool>>,
    /// Whether a worker leaves after its first task, so that each task gets a fresh one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub fresh_workers: bool,
}

/// The scheduler: DAG scheduler, task scheduler and map-output tracker behind one method.
#[derive(Debug)]
pub struct Scheduler {
    dag: DagScheduler,
}

impl Scheduler {
    /// A scheduler that knows nothing and has no workers.
    pub fn new(config: SchedulerConfig) -> Self {
        Self { dag: DagScheduler::new(config) }
    }

    /// Takes note of what has happened and says what is to be done about it, in this order.
    #[must_use = "an action that is not performed is a job that never ends"]
    pub fn handle(&mut self, event: Event) -> Vec<Action> {
        self.dispatch(event);
        self.dag.conclude()
    }

    fn dispatch(&mut self, event: Event) {
        let dag = &mut self.dag;
        match event {
            Event::JobSubmitted { job, rdd, partitions, group, pool, definitions, profiles } => {
                let news = News { definitions, profiles };
                dag.submit(Submission { job, rdd, partitions, group, pool }, news);
            }
            Event::JobCancelled { job, reason } => dag.cancel_job(job, reason),
            Event::JobGroupCancelled { group, reason } => dag.cancel_group(&group, &reason),
            Event::AllJobsCancelled { reason } => dag.cancel_all(reason),
            Event::WorkerRegistered { worker } => dag.tasks.pool.register(worker),
            Event::WorkerLost { worker, cause } => dag.worker_lost(worker, cause),
            Event::ExecutorLost { executor, cause } => dag.executor_lost(executor, &cause),
            Event::WorkersOutdated => dag.workers_outdated(),
            Event::TaskEnded { task, reason } => dag.task_ended(task, reason),
            Event::BarrierReached { task, operation } => dag.barrier_reached(task, operation),
            Event::BarrierTimedOut { task } => dag.barrier_timed_out(task),
            Event::BlockStored { rdd, partition, worker } => {
                dag.block_stored(rdd, partition, worker);
            }
            Event::BlockCopied { rdd, partition, worker } => {
                dag.block_copied(rdd, partition, worker);
            }
            Event::BlocksDropped { rdd } => dag.blocks_dropped(rdd),
            Event::BlockEvicted { rdd, partition } => dag.block_evicted(rdd, partition),
            Event::ShuffleDropped { shuffle } => dag.shuffle_dropped(shuffle),
            Event::RddReleased { rdd } => dag.rdd_released(rdd),
        }
    }

    /// The task whose output counts, for each map partition of a shuffle; empty for an unknown shuffle.
    pub fn map_outputs(&self, shuffle: ShuffleId) -> &[Option<TaskId>] {
        self.dag.outputs.outputs(shuffle)
    }

    /// Whether the partition of a persisted RDD is stored.
    pub fn is_cached(&self, rdd: RddId, partition: u32) -> bool {
        self.dag.blocks.holder(rdd, partition).is_some()
    }

    /// The RDDs that are known.
    pub fn lineage(&self) -> &Lineage {
        &self.dag.lineage
    }

    /// The jobs that have had no answer yet, the earliest first.
    pub fn active_jobs(&self) -> impl Iterator<Item = JobId> {
        self.dag.jobs.keys().copied()
    }

    /// The stages that a running job is made of, also those that it need not run; none for any other job.
    pub fn stages_of(&self, job: JobId) -> Vec<StageId> {
        self.dag.stages_of(job)
    }

    /// What a stage computes: its last RDD, and how many tasks that takes from nothing.
    pub fn stage(&self, stage: StageId) -> Option<(RddId, u32)> {
        self.dag.stage(stage)
    }

    /// How many things the scheduler remembers. For tests: it goes back to 0 when all RDDs are released and no
    /// worker is left.
    pub fn state_size(&self) -> usize {
        self.dag.state_size()
    }

    /// Whether the state is consistent, and if not, what is wrong. For tests: it looks at everything.
    pub fn check_invariants(&self) -> Result<(), String> {
        self.dag.check_invariants()
    }
}
