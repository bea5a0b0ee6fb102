//! The driver loop: one thread that turns what happens into events and performs the scheduler's actions.
//!
//! ```text
//!   requests of Python threads ─┐
//!   the daemon, the workers   ──┼──► Event ──► Scheduler ──► Actions ──► perform
//!   deadlines                 ──┘      ▲                                  │
//!                                      └── what performing makes happen ──┘
//! ```
//! Invariants: events are handled one after the other, never inside each other; whatever a task has left
//! (result, map output) either has been handed on when its event has been handled, or is deleted.

use super::Shared;
use super::active_job::{ActiveJob, Purpose};
use super::barriers::Barriers;
use super::eviction::Moves;
use super::executors::Executors;
use super::job::{Job, JobProperties};
use super::journal::Journal;
use super::leftovers::{Dropped, delete_blocks_of};
use super::map_outputs::{MapOutputs, delete};
use super::mover::{Moved, Mover};
use super::progress::Progress;
use super::rehearsal::Rehearsal;
use super::status::{PlannedStage, TaskEnd};
use super::worker_pool::{PoolEvent, TimeLimits, WorkerPool};
use super::{lock, perform};
use crate::protocol::{Limits, Outcome, Payload, StoredBlock, TaskReport};
use crate::storage::RunDirectory;
use firesteel_scheduler::event::{Event, LaunchTask, TaskEndReason};
use firesteel_scheduler::ids::{JobId, RddId, StageId, TaskId, WorkerId};
use firesteel_scheduler::journal::JournalEntry;
use firesteel_scheduler::resources::Amount;
use firesteel_scheduler::{Scheduler, SchedulerConfig};
use mio::{Events, Poll, Registry, Token};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

/// The token of the waker, which says that there are requests.
pub const REQUESTS: Token = Token(0);

/// Ready descriptors that are looked at before the next round.
const EVENTS_AT_ONCE: usize = 256;

/// What Python threads ask for.
#[derive(Debug)]
pub enum Request {
    /// Run a job.
    Submit(Submission),
    /// Anything that the scheduler alone decides about.
    Tell(Event),
    /// These RDDs are gone, children first.
    Released(Vec<RddId>),
    /// The blocks of this RDD are not wanted any more.
    Unpersisted(RddId),
    /// A block has been copied to another place, or could not be.
    Moved(Moved),
    /// Let the workers print their Python stacks.
    PrintStacks,
    /// End everything.
    Stop,
}

/// A new job.
#[derive(Debug)]
pub struct Submission {
    /// Who waits for it.
    pub job: Arc<Job>,
    /// The RDD; the job holds a handle on it and the number of its partitions is known.
    pub rdd: RddId,
    /// Which partitions, in the order of the results.
    pub partitions: Vec<u32>,
    /// What to do with them.
    pub purpose: Purpose,
    /// Who asks.
    pub properties: JobProperties,
}

/// All that the loop needs to begin.
pub struct Setup {
    pub poll: Poll,
    pub registry: Registry,
    pub requests: Receiver<Request>,
    pub shared: Arc<Shared>,
    pub run_directory: Arc<RunDirectory>,
    pub config: SchedulerConfig,
    pub executors: Executors,
    pub limits: Limits,
    pub result_limit: u64,
    pub barriers: Barriers,
    pub time_limits: TimeLimits,
    pub journal: Journal,
    pub progress: Progress,
    pub mover: Mover,
    pub rehearsal: Rehearsal,
    /// How many tasks run at once, where no stage asks for anything.
    pub slots: u32,
}

/// The state of the loop.
pub struct EventLoop {
    poll: Poll,
    requests: Receiver<Request>,
    pub(super) shared: Arc<Shared>,
    pub(super) run_directory: Arc<RunDirectory>,
    /// Tasks at the same time, on all executors.
    pub(super) slots: u32,
    /// Of each executor.
    pub(super) cores: u32,
    /// The processors that a task asks for, if its stage asks for nothing else.
    pub(super) asked: Amount,
    /// How many executors there are besides the driver, if any.
    pub(super) executors: Option<u32>,
    pub(super) limits: Limits,
    /// The bytes that the results of one job may have together.
    pub(super) result_limit: u64,
    pub(super) barriers: Barriers,
    pub(super) scheduler: Scheduler,
    pub(super) pool: WorkerPool,
    pub(super) map_outputs: MapOutputs,
    pub(super) jobs: HashMap<JobId, ActiveJob>,
    /// The job that a stage was made for.
    pub(super) stages: HashMap<StageId, JobId>,
    /// What a stage computes.
    pub(super) computed: HashMap<StageId, RddId>,
    /// Tasks that workers have.
    pub(super) running: HashMap<TaskId, Running>,
    /// Tasks that have just ended, until their event has been handled.
    pub(super) ended: HashMap<TaskId, EndedTask>,
    /// What has happened and has not been handled.
    pub(super) pending: VecDeque<Event>,
    pub(super) progress: Progress,
    pub(super) dropped: Dropped,
    pub(super) mover: Mover,
    pub(super) moves: Moves,
    pub(super) rehearsal: Rehearsal,
    journal: Journal,
    stopped: bool,
}

