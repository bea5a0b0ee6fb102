//! The worker's end of the control socket: blocking, one message at a time.
//!
//! Invariant: messages are handed on in the order in which they came, except that an answer which a task waits for
//! overtakes what has nothing to do with it.

use firesteel_core::protocol::framing::{encode_message, read_message};
use firesteel_core::protocol::{FromWorker, ToWorker};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use std::collections::VecDeque;
use std::io::{self, ErrorKind, Write};
use std::os::unix::net::UnixStream;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A blocking connection to the driver, used by the worker's loop and, while that runs a task, by the task.
pub struct Connection {
    socket: UnixStream,
    /// Received by a task that waited for something else.
    deferred: Mutex<VecDeque<ToWorker>>,
}

impl Connection {
    pub fn new(socket: UnixStream) -> Self {
        Self { socket, deferred: Mutex::default() }
    }

    /// The next message, or none when the driver has gone.
    pub fn receive(&self) -> io::Result<Option<ToWorker>> {
        if let Some(message) = self.deferred().pop_front() {
            return Ok(Some(message));
        }
        read_message(&mut &self.socket)
    }

    /// A message that is wanted, if it comes in time and no signal comes before; others are deferred.
    pub fn receive_within(
        &self,
        limit: Duration,
        is_wanted: impl Fn(&ToWorker) -> bool,
    ) -> io::Result<Option<ToWorker>> {
        while self.is_readable_within(limit)? {
            let message = read_message::<ToWorker>(&mut &self.socket)?;
            let message = message.ok_or(ErrorKind::UnexpectedEof)?;
            if is_wanted(&message) {
                return Ok(Some(message));
            }
            self.deferred().push_back(message);
        }
        Ok(None)
    }

    fn is_readable_within(&self, limit: Duration) -> io::Result<bool> {
        let limit = Timespec::try_from(limit).map_err(io::Error::other)?;
        match poll(&mut [PollFd::new(&self.socket, PollFlags::IN)], Some(&limit)) {
            Ok(ready) => Ok(ready > 0),
            Err(Errno::INTR) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    pub fn send(&self, message: &FromWorker) -> io::Result<()> {
        (&self.socket).write_all(&encode_message(message)?)
    }

    /// No panic can happen while this lock is held.
    fn deferred(&self) -> MutexGuard<'_, VecDeque<ToWorker>> {
        self.deferred.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
