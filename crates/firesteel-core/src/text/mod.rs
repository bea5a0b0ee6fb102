//! Text input: from the string given to `textFile` to the lines of one partition.
//!
//! ```text
//! "a,b/*.gz"  --location, pattern-->  paths  --listing-->  files  --split-->  TextSplit  --reader-->  lines
//!  the user's string                  (driver)                                 travels      (worker)
//! ```
//!
//! Invariant: over all splits of one plan, every line of every file belongs to exactly one split, and which one is
//! decided by the file's bytes alone, as Hadoop's `TextInputFormat` decides it.
//!
//! Where we differ from the reference on purpose:
//! - The files of a folder are read in the order of their names; it takes the order in which the operating system lists them.
//! - A `.bz2` file is one split; it may cut one between blocks. Damaged, cut or foreign bzip2 data is an error, never a
//!   shorter input. `.zst` is read without a native Hadoop.
//! - File names may contain a colon, and a working directory may contain wildcards that mean themselves.
//! - Of several missing paths the first is told.

mod block_codec;
mod codec;
mod contains;
mod error;
mod listing;
mod location;
mod pattern;
mod reader;
mod split;
mod utf8;

pub use codec::Codec;
pub use contains::{Contains, count_lines, find_line};
pub use error::InputError;
pub use listing::Nested;
pub use location::LocationError;
pub use reader::LineReader;
pub use split::{TextSplit, plan_splits};

pub(crate) use block_codec::{BlockCodec, BlockEncoder};
pub(crate) use listing::InputFile;

pub(crate) use location::Location;
pub(crate) use split::{BLOCK_SIZE, input_files, ranges};
pub(crate) use utf8::replace_malformed;
