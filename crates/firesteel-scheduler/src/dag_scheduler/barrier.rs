//! Barrier stages: their tasks run all at once or not at all, and fail as one.
//!
//! | What happens                        | then                                                              |
//! |-------------------------------------|-------------------------------------------------------------------|
//! | fewer idle workers than tasks       | the stage gathers: no later stage gets a worker before it          |
//! | more tasks than workers at all      | the job is refused when it is submitted                           |
//! | a task does not succeed             | the others are killed, and all run again as a new attempt          |
//! | a map output of it is lost          | all of them are, and all run again                                 |
//! | nobody needs it before it is done   | what it has made is void: the next job begins with nothing         |
//! | some of its partitions are cached   | they are computed all the same, and go with a void attempt         |
//!
//! Invariant: of the tasks of a barrier stage all are pending or none is.

use super::DagScheduler;
use crate::barrier::{BarrierBreak, BarrierOperation, BarrierRefusal, BarrierStage, Verdict};
use crate::event::{Action, JobFailure, Work};
use crate::ids::{RddId, ShuffleId, StageId, TaskId};
use crate::stage::Stage;
use crate::task_scheduler::RunningTask;
use std::collections::BTreeSet;

impl DagScheduler {
    pub fn barrier_reached(&mut self, id: TaskId, operation: BarrierOperation) {
        let Some(task) = self.living(id) else { return };
        let Some(stage) = self.stages.get_mut(task.stage) else { return };
        let tasks = stage.tasks.len();
        let partition = stage.tasks.partition(task.index).unwrap_or(task.index);
        let Some(barrier) = &mut stage.barrier else { return };
        let verdict = barrier.meeting.arrive((partition, task.index), id, operation, tasks);
        self.announce(verdict);
    }

    pub fn barrier_timed_out(&mut self, id: TaskId) {
        let Some(task) = self.living(id) else { return };
        let Some(barrier) = self.barrier_of(task.stage) else { return };
        if barrier.meeting.waiting().any(|waiting| waiting == id) {
            let verdict = barrier.meeting.break_up(BarrierBreak::TimedOut);
            self.announce(verdict);
        }
    }

    fn living(&self, id: TaskId) -> Option<RunningTask> {
        self.tasks.get(id).filter(|task| !task.is_killed).copied()
    }

    pub(super) fn barrier_of(&mut self, stage: StageId) -> Option<&mut BarrierStage> {
        self.stages.get_mut(stage)?.barrier.as_mut()
    }

