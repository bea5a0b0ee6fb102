//! The worker processes: starting, giving them tasks, interrupting and burying them.
//!
//! ```text
//!   Starting ──hello──► Idle ──run──► Busy ──ended──► Idle
//!                                      ├─ended, and the next task is to have a fresh one──► Dying
//!                                      └─interrupt──► Interrupted ──ended, or 300 ms──► Dying
//!   Busy ──`firesteel.task.timeout`──► Dying
//!   Starting ──`firesteel.worker.start.timeout`──► its daemon is killed
//!   any of them ──its socket ends──► Closed ──2 s──► Dying
//!   all of them ──the daemon reports the exit──► gone: one `Lost`
//!               ──the daemon dies──► gone: one `ExecutorLost` for all
//! ```
//! Workers belong to executors, each with a daemon of its own; the death of a daemon is the end of its executor.
//! Invariants: a worker that was interrupted is never given another task; a worker is `Lost` exactly once, after
//! everything that it said before has been handed on; how it died is the daemon's word, never a guess from a socket.

use super::Shared;
use super::connection::Connection;
use super::daemon_process::Daemon;
use super::executors::Executors;
use super::lock;
use crate::protocol::{
    BarrierAnswer, Definition, ExitStatus, FromDaemon, FromWorker, PROTOCOL_VERSION, TaskReport,
    TaskSpec, ToDaemon, ToWorker,
};
use firesteel_scheduler::barrier::BarrierOperation;
use firesteel_scheduler::ids::{ExecutorId, RddId, TaskId, WorkerId};
use mio::{Registry, Token};
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The first token that is a daemon's or a worker's. From here on daemons and workers take turns.
const FIRST: usize = 1;

/// What an interrupted task gets to unwind; long enough for `finally` blocks, short enough that Ctrl-C feels immediate.
const INTERRUPT_GRACE: Duration = Duration::from_millis(300);
/// A worker that has closed its socket is about to exit by itself, and then its own exit status is the better story.
const EXIT_GRACE: Duration = Duration::from_secs(2);
/// A killed process that is not reaped after this long hangs in the kernel; we go on without it.
const BURIAL_LIMIT: Duration = Duration::from_secs(5);

/// The daemons and their workers.
pub struct WorkerPool {
    registry: Registry,
    executors: Executors,
    daemons: BTreeMap<ExecutorId, Daemon>,
    workers: BTreeMap<WorkerId, Worker>,
    shared: Arc<Shared>,
    /// Whether a worker is ended after its first task.
    fresh_workers: bool,
    limits: TimeLimits,
}

/// How long things may take.
#[derive(Clone, Copy, Debug)]
pub struct TimeLimits {
    /// A task on a worker.
    pub task: Option<Duration>,
    /// The start of a worker: whoever takes longer has a daemon that is frozen.
    pub start: Duration,
}

struct Worker {
    executor: ExecutorId,
    connection: Connection,
    state: State,
    /// When its task, or its start, has taken too long.
    overdue: Option<Instant>,
    /// Why it was killed, for the user.
    verdict: Option<String>,
    pid: Option<u32>,
    /// The definitions it has been sent.
    defined: HashSet<RddId>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Starting,
    Idle,
    Busy(TaskId),
    Interrupted(TaskId, Instant),
    Closed(Instant),
    Dying(Instant),
}

