//! Hadoop's SequenceFiles: pairs of keys and values in a file that can be cut anywhere.
//!
//! ```text
//! plain, record-compressed:  header | record ... | -1, mark | record ... | -1, mark | ...
//!                            record = length of all, length of the key (four bytes each), key, (compressed) value
//! block-compressed:          header | -1, mark | block | -1, mark | block | ...
//!                            block = count, then four times (length, compressed bytes): lengths of the keys, keys,
//!                            lengths of the values, values; all numbers of variable length
//! header                     "SEQ", version, class names, how it is compressed, metadata, the 16 bytes of the mark
//! ```
//!
//! Invariant: a split reads the records behind the first mark at or after its start, up to the first mark at or after its
//! end; so over all splits of a file every record is read exactly once, as Hadoop reads it.
//!
//! Damaged or cut data is an error, never a shorter input; the reference takes a cut block for the end of the file.

mod compression;
mod error;
mod header;
mod reader;
mod split;
mod vint;
mod writable;
mod writer;

pub use compression::Compression;
pub use error::SequenceError;
pub use header::Header;
pub use reader::SequenceReader;
pub use split::{SequenceSplit, plan};
pub use writable::{Class, DEEPEST, Kind, Token, decode, encode};
pub use writer::SequenceWriter;

/// The mark of a file: random, so that no record looks like it.
const MARK: usize = 16;
/// Stands where a length would stand, and says that the mark follows.
const ESCAPE: i32 = -1;
/// Escape and mark.
const SYNC_SIZE: u64 = 4 + MARK as u64;
/// A mark is written about every so many bytes; no split is smaller.
const SYNC_INTERVAL: u64 = 5 * 1024 * SYNC_SIZE;
