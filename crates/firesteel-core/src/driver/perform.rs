//! Performing the scheduler's actions.
//!
//! Invariant: performing cannot fail. What goes wrong is an event like any other, or the end of a job.

use super::active_job::ActiveJob;
use super::budget;
use super::error::{Error, FailedJob};
use super::event_loop::{EndedTask, EventLoop, Running, discard_payload};
use super::executors;
use super::instruments::TaskRecord;
use super::job::{JobProperties, JobResult};
use super::lock;
use super::map_outputs::delete;
use super::planner::{Plan, PlanError, Planner};
use super::status::{JobState, TaskEnd};
use crate::protocol::{
    Definition, Limits, MapSource, Outcome, TaskFailure, TaskMetrics, TaskOutput, TaskReport,
    TaskSpec,
};
use crate::storage::Placement;
use firesteel_scheduler::event::{Action, Event, JobFailure, LaunchTask, TaskEndReason, Work};
use firesteel_scheduler::ids::{
    ExecutorId, JobId, ProfileId, RddId, ShuffleId, StageId, TaskId, WorkerId,
};

/// Does what the scheduler has decided.
pub fn perform(engine: &mut EventLoop, action: Action) {
    match action {
        Action::StartWorkers { executor, workers } => engine.start_workers(executor, workers),
        Action::LaunchTask(launch) => engine.launch(launch),
        Action::KillTask { task, worker } => engine.pool.interrupt(worker, task),
        Action::ReleaseBarrier { tasks } => engine.release_barrier(&tasks),
        Action::BreakBarrier { tasks, reason } => engine.break_barrier(&tasks, reason),
        Action::RetractResults { job } => {
            if let Some(active) = engine.jobs.get_mut(&job) {
                active.retract().iter().for_each(discard_payload);
            }
        }
        Action::EndWorker { worker } => engine.pool.kill(worker),
        Action::DeliverResult { job, index, task } => engine.deliver(job, index, task),
        Action::AcceptMapOutput { shuffle, map_partition, task } => {
            engine.accept(shuffle, map_partition, task);
        }
        Action::CompleteJob { job } => engine.complete(job),
        Action::FailJob { job, failure } => engine.fail(job, failure),
        Action::ReportStageStarted { stage, job, attempt, tasks } => {
            engine.stages.insert(stage, job);
            lock(&engine.shared.status).stage_started(stage, job, attempt, tasks);
            engine.progress.stage_started(stage, tasks);
            lock(&engine.shared.instruments).counters.stages += 1;
        }
        Action::ReportStageCompleted { stage } => {
            engine.progress.stage_ended(stage);
            lock(&engine.shared.status).stage_ended(stage);
        }
        Action::ReportStageSkipped { .. } => {
            lock(&engine.shared.instruments).counters.stages_skipped += 1;
        }
        Action::ReportTaskRetried { .. } => {
            lock(&engine.shared.instruments).counters.tasks_retried += 1;
        }
        Action::RemoveShuffle { shuffle } => {
            lock(&engine.shared.catalog).shuffle_removed(shuffle);
            engine.rehearsal.forget(shuffle);
            engine.map_outputs.remove(shuffle);
        }
        Action::RemoveBlocks { rdd } => {
            for block in lock(&engine.shared.catalog).take_stored(rdd) {
                delete(&block.path);
            }
            engine.pool.drop_copies(rdd, None);
        }
        Action::LoseMapOutput { shuffle, map_partition, task } => {
            engine.map_outputs.lose(shuffle, map_partition, task);
        }
        Action::LoseBlock { rdd, partition } => {
            if let Some(block) = lock(&engine.shared.catalog).take_block(rdd, partition) {
                delete(&block.path);
            }
            engine.pool.drop_copies(rdd, Some(partition));
        }
    }
}

impl EventLoop {
    fn start_workers(&mut self, executor: ExecutorId, workers: Vec<WorkerId>) {
        for worker in workers {
            if let Err(error) = self.pool.add(executor, worker) {
                let cause = format!("could not be started: {error}");
                self.pending.push_back(Event::WorkerLost { worker, cause });
            }
        }
    }

