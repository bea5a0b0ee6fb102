//! Frames: how elements are written as bytes. A block is a sequence of frames, each one batch of elements.
//!
//! Invariant: what [`write_frame`] appends, [`Frames`] reads back bit for bit, and any other bytes are an error,
//! never a panic and never an allocation larger than the bytes that are really there.
//!
//! ```text
//! header, 64 bytes                          body, a multiple of 64 bytes
//!  0  magic "FSFR"                           [shape, if it is longer than the header's room]
//!  4  format version, u16                    one buffer after the other, each 64-byte aligned:
//!  6  kind, u16: the outermost column         Bool        bitmap, least significant bit first
//!  8  count of elements, u64                  Int, Float  8 bytes an element
//! 16  length of the body, u64                 Str, Bytes  count + 1 offsets, then the bytes
//! 24  CRC-32 of the body, u32                 Pickled     the bytes
//! 28  length of the shape, u32                Null        nothing
//! 32  shape, 28 bytes of room                 Tuple       its fields' buffers, in order
//! 60  CRC-32 of bytes 0..60, u32              List        count + 1 offsets, then its items' buffers
//! ```
//!
//! The *shape* is what the kind alone leaves open: of a tuple the number of its fields (u32) and for each field its kind
//! (u8) and shape, of a list the number of all items (u64), their kind (u8) and shape, of a pickle its length (u64). Numbers are little endian. There are no validity bitmaps: a
//! column has one exact type, `None` included, and mixed elements are pickled.
//!
//! Offsets are 32 bits wide as in Arrow's `Utf8` while the column's bytes allow it, 64 bits (`LargeUtf8`) beyond: for
//! words, the narrow offsets are a third of the frame's size less.

mod column;
mod error;
mod header;
mod kind;
mod read;
mod rows;
mod view;
mod write;

pub use column::{Column, Variable};
pub use error::FrameError;
pub use read::Frames;
pub use view::{BitView, ColumnView, Offsets, VariableView};
pub use write::write_frame;

/// Every buffer starts, and every frame ends, at a multiple of this many bytes from the frame's start.
pub const ALIGNMENT: usize = 64;

/// How deep tuples and lists may nest: bounds the reader's recursion, far above what programs build. Deeper ones are pickled.
pub const MAX_NESTING: usize = 32;

/// The most elements that one frame may claim: no batch comes near it, and a count of `None`s has no bytes to be checked against.
pub const MAX_COUNT: usize = 1 << 40;

// The buffers are used in place, so the machine's byte order must be the format's.
const _: () = assert!(cfg!(target_endian = "little"), "frames are little endian");
