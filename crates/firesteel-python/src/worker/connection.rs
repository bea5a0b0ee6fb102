//! The worker's end of the control socket: blocking, one message at a time.

use firesteel_core::protocol::framing::{encode_message, read_message};
use firesteel_core::protocol::{FromWorker, ToWorker};
use std::io::{self, Write};
use std::os::unix::net::UnixStream;

/// A blocking connection to the driver.
pub struct Connection {
    socket: UnixStream,
}

impl Connection {
    pub fn new(socket: UnixStream) -> Self {
        Self { socket }
    }

    /// The next message, or none when the driver has gone.
    pub fn receive(&mut self) -> io::Result<Option<ToWorker>> {
        read_message(&mut self.socket)
    }

    pub fn send(&mut self, message: &FromWorker) -> io::Result<()> {
        self.socket.write_all(&encode_message(message)?)
    }
}
