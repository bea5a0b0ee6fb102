//! Output in part files: tasks write part files beside the result, and one commit makes them the result.
//!
//! ```text
//! <path>/_temporary/<random>/.part-00003-17.gz    PartWriter, while task 17 writes partition 3
//! <path>/_temporary/<random>/part-00003-17.gz     PartWriter::finish
//! <path>/part-00003.gz                            OutputCommit::commit, when task 17 is the winner
//! <path>/_SUCCESS                                 last
//! ```
//!
//! Invariant: an output folder with `_SUCCESS` in it is whole; before the commit a folder has no part files in it; what
//! stood at the path before is never touched. Output is the user's data, so its permissions follow his umask.
//! The reference's hidden `.crc` files are not written, and not looked at when text is read.

mod codec;
mod commit;
mod error;
mod part;
mod sequence;

pub use codec::codec_by_name;
pub(crate) use codec::{Encoder, codec_by_class_name};
pub use commit::{OutputCommit, PartFiles};
pub use error::OutputError;
pub use part::PartWriter;
pub use sequence::{SequenceFormat, SequencePart};
