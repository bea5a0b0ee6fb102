//! The worker runtime: a Python process whose loop is native.
//!
//! ```text
//! connection -> serve -> task -> pipeline -> stream  (source, chain, iterator, combine, sort, ...) -> output
//! ```
//!
//! Per element the only Python that runs is the user's own function. Invariant: nothing of a task outlives it
//! but the modules it imported and the broadcasts it loaded; functions are unpickled afresh by every attempt.

mod accumulate;
mod aggregation;
mod barrier;
mod batching;
mod binary;
mod bounds;
mod chain;
mod columns;
mod combine;
mod combine_native;
mod combining;
mod connection;
mod copies;
mod counts;
mod failure;
mod file_source;
mod group_native;
mod groups;
mod histogram;
mod iterator;
mod join;
mod lines;
mod memory;
mod merging;
mod native;
mod native_groups;
mod native_key;
mod native_pairs;
mod noted;
mod number;
mod output;
mod pairing;
mod pairs;
mod partitioner;
mod pipe;
mod pipeline;
mod profile;
mod sample;
mod sampler;
mod serializer;
mod serve;
mod signature;
mod sort;
mod sort_columns;
mod sort_native;
mod source;
mod spill;
mod statistics;
mod stream;
mod sum;
mod task;
mod writable;

pub use barrier::Barrier;
pub use iterator::PartitionIterator;
pub use serve::serve_worker;
pub use sort::KeyOfPair;
pub use spill::{GroupIterator, SpilledGroup};
