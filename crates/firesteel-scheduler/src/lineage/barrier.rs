//! Which lineages a barrier stage may have.
//!
//! Invariant: in a barrier stage that passes [`Lineage::check_barrier`] every RDD has one partition for each task, so
//! that a task is one partition all the way, and one barrier runs behind the other, never beside it.

use super::store::Lineage;
use super::{Dependency, Rdd};
use crate::barrier::BarrierRefusal;
use crate::ids::RddId;
use std::collections::BTreeSet;

impl Rdd {
    pub(super) fn is_barrier(&self) -> bool {
        matches!(self.dependency, Dependency::Barrier(_))
    }
}

impl Lineage {
    /// How many of the parents in the same stage make it a barrier stage. One that is there twice counts twice.
    pub(super) fn barrier_parents(&self, rdd: &Rdd) -> usize {
        let parents = rdd.dependency.narrow_parents().iter();
        parents.filter(|parent| self.is_barrier(**parent)).count()
    }

    /// The RDDs that make the stage which ends in this one a barrier stage.
    pub(crate) fn barriers_above(&self, id: RddId) -> BTreeSet<RddId> {
        let mut found = BTreeSet::new();
        let mut pending = vec![id];
        while let Some(id) = pending.pop() {
            if self.is_barrier(id) && found.insert(id) {
                let parents = self.rdd(id).map(|rdd| rdd.dependency.narrow_parents());
                pending.extend(parents.into_iter().flatten());
            }
        }
        found
    }

    /// Whether a barrier stage may end in this RDD, of whose partitions so many different ones are wanted.
    pub(crate) fn check_barrier(&self, id: RddId, tasks: u32) -> Result<(), BarrierRefusal> {
        let mut seen = BTreeSet::from([id]);
        let mut pending = vec![id];
        while let Some(id) = pending.pop() {
            let Some(rdd) = self.rdd(id) else { continue };
            if rdd.partitions != tasks {
                let partitions = rdd.partitions;
                return Err(BarrierRefusal::PartitionsDiffer { rdd: id, partitions, tasks });
            }
            if self.barrier_parents(rdd) > 1 {
                return Err(BarrierRefusal::SeveralBarriers { rdd: id });
            }
            let parents = rdd.dependency.narrow_parents();
            pending.extend(parents.iter().filter(|parent| seen.insert(**parent)));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::ShuffleId;

    /// Four partitions, a barrier on them, and what follows from it.
    fn lineage(rest: Vec<(u32, u32, Dependency)>) -> Lineage {
        let mut lineage = Lineage::default();
        let first = vec![(0, 4, Dependency::Source), (1, 4, Dependency::Barrier(RddId(0)))];
        for (id, partitions, dependency) in first.into_iter().chain(rest) {
            lineage.define(RddId(id), Rdd { partitions, dependency }).unwrap();
        }
        lineage
    }

    #[test]
    fn a_barrier_makes_its_stage_one_and_no_other() {
        let shuffle = Dependency::Shuffle { shuffle: ShuffleId(0), parent: RddId(2) };
        let mapped = Dependency::OneToOne(RddId(1));
        let lineage = lineage(vec![(2, 4, mapped), (3, 4, shuffle)]);
        let barriers = (0..4).filter(|id| lineage.is_barrier(RddId(*id)));
        assert_eq!(barriers.collect::<Vec<_>>(), [1, 2]);
        assert_eq!(lineage.check_barrier(RddId(2), 4), Ok(()));
    }

    #[test]
    fn a_part_of_the_partitions_is_not_enough() {
        let refusal = BarrierRefusal::PartitionsDiffer { rdd: RddId(1), partitions: 4, tasks: 1 };
        assert_eq!(lineage(vec![]).check_barrier(RddId(1), 1), Err(refusal));
    }

    #[test]
    fn a_union_has_more_partitions_than_its_parents() {
        let lineage = lineage(vec![(2, 8, Dependency::Union(vec![RddId(0), RddId(1)]))]);
        let refusal = BarrierRefusal::PartitionsDiffer { rdd: RddId(1), partitions: 4, tasks: 8 };
        assert_eq!(lineage.check_barrier(RddId(2), 8), Err(refusal));
    }

    #[test]
    fn one_barrier_may_follow_another_but_not_stand_beside_it() {
        let twice = Dependency::AlignedUnion(vec![RddId(1), RddId(1)]);
        let once = Dependency::AlignedUnion(vec![RddId(0), RddId(1)]);
        let again = Dependency::Barrier(RddId(1));
        let lineage = lineage(vec![(2, 4, twice), (3, 4, once), (4, 4, again)]);
        let refusal = BarrierRefusal::SeveralBarriers { rdd: RddId(2) };
        assert_eq!(lineage.check_barrier(RddId(2), 4), Err(refusal));
        assert_eq!(lineage.check_barrier(RddId(3), 4), Ok(()));
        assert_eq!(lineage.check_barrier(RddId(4), 4), Ok(()));
    }

    #[test]
    fn barriers_are_forgotten_with_their_rdds() {
        let mut lineage = lineage(vec![]);
        assert!(lineage.has_barriers());
        lineage.release(RddId(1));
        lineage.unpin(crate::lineage::Pin::Rdd(RddId(1)));
        assert!(!lineage.has_barriers());
    }
}
