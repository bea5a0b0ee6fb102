//! What Python threads and the driver loop both touch, each part under its own lock.
//!
//! Invariant: while a thread holds one of these locks it takes no other one and waits for no other thread. (The catalog's
//! is held while `coalesce` reads a few index entries of shuffle files.)

use super::catalog::Catalog;
use super::error::Error;
use super::instruments::Instruments;
use super::job::Job;
use super::lock;
use super::status::StatusStore;
use firesteel_scheduler::ids::JobId;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

/// The shared state.
#[derive(Debug, Default)]
pub struct Shared {
    pub catalog: Mutex<Catalog>,
    pub instruments: Mutex<Instruments>,
    pub status: Mutex<StatusStore>,
    waiting: Mutex<Waiting>,
}

/// The jobs that somebody waits for. They are ended by the loop, and all of them when the loop ends, however it does.
#[derive(Debug, Default)]
struct Waiting {
    jobs: HashMap<JobId, Arc<Job>>,
    next: u32,
    stopped: bool,
}

impl Shared {
    /// A new job, unless the engine has been stopped.
    pub fn new_job(&self) -> Result<Arc<Job>, Error> {
        let mut waiting = lock(&self.waiting);
        if waiting.stopped {
            return Err(Error::Stopped);
        }
        let job = Arc::new(Job::new(JobId(waiting.next)));
        waiting.next += 1;
        waiting.jobs.insert(job.id, Arc::clone(&job));
        Ok(job)
    }

    /// The job has ended.
    pub fn forget_job(&self, job: JobId) {
        lock(&self.waiting).jobs.remove(&job);
    }

    /// Whether no job can be submitted any more.
    pub fn is_stopped(&self) -> bool {
        lock(&self.waiting).stopped
    }

    /// Ends all jobs and takes no more.
    pub fn stop_jobs(&self) {
        let mut waiting = lock(&self.waiting);
        waiting.stopped = true;
        let jobs = std::mem::take(&mut waiting.jobs);
        drop(waiting);
        lock(&self.status).all_ended();
        for job in jobs.into_values() {
            job.end(Err(Error::Stopped));
        }
    }
}
