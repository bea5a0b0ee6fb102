//! The DAG scheduler: jobs become stages, stages become tasks, and what happens to tasks changes both.
//!
//! Every event is handled in the same four steps, so that no handler has to foresee all its consequences:
//!
//! 1. A handler changes what the event says, and marks what may be affected (`Dirty`).
//! 2. `settle` looks at the marked stages until nothing is marked: who needs a stage, and what it waits for.
//! 3. `collect` forgets the lineage that nothing pins any more.
//! 4. `launch` gives idle workers to the tasks whose turn it is and asks for more workers; the tasks of a barrier stage
//!    get theirs together (`barrier`).
//!
//! Invariant: between two events nothing is marked, and a worker is idle only if no task can be launched, or if the stage
//! whose turn it is is a barrier stage that gathers workers.

mod barrier;
mod completion;
mod executors;
mod invariants;
mod jobs;
mod launch;
mod need;
mod profiles;
mod release;
mod turn;

use crate::block_tracker::BlockTracker;
use crate::event::Action;
use crate::ids::JobId;
use crate::job::Job;
use crate::lineage::{Lineage, Pin};
use crate::map_output_tracker::MapOutputTracker;
use crate::pool::Pools;
use crate::resources::{Asked, ExecutorResources, Resources};
use crate::scheduler::SchedulerConfig;
use crate::stage_graph::StageGraph;
use crate::task_scheduler::TaskScheduler;
pub use completion::{MAX_BLOCK_RETRIES, MAX_DEATH_RETRIES, MAX_STAGE_ATTEMPTS};
pub(crate) use jobs::{News, Submission};
use need::Dirty;
use std::collections::BTreeMap;
use std::mem;

#[derive(Debug)]
pub(crate) struct DagScheduler {
    max_failures: u32,
    /// What the order of launches is drawn from, where it is not that of the partitions.
    shuffle_seed: Option<u64>,
    /// Whether an executor takes its map outputs and blocks with it.
    executors_hold_files: bool,
    pub lineage: Lineage,
    pub blocks: BlockTracker,
    pub outputs: MapOutputTracker,
    pub jobs: BTreeMap<JobId, Job>,
    stages: StageGraph,
    pub tasks: TaskScheduler,
    /// Who shares the workers in FAIR mode; none in FIFO mode.
    pools: Option<Pools>,
    /// What tasks ask for where nobody says anything.
    asked: Asked,
    merges_profiles: bool,
    dirty: Dirty,
    /// Pins to be taken away once the stages have settled.
    loosened: Vec<Pin>,
    actions: Vec<Action>,
}

impl DagScheduler {
    pub fn new(config: SchedulerConfig) -> Self {
        let each = ExecutorResources { cores: config.cores, devices: config.devices };
        let resources = Resources::new(config.executors.unwrap_or(1), each);
        Self {
            max_failures: config.max_failures.max(1),
            shuffle_seed: config.shuffle_seed,
            executors_hold_files: config.executors.is_some(),
            lineage: Lineage::default(),
            blocks: BlockTracker::default(),
            outputs: MapOutputTracker::default(),
            jobs: BTreeMap::new(),
            stages: StageGraph::default(),
            tasks: TaskScheduler::new(resources, config.fresh_workers),
            pools: config.pools.map(Pools::new),
            asked: Asked { task: config.task, ..Asked::default() },
            merges_profiles: config.merges_profiles,
            dirty: Dirty::default(),
            loosened: Vec::new(),
            actions: Vec::new(),
        }
    }

    /// Draws the consequences of what a handler has changed, and returns what is to be done.
    pub fn conclude(&mut self) -> Vec<Action> {
        self.settle();
        self.disband();
        self.collect();
        self.launch();
        mem::take(&mut self.actions)
    }

    /// The number of things remembered, to show that it does not grow.
    pub fn state_size(&self) -> usize {
        let known = self.lineage.len() + self.blocks.len() + self.outputs.len();
        known + self.jobs.len() + self.stages.len() + self.tasks.len()
    }
}
