//! How the records of a SequenceFile are compressed.

use crate::output::Encoder;
use crate::text::Codec;
use serde::{Deserialize, Serialize};
use std::io::{self, Read, Write};

/// What is compressed, and how.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// Nothing.
    None,
    /// Each value.
    Record(Codec),
    /// Many records together.
    Block(Codec),
}

impl Compression {
    pub(super) fn codec(self) -> Option<Codec> {
        match self {
            Self::None => None,
            Self::Record(codec) | Self::Block(codec) => Some(codec),
        }
    }
}

pub(super) fn compress(codec: Codec, bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = Encoder::new(Vec::new(), Some(codec))?;
    encoder.write_all(bytes)?;
    encoder.finish()
}

pub(super) fn decompress(codec: Codec, bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut plain = Vec::new();
    codec.decoder(bytes)?.read_to_end(&mut plain)?;
    Ok(plain)
}
