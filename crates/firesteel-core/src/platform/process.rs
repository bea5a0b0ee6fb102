//! Processes: waiting for one by pidfd, ending groups of them, and how one's end is told to the user.
//!
//! Invariant: a signal goes only to a process that we have not reaped yet, so its number cannot be another's.

use crate::protocol::ExitStatus;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open, pidfd_send_signal};
use std::fmt;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::process::Child;
use std::time::{Duration, Instant};

/// Between two looks at a process that handles a signal.
const GLANCE: Duration = Duration::from_millis(1);

/// A descriptor that becomes readable when the process ends.
pub fn watch(pid: u32) -> io::Result<OwnedFd> {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw).ok_or(Errno::SRCH)?;
    Ok(pidfd_open(pid, PidfdFlags::empty())?)
}

/// Whether the watched process ended within the time.
pub fn wait_for_end(watched: &impl AsFd, limit: Duration) -> io::Result<bool> {
    let mut descriptors = [PollFd::new(watched, PollFlags::IN)];
    let limit = Timespec::try_from(limit).map_err(|_| Errno::INVAL)?;
    loop {
        match poll(&mut descriptors, Some(&limit)) {
            Err(Errno::INTR) => {}
            ready => return Ok(ready? > 0),
        }
    }
}

/// Waits at most `grace` for a child of ours, then kills it; reaps it in any case.
///
/// `watched` has been its descriptor since its start. The user's program may call `os.wait()` and reap it before us: then
/// its process id may be another's by now, the descriptor never is, and the answer is `None`.
pub fn end_child(child: &mut Child, watched: &OwnedFd, grace: Duration) -> Option<ExitStatus> {
    if !wait_for_end(watched, grace).unwrap_or(false) {
        // It may have ended in between, which is what we want.
        let _ = pidfd_send_signal(watched, Signal::KILL);
    }
    child.wait().ok().and_then(ExitStatus::of)
}

/// Lets a process handle a signal, and waits until it has, at most `limit`.
///
/// A signal is pending until it is delivered, and blocked while its handler runs, so it has been handled when it is
/// neither. Between the two there is a moment without a sign: it counts when it is seen twice.
pub fn signal_and_wait(pid: Pid, signal: Signal, limit: Duration) {
    if kill_process(pid, signal).is_err() {
        return;
    }
    let deadline = Instant::now() + limit;
    let mut quiet = 0;
    while quiet < 2 && Instant::now() < deadline {
        std::thread::sleep(GLANCE);
        quiet = if is_on_its_way(pid, signal) { 0 } else { quiet + 1 };
    }
}

fn is_on_its_way(pid: Pid, signal: Signal) -> bool {
    let threads = std::fs::read_dir(format!("/proc/{}/task", pid.as_raw_nonzero()));
    let threads = threads.into_iter().flatten().flatten();
    threads.into_iter().any(|thread| {
        let status = std::fs::read_to_string(thread.path().join("status"));
        status.is_ok_and(|status| is_marked(&status, signal))
    })
}

/// Whether the signal is in one of the sets that `/proc/PID/task/TID/status` shows as bits.
fn is_marked(status: &str, signal: Signal) -> bool {
    let sets = status.lines().filter_map(|line| {
        let (name, bits) = line.split_once(':')?;
        matches!(name, "SigPnd" | "ShdPnd" | "SigBlk").then_some(bits.trim())
    });
    let mut sets = sets.filter_map(|bits| u64::from_str_radix(bits, 16).ok());
    sets.any(|bits| bits & (1 << (signal.as_raw() - 1)) != 0)
}

impl ExitStatus {
    /// The status of a process that `std` has reaped.
    fn of(status: std::process::ExitStatus) -> Option<ExitStatus> {
        use std::os::unix::process::ExitStatusExt;
        status.code().map(ExitStatus::Code).or(status.signal().map(ExitStatus::Signal))
    }
}

/// In words for the user: `killed by signal 9 (SIGKILL)`.
impl fmt::Display for ExitStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            ExitStatus::Code(code) => write!(f, "exit code {code}"),
            ExitStatus::Signal(signal) => match signal_name(signal) {
                Some(name) => write!(f, "killed by signal {signal} ({name})"),
                None => write!(f, "killed by signal {signal}"),
            },
        }
    }
}

/// The signals that end a process by default and that a user may meet.
fn signal_name(signal: i32) -> Option<&'static str> {
    const NAMES: [(Signal, &str); 15] = [
        (Signal::HUP, "SIGHUP"),
        (Signal::INT, "SIGINT"),
        (Signal::QUIT, "SIGQUIT"),
        (Signal::ILL, "SIGILL"),
        (Signal::TRAP, "SIGTRAP"),
        (Signal::ABORT, "SIGABRT"),
        (Signal::BUS, "SIGBUS"),
        (Signal::FPE, "SIGFPE"),
        (Signal::KILL, "SIGKILL"),
        (Signal::USR1, "SIGUSR1"),
        (Signal::SEGV, "SIGSEGV"),
        (Signal::USR2, "SIGUSR2"),
        (Signal::PIPE, "SIGPIPE"),
        (Signal::TERM, "SIGTERM"),
        (Signal::XCPU, "SIGXCPU"),
    ];
    NAMES.iter().find(|(known, _)| known.as_raw() == signal).map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    #[test]
    fn an_end_is_told_in_words() {
        assert_eq!(ExitStatus::Signal(9).to_string(), "killed by signal 9 (SIGKILL)");
        assert_eq!(ExitStatus::Signal(40).to_string(), "killed by signal 40");
        assert_eq!(ExitStatus::Code(3).to_string(), "exit code 3");
    }

    #[test]
    fn a_signal_is_on_its_way_while_it_is_pending_or_blocked() {
        let status =
            "Name:\tpython\nSigQ:\t4/7\nSigPnd:\t0000000000000000\nSigBlk:\t0000000000000004\n";
        assert!(is_marked(status, Signal::QUIT));
        assert!(!is_marked(status, Signal::INT));
        assert!(!is_marked("", Signal::QUIT));
    }

    #[test]
    fn a_child_that_ends_by_itself_is_not_killed() {
        let mut child = Command::new("sh").args(["-c", "exit 3"]).spawn().unwrap();
        let watched = watch(child.id()).unwrap();
        let status = end_child(&mut child, &watched, Duration::from_secs(20));
        assert_eq!(status, Some(ExitStatus::Code(3)));
    }

    #[test]
    fn a_child_that_does_not_end_is_killed() {
        let mut child = Command::new("sleep").arg("600").spawn().unwrap();
        let watched = watch(child.id()).unwrap();
        let status = end_child(&mut child, &watched, Duration::ZERO);
        assert_eq!(status, Some(ExitStatus::Signal(9)));
    }
}
