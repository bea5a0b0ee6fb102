//! What the engine has done so far, for tests, benchmarks and the curious.
//!
//! Invariant: the driver loop alone writes; readers take a copy under the lock.

use crate::protocol::TaskMetrics;
use firesteel_scheduler::ids::{ExecutorId, StageId, WorkerId};
use std::collections::BTreeMap;

/// Totals, the processes that live, and the tasks of the job that ended last.
#[derive(Clone, Debug, Default)]
pub struct Instruments {
    /// Totals since the start.
    pub counters: Counters,
    /// The worker processes.
    pub workers: BTreeMap<WorkerId, u32>,
    /// The daemon processes.
    pub daemons: BTreeMap<ExecutorId, u32>,
    /// How many tasks each executor runs, in a rehearsal.
    pub running: BTreeMap<ExecutorId, u32>,
    /// The successful tasks of the job that ended last, by end.
    pub last_job: Vec<TaskRecord>,
}

/// Totals since the start of the engine.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counters {
    /// Jobs submitted.
    pub jobs: u64,
    /// Nanoseconds that jobs took in the driver loop, from their arrival until the actions were woken, all together.
    pub job_nanos: u64,
    /// Attempts of stages begun.
    pub stages: u64,
    /// Stages that a job did not need because their map outputs were there.
    pub stages_skipped: u64,
    /// Task attempts launched.
    pub tasks: u64,
    /// Of these, those for a partition that had been tried before.
    pub tasks_retried: u64,
    /// Worker processes that said hello.
    pub workers_started: u64,
    /// Worker processes that ended without being told to.
    pub workers_died: u64,
    /// Daemons that ended without being told to.
    pub daemons_died: u64,
    /// Tasks that could not read a map output.
    pub fetch_failures: u64,
    /// Tasks that could not read a cached block.
    pub blocks_lost: u64,
    /// Cached blocks that were dropped to make room for another RDD's.
    pub blocks_evicted: u64,
    /// Cached blocks that were moved to disk to make room for another RDD's.
    pub blocks_moved_to_disk: u64,
    /// Cached blocks that had found no room in memory, and were moved there when it was made.
    pub blocks_moved_to_memory: u64,
    /// Workers that were killed because their task took too long.
    pub tasks_timed_out: u64,
    /// Bytes of messages to workers.
    pub control_bytes_sent: u64,
    /// Bytes of messages from workers.
    pub control_bytes_received: u64,
    /// The sums over all ended tasks.
    pub metrics: TaskMetrics,
}

/// One ended task.
#[derive(Clone, Copy, Debug)]
pub struct TaskRecord {
    /// Its stage.
    pub stage: StageId,
    /// Its partition.
    pub partition: u32,
    /// Bytes of all messages about it, definitions included.
    pub control_bytes: u64,
    /// What it did.
    pub metrics: TaskMetrics,
}

/// The named values of a task's metrics.
pub fn named_metrics(metrics: &TaskMetrics) -> [(&'static str, u64); 10] {
    [
        ("elements_read", metrics.elements_read),
        ("bytes_read", metrics.bytes_read),
        ("elements_written", metrics.elements_written),
        ("bytes_written", metrics.bytes_written),
        ("user_nanos", metrics.user_nanos),
        ("total_nanos", metrics.total_nanos),
        ("spills", metrics.spills),
        ("copies_kept", metrics.copies_kept),
        ("copies_read", metrics.copies_read),
        ("copies_dropped", metrics.copies_dropped),
    ]
}

impl Counters {
    /// All totals by name.
    pub fn named(&self) -> Vec<(&'static str, u64)> {
        let mut named = vec![
            ("jobs", self.jobs),
            ("job_nanos", self.job_nanos),
            ("stages", self.stages),
            ("stages_skipped", self.stages_skipped),
            ("tasks", self.tasks),
            ("tasks_retried", self.tasks_retried),
            ("workers_started", self.workers_started),
            ("workers_died", self.workers_died),
            ("daemons_died", self.daemons_died),
            ("fetch_failures", self.fetch_failures),
            ("blocks_lost", self.blocks_lost),
            ("blocks_evicted", self.blocks_evicted),
            ("blocks_moved_to_disk", self.blocks_moved_to_disk),
            ("blocks_moved_to_memory", self.blocks_moved_to_memory),
            ("tasks_timed_out", self.tasks_timed_out),
            ("control_bytes_sent", self.control_bytes_sent),
            ("control_bytes_received", self.control_bytes_received),
        ];
        named.extend(named_metrics(&self.metrics));
        named
    }

    /// Adds what a task did.
    pub fn add(&mut self, task: &TaskMetrics) {
        let sum = &mut self.metrics;
        sum.elements_read += task.elements_read;
        sum.bytes_read += task.bytes_read;
        sum.elements_written += task.elements_written;
        sum.bytes_written += task.bytes_written;
        sum.user_nanos += task.user_nanos;
        sum.total_nanos += task.total_nanos;
        sum.spills += task.spills;
        sum.copies_kept += task.copies_kept;
        sum.copies_read += task.copies_read;
        sum.copies_dropped += task.copies_dropped;
    }
}
