//! Which task runs where: idle workers go to the tasks of the stage whose turn it is.
//!
//! Within a stage a task goes to the idle worker that holds its cached block, if there is one, else to another one of the
//! same executor, and one that is tried again goes to another executor; no task waits for a busy worker. So that a worker
//! which becomes free finds its own blocks, the choice is among the first pending tasks of the stage and not only the very
//! first, where blocks are cached at all.
//!
//! Invariant: afterwards there is no idle worker, or no task that can be launched, or the stage whose turn it is gathers.

use super::DagScheduler;
use crate::block_tracker::Holder;
use crate::event::{Action, LaunchTask, Work};
use crate::ids::{ExecutorId, StageId, WorkerId};
use crate::lineage::Pin;
use crate::needs::preferred_holder;
use crate::stage::Stage;
use crate::task_scheduler::RunningTask;
use std::collections::{BTreeMap, BTreeSet};

/// Among how many pending tasks of a stage a worker finds those whose blocks it holds: enough for a machine's
/// workers to find theirs, few enough that the search costs less than starting a task.
const LOCALITY_WINDOW: usize = 64;

impl DagScheduler {
    pub(super) fn launch(&mut self) {
        while !self.tasks.pool.idle().is_empty() {
            let Some((stage, most)) = self.next_turn() else { break };
            if self.is_gathering(stage) {
                break;
            }
            let assigned = self.assign(stage);
            let together = self.together(stage, &assigned);
            for (index, worker) in assigned.into_iter().take(most) {
                self.launch_task(stage, index, worker, together.clone());
            }
            self.place(stage);
        }
        self.start_workers();
    }

    /// Pairs pending tasks of a stage with idle workers, until one of both runs out.
    fn assign(&self, id: StageId) -> Vec<(u32, WorkerId)> {
        let Some(stage) = self.stages.get(id) else { return Vec::new() };
        let mut idle = self.tasks.pool.idle().clone();
        let mut assigned = Vec::new();
        let mut others = Vec::new();
        for (index, preferred) in self.preferences(stage, idle.len()) {
            match preferred.filter(|holder| idle.remove(&holder.worker)) {
                Some(holder) => assigned.push((index, holder.worker)),
                None => others.push((index, preferred)),
            }
        }
        for (index, preferred) in others {
            let Some(worker) = self.choose(&idle, stage, index, preferred) else { break };
            idle.remove(&worker);
            assigned.push((index, worker));
        }
        assigned
    }

    /// The best of the idle workers for a task whose block none of them has written.
    fn choose(
        &self,
        idle: &BTreeSet<WorkerId>,
        stage: &Stage,
        index: u32,
        preferred: Option<Holder>,
    ) -> Option<WorkerId> {
        let avoided = stage.tasks.avoided(index);
        let executor = |worker: &&WorkerId| self.tasks.pool.executor(**worker);
        let beside = preferred.and_then(|holder| {
            idle.iter().find(|worker| executor(worker) == Some(holder.executor))
        });
        let elsewhere = avoided
            .and_then(|avoided| idle.iter().find(|worker| executor(worker) != Some(avoided)));
        elsewhere.or(beside).or(idle.first()).copied()
    }

    /// The first pending tasks of a stage, each with the worker that would run it best.
    fn preferences(&self, stage: &Stage, idle: usize) -> Vec<(u32, Option<Holder>)> {
        let pending = self.in_turn(stage);
        if stage.needs().is_none_or(|needs| needs.cached.is_empty()) {
            return pending.take(idle).map(|index| (index, None)).collect();
        }
        let prefer = |index| {
            let partition = stage.tasks.partition(index)?;
            preferred_holder(&self.lineage, &self.blocks, stage.rdd, partition)
        };
        pending.take(idle.max(LOCALITY_WINDOW)).map(|index| (index, prefer(index))).collect()
    }

    /// Who runs the tasks of a barrier stage, by partition.
    fn together(&self, id: StageId, assigned: &[(u32, WorkerId)]) -> Vec<ExecutorId> {
        let meets = self.stages.get(id).filter(|stage| stage.barrier.is_some());
        let Some(stage) = meets.filter(|_| self.executors_hold_files) else { return Vec::new() };
        let place = |index| (stage.tasks.partition(index), index);
        let sorted: BTreeMap<_, WorkerId> =
            assigned.iter().map(|(index, worker)| (place(*index), *worker)).collect();
        sorted.into_values().filter_map(|worker| self.tasks.pool.executor(worker)).collect()
    }

    /// The pending tasks of a stage in the order in which they are launched.
    fn in_turn<'a>(&self, stage: &'a Stage) -> Box<dyn Iterator<Item = u32> + 'a> {
        let pending = stage.tasks.pending().iter().copied();
        let Some(seed) = self.shuffle_seed else { return Box::new(pending) };
        let of_stage = scramble(seed ^ u64::from(stage.id.0));
        let mut shuffled: Vec<u32> = pending.collect();
        shuffled.sort_by_cached_key(|index| scramble(of_stage ^ u64::from(*index)));
        Box::new(shuffled.into_iter())
    }

    fn launch_task(
        &mut self,
        id: StageId,
        index: u32,
        worker: WorkerId,
        together: Vec<ExecutorId>,
    ) {
        let Some(stage) = self.stages.get_mut(id) else { return };
        let Some(partition) = stage.tasks.partition(index) else { return };
        let pin = match stage.work {
            Work::ShuffleMap(shuffle) => Pin::Shuffle(shuffle),
            Work::Result(_) => Pin::Rdd(stage.rdd),
        };
        let stage_attempt = stage.attempts.current();
        let epoch = self.outputs.epoch();
        let executor = self.tasks.pool.executor(worker).unwrap_or_default();
        let is_killed = false;
        let task = self.tasks.launch(RunningTask {
            stage: id,
            stage_attempt,
            index,
            worker,
            executor,
            epoch,
            pin,
            is_killed,
        });
        self.lineage.pin(pin);
        let attempt = stage.tasks.launch(index, task);
        if attempt.is_retry {
            self.actions.push(Action::ReportTaskRetried { stage: id, partition });
        }
        self.actions.push(Action::LaunchTask(LaunchTask {
            task,
            worker,
            stage: id,
            stage_attempt,
            rdd: stage.rdd,
            partition,
            attempt: attempt.number,
            work: stage.work,
            barrier: stage.barrier.is_some().then_some(stage.tasks.len() as u32),
            executor,
            together,
        }));
    }

    fn start_workers(&mut self) {
        let cores = self.tasks.pool.cores();
        let stages = self.tasks.queue.iter().take(cores);
        let pending = stages.filter_map(|(_, id)| self.stages.get(id));
        let pending = pending.map(|stage| stage.tasks.pending().len()).sum();
        for (executor, workers) in self.tasks.pool.wish(pending) {
            self.actions.push(Action::StartWorkers { executor, workers });
        }
    }
}

/// Vigna's SplitMix64: numbers that differ little become numbers that differ much.
fn scramble(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}
