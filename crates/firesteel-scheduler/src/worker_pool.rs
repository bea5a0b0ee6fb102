//! The workers: which are starting, idle or busy, whose they are, and how many more to ask for.
//!
//! ```text
//!   Starting ──registered──► Idle ◄──ended── Busy
//!                              └───launched───►┘
//! ```
//!
//! A worker leaves the pool when it is lost, and already when the task it was told to kill has ended or when it is
//! outdated and has no task: the performer ends such a process, and what it reports about it later is about a stranger.
//!
//! An executor is a daemon with its workers. It is started with the first of them; when it is lost, so are they, and
//! another one takes its place.
//!
//! Invariant: no executor has more workers than it has cores, and `idle` holds exactly those in state `Idle`.

use crate::ids::{ExecutorId, TaskId, WorkerId};
use std::collections::{BTreeMap, BTreeSet};
use std::mem;

/// How many starts in a row may fail before the pool gives up. One failure can be a moment of full memory;
/// three are a broken interpreter or a process limit, and trying for ever would hide the cause.
pub const MAX_FAILED_STARTS: usize = 3;

#[derive(Debug)]
pub(crate) struct WorkerPool {
    /// Of each executor.
    cores: usize,
    executors: BTreeSet<ExecutorId>,
    workers: BTreeMap<WorkerId, Worker>,
    idle: BTreeSet<WorkerId>,
    /// The busy ones that leave when they are free.
    outdated: BTreeSet<WorkerId>,
    /// How the last workers died that never registered.
    failed_starts: Vec<String>,
    next_id: u32,
    next_executor: u32,
}

#[derive(Clone, Copy, Debug)]
struct Worker {
    executor: ExecutorId,
    state: WorkerState,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WorkerState {
    Starting,
    Idle,
    Busy(TaskId),
}

impl WorkerPool {
    pub fn new(executors: u32, cores: u32) -> Self {
        let executors = executors.max(1);
        Self {
            cores: cores.max(1) as usize,
            executors: (0..executors).map(ExecutorId).collect(),
            workers: BTreeMap::new(),
            idle: BTreeSet::new(),
            outdated: BTreeSet::new(),
            failed_starts: Vec::new(),
            next_id: 0,
            next_executor: executors,
        }
    }

    pub fn idle(&self) -> &BTreeSet<WorkerId> {
        &self.idle
    }

    pub fn state(&self, worker: WorkerId) -> Option<WorkerState> {
        self.workers.get(&worker).map(|worker| worker.state)
    }

    /// Whose worker it is.
    pub fn executor(&self, worker: WorkerId) -> Option<ExecutorId> {
        self.workers.get(&worker).map(|worker| worker.executor)
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
        self.set(worker, WorkerState::Idle);
        true
    }

    /// Takes the idle workers out and returns them; the busy ones follow when they are free. One that is starting
    /// has run nothing yet.
    pub fn outdate(&mut self) -> BTreeSet<WorkerId> {
        let busy = self.iter().filter(|(_, state)| matches!(state, WorkerState::Busy(_)));
        self.outdated = busy.map(|(worker, _)| worker).collect();
        let idle = mem::take(&mut self.idle);
        for worker in &idle {
            self.remove(*worker);
        }
        idle
    }

    /// Changes the state of a worker that is in the pool.
    fn set(&mut self, id: WorkerId, state: WorkerState) {
        let Some(worker) = self.workers.get_mut(&id) else { return };
        worker.state = state;
        if state == WorkerState::Idle {
            self.idle.insert(id);
        } else {
            self.idle.remove(&id);
        }
    }

    /// Takes a worker out and returns what it was doing. One that had registered has shown that workers can be
    /// started, so its replacement has a fresh number of tries.
    pub fn remove(&mut self, worker: WorkerId) -> Option<WorkerState> {
        let state = self.workers.remove(&worker)?.state;
        self.idle.remove(&worker);
        self.outdated.remove(&worker);
        if state != WorkerState::Starting {
            self.forgive();
        }
        Some(state)
    }

    /// Takes an executor out with its workers and returns what they were doing; another executor may be started in
    /// its place. None for one that is not there.
    pub fn remove_executor(&mut self, executor: ExecutorId) -> Option<Vec<WorkerState>> {
        if !self.executors.remove(&executor) {
            return None;
        }
        self.executors.insert(ExecutorId(self.next_executor));
        self.next_executor += 1;
        let of_it = self.workers.iter().filter(|(_, worker)| worker.executor == executor);
        let workers: Vec<_> = of_it.map(|(id, _)| *id).collect();
        Some(workers.into_iter().filter_map(|worker| self.remove(worker)).collect())
    }

    /// A worker, or all those of an executor, died before they registered. When that was the last try and no other
    /// worker is left, how the last ones died.
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
        self.iter().filter(|(_, state)| *state == WorkerState::Starting).count()
    }

    /// The most workers that could still be of use.
    pub fn room(&self) -> usize {
        if self.gives_up() { 0 } else { self.cores().saturating_sub(self.workers.len()) }
    }

    /// The workers to start so that this many pending tasks find one, by executor. They are dealt out evenly.
    pub fn wish(&mut self, pending: usize) -> BTreeMap<ExecutorId, Vec<WorkerId>> {
        let coming = self.idle.len() + self.starting();
        let count = pending.saturating_sub(coming).min(self.room());
        let mut wished: BTreeMap<_, Vec<_>> = BTreeMap::new();
        if count == 0 {
            return wished;
        }
        let mut sizes = self.sizes();
        for _ in 0..count {
            let smallest = sizes.iter_mut().min_by_key(|(_, size)| **size);
            let Some((executor, size)) = smallest else { break };
            *size += 1;
            wished.entry(*executor).or_default().push(self.start(*executor));
        }
        wished
    }

