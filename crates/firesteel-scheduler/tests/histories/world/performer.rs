//! What the scheduler wants to be done, and whether it may want that.

use super::{Job, Meetings, Task, Worker, World};
use crate::data::{Orders, closure, expected, inputs};
use firesteel_scheduler::event::{Action, Event, JobFailure, LaunchTask, Work};
use firesteel_scheduler::ids::{ExecutorId, JobId, RddId, ShuffleId, TaskId, WorkerId};
use firesteel_scheduler::lineage::Dependency;
use std::collections::BTreeSet;

impl World {
    pub(super) fn perform(&mut self, action: &Action, event: &Event) {
        *self.seen.entry(kind(action)).or_default() += 1;
        match action {
            Action::StartWorkers { executor, workers } => self.start_workers(*executor, workers),
            Action::LaunchTask(launch) => self.launch(launch),
            Action::KillTask { task, worker } => {
                assert_eq!(self.workers.get(worker), Some(&Worker::Busy(*task)));
                let task = self.tasks.get_mut(task).expect("only running tasks are killed");
                assert!(!task.is_killed, "killed twice");
                task.is_killed = true;
            }
            Action::ReleaseBarrier { tasks } => self.release_barrier(tasks),
            Action::BreakBarrier { tasks, reason } => self.break_barrier(tasks, *reason),
            Action::RetractResults { job } => {
                let job = self.jobs.get_mut(job).expect("a job that was submitted");
                assert!(!job.has_ended && !job.delivered.is_empty());
                job.delivered.clear();
            }
            Action::EndWorker { worker } => {
                let before = self.workers.insert(*worker, Worker::Retired);
                assert_eq!(before, Some(Worker::Idle), "worker {worker} has a task");
            }
            Action::DeliverResult { job, index, task } => self.deliver(*job, *index, *task),
            Action::AcceptMapOutput { shuffle, map_partition, task } => {
                let file = (*shuffle, *map_partition, *task);
                assert!(self.disk.files.contains_key(&file), "{file:?} was not written");
                let place = |(shuffle, map_partition, _): &(_, _, _)| (*shuffle, *map_partition);
                self.disk.files.retain(|other, _| place(other) != place(&file) || *other == file);
            }
            Action::CompleteJob { job } => {
                let job = self.end_job(*job);
                assert_eq!(job.delivered.len(), job.partitions.len(), "results are missing");
                let (tasks, rdd) = (job.delivered.clone().into_values(), job.rdd);
                self.check_same_attempt(tasks, rdd);
            }
            Action::FailJob { job, failure } => {
                *self.seen.entry(failure_kind(failure)).or_default() += 1;
                let group = self.end_job(*job).group.clone();
                check_group(group, failure, event);
            }
            Action::ReportStageSkipped { job, shuffle } => {
                let job = self.jobs.get_mut(job).expect("a job that was submitted");
                assert!(job.skipped.insert(*shuffle), "skipped twice");
            }
            Action::RemoveShuffle { shuffle } => self.remove_shuffle(*shuffle, event),
            Action::RemoveBlocks { rdd } => {
                let definition = &self.all[rdd];
                let is_torn = definition.meets
                    && (!self.disk.is_complete(*rdd, &definition.rdd)
                        || self.is_held_by_lost(*rdd));
                let is_free = self.released.contains(rdd) && !self.in_use().0.contains(rdd);
                assert!(is_torn || is_free, "blocks of {rdd} are in use, or can be asked for");
                self.remove_blocks(*rdd);
            }
            Action::LoseMapOutput { shuffle, map_partition, task } => {
                let file = (*shuffle, *map_partition, *task);
                let executor = self.executors[&self.writers[task]];
                assert!(self.lost.contains(&executor), "{file:?} is held by {executor}");
                // The shuffle may have gone with the last job that the loss has failed.
                let counts =
                    self.scheduler.map_outputs(*shuffle).get(*map_partition as usize).copied();
                assert_ne!(counts.flatten(), Some(*task), "{file:?} is lost and counts");
                self.disk.files.remove(&file);
            }
            Action::LoseBlock { rdd, partition } => {
                let holder = self.disk.holders[&(*rdd, *partition)];
                assert!(self.lost.contains(&holder), "the block is held by {holder}");
                self.disk.blocks.remove(&(*rdd, *partition));
            }
            Action::ReportStageStarted { .. }
            | Action::ReportStageCompleted { .. }
            | Action::ReportTaskRetried { .. } => {}
        }
    }