/// A launched task.
#[derive(Debug)]
pub struct Running {
    pub launch: LaunchTask,
    /// Bytes of messages about it so far.
    pub control_bytes: u64,
    /// The persisted partitions whose blocks it reads.
    pub read: Vec<(RddId, u32)>,
}

/// An ended task and what it has left.
#[derive(Debug)]
pub struct EndedTask {
    pub task: Running,
    pub report: Box<TaskReport>,
}

impl EventLoop {
    /// Starts the daemon and does not wait for it.
    pub fn new(setup: Setup) -> EventLoop {
        let mut journal = setup.journal;
        journal.write(&JournalEntry::Started { config: setup.config.clone() });
        EventLoop {
            pool: WorkerPool::start(
                setup.registry,
                setup.executors,
                Arc::clone(&setup.shared),
                setup.config.fresh_workers,
                setup.time_limits,
            ),
            poll: setup.poll,
            requests: setup.requests,
            shared: setup.shared,
            run_directory: setup.run_directory,
            slots: setup.slots,
            cores: setup.config.cores,
            asked: setup.config.task.cpus,
            executors: setup.config.executors,
            limits: setup.limits,
            result_limit: setup.result_limit,
            barriers: setup.barriers,
            scheduler: Scheduler::new(setup.config),
            map_outputs: MapOutputs::default(),
            jobs: HashMap::new(),
            stages: HashMap::new(),
            computed: HashMap::new(),
            running: HashMap::new(),
            ended: HashMap::new(),
            pending: VecDeque::new(),
            progress: setup.progress,
            rehearsal: setup.rehearsal,
            dropped: Dropped::default(),
            mover: setup.mover,
            moves: Moves::default(),
            journal,
            stopped: false,
        }
    }

    /// Runs until it is told to stop, or until the system refuses to tell what is ready.
    pub fn run(mut self) {
        let mut events = Events::with_capacity(EVENTS_AT_ONCE);
        while !self.stopped {
            self.journal.flush();
            match self.poll.poll(&mut events, self.timeout()) {
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(_) => break,
                Ok(()) => {}
            }
            self.take_requests();
            for event in &events {
                let happened = self.pool.ready(event.token());
                self.take_pool_events(happened);
            }
            let happened = self.pool.check_deadlines();
            self.take_pool_events(happened);
            self.check_barriers();
            self.progress.refresh();
        }
        self.progress.erase();
        // First those who wait, then what may take a moment.
        self.shared.stop_jobs();
        self.pool.stop();
    }

    /// For the status trackers, which ask for more than the driver only in a rehearsal.
    fn count_running(&self) {
        if self.executors.is_some() {
            let mut running = BTreeMap::new();
            for task in self.running.values() {
                *running.entry(task.launch.executor).or_insert(0) += 1;
            }
            lock(&self.shared.instruments).running = running;
        }
    }

    fn timeout(&self) -> Option<Duration> {
        let deadlines = [
            self.pool.next_deadline(),
            self.barriers.next_deadline(),
            self.progress.next_refresh(),
        ];
        let next = deadlines.into_iter().flatten().min()?;
        // Up to the next millisecond, which is what the system counts in; down would mean to spin.
        Some(next.saturating_duration_since(Instant::now()) + Duration::from_millis(1))
    }

    fn take_requests(&mut self) {
        while let Ok(request) = self.requests.try_recv() {
            match request {
                Request::Submit(submission) => self.submit(submission),
                Request::Tell(event) => self.handle(event),
                Request::Released(rdds) => self.release(&rdds),
                Request::Unpersisted(rdd) => self.drop_blocks(rdd),
                Request::Moved(moved) => {
                    self.moved(moved);
                    self.handle_pending();
                }
                Request::PrintStacks => self.pool.print_stacks(),
                Request::Stop => self.stopped = true,
            }
        }
    }

    fn submit(&mut self, submission: Submission) {
        let Submission { job, rdd, partitions, purpose, properties } = submission;
        let id = job.id;
        lock(&self.shared.instruments).counters.jobs += 1;
        let (definitions, profiles) = {
            let mut catalog = lock(&self.shared.catalog);
            catalog.look_at_stored([rdd]);
            (catalog.define(rdd), catalog.take_profiles())
        };
        let (group, pool) = (properties.group(), properties.pool());
        self.jobs.insert(id, ActiveJob::new(job, rdd, partitions.clone(), purpose, properties));
        match definitions {
            Ok(definitions) => {
                let job = id;
                self.handle(Event::JobSubmitted {
                    job,
                    rdd,
                    partitions,
                    group,
                    pool,
                    definitions,
                    profiles,
                });
                self.note_stages(id);
            }
            Err(error) => {
                self.end_job(id, Err(error));
                self.handle_pending();
            }
        }
    }

