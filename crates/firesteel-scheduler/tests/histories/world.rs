//! The simulated world: a user, workers, a disk, and the scheduler that knows of them by events only.
//!
//! It keeps the performer's side of the contract and checks the scheduler's at every action.

use crate::Climate;
use crate::data::{
    Content, Definition, Definitions, Disk, Outputs, Reader, Unreadable, closure, expected, inputs,
};
use crate::dice::Dice;
use crate::verdict::Verdict;
use firesteel_scheduler::event::{Action, Event, JobFailure, LaunchTask, TaskEndReason, Work};
use firesteel_scheduler::ids::{JobId, RddId, ShuffleId, TaskId, WorkerId};
use firesteel_scheduler::journal::{JournalEntry, replay};
use firesteel_scheduler::lineage::{Dependency, Rdd};
use firesteel_scheduler::{Scheduler, SchedulerConfig};
use std::collections::{BTreeMap, BTreeSet};

pub struct World {
    climate: Climate,
    scheduler: Scheduler,
    journal: Vec<JournalEntry>,
    all: Definitions,
    disk: Disk,
    /// The RDDs that the scheduler has been told of, and those that the user has let go.
    sent: BTreeSet<RddId>,
    released: BTreeSet<RddId>,
    next_shuffle: u32,
    jobs: BTreeMap<JobId, Job>,
    workers: BTreeMap<WorkerId, Worker>,
    tasks: BTreeMap<TaskId, Task>,
    /// The results of the tasks that have succeeded.
    results: BTreeMap<TaskId, Content>,
    verdict: Verdict,
    seen: BTreeMap<&'static str, usize>,
}

struct Job {
    rdd: RddId,
    partitions: Vec<u32>,
    group: Option<String>,
    delivered: BTreeSet<u32>,
    skipped: BTreeSet<ShuffleId>,
    has_ended: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Worker {
    Starting,
    Idle,
    Busy(TaskId),
    /// The task that it was told to kill has ended: it gets no other.
    Retired,
}

struct Task {
    launch: LaunchTask,
    outputs: Outputs,
    is_killed: bool,
}

impl World {
    pub fn new(climate: Climate) -> Self {
        let (cores, max_failures) = (climate.cores, climate.max_failures);
        let config = SchedulerConfig { cores, max_failures };
        Self {
            climate,
            scheduler: Scheduler::new(config),
            journal: vec![JournalEntry::Started { config }],
            all: Definitions::new(),
            disk: Disk::default(),
            sent: BTreeSet::new(),
            released: BTreeSet::new(),
            next_shuffle: 0,
            jobs: BTreeMap::new(),
            workers: BTreeMap::new(),
            tasks: BTreeMap::new(),
            results: BTreeMap::new(),
            verdict: Verdict::new(max_failures),
            seen: BTreeMap::new(),
        }
    }

    /// How often each kind of action and of failure was seen.
    pub fn seen(&self) -> &BTreeMap<&'static str, usize> {
        &self.seen
    }

    // What happens next.

    pub fn step(&mut self, dice: &mut Dice) {
        let disasters = self.climate.disasters / 4;
        let whims = disasters + self.climate.whims / 4;
        match dice.below(100) as u32 {
            roll if roll < disasters => self.disaster(dice),
            roll if roll < whims => self.whim(dice),
            roll if roll < whims + 8 => self.define(dice),
            roll if roll < whims + 16 => self.submit(dice),
            _ => self.advance(dice),
        }
    }

    fn disaster(&mut self, dice: &mut Dice) {
        let busy = self.tasks.values().map(|task| task.launch.worker);
        let victim = match dice.below(4) {
            0 => dice.pick(self.workers.keys().copied()),
            1 => dice.pick(busy.collect::<BTreeSet<_>>()),
            // The worker that runs the oldest task: some partition loses one worker after the other.
            2 => self
                .tasks
                .values()
                .min_by_key(|task| (task.launch.stage, task.launch.partition))
                .map(|task| task.launch.worker),
            _ => None,
        };
        if let Some(worker) = victim {
            self.lose_worker(worker);
        } else if let Some(file) = dice.pick(self.disk.files.keys().copied()) {
            let all_of_it = dice.chance(30);
            let is_hit =
                |other: &(ShuffleId, u32, TaskId)| *other == file || all_of_it && other.0 == file.0;
            self.disk.files.retain(|other, _| !is_hit(other));
        }
    }

