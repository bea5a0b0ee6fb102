//! Pools, among which jobs share the workers in FAIR mode, and Spark's rule for whose turn it is.
//!
//! ```text
//!   who is below its minimum share      comes before who is not
//!   both below                          the smaller part of its minimum comes first
//!   neither                             the fewer running tasks for its weight come first
//!   else                                by name
//! ```
//!
//! Pools share by this rule; inside a pool stages do, if its mode says so, or else earlier jobs come first. A pool
//! that nobody has configured is as good as any other: it has weight 1, no minimum, and is first in, first out.
//!
//! Invariant: the choice depends on what runs at the moment and on nothing before.

use crate::ids::StageId;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// The pool of jobs that name none.
pub const DEFAULT_POOL: &str = "default";

/// How a pool shares among its stages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum SchedulingMode {
    /// Earlier jobs come first.
    #[default]
    Fifo,
    /// The stage with the fewest running tasks comes first.
    Fair,
}

/// What is configured for a pool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pool {
    /// What jobs call it by.
    pub name: String,
    /// How it shares among its stages.
    pub mode: SchedulingMode,
    /// Its part of the workers, in proportion to the other pools' weights. With 0 it gets what nobody else wants.
    pub weight: u32,
    /// How many tasks it runs before weights count, if it has so many.
    pub min_share: u32,
}

/// The configured pools, by name.
#[derive(Debug)]
pub(crate) struct Pools(BTreeMap<String, Pool>);

/// A stage with tasks that can be launched.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Runnable<'a> {
    pub stage: StageId,
    pub pool: &'a str,
}

/// How many tasks run.
#[derive(Debug, Default)]
pub(crate) struct RunningTasks<'a> {
    pools: BTreeMap<&'a str, u32>,
    stages: BTreeMap<StageId, u32>,
}

impl<'a> RunningTasks<'a> {
    pub fn count(&mut self, stage: StageId, pool: &'a str) {
        *self.pools.entry(pool).or_default() += 1;
        *self.stages.entry(stage).or_default() += 1;
    }

    fn of_pool(&self, pool: &str) -> u32 {
        self.pools.get(pool).copied().unwrap_or(0)
    }

    fn of_stage(&self, stage: StageId) -> u32 {
        self.stages.get(&stage).copied().unwrap_or(0)
    }
}

impl Pools {
    /// Of several with the same name the last counts, as in Spark.
    pub fn new(pools: Vec<Pool>) -> Self {
        Self(pools.into_iter().map(|pool| (pool.name.clone(), pool)).collect())
    }

    /// The stage whose turn it is, of those in the order of their jobs.
    pub fn choose(&self, runnable: &[Runnable<'_>], running: &RunningTasks<'_>) -> Option<StageId> {
        let share = |pool| (self.share(pool, running.of_pool(pool)), pool);
        let fairest = runnable
            .iter()
            .map(|entry| share(entry.pool))
            .min_by(|left, right| left.0.compare(&right.0).then_with(|| left.1.cmp(right.1)));
        let (_, pool) = fairest?;
        let mut stages =
            runnable.iter().filter(|entry| entry.pool == pool).map(|entry| entry.stage);
        match self.0.get(pool).map(|pool| pool.mode).unwrap_or_default() {
            SchedulingMode::Fifo => stages.next(),
            // Stages have no weights and no minimum; among equals the earliest is first.
            SchedulingMode::Fair => stages.min_by_key(|stage| running.of_stage(*stage)),
        }
    }

    fn share(&self, pool: &str, running: u32) -> Share {
        let (weight, min_share) =
            self.0.get(pool).map_or((1, 0), |pool| (pool.weight, pool.min_share));
        Share { running, weight, min_share }
    }
}

/// What a pool has and what it should have.
#[derive(Clone, Copy, Debug)]
struct Share {
    running: u32,
    weight: u32,
    min_share: u32,
}

impl Share {
    fn compare(&self, other: &Share) -> Ordering {
        match (self.is_needy(), other.is_needy()) {
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            (true, true) => ratio(self.running, self.min_share, other.running, other.min_share),
            (false, false) => self.compare_by_weight(other),
        }
    }

    fn is_needy(&self) -> bool {
        self.running < self.min_share
    }

    fn compare_by_weight(&self, other: &Share) -> Ordering {
        match (self.weight, other.weight) {
            (0, 0) => Ordering::Equal,
            (0, _) => Ordering::Greater,
            (_, 0) => Ordering::Less,
            _ => ratio(self.running, self.weight, other.running, other.weight),
        }
    }
}

/// Compares `a / b` with `c / d`, exactly.
fn ratio(a: u32, b: u32, c: u32, d: u32) -> Ordering {
    (u64::from(a) * u64::from(d)).cmp(&(u64::from(c) * u64::from(b)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(running: u32, weight: u32, min_share: u32) -> Share {
        Share { running, weight, min_share }
    }

    fn comes_first(first: Share, second: Share) {
        assert_eq!(first.compare(&second), Ordering::Less, "{first:?} {second:?}");
        assert_eq!(second.compare(&first), Ordering::Greater, "{second:?} {first:?}");
    }

    #[test]
    fn the_minimum_comes_before_the_weight() {
        comes_first(share(1, 1, 2), share(0, 9, 0));
        comes_first(share(1, 1, 4), share(1, 9, 2));
        comes_first(share(2, 2, 2), share(2, 1, 0));
        assert_eq!(share(1, 1, 2).compare(&share(2, 5, 4)), Ordering::Equal);
    }

    #[test]
    fn a_pool_without_weight_comes_last() {
        comes_first(share(100, 1, 0), share(0, 0, 0));
        comes_first(share(0, 0, 1), share(0, 5, 0));
        assert_eq!(share(1, 0, 0).compare(&share(2, 0, 0)), Ordering::Equal);
    }

    #[test]
    fn equal_pools_are_served_by_name_and_inside_one_by_its_mode() {
        let fair = |name: &str| Pool {
            name: name.to_owned(),
            mode: SchedulingMode::Fair,
            weight: 1,
            min_share: 0,
        };
        let runnable = |stage, pool| Runnable { stage: StageId(stage), pool };
        let queue = [runnable(4, "b"), runnable(5, "a"), runnable(6, "a"), runnable(7, "b")];
        let mut running = RunningTasks::default();
        let pools = Pools::new(vec![fair("a")]);
        assert_eq!(pools.choose(&queue, &running), Some(StageId(5)));
        running.count(StageId(5), "a");
        assert_eq!(pools.choose(&queue, &running), Some(StageId(4)));
        running.count(StageId(4), "b");
        assert_eq!(pools.choose(&queue, &running), Some(StageId(6)));
        running.count(StageId(6), "a");
        assert_eq!(pools.choose(&queue, &running), Some(StageId(4)));
        assert_eq!(pools.choose(&[], &running), None);
    }

    #[test]
    fn the_last_of_one_name_counts() {
        let pool = |weight| Pool {
            name: "a".to_owned(),
            mode: SchedulingMode::Fifo,
            weight,
            min_share: 0,
        };
        assert_eq!(Pools::new(vec![pool(3), pool(9)]).share("a", 0).weight, 9);
    }
}
