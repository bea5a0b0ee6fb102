//! The worker's end of the control socket: blocking, one message at a time.

use firesteel_core::protocol::{FromWorker, ToWorker};
use std::io::{self, ErrorKind, Read, Write};
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
        let mut length = [0; 4];
        match self.socket.read_exact(&mut length) {
            Ok(()) => (),
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(None),
            Err(error) => return Err(error),
        }
        let mut body = vec![0; u32::from_le_bytes(length) as usize];
        self.socket.read_exact(&mut body)?;
        rmp_serde::from_slice(&body).map(Some).map_err(io::Error::other)
    }

    pub fn send(&mut self, message: &FromWorker) -> io::Result<()> {
        let body = rmp_serde::to_vec_named(message).map_err(io::Error::other)?;
        let length = u32::try_from(body.len()).map_err(io::Error::other)?;
        let mut framed = length.to_le_bytes().to_vec();
        framed.extend_from_slice(&body);
        self.socket.write_all(&framed)
    }
}