    fn launch(&mut self, launch: LaunchTask) {
        lock(&self.shared.instruments).counters.tasks += 1;
        self.progress.task_started(launch.stage);
        let is_new = self.computed.insert(launch.stage, launch.rdd).is_none();
        self.note_launch(&launch, is_new);
        let (task, worker) = (launch.task, launch.worker);
        let (mut spec, needs) = match self.specify(&launch) {
            Ok(specified) => specified,
            Err(error) => return self.refuse(launch, error),
        };
        spec.properties.extend(executors::devices(&launch.devices));
        let definitions = self.definitions(needs.used, worker);
        let sent = self.pool.run(worker, Box::new(spec), definitions);
        match sent {
            // Its worker is gone; the pool tells.
            Ok(None) => {}
            Ok(Some(control_bytes)) => {
                lock(&self.shared.catalog).touch(&needs.read);
                self.running.insert(task, Running { launch, control_bytes, read: needs.read });
            }
            Err(error) => self.refuse(launch, Refusal::Message(error.to_string())),
        }
    }

    /// For the status trackers. A map stage is called after the operation that it ends in.
    fn note_launch(&self, launch: &LaunchTask, is_new: bool) {
        let is_map_stage = is_new && matches!(launch.work, Work::ShuffleMap(_));
        let computed = if is_map_stage { self.computed_by(launch.stage) } else { None };
        let mut status = lock(&self.shared.status);
        status.task_started(launch.stage);
        if let Some(Definition { name, call_site, .. }) = computed {
            status.name_stage(launch.stage, format!("{name} at {call_site}"));
        }
    }

    /// What came along with the job.
    fn job_properties(&self, launch: &LaunchTask) -> JobProperties {
        let job = match launch.work {
            Work::Result(job) => Some(job),
            Work::ShuffleMap(_) => self.stages.get(&launch.stage).copied(),
        };
        let active = job.and_then(|job| self.jobs.get(&job));
        let mut properties = active.map(|active| active.properties.clone()).unwrap_or_default();
        if self.executors.is_some() {
            properties.local.extend(executors::properties(launch.executor, &launch.together));
        }
        properties
    }

    fn specify(&self, launch: &LaunchTask) -> Result<(TaskSpec, Needs), Refusal> {
        let catalog = lock(&self.shared.catalog);
        let map_outputs = |shuffle, partition| self.sources(shuffle, partition);
        let planner = Planner { catalog: &catalog, map_outputs: &map_outputs };
        let Plan { pipeline, mut used, read } = planner.plan(launch.rdd, launch.partition)?;
        let output = match launch.work {
            Work::Result(job) => self.jobs.get(&job).map(ActiveJob::output),
            Work::ShuffleMap(shuffle) => catalog
                .shuffled(shuffle)
                .map(|rdd| TaskOutput::Shuffle { rdd, partitions: catalog.known_partitions(rdd) }),
        };
        drop(catalog);
        let output = output.ok_or(Refusal::Unwanted)?;
        if let TaskOutput::Shuffle { rdd, .. } = output {
            used.push(rdd);
        }
        let JobProperties { local, serializer, .. } = self.job_properties(launch);
        let spec = TaskSpec {
            task: launch.task,
            stage: launch.stage,
            partition: launch.partition,
            attempt: launch.attempt,
            rdd: launch.rdd,
            properties: local,
            pipeline,
            output,
            placement: self.placement(),
            limits: self.limits_of(launch),
            barrier: launch.barrier,
            serializer,
        };
        Ok((spec, Needs { used, read }))
    }

    /// The bytes of memory and the processors of each of a profile's executors.
    fn executor_of(&self, profile: ProfileId) -> (u64, u32) {
        let own = lock(&self.shared.catalog).executor_of(profile);
        let executors = u64::from(self.executors.unwrap_or(1));
        own.unwrap_or((self.limits.memory * (u64::from(self.slots) / executors), self.cores))
    }

    /// A task whose stage asks for other processors has that part of its executor's memory.
    fn limits_of(&self, launch: &LaunchTask) -> Limits {
        if launch.profile.is_default() && launch.cpus == self.asked {
            return self.limits;
        }
        let (total, cores) = self.executor_of(launch.profile);
        let memory = (total as f64 * launch.cpus.part_of(cores)) as u64;
        budget::scaled(&self.limits, memory, launch.cpus)
    }