    /// How many workers each executor has.
    fn sizes(&self) -> BTreeMap<ExecutorId, usize> {
        let mut sizes: BTreeMap<_, _> = self.executors.iter().map(|id| (*id, 0)).collect();
        for worker in self.workers.values() {
            *sizes.entry(worker.executor).or_insert(0) += 1;
        }
        sizes
    }

    fn start(&mut self, executor: ExecutorId) -> WorkerId {
        let worker = WorkerId(self.next_id);
        self.next_id += 1;
        self.workers.insert(worker, Worker { executor, state: WorkerState::Starting });
        worker
    }

    pub fn iter(&self) -> impl Iterator<Item = (WorkerId, WorkerState)> {
        self.workers.iter().map(|(id, worker)| (*id, worker.state))
    }

    /// Whether no executor has more workers than it may.
    pub fn is_balanced(&self) -> bool {
        let sizes = self.sizes();
        sizes.len() == self.executors.len() && sizes.values().all(|size| *size <= self.cores)
    }

    pub fn len(&self) -> usize {
        self.workers.len()
    }

    /// Of all executors together.
    pub fn cores(&self) -> usize {
        self.cores * self.executors.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whoever has one executor does not ask whose a worker is.
    fn wish(pool: &mut WorkerPool, pending: usize) -> Vec<WorkerId> {
        pool.wish(pending).into_values().flatten().collect()
    }

    fn failed(pool: &mut WorkerPool, worker: WorkerId) -> Option<Vec<String>> {
        pool.remove(worker);
        pool.count_failed_start(format!("death of {worker}"))
    }

    #[test]
    fn wishes_are_bounded_by_cores_and_by_need() {
        let mut pool = WorkerPool::new(1, 3);
        assert_eq!(wish(&mut pool, 2), [WorkerId(0), WorkerId(1)]);
        assert_eq!(wish(&mut pool, 2), []);
        assert_eq!(wish(&mut pool, 9), [WorkerId(2)]);
        assert_eq!(wish(&mut pool, 9), []);
    }

    #[test]
    fn three_failed_starts_are_hopeless() {
        let mut pool = WorkerPool::new(1, 1);
        for _ in 0..2 {
            let worker = wish(&mut pool, 1)[0];
            assert_eq!(failed(&mut pool, worker), None);
        }
        let worker = wish(&mut pool, 1)[0];
        let causes = failed(&mut pool, worker).unwrap();
        assert_eq!(causes, ["death of 0", "death of 1", "death of 2"]);
        assert_eq!(wish(&mut pool, 1).len(), 1);
    }

    #[test]
    fn a_pool_with_a_worker_gives_up_starting_more_until_that_one_dies() {
        let mut pool = WorkerPool::new(1, 2);
        let alive = wish(&mut pool, 1)[0];
        pool.register(alive);
        pool.occupy(alive, TaskId(0));
        for _ in 0..MAX_FAILED_STARTS {
            let worker = wish(&mut pool, 2)[0];
            assert_eq!(failed(&mut pool, worker), None);
        }
        assert_eq!(wish(&mut pool, 2), []);
        assert_eq!(pool.remove(alive), Some(WorkerState::Busy(TaskId(0))));
        assert_eq!(wish(&mut pool, 2).len(), 2);
    }

    #[test]
    fn an_outdated_pool_keeps_those_that_start_and_those_that_work() {
        let mut pool = WorkerPool::new(1, 3);
        let workers = wish(&mut pool, 3);
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
        let mut pool = WorkerPool::new(1, 2);
        pool.register(WorkerId(7));
        pool.free(WorkerId(7));
        assert_eq!(pool.remove(WorkerId(7)), None);
        assert_eq!(pool.len(), 0);
    }

    #[test]
    fn workers_are_dealt_out_evenly() {
        let mut pool = WorkerPool::new(2, 2);
        let (first, second) = (ExecutorId(0), ExecutorId(1));
        let worker = |id| vec![WorkerId(id)];
        assert_eq!(pool.wish(1), BTreeMap::from([(first, worker(0))]));
        assert_eq!(pool.wish(3), BTreeMap::from([(first, worker(2)), (second, worker(1))]));
        assert_eq!(pool.wish(9), BTreeMap::from([(second, worker(3))]));
        assert_eq!(pool.wish(9), BTreeMap::new());
    }

    #[test]
    fn an_executor_goes_with_its_workers_and_is_replaced() {
        let mut pool = WorkerPool::new(2, 1);
        pool.wish(2);
        pool.register(WorkerId(0));
        assert_eq!(pool.remove_executor(ExecutorId(0)), Some(vec![WorkerState::Idle]));
        assert_eq!(pool.remove_executor(ExecutorId(0)), None);
        assert_eq!(pool.state(WorkerId(0)), None);
        assert_eq!(pool.state(WorkerId(1)), Some(WorkerState::Starting));
        let replaced = BTreeMap::from([(ExecutorId(2), vec![WorkerId(2)])]);
        assert_eq!(pool.wish(9), replaced);
        assert_eq!(pool.cores(), 2);
    }
}
