//! Where partitions would run best, as the reference's scheduler sees it at the moment when a `coalesce` asks.
//!
//! All of our partitions are on one machine, so this decides nothing about where they run. But the reference packs
//! partitions that have a preferred place in another way than those that have none, and which elements share a
//! partition, in which order, is part of a result.
//!
//! Invariant: what is stored counts as of the last look, and looks happen when the reference's do: at the submission of a
//! job and at the end of a map stage, for the RDDs that the stages to come read; or else when a `coalesce` asks first.

use super::{Catalog, Kind};
use crate::protocol::Pairing;
use crate::shuffle::read_segment;
use firesteel_scheduler::ids::{RddId, ShuffleId};
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

/// The reference does not look for the place of a shuffle with so many partitions on either side.
const TOO_MANY_PARTITIONS: usize = 1000;

/// What is known about places.
#[derive(Debug, Default)]
pub struct Locality {
    /// The map outputs of shuffles whose map stage has run, by map partition.
    outputs: HashMap<ShuffleId, Vec<PathBuf>>,
    /// Which partitions of a persisted RDD were stored at the last look.
    seen: HashMap<RddId, Vec<bool>>,
}

impl Locality {
    /// The RDD is gone.
    pub fn forget(&mut self, rdd: RddId) {
        self.seen.remove(&rdd);
    }
}

impl Catalog {
    /// The RDD whose partitions are the map side of a shuffle.
    pub fn map_side(&self, shuffle: ShuffleId) -> Option<RddId> {
        let shuffled = self.shuffled(shuffle)?;
        self.rdd(shuffled).kind.parents().first().copied()
    }

    /// The map stage of a shuffle has run.
    pub fn shuffle_completed(&mut self, shuffle: ShuffleId, outputs: Vec<PathBuf>) {
        self.locality.outputs.insert(shuffle, outputs);
    }

    /// The map outputs of a shuffle are gone.
    pub fn shuffle_removed(&mut self, shuffle: ShuffleId) {
        self.locality.outputs.remove(&shuffle);
    }

    /// Forgets what was stored, and looks at what these jobs are going to read.
    pub fn look_at_stored(&mut self, jobs: impl IntoIterator<Item = RddId>) {
        self.locality.seen.clear();
        if self.persisted.is_empty() {
            return;
        }
        let mut visited = HashSet::new();
        let mut pending: Vec<_> = jobs.into_iter().collect();
        while let Some(id) = pending.pop() {
            if visited.insert(id) && !self.is_wholly_stored(id) {
                pending.extend(self.still_to_read(id));
            }
        }
    }

    fn is_wholly_stored(&mut self, id: RddId) -> bool {
        self.stored_as_seen(id).is_some_and(|stored| !stored.contains(&false))
    }

    /// The parents, unless they are behind a shuffle whose map stage has run.
    fn still_to_read(&self, id: RddId) -> Vec<RddId> {
        match &self.rdd(id).kind {
            Kind::Shuffle { shuffle, .. } if self.locality.outputs.contains_key(shuffle) => vec![],
            kind => kind.parents().to_vec(),
        }
    }

    /// Which partitions were stored at the last look; this is the look if there was none.
    fn stored_as_seen(&mut self, id: RddId) -> Option<&[bool]> {
        if self.is_persisted(id) && !self.locality.seen.contains_key(&id) {
            let partitions = 0..self.known_partitions(id);
            let stored = partitions.map(|partition| self.stored(id, partition).is_some()).collect();
            self.locality.seen.insert(id, stored);
        }
        self.locality.seen.get(&id).map(Vec::as_slice)
    }

    /// Whether the reference would know a place for a partition: its own, or that of something it is made of.
    pub(super) fn is_located(&mut self, rdd: RddId, partition: u32) -> bool {
        let mut visited = HashSet::new();
        let mut pending = vec![(rdd, partition)];
        while let Some((rdd, partition)) = pending.pop() {
            if !visited.insert((rdd, partition)) {
                continue;
            }
            if self.has_place(rdd, partition) {
                return true;
            }
            pending.extend(self.narrow_parents(rdd, partition));
        }
        false
    }

    fn has_place(&mut self, rdd: RddId, partition: u32) -> bool {
        let stored = self.stored_as_seen(rdd);
        if stored.is_some_and(|stored| stored.get(partition as usize) == Some(&true)) {
            return true;
        }
        match &self.rdd(rdd).kind {
            Kind::Coalesce { located, .. } => *located,
            Kind::Shuffle { shuffle, partitions, .. } => {
                let outputs = self.locality.outputs.get(shuffle);
                outputs.is_some_and(|outputs| reads_something(outputs, partition, *partitions))
            }
            _ => false,
        }
    }

    /// The parents' partitions that a partition is made of in the same stage.
    pub fn narrow_parents(&self, rdd: RddId, partition: u32) -> Vec<(RddId, u32)> {
        match &self.rdd(rdd).kind {
            Kind::Transform { parent, .. } => vec![(*parent, partition)],
            Kind::Union(parents) => self.side(parents, partition).into_iter().collect(),
            Kind::AlignedUnion(parents) => {
                parents.iter().map(|parent| (*parent, partition)).collect()
            }
            Kind::Pairs { parents, pairing: Pairing::Zip } => {
                parents.iter().map(|parent| (*parent, partition)).collect()
            }
            Kind::Pairs { parents: [left, right], .. } => {
                let width = self.known_partitions(*right).max(1);
                vec![(*left, partition / width), (*right, partition % width)]
            }
            Kind::Coalesce { parent, groups, .. } => {
                let group = groups.get(partition as usize).into_iter().flatten();
                group.map(|member| (*parent, *member)).collect()
            }
            Kind::Elements(_)
            | Kind::Range { .. }
            | Kind::Empty(_)
            | Kind::Files { .. }
            | Kind::Shuffle { .. } => Vec::new(),
        }
    }

    /// The parent that a union's partition belongs to.
    fn side(&self, parents: &[RddId], mut partition: u32) -> Option<(RddId, u32)> {
        for parent in parents {
            let count = self.known_partitions(*parent);
            if partition < count {
                return Some((*parent, partition));
            }
            partition -= count;
        }
        None
    }
}

/// Whether a map task wrote something for the partition. What cannot be read is computed again when it is needed.
fn reads_something(outputs: &[PathBuf], partition: u32, partitions: u32) -> bool {
    let few = outputs.len() < TOO_MANY_PARTITIONS && (partitions as usize) < TOO_MANY_PARTITIONS;
    let wrote = |file: &PathBuf| elements(file, partition) > 0;
    few && outputs.iter().any(wrote)
}

fn elements(file: &Path, partition: u32) -> u64 {
    read_segment(file, partition).map_or(0, |segment| segment.elements())
}