/// What the pool has noticed.
#[derive(Debug)]
pub enum PoolEvent {
    /// A worker waits for its first task.
    Registered(WorkerId),
    /// A task has ended, and its worker waits for another.
    Ended {
        /// The worker.
        worker: WorkerId,
        /// What it says.
        report: Box<TaskReport>,
        /// The length of the message.
        bytes: u64,
    },
    /// A task waits at a barrier.
    BarrierReached {
        /// The task.
        task: TaskId,
        /// What it has called.
        operation: BarrierOperation,
        /// What it brings along.
        message: String,
    },
    /// An interrupted task has ended; its worker goes.
    Killed {
        /// What it says.
        report: Box<TaskReport>,
    },
    /// A worker is gone.
    Lost {
        /// The worker.
        worker: WorkerId,
        /// Its process.
        pid: Option<u32>,
        /// How it died, in words.
        cause: String,
    },
    /// A daemon is gone, and with it all its workers.
    ExecutorLost {
        /// The executor.
        executor: ExecutorId,
        /// Its workers, and the processes of those that had been forked.
        workers: Vec<(WorkerId, Option<u32>)>,
        /// How it died, in words.
        cause: String,
    },
}

impl WorkerPool {
    /// A pool without workers whose daemons are on their way.
    pub fn start(
        registry: Registry,
        executors: Executors,
        shared: Arc<Shared>,
        fresh_workers: bool,
        limits: TimeLimits,
    ) -> WorkerPool {
        let first = executors.first();
        let (daemons, workers) = (BTreeMap::new(), BTreeMap::new());
        let mut pool =
            WorkerPool { registry, executors, daemons, workers, shared, fresh_workers, limits };
        for executor in first {
            // A failure comes back, and is told, when the first worker is needed.
            let _ = pool.ensure_daemon(executor);
        }
        pool
    }

    /// Orders a new worker.
    pub fn add(&mut self, executor: ExecutorId, id: WorkerId) -> io::Result<()> {
        let (ours, theirs) = UnixStream::pair()?;
        let connection = Connection::new(ours, &self.registry, worker_token(id))?;
        let worker = Worker {
            executor,
            connection,
            state: State::Starting,
            overdue: Some(Instant::now() + self.limits.start),
            verdict: None,
            pid: None,
            defined: HashSet::new(),
        };
        let sent = self.ensure_daemon(executor).and_then(|daemon| {
            daemon.send(&ToDaemon::Fork { worker: id }, Some(OwnedFd::from(theirs)))
        });
        match sent {
            Ok(_) => {
                self.workers.insert(id, worker);
                Ok(())
            }
            Err(error) => {
                worker.connection.close(&self.registry);
                Err(error)
            }
        }
    }

    fn ensure_daemon(&mut self, executor: ExecutorId) -> io::Result<&mut Daemon> {
        match self.daemons.entry(executor) {
            Entry::Occupied(running) => Ok(running.into_mut()),
            Entry::Vacant(place) => {
                let command = self.executors.command(executor)?;
                let daemon = Daemon::start(&command, &self.registry, daemon_token(executor))
                    .inspect_err(|_| self.executors.clear(executor))?;
                lock(&self.shared.instruments).daemons.insert(executor, daemon.pid());
                Ok(place.insert(daemon))
            }
        }
    }

    /// Gives an idle worker a task, and first what it does not know yet. Returns the bytes sent; `None` if the
    /// worker cannot take it, and then it is or will be `Lost`.
    pub fn run(
        &mut self,
        id: WorkerId,
        spec: Box<TaskSpec>,
        definitions: Vec<Definition>,
    ) -> io::Result<Option<u64>> {
        let Some(worker) = self.workers.get_mut(&id) else { return Ok(None) };
        if worker.state != State::Idle {
            return Ok(None);
        }
        let task = spec.task;
        let mut bytes = 0;
        for definition in definitions {
            let rdd = definition.rdd;
            bytes += worker.connection.send(&ToWorker::Define(definition), None)?;
            worker.defined.insert(rdd);
        }
        bytes += worker.connection.send(&ToWorker::Run(spec), None)?;
        worker.state = State::Busy(task);
        worker.overdue = self.limits.task.map(|timeout| Instant::now() + timeout);
        lock(&self.shared.instruments).counters.control_bytes_sent += bytes as u64;
        Ok(Some(bytes as u64))
    }