    /// For the status trackers, which know the stages of a job before they begin. A map stage is called after the
    /// operation that it ends in, the last one after the action.
    fn note_stages(&self, job: JobId) {
        let stages = self.scheduler.stages_of(job);
        let planned = |id: &StageId| {
            let (rdd, tasks) = self.scheduler.stage(*id)?;
            let catalog = lock(&self.shared.catalog);
            let ends_in = catalog.rdd(rdd);
            let is_last = stages.last() == Some(id);
            let name = (!is_last).then(|| format!("{} at {}", ends_in.name, ends_in.call_site));
            Some(PlannedStage { id: *id, name, tasks })
        };
        let planned: Vec<PlannedStage> = stages.iter().filter_map(planned).collect();
        lock(&self.shared.status).job_needs(job, planned);
    }

    /// RDDs that nobody can ask for any more.
    pub(super) fn release(&mut self, rdds: &[RddId]) {
        self.pool.forget(rdds);
        for rdd in rdds {
            self.handle(Event::RddReleased { rdd: *rdd });
        }
    }

    /// Tasks that read the blocks at this moment are left to end.
    fn drop_blocks(&mut self, rdd: RddId) {
        let blocks = lock(&self.shared.catalog).take_stored(rdd);
        let reads = |task: &Running| task.read.iter().any(|(read, _)| *read == rdd);
        let readers = self.running.iter().filter(|(_, task)| reads(task));
        self.dropped.add(blocks, readers.map(|(task, _)| *task).collect());
        self.pool.drop_copies(rdd, None);
        self.handle(Event::BlocksDropped { rdd });
    }

    /// The RDD whose block cannot be read is as good as never stored. Another task may have found out first.
    fn lose_block(&mut self, path: &Path) {
        lock(&self.shared.instruments).counters.blocks_lost += 1;
        let owner = lock(&self.shared.catalog).owner_of_block(path);
        if let Some(rdd) = owner {
            self.drop_blocks(rdd);
        }
    }

    fn take_pool_events(&mut self, events: Vec<PoolEvent>) {
        for event in events {
            match event {
                PoolEvent::Registered(worker) => self.handle(Event::WorkerRegistered { worker }),
                PoolEvent::Ended { worker, report, bytes } => {
                    self.task_ended(worker, report, bytes)
                }
                PoolEvent::BarrierReached { task, operation, message } => {
                    self.barrier_reached(task, operation, message);
                }
                PoolEvent::Killed { report } => self.task_killed(*report),
                PoolEvent::Lost { worker, pid, cause } => {
                    self.leave_nothing_of(worker, pid);
                    self.handle(Event::WorkerLost { worker, cause });
                }
                PoolEvent::ExecutorLost { executor, workers, cause } => {
                    for (worker, pid) in workers {
                        self.leave_nothing_of(worker, pid);
                    }
                    self.handle(Event::ExecutorLost { executor, cause });
                }
            }
        }
    }

    fn task_ended(&mut self, worker: WorkerId, mut report: Box<TaskReport>, bytes: u64) {
        let task = report.task;
        let Some(mut running) = self.running.remove(&task) else { return discard(*report) };
        self.forget_task(task);
        running.control_bytes += bytes;
        let executor = running.launch.executor;
        self.rehearse(&running.launch, &mut report);
        let reason = end_reason(&report.outcome);
        if let Outcome::BlockLost { path, .. } = &report.outcome {
            self.lose_block(path);
        }
        self.note_task_end(running.launch.stage, task_end(&reason));
        {
            let mut instruments = lock(&self.shared.instruments);
            instruments.counters.add(&report.metrics);
            let fetch_failed = matches!(reason, TaskEndReason::FetchFailed { .. });
            instruments.counters.fetch_failures += u64::from(fetch_failed);
        }
        self.keep_blocks(worker, &report);
        self.note_copies(worker, &report.copied);
        self.ended.insert(task, EndedTask { task: running, report });
        self.handle(Event::TaskEnded { task, reason });
        if self.rehearsal.strikes() && self.pool.kill_executor(executor) {
            self.rehearsal.struck();
        }
    }

    fn forget_task(&mut self, task: TaskId) {
        self.dropped.task_ended(task);
        self.barriers.forget(task);
    }

    /// For the progress bar and the status trackers.
    pub(super) fn note_task_end(&mut self, stage: StageId, end: TaskEnd) {
        self.progress.task_ended(stage, end == TaskEnd::Succeeded);
        lock(&self.shared.status).task_ended(stage, end);
    }

