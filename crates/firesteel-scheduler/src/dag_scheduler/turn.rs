//! Whose turn it is: the stage that gets the next idle worker, if one of the executors has what its tasks ask for.
//!
//! A stage belongs to the pool of the earliest job that needs it. Its running tasks count for that pool, but not
//! those that are being killed, whose workers are on their way out.

use super::DagScheduler;
use crate::ids::{JobId, StageId};
use crate::pool::{DEFAULT_POOL, Pools, Runnable, RunningTasks};
use std::collections::BTreeSet;

impl DagScheduler {
    /// The stage whose tasks are launched next, and how many of them before others are looked at again: the first in turn
    /// that some executor has enough for. None if that gathers workers for its barriers, for all others wait for it.
    pub(super) fn next_launch(&self) -> Option<(StageId, usize)> {
        let mut passed = BTreeSet::new();
        loop {
            let (id, most) = self.next_turn(&passed)?;
            let stage = self.stages.get(id)?;
            let offered = self.tasks.offers(&stage.asked).count();
            if stage.barrier.is_some() {
                return (stage.tasks.pending().len() <= offered).then_some((id, most));
            }
            if offered > 0 {
                return Some((id, most));
            }
            passed.insert(id);
        }
    }

    /// The first stage in turn but for those that have been passed over.
    fn next_turn(&self, passed: &BTreeSet<StageId>) -> Option<(StageId, usize)> {
        match &self.pools {
            None => {
                let mut stages = self.tasks.queue.iter().map(|(_, stage)| stage);
                Some((stages.find(|stage| !passed.contains(stage))?, usize::MAX))
            }
            Some(pools) => {
                let stage = self.fairest(pools, passed)?;
                Some((stage, if self.is_barrier(stage) { usize::MAX } else { 1 }))
            }
        }
    }

    pub(super) fn stage_in_turn(&self) -> Option<StageId> {
        self.next_turn(&BTreeSet::new()).map(|(stage, _)| stage)
    }

    fn is_barrier(&self, id: StageId) -> bool {
        self.stages.get(id).is_some_and(|stage| stage.barrier.is_some())
    }

    fn fairest(&self, pools: &Pools, passed: &BTreeSet<StageId>) -> Option<StageId> {
        let queue = self.tasks.queue.iter().filter(|(_, stage)| !passed.contains(stage));
        let runnable: Vec<_> =
            queue.map(|(job, stage)| Runnable { stage, pool: self.pool(job) }).collect();
        // Most of the time one job runs alone.
        if let [only] = runnable[..] {
            return Some(only.stage);
        }
        let mut running = RunningTasks::default();
        for (_, task) in self.tasks.iter().filter(|(_, task)| !task.is_killed) {
            let job = self.stages.get(task.stage).and_then(|stage| stage.jobs.first());
            if let Some(job) = job {
                running.count(task.stage, self.pool(*job));
            }
        }
        pools.choose(&runnable, &running)
    }

    fn pool(&self, job: JobId) -> &str {
        self.jobs.get(&job).and_then(|job| job.pool.as_deref()).unwrap_or(DEFAULT_POOL)
    }
}
