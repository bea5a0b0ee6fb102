//! The beginning of a SequenceFile.
//!
//! Invariant: what [`Header::read`] accepts is a file whose records [`super::SequenceReader`] can find.

use super::{Compression, MARK, vint};
use crate::output::codec_by_class_name;
use crate::text::Codec;
use std::io::{self, Error, ErrorKind, Read};

const MAGIC: &[u8; 3] = b"SEQ";
/// The version that is written: with metadata. Three older ones, of twenty years ago, are read.
const VERSION: u8 = 6;
const WITH_BLOCKS: u8 = 4;
const WITH_CODEC: u8 = 5;
/// Names and metadata are short; a longer text is damage.
const LONGEST_TEXT: u32 = 1 << 20;

/// What a file says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The Java class of the keys.
    pub key_class: String,
    /// The Java class of the values.
    pub value_class: String,
    /// How the records are compressed.
    pub compression: Compression,
    /// What stands between records from time to time.
    pub mark: [u8; MARK],
}

impl Header {
    /// Reads the beginning of a file; `None` when it is no SequenceFile.
    pub fn read(input: &mut impl Read) -> io::Result<Option<Self>> {
        let Some(version) = read_version(input)? else { return Ok(None) };
        if !(WITH_BLOCKS..=VERSION).contains(&version) {
            return Err(invalid(format!("version {version} of the format is not supported")));
        }
        let (key_class, value_class) = (read_text(input)?, read_text(input)?);
        let (compressed, blocks) = (read_flag(input)?, read_flag(input)?);
        let compression = match (compressed, blocks) {
            (false, false) => Compression::None,
            (false, true) => return Err(invalid("blocks that are not compressed")),
            (true, false) => Compression::Record(read_codec(input, version)?),
            (true, true) => Compression::Block(read_codec(input, version)?),
        };
        if version >= VERSION {
            skip_metadata(input)?;
        }
        let mut mark = [0; MARK];
        input.read_exact(&mut mark)?;
        Ok(Some(Self { key_class, value_class, compression, mark }))
    }

    /// Appends the beginning of a file.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.extend(MAGIC);
        out.push(VERSION);
        write_text(&self.key_class, out);
        write_text(&self.value_class, out);
        out.push(u8::from(self.compression != Compression::None));
        out.push(u8::from(matches!(self.compression, Compression::Block(_))));
        if let Some(codec) = self.compression.codec() {
            write_text(&codec.class_name(), out);
        }
        // No metadata.
        out.extend(0_u32.to_be_bytes());
        out.extend(self.mark);
    }
}

fn read_version(input: &mut impl Read) -> io::Result<Option<u8>> {
    let mut begin = Vec::new();
    input.take(4).read_to_end(&mut begin)?;
    Ok(match begin[..] {
        [b'S', b'E', b'Q', version] => Some(version),
        _ => None,
    })
}

fn read_codec(input: &mut impl Read, version: u8) -> io::Result<Codec> {
    if version < WITH_CODEC {
        return Ok(Codec::Deflate);
    }
    let name = read_text(input)?;
    codec_by_class_name(&name).ok_or_else(|| invalid(format!("the codec {name} is not supported")))
}

fn skip_metadata(input: &mut impl Read) -> io::Result<()> {
    let mut count = [0; 4];
    input.read_exact(&mut count)?;
    for _ in 0..u32::from_be_bytes(count) {
        read_text(input)?;
        read_text(input)?;
    }
    Ok(())
}

fn read_flag(input: &mut impl Read) -> io::Result<bool> {
    let mut flag = [0];
    input.read_exact(&mut flag)?;
    Ok(flag != [0])
}

fn read_text(input: &mut impl Read) -> io::Result<String> {
    let length = vint::read_length(input)?;
    if length > LONGEST_TEXT {
        return Err(invalid("a name in the header is too long"));
    }
    let mut bytes = vec![0; length as usize];
    input.read_exact(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn write_text(text: &str, out: &mut Vec<u8>) {
    vint::write(text.len() as i64, out);
    out.extend(text.as_bytes());
}

fn invalid(what: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::new(ErrorKind::InvalidData, what)
}
