//! Which task runs where: idle workers go to the tasks of the stage whose turn it is.
//!
//! Within a stage a task goes to the idle worker that holds its cached block, if there is one; no task waits for
//! a busy worker. So that a worker which becomes free finds its own blocks, the choice is among the first
//! pending tasks of the stage and not only the very first, where blocks are cached at all.
//!
//! Invariant: afterwards there is no idle worker, or no task that can be launched, or the stage whose turn it is gathers.

use super::DagScheduler;
use crate::event::{Action, LaunchTask, Work};
use crate::ids::{StageId, WorkerId};
use crate::lineage::Pin;
use crate::needs::preferred_worker;
use crate::stage::Stage;
use crate::task_scheduler::RunningTask;

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
            for (index, worker) in self.assign(stage).into_iter().take(most) {
                self.launch_task(stage, index, worker);
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
            match preferred.filter(|worker| idle.remove(worker)) {
                Some(worker) => assigned.push((index, worker)),
                None => others.push(index),
            }
        }
        assigned.extend(others.into_iter().zip(idle));
        assigned
    }

    /// The first pending tasks of a stage, each with the worker that would run it best.
    fn preferences(&self, stage: &Stage, idle: usize) -> Vec<(u32, Option<WorkerId>)> {
        let pending = stage.tasks.pending().iter().copied();
        if stage.needs().is_none_or(|needs| needs.cached.is_empty()) {
            return pending.take(idle).map(|index| (index, None)).collect();
        }
        let prefer = |index| {
            let partition = stage.tasks.partition(index)?;
            preferred_worker(&self.lineage, &self.blocks, stage.rdd, partition)
        };
        pending.take(idle.max(LOCALITY_WINDOW)).map(|index| (index, prefer(index))).collect()
    }

    fn launch_task(&mut self, id: StageId, index: u32, worker: WorkerId) {
        let Some(stage) = self.stages.get_mut(id) else { return };
        let Some(partition) = stage.tasks.partition(index) else { return };
        let pin = match stage.work {
            Work::ShuffleMap(shuffle) => Pin::Shuffle(shuffle),
            Work::Result(_) => Pin::Rdd(stage.rdd),
        };
        let stage_attempt = stage.attempts.current();
        let epoch = self.outputs.epoch();
        let is_killed = false;
        let task = self.tasks.launch(RunningTask {
            stage: id,
            stage_attempt,
            index,
            worker,
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
        }));
    }

    fn start_workers(&mut self) {
        let cores = self.tasks.pool.cores();
        let stages = self.tasks.queue.iter().take(cores);
        let pending = stages.filter_map(|(_, id)| self.stages.get(id));
        let pending = pending.map(|stage| stage.tasks.pending().len()).sum();
        let workers = self.tasks.pool.wish(pending);
        if !workers.is_empty() {
            self.actions.push(Action::StartWorkers { workers });
        }
    }
}
