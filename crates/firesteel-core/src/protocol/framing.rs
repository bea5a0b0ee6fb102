//! How a message becomes bytes on a stream and back: a little-endian `u32` length, then MessagePack.
//!
//! Invariant: [`MessageBuffer`] never holds more than one incomplete message and what was received behind it, and
//! a length above [`MESSAGE_LIMIT`] is an error before anything is allocated for it.

use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io::{self, ErrorKind, Read};

/// No message of ours comes near it: the largest, a task with very many steps, has some hundred kilobytes. A
/// length beyond is a torn stream.
pub const MESSAGE_LIMIT: usize = 256 << 20;

const LENGTH_BYTES: usize = 4;

/// A received part is read into this much space.
const READ_BYTES: usize = 64 * 1024;

/// The bytes of a message with its length in front.
pub fn encode_message<T: Serialize>(message: &T) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; LENGTH_BYTES];
    rmp_serde::encode::write_named(&mut bytes, message).map_err(io::Error::other)?;
    let length = bytes.len() - LENGTH_BYTES;
    if length > MESSAGE_LIMIT {
        return Err(io::Error::new(
            ErrorKind::InvalidInput,
            format!("a message of {length} bytes"),
        ));
    }
    bytes[..LENGTH_BYTES].copy_from_slice(&(length as u32).to_le_bytes());
    Ok(bytes)
}

/// Reads one message from a blocking stream; `None` at its end.
pub fn read_message<T: DeserializeOwned>(stream: &mut impl Read) -> io::Result<Option<T>> {
    let mut length = [0; LENGTH_BYTES];
    if let Err(error) = stream.read_exact(&mut length) {
        return if error.kind() == ErrorKind::UnexpectedEof { Ok(None) } else { Err(error) };
    }
    let mut bytes = vec![0; checked_length(length)?];
    stream.read_exact(&mut bytes)?;
    decode(&bytes).map(Some)
}

/// What has been received of a stream, cut into messages.
#[derive(Debug, Default)]
pub struct MessageBuffer {
    bytes: Vec<u8>,
    /// Where the first message that has not been taken yet begins.
    start: usize,
}

impl MessageBuffer {
    /// Receives once by `receive(space)`, which answers like `read`.
    pub fn fill(
        &mut self,
        receive: impl FnOnce(&mut [u8]) -> io::Result<usize>,
    ) -> io::Result<usize> {
        self.bytes.drain(..self.start);
        self.start = 0;
        let filled = self.bytes.len();
        self.bytes.resize(filled + READ_BYTES, 0);
        let received = receive(&mut self.bytes[filled..]);
        self.bytes.truncate(filled + received.as_ref().map_or(0, |count| *count));
        received
    }

    /// The next complete message and its length on the stream.
    pub fn next_message<T: DeserializeOwned>(&mut self) -> io::Result<Option<(T, usize)>> {
        let rest = &self.bytes[self.start..];
        let Some((length, rest)) = rest.split_first_chunk::<LENGTH_BYTES>() else {
            return Ok(None);
        };
        let length = checked_length(*length)?;
        let Some(message) = rest.get(..length) else { return Ok(None) };
        let message = decode(message)?;
        self.start += LENGTH_BYTES + length;
        Ok(Some((message, LENGTH_BYTES + length)))
    }
}

fn checked_length(length: [u8; LENGTH_BYTES]) -> io::Result<usize> {
    let length = u32::from_le_bytes(length) as usize;
    if length > MESSAGE_LIMIT {
        return Err(io::Error::new(ErrorKind::InvalidData, format!("a message of {length} bytes")));
    }
    Ok(length)
}

fn decode<T: DeserializeOwned>(bytes: &[u8]) -> io::Result<T> {
    rmp_serde::from_slice(bytes).map_err(|error| io::Error::new(ErrorKind::InvalidData, error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{ExitStatus, FromDaemon};
    use firesteel_scheduler::ids::WorkerId;

    fn messages() -> Vec<FromDaemon> {
        let hello = FromDaemon::Hello { protocol: 1, pid: 7 };
        let exited = FromDaemon::Exited {
            worker: WorkerId(3),
            status: ExitStatus::Signal(9),
            peak_memory: 1 << 20,
            last_words: "so long".to_owned(),
            record: "1: None".to_owned(),
        };
        vec![hello, FromDaemon::Forked { worker: WorkerId(3), pid: 9 }, exited]
    }

    #[test]
    fn messages_survive_any_cut_of_the_stream() {
        let stream: Vec<u8> = messages().iter().flat_map(|m| encode_message(m).unwrap()).collect();
        for step in 1..stream.len() {
            let mut buffer = MessageBuffer::default();
            let mut received = Vec::new();
            for part in stream.chunks(step) {
                let fill = |space: &mut [u8]| {
                    space[..part.len()].copy_from_slice(part);
                    Ok(part.len())
                };
                buffer.fill(fill).unwrap();
                while let Some((message, _)) = buffer.next_message::<FromDaemon>().unwrap() {
                    received.push(message);
                }
            }
            assert_eq!(format!("{received:?}"), format!("{:?}", messages()));
        }
    }

    #[test]
    fn a_blocking_reader_sees_the_end_between_messages_only() {
        let bytes = encode_message(&messages()[0]).unwrap();
        let mut whole = &bytes[..];
        assert!(read_message::<FromDaemon>(&mut whole).unwrap().is_some());
        assert!(read_message::<FromDaemon>(&mut whole).unwrap().is_none());
        assert!(read_message::<FromDaemon>(&mut &bytes[..bytes.len() - 1]).is_err());
    }

    #[test]
    fn an_absurd_length_is_an_error() {
        let mut buffer = MessageBuffer::default();
        buffer
            .fill(|space| {
                space[..4].fill(0xff);
                Ok(4)
            })
            .unwrap();
        assert!(buffer.next_message::<FromDaemon>().is_err());
    }
}
