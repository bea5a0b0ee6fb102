//! The brain of Firesteel: it decides what runs where and when, and does nothing itself.
//!
//! `Scheduler::handle(event) -> actions` is a pure state machine: no clock, thread, file, socket or Python. So
//! races are plain tests, random failure histories run by the thousand, and a journal of events replays any run.
//!
//! From the outside in: [`event`] and [`ids`] are the language, [`lineage`] is what jobs are about,
//! [`scheduler`] is the door, [`journal`] its record. Behind the door the DAG scheduler turns jobs into stages
//! (`stage`, `stage_graph`, `needs`), stages have task sets (`task_set`), and the task scheduler gives tasks to workers
//! (`task_scheduler`, `worker_pool`) of executors that have the [`resources`] for them (`offers`), in FAIR mode as the [`pool`]s share them, those of a barrier stage all at once
//! ([`barrier`]). Two trackers know what is there already: map outputs and cached blocks.

pub mod barrier;
pub mod event;
pub mod ids;
pub mod journal;
pub mod lineage;
pub mod pool;
pub mod resources;
pub mod scheduler;

mod block_tracker;
mod dag_scheduler;
mod job;
mod map_output_tracker;
mod needs;
mod offers;
mod stage;
mod stage_graph;
mod task_scheduler;
mod task_set;
mod worker_pool;

pub use scheduler::{Scheduler, SchedulerConfig};
