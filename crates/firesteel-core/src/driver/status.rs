//! What has become of jobs and stages, for status trackers: live while they run, and listed when they have ended.
//!
//! Invariant: a job is listed before anybody can ask for its end, and has its final state before the thread that waits for
//! it wakes. Of the ended ones the earliest are forgotten beyond [`RETAINED`], as Spark does.

use firesteel_scheduler::ids::{JobId, StageId};
use std::collections::{BTreeMap, BTreeSet};

/// Jobs, and stages, that are remembered: `spark.ui.retainedJobs` and `spark.ui.retainedStages` of Spark's defaults.
const RETAINED: usize = 1000;

/// The jobs and stages of an engine.
#[derive(Debug, Default)]
pub struct StatusStore {
    jobs: BTreeMap<JobId, JobStatus>,
    stages: BTreeMap<StageId, StageStatus>,
}

/// How a job stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum JobState {
    /// It has not ended.
    #[default]
    Running,
    /// It has delivered everything.
    Succeeded,
    /// It has failed or was cancelled.
    Failed,
}

/// A job.
#[derive(Clone, Debug, Default)]
pub struct JobStatus {
    /// The group that it belongs to.
    pub group: Option<String>,
    /// The tags that it can be cancelled by.
    pub tags: Vec<String>,
    /// The action and its place in the program.
    pub call_site: String,
    /// All stages that it needs, also those that did not have to run.
    pub stages: BTreeSet<StageId>,
    /// How it stands.
    pub state: JobState,
}

/// A stage.
#[derive(Clone, Debug, Default)]
pub struct StageStatus {
    /// The operation that it ends in and its place in the program.
    pub name: String,
    /// 0 for the first attempt.
    pub attempt: u32,
    /// Tasks of the current attempt.
    pub tasks: u32,
    /// Of these, those that run.
    pub active: u32,
    /// Those that have succeeded.
    pub completed: u32,
    /// Attempts at tasks that have failed.
    pub failed: u32,
    /// Whether it has begun and not ended.
    pub running: bool,
}

/// A stage that has been made for a job.
#[derive(Clone, Debug)]
pub struct PlannedStage {
    /// The stage.
    pub id: StageId,
    /// The operation that it ends in and its place in the program; `None` for that of the job.
    pub name: Option<String>,
    /// How many tasks it has from nothing.
    pub tasks: u32,
}

/// How a task has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskEnd {
    /// Well.
    Succeeded,
    /// By an error or the death of its worker.
    Failed,
    /// Because nobody wants it any more.
    Killed,
}

impl StatusStore {
    /// A job that will run.
    pub fn job_submitted(&mut self, id: JobId, job: JobStatus) {
        self.jobs.insert(id, job);
        forget_oldest(&mut self.jobs, |job| job.state != JobState::Running);
    }

    /// The stages that a job needs are known now; some may have begun.
    pub fn job_needs(&mut self, id: JobId, stages: impl IntoIterator<Item = PlannedStage>) {
        let Some(job) = self.jobs.get_mut(&id) else { return };
        for PlannedStage { id, name, tasks } in stages {
            job.stages.insert(id);
            let name = name.unwrap_or_else(|| job.call_site.clone());
            let planned = StageStatus { name, tasks, ..StageStatus::default() };
            self.stages.entry(id).or_insert(planned);
        }
        while forget_oldest(&mut self.stages, |stage| !stage.running) {}
    }

    /// A job has ended. What it has ended with does not change any more.
    pub fn job_ended(&mut self, id: JobId, state: JobState) {
        if let Some(job) = self.jobs.get_mut(&id).filter(|job| job.state == JobState::Running) {
            job.state = state;
        }
    }

    /// No job runs any more.
    pub fn all_ended(&mut self) {
        let running = self.jobs.values_mut().filter(|job| job.state == JobState::Running);
        running.for_each(|job| job.state = JobState::Failed);
        self.stages.values_mut().for_each(|stage| stage.running = false);
    }

    /// A stage begins an attempt for a job.
    pub fn stage_started(&mut self, id: StageId, job: JobId, attempt: u32, tasks: u32) {
        let Some(known) = self.jobs.get_mut(&job) else { return };
        known.stages.insert(id);
        let name =
            self.stages.remove(&id).map_or_else(|| known.call_site.clone(), |stage| stage.name);
        let stage = StageStatus { name, attempt, tasks, running: true, ..StageStatus::default() };
        self.stages.insert(id, stage);
        forget_oldest(&mut self.stages, |stage| !stage.running);
    }

    /// What a map stage is called.
    pub fn name_stage(&mut self, id: StageId, name: String) {
        if let Some(stage) = self.stages.get_mut(&id) {
            stage.name = name;
        }
    }

    /// A stage will not go on.
    pub fn stage_ended(&mut self, id: StageId) {
        if let Some(stage) = self.stages.get_mut(&id) {
            stage.running = false;
        }
    }