    /// Lets a task go on that waits at a barrier, unless it is being interrupted.
    pub fn answer_barrier(&mut self, id: WorkerId, task: TaskId, answer: &BarrierAnswer) {
        let Some(worker) = self.workers.get_mut(&id) else { return };
        if worker.state != State::Busy(task) {
            return;
        }
        let message = ToWorker::Barrier { task, answer: answer.clone() };
        match worker.connection.send(&message, None) {
            Ok(bytes) => lock(&self.shared.instruments).counters.control_bytes_sent += bytes as u64,
            // Too long a message, which whoever made the answer has excluded.
            Err(_) => self.kill(id),
        }
    }

    /// Whether the worker has been sent the definition of an RDD.
    pub fn knows(&self, id: WorkerId, rdd: RddId) -> bool {
        self.workers.get(&id).is_some_and(|worker| worker.defined.contains(&rdd))
    }

    /// Tells the workers that these RDDs will not be needed again.
    pub fn forget(&mut self, rdds: &[RddId]) {
        for worker in self.workers.values_mut() {
            let known: Vec<_> =
                rdds.iter().copied().filter(|rdd| worker.defined.remove(rdd)).collect();
            if !known.is_empty() {
                // A message of a few ids cannot be too long; a dead worker does not need it.
                let _ = worker.connection.send(&ToWorker::Forget(known), None);
            }
        }
    }

    /// Tells the workers that blocks of this RDD are gone.
    pub fn drop_copies(&mut self, rdd: RddId, partition: Option<u32>) {
        for worker in self.workers.values_mut() {
            // A short message cannot be too long; a dead worker does not need it.
            let _ = worker.connection.send(&ToWorker::Dropped { rdd, partition }, None);
        }
    }

    /// Raises in a worker's user code.
    pub fn interrupt(&mut self, id: WorkerId, task: TaskId) {
        let Some(worker) = self.workers.get_mut(&id) else { return };
        if worker.state == State::Busy(task) {
            worker.state = State::Interrupted(task, Instant::now() + INTERRUPT_GRACE);
            let executor = worker.executor;
            self.tell_daemon(executor, &ToDaemon::Interrupt { worker: id });
        }
    }

    /// Asks every worker for its Python stacks, on what is its stderr.
    pub fn print_stacks(&mut self) {
        for daemon in self.daemons.values_mut() {
            // Such a message is never too long.
            let _ = daemon.send(&ToDaemon::PrintStacks, None);
        }
    }

    /// Ends a worker, whatever it is doing.
    pub fn kill(&mut self, id: WorkerId) {
        let Some(worker) = self.workers.get_mut(&id) else { return };
        worker.state = State::Dying(Instant::now() + BURIAL_LIMIT);
        let executor = worker.executor;
        self.tell_daemon(executor, &ToDaemon::Kill { worker: id });
    }

    /// Kills the daemon of an executor; what is left of it follows. Whether that is news.
    pub fn kill_executor(&mut self, executor: ExecutorId) -> bool {
        self.daemons.get_mut(&executor).is_some_and(Daemon::kill)
    }

    fn tell_daemon(&mut self, executor: ExecutorId, message: &ToDaemon) {
        if let Some(daemon) = self.daemons.get_mut(&executor) {
            // Ids always fit a message; a daemon that has died takes its workers with it anyway.
            let _ = daemon.send(message, None);
        }
    }

    /// Looks at what is ready under a token.
    pub fn ready(&mut self, token: Token) -> Vec<PoolEvent> {
        let mut events = Vec::new();
        match owner_of(token) {
            Some(Owner::Daemon(executor)) => self.daemon_ready(executor, &mut events),
            Some(Owner::Worker(id)) => self.worker_ready(id, &mut events),
            None => {}
        }
        events
    }

    fn daemon_ready(&mut self, executor: ExecutorId, events: &mut Vec<PoolEvent>) {
        let Some(daemon) = self.daemons.get_mut(&executor) else { return };
        daemon.flush();
        let received = daemon.receive();
        for (message, _) in received.messages {
            self.daemon_said(executor, message, events);
        }
        if received.ended {
            self.daemon_died(executor, events);
        }
    }

