//! Which shuffles the partitions of an RDD are made of, and where one of them is best computed.
//!
//! Invariant: an answer covers exactly the partitions asked for. It descends through narrow dependencies only,
//! partition by partition, and stops where a partition is cached (of a barrier stage: where all are, for a task that
//! reads a block meets nobody). Each RDD is visited once, children before
//! parents, in a loop: neither a deep lineage nor one with many paths to the same RDD costs more than its size.

use crate::block_tracker::{BlockTracker, Holder};
use crate::ids::{RddId, ShuffleId};
use crate::lineage::{Dependency, Lineage};
use std::collections::{BTreeMap, BTreeSet};
use std::mem;

/// How far up a task's lineage a cached block is looked for when a worker is chosen. A block further away saves
/// little of what the task has to do, and the search runs for many tasks at every launch.
const MAX_LOCALITY_STEPS: usize = 100;

/// What some partitions of an RDD are made of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Needs {
    /// The shuffles that they read.
    pub shuffles: BTreeSet<ShuffleId>,
    /// The RDDs of which they read at least one cached partition.
    pub cached: BTreeSet<RddId>,
}

/// The partitions that are still to be looked at, ascending, by the position of their RDD among all definitions.
type Frontier = BTreeMap<u64, (RddId, Vec<u32>)>;

struct Search<'a> {
    lineage: &'a Lineage,
    frontier: Frontier,
    needs: Needs,
}

/// What these partitions need to be computed.
pub(crate) fn needs(
    lineage: &Lineage,
    blocks: &BlockTracker,
    rdd: RddId,
    partitions: Vec<u32>,
) -> Needs {
    let mut search = Search { lineage, frontier: Frontier::new(), needs: Needs::default() };
    search.add(rdd, sorted(partitions));
    while let Some((_, (rdd, mut partitions))) = search.frontier.pop_last() {
        let wanted = partitions.len();
        if can_read_blocks(lineage, blocks, rdd) {
            blocks.retain_uncached(rdd, &mut partitions);
        }
        if partitions.len() < wanted {
            search.needs.cached.insert(rdd);
        }
        search.descend(rdd, partitions);
    }
    search.needs
}

fn can_read_blocks(lineage: &Lineage, blocks: &BlockTracker, rdd: RddId) -> bool {
    let partitions = lineage.rdd(rdd).map_or(0, |rdd| rdd.partitions as usize);
    !lineage.is_barrier(rdd) || blocks.count(rdd) == partitions
}

impl Search<'_> {
    fn add(&mut self, rdd: RddId, partitions: Vec<u32>) {
        let Some((order, _)) = self.lineage.ordered(rdd) else { return };
        if partitions.is_empty() {
            return;
        }
        let (_, all) = self.frontier.entry(order).or_insert_with(|| (rdd, Vec::new()));
        if all.is_empty() {
            // The usual case, a chain: the list moves on and nothing is copied.
            *all = partitions;
        } else {
            all.extend(partitions);
            *all = sorted(mem::take(all));
        }
    }

    fn descend(&mut self, rdd: RddId, partitions: Vec<u32>) {
        let lineage = self.lineage;
        let Some(rdd) = lineage.rdd(rdd) else { return };
        if partitions.is_empty() {
            return;
        }
        match &rdd.dependency {
            Dependency::Source => {}
            Dependency::OneToOne(parent) | Dependency::Barrier(parent) => {
                self.add(*parent, partitions);
            }
            Dependency::Union(parents) => self.descend_union(parents, &partitions),
            Dependency::AlignedUnion(parents) => {
                for parent in parents {
                    self.add(*parent, partitions.clone());
                }
            }
            Dependency::Cartesian([left, right]) => {
                let width = partitions_of(lineage, *right);
                self.add(*left, sorted(partitions.iter().map(|index| index / width).collect()));
                self.add(*right, sorted(partitions.iter().map(|index| index % width).collect()));
            }
            Dependency::Coalesce { parent, groups } => {
                let chosen = partitions.iter().filter_map(|index| groups.get(*index as usize));
                self.add(*parent, sorted(chosen.flatten().copied().collect()));
            }
            Dependency::Shuffle { shuffle, .. } => {
                self.needs.shuffles.insert(*shuffle);
            }
        }
    }

    fn descend_union(&mut self, parents: &[RddId], partitions: &[u32]) {
        let (mut start, mut rest) = (0, partitions);
        for parent in parents {
            let end = start + self.lineage.rdd(*parent).map_or(0, |rdd| rdd.partitions);
            let (mine, others) = rest.split_at(rest.partition_point(|index| *index < end));
            self.add(*parent, mine.iter().map(|index| index - start).collect());
            (start, rest) = (end, others);
        }
    }
}

