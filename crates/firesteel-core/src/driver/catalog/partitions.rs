//! How many partitions an RDD has, and how the scheduler is told about it.

use super::{Catalog, Kind};
use crate::driver::coalesce;
use crate::driver::error::Error;
use crate::files::{FileInput, FileSplit};
use crate::protocol::{Operator, Pairing};
use firesteel_scheduler::ids::RddId;
use firesteel_scheduler::lineage::{self, Dependency};

impl Catalog {
    /// The number of partitions, or else the file inputs that have to be looked at first.
    ///
    /// Looking at files takes time and happens outside the lock on the catalog, so it is not done here.
    pub fn partitions(&mut self, id: RddId) -> Result<u32, Vec<(RddId, FileInput)>> {
        let mut unseen = Vec::new();
        let mut pending = vec![id];
        while let Some(&next) = pending.last() {
            let rdd = self.rdd(next);
            let unknown = |parent: &&RddId| self.rdd(**parent).partitions.is_none();
            let before = pending.len();
            if rdd.partitions.is_none() {
                pending.extend(rdd.kind.parents().iter().filter(unknown));
            }
            if pending.len() == before {
                pending.pop();
                self.settle(next, &mut unseen);
            } else if !unseen.is_empty() {
                // A parent is unknown for good until its file input has been looked at.
                return Err(unseen);
            }
        }
        self.rdd(id).partitions.ok_or(unseen)
    }

    /// Computes the number of partitions from the parents'.
    fn settle(&mut self, id: RddId, unseen: &mut Vec<(RddId, FileInput)>) {
        if self.rdd(id).partitions.is_some() {
            return;
        }
        if let Kind::Files { input, splits: None } = &self.rdd(id).kind {
            unseen.push((id, input.clone()));
            return;
        }
        let of = |parent: RddId| self.rdd(parent).partitions.unwrap_or(0);
        let count = match &self.rdd(id).kind {
            Kind::Elements(slices) => slices.len() as u32,
            Kind::Range { boundaries, .. } => boundaries.len().saturating_sub(1) as u32,
            Kind::Empty(partitions) | Kind::Shuffle { partitions, .. } => *partitions,
            Kind::Files { splits, .. } => splits.as_ref().map_or(0, Vec::len) as u32,
            Kind::Transform { parent, .. } => of(*parent),
            Kind::Union(parents) => parents.iter().map(|parent| of(*parent)).sum(),
            Kind::AlignedUnion(parents) => parents.first().map_or(0, |parent| of(*parent)),
            Kind::Pairs { parents: [left, _], pairing: Pairing::Zip } => of(*left),
            Kind::Pairs { parents: [left, right], .. } => of(*left).saturating_mul(of(*right)),
            Kind::Coalesce { parent, wanted, .. } => of(*parent).min(*wanted),
        };
        self.group(id);
        self.rdd_mut(id).partitions = Some(count);
    }

    /// Decides, once and for all, which partitions a coalesced RDD puts together.
    fn group(&mut self, id: RddId) {
        let Kind::Coalesce { parent, wanted, .. } = self.rdd(id).kind else { return };
        let available = self.rdd(parent).partitions.unwrap_or(0);
        let has_place: Vec<_> =
            (0..available).map(|partition| self.is_located(parent, partition)).collect();
        if let Kind::Coalesce { groups, located, .. } = &mut self.rdd_mut(id).kind {
            *groups = coalesce::groups(&has_place, wanted);
            *located = has_place.contains(&true);
        }
    }

    /// Keeps what looking at a file input has found.
    pub fn set_splits(&mut self, id: RddId, found: Vec<FileSplit>) {
        if let Kind::Files { splits: splits @ None, .. } = &mut self.rdd_mut(id).kind {
            *splits = Some(found);
        }
    }

    /// What the scheduler does not know yet of an RDD and its ancestors, parents first; it is known from now on.
    ///
    /// Needs the number of partitions of `id`, and the code of all of them.
    pub fn define(&mut self, id: RddId) -> Result<Vec<(RddId, lineage::Rdd)>, Error> {
        let order = self.undefined(id)?;
        let definitions: Vec<_> = order.iter().map(|id| (*id, self.lineage(*id))).collect();
        for id in order {
            self.rdd_mut(id).defined = true;
        }
        Ok(definitions)
    }

    /// The undefined ancestors in post-order. What is defined has defined parents, so the walk ends there.
    fn undefined(&self, id: RddId) -> Result<Vec<RddId>, Error> {
        let mut order = Vec::new();
        let mut seen = std::collections::HashSet::new();
        let mut pending = vec![(id, false)];
        while let Some((id, parents_done)) = pending.pop() {
            let rdd = self.rdd(id);
            if parents_done {
                order.push(id);
            } else if !rdd.defined && seen.insert(id) {
                if rdd.needs_code() {
                    return Err(Error::NoCode { rdd: id, name: rdd.name.clone() });
                }
                pending.push((id, true));
                pending.extend(rdd.kind.parents().iter().rev().map(|parent| (*parent, false)));
            }
        }
        Ok(order)
    }

    fn lineage(&self, id: RddId) -> lineage::Rdd {
        let rdd = self.rdd(id);
        let dependency = match &rdd.kind {
            Kind::Elements(_) | Kind::Range { .. } | Kind::Empty(_) | Kind::Files { .. } => {
                Dependency::Source
            }
            Kind::Transform { parent, operator: Operator::MapPartitions { barrier: true, .. } } => {
                Dependency::Barrier(*parent)
            }
            Kind::Transform { parent, .. } => Dependency::OneToOne(*parent),
            Kind::Union(parents) => Dependency::Union(parents.clone()),
            Kind::AlignedUnion(parents) => Dependency::AlignedUnion(parents.clone()),
            Kind::Pairs { parents, pairing: Pairing::Zip } => {
                Dependency::AlignedUnion(parents.to_vec())
            }
            Kind::Pairs { parents, .. } => Dependency::Cartesian(*parents),
            Kind::Coalesce { parent, groups, .. } => {
                Dependency::Coalesce { parent: *parent, groups: groups.clone() }
            }
            Kind::Shuffle { parent, shuffle, .. } => {
                Dependency::Shuffle { shuffle: *shuffle, parent: *parent }
            }
        };
        lineage::Rdd { partitions: rdd.partitions.unwrap_or(0), dependency }
    }

    /// The number of partitions of an RDD that a job runs on.
    pub fn known_partitions(&self, id: RddId) -> u32 {
        self.rdd(id).partitions.unwrap_or(0)
    }
}
