//! The workers: which are starting, idle or busy, and how many more to ask for.
//!
//! ```text
//!   Starting ──registered──► Idle ◄──ended── Busy
//!                              └───launched───►┘
//! ```
//!
//! A worker leaves the pool when it is lost, and already when the task it was told to kill has ended or when it is
//! outdated and has no task: the performer ends such a process, and what it reports about it later is about a stranger.
//!
//! Invariant: there are never more workers than cores, and `idle` holds exactly those in state `Idle`.

use crate::ids::{TaskId, WorkerId};
use std::collections::{BTreeMap, BTreeSet};
use std::mem;

/// How many starts in a row may fail before the pool gives up. One failure can be a moment of full memory;
/// three are a broken interpreter or a process limit, and trying for ever would hide the cause.
pub const MAX_FAILED_STARTS: usize = 3;

#[derive(Debug)]
pub(crate) struct WorkerPool {
    cores: usize,
    workers: BTreeMap<WorkerId, WorkerState>,
    idle: BTreeSet<WorkerId>,
    /// The busy ones that leave when they are free.
    outdated: BTreeSet<WorkerId>,
    /// How the last workers died that never registered.
    failed_starts: Vec<String>,
    next_id: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WorkerState {
    Starting,
    Idle,
    Busy(TaskId),
}

impl WorkerPool {
    pub fn new(cores: u32) -> Self {
        Self {
            cores: cores.max(1) as usize,
            workers: BTreeMap::new(),
            idle: BTreeSet::new(),
            outdated: BTreeSet::new(),
            failed_starts: Vec::new(),
            next_id: 0,
        }
    }

    pub fn idle(&self) -> &BTreeSet<WorkerId> {
        &self.idle
    }

    pub fn state(&self, worker: WorkerId) -> Option<WorkerState> {
        self.workers.get(&worker).copied()
    }

    /// A worker that was asked for has said hello.
    pub fn register(&mut self, worker: WorkerId) {
        if self.state(worker) == Some(WorkerState::Starting) {
            self.set(worker, WorkerState::Idle);
            self.forgive();
        }
    }

    pub fn occupy(&mut self, worker: WorkerId, task: TaskId) {
        self.set(worker, WorkerState::Busy(task));
    }

    /// A worker's task has ended. False if it is outdated: then it leaves, and is to be ended.
    pub fn free(&mut self, worker: WorkerId) -> bool {
        if self.outdated.contains(&worker) {
            self.remove(worker);
            return false;
        }
        if self.workers.contains_key(&worker) {
            self.set(worker, WorkerState::Idle);
        }
        true
    }

    /// Takes the idle workers out and returns them; the busy ones follow when they are free. One that is starting
    /// has run nothing yet.
    pub fn outdate(&mut self) -> BTreeSet<WorkerId> {
        let is_busy = |state: &WorkerState| matches!(state, WorkerState::Busy(_));
        let busy = self.workers.iter().filter(|(_, state)| is_busy(state));
        self.outdated = busy.map(|(worker, _)| *worker).collect();
        let idle = mem::take(&mut self.idle);
        for worker in &idle {
            self.remove(*worker);
        }
        idle
    }

    fn set(&mut self, worker: WorkerId, state: WorkerState) {
        self.workers.insert(worker, state);
        if state == WorkerState::Idle {
            self.idle.insert(worker);
        } else {
            self.idle.remove(&worker);
        }
    }

    /// Takes a worker out and returns what it was doing. One that had registered has shown that workers can be
    /// started, so its replacement has a fresh number of tries.
    pub fn remove(&mut self, worker: WorkerId) -> Option<WorkerState> {
        let state = self.workers.remove(&worker)?;
        self.idle.remove(&worker);
        self.outdated.remove(&worker);
        if state != WorkerState::Starting {
            self.forgive();
        }
        Some(state)
    }

    /// A worker died before it registered. When that was the last try and no other worker is left, how the
    /// last ones died.
    pub fn count_failed_start(&mut self, cause: String) -> Option<Vec<String>> {
        self.failed_starts.push(cause);
        let registered = self.workers.len() - self.starting();
        let hopeless = self.gives_up() && registered == 0;
        hopeless.then(|| self.take_failed_starts())
    }

    fn gives_up(&self) -> bool {
        self.failed_starts.len() >= MAX_FAILED_STARTS
    }

