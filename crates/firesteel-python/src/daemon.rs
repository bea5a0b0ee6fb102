//! The daemon's loop: it forks workers, signals them, buries them, and goes when the driver goes.
//!
//! ```text
//!            ┌─ its socket (orders; its end is the order to go)
//!   poll ────┼─ a pidfd of the driver (a child that the user forked may keep the socket open)
//!            └─ a pidfd of each worker
//! ```
//! Invariants: one thread, no signal handler; a worker is signalled only before it is reaped, so that its process id cannot be
//! another's; when the loop returns, no worker is left, nor anything in a worker's process group.

use firesteel_core::platform::process::{signal_and_wait, watch};
use firesteel_core::platform::socket;
use firesteel_core::protocol::framing::{MessageBuffer, encode_message};
use firesteel_core::protocol::{ExitStatus, FromDaemon, PROTOCOL_VERSION, ToDaemon};
use firesteel_scheduler::ids::WorkerId;
use pyo3::prelude::*;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::{MemfdFlags, OFlags, fcntl_setfl, fstat, memfd_create};
use rustix::io::{Errno, fcntl_dupfd_cloexec, pread};
use rustix::net::sockopt::socket_peercred;
use rustix::process::{
    Pid, Signal, WaitOptions, getpid, getppid, kill_process, kill_process_group,
    set_parent_process_death_signal, setpgid, waitpid,
};
use rustix::stdio::dup2_stdin;
use std::collections::{BTreeMap, VecDeque};
use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::os::fd::{AsFd, IntoRawFd, OwnedFd, RawFd};
use std::time::Duration;

/// The socket goes up here, out of the way of programs that close or reuse low descriptors.
const SOCKET_NUMBER: i32 = 512;

/// Of what a worker said last the driver is told so many bytes.
const MOST_LAST_WORDS: u64 = 4096;

/// Bytes of a note, which end in zeros.
const LONGEST_NOTE: usize = 512;

/// How long printing a stack may keep the daemon from other orders. A worker needs a millisecond, unless the machine
/// is very busy or somebody has stopped it.
const STACK_LIMIT: Duration = Duration::from_secs(2);

/// The daemon's state.
struct Daemon {
    socket: OwnedFd,
    driver: OwnedFd,
    orders: MessageBuffer,
    /// The workers' ends of their sockets, in the order of the `Fork` messages that they came with.
    descriptors: VecDeque<OwnedFd>,
    workers: BTreeMap<WorkerId, Worker>,
}

struct Worker {
    pid: Pid,
    watched: OwnedFd,
    /// Files in memory that it writes to: its last words, and which element it reads.
    last_words: OwnedFd,
    record: OwnedFd,
}

/// What the loop does next.
enum Next {
    Wait,
    /// In a new child: be a worker.
    Work(Child),
    Go,
}

/// What a new worker has.
struct Child {
    socket: OwnedFd,
    last_words: OwnedFd,
    record: OwnedFd,
}

/// The daemon's loop over the socket on descriptor 0; returns in the daemon when the driver has gone.
///
/// In each worker it calls `run_worker(socket, last_words, record)` and exits.
#[pyfunction]
pub fn serve_daemon(fork: &Bound<'_, PyAny>, run_worker: &Bound<'_, PyAny>) -> PyResult<()> {
    let Some(mut daemon) = Daemon::adopt()? else { return Ok(()) };
    let parent = getpid();
    loop {
        match daemon.step(fork) {
            Ok(Next::Wait) => {}
            Ok(Next::Go) => break,
            Ok(Next::Work(child)) => {
                drop(daemon);
                return be_worker(parent, child, run_worker);
            }
            Err(error) => {
                daemon.end();
                return Err(error.into());
            }
        }
    }
    daemon.end();
    Ok(())
}

impl Daemon {
    /// Takes over the socket that the driver has put on standard input; `None` if the driver has gone.
    fn adopt() -> io::Result<Option<Daemon>> {
        let stdin = io::stdin();
        let moved = fcntl_dupfd_cloexec(&stdin, SOCKET_NUMBER);
        let socket = moved.or_else(|_| fcntl_dupfd_cloexec(&stdin, 3))?;
        dup2_stdin(File::open("/dev/null")?)?;
        rustix::io::ioctl_fionbio(&socket, true)?;
        // Whoever made the socket pair is the driver; a parent that is another process has adopted us.
        let driver = socket_peercred(&socket)?.pid;
        let watched = watch(driver.as_raw_nonzero().get() as u32);
        let (Ok(watched), true) = (watched, getppid() == Some(driver)) else { return Ok(None) };
        let mut daemon = Daemon {
            socket,
            driver: watched,
            orders: MessageBuffer::default(),
            descriptors: VecDeque::new(),
            workers: BTreeMap::new(),
        };
        let pid = getpid().as_raw_nonzero().get() as u32;
        daemon.tell(&FromDaemon::Hello { protocol: PROTOCOL_VERSION, pid })?;
        Ok(Some(daemon))
    }

