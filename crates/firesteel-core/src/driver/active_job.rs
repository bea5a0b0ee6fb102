//! A job that the scheduler works on: what has been delivered so far.
//!
//! Invariant: a task's accumulator updates are added once for each partition of a stage, however often it runs.

use super::instruments::TaskRecord;
use super::job::{Job, JobProperties, JobResult};
use crate::protocol::{Outcome, Payload, TaskOutput};
use firesteel_scheduler::ids::{RddId, StageId, TaskId};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What an action does with the elements.
#[derive(Clone, Debug)]
pub enum Purpose {
    /// Brings them to the driver.
    Collect,
    /// Writes them to part files.
    Save(TaskOutput),
}

/// A job in the driver loop.
#[derive(Debug)]
pub struct ActiveJob {
    /// Who waits for it.
    pub job: Arc<Job>,
    /// The RDD, on which the job holds a handle.
    pub rdd: RddId,
    /// Who asked for it, and what of that its tasks can read.
    pub properties: JobProperties,
    /// The tasks that have ended well.
    pub tasks: Vec<TaskRecord>,
    arrived: Instant,
    purpose: Purpose,
    partitions: Vec<u32>,
    results: Vec<Option<Payload>>,
    winners: Vec<(u32, u64)>,
    counted: HashSet<(StageId, u32)>,
}

impl ActiveJob {
    /// A job that nothing has been delivered to.
    pub fn new(
        job: Arc<Job>,
        rdd: RddId,
        partitions: Vec<u32>,
        purpose: Purpose,
        properties: JobProperties,
    ) -> ActiveJob {
        ActiveJob {
            job,
            rdd,
            properties,
            tasks: Vec::new(),
            arrived: Instant::now(),
            purpose,
            results: partitions.iter().map(|_| None).collect(),
            partitions,
            winners: Vec::new(),
            counted: HashSet::new(),
        }
    }

    /// How long it has been here.
    pub fn age(&self) -> Duration {
        self.arrived.elapsed()
    }

    /// Where its result tasks put their elements.
    pub fn output(&self) -> TaskOutput {
        match &self.purpose {
            Purpose::Collect => TaskOutput::Collect,
            Purpose::Save(output) => output.clone(),
        }
    }

    /// Takes the result of a task.
    pub fn deliver(&mut self, index: u32, task: TaskId, outcome: Outcome) {
        let index = index as usize;
        match outcome {
            Outcome::Collected(payload) => {
                if let Some(result) = self.results.get_mut(index) {
                    *result = Some(payload);
                }
            }
            Outcome::Saved(_) => {
                self.winners
                    .extend(self.partitions.get(index).map(|partition| (*partition, task.0)));
            }
            Outcome::MapOutput(_)
            | Outcome::Failed(_)
            | Outcome::FetchFailed { .. }
            | Outcome::BlockLost { .. }
            | Outcome::Killed => {}
        }
    }

    /// Forgets what has been delivered, which the caller deletes: the tasks run again.
    pub fn retract(&mut self) -> Vec<Payload> {
        self.winners.clear();
        self.results.iter_mut().filter_map(Option::take).collect()
    }

    /// Of how many results there are how many bytes.
    pub fn delivered(&self) -> (usize, u64) {
        let results = self.results.iter().flatten();
        results.fold((0, 0), |(count, bytes), result| (count + 1, bytes + result.size()))
    }

    /// Adds accumulator updates, unless this partition of the stage has been counted.
    pub fn count(&mut self, stage: StageId, partition: u32, updates: Option<Vec<u8>>) {
        if let Some(updates) = updates
            && self.counted.insert((stage, partition))
        {
            self.job.add_accumulators(updates);
        }
    }

    /// What the job has delivered.
    pub fn into_result(self) -> JobResult {
        JobResult {
            partitions: self.results.into_iter().flatten().collect(),
            winners: self.winners,
        }
    }
}
