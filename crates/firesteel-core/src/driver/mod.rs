//! The driver side of the engine: it performs what the scheduler decides.
//!
//! ```text
//!  Python threads          the driver loop: one thread                      other processes
//!  Engine ──requests──►  EventLoop ──events──► Scheduler
//!     ▲                      ▲   ▲ ◄──actions────┘
//!     │                      │   └─ planner (catalog + map outputs + blocks -> TaskSpec)
//!   Job ◄───ends─────────────┘
//!                        WorkerPool ◄──connections──► daemon ──forks──► workers
//!                        Mover (a thread, once blocks move between memory and disk)
//! ```
//! Invariants: one thread owns the scheduler, the pool and all sockets; a Python thread only reads and writes the
//! [`catalog`] under its lock, sends requests and waits for a [`job::Job`]. No thread of ours ever attaches to the interpreter.

mod active_job;
mod barriers;
mod budget;
pub mod catalog;
mod coalesce;
mod connection;
mod daemon_process;
pub mod engine;
pub mod error;
mod event_loop;
mod eviction;
mod executors;
pub mod instruments;
pub mod job;
mod journal;
mod leftovers;
mod map_outputs;
mod mover;
mod perform;
mod planner;
mod progress;
mod rehearsal;
mod rehearse;
mod shared;
pub mod status;
mod worker_output;
mod worker_pool;

use shared::Shared;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A panic elsewhere is reported where it happened; the data behind the lock is still the best there is.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
