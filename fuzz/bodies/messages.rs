//! Any bytes as what a driver, a daemon or a worker receives: a message, or an error; and what is accepted can be sent.

use std::hint::black_box;

use firesteel_core::protocol::framing::{MessageBuffer, encode_message, read_message};
use firesteel_core::protocol::{FromDaemon, FromWorker, ToDaemon, ToWorker};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Tries one input.
pub fn run(stream: &[u8]) {
    receive::<FromDaemon>(stream);
    receive::<FromWorker>(stream);
    receive::<ToDaemon>(stream);
    receive::<ToWorker>(stream);
}

/// By both of the ways in which streams are read, to the first error or the end.
fn receive<T: Serialize + DeserializeOwned>(stream: &[u8]) {
    let mut rest = stream;
    while let Ok(Some(message)) = read_message::<T>(&mut rest) {
        encode_message(&message).expect("what was received can be sent");
    }
    let mut buffer = MessageBuffer::default();
    for part in stream.chunks(4096) {
        let filled = buffer.fill(|space| {
            space[..part.len()].copy_from_slice(part);
            Ok(part.len())
        });
        black_box(filled).ok();
        while let Ok(Some(message)) = buffer.next_message::<T>() {
            black_box(message);
        }
    }
}