    /// As many tasks as there are cores may write at the same time.
    fn placement(&self) -> Placement {
        let mut placement = self.run_directory.placement();
        placement.memory_allowance /= u64::from(self.slots);
        placement
    }

    fn sources(&self, shuffle: ShuffleId, partition: u32) -> Result<Vec<MapSource>, PlanError> {
        let mut sources = Vec::new();
        for (map_partition, task) in (0..).zip(self.scheduler.map_outputs(shuffle)) {
            let output = task.and_then(|task| self.map_outputs.get(shuffle, map_partition, task));
            let output = output.ok_or(PlanError::MissingOutput { shuffle, map_partition })?;
            if output.feeds(partition) {
                sources.push(MapSource { map_partition, path: output.path.clone() });
            }
        }
        Ok(sources)
    }

    /// What the worker has to be told before the task.
    fn definitions(&self, mut needed: Vec<RddId>, worker: WorkerId) -> Vec<Definition> {
        needed.retain(|rdd| !self.pool.knows(worker, *rdd));
        needed.sort_unstable();
        needed.dedup();
        let catalog = lock(&self.shared.catalog);
        needed.into_iter().filter_map(|rdd| catalog.definition(rdd)).collect()
    }

    /// A task that cannot be sent ends at once; its worker is free again.
    fn refuse(&mut self, launch: LaunchTask, refusal: Refusal) {
        let task = launch.task;
        let end =
            if matches!(refusal, Refusal::Unwanted) { TaskEnd::Killed } else { TaskEnd::Failed };
        self.note_task_end(launch.stage, end);
        let reason = match refusal {
            Refusal::Unwanted => TaskEndReason::Killed,
            Refusal::Plan(PlanError::MissingOutput { shuffle, map_partition }) => {
                TaskEndReason::FetchFailed { shuffle, map_partition }
            }
            Refusal::Plan(PlanError::TooDeep) => {
                self.fail_task(
                    launch,
                    "unions and operations alternate too often in this RDD; cache it in between",
                );
                TaskEndReason::Failed
            }
            Refusal::Message(message) => {
                self.fail_task(launch, &message);
                TaskEndReason::Failed
            }
        };
        self.pending.push_back(Event::TaskEnded { task, reason });
    }

    fn fail_task(&mut self, launch: LaunchTask, message: &str) {
        let failure = plain_failure("RuntimeError", message);
        let report = TaskReport {
            task: launch.task,
            outcome: Outcome::Failed(Box::new(failure)),
            metrics: TaskMetrics::default(),
            accumulators: None,
            stored: Vec::new(),
            copied: Vec::new(),
        };
        let task = Running { launch, control_bytes: 0, read: Vec::new() };
        self.ended.insert(report.task, EndedTask { task, report: Box::new(report) });
    }

    fn deliver(&mut self, job: JobId, index: u32, task: TaskId) {
        let Some(EndedTask { task: running, report }) = self.ended.remove(&task) else { return };
        let report = *report;
        let launch = &running.launch;
        let record = running.record(&report.metrics);
        if let Some(active) = self.jobs.get_mut(&job) {
            active.count(launch.stage, launch.partition, report.accumulators);
            active.tasks.push(record);
            active.deliver(index, task, report.outcome);
        }
        if let Some(reason) = self.too_large(job) {
            self.end_job(job, Err(Error::TooLarge { reason: reason.clone() }));
            self.pending.push_back(Event::JobCancelled { job, reason });
        }
    }

    /// In Spark's words, if a job has delivered more than it may.
    fn too_large(&self, job: JobId) -> Option<String> {
        let limit = self.result_limit;
        let (count, bytes) = self.jobs.get(&job).filter(|_| limit != u64::MAX)?.delivered();
        (bytes > limit).then(|| {
            format!(
                "Total size of serialized results of {count} tasks ({bytes} bytes) is bigger than \
                 spark.driver.maxResultSize ({limit} bytes)"
            )
        })
    }

