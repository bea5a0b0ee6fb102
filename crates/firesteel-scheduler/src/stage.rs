//! A stage: the tasks between two shuffles, and who waits for them.
//!
//! ```text
//!          a job needs it           all its inputs are there
//!   Idle ────────────────► Waiting ─────────────────────────► Running
//!    ▲                        ▲                                  │
//!    │                        └── an input or a block is lost ───┤
//!    └──────────── all its tasks are done, or no job needs it ───┘
//! ```
//!
//! The stage of a map side is kept for as long as its shuffle is known, and so are its outputs: a later job runs
//! only what is missing, or nothing. A result stage is made for one job and goes with it.
//!
//! Invariant: a stage is idle exactly when `jobs` is empty. A map stage that is not idle has waiters, waits for
//! nothing that is available, and is needed by exactly the jobs that its waiters are needed by.

use crate::barrier::BarrierStage;
use crate::event::Work;
use crate::ids::{JobId, RddId, ShuffleId, StageId};
use crate::needs::Needs;
use crate::resources::Asked;
use crate::task_set::TaskSet;
use std::collections::BTreeSet;
use std::mem;

#[derive(Debug)]
pub(crate) struct Stage {
    pub id: StageId,
    /// The last RDD of the stage.
    pub rdd: RddId,
    pub work: Work,
    pub tasks: TaskSet,
    pub state: StageState,
    /// The live jobs that need it.
    pub jobs: BTreeSet<JobId>,
    /// The stages that wait for its shuffle.
    pub waiters: BTreeSet<StageId>,
    pub attempts: Attempts,
    /// What each of its tasks asks for.
    pub asked: Asked,
    /// What it has more than others if its tasks run all at once or not at all.
    pub barrier: Option<BarrierStage>,
}

#[derive(Debug)]
pub(crate) enum StageState {
    Idle,
    Waiting(Waiting),
    Running(Running),
}

/// Its pending tasks cannot run yet.
#[derive(Debug)]
pub(crate) struct Waiting {
    /// The shuffles that are not available: a part of `needs.shuffles`.
    pub on: BTreeSet<ShuffleId>,
    pub needs: Needs,
}

/// Its pending tasks can be launched, because everything they need is there.
#[derive(Debug)]
pub(crate) struct Running {
    pub needs: Needs,
}

/// The attempts of a stage: a new one begins when the stage is needed anew, and when map output was lost.
#[derive(Debug, Default)]
pub(crate) struct Attempts {
    begun: u32,
    /// Whether pending tasks belong to the last attempt, instead of beginning a new one.
    is_open: bool,
    /// How many attempts in a row could not read a map output.
    fetch_failures: u32,
}

impl Attempts {
    pub fn current(&self) -> u32 {
        self.begun.saturating_sub(1)
    }

    /// Begins a new attempt, unless one is open. Whether it did.
    pub fn open(&mut self) -> bool {
        let begins = !mem::replace(&mut self.is_open, true);
        self.begun += u32::from(begins);
        begins
    }

    /// The stage has completed, or nobody needs it.
    pub fn close(&mut self) {
        self.is_open = false;
        self.fetch_failures = 0;
    }

    /// The attempt is void, and pending tasks begin another one.
    pub fn fail(&mut self) {
        self.is_open = false;
    }

    /// A task of an attempt could not read a map output. The number of attempts in a row that this has happened
    /// to; several such tasks of one attempt count once.
    pub fn count_fetch_failure(&mut self, attempt: u32) -> u32 {
        if self.is_open && attempt == self.current() {
            self.is_open = false;
            self.fetch_failures += 1;
        }
        self.fetch_failures
    }
}

impl Stage {
    pub fn new(id: StageId, rdd: RddId, work: Work, tasks: TaskSet) -> Self {
        Self {
            id,
            rdd,
            work,
            tasks,
            state: StageState::Idle,
            jobs: BTreeSet::new(),
            waiters: BTreeSet::new(),
            attempts: Attempts::default(),
            asked: Asked::default(),
            barrier: None,
        }
    }

    /// Forgets what a map stage that nobody needs has done.
    pub fn begin_anew(&mut self) {
        self.tasks = TaskSet::new(0..self.tasks.len() as u32);
        self.attempts = Attempts::default();
    }

    pub fn is_needed(&self) -> bool {
        !self.jobs.is_empty()
    }

    /// The earliest job that needs the stage, if it has tasks that can be launched.
    pub fn runnable_for(&self) -> Option<JobId> {
        let runnable = matches!(self.state, StageState::Running(_));
        let job = self.jobs.first().copied();
        job.filter(|_| runnable && !self.tasks.pending().is_empty())
    }

    /// What the pending tasks need, as of the last evaluation.
    pub fn needs(&self) -> Option<&Needs> {
        match &self.state {
            StageState::Idle => None,
            StageState::Waiting(Waiting { needs, .. }) | StageState::Running(Running { needs }) => {
                Some(needs)
            }
        }
    }

    pub fn waits_on(&self) -> Option<&BTreeSet<ShuffleId>> {
        match &self.state {
            StageState::Waiting(waiting) => Some(&waiting.on),
            _ => None,
        }
    }

    /// Changes the state and returns what the stage waited for before.
    pub fn enter(&mut self, state: StageState) -> BTreeSet<ShuffleId> {
        match mem::replace(&mut self.state, state) {
            StageState::Waiting(waiting) => waiting.on,
            _ => BTreeSet::new(),
        }
    }

    /// A shuffle has become available. Whether it was the last that the stage waited for.
    pub fn stop_waiting_on(&mut self, shuffle: ShuffleId) -> bool {
        match &mut self.state {
            StageState::Waiting(waiting) => waiting.on.remove(&shuffle) && waiting.on.is_empty(),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attempt_stays_open_until_it_fails_or_ends() {
        let mut attempts = Attempts::default();
        assert!(attempts.open());
        assert!(!attempts.open());
        assert_eq!(attempts.current(), 0);
        attempts.close();
        assert!(attempts.open());
        assert_eq!(attempts.current(), 1);
    }

    #[test]
    fn fetch_failures_count_once_per_attempt() {
        let mut attempts = Attempts::default();
        attempts.open();
        assert_eq!(attempts.count_fetch_failure(0), 1);
        assert_eq!(attempts.count_fetch_failure(0), 1);
        attempts.open();
        assert_eq!(attempts.count_fetch_failure(0), 1);
        assert_eq!(attempts.count_fetch_failure(1), 2);
        attempts.close();
        attempts.open();
        assert_eq!(attempts.count_fetch_failure(2), 1);
    }
}