    fn daemon_said(
        &mut self,
        executor: ExecutorId,
        message: FromDaemon,
        events: &mut Vec<PoolEvent>,
    ) {
        match message {
            FromDaemon::Hello { protocol, .. } if protocol != PROTOCOL_VERSION => {
                let cause = format!(
                    "the daemon speaks protocol {protocol} and the driver {PROTOCOL_VERSION}: two installations are mixed"
                );
                self.end_daemon(executor);
                self.lose_executor(executor, cause, events);
            }
            FromDaemon::Hello { .. } => {}
            FromDaemon::Forked { worker, pid } => {
                if let Some(forked) = self.workers.get_mut(&worker) {
                    forked.pid = Some(pid);
                    lock(&self.shared.instruments).workers.insert(worker, pid);
                }
            }
            FromDaemon::ForkFailed { worker, error } => {
                self.lose(worker, format!("could not be forked: {error}"), events);
            }
            FromDaemon::Exited { worker, status, peak_memory, last_words, record } => {
                let death = Death { status, peak_memory, last_words, record };
                self.worker_exited(worker, &death, events);
            }
        }
    }

    /// Everything that a worker said before its end counts.
    fn worker_exited(&mut self, id: WorkerId, death: &Death, events: &mut Vec<PoolEvent>) {
        self.worker_ready(id, events);
        let told = self.workers.get(&id).is_some_and(|worker| worker.was_told_to_go());
        lock(&self.shared.instruments).counters.workers_died += u64::from(!told);
        let verdict = self.workers.get_mut(&id).and_then(|worker| worker.verdict.take());
        let cause = match verdict {
            Some(verdict) => format!("{verdict}\n{}", death.last_words),
            None => death.to_string(),
        };
        self.lose(id, cause, events);
    }

    fn daemon_died(&mut self, executor: ExecutorId, events: &mut Vec<PoolEvent>) {
        // Whoever told it to go has told the rest.
        if !self.daemons.contains_key(&executor) {
            return;
        }
        let status = self.end_daemon(executor);
        let who = self.executors.name(executor);
        let who = who.unwrap_or_else(|| "its daemon".to_owned());
        let cause = match status {
            Some(status) => format!("{who} died: {status}"),
            None => format!("{who} died"),
        };
        lock(&self.shared.instruments).counters.daemons_died += 1;
        self.lose_executor(executor, cause, events);
    }

    fn end_daemon(&mut self, executor: ExecutorId) -> Option<ExitStatus> {
        lock(&self.shared.instruments).daemons.remove(&executor);
        self.daemons.remove(&executor)?.dismiss(&self.registry).wait()
    }

    /// Everything that its workers said before their end counts.
    fn lose_executor(&mut self, executor: ExecutorId, cause: String, events: &mut Vec<PoolEvent>) {
        let of_it = self.workers.iter().filter(|(_, worker)| worker.executor == executor);
        let mut workers = Vec::new();
        for id in of_it.map(|(id, _)| *id).collect::<Vec<_>>() {
            self.worker_ready(id, events);
            workers.extend(self.remove(id).map(|worker| (id, worker.pid)));
        }
        self.executors.clear(executor);
        events.push(PoolEvent::ExecutorLost { executor, workers, cause });
    }

    fn remove(&mut self, id: WorkerId) -> Option<Departed> {
        let worker = self.workers.remove(&id)?;
        worker.connection.close(&self.registry);
        lock(&self.shared.instruments).workers.remove(&id);
        Some(Departed { pid: worker.pid })
    }

    fn lose(&mut self, id: WorkerId, cause: String, events: &mut Vec<PoolEvent>) {
        if let Some(Departed { pid }) = self.remove(id) {
            events.push(PoolEvent::Lost { worker: id, pid, cause });
        }
    }

