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
//! Where we differ from the reference on purpose: the files of a folder are read in the order of their names (it takes
//! the order in which the operating system happens to list them); a `.bz2` file is one split (it may cut one between
//! blocks); names may contain a colon; damaged or cut bzip2 data is an error and never a shorter input.

mod codec;
mod error;
mod listing;
mod location;
mod pattern;
mod reader;
mod split;
mod utf8;

pub use codec::Codec;
pub use error::InputError;
pub use location::LocationError;
pub use reader::LineReader;
pub use split::{TextSplit, plan_splits};

pub(crate) use location::Location;
pub(crate) use utf8::replace_malformed;
