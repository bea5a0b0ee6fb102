//! A Firesteel worker whose functions are Rust. It is made of what `docs/worker-protocol.md` says: it shares no code with
//! the engine and has no dependency.
//!
//! ```text
//! main      messages in, tasks run, reports out
//!   task      an input, steps, an output
//!     functions   what a program may name: "split", "pair_with_one", "add"
//!     shuffle     map outputs: written by one stage, read by the next
//!       frame       elements as bytes
//!   message   MessagePack
//!   pickle    names of functions, as Python pickles them
//! ```
//! A program asks for it by the setting `firesteel.worker.command=target/debug/rust-worker`. Invariant: whatever a
//! message asks, there is one answer to it, and an error is in words.

mod crc32;
mod frame;
mod functions;
mod message;
mod pickle;
mod shuffle;
mod task;

use message::Value;
use std::collections::HashMap;
use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;

/// The version of the protocol that the page describes.
const PROTOCOL_VERSION: i64 = 8;
/// A longer message is a torn stream.
const MESSAGE_LIMIT: usize = 256 << 20;

fn main() -> io::Result<()> {
    // The socket is standard input; what this process prints goes to the driver's stderr.
    let mut driver = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
    let hello = Value::map([("protocol", Value::Int(PROTOCOL_VERSION))]);
    send(&mut driver, &Value::variant("Hello", hello))?;
    let mut definitions = HashMap::new();
    while let Some(message) = receive(&mut driver)? {
        let Some((name, content)) = message.into_variant() else { return Err(torn()) };
        match name.as_str() {
            "Define" => {
                let rdd = content.get("rdd").and_then(Value::int).ok_or_else(torn)?;
                definitions.insert(rdd, content);
            }
            "Forget" => content.items().iter().filter_map(Value::int).for_each(|rdd| {
                definitions.remove(&rdd);
            }),
            "Run" => {
                let report = task::run(&content, &definitions);
                send(&mut driver, &Value::variant("Ended", report))?;
            }
            // Answers to a barrier, at which no task of ours waits.
            _ => {}
        }
    }
    Ok(())
}

fn send(driver: &mut UnixStream, message: &Value) -> io::Result<()> {
    let mut bytes = vec![0; 4];
    message.encode(&mut bytes);
    let length = (bytes.len() - 4) as u32;
    bytes[..4].copy_from_slice(&length.to_le_bytes());
    driver.write_all(&bytes)
}

/// The next message; none when the driver has gone, which is the order to go.
fn receive(driver: &mut UnixStream) -> io::Result<Option<Value>> {
    let mut length = [0; 4];
    if let Err(error) = driver.read_exact(&mut length) {
        return if error.kind() == ErrorKind::UnexpectedEof { Ok(None) } else { Err(error) };
    }
    let length = u32::from_le_bytes(length) as usize;
    if length > MESSAGE_LIMIT {
        return Err(torn());
    }
    let mut bytes = vec![0; length];
    driver.read_exact(&mut bytes)?;
    Value::decode(&bytes).map(Some).ok_or_else(torn)
}

fn torn() -> io::Error {
    io::Error::new(ErrorKind::InvalidData, "this is no message of the driver's")
}