    /// Whether so many workers will never be there at once, because no more can be started.
    pub fn is_hopeless_for(&self, tasks: usize) -> bool {
        self.gives_up() && tasks > self.workers.len()
    }

    /// How the last starts failed, `MAX_FAILED_STARTS` at most. The pool tries again.
    pub fn take_failed_starts(&mut self) -> Vec<String> {
        let mut causes = mem::take(&mut self.failed_starts);
        // More than the last try may have been on their way.
        causes.drain(..causes.len().saturating_sub(MAX_FAILED_STARTS));
        causes
    }

    /// Makes the pool try again.
    pub fn forgive(&mut self) {
        self.failed_starts.clear();
    }

    pub fn starting(&self) -> usize {
        self.workers.values().filter(|state| **state == WorkerState::Starting).count()
    }

    /// The most workers that could still be of use.
    pub fn room(&self) -> usize {
        if self.gives_up() { 0 } else { self.cores.saturating_sub(self.workers.len()) }
    }

    /// The workers to start so that this many pending tasks find one.
    pub fn wish(&mut self, pending: usize) -> Vec<WorkerId> {
        let coming = self.idle.len() + self.starting();
        let count = pending.saturating_sub(coming).min(self.room());
        (0..count).map(|_| self.start()).collect()
    }

    fn start(&mut self) -> WorkerId {
        let worker = WorkerId(self.next_id);
        self.next_id += 1;
        self.set(worker, WorkerState::Starting);
        worker
    }

    pub fn iter(&self) -> impl Iterator<Item = (WorkerId, WorkerState)> {
        self.workers.iter().map(|(worker, state)| (*worker, *state))
    }

    pub fn len(&self) -> usize {
        self.workers.len()
    }

    pub fn cores(&self) -> usize {
        self.cores
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(pool: &mut WorkerPool, worker: WorkerId) -> Option<Vec<String>> {
        pool.remove(worker);
        pool.count_failed_start(format!("death of {worker}"))
    }

    #[test]
    fn wishes_are_bounded_by_cores_and_by_need() {
        let mut pool = WorkerPool::new(3);
        assert_eq!(pool.wish(2), [WorkerId(0), WorkerId(1)]);
        assert_eq!(pool.wish(2), []);
        assert_eq!(pool.wish(9), [WorkerId(2)]);
        assert_eq!(pool.wish(9), []);
    }

    #[test]
    fn three_failed_starts_are_hopeless() {
        let mut pool = WorkerPool::new(1);
        for _ in 0..2 {
            let worker = pool.wish(1)[0];
            assert_eq!(failed(&mut pool, worker), None);
        }
        let worker = pool.wish(1)[0];
        let causes = failed(&mut pool, worker).unwrap();
        assert_eq!(causes, ["death of 0", "death of 1", "death of 2"]);
        assert_eq!(pool.wish(1).len(), 1);
    }

    #[test]
    fn a_pool_with_a_worker_gives_up_starting_more_until_that_one_dies() {
        let mut pool = WorkerPool::new(2);
        let alive = pool.wish(1)[0];
        pool.register(alive);
        pool.occupy(alive, TaskId(0));
        for _ in 0..MAX_FAILED_STARTS {
            let worker = pool.wish(2)[0];
            assert_eq!(failed(&mut pool, worker), None);
        }
        assert_eq!(pool.wish(2), []);
        assert_eq!(pool.remove(alive), Some(WorkerState::Busy(TaskId(0))));
        assert_eq!(pool.wish(2).len(), 2);
    }

    #[test]
    fn an_outdated_pool_keeps_those_that_start_and_those_that_work() {
        let mut pool = WorkerPool::new(3);
        let workers = pool.wish(3);
        pool.register(workers[1]);
        pool.register(workers[2]);
        pool.occupy(workers[2], TaskId(0));
        assert_eq!(pool.outdate(), BTreeSet::from([workers[1]]));
        assert_eq!(pool.state(workers[0]), Some(WorkerState::Starting));
        assert!(!pool.free(workers[2]));
        assert_eq!(pool.state(workers[2]), None);
        pool.register(workers[0]);
        pool.occupy(workers[0], TaskId(1));
        assert!(pool.free(workers[0]));
    }

    #[test]
    fn strangers_are_ignored() {
        let mut pool = WorkerPool::new(2);
        pool.register(WorkerId(7));
        pool.free(WorkerId(7));
        assert_eq!(pool.remove(WorkerId(7)), None);
        assert_eq!(pool.len(), 0);
    }
}