/// At least 1: whoever asks divides by it, and has a partition in hand.
fn partitions_of(lineage: &Lineage, rdd: RddId) -> u32 {
    lineage.rdd(rdd).map_or(1, |rdd| rdd.partitions.max(1))
}

fn sorted(mut partitions: Vec<u32>) -> Vec<u32> {
    partitions.sort_unstable();
    partitions.dedup();
    partitions
}

/// The worker that holds the nearest cached block which this partition is made of.
pub(crate) fn preferred_holder(
    lineage: &Lineage,
    blocks: &BlockTracker,
    rdd: RddId,
    partition: u32,
) -> Option<Holder> {
    let mut place = (rdd, partition);
    for _ in 0..MAX_LOCALITY_STEPS {
        if let Some(holder) = blocks.holder(place.0, place.1) {
            return Some(holder);
        }
        place = first_parent(lineage, place.0, place.1)?;
    }
    None
}

/// The parent's partition that the elements of this one begin with, inside the stage.
fn first_parent(lineage: &Lineage, rdd: RddId, partition: u32) -> Option<(RddId, u32)> {
    match &lineage.rdd(rdd)?.dependency {
        Dependency::Source | Dependency::Shuffle { .. } => None,
        Dependency::OneToOne(parent) | Dependency::Barrier(parent) => Some((*parent, partition)),
        Dependency::AlignedUnion(parents) => Some((*parents.first()?, partition)),
        Dependency::Cartesian([left, right]) => {
            Some((*left, partition / partitions_of(lineage, *right)))
        }
        Dependency::Coalesce { parent, groups } => {
            Some((*parent, *groups.get(partition as usize)?.first()?))
        }
        Dependency::Union(parents) => union_member(lineage, parents, partition),
    }
}