    fn announce(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::Wait => {}
            Verdict::Release(tasks) => self.actions.push(Action::ReleaseBarrier { tasks }),
            Verdict::Break(tasks, reason) => {
                self.actions.push(Action::BreakBarrier { tasks, reason });
            }
        }
    }

    /// A task has succeeded: the others wait for it in vain.
    pub(super) fn leave_barrier(&mut self, task: &RunningTask) {
        let Some(stage) = self.stages.get_mut(task.stage) else { return };
        let partition = stage.tasks.partition(task.index).unwrap_or(task.index);
        if let Some(barrier) = &mut stage.barrier {
            let verdict = barrier.meeting.leave(partition);
            self.announce(verdict);
        }
    }

    /// Makes a new stage a barrier stage if its lineage says so.
    pub(super) fn mark_barrier(&mut self, id: StageId, rdd: RddId) {
        if self.lineage.is_barrier(rdd)
            && let Some(stage) = self.stages.get_mut(id)
        {
            stage.barrier = Some(BarrierStage::default());
        }
    }

    /// Whether all barrier stages of a job can run.
    pub(super) fn check_barriers(
        &self,
        rdd: RddId,
        partitions: &[u32],
    ) -> Result<(), BarrierRefusal> {
        if !self.lineage.has_barriers() {
            return Ok(());
        }
        let distinct: BTreeSet<u32> = partitions.iter().copied().collect();
        self.check_barrier(rdd, partitions.len(), distinct.len())?;
        for shuffle in self.lineage.shuffles_above(rdd) {
            let Some(map_side) = self.lineage.map_side(shuffle) else { continue };
            let tasks = self.lineage.rdd(map_side).map_or(0, |rdd| rdd.partitions as usize);
            self.check_barrier(map_side, tasks, tasks)?;
        }
        Ok(())
    }

    fn check_barrier(
        &self,
        rdd: RddId,
        tasks: usize,
        distinct: usize,
    ) -> Result<(), BarrierRefusal> {
        if !self.lineage.is_barrier(rdd) {
            return Ok(());
        }
        self.lineage.check_barrier(rdd, distinct as u32)?;
        let slots = self.tasks.resources.all_slots(&self.asked_by(rdd));
        if tasks > slots {
            let (tasks, slots) = (tasks as u32, slots as u32);
            return Err(BarrierRefusal::TooManyTasks { tasks, slots });
        }
        Ok(())
    }

    /// Fails the jobs of stages for which there will never be enough workers, because no more can be started: of the stage
    /// in turn, if it gathers them, and of those for whose tasks there is not even one.
    pub(super) fn disband(&mut self) {
        while self.tasks.pool.gives_up()
            && let Some(id) = self.hopeless()
        {
            let causes = self.tasks.pool.take_failed_starts();
            self.fail_stage(id, &JobFailure::NoWorkers { causes });
            self.settle();
        }
    }

    fn hopeless(&self) -> Option<StageId> {
        let able = |stage: &Stage| self.tasks.able(&stage.asked);
        let in_turn = self.stage_in_turn().and_then(|id| self.stages.get(id));
        let gathers =
            |stage: &&Stage| stage.barrier.is_some() && stage.tasks.pending().len() > able(stage);
        let queued = self.tasks.queue.iter().filter_map(|(_, id)| self.stages.get(id));
        let stage =
            in_turn.filter(gathers).or_else(|| queued.into_iter().find(|stage| able(stage) == 0));
        stage.map(|stage| stage.id)
    }

    /// A task of the attempt has not succeeded, or what one has made is lost: all of them run again.
    pub(super) fn restart(&mut self, id: StageId) {
        self.void(id);
        if let Some(stage) = self.stages.get_mut(id) {
            stage.attempts.fail();
            self.dirty.evaluate.insert(id);
        }
    }

    /// Takes back what a barrier stage has made, and kills what runs.
    pub(super) fn void(&mut self, id: StageId) {
        let Some(stage) = self.stages.get_mut(id) else { return };
        let Some(barrier) = &mut stage.barrier else { return };
        barrier.meeting = Default::default();
        let had_results = stage.tasks.has_done();
        let (work, rdd) = (stage.work, stage.rdd);
        for task in stage.tasks.restart() {
            self.kill(task);
        }
        match work {
            Work::ShuffleMap(shuffle) => self.lose_all_outputs(shuffle),
            Work::Result(job) if had_results && self.jobs.contains_key(&job) => {
                self.actions.push(Action::RetractResults { job });
            }
            Work::Result(_) => {}
        }
        self.drop_torn_blocks(rdd);
        self.place(id);
    }

    /// Blocks of a void attempt must not be united with those of the next one.
    fn drop_torn_blocks(&mut self, rdd: RddId) {
        for rdd in self.lineage.barriers_above(rdd) {
            let partitions = self.lineage.rdd(rdd).map_or(0, |rdd| rdd.partitions as usize);
            if (1..partitions).contains(&self.blocks.count(rdd)) {
                self.blocks_dropped(rdd);
                self.actions.push(Action::RemoveBlocks { rdd });
            }
        }
    }

    /// Nobody needs the stage any more. A part of its tasks is worth nothing without the others.
    pub(super) fn abandon_barrier(&mut self, id: StageId) {
        if self.stages.get(id).is_some_and(|stage| !stage.tasks.is_done()) {
            self.void(id);
        }
        if let Some(barrier) = self.barrier_of(id) {
            *barrier = BarrierStage::default();
        }
    }

    fn lose_all_outputs(&mut self, shuffle: ShuffleId) {
        let epoch = self.outputs.epoch();
        for map_partition in (0..).take(self.outputs.outputs(shuffle).len()) {
            self.outputs.lose(shuffle, map_partition, epoch);
        }
    }
}
