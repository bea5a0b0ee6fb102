//! Performs what the scheduler decides. Touches the operating system, knows no Python: elements are columns of
//! frames, or opaque bytes.

pub mod driver;
pub mod files;
pub mod frame;
pub mod hyper_log_log;
pub mod key_table;
pub mod mersenne_twister;
pub mod output;
pub mod pipe;
pub mod platform;
pub mod protocol;
pub mod sequence_file;
pub mod shuffle;
pub mod spark_random;
pub mod spill;
pub mod storage;
pub mod text;
