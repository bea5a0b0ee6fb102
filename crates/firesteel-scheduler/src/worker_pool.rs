//! The workers: which are starting, idle or busy, and whose they are. How many there are to be is for others to say.
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
//! Invariant: `idle` holds exactly those in state `Idle`.

use crate::ids::{ExecutorId, TaskId, WorkerId};
use std::collections::{BTreeMap, BTreeSet};
use std::mem;

/// How many starts in a row may fail before the pool gives up. One failure can be a moment of full memory;
/// three are a broken interpreter or a process limit, and trying for ever would hide the cause.
pub const MAX_FAILED_STARTS: usize = 3;

#[derive(Debug, Default)]
pub(crate) struct WorkerPool {
    workers: BTreeMap<WorkerId, Worker>,
    idle: BTreeSet<WorkerId>,
    /// The busy ones that leave when they are free.
    outdated: BTreeSet<WorkerId>,
    /// How the last workers died that never registered.
    failed_starts: Vec<String>,
    next_id: u32,
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

    /// Takes the workers of an executor out and returns what they were doing.
    pub fn remove_all_of(&mut self, executor: ExecutorId) -> Vec<WorkerState> {
        let of_it = self.workers.iter().filter(|(_, worker)| worker.executor == executor);
        let workers: Vec<_> = of_it.map(|(id, _)| *id).collect();
        workers.into_iter().filter_map(|worker| self.remove(worker)).collect()
    }

    /// A worker, or all those of an executor, died before they registered. When that was the last try and no other
    /// worker is left, how the last ones died.
    pub fn count_failed_start(&mut self, cause: String) -> Option<Vec<String>> {
        self.failed_starts.push(cause);
        let registered = self.workers.len() - self.starting();
        let hopeless = self.gives_up() && registered == 0;
        hopeless.then(|| self.take_failed_starts())
    }

    /// Whether no more workers are to be started.
    pub fn gives_up(&self) -> bool {
        self.failed_starts.len() >= MAX_FAILED_STARTS
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

    /// How many workers each executor has that has any, and how many of them have nothing to do yet.
    pub fn sizes(&self) -> BTreeMap<ExecutorId, (usize, usize)> {
        let mut sizes: BTreeMap<_, (usize, usize)> = BTreeMap::new();
        for worker in self.workers.values() {
            let (workers, coming) = sizes.entry(worker.executor).or_default();
            *workers += 1;
            *coming += usize::from(!matches!(worker.state, WorkerState::Busy(_)));
        }
        sizes
    }

    /// A worker more, which is to be started.
    pub fn start(&mut self, executor: ExecutorId) -> WorkerId {
        let worker = WorkerId(self.next_id);
        self.next_id += 1;
        self.workers.insert(worker, Worker { executor, state: WorkerState::Starting });
        worker
    }

    pub fn iter(&self) -> impl Iterator<Item = (WorkerId, WorkerState)> {
        self.workers.iter().map(|(id, worker)| (*id, worker.state))
    }

    pub fn len(&self) -> usize {
        self.workers.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whoever has one executor does not ask whose a worker is.
    fn start<const COUNT: usize>(pool: &mut WorkerPool) -> [WorkerId; COUNT] {
        [ExecutorId(0); COUNT].map(|executor| pool.start(executor))
    }

    fn fail_start(pool: &mut WorkerPool) -> Option<Vec<String>> {
        let [worker] = start(pool);
        pool.remove(worker);
        pool.count_failed_start(format!("death of {worker}"))
    }

    #[test]
    fn three_failed_starts_are_hopeless() {
        let mut pool = WorkerPool::default();
        assert_eq!(fail_start(&mut pool), None);
        assert_eq!(fail_start(&mut pool), None);
        let causes = fail_start(&mut pool).unwrap();
        assert_eq!(causes, ["death of 0", "death of 1", "death of 2"]);
        assert!(!pool.gives_up());
    }

    #[test]
    fn a_pool_with_a_worker_gives_up_starting_more_until_that_one_dies() {
        let mut pool = WorkerPool::default();
        let [alive] = start(&mut pool);
        pool.register(alive);
        pool.occupy(alive, TaskId(0));
        for _ in 0..MAX_FAILED_STARTS {
            assert_eq!(fail_start(&mut pool), None);
        }
        assert!(pool.gives_up());
        assert_eq!(pool.remove(alive), Some(WorkerState::Busy(TaskId(0))));
        assert!(!pool.gives_up());
    }

    #[test]
    fn an_outdated_pool_keeps_those_that_start_and_those_that_work() {
        let mut pool = WorkerPool::default();
        let workers = start::<3>(&mut pool);
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
        let mut pool = WorkerPool::default();
        pool.register(WorkerId(7));
        pool.free(WorkerId(7));
        assert_eq!(pool.remove(WorkerId(7)), None);
        assert_eq!(pool.len(), 0);
    }

    #[test]
    fn an_executor_goes_with_its_workers() {
        let mut pool = WorkerPool::default();
        let [first, second] = [ExecutorId(0), ExecutorId(1)].map(|executor| pool.start(executor));
        pool.register(first);
        assert_eq!(pool.remove_all_of(ExecutorId(0)), [WorkerState::Idle]);
        assert_eq!(pool.remove_all_of(ExecutorId(0)), []);
        assert_eq!(pool.state(first), None);
        assert_eq!(pool.state(second), Some(WorkerState::Starting));
        assert_eq!(pool.sizes(), BTreeMap::from([(ExecutorId(1), (1, 1))]));
    }
}