fn union_member(lineage: &Lineage, parents: &[RddId], partition: u32) -> Option<(RddId, u32)> {
    let mut rest = partition;
    for parent in parents {
        let count = lineage.rdd(*parent)?.partitions;
        if rest < count {
            return Some((*parent, rest));
        }
        rest -= count;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{ExecutorId, WorkerId};

    fn holder(worker: u32) -> Holder {
        Holder { worker: WorkerId(worker), executor: ExecutorId(0) }
    }
    use crate::lineage::Rdd;

    fn lineage(definitions: Vec<(u32, u32, Dependency)>) -> Lineage {
        let mut lineage = Lineage::default();
        for (id, partitions, dependency) in definitions {
            lineage.define(RddId(id), Rdd { partitions, dependency }).unwrap();
        }
        lineage
    }

    fn shuffle(shuffle: u32, parent: u32) -> Dependency {
        Dependency::Shuffle { shuffle: ShuffleId(shuffle), parent: RddId(parent) }
    }

    /// Two shuffled RDDs of two partitions each, and their union.
    fn union_of_shuffles() -> Lineage {
        lineage(vec![
            (0, 1, Dependency::Source),
            (1, 2, shuffle(0, 0)),
            (2, 2, shuffle(1, 0)),
            (3, 4, Dependency::Union(vec![RddId(1), RddId(2)])),
        ])
    }

    fn shuffles(lineage: &Lineage, blocks: &BlockTracker, rdd: u32, wanted: &[u32]) -> Vec<u32> {
        let needs = needs(lineage, blocks, RddId(rdd), wanted.to_vec());
        needs.shuffles.into_iter().map(|shuffle| shuffle.0).collect()
    }

    #[test]
    fn a_union_needs_only_the_parents_that_are_asked_for() {
        let lineage = union_of_shuffles();
        let blocks = BlockTracker::default();
        assert_eq!(shuffles(&lineage, &blocks, 3, &[0]), [0]);
        assert_eq!(shuffles(&lineage, &blocks, 3, &[3]), [1]);
        assert_eq!(shuffles(&lineage, &blocks, 3, &[1, 2]), [0, 1]);
        assert_eq!(shuffles(&lineage, &blocks, 3, &[]), [0; 0]);
    }

    #[test]
    fn a_cached_partition_needs_nothing() {
        let lineage = union_of_shuffles();
        let mut blocks = BlockTracker::default();
        blocks.store(RddId(1), 0, holder(5));
        assert_eq!(shuffles(&lineage, &blocks, 3, &[0]), [0; 0]);
        assert_eq!(shuffles(&lineage, &blocks, 3, &[0, 1]), [0]);
        let needs = needs(&lineage, &blocks, RddId(3), vec![0, 3]);
        assert_eq!(needs.cached, [RddId(1)].into());
    }

    #[test]
    fn the_blocks_of_a_barrier_stage_are_read_all_or_not_at_all() {
        let mut lineage = union_of_shuffles();
        for (id, dependency) in
            [(4, Dependency::Barrier(RddId(1))), (5, Dependency::OneToOne(RddId(4)))]
        {
            lineage.define(RddId(id), Rdd { partitions: 2, dependency }).unwrap();
        }
        let mut blocks = BlockTracker::default();
        blocks.store(RddId(5), 0, holder(5));
        assert_eq!(shuffles(&lineage, &blocks, 5, &[0, 1]), [0]);
        assert_eq!(shuffles(&lineage, &blocks, 5, &[0]), [0]);
        blocks.store(RddId(5), 1, holder(5));
        assert_eq!(shuffles(&lineage, &blocks, 5, &[0, 1]), [0; 0]);
    }

    #[test]
    fn a_coalesced_partition_needs_its_group() {
        let mut lineage = union_of_shuffles();
        let groups = vec![vec![0, 1], vec![2, 3]];
        let coalesced = Dependency::Coalesce { parent: RddId(3), groups };
        lineage.define(RddId(4), Rdd { partitions: 2, dependency: coalesced }).unwrap();
        let blocks = BlockTracker::default();
        assert_eq!(shuffles(&lineage, &blocks, 4, &[0]), [0]);
        assert_eq!(shuffles(&lineage, &blocks, 4, &[1]), [1]);
    }

    #[test]
    fn a_product_needs_a_partition_of_each_side() {
        let mut lineage = union_of_shuffles();
        let product = Dependency::Cartesian([RddId(1), RddId(2)]);
        lineage.define(RddId(4), Rdd { partitions: 4, dependency: product }).unwrap();
        let mut blocks = BlockTracker::default();
        assert_eq!(shuffles(&lineage, &blocks, 4, &[2]), [0, 1]);
        blocks.store(RddId(1), 1, holder(5));
        assert_eq!(shuffles(&lineage, &blocks, 4, &[0]), [0, 1]);
        assert_eq!(shuffles(&lineage, &blocks, 4, &[2, 3]), [1]);
        blocks.store(RddId(2), 0, holder(5));
        assert_eq!(shuffles(&lineage, &blocks, 4, &[2]), [0; 0]);
        assert_eq!(preferred_holder(&lineage, &blocks, RddId(4), 3), Some(holder(5)));
        assert_eq!(preferred_holder(&lineage, &blocks, RddId(4), 1), None);
    }

    #[test]
    fn many_paths_to_one_rdd_are_one_visit() {
        let mut definitions = vec![(0, 2, Dependency::Source)];
        for id in 1..200 {
            let twice = vec![RddId(id - 1), RddId(id - 1)];
            definitions.push((id, 2, Dependency::AlignedUnion(twice)));
        }
        let lineage = lineage(definitions);
        assert_eq!(shuffles(&lineage, &BlockTracker::default(), 199, &[0, 1]), [0; 0]);
    }

    #[test]
    fn the_nearest_block_decides_the_worker() {
        let mut lineage = union_of_shuffles();
        let mapped = Dependency::OneToOne(RddId(3));
        lineage.define(RddId(4), Rdd { partitions: 4, dependency: mapped }).unwrap();
        let mut blocks = BlockTracker::default();
        blocks.store(RddId(2), 1, holder(5));
        let preferred = |blocks: &_, index| preferred_holder(&lineage, blocks, RddId(4), index);
        assert_eq!(preferred(&blocks, 3), Some(holder(5)));
        assert_eq!(preferred(&blocks, 2), None);
        blocks.store(RddId(4), 3, holder(6));
        assert_eq!(preferred(&blocks, 3), Some(holder(6)));
    }
}
