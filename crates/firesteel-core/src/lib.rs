//! Performs what the scheduler decides. Knows no Python: elements are columns of frames, or opaque bytes.

pub mod frame;
pub mod output;
pub mod shuffle;
pub mod storage;
pub mod text;
