//! Where tasks that ask for so much can go: to idle workers of executors that have it left, or to workers yet to start.
//!
//! Invariant: what offers and plans promise together, an executor has.

use crate::ids::{ExecutorId, ProfileId, WorkerId};
use crate::resources::{Asked, Free, Resources};
use crate::worker_pool::WorkerPool;
use std::collections::BTreeMap;

/// The idle workers for the tasks of one stage.
#[derive(Debug)]
pub(crate) struct Offers {
    workers: BTreeMap<WorkerId, ExecutorId>,
    /// How many tasks more each executor has enough for.
    room: BTreeMap<ExecutorId, usize>,
}

impl Offers {
    pub fn new(pool: &WorkerPool, resources: &Resources, asked: &Asked) -> Self {
        let mut room = BTreeMap::new();
        let mut workers = BTreeMap::new();
        for worker in pool.idle() {
            let Some(executor) = pool.executor(*worker) else { continue };
            let slots = room.entry(executor).or_insert_with(|| resources.room(executor, asked));
            if *slots > 0 {
                workers.insert(*worker, executor);
            }
        }
        Self { workers, room }
    }

    /// How many tasks can be launched.
    pub fn count(&self) -> usize {
        let mut idle: BTreeMap<ExecutorId, usize> = BTreeMap::new();
        for executor in self.workers.values() {
            *idle.entry(*executor).or_default() += 1;
        }
        let fits = |(executor, idle): (&ExecutorId, &usize)| {
            self.room.get(executor).copied().unwrap_or(0).min(*idle)
        };
        idle.iter().map(fits).sum()
    }

    pub fn workers(&self) -> impl Iterator<Item = (WorkerId, ExecutorId)> {
        self.workers.iter().map(|(worker, executor)| (*worker, *executor))
    }

    /// Takes a worker for a task. False if it is not on offer.
    pub fn take(&mut self, worker: WorkerId) -> bool {
        let Some(executor) = self.workers.remove(&worker) else { return false };
        let Some(room) = self.room.get_mut(&executor) else { return false };
        *room -= 1;
        if *room == 0 {
            self.workers.retain(|_, other| *other != executor);
        }
        true
    }
}

/// Which workers to start, so that pending tasks find one where there is enough for them.
#[derive(Debug)]
pub(crate) struct Plan {
    places: BTreeMap<ExecutorId, Place>,
    starts: Vec<ExecutorId>,
}

#[derive(Debug)]
struct Place {
    /// Whose tasks it is for.
    kind: ProfileId,
    free: Free,
    /// Workers that have nothing to do yet.
    coming: usize,
    workers: usize,
}

impl Plan {
    pub fn new(pool: &WorkerPool, resources: &Resources) -> Self {
        let sizes = pool.sizes();
        let place = |executor| {
            let (kind, free) = resources.free(executor)?;
            let (workers, coming) = sizes.get(&executor).copied().unwrap_or_default();
            Some((executor, Place { kind, free: free.clone(), coming, workers }))
        };
        Self { places: resources.executors().filter_map(place).collect(), starts: Vec::new() }
    }

    /// Finds a place for a task: with a worker that is there or starting, else on the executor with the fewest. False if
    /// no executor has enough.
    pub fn add(&mut self, asked: &Asked) -> bool {
        let fits =
            |place: &Place| place.kind == asked.executors && place.free.slots(&asked.task) > 0;
        let places = self.places.iter_mut().filter(|(_, place)| fits(place));
        let best = places.min_by_key(|(id, place)| (place.coming == 0, place.workers, **id));
        let Some((executor, place)) = best else { return false };
        place.free.plan(&asked.task);
        if place.coming > 0 {
            place.coming -= 1;
        } else {
            place.workers += 1;
            self.starts.push(*executor);
        }
        true
    }

    /// Whether there is no place for any task.
    pub fn is_full(&self) -> bool {
        self.places.values().all(|place| place.free.is_exhausted())
    }

    /// Whose workers to start, in this order.
    pub fn into_starts(self) -> Vec<ExecutorId> {
        self.starts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::TaskId;
    use crate::resources::{Amount, Devices, ExecutorResources, TaskResources};

    const FIRST: ExecutorId = ExecutorId(0);
    const SECOND: ExecutorId = ExecutorId(1);

    fn cpus(count: f64) -> Asked {
        let cpus = Amount::of(count).unwrap();
        Asked { task: TaskResources { cpus, ..TaskResources::default() }, ..Asked::default() }
    }

    /// Two executors.
    fn executors(cores: u32) -> Resources {
        Resources::new(2, ExecutorResources { cores, devices: Devices::new() })
    }

    /// Two executors of two cores, with two idle workers each.
    fn machine() -> (WorkerPool, Resources) {
        let mut pool = WorkerPool::default();
        for worker in [FIRST, FIRST, SECOND, SECOND].map(|executor| pool.start(executor)) {
            pool.register(worker);
        }
        (pool, executors(2))
    }

    #[test]
    fn an_executor_offers_what_it_has_left() {
        let (mut pool, mut resources) = machine();
        assert_eq!(Offers::new(&pool, &resources, &cpus(1.0)).count(), 4);
        let mut offers = Offers::new(&pool, &resources, &cpus(2.0));
        assert_eq!(offers.count(), 2);
        assert!(offers.take(WorkerId(1)));
        assert!(!offers.take(WorkerId(0)), "its executor has nothing left");
        assert!(offers.take(WorkerId(3)));
        assert_eq!(offers.count(), 0);
        pool.occupy(WorkerId(0), TaskId(0));
        resources.take(TaskId(0), FIRST, &cpus(1.5).task);
        let offers = Offers::new(&pool, &resources, &cpus(1.0));
        assert_eq!(
            offers.workers().collect::<Vec<_>>(),
            [(WorkerId(2), SECOND), (WorkerId(3), SECOND)]
        );
    }

    #[test]
    fn workers_are_dealt_out_evenly() {
        let pool = WorkerPool::default();
        let mut plan = Plan::new(&pool, &executors(2));
        assert!((0..4).all(|_| plan.add(&Asked::default())));
        assert!(plan.is_full());
        assert!(!plan.add(&Asked::default()));
        assert_eq!(plan.into_starts(), [FIRST, SECOND, FIRST, SECOND]);
    }

    #[test]
    fn tasks_that_ask_for_more_need_fewer_workers() {
        let pool = WorkerPool::default();
        let mut plan = Plan::new(&pool, &executors(3));
        assert!(plan.add(&cpus(2.0)) && plan.add(&cpus(2.0)) && !plan.add(&cpus(2.0)));
        assert!(plan.add(&cpus(1.0)));
        assert_eq!(plan.into_starts(), [FIRST, SECOND, FIRST]);
    }

    #[test]
    fn who_is_there_comes_first() {
        let (pool, resources) = machine();
        let mut plan = Plan::new(&pool, &resources);
        assert!((0..6).all(|_| plan.add(&cpus(0.5))));
        assert_eq!(plan.into_starts(), [FIRST, SECOND]);
    }
}
