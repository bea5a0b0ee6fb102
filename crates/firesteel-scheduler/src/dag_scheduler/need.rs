//! Which stages are needed, by which jobs, and what they wait for.
//!
//! A job needs its result stage; a stage needs the map stages it waits for. Both directions are kept up to date
//! by two small rules, applied to marked stages until none is left:
//!
//! - `refresh_need`: a map stage is needed by the jobs of its waiters. One that gains a job is evaluated, one that
//!   loses the last is abandoned, and both pass the change on to what they wait for.
//! - `evaluate`: a needed stage waits for those shuffles of its pending tasks that are not available. If there
//!   are none, it runs.
//!
//! Marks make the depth of the lineage a matter of time and not of stack. Invariant: when nothing is marked,
//! both rules hold for every stage.

use super::DagScheduler;
use crate::event::{Action, Work};
use crate::ids::{JobId, ShuffleId, StageId};
use crate::needs::{Needs, needs};
use crate::stage::{Running, Stage, StageState, Waiting};
use std::collections::BTreeSet;

/// What has to be looked at again.
#[derive(Debug, Default)]
pub(super) struct Dirty {
    pub refresh: BTreeSet<ShuffleId>,
    pub evaluate: BTreeSet<StageId>,
}

impl DagScheduler {
    /// Looks at what is marked until nothing is. Who needs a stage comes first: what nobody needs should not
    /// begin an attempt.
    pub(super) fn settle(&mut self) {
        loop {
            if let Some(shuffle) = self.dirty.refresh.pop_first() {
                self.refresh_need(shuffle);
            } else if let Some(stage) = self.dirty.evaluate.pop_first() {
                self.evaluate(stage);
            } else {
                return;
            }
        }
    }

    fn refresh_need(&mut self, shuffle: ShuffleId) {
        let Some(stage) = self.stages.map_stage(shuffle) else { return };
        let jobs = self.jobs_of_waiters(stage);
        let Some(stage) = self.stages.map_stage_mut(shuffle) else { return };
        let id = stage.id;
        let gains = !jobs.is_subset(&stage.jobs);
        if stage.jobs == jobs {
            return;
        }
        stage.jobs = jobs;
        if !stage.is_needed() {
            self.abandon(id);
            return;
        }
        self.dirty.refresh.extend(stage.waits_on().into_iter().flatten());
        if gains {
            self.dirty.evaluate.insert(id);
        }
        self.place(id);
    }

    pub(super) fn jobs_of_waiters(&self, stage: &Stage) -> BTreeSet<JobId> {
        let waiters = stage.waiters.iter().filter_map(|id| self.stages.get(*id));
        waiters.flat_map(|waiter| waiter.jobs.iter().copied()).collect()
    }

    fn evaluate(&mut self, id: StageId) {
        let Some(stage) = self.stages.get(id).filter(|stage| stage.is_needed()) else { return };
        let pending = stage.tasks.pending_partitions();
        let needs = needs(&self.lineage, &self.blocks, stage.rdd, pending);
        let on = self.unavailable(&needs);
        self.report_skipped(id, &needs, &on);
        if on.is_empty() {
            self.enter(id, StageState::Running(Running { needs }));
            self.open_attempt(id);
        } else {
            self.enter(id, StageState::Waiting(Waiting { on, needs }));
        }
        self.place(id);
    }

    pub(super) fn unavailable(&self, needs: &Needs) -> BTreeSet<ShuffleId> {
        let missing = needs.shuffles.iter().filter(|shuffle| !self.outputs.is_available(**shuffle));
        missing.copied().collect()
    }

    /// Changes a stage's state and tells the map stages who waits for them now.
    fn enter(&mut self, id: StageId, state: StageState) {
        let Some(stage) = self.stages.get_mut(id) else { return };
        let before = stage.enter(state);
        let after = stage.waits_on().cloned().unwrap_or_default();
        for shuffle in before.symmetric_difference(&after) {
            let Some(map_stage) = self.stages.map_stage_mut(*shuffle) else { continue };
            if after.contains(shuffle) {
                map_stage.waiters.insert(id);
            } else {
                map_stage.waiters.remove(&id);
            }
            self.dirty.refresh.insert(*shuffle);
        }
    }

    fn open_attempt(&mut self, id: StageId) {
        let Some(stage) = self.stages.get_mut(id) else { return };
        let tasks = stage.tasks.pending().len() as u32;
        let Some(&job) = stage.jobs.first().filter(|_| tasks > 0) else { return };
        if stage.attempts.open() {
            let attempt = stage.attempts.current();
            self.actions.push(Action::ReportStageStarted { stage: id, job, attempt, tasks });
        }
    }

    /// Reports the shuffles that are there although the stage's jobs have not waited for them.
    fn report_skipped(&mut self, id: StageId, needs: &Needs, on: &BTreeSet<ShuffleId>) {
        let Some(stage) = self.stages.get(id) else { return };
        for job in &stage.jobs {
            let Some(job) = self.jobs.get_mut(job) else { continue };
            for shuffle in &needs.shuffles {
                let is_new = job.seen_shuffles.insert(*shuffle);
                let was_made = !self.outputs.outputs(*shuffle).is_empty();
                if is_new && was_made && !on.contains(shuffle) {
                    let (job, shuffle) = (job.id, *shuffle);
                    self.actions.push(Action::ReportStageSkipped { job, shuffle });
                }
            }
        }
    }

    /// Puts a stage where it belongs in the queue.
    pub(super) fn place(&mut self, id: StageId) {
        let job = self.stages.get(id).and_then(Stage::runnable_for);
        self.tasks.queue.place(id, job);
    }

    /// Nobody needs the stage any more: it stops waiting, and its running tasks are killed.
    pub(super) fn abandon(&mut self, id: StageId) {
        self.enter(id, StageState::Idle);
        self.abandon_barrier(id);
        let Some(stage) = self.stages.get_mut(id) else { return };
        stage.jobs.clear();
        stage.attempts.close();
        for task in stage.tasks.abandon() {
            self.kill(task);
        }
        self.place(id);
    }

    /// A map stage has all its outputs: it goes idle, and its waiters no longer wait for it.
    pub(super) fn complete_map_stage(&mut self, id: StageId) {
        let Some(stage) = self.stages.get_mut(id) else { return };
        let Work::ShuffleMap(shuffle) = stage.work else { return };
        let waiters = std::mem::take(&mut stage.waiters);
        self.actions.push(Action::ReportStageCompleted { stage: id });
        self.abandon(id);
        for waiter in waiters {
            let Some(stage) = self.stages.get_mut(waiter) else { continue };
            if stage.stop_waiting_on(shuffle) {
                self.dirty.evaluate.insert(waiter);
            }
        }
    }
}
