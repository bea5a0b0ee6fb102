//! The first 64 bytes of a frame. Invariant: a header that decodes was written by `encode`, byte for byte.

use super::{ALIGNMENT, FrameError, MAX_COUNT};

/// The number of bytes before the body.
pub(super) const HEADER: usize = 64;
/// The format that this build writes and reads.
pub(super) const VERSION: u16 = 1;
/// How long a shape may be to stand in the header; nearly all are.
pub(super) const SHAPE_ROOM: usize = CHECK - SHAPE;

const MAGIC: [u8; 4] = *b"FSFR";
const SHAPE: usize = 32;
const CHECK: usize = 60;

/// What the header says, apart from the shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub kind: u16,
    pub count: usize,
    pub body: usize,
    pub crc: u32,
    pub shape: usize,
}

impl Header {
    /// The header's bytes; `shape` goes in if there is room for it.
    pub(super) fn encode(&self, shape: &[u8]) -> [u8; HEADER] {
        let mut bytes = [0; HEADER];
        bytes[..4].copy_from_slice(&MAGIC);
        bytes[4..6].copy_from_slice(&VERSION.to_le_bytes());
        bytes[6..8].copy_from_slice(&self.kind.to_le_bytes());
        bytes[8..16].copy_from_slice(&(self.count as u64).to_le_bytes());
        bytes[16..24].copy_from_slice(&(self.body as u64).to_le_bytes());
        bytes[24..28].copy_from_slice(&self.crc.to_le_bytes());
        bytes[28..32].copy_from_slice(&(self.shape as u32).to_le_bytes());
        if shape.len() <= SHAPE_ROOM {
            bytes[SHAPE..SHAPE + shape.len()].copy_from_slice(shape);
        }
        let check = crc32fast::hash(&bytes[..CHECK]);
        bytes[CHECK..].copy_from_slice(&check.to_le_bytes());
        bytes
    }

    /// Checks the header at the start of `bytes`, which lie at `offset` in their block and reach to its end.
    pub(super) fn decode(bytes: &[u8], offset: usize) -> Result<Header, FrameError> {
        let corrupt = |reason| FrameError::Corrupt { offset, reason };
        let truncated = |needed| FrameError::Truncated { offset, needed, available: bytes.len() };
        let header: &[u8; HEADER] = bytes.first_chunk().ok_or(truncated(HEADER as u64))?;
        if header[..4] != MAGIC {
            return Err(corrupt("it does not start with a frame's mark"));
        }
        if crc32fast::hash(&header[..CHECK]) != number_u32(header, CHECK) {
            return Err(corrupt("the header does not match its checksum"));
        }
        let version = number_u16(header, 4);
        if version != VERSION {
            return Err(FrameError::Version { offset, found: version });
        }
        let (count, body) = (number_u64(header, 8), number_u64(header, 16));
        if body > (bytes.len() - HEADER) as u64 {
            return Err(truncated(body.saturating_add(HEADER as u64)));
        }
        if body % ALIGNMENT as u64 != 0 {
            return Err(corrupt("its length is not a multiple of 64"));
        }
        if count > MAX_COUNT as u64 {
            return Err(corrupt("it claims an absurd number of elements"));
        }
        Ok(Header {
            kind: number_u16(header, 6),
            count: count as usize,
            body: body as usize,
            crc: number_u32(header, 24),
            shape: number_u32(header, 28) as usize,
        })
    }
}

/// The part of a header's bytes in which a short shape stands.
pub(super) fn shape_room(header: &[u8]) -> &[u8] {
    &header[SHAPE..CHECK]
}

fn number_u16(header: &[u8; HEADER], at: usize) -> u16 {
    u16::from_le_bytes([header[at], header[at + 1]])
}

fn number_u32(header: &[u8; HEADER], at: usize) -> u32 {
    bytemuck::pod_read_unaligned(&header[at..at + 4])
}

fn number_u64(header: &[u8; HEADER], at: usize) -> u64 {
    bytemuck::pod_read_unaligned(&header[at..at + 8])
}