    pub(super) fn start_workers(&mut self, executor: ExecutorId, workers: &[WorkerId]) {
        assert!(!self.lost.contains(&executor), "executor {executor} never comes back");
        for worker in workers {
            self.executors.insert(*worker, executor);
            let before = self.workers.insert(*worker, Worker::Starting);
            assert_eq!(before, None, "worker ids are not reused");
        }
        let of_it = |worker: &WorkerId| self.executors[worker] == executor;
        let alive = self.workers.iter().filter(|(_, state)| **state != Worker::Retired);
        let alive = alive.filter(|(worker, _)| of_it(worker)).count();
        assert!(alive <= self.most_workers() as usize, "{alive} workers");
        let known: BTreeSet<_> = self.executors.values().collect();
        let living = known.into_iter().filter(|executor| !self.lost.contains(executor)).count();
        assert!(living <= self.most_executors() as usize, "{living} executors");
    }

    pub(super) fn launch(&mut self, launch: &LaunchTask) {
        let before = self.workers.insert(launch.worker, Worker::Busy(launch.task));
        assert_eq!(before, Some(Worker::Idle), "{launch:?}");
        let read = inputs(&self.all, &self.disk, launch.rdd, launch.partition);
        for shuffle in &read {
            let outputs = self.scheduler.map_outputs(*shuffle);
            assert!(outputs.iter().all(Option::is_some), "{launch:?} lacks shuffle {shuffle}");
        }
        for (shuffle, of) in read.iter().map(|shuffle| (*shuffle, launch.rdd)) {
            self.check_same_attempt(
                self.scheduler.map_outputs(shuffle).iter().flatten().copied(),
                of,
            );
        }
        self.note_launch(launch);
        assert_eq!(launch.executor, self.executors[&launch.worker]);
        self.writers.insert(launch.task, launch.worker);
        let told = |shuffle| (shuffle, self.scheduler.map_outputs(shuffle).to_vec());
        let outputs = closure(&self.all, launch.rdd).1.into_iter().map(told).collect();
        let orders = Orders { outputs, blocks: self.disk.told(&self.all) };
        if let Work::Result(job) = launch.work {
            assert!(!self.jobs[&job].has_ended, "a task for a job that has ended");
        }
        let task = Task {
            launch: launch.clone(),
            orders,
            meetings: Meetings::of(launch),
            request: self.request_of(launch),
            is_killed: false,
        };
        assert!(self.tasks.insert(launch.task, task).is_none(), "task ids are not reused");
        self.check_resources(launch.executor);
    }

    pub(super) fn deliver(&mut self, job_id: JobId, index: u32, task: TaskId) {
        let job = self.jobs.get_mut(&job_id).expect("a job that was submitted");
        assert!(
            !job.has_ended && job.delivered.insert(index, task).is_none(),
            "job {job_id} has had result {index}"
        );
        let partition = job.partitions[index as usize];
        let right = expected(&self.all, job.rdd, partition);
        assert_eq!(self.results.get(&task), Some(&right), "job {job_id} result {index} is wrong");
    }

    /// Whether some blocks of an RDD have gone with their executor.
    fn is_held_by_lost(&self, rdd: RddId) -> bool {
        let holders = self.disk.holders.iter().filter(|((of, _), _)| *of == rdd);
        holders.map(|(_, holder)| holder).any(|holder| self.lost.contains(holder))
    }

    pub(super) fn end_job(&mut self, id: JobId) -> &Job {
        let job = self.jobs.get_mut(&id).expect("a job that was submitted");
        assert!(!std::mem::replace(&mut job.has_ended, true), "job {id} ends twice");
        job
    }