    fn worker_ready(&mut self, id: WorkerId, events: &mut Vec<PoolEvent>) {
        let Some(worker) = self.workers.get_mut(&id) else { return };
        worker.connection.flush();
        let received = worker.connection.receive();
        for (message, bytes) in received.messages {
            self.worker_said(id, message, bytes as u64, events);
        }
        if received.ended {
            self.worker_closed(id);
        }
    }

    fn worker_said(
        &mut self,
        id: WorkerId,
        message: FromWorker,
        bytes: u64,
        events: &mut Vec<PoolEvent>,
    ) {
        lock(&self.shared.instruments).counters.control_bytes_received += bytes;
        let Some(worker) = self.workers.get_mut(&id) else { return };
        match (worker.state, message) {
            (State::Starting, FromWorker::Hello { protocol: PROTOCOL_VERSION }) => {
                worker.state = State::Idle;
                lock(&self.shared.instruments).counters.workers_started += 1;
                events.push(PoolEvent::Registered(id));
            }
            (State::Busy(task), FromWorker::Ended(report)) if task == report.task => {
                worker.state = State::Idle;
                events.push(PoolEvent::Ended { worker: id, report, bytes });
                if self.fresh_workers {
                    self.kill(id);
                }
            }
            (State::Busy(task), FromWorker::BarrierReached { task: of, operation, message })
                if task == of =>
            {
                events.push(PoolEvent::BarrierReached { task, operation, message });
            }
            // It has crossed with the interruption, which ends the wait.
            (State::Interrupted(..), FromWorker::BarrierReached { .. }) => {}
            (State::Interrupted(task, _), FromWorker::Ended(report)) if task == report.task => {
                events.push(PoolEvent::Killed { report });
                self.kill(id);
            }
            (State::Starting, FromWorker::Hello { protocol }) => {
                let verdict = format!(
                    "the worker speaks version {protocol} of the protocol and the driver {PROTOCOL_VERSION}"
                );
                self.condemn(id, verdict);
            }
            // A message that does not fit what it was told: no state to be trusted.
            _ => self.condemn(id, "the worker sent a message that nobody waits for".to_owned()),
        }
    }

    /// Kills a worker that was not told to go, and keeps why.
    fn condemn(&mut self, id: WorkerId, verdict: String) {
        if let Some(worker) = self.workers.get_mut(&id) {
            worker.verdict = Some(verdict);
        }
        self.kill(id);
    }

    /// The daemon will say how it died.
    fn worker_closed(&mut self, id: WorkerId) {
        let Some(worker) = self.workers.get_mut(&id) else { return };
        if !worker.was_told_to_go() && !matches!(worker.state, State::Closed(_)) {
            worker.state = State::Closed(Instant::now() + EXIT_GRACE);
        }
    }

    /// When [`WorkerPool::check_deadlines`] has something to do.
    pub fn next_deadline(&self) -> Option<Instant> {
        self.workers.values().filter_map(Worker::deadline).min()
    }

    /// Does what is due.
    pub fn check_deadlines(&mut self) -> Vec<PoolEvent> {
        let now = Instant::now();
        let due = |worker: &Worker| worker.deadline().is_some_and(|deadline| deadline <= now);
        let due: Vec<_> = self
            .workers
            .iter()
            .filter(|(_, worker)| due(worker))
            .map(|(id, worker)| (*id, worker.state))
            .collect();
        let mut events = Vec::new();
        for (id, state) in due {
            match state {
                State::Dying(_) => {
                    self.lose(id, "did not end when it was killed".to_owned(), &mut events);
                }
                State::Busy(_) => self.time_out(id),
                // Its daemon has died by now if another worker waited for it as long.
                State::Starting if self.is_overdue(id, now) => self.give_up_daemon(id, &mut events),
                State::Starting => {}
                _ => self.kill(id),
            }
        }
        events
    }