    fn whim(&mut self, dice: &mut Dice) {
        match dice.below(10) {
            0 => self.tell(Event::AllJobsCancelled { reason: "all".to_owned() }),
            1 => {
                let group = ["a", "b"][dice.below(2)].to_owned();
                self.tell(Event::JobGroupCancelled { group, reason: "group".to_owned() });
            }
            2..5 => {
                // Any job, also one that has ended or never was.
                let job = JobId(dice.below(self.jobs.len() + 1) as u32);
                self.tell(Event::JobCancelled { job, reason: "job".to_owned() });
            }
            5..7 => {
                if let Some(rdd) = dice.pick(self.disk.blocks.keys().map(|(rdd, _)| *rdd)) {
                    self.remove_blocks(rdd);
                    self.tell(Event::BlocksDropped { rdd });
                }
            }
            _ => {
                let rdd = dice.pick(self.releasable());
                rdd.into_iter().for_each(|rdd| self.release(rdd));
            }
        }
    }

    fn release(&mut self, rdd: RddId) {
        self.released.insert(rdd);
        if self.sent.contains(&rdd) {
            self.tell(Event::RddReleased { rdd });
        }
    }

    /// What nobody derives a new definition from. A child that the scheduler knows does not hold its parent back:
    /// in which order a garbage collector lets go of both is its own affair.
    fn releasable(&self) -> Vec<RddId> {
        let usable = self.usable();
        let unsent = usable.iter().filter(|rdd| !self.sent.contains(rdd));
        let held = unsent.flat_map(|rdd| {
            let mut ancestors = closure(&self.all, *rdd).0;
            ancestors.remove(rdd);
            ancestors
        });
        let held: BTreeSet<RddId> = held.collect();
        usable.into_iter().filter(|rdd| !held.contains(rdd)).collect()
    }

    fn usable(&self) -> Vec<RddId> {
        self.all.keys().filter(|rdd| !self.released.contains(rdd)).copied().collect()
    }

    fn define(&mut self, dice: &mut Dice) {
        let parents = self.usable();
        let (partitions, dependency) = match dice.pick(parents.iter().copied()) {
            None => (dice.below(5) as u32, Dependency::Source),
            Some(parent) => self.derive(dice, parent, &parents),
        };
        let rdd = Rdd { partitions, dependency };
        let is_persisted = dice.chance(25);
        self.all.insert(RddId(self.all.len() as u32), Definition { rdd, is_persisted });
    }

    fn derive(&mut self, dice: &mut Dice, parent: RddId, all: &[RddId]) -> (u32, Dependency) {
        let count = self.all[&parent].rdd.partitions;
        match dice.below(12) {
            0 => (dice.below(5) as u32, Dependency::Source),
            1..4 => (count, Dependency::OneToOne(parent)),
            4 => {
                let other = dice.pick(all.iter().copied()).unwrap_or(parent);
                let total = count + self.all[&other].rdd.partitions;
                (total, Dependency::Union(vec![parent, other]))
            }
            5 => {
                let same = |rdd: &RddId| self.all[rdd].rdd.partitions == count;
                let other = dice.pick(all.iter().copied().filter(same)).unwrap_or(parent);
                (count, Dependency::AlignedUnion(vec![parent, other]))
            }
            6 => {
                let mut groups = vec![Vec::new(); dice.below(3) + 1];
                for partition in 0..count {
                    let group = dice.below(groups.len());
                    groups[group].push(partition);
                }
                (groups.len() as u32, Dependency::Coalesce { parent, groups })
            }
            7 => match self.any_shuffle(dice) {
                Some((shuffle, parent)) => {
                    (dice.below(3) as u32 + 1, Dependency::Shuffle { shuffle, parent })
                }
                None => (count, Dependency::OneToOne(parent)),
            },
            _ => {
                let shuffle = ShuffleId(self.next_shuffle);
                self.next_shuffle += 1;
                (dice.below(3) as u32 + 1, Dependency::Shuffle { shuffle, parent })
            }
        }
    }

