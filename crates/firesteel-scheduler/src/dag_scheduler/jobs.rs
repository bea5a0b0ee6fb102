//! How jobs begin and end.
//!
//! Invariant: a job ends with exactly one `CompleteJob` or `FailJob`, given at the moment it leaves `jobs`.

use super::DagScheduler;
use crate::event::{Action, JobFailure, Work};
use crate::ids::{JobId, RddId, StageId};
use crate::job::Job;
use crate::lineage::{LineageError, Pin, Rdd};
use crate::resources::ResourceProfile;
use crate::task_set::TaskSet;

/// What a job tells of the lineage.
pub(crate) struct News {
    pub definitions: Vec<(RddId, Rdd)>,
    pub profiles: Vec<(RddId, ResourceProfile)>,
}

/// What `Event::JobSubmitted` carries besides.
pub(crate) struct Submission {
    pub job: JobId,
    pub rdd: RddId,
    pub partitions: Vec<u32>,
    pub group: Option<String>,
    pub pool: Option<String>,
}

impl From<LineageError> for JobFailure {
    fn from(error: LineageError) -> Self {
        Self::Cancelled { reason: error.to_string() }
    }
}

impl DagScheduler {
    pub fn submit(&mut self, submission: Submission, news: News) {
        // A user who tries again may have made room for processes since.
        self.tasks.pool.forgive();
        let id = submission.job;
        let defined = self.define(news.definitions).map_err(JobFailure::from);
        self.ask_for(news.profiles);
        if let Err(failure) = defined.and_then(|()| self.accept(submission)) {
            self.actions.push(Action::FailJob { job: id, failure });
        }
    }

    fn define(&mut self, definitions: Vec<(RddId, Rdd)>) -> Result<(), LineageError> {
        for (id, rdd) in definitions {
            let new_shuffle = self.lineage.define(id, rdd)?;
            let Some(shuffle) = new_shuffle else { continue };
            let Some(map_side) = self.lineage.map_side(shuffle) else { continue };
            let map_partitions = self.lineage.rdd(map_side).map_or(0, |rdd| rdd.partitions);
            // Its stage is made here and not when it first runs: so stage ids follow the lineage.
            let tasks = TaskSet::new(0..map_partitions);
            let stage = self.stages.create(map_side, Work::ShuffleMap(shuffle), tasks);
            self.mark_barrier(stage, map_side);
            self.ask(stage, self.asked.clone());
            self.outputs.define(shuffle, map_partitions);
        }
        Ok(())
    }

    fn accept(&mut self, submission: Submission) -> Result<(), JobFailure> {
        let Submission { job: id, rdd, partitions, group, pool } = submission;
        self.lineage.check_partitions(rdd, &partitions)?;
        if partitions.is_empty() {
            self.actions.push(Action::CompleteJob { job: id });
            return Ok(());
        }
        self.check_profiles(rdd)?;
        self.check_barriers(rdd, &partitions).map_err(JobFailure::BarrierRefused)?;
        let result_stage = self.stages.create(rdd, Work::Result(id), TaskSet::new(partitions));
        self.mark_barrier(result_stage, rdd);
        self.mark_profiles(result_stage, rdd);
        if let Some(stage) = self.stages.get_mut(result_stage) {
            stage.jobs.insert(id);
        }
        self.lineage.pin(Pin::Rdd(rdd));
        let seen_shuffles = Default::default();
        self.jobs.insert(id, Job { id, rdd, group, pool, result_stage, seen_shuffles });
        self.dirty.evaluate.insert(result_stage);
        Ok(())
    }

    pub fn stages_of(&self, job: JobId) -> Vec<StageId> {
        let Some(job) = self.jobs.get(&job) else { return Vec::new() };
        let shuffles = self.lineage.shuffles_above(job.rdd);
        let map_stages = shuffles.into_iter().filter_map(|id| self.stages.map_stage_id(id));
        map_stages.chain([job.result_stage]).collect()
    }

    /// What a stage computes, in how many tasks.
    pub fn stage(&self, id: StageId) -> Option<(RddId, u32)> {
        self.stages.get(id).map(|stage| (stage.rdd, stage.tasks.len() as u32))
    }

    pub fn cancel_job(&mut self, id: JobId, reason: String) {
        self.fail_job(id, JobFailure::Cancelled { reason });
    }

    pub fn cancel_group(&mut self, group: &str, reason: &str) {
        let members = |job: &Job| job.group.as_deref() == Some(group);
        self.fail_jobs(members, &JobFailure::Cancelled { reason: reason.to_owned() });
    }

    pub fn cancel_all(&mut self, reason: String) {
        self.fail_jobs(|_| true, &JobFailure::Cancelled { reason });
    }

    pub(super) fn fail_jobs(&mut self, chosen: impl Fn(&Job) -> bool, failure: &JobFailure) {
        let ids: Vec<JobId> =
            self.jobs.values().filter(|job| chosen(job)).map(|job| job.id).collect();
        for id in ids {
            self.fail_job(id, failure.clone());
        }
    }

    /// Fails every job that needs a stage.
    pub(super) fn fail_stage(&mut self, id: StageId, failure: &JobFailure) {
        let Some(stage) = self.stages.get(id) else { return };
        for job in stage.jobs.clone() {
            self.fail_job(job, failure.clone());
        }
    }

    fn fail_job(&mut self, id: JobId, failure: JobFailure) {
        if let Some(job) = self.jobs.remove(&id) {
            self.actions.push(Action::FailJob { job: id, failure });
            self.end_job(&job);
        }
    }

    pub(super) fn complete_job(&mut self, id: JobId) {
        if let Some(job) = self.jobs.remove(&id) {
            self.actions.push(Action::ReportStageCompleted { stage: job.result_stage });
            self.actions.push(Action::CompleteJob { job: id });
            self.end_job(&job);
        }
    }

    fn end_job(&mut self, job: &Job) {
        self.abandon(job.result_stage);
        self.stages.remove(job.result_stage);
        self.loosened.push(Pin::Rdd(job.rdd));
    }
}