    fn is_overdue(&self, id: WorkerId, now: Instant) -> bool {
        let deadline = self.workers.get(&id).and_then(Worker::deadline);
        deadline.is_some_and(|deadline| deadline <= now)
    }

    /// A daemon that does not fork is frozen; its workers go with it.
    fn give_up_daemon(&mut self, worker: WorkerId, events: &mut Vec<PoolEvent>) {
        let Some(executor) = self.workers.get(&worker).map(|worker| worker.executor) else {
            return;
        };
        self.kill_executor(executor);
        self.daemon_died(executor, events);
    }

    /// Ends a worker whose task takes too long: it is frozen, deaf, or in an endless loop.
    fn time_out(&mut self, id: WorkerId) {
        let Some((worker, limit)) = self.workers.get_mut(&id).zip(self.limits.task) else {
            return;
        };
        worker.verdict =
            Some(format!("killed after {limit:?}, the limit that firesteel.task.timeout sets"));
        lock(&self.shared.instruments).counters.tasks_timed_out += 1;
        self.kill(id);
    }

    /// Ends all workers and the daemons, and waits for these.
    pub fn stop(&mut self) {
        lock(&self.shared.instruments).daemons.clear();
        let daemons = std::mem::take(&mut self.daemons).into_values();
        // First all of them, then the wait for each.
        let dismissed: Vec<_> = daemons.map(|daemon| daemon.dismiss(&self.registry)).collect();
        for daemon in dismissed {
            daemon.wait();
        }
        for id in self.workers.keys().copied().collect::<Vec<_>>() {
            self.remove(id);
        }
    }
}

impl Worker {
    fn deadline(&self) -> Option<Instant> {
        match self.state {
            State::Idle => None,
            State::Starting | State::Busy(_) => self.overdue,
            State::Interrupted(_, deadline) | State::Closed(deadline) | State::Dying(deadline) => {
                Some(deadline)
            }
        }
    }

    fn was_told_to_go(&self) -> bool {
        matches!(self.state, State::Interrupted(..) | State::Dying(_))
    }
}

/// What is left of a worker that is out of the pool.
struct Departed {
    pid: Option<u32>,
}

/// How a worker ended. In words, the first line is the cause and the others are what it left behind.
struct Death {
    status: ExitStatus,
    peak_memory: u64,
    last_words: String,
    record: String,
}

impl fmt::Display for Death {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.status)?;
        if self.peak_memory > 0 {
            write!(f, ", having used {} MiB", self.peak_memory.div_ceil(1 << 20))?;
        }
        if !self.record.is_empty() {
            write!(f, ", at element {}", self.record)?;
        }
        if self.last_words.is_empty() { Ok(()) } else { write!(f, "\n{}", self.last_words) }
    }
}

/// Whose a token is.
#[derive(Debug, PartialEq, Eq)]
enum Owner {
    Daemon(ExecutorId),
    Worker(WorkerId),
}

fn daemon_token(executor: ExecutorId) -> Token {
    Token(FIRST + 2 * executor.0 as usize)
}

fn worker_token(worker: WorkerId) -> Token {
    Token(FIRST + 2 * worker.0 as usize + 1)
}

fn owner_of(token: Token) -> Option<Owner> {
    let place = token.0.checked_sub(FIRST)?;
    let id = u32::try_from(place / 2).ok()?;
    let is_daemon = place.is_multiple_of(2);
    Some(if is_daemon { Owner::Daemon(ExecutorId(id)) } else { Owner::Worker(WorkerId(id)) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_says_whose_it_is() {
        let (executor, worker) = (ExecutorId(3), WorkerId(3));
        assert_eq!(owner_of(daemon_token(executor)), Some(Owner::Daemon(executor)));
        assert_eq!(owner_of(worker_token(worker)), Some(Owner::Worker(worker)));
        assert_eq!(owner_of(super::super::event_loop::REQUESTS), None);
    }
}
