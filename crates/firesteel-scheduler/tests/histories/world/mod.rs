//! The simulated world: a user, workers, a disk, and the scheduler that knows of them by events only.
//!
//! It keeps the performer's side of the contract and checks the scheduler's at every action: `user`, `worker` and
//! `barrier` are what happens, `resources` what the user asks for, `performer` is what the scheduler wants to be done about it.

mod barrier;
mod performer;
mod resources;
mod user;
mod worker;

use crate::data::{Content, Definitions, Disk, Orders};
use crate::dice::Dice;
use crate::verdict::Verdict;
use crate::{Climate, EVENTS};
use barrier::{Barriers, Meetings};
use firesteel_scheduler::event::{Event, LaunchTask, TaskEndReason};
use firesteel_scheduler::ids::{ExecutorId, JobId, RddId, ShuffleId, TaskId, WorkerId};
use firesteel_scheduler::journal::{JournalEntry, replay};
use firesteel_scheduler::{Scheduler, SchedulerConfig};
use resources::{Request, Wishes, devices};
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
    /// Whose each worker is or was, and which executors are gone.
    executors: BTreeMap<WorkerId, ExecutorId>,
    lost: BTreeSet<ExecutorId>,
    tasks: BTreeMap<TaskId, Task>,
    /// Who ran each task.
    writers: BTreeMap<TaskId, WorkerId>,
    /// The results of the tasks that have succeeded.
    results: BTreeMap<TaskId, Content>,
    barriers: Barriers,
    wishes: Wishes,
    /// Whether the last job asked for what cannot be had.
    is_refused: bool,
    verdict: Verdict,
    seen: BTreeMap<&'static str, usize>,
}

/// A job of the user, with what it has had so far.
struct Job {
    rdd: RddId,
    partitions: Vec<u32>,
    group: Option<String>,
    delivered: BTreeMap<u32, TaskId>,
    skipped: BTreeSet<ShuffleId>,
    has_ended: bool,
}

/// What a worker is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Worker {
    Starting,
    Idle,
    Busy(TaskId),
    /// The task that it was told to kill has ended, or it was told to end: it gets no other.
    Retired,
}

/// A running task, with what it was told to read.
struct Task {
    launch: LaunchTask,
    orders: Orders,
    meetings: Option<Meetings>,
    request: Request,
    is_killed: bool,
}

impl World {
    pub fn new(climate: Climate) -> Self {
        let Climate { cores, max_failures, fresh_workers, executors, shuffle_seed, .. } = climate;
        let config = SchedulerConfig {
            cores,
            executors,
            max_failures,
            shuffle_seed,
            pools: climate.pools(),
            fresh_workers,
            devices: devices(climate.devices),
            merges_profiles: climate.merges_profiles,
            ..SchedulerConfig::default()
        };
        Self {
            climate,
            scheduler: Scheduler::new(config.clone()),
            journal: vec![JournalEntry::Started { config }],
            all: Definitions::new(),
            disk: Disk::default(),
            sent: BTreeSet::new(),
            released: BTreeSet::new(),
            next_shuffle: 0,
            jobs: BTreeMap::new(),
            workers: BTreeMap::new(),
            executors: BTreeMap::new(),
            lost: BTreeSet::new(),
            tasks: BTreeMap::new(),
            writers: BTreeMap::new(),
            results: BTreeMap::new(),
            barriers: Barriers::default(),
            wishes: Wishes::default(),
            is_refused: false,
            verdict: Verdict::new(max_failures),
            seen: BTreeMap::new(),
        }
    }

    /// How often each kind of event, of action and of failure was seen.
    pub fn seen(&self) -> &BTreeMap<&'static str, usize> {
        &self.seen
    }

    /// One thing happens.
    pub fn step(&mut self, dice: &mut Dice) {
        let disasters = self.climate.disasters;
        let whims = disasters + self.climate.whims;
        match dice.below(100) as u32 {
            roll if roll < disasters => self.disaster(dice),
            roll if roll < whims => self.whim(dice),
            roll if roll < whims + 8 => self.define(dice),
            roll if roll < whims + 16 => self.submit(dice),
            _ => self.advance(dice),
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

    /// The scheduler is told, and what it answers is done and judged.
    fn tell(&mut self, event: Event) {
        self.note(&event);
        let actions = self.scheduler.handle(event.clone());
        if let Err(broken) = self.scheduler.check_invariants() {
            panic!("after {event:?}: {broken}");
        }
        self.verdict.judge(&event, &actions);
        for action in &actions {
            self.perform(action, &event);
        }
        self.check_barriers(&event, &actions);
        if matches!(event, Event::JobSubmitted { .. }) {
            self.check_refusal(self.is_refused, &event, &actions);
        }
        self.journal.push(JournalEntry::Handled { event, actions });
    }

    fn note(&mut self, event: &Event) {
        let text = format!("{event:?}");
        let name = text.split(|letter: char| !letter.is_alphanumeric()).next();
        if let Some(kind) = EVENTS.iter().find(|kind| Some(**kind) == name) {
            *self.seen.entry(kind).or_default() += 1;
        }
        if let Event::TaskEnded { reason, .. } = event {
            *self.seen.entry(end_kind(reason)).or_default() += 1;
        }
    }

    fn remove_blocks(&mut self, removed: RddId) {
        self.disk.blocks.retain(|(rdd, _), _| *rdd != removed);
    }
}

fn end_kind(reason: &TaskEndReason) -> &'static str {
    match reason {
        TaskEndReason::Success => "ended: Success",
        TaskEndReason::Failed => "ended: Failed",
        TaskEndReason::FetchFailed { .. } => "ended: FetchFailed",
        TaskEndReason::BlockLost => "ended: BlockLost",
        TaskEndReason::Killed => "ended: Killed",
    }
}