    /// Partitions of persisted RDDs count also when the task failed afterwards.
    fn keep_blocks(&mut self, worker: WorkerId, report: &TaskReport) {
        for stored in &report.stored {
            let mut catalog = lock(&self.shared.catalog);
            if !catalog.is_persisted(stored.rdd) {
                delete(&stored.block.path);
                self.pool.drop_copies(stored.rdd, Some(stored.partition));
                continue;
            }
            if let Some(older) = catalog.store(stored.rdd, stored.partition, stored.block.clone()) {
                delete(&older.path);
            }
            let (rdd, partition) = (stored.rdd, stored.partition);
            self.pending.push_back(Event::BlockStored { rdd, partition, worker });
            drop(catalog);
            self.find_room(stored);
        }
    }

    /// Copies of blocks that are still there.
    fn note_copies(&mut self, worker: WorkerId, copied: &[StoredBlock]) {
        let catalog = lock(&self.shared.catalog);
        for StoredBlock { rdd, partition, block } in copied {
            let (rdd, partition) = (*rdd, *partition);
            if catalog.block(rdd, partition) == Some(block) {
                self.pending.push_back(Event::BlockCopied { rdd, partition, worker });
            }
        }
    }

    /// Nothing that a task says after its interruption counts.
    fn task_killed(&mut self, report: TaskReport) {
        let task = report.task;
        report.stored.iter().for_each(|stored| delete(&stored.block.path));
        discard(report);
        self.forget_task(task);
        if let Some(running) = self.running.remove(&task) {
            self.note_task_end(running.launch.stage, TaskEnd::Killed);
            self.handle(Event::TaskEnded { task, reason: TaskEndReason::Killed });
        }
    }

    /// Removes what a dead worker had begun and not reported.
    fn leave_nothing_of(&mut self, worker: WorkerId, pid: Option<u32>) {
        if let Some(pid) = pid {
            self.run_directory.remove_unsealed(pid);
        }
        let lost = self.running.extract_if(|_, running| running.launch.worker == worker);
        for (task, lost) in lost.collect::<Vec<_>>() {
            self.note_task_end(lost.launch.stage, TaskEnd::Failed);
            self.forget_task(task);
            delete_blocks_of(task, &self.run_directory.placement());
        }
    }

    /// Handles an event and everything that performing its actions makes happen.
    pub(super) fn handle(&mut self, event: Event) {
        self.pending.push_back(event);
        self.handle_pending();
    }

    fn handle_pending(&mut self) {
        while let Some(event) = self.pending.pop_front() {
            let recorded = self.journal.is_on().then(|| event.clone());
            let actions = self.scheduler.handle(event);
            if let Some(event) = recorded {
                self.journal.write(&JournalEntry::Handled { event, actions: actions.clone() });
            }
            // Before anybody learns that a job has ended.
            self.count_running();
            for action in actions {
                perform::perform(self, action);
            }
        }
        self.count_running();
        for (_, ended) in self.ended.drain() {
            discard(*ended.report);
        }
    }
}

pub(super) fn end_reason(outcome: &Outcome) -> TaskEndReason {
    match outcome {
        Outcome::Collected(_) | Outcome::MapOutput(_) | Outcome::Saved(_) => TaskEndReason::Success,
        Outcome::Failed(_) => TaskEndReason::Failed,
        Outcome::FetchFailed { shuffle, map_partition, .. } => {
            TaskEndReason::FetchFailed { shuffle: *shuffle, map_partition: *map_partition }
        }
        Outcome::BlockLost { .. } => TaskEndReason::BlockLost,
        Outcome::Killed => TaskEndReason::Killed,
    }
}

fn task_end(reason: &TaskEndReason) -> TaskEnd {
    match reason {
        TaskEndReason::Success => TaskEnd::Succeeded,
        TaskEndReason::Failed | TaskEndReason::FetchFailed { .. } | TaskEndReason::BlockLost => {
            TaskEnd::Failed
        }
        TaskEndReason::Killed => TaskEnd::Killed,
    }
}

/// Deletes what a task has left that nobody wants. A part file goes with its staging folder.
fn discard(report: TaskReport) {
    discard_outcome(report.outcome);
}

pub(super) fn discard_outcome(outcome: Outcome) {
    match outcome {
        Outcome::Collected(payload) => discard_payload(&payload),
        Outcome::MapOutput(output) => delete(&output.path),
        Outcome::Saved(_)
        | Outcome::Failed(_)
        | Outcome::FetchFailed { .. }
        | Outcome::BlockLost { .. }
        | Outcome::Killed => {}
    }
}

/// Deletes the block behind a payload, if there is one.
pub fn discard_payload(payload: &Payload) {
    if let Payload::Block(block) = payload {
        delete(&block.path);
    }
}
