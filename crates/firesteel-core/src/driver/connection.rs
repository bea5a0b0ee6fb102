//! A nonblocking stream of messages to the daemon or a worker.
//!
//! Invariant: sending never blocks and never fails for good: what does not fit waits here, and what a dead peer
//! will not read is dropped, for its death is told by the end of the stream and not by an error on sending.

use crate::platform::inheritance::NotInherited;
use crate::platform::socket;
use crate::protocol::framing::{MessageBuffer, encode_message};
use mio::net::UnixStream;
use mio::{Interest, Registry, Token};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::os::fd::{AsRawFd, OwnedFd};

/// Our end of a socket pair.
#[derive(Debug)]
pub struct Connection {
    /// Declared before the stream, so that the registration ends before the descriptor is closed.
    _not_inherited: NotInherited,
    stream: UnixStream,
    inbound: MessageBuffer,
    outbound: VecDeque<Outgoing>,
}

/// A message that has not been sent to its last byte.
#[derive(Debug)]
struct Outgoing {
    bytes: Vec<u8>,
    sent: usize,
    /// Leaves with the first byte.
    descriptor: Option<OwnedFd>,
}

/// What a look at the stream has found.
#[derive(Debug)]
pub struct Received<T> {
    /// Complete messages with their length on the stream.
    pub messages: Vec<(T, usize)>,
    /// Whether the stream has ended (or is torn, which is the same to us).
    pub ended: bool,
}

impl Connection {
    /// Watches the stream under a token.
    pub fn new(
        stream: std::os::unix::net::UnixStream,
        registry: &Registry,
        token: Token,
    ) -> io::Result<Connection> {
        let not_inherited = NotInherited::register(stream.as_raw_fd());
        stream.set_nonblocking(true)?;
        let mut stream = UnixStream::from_std(stream);
        registry.register(&mut stream, token, Interest::READABLE | Interest::WRITABLE)?;
        Ok(Connection {
            _not_inherited: not_inherited,
            stream,
            inbound: MessageBuffer::default(),
            outbound: VecDeque::new(),
        })
    }

    /// Sends a message, or queues what does not fit. Returns its length on the stream.
    pub fn send(
        &mut self,
        message: &impl Serialize,
        descriptor: Option<OwnedFd>,
    ) -> io::Result<usize> {
        let bytes = encode_message(message)?;
        let length = bytes.len();
        self.outbound.push_back(Outgoing { bytes, sent: 0, descriptor });
        self.flush();
        Ok(length)
    }

    /// Sends what waits, as far as the peer takes it.
    pub fn flush(&mut self) {
        while let Some(outgoing) = self.outbound.front_mut() {
            let rest = &outgoing.bytes[outgoing.sent..];
            match socket::send(&self.stream, rest, outgoing.descriptor.as_ref()) {
                Ok(count) => {
                    outgoing.descriptor = None;
                    outgoing.sent += count;
                    if outgoing.sent == outgoing.bytes.len() {
                        self.outbound.pop_front();
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(_) => self.outbound.clear(),
            }
        }
    }

    /// Receives all there is. The events are edge-triggered, so it has to be all.
    pub fn receive<T: DeserializeOwned>(&mut self) -> Received<T> {
        let mut received = Received { messages: Vec::new(), ended: false };
        loop {
            let stream = &self.stream;
            let filled = self.inbound.fill(|space| {
                // Nobody sends us descriptors; one that comes nevertheless is closed at once.
                socket::receive(stream, space, &mut Vec::<OwnedFd>::new())
            });
            match filled {
                Ok(0) => received.ended = true,
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return received,
                Err(_) => received.ended = true,
            }
            if self.take_messages(&mut received).is_err() {
                received.ended = true;
            }
            if received.ended {
                return received;
            }
        }
    }

    fn take_messages<T: DeserializeOwned>(&mut self, received: &mut Received<T>) -> io::Result<()> {
        while let Some(message) = self.inbound.next_message()? {
            received.messages.push(message);
        }
        Ok(())
    }

    /// Stops watching: a descriptor that a forked child keeps open would raise events for ever.
    pub fn close(mut self, registry: &Registry) {
        // The only possible error is that it is not registered.
        let _ = registry.deregister(&mut self.stream);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::framing::read_message;
    use crate::protocol::{Payload, ToWorker};
    use firesteel_scheduler::ids::RddId;
    use mio::{Events, Poll};
    use std::os::unix::net::UnixStream as Blocking;

    fn connected() -> (Poll, Connection, Blocking) {
        let poll = Poll::new().unwrap();
        let (ours, theirs) = Blocking::pair().unwrap();
        let connection = Connection::new(ours, poll.registry(), Token(1)).unwrap();
        (poll, connection, theirs)
    }

    #[test]
    fn what_does_not_fit_waits_and_arrives_in_order() {
        let (mut poll, mut connection, mut theirs) = connected();
        let message = Payload::Inline(vec![7; 3_000_000]);
        connection.send(&message, None).unwrap();
        connection.send(&ToWorker::Forget(vec![RddId(5)]), None).unwrap();
        assert!(!connection.outbound.is_empty());
        let reader = std::thread::spawn(move || {
            let first: Payload = read_message(&mut theirs).unwrap().unwrap();
            let second: ToWorker = read_message(&mut theirs).unwrap().unwrap();
            (format!("{first:?}").len(), format!("{second:?}"))
        });
        let mut events = Events::with_capacity(4);
        while !connection.outbound.is_empty() {
            poll.poll(&mut events, None).unwrap();
            connection.flush();
        }
        let (length, second) = reader.join().unwrap();
        assert!(length > 3_000_000);
        assert_eq!(second, "Forget([RddId(5)])");
    }

    #[test]
    fn a_dead_peer_is_the_end_of_the_stream_and_not_an_error() {
        let (_poll, mut connection, theirs) = connected();
        drop(theirs);
        connection.send(&ToWorker::Forget(vec![]), None).unwrap();
        assert!(connection.outbound.is_empty());
        assert!(connection.receive::<ToWorker>().ended);
    }
}