    /// Waits for something to happen and deals with it.
    fn step(&mut self, fork: &Bound<'_, PyAny>) -> io::Result<Next> {
        let ended = self.wait()?;
        let connected = self.receive()?;
        while let Some((order, _)) = self.orders.next_message()? {
            if let Some(child) = self.obey(order, fork)? {
                return Ok(Next::Work(child));
            }
        }
        for worker in ended.workers {
            self.bury(worker, fork.py())?;
        }
        Ok(if connected && !ended.driver { Next::Wait } else { Next::Go })
    }

    fn wait(&self) -> io::Result<Ended> {
        let fixed = [self.socket.as_fd(), self.driver.as_fd()];
        let workers = self.workers.values().map(|worker| worker.watched.as_fd());
        let watched = fixed.into_iter().chain(workers);
        let mut polled: Vec<_> =
            watched.map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::IN)).collect();
        while let Err(error) = poll(&mut polled, None) {
            if error != Errno::INTR {
                return Err(error.into());
            }
        }
        let ready: Vec<_> = polled.iter().map(|fd| !fd.revents().is_empty()).collect();
        let workers = self.workers.keys().zip(&ready[fixed.len()..]);
        let workers = workers.filter(|(_, ready)| **ready).map(|(worker, _)| *worker).collect();
        Ok(Ended { driver: ready[1], workers })
    }

    /// Receives all there is; false at the end of the stream.
    fn receive(&mut self) -> io::Result<bool> {
        loop {
            let Daemon { socket, descriptors, .. } = self;
            match self.orders.fill(|space| socket::receive(socket, space, descriptors)) {
                Ok(0) => return Ok(false),
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(true),
                Err(_) => return Ok(false),
            }
        }
    }

    /// In a new worker: what it has.
    fn obey(&mut self, order: ToDaemon, fork: &Bound<'_, PyAny>) -> io::Result<Option<Child>> {
        match order {
            ToDaemon::Fork { worker } => return self.fork(worker, fork),
            ToDaemon::Interrupt { worker } => {
                if let Some(worker) = self.workers.get(&worker) {
                    let _ = kill_process(worker.pid, Signal::INT);
                }
            }
            ToDaemon::Kill { worker } => {
                if let Some(worker) = self.workers.get(&worker) {
                    worker.kill();
                }
            }
            ToDaemon::PrintStacks => self.workers.values().for_each(Worker::print_stacks),
        }
        Ok(None)
    }

    /// Forks by `os.fork`, so that the hooks of the random sources run.
    fn fork(&mut self, worker: WorkerId, fork: &Bound<'_, PyAny>) -> io::Result<Option<Child>> {
        let Some(socket) = self.descriptors.pop_front() else {
            self.tell(&FromDaemon::ForkFailed {
                worker,
                error: "its socket is missing".to_owned(),
            })?;
            return Ok(None);
        };
        let (last_words, record) = (create_last_words()?, create_note()?);
        let forked = fork.call0().and_then(|pid| pid.extract::<i32>());
        let error = match forked {
            Ok(0) => return Ok(Some(Child { socket, last_words, record })),
            Ok(pid) => match Pid::from_raw(pid).map(|pid| Worker::adopt(pid, last_words, record)) {
                Some(Ok(forked)) => {
                    self.workers.insert(worker, forked);
                    self.tell(&FromDaemon::Forked { worker, pid: pid as u32 })?;
                    return Ok(None);
                }
                Some(Err(error)) => error.to_string(),
                None => format!("fork returned {pid}"),
            },
            Err(error) => error.to_string(),
        };
        self.tell(&FromDaemon::ForkFailed { worker, error })?;
        Ok(None)
    }

    /// Reaps a worker that has ended, after what it has left in its process group.
    fn bury(&mut self, id: WorkerId, py: Python<'_>) -> io::Result<()> {
        let Some(worker) = self.workers.remove(&id) else { return Ok(()) };
        worker.kill();
        let (status, peak_memory) = match reap_and_measure(py, worker.pid) {
            Ok(measured) => measured,
            // Nobody else reaps, so this does not happen; whoever waits for the worker has to be told all the same.
            Err(error) => {
                error.print(py);
                (ExitStatus::Code(1), 0)
            }
        };
        let (last_words, record) = (worker.last_words(), worker.record());
        self.tell(&FromDaemon::Exited { worker: id, status, peak_memory, last_words, record })
    }

    /// Kills and reaps all workers.
    fn end(&mut self) {
        self.workers.values().for_each(Worker::kill);
        for worker in std::mem::take(&mut self.workers).into_values() {
            worker.reap();
        }
    }

    /// Sends a message. A driver that is gone does not need it.
    fn tell(&mut self, message: &FromDaemon) -> io::Result<()> {
        let bytes = encode_message(message)?;
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            match socket::send(&self.socket, rest, None::<&OwnedFd>) {
                Ok(sent) => rest = &rest[sent..],
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    let _ = poll(&mut [PollFd::new(&self.socket, PollFlags::OUT)], None);
                }
                Err(_) => return Ok(()),
            }
        }
        Ok(())
    }
}

/// Whose pidfd is readable.
struct Ended {
    driver: bool,
    workers: Vec<WorkerId>,
}