    pub(super) fn remove_shuffle(&mut self, removed: ShuffleId, event: &Event) {
        let by_wish = *event == Event::ShuffleDropped { shuffle: removed };
        for (id, definition) in &self.all {
            let is_reader = matches!(
                definition.rdd.dependency,
                Dependency::Shuffle { shuffle, .. } if shuffle == removed
            );
            let is_known = self.sent.contains(id) && !self.released.contains(id);
            assert!(
                by_wish || !(is_reader && is_known),
                "shuffle {removed} can be asked for by {id}"
            );
        }
        assert!(!self.in_use().1.contains(&removed), "shuffle {removed} is in use");
        self.disk.files.retain(|(shuffle, _, _), _| *shuffle != removed);
    }

    /// The RDDs and shuffles that live jobs and running tasks may read or write.
    pub(super) fn in_use(&self) -> (BTreeSet<RddId>, BTreeSet<ShuffleId>) {
        let jobs = self.jobs.values().filter(|job| !job.has_ended).map(|job| job.rdd);
        let tasks = self.tasks.values().map(|task| task.launch.rdd);
        let (mut rdds, mut shuffles) = (BTreeSet::new(), BTreeSet::new());
        for rdd in jobs.chain(tasks) {
            let used = closure(&self.all, rdd);
            rdds.extend(used.0);
            shuffles.extend(used.1);
        }
        for task in self.tasks.values() {
            if let Work::ShuffleMap(shuffle) = task.launch.work {
                shuffles.insert(shuffle);
            }
        }
        (rdds, shuffles)
    }
}

/// Only members of a cancelled group are cancelled with it. Another job may fail by what the cancellation shows: that the
/// workers, free now, are too few for its barrier stage, and no more can be started.
fn check_group(of_job: Option<String>, failure: &JobFailure, event: &Event) {
    if let (Event::JobGroupCancelled { group, .. }, JobFailure::Cancelled { .. }) = (event, failure)
    {
        assert_eq!(of_job.as_ref(), Some(group));
    }
}

fn kind(action: &Action) -> &'static str {
    match action {
        Action::StartWorkers { .. } => "StartWorkers",
        Action::LaunchTask(_) => "LaunchTask",
        Action::KillTask { .. } => "KillTask",
        Action::ReleaseBarrier { .. } => "ReleaseBarrier",
        Action::BreakBarrier { .. } => "BreakBarrier",
        Action::RetractResults { .. } => "RetractResults",
        Action::EndWorker { .. } => "EndWorker",
        Action::DeliverResult { .. } => "DeliverResult",
        Action::AcceptMapOutput { .. } => "AcceptMapOutput",
        Action::CompleteJob { .. } => "CompleteJob",
        Action::FailJob { .. } => "FailJob",
        Action::ReportStageStarted { .. } => "ReportStageStarted",
        Action::ReportStageCompleted { .. } => "ReportStageCompleted",
        Action::ReportStageSkipped { .. } => "ReportStageSkipped",
        Action::ReportTaskRetried { .. } => "ReportTaskRetried",
        Action::RemoveShuffle { .. } => "RemoveShuffle",
        Action::RemoveBlocks { .. } => "RemoveBlocks",
        Action::LoseMapOutput { .. } => "LoseMapOutput",
        Action::LoseBlock { .. } => "LoseBlock",
    }
}

fn failure_kind(failure: &JobFailure) -> &'static str {
    match failure {
        JobFailure::TaskFailed { .. } => "TaskFailed",
        JobFailure::WorkersDied { .. } => "WorkersDied",
        JobFailure::NoWorkers { .. } => "NoWorkers",
        JobFailure::FetchFailed { .. } => "FetchFailed",
        JobFailure::BarrierRefused(_) => "BarrierRefused",
        JobFailure::ProfilesDiffer { .. } => "ProfilesDiffer",
        JobFailure::TooLittle { .. } => "TooLittle",
        JobFailure::Cancelled { .. } => "Cancelled",
    }
}
