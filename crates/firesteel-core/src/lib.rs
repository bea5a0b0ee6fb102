//! Performs what the scheduler decides. Knows no Python: elements are columns of frames, or opaque bytes.

pub mod frame;
pub mod output;
pub mod platform;
pub mod protocol;
pub mod shuffle;
pub mod spark_random;
pub mod storage;
pub mod text;