impl Worker {
    /// In the daemon, just after the fork. The worker does the same with its group: whoever comes first.
    fn adopt(pid: Pid, last_words: OwnedFd, record: OwnedFd) -> io::Result<Worker> {
        let _ = setpgid(Some(pid), Some(pid));
        match watch(pid.as_raw_nonzero().get() as u32) {
            Ok(watched) => Ok(Worker { pid, watched, last_words, record }),
            Err(error) => {
                let _ = kill_process(pid, Signal::KILL);
                let _ = waitpid(Some(pid), WaitOptions::empty());
                Err(error)
            }
        }
    }

    /// Kills its process group. Not being there any more is the only way to fail.
    fn kill(&self) {
        let _ = kill_process_group(self.pid, Signal::KILL);
    }

    /// One after the other, for a stack is written in small pieces.
    fn print_stacks(&self) {
        // A stderr that is closed shows no stacks either.
        let _ = io::stderr().write_all(format!("Worker process {}:\n", self.pid).as_bytes());
        signal_and_wait(self.pid, Signal::QUIT, STACK_LIMIT);
    }

    fn reap(&self) {
        while let Err(Errno::INTR) = waitpid(Some(self.pid), WaitOptions::empty()) {}
    }

    /// The end of what it has said.
    fn last_words(&self) -> String {
        let length = fstat(&self.last_words).map_or(0, |file| file.st_size as u64);
        let mut bytes = vec![0; length.min(MOST_LAST_WORDS) as usize];
        let from = length.saturating_sub(MOST_LAST_WORDS);
        let read = pread(&self.last_words, bytes.as_mut_slice(), from).unwrap_or(0);
        bytes.truncate(read);
        String::from_utf8_lossy(&bytes).trim().to_owned()
    }

    /// The element that it has noted, up to the first zero.
    fn record(&self) -> String {
        let mut bytes = [0; LONGEST_NOTE];
        let read = pread(&self.record, &mut bytes, 0).unwrap_or(0);
        let noted = bytes[..read].split(|byte| *byte == 0).next().unwrap_or_default();
        String::from_utf8_lossy(noted).into_owned()
    }
}

/// The worker writes all of it at once, from the start.
fn create_note() -> io::Result<OwnedFd> {
    let file = memfd_create("firesteel-record", MemfdFlags::CLOEXEC)?;
    Ok(fcntl_dupfd_cloexec(&file, SOCKET_NUMBER).or_else(|_| fcntl_dupfd_cloexec(&file, 3))?)
}

/// High up, out of the way of programs that close or reuse low descriptors.
fn create_last_words() -> io::Result<OwnedFd> {
    let file = memfd_create("firesteel-last-words", MemfdFlags::CLOEXEC)?;
    fcntl_setfl(&file, OFlags::APPEND)?;
    Ok(fcntl_dupfd_cloexec(&file, SOCKET_NUMBER).or_else(|_| fcntl_dupfd_cloexec(&file, 3))?)
}

/// How a child ended and the most memory it had: `wait4`, which only Python offers as a safe call.
fn reap_and_measure(py: Python<'_>, pid: Pid) -> PyResult<(ExitStatus, u64)> {
    let os = py.import("os")?;
    let reaped = os.call_method1("wait4", (pid.as_raw_nonzero().get(), 0))?;
    let code = os.call_method1("waitstatus_to_exitcode", (reaped.get_item(1)?,))?;
    let code: i32 = code.extract()?;
    let kibibytes: u64 = reaped.get_item(2)?.getattr("ru_maxrss")?.extract()?;
    let status = if code < 0 { ExitStatus::Signal(-code) } else { ExitStatus::Code(code) };
    Ok((status, kibibytes << 10))
}

/// In the child: never returns, for above are the frames of the daemon.
fn be_worker(parent: Pid, child: Child, run_worker: &Bound<'_, PyAny>) -> PyResult<()> {
    let py = run_worker.py();
    let code = match prepare_worker(parent) {
        // The daemon ended before we were bound to it.
        Ok(false) => 0,
        Ok(true) => match run_worker.call1(child.into_descriptors()) {
            Ok(_) => 0,
            Err(error) => {
                error.print(py);
                1
            }
        },
        Err(error) => {
            PyErr::from(error).print(py);
            1
        }
    };
    for stream in ["stdout", "stderr"] {
        // What the user has done to his streams is no reason to stay.
        let _ = py.import("sys").and_then(|sys| sys.getattr(stream)?.call_method0("flush"));
    }
    py.import("os")?.call_method1("_exit", (code,))?;
    Ok(())
}

impl Child {
    fn into_descriptors(self) -> (RawFd, RawFd, RawFd) {
        let Child { socket, last_words, record } = self;
        (socket.into_raw_fd(), last_words.into_raw_fd(), record.into_raw_fd())
    }
}

/// Makes a process group of its own and binds the worker's life to the daemon's; false if that has ended.
fn prepare_worker(parent: Pid) -> io::Result<bool> {
    setpgid(None, None)?;
    set_parent_process_death_signal(Some(Signal::KILL))?;
    Ok(getppid() == Some(parent))
}