    /// The shuffle of an RDD that is still there, for a second RDD to read.
    fn any_shuffle(&self, dice: &mut Dice) -> Option<(ShuffleId, RddId)> {
        let shuffle = |id: RddId| match self.all[&id].rdd.dependency {
            Dependency::Shuffle { shuffle, parent } => Some((shuffle, parent)),
            _ => None,
        };
        dice.pick(self.usable().into_iter().filter_map(shuffle))
    }

    fn submit(&mut self, dice: &mut Dice) {
        let Some(rdd) = dice.pick(self.usable()) else { return };
        let mut partitions: Vec<u32> = (0..self.all[&rdd].rdd.partitions).collect();
        if dice.chance(30) {
            partitions.retain(|_| dice.chance(50));
            partitions.reverse();
        }
        let group = dice.pick([None, Some("a"), Some("b")]).flatten().map(str::to_owned);
        let id = JobId(self.jobs.len() as u32);
        let job = Job {
            rdd,
            partitions: partitions.clone(),
            group: group.clone(),
            delivered: BTreeSet::new(),
            skipped: BTreeSet::new(),
            has_ended: false,
        };
        self.jobs.insert(id, job);
        let news: Vec<RddId> = closure(&self.all, rdd).0.difference(&self.sent).copied().collect();
        self.sent.extend(&news);
        let define = |id: &RddId| (*id, self.all[id].rdd.clone());
        let definitions = news.iter().map(define).collect();
        self.tell(Event::JobSubmitted { job: id, rdd, partitions, group, definitions });
        for rdd in news.into_iter().filter(|rdd| self.released.contains(rdd)).collect::<Vec<_>>() {
            self.tell(Event::RddReleased { rdd });
        }
    }

    /// One of the workers does something.
    fn advance(&mut self, dice: &mut Dice) {
        let at_work = self.workers.iter().filter(|(_, state)| **state != Worker::Idle);
        let Some((worker, state)) = dice.pick(at_work.map(|(id, state)| (*id, *state))) else {
            return;
        };
        match state {
            Worker::Starting if dice.chance(self.climate.failing_starts) => {
                self.lose_worker(worker)
            }
            Worker::Starting => self.register(worker),
            Worker::Busy(task) if self.tasks[&task].is_killed => match dice.below(4) {
                0 => self.end_task(task, TaskEndReason::Killed),
                1 => self.finish(task),
                2 => self.end_task(task, TaskEndReason::Failed),
                _ => self.lose_worker(worker),
            },
            Worker::Busy(task) if dice.chance(self.climate.failing_tasks / 4) => {
                self.end_task(task, TaskEndReason::Failed);
            }
            Worker::Busy(task) => self.finish(task),
            Worker::Retired => self.lose_worker(worker),
            Worker::Idle => {}
        }
    }

    /// From now on all is well: every worker does what it should until there is nothing left to do.
    pub fn calm_down(&mut self) {
        self.climate.failing_starts = 0;
        self.climate.failing_tasks = 0;
        let mut steps = 0;
        while self.workers.values().any(|state| *state != Worker::Idle) {
            self.advance(&mut Dice::new(Vec::new()));
            steps += 1;
            assert!(steps < 100_000, "the jobs never end");
        }
        for (id, job) in &self.jobs {
            assert!(job.has_ended, "job {id} stands still");
        }
    }

    /// The user lets everything go and the workers leave: nothing may be left over.
    pub fn end(&mut self) {
        for rdd in self.usable() {
            self.release(rdd);
        }
        for worker in self.workers.keys().copied().collect::<Vec<_>>() {
            self.lose_worker(worker);
        }
        assert_eq!(self.scheduler.state_size(), 0, "{:?}", self.scheduler);
        assert_eq!(self.scheduler.active_jobs().count(), 0);
        assert!(self.disk.blocks.is_empty(), "blocks stay behind: {:?}", self.disk.blocks);
        assert!(self.disk.files.is_empty(), "map outputs stay behind: {:?}", self.disk.files);
        let journal = std::mem::take(&mut self.journal);
        replay(journal).expect("a journal replays");
    }

    // What workers do.

    fn register(&mut self, worker: WorkerId) {
        self.workers.insert(worker, Worker::Idle);
        self.tell(Event::WorkerRegistered { worker });
    }