    fn accept(&mut self, shuffle: ShuffleId, map_partition: u32, task: TaskId) {
        let Some(EndedTask { task: running, report }) = self.ended.remove(&task) else { return };
        let report = *report;
        let launch = &running.launch;
        let record = running.record(&report.metrics);
        if let Outcome::MapOutput(output) = report.outcome {
            self.map_outputs.accept(shuffle, map_partition, task, output);
            self.locate(shuffle);
        }
        if let Some(active) = self.job_of(launch.stage) {
            active.count(launch.stage, launch.partition, report.accumulators);
            active.tasks.push(record);
        }
    }

    /// Tells the catalog when a map stage has all its outputs.
    fn locate(&self, shuffle: ShuffleId) {
        let mut catalog = lock(&self.shared.catalog);
        let Some(map_side) = catalog.map_side(shuffle) else { return };
        let map_partitions = catalog.known_partitions(map_side);
        if let Some(files) = self.map_outputs.complete(shuffle, map_partitions) {
            catalog.shuffle_completed(shuffle, files);
            catalog.look_at_stored(self.jobs.values().map(|active| active.rdd));
        }
    }

    fn job_of(&mut self, stage: StageId) -> Option<&mut ActiveJob> {
        self.stages.get(&stage).and_then(|job| self.jobs.get_mut(job))
    }

    fn complete(&mut self, job: JobId) {
        if let Some(reason) = self.too_large(job) {
            return self.end_job(job, Err(Error::TooLarge { reason }));
        }
        if let Some(mut active) = self.remove_job(job) {
            lock(&self.shared.instruments).last_job = std::mem::take(&mut active.tasks);
            lock(&self.shared.status).job_ended(job, JobState::Succeeded);
            let ended = std::sync::Arc::clone(&active.job);
            ended.end(Ok(active.into_result()));
        }
    }

    fn fail(&mut self, job: JobId, failure: JobFailure) {
        let error = self.job_error(job, failure);
        self.end_job(job, Err(error));
    }

    /// Ends a job that has not delivered everything.
    pub(super) fn end_job(&mut self, job: JobId, outcome: Result<JobResult, Error>) {
        if let Some(mut active) = self.remove_job(job) {
            lock(&self.shared.instruments).last_job = std::mem::take(&mut active.tasks);
            lock(&self.shared.status).job_ended(job, JobState::Failed);
            active.job.end(outcome);
            active.into_result().partitions.iter().for_each(discard_payload);
        }
    }

    fn remove_job(&mut self, job: JobId) -> Option<ActiveJob> {
        let active = self.jobs.remove(&job)?;
        lock(&self.shared.instruments).counters.job_nanos += active.age().as_nanos() as u64;
        for (stage, _) in self.stages.extract_if(|_, of| *of == job) {
            self.progress.stage_ended(stage);
            lock(&self.shared.status).stage_ended(stage);
            self.computed.remove(&stage);
        }
        self.shared.forget_job(job);
        let released = lock(&self.shared.catalog).release(active.rdd);
        released.payloads.iter().for_each(discard_payload);
        if !released.defined.is_empty() {
            self.pool.forget(&released.defined);
            let gone = released.defined.into_iter().map(|rdd| Event::RddReleased { rdd });
            self.pending.extend(gone);
        }
        Some(active)
    }

    fn job_error(&self, job: JobId, failure: JobFailure) -> Error {
        let failed = match failure {
            JobFailure::Cancelled { reason } => return Error::Cancelled { job, reason },
            JobFailure::BarrierRefused(refusal) => {
                return Error::Refused { reason: self.barrier_refusal(refusal) };
            }
            JobFailure::ProfilesDiffer { rdd } => {
                return Error::Refused { reason: self.profiles_differ(rdd) };
            }
            JobFailure::TooLittle { rdd } => {
                return Error::Refused { reason: self.too_little(rdd) };
            }
            JobFailure::TaskFailed { task, stage, partition, attempts } => FailedJob {
                message: "a task failed".to_owned(),
                failure: self.failure_of(task, stage),
                advice: self.rehearsal.advice(stage, partition),
                stage: Some(stage.0),
                partition: Some(partition),
                attempts: Some(attempts),
                ..FailedJob::default()
            },
            JobFailure::WorkersDied { stage, partition, causes } => {
                let computed = self.computed_by(stage);
                FailedJob {
                    message: "the worker died each time it ran this partition".to_owned(),
                    stage: Some(stage.0),
                    partition: Some(partition),
                    attempts: Some(causes.len() as u32),
                    deaths: causes,
                    operation: computed.as_ref().map(|definition| definition.name.clone()),
                    call_site: computed.map(|definition| definition.call_site),
                    ..FailedJob::default()
                }
            }
            JobFailure::NoWorkers { causes } => FailedJob {
                message: "no worker could be started".to_owned(),
                deaths: causes,
                ..FailedJob::default()
            },
            JobFailure::FetchFailed { stage, shuffle, attempts } => FailedJob {
                message: self.fetch_failure(shuffle),
                stage: Some(stage.0),
                attempts: Some(attempts),
                ..FailedJob::default()
            },
        };
        Error::JobFailed(Box::new(failed))
    }

