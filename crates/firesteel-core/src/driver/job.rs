//! A job, as the thread that waits for it sees it.
//!
//! Invariant: a job ends exactly once, and nothing is added to it after that.

use super::error::Error;
use super::lock;
use crate::protocol::{Payload, Serializer};
use firesteel_scheduler::ids::JobId;
use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

/// The local property that holds a job's group.
const GROUP: &str = "spark.jobGroup.id";
/// The one that holds its tags, with commas between.
const TAGS: &str = "spark.job.tags";

/// The one that holds its pool.
const POOL: &str = "spark.scheduler.pool";

/// Who asks for a job.
#[derive(Clone, Debug, Default)]
pub struct JobProperties {
    /// The action and its place in the program.
    pub call_site: String,
    /// The local properties of the thread, which tasks can read.
    pub local: BTreeMap<String, String>,
    /// The serializer of its context, if that is one of the program's own.
    pub serializer: Option<Serializer>,
}

impl JobProperties {
    /// The group that the job can be cancelled by.
    pub fn group(&self) -> Option<String> {
        self.local.get(GROUP).cloned()
    }

    /// The pool whose share of the workers it uses.
    pub fn pool(&self) -> Option<String> {
        self.local.get(POOL).cloned()
    }

    /// The tags that it can be cancelled by.
    pub fn tags(&self) -> Vec<String> {
        let tags = self.local.get(TAGS).map_or("", String::as_str).split(',');
        tags.filter(|tag| !tag.is_empty()).map(str::to_owned).collect()
    }
}

/// A submitted job, shared by the thread that waits and the driver loop.
#[derive(Debug)]
pub struct Job {
    /// Its id.
    pub id: JobId,
    state: Mutex<State>,
    ended: Condvar,
}

#[derive(Debug, Default)]
struct State {
    outcome: Option<Result<JobResult, Error>>,
    ended: bool,
    accumulators: Vec<Vec<u8>>,
}

/// What a job has delivered.
#[derive(Debug, Default)]
pub struct JobResult {
    /// For a collecting job: the encoded elements, in the order of the partitions asked for.
    pub partitions: Vec<Payload>,
    /// For a saving job: each partition and the task whose part file counts.
    pub winners: Vec<(u32, u64)>,
}

impl Job {
    pub(super) fn new(id: JobId) -> Job {
        Job { id, state: Mutex::default(), ended: Condvar::new() }
    }

    /// Waits for the end, at most so long; whether it has ended.
    pub fn wait(&self, limit: Duration) -> bool {
        let state = lock(&self.state);
        let waited = self.ended.wait_timeout_while(state, limit, |state| !state.ended);
        waited.unwrap_or_else(PoisonError::into_inner).0.ended
    }

    /// The outcome of an ended job, once; `None` before the end and when somebody has taken it.
    pub fn take_outcome(&self) -> Option<Result<JobResult, Error>> {
        lock(&self.state).outcome.take()
    }

    /// Pickled accumulator updates of the tasks that count, in the order in which they ended.
    pub fn take_accumulators(&self) -> Vec<Vec<u8>> {
        std::mem::take(&mut lock(&self.state).accumulators)
    }

    pub(super) fn add_accumulators(&self, updates: Vec<u8>) {
        let mut state = lock(&self.state);
        if !state.ended {
            state.accumulators.push(updates);
        }
    }

    /// Ends the job; false if it had ended already, and then `outcome` is dropped.
    pub(super) fn end(&self, outcome: Result<JobResult, Error>) -> bool {
        let mut state = lock(&self.state);
        if state.ended {
            return false;
        }
        state.ended = true;
        state.outcome = Some(outcome);
        drop(state);
        self.ended.notify_all();
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn group_pool_and_tags_are_local_properties() {
        let pairs = [(GROUP, "reports"), (POOL, "nightly"), (TAGS, "a,b")];
        let local = pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
        let properties = JobProperties { local, ..JobProperties::default() };
        assert_eq!(properties.group().as_deref(), Some("reports"));
        assert_eq!(properties.pool().as_deref(), Some("nightly"));
        assert_eq!(properties.tags(), ["a", "b"]);
        assert!(JobProperties::default().tags().is_empty());
    }

    #[test]
    fn a_job_ends_once() {
        let job = Job::new(JobId(1));
        assert!(!job.wait(Duration::ZERO));
        job.add_accumulators(vec![1]);
        assert!(job.end(Ok(JobResult::default())));
        assert!(!job.end(Err(Error::Stopped)));
        job.add_accumulators(vec![2]);
        assert!(job.wait(Duration::ZERO));
        assert!(job.take_outcome().unwrap().is_ok());
        assert!(job.take_outcome().is_none());
        assert_eq!(job.take_accumulators(), [vec![1]]);
    }
}