    fn lose_worker(&mut self, worker: WorkerId) {
        let Some(state) = self.workers.remove(&worker) else { return };
        let cause = format!("death of {worker}");
        match state {
            Worker::Starting => self.verdict.start_failed(&cause),
            Worker::Busy(task) => {
                let task = self.tasks.remove(&task).expect("a busy worker has a task");
                self.verdict.worker_died(&task.launch, task.is_killed, &cause);
            }
            Worker::Idle | Worker::Retired => {}
        }
        self.tell(Event::WorkerLost { worker, cause });
        self.remove_stray_files();
    }

    /// The task does its work and succeeds if its inputs can be read.
    fn finish(&mut self, id: TaskId) {
        let task = &self.tasks[&id];
        let (rdd, partition) = (task.launch.rdd, task.launch.partition);
        let (worker, work) = (task.launch.worker, task.launch.work);
        let (all, disk, outputs) = (&self.all, &self.disk, &task.outputs);
        let mut reader = Reader { all, disk, outputs, stored: BTreeMap::new() };
        let result = reader.compute(rdd, partition);
        for ((rdd, partition), content) in reader.stored {
            self.disk.blocks.insert((rdd, partition), content);
            self.tell(Event::BlockStored { rdd, partition, worker });
        }
        match result {
            Ok(content) => {
                match work {
                    Work::ShuffleMap(shuffle) => {
                        self.disk.files.insert((shuffle, partition, id), content);
                    }
                    Work::Result(_) => _ = self.results.insert(id, content),
                }
                self.end_task(id, TaskEndReason::Success);
            }
            Err(Unreadable { shuffle, map_partition }) => {
                self.end_task(id, TaskEndReason::FetchFailed { shuffle, map_partition });
            }
        }
    }

    fn end_task(&mut self, id: TaskId, reason: TaskEndReason) {
        let task = self.tasks.remove(&id).expect("only running tasks end");
        let next = if task.is_killed { Worker::Retired } else { Worker::Idle };
        self.workers.insert(task.launch.worker, next);
        self.verdict.task_ended(&task.launch, task.is_killed, &reason);
        self.tell(Event::TaskEnded { task: id, reason });
        self.remove_stray_files();
    }

    /// The output of an attempt that has ended without being accepted is removed by the performer.
    fn remove_stray_files(&mut self) {
        let accepted = |(shuffle, map_partition, task): &(ShuffleId, u32, TaskId)| {
            let outputs = self.scheduler.map_outputs(*shuffle);
            outputs.get(*map_partition as usize) == Some(&Some(*task))
        };
        self.disk.files.retain(|file, _| accepted(file));
    }

    fn remove_blocks(&mut self, removed: RddId) {
        self.disk.blocks.retain(|(rdd, _), _| *rdd != removed);
    }

    // What the scheduler says.

    fn tell(&mut self, event: Event) {
        let actions = self.scheduler.handle(event.clone());
        if let Err(broken) = self.scheduler.check_invariants() {
            panic!("after {event:?}: {broken}");
        }
        self.verdict.judge(&event, &actions);
        for action in &actions {
            self.perform(action, &event);
        }
        self.journal.push(JournalEntry::Handled { event, actions });
    }

    fn perform(&mut self, action: &Action, event: &Event) {
        *self.seen.entry(kind(action)).or_default() += 1;
        match action {
            Action::StartWorkers { workers } => self.start_workers(workers),
            Action::LaunchTask(launch) => self.launch(launch),
            Action::KillTask { task, worker } => {
                assert_eq!(self.workers.get(worker), Some(&Worker::Busy(*task)));
                let task = self.tasks.get_mut(task).expect("only running tasks are killed");
                assert!(!task.is_killed, "killed twice");
                task.is_killed = true;
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
            }
            Action::FailJob { job, failure } => {
                *self.seen.entry(failure_kind(failure)).or_default() += 1;
                let job = self.end_job(*job);
                check_cancelled(job, failure, event);
            }
            Action::ReportStageSkipped { job, shuffle } => {
                let job = self.jobs.get_mut(job).expect("a job that was submitted");
                assert!(job.skipped.insert(*shuffle), "skipped twice");
            }
            Action::RemoveShuffle { shuffle } => self.remove_shuffle(*shuffle),
            Action::RemoveBlocks { rdd } => {
                assert!(self.released.contains(rdd), "blocks of {rdd} can be asked for");
                let used = self.in_use().0.contains(rdd);
                assert!(!used, "blocks of {rdd} are in use");
                self.remove_blocks(*rdd);
            }
            Action::ReportStageStarted { .. }
            | Action::ReportStageCompleted { .. }
            | Action::ReportTaskRetried { .. } => {}
        }
    }