    /// A task begins.
    pub fn task_started(&mut self, id: StageId) {
        if let Some(stage) = self.stages.get_mut(&id) {
            stage.active += 1;
        }
    }

    /// A task ends.
    pub fn task_ended(&mut self, id: StageId, end: TaskEnd) {
        if let Some(stage) = self.stages.get_mut(&id) {
            stage.active = stage.active.saturating_sub(1);
            stage.completed += u32::from(end == TaskEnd::Succeeded);
            stage.failed += u32::from(end == TaskEnd::Failed);
        }
    }

    /// A job, unless it is unknown or forgotten.
    pub fn job(&self, id: JobId) -> Option<&JobStatus> {
        self.jobs.get(&id)
    }

    /// A stage, unless it is unknown or forgotten.
    pub fn stage(&self, id: StageId) -> Option<&StageStatus> {
        self.stages.get(&id)
    }

    /// The jobs that `chosen` tells, the latest first.
    pub fn jobs(&self, chosen: impl Fn(&JobStatus) -> bool) -> Vec<JobId> {
        let found = self.jobs.iter().rev().filter(|(_, job)| chosen(job));
        found.map(|(id, _)| *id).collect()
    }

    /// The stages that run, the latest first.
    pub fn active_stages(&self) -> Vec<StageId> {
        let running = self.stages.iter().rev().filter(|(_, stage)| stage.running);
        running.map(|(id, _)| *id).collect()
    }
}

/// Forgets one, if there are too many. Whether it did.
fn forget_oldest<K: Ord + Copy, V>(
    all: &mut BTreeMap<K, V>,
    has_ended: impl Fn(&V) -> bool,
) -> bool {
    if all.len() <= RETAINED {
        return false;
    }
    let oldest = all.iter().find(|(_, value)| has_ended(value)).map(|(id, _)| *id);
    oldest.is_some_and(|oldest| all.remove(&oldest).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ended_job_stays_as_it_ended() {
        let mut status = StatusStore::default();
        status.job_submitted(JobId(3), JobStatus::default());
        status.job_ended(JobId(3), JobState::Failed);
        status.job_ended(JobId(3), JobState::Succeeded);
        assert_eq!(status.job(JobId(3)).unwrap().state, JobState::Failed);
        assert_eq!(status.jobs(|job| job.state == JobState::Running), []);
    }

    #[test]
    fn a_stage_counts_its_tasks() {
        let mut status = StatusStore::default();
        status.job_submitted(JobId(0), JobStatus::default());
        status.stage_started(StageId(5), JobId(0), 0, 4);
        (0..3).for_each(|_| status.task_started(StageId(5)));
        status.task_ended(StageId(5), TaskEnd::Succeeded);
        status.task_ended(StageId(5), TaskEnd::Failed);
        let stage = status.stage(StageId(5)).unwrap();
        assert_eq!((stage.tasks, stage.active, stage.completed, stage.failed), (4, 1, 1, 1));
        assert_eq!(status.active_stages(), [StageId(5)]);
        assert!(status.job(JobId(0)).unwrap().stages.contains(&StageId(5)));
        status.stage_ended(StageId(5));
        assert_eq!(status.active_stages(), []);
    }

    #[test]
    fn a_planned_stage_is_known_before_it_begins() {
        let mut status = StatusStore::default();
        let call_site = "collect at x.py:1".to_owned();
        status.job_submitted(JobId(0), JobStatus { call_site, ..JobStatus::default() });
        status.stage_started(StageId(1), JobId(0), 0, 2);
        let name = Some("reduceByKey at x.py:1".to_owned());
        let planned = [(1, name, 2), (2, None, 3)];
        let planned =
            planned.map(|(id, name, tasks)| PlannedStage { id: StageId(id), name, tasks });
        status.job_needs(JobId(0), planned);
        let (begun, planned) = (status.stage(StageId(1)), status.stage(StageId(2)));
        assert!(begun.is_some_and(|stage| stage.running));
        assert!(planned.is_some_and(|stage| !stage.running && stage.tasks == 3));
        assert_eq!(planned.map(|stage| stage.name.as_str()), Some("collect at x.py:1"));
        assert_eq!(status.active_stages(), [StageId(1)]);
    }

    #[test]
    fn only_ended_jobs_are_forgotten() {
        let mut status = StatusStore::default();
        for id in 0..RETAINED as u32 + 10 {
            status.job_submitted(JobId(id), JobStatus::default());
            if id > 0 {
                status.job_ended(JobId(id), JobState::Succeeded);
            }
        }
        assert!(status.job(JobId(0)).is_some());
        assert!(status.job(JobId(1)).is_none());
        assert_eq!(status.jobs(|_| true).len(), RETAINED);
    }
}
