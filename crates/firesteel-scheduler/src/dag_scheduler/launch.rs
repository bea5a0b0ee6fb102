//! Which task runs where: idle workers go to the tasks of the stage whose turn it is.
//!
//! Within a stage a task goes to the idle worker that holds its cached block, if there is one, else to another one of the
//! same executor, and one that is tried again goes to another executor; no task waits for a busy worker. So that a worker
//! which becomes free finds its own blocks, the choice is among the first pending tasks of the stage and not only the very
//! first, where blocks are cached at all.
//!
//! Invariant: afterwards there is no idle worker, or no task that can be launched with what its executor has left, or the
//! stage whose turn it is gathers.

use super::DagScheduler;
use crate::block_tracker::Holder;
use crate::event::{Action, LaunchTask, Work};
use crate::ids::{ExecutorId, StageId, WorkerId};
use crate::lineage::Pin;
use crate::needs::preferred_holder;
use crate::offers::Offers;
use crate::stage::Stage;
use crate::task_scheduler::RunningTask;
use std::collections::BTreeMap;

/// Among how many pending tasks of a stage a worker finds those whose blocks it holds: enough for a machine's
/// workers to find theirs, few enough that the search costs less than starting a task.
const LOCALITY_WINDOW: usize = 64;

impl DagScheduler {
    pub(super) fn launch(&mut self) {
        while !self.tasks.pool.idle().is_empty() {
            let Some((stage, most)) = self.next_launch() else { break };
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
        let mut offers = self.tasks.offers(&stage.asked);
        let mut assigned = Vec::new();
        let mut others = Vec::new();
        for (index, preferred) in self.preferences(stage, offers.count()) {
            match preferred.filter(|holder| offers.take(holder.worker)) {
                Some(holder) => assigned.push((index, holder.worker)),
                None => others.push((index, preferred)),
            }
        }
        for (index, preferred) in others {
            let Some(worker) = choose(&offers, stage.tasks.avoided(index), preferred) else {
                break;
            };
            offers.take(worker);
            assigned.push((index, worker));
        }
        assigned
    }

    /// The first pending tasks of a stage, at least as many as are offered workers, each with the worker that would run it best.
    fn preferences(&self, stage: &Stage, offered: usize) -> Vec<(u32, Option<Holder>)> {
        let pending = self.in_turn(stage);
        if stage.needs().is_none_or(|needs| needs.cached.is_empty()) {
            return pending.take(offered).map(|index| (index, None)).collect();
        }
        let prefer = |index| {
            let partition = stage.tasks.partition(index)?;
            preferred_holder(&self.lineage, &self.blocks, stage.rdd, partition)
        };
        pending.take(offered.max(LOCALITY_WINDOW)).map(|index| (index, prefer(index))).collect()
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
        let running = RunningTask {
            stage: id,
            stage_attempt,
            index,
            worker,
            executor,
            epoch,
            pin,
            is_killed,
        };
        let (task, devices) = self.tasks.launch(running, &stage.asked);
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
            cpus: stage.asked.task.cpus,
            profile: stage.asked.executors,
            devices,
        }));
    }

    fn start_workers(&mut self) {
        if self.tasks.queue.is_empty() || self.tasks.pool.gives_up() {
            return;
        }
        for (executor, workers) in self.wished() {
            self.actions.push(Action::StartWorkers { executor, workers });
        }
    }

    /// The workers to start, by executor.
    fn wished(&mut self) -> BTreeMap<ExecutorId, Vec<WorkerId>> {
        let mut plan = self.tasks.plan();
        // All others wait for the stage in turn if it gathers workers.
        let first = self.stage_in_turn();
        let others = self.tasks.queue.iter().map(|(_, id)| id).filter(|id| Some(*id) != first);
        for stage in first.into_iter().chain(others).filter_map(|id| self.stages.get(id)) {
            let mut pending = stage.tasks.pending().iter();
            while pending.next().is_some() && plan.add(&stage.asked) {}
            if plan.is_full() {
                break;
            }
        }
        let mut wished: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for executor in plan.into_starts() {
            wished.entry(executor).or_default().push(self.tasks.pool.start(executor));
        }
        wished
    }
}

/// The best of the offered workers for a task whose block none of them has written.
fn choose(
    offers: &Offers,
    avoided: Option<ExecutorId>,
    preferred: Option<Holder>,
) -> Option<WorkerId> {
    let elsewhere =
        avoided.and_then(|avoided| offers.workers().find(|(_, executor)| *executor != avoided));
    let beside =
        || preferred.and_then(|holder| offers.workers().find(|(_, own)| *own == holder.executor));
    let chosen = elsewhere.or_else(beside).or_else(|| offers.workers().next());
    chosen.map(|(worker, _)| worker)
}

/// Vigna's SplitMix64: numbers that differ little become numbers that differ much.
fn scramble(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}