    fn start_workers(&mut self, workers: &[WorkerId]) {
        for worker in workers {
            let before = self.workers.insert(*worker, Worker::Starting);
            assert_eq!(before, None, "worker ids are not reused");
        }
        let alive = self.workers.values().filter(|state| **state != Worker::Retired).count();
        assert!(alive <= self.climate.cores as usize, "{alive} workers");
    }

    fn launch(&mut self, launch: &LaunchTask) {
        let before = self.workers.insert(launch.worker, Worker::Busy(launch.task));
        assert_eq!(before, Some(Worker::Idle), "{launch:?}");
        let read = inputs(&self.all, &self.disk, launch.rdd, launch.partition);
        for shuffle in &read {
            let outputs = self.scheduler.map_outputs(*shuffle);
            assert!(outputs.iter().all(Option::is_some), "{launch:?} lacks shuffle {shuffle}");
        }
        let told = |shuffle| (shuffle, self.scheduler.map_outputs(shuffle).to_vec());
        let outputs = closure(&self.all, launch.rdd).1.into_iter().map(told).collect();
        if let Work::Result(job) = launch.work {
            assert!(!self.jobs[&job].has_ended, "a task for a job that has ended");
        }
        let task = Task { launch: launch.clone(), outputs, is_killed: false };
        assert!(self.tasks.insert(launch.task, task).is_none(), "task ids are not reused");
    }

    fn deliver(&mut self, job_id: JobId, index: u32, task: TaskId) {
        let job = self.jobs.get_mut(&job_id).expect("a job that was submitted");
        assert!(
            !job.has_ended && job.delivered.insert(index),
            "job {job_id} has had result {index}"
        );
        let partition = job.partitions[index as usize];
        let right = expected(&self.all, job.rdd, partition);
        assert_eq!(self.results.get(&task), Some(&right), "job {job_id} result {index} is wrong");
    }

    fn end_job(&mut self, id: JobId) -> &Job {
        let job = self.jobs.get_mut(&id).expect("a job that was submitted");
        assert!(!std::mem::replace(&mut job.has_ended, true), "job {id} ends twice");
        job
    }

    fn remove_shuffle(&mut self, removed: ShuffleId) {
        for (id, definition) in &self.all {
            let is_reader = matches!(
                definition.rdd.dependency,
                Dependency::Shuffle { shuffle, .. } if shuffle == removed
            );
            let is_known = self.sent.contains(id) && !self.released.contains(id);
            assert!(!(is_reader && is_known), "shuffle {removed} can be asked for by {id}");
        }
        assert!(!self.in_use().1.contains(&removed), "shuffle {removed} is in use");
        self.disk.files.retain(|(shuffle, _, _), _| *shuffle != removed);
    }

    /// The RDDs and shuffles that live jobs and running tasks may read or write.
    fn in_use(&self) -> (BTreeSet<RddId>, BTreeSet<ShuffleId>) {
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

fn check_cancelled(job: &Job, failure: &JobFailure, event: &Event) {
    let JobFailure::Cancelled { .. } = failure else { return };
    let asked = match event {
        Event::JobCancelled { .. } | Event::AllJobsCancelled { .. } => true,
        Event::JobGroupCancelled { group, .. } => job.group.as_ref() == Some(group),
        _ => false,
    };
    assert!(asked, "nobody cancelled the job: {event:?}");
}

fn kind(action: &Action) -> &'static str {
    match action {
        Action::StartWorkers { .. } => "StartWorkers",
        Action::LaunchTask(_) => "LaunchTask",
        Action::KillTask { .. } => "KillTask",
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
    }
}

fn failure_kind(failure: &JobFailure) -> &'static str {
    match failure {
        JobFailure::TaskFailed { .. } => "TaskFailed",
        JobFailure::WorkersDied { .. } => "WorkersDied",
        JobFailure::NoWorkers { .. } => "NoWorkers",
        JobFailure::FetchFailed { .. } => "FetchFailed",
        JobFailure::Cancelled { .. } => "Cancelled",
    }
}