    fn profiles_differ(&self, rdd: RddId) -> String {
        format!(
            "Multiple ResourceProfiles specified in the RDDs for this stage, which ends in {}, either resolve the \
             conflicting ResourceProfiles yourself or enable spark.scheduler.resource.profileMergeConflicts, which \
             gives its tasks the most of each",
            self.operation_of(rdd)
        )
    }

    fn too_little(&self, rdd: RddId) -> String {
        format!(
            "no executor has what the ResourceProfiles of the stage that ends in {} ask for each of its tasks",
            self.operation_of(rdd)
        )
    }

    fn fetch_failure(&self, shuffle: ShuffleId) -> String {
        let outcomes = self.ended.values().map(|ended| &ended.report.outcome);
        let last = outcomes.into_iter().find_map(|outcome| match outcome {
            Outcome::FetchFailed { shuffle: of, message, .. } if *of == shuffle => Some(message),
            _ => None,
        });
        let last = last.map_or_else(String::new, |message| format!(": {message}"));
        format!("the output of shuffle {shuffle} was lost each time it was made{last}")
    }

    /// An RDD as the user knows it: `coalesce at app.py:12`.
    pub(super) fn operation_of(&self, rdd: RddId) -> String {
        let catalog = lock(&self.shared.catalog);
        let rdd = catalog.rdd(rdd);
        if rdd.call_site.is_empty() {
            return rdd.name.clone();
        }
        format!("{} at {}", rdd.name, rdd.call_site)
    }

    /// The operation that a stage ends in.
    pub(super) fn computed_by(&self, stage: StageId) -> Option<Definition> {
        let rdd = *self.computed.get(&stage)?;
        lock(&self.shared.catalog).definition(rdd)
    }

    /// What the user's code, or the engine in its place, has reported. What is nobody's fault in particular, such
    /// as too much memory, is told of the operation that the stage ends in.
    fn failure_of(&self, task: TaskId, stage: StageId) -> Option<Box<TaskFailure>> {
        let mut failure = match &self.ended.get(&task)?.report.outcome {
            Outcome::Failed(failure) => failure.clone(),
            Outcome::BlockLost { message, .. } => Box::new(plain_failure("OSError", message)),
            _ => return None,
        };
        if failure.operation.is_empty()
            && let Some(computed) = self.computed_by(stage)
        {
            failure.operation = computed.name;
            failure.call_site = computed.call_site;
        }
        Some(failure)
    }
}

/// A failure that is not of the user's code.
pub(super) fn plain_failure(exception: &str, message: &str) -> TaskFailure {
    TaskFailure {
        exception: exception.to_owned(),
        message: message.to_owned(),
        traceback: String::new(),
        frames: Vec::new(),
        record: None,
        operation: String::new(),
        call_site: String::new(),
        pickled: None,
    }
}

impl Running {
    fn record(&self, metrics: &TaskMetrics) -> TaskRecord {
        TaskRecord {
            stage: self.launch.stage,
            partition: self.launch.partition,
            control_bytes: self.control_bytes,
            metrics: *metrics,
        }
    }
}

/// The RDDs that a task is about, besides its own.
struct Needs {
    /// Whose definitions its worker has to know.
    used: Vec<RddId>,
    /// Which blocks it reads.
    read: Vec<(RddId, u32)>,
}

/// Why a task is not sent.
enum Refusal {
    /// Its job is gone.
    Unwanted,
    Plan(PlanError),
    Message(String),
}

impl From<PlanError> for Refusal {
    fn from(error: PlanError) -> Refusal {
        Refusal::Plan(error)
    }
}
