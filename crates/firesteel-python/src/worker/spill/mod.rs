//! What the reduce side does when memory is short: it spills, and results and their order stay what they are without.
//!
//! ```text
//! merging::Merging -> aggregation    by hash into buckets, each merged by itself, brought together by first appearance
//!                       `- group     the values of one key that is larger than memory
//! sort::Sorting    -> sorted_runs    sorted runs, merged
//!                       `- spool     elements to frames in a spill file, and back
//!                       `- trigger   when
//! ```
//!
//! Invariant: values meet in the order in which they came, and combiners are merged from the left, as in memory; also
//! sums of floats are the same.

mod aggregation;
mod group;
mod sorted_runs;
mod spool;
mod trigger;

pub use aggregation::{SpilledAggregation, spill_aggregation};
pub use group::{GroupIterator, SpilledGroup};
pub use sorted_runs::{MergedRuns, Order, SortedRuns};
pub use trigger::SpillTrigger;
