//! Spill files: where a task puts what does not fit into its memory, and how it comes back.
//!
//! Invariant: a spill file has no name, so the kernel removes it with the last process that has it open, however that
//! ends. What is read back is what was written, in the order in which it was written, or it is an error.
//!
//! ```text
//! SpillFile     pieces: checksum, length before compression, lz4; appended only
//!   ^ shared by
//! SpillStream   one bucket or one sorted run: its chunks in order, each chunk one frame
//! ```
//!
//! [`Merge`] brings sorted runs together again.

mod file;
mod merge;
mod stream;

pub use file::{Chunk, SpillFile};
pub use merge::Merge;
pub use stream::SpillStream;
