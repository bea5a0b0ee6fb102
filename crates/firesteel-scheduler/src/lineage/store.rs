//! The RDDs and shuffles that are known, and how they are forgotten.
//!
//! Invariant: what a known RDD is made of is known. A node goes when its last pin goes, and takes its own pins
//! on its parents with it; that walk is a loop, for a lineage may be thousands of nodes deep.

use super::{Dependency, Rdd};
use crate::ids::{ProfileId, RddId, ShuffleId};
use crate::resources::ResourceProfile;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// A reason for a node to stay known. The user's program, each child, each running job and each running task
/// hold one, so that counting them replaces every search for who still uses what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Pin {
    Rdd(RddId),
    Shuffle(ShuffleId),
}

/// A definition that breaks the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LineageError {
    UnknownRdd(RddId),
    NoSuchPartition { rdd: RddId, partition: u32 },
}

impl fmt::Display for LineageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownRdd(rdd) => write!(f, "RDD {rdd} is not defined"),
            Self::NoSuchPartition { rdd, partition } => {
                write!(f, "RDD {rdd} has no partition {partition}")
            }
        }
    }
}

/// Every RDD that can still be asked for, and every shuffle that one of them reads.
#[derive(Debug, Default)]
pub struct Lineage {
    rdds: BTreeMap<RddId, RddNode>,
    shuffles: BTreeMap<ShuffleId, ShuffleNode>,
    defined: u64,
    /// How many of the RDDs are defined as barriers. Mostly none, and then nobody has to look for them.
    barriers: usize,
    /// What the user has asked for. Mostly nothing.
    profiles: BTreeMap<RddId, ResourceProfile>,
}

#[derive(Debug)]
struct RddNode {
    rdd: Rdd,
    /// Position among all definitions: greater than that of every parent.
    order: u64,
    /// Whether its stage is a barrier stage.
    is_barrier: bool,
    pins: u32,
    released: bool,
}

#[derive(Debug)]
struct ShuffleNode {
    parent: RddId,
    pins: u32,
}

impl Lineage {
    /// The definition of an RDD, unless it is unknown or forgotten.
    pub fn rdd(&self, id: RddId) -> Option<&Rdd> {
        self.rdds.get(&id).map(|node| &node.rdd)
    }

    /// The map side of a shuffle, unless it is unknown or forgotten.
    pub fn map_side(&self, shuffle: ShuffleId) -> Option<RddId> {
        self.shuffles.get(&shuffle).map(|node| node.parent)
    }

    /// The definition of an RDD with its position among all definitions.
    pub(crate) fn ordered(&self, id: RddId) -> Option<(u64, &Rdd)> {
        self.rdds.get(&id).map(|node| (node.order, &node.rdd))
    }

    /// Adds an RDD, pinned by the user's program, and says which shuffle came with it. A known RDD stays as it is.
    pub(crate) fn define(
        &mut self,
        id: RddId,
        rdd: Rdd,
    ) -> Result<Option<ShuffleId>, LineageError> {
        if self.rdds.contains_key(&id) {
            return Ok(None);
        }
        let new_shuffle = match rdd.dependency {
            Dependency::Shuffle { shuffle, parent } => self.define_shuffle(shuffle, parent)?,
            _ => None,
        };
        for parent in rdd.dependency.narrow_parents() {
            self.known(*parent)?;
        }
        for pin in rdd.dependency.pins() {
            self.pin(pin);
        }
        self.defined += 1;
        self.barriers += usize::from(rdd.is_barrier());
        let is_barrier = rdd.is_barrier() || self.barrier_parents(&rdd) > 0;
        let node = RddNode { rdd, order: self.defined, is_barrier, pins: 1, released: false };
        self.rdds.insert(id, node);
        Ok(new_shuffle)
    }

    fn define_shuffle(
        &mut self,
        shuffle: ShuffleId,
        parent: RddId,
    ) -> Result<Option<ShuffleId>, LineageError> {
        if self.shuffles.contains_key(&shuffle) {
            return Ok(None);
        }
        self.known(parent)?;
        self.pin(Pin::Rdd(parent));
        self.shuffles.insert(shuffle, ShuffleNode { parent, pins: 0 });
        Ok(Some(shuffle))
    }

    /// Every shuffle that an RDD descends from.
    pub(crate) fn shuffles_above(&self, id: RddId) -> BTreeSet<ShuffleId> {
        let mut shuffles = BTreeSet::new();
        let mut seen = BTreeSet::from([id]);
        let mut pending = vec![id];
        while let Some(id) = pending.pop() {
            let Some(rdd) = self.rdd(id) else { continue };
            let parents = match &rdd.dependency {
                Dependency::Shuffle { shuffle, parent } => {
                    shuffles.insert(*shuffle);
                    std::slice::from_ref(parent)
                }
                narrow => narrow.narrow_parents(),
            };
            pending.extend(parents.iter().filter(|parent| seen.insert(**parent)));
        }
        shuffles
    }

    /// Whether the stage that ends in this RDD is a barrier stage.
    pub(crate) fn is_barrier(&self, id: RddId) -> bool {
        self.rdds.get(&id).is_some_and(|node| node.is_barrier)
    }

    /// Whether any known RDD is defined as a barrier.
    pub(crate) fn has_barriers(&self) -> bool {
        self.barriers > 0
    }

    /// Notes what the user asks for in the stages of an RDD that is known.
    pub(crate) fn ask_for(&mut self, id: RddId, profile: ResourceProfile) {
        if self.rdds.contains_key(&id) {
            self.profiles.insert(id, profile);
        }
    }

    /// Whether the user has asked for anything.
    pub(crate) fn has_profiles(&self) -> bool {
        !self.profiles.is_empty()
    }

    /// What the user asks for in the stage that ends in an RDD: the different profiles, by their ids.
    pub(crate) fn profiles_of(&self, id: RddId) -> BTreeMap<ProfileId, &ResourceProfile> {
        let mut found = BTreeMap::new();
        let mut seen = BTreeSet::from([id]);
        let mut pending = vec![id];
        while let Some(id) = pending.pop() {
            found.extend(self.profiles.get(&id).map(|profile| (profile.id, profile)));
            let parents = self.rdd(id).map(|rdd| rdd.dependency.narrow_parents());
            let parents = parents.into_iter().flatten();
            pending.extend(parents.filter(|parent| seen.insert(**parent)));
        }
        found
    }

    fn known(&self, id: RddId) -> Result<&Rdd, LineageError> {
        self.rdd(id).ok_or(LineageError::UnknownRdd(id))
    }

    /// Whether a job may ask for these partitions.
    pub(crate) fn check_partitions(&self, id: RddId, wanted: &[u32]) -> Result<(), LineageError> {
        let count = self.known(id)?.partitions;
        match wanted.iter().find(|partition| **partition >= count) {
            Some(&partition) => Err(LineageError::NoSuchPartition { rdd: id, partition }),
            None => Ok(()),
        }
    }

    fn pins_mut(&mut self, pin: Pin) -> Option<&mut u32> {
        match pin {
            Pin::Rdd(id) => self.rdds.get_mut(&id).map(|node| &mut node.pins),
            Pin::Shuffle(id) => self.shuffles.get_mut(&id).map(|node| &mut node.pins),
        }
    }

    pub(crate) fn pin(&mut self, pin: Pin) {
        if let Some(pins) = self.pins_mut(pin) {
            *pins += 1;
        }
    }

    /// Takes one pin away and returns the nodes that are forgotten because of it, children first.
    pub(crate) fn unpin(&mut self, pin: Pin) -> Vec<Pin> {
        let mut forgotten = Vec::new();
        let mut loosened = vec![pin];
        while let Some(pin) = loosened.pop() {
            if self.loosen(pin) {
                loosened.extend(self.forget(pin));
                forgotten.push(pin);
            }
        }
        forgotten
    }

    /// Whether that was the last pin.
    fn loosen(&mut self, pin: Pin) -> bool {
        self.pins_mut(pin).is_some_and(|pins| {
            *pins = pins.saturating_sub(1);
            *pins == 0
        })
    }

    fn forget(&mut self, pin: Pin) -> Vec<Pin> {
        match pin {
            Pin::Rdd(id) => self.rdds.remove(&id).map_or_else(Vec::new, |node| {
                self.barriers -= usize::from(node.rdd.is_barrier());
                self.profiles.remove(&id);
                node.rdd.dependency.pins()
            }),
            Pin::Shuffle(id) => {
                self.shuffles.remove(&id).map(|node| Pin::Rdd(node.parent)).into_iter().collect()
            }
        }
    }

    /// Notes that the user's program has let go of an RDD. Whether its pin is now to be taken away: a second
    /// release of the same RDD changes nothing.
    pub(crate) fn release(&mut self, id: RddId) -> bool {
        self.rdds.get_mut(&id).is_some_and(|node| !std::mem::replace(&mut node.released, true))
    }

    pub(crate) fn len(&self) -> usize {
        self.rdds.len() + self.shuffles.len()
    }

    /// Counts the pins again from what should hold them.
    pub(crate) fn check_pins(&self, held: impl IntoIterator<Item = Pin>) -> Result<(), String> {
        let mut expected: BTreeMap<Pin, u32> = BTreeMap::new();
        let children = self.rdds.values().flat_map(|node| node.rdd.dependency.pins());
        let map_sides = self.shuffles.values().map(|node| Pin::Rdd(node.parent));
        let unreleased = self.rdds.iter().filter(|(_, node)| !node.released);
        let users = unreleased.map(|(id, _)| Pin::Rdd(*id));
        for pin in children.chain(map_sides).chain(users).chain(held) {
            *expected.entry(pin).or_default() += 1;
        }
        let rdds = self.rdds.iter().map(|(id, node)| (Pin::Rdd(*id), node.pins));
        let shuffles = self.shuffles.iter().map(|(id, node)| (Pin::Shuffle(*id), node.pins));
        let found: BTreeMap<Pin, u32> = rdds.chain(shuffles).collect();
        if found == expected {
            return Ok(());
        }
        Err(format!("pins are {found:?} and should be {expected:?}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rdd(dependency: Dependency) -> Rdd {
        Rdd { partitions: 2, dependency }
    }

    fn chain(length: u32) -> Lineage {
        let mut lineage = Lineage::default();
        lineage.define(RddId(0), rdd(Dependency::Source)).unwrap();
        for id in 1..length {
            lineage.define(RddId(id), rdd(Dependency::OneToOne(RddId(id - 1)))).unwrap();
        }
        lineage
    }

    #[test]
    fn a_definition_needs_its_parents() {
        let mut lineage = Lineage::default();
        let orphan = rdd(Dependency::OneToOne(RddId(7)));
        assert_eq!(lineage.define(RddId(8), orphan), Err(LineageError::UnknownRdd(RddId(7))));
        assert_eq!(lineage.len(), 0);
    }

    #[test]
    fn a_shuffle_is_new_once() {
        let mut lineage = chain(1);
        let shuffled = || rdd(Dependency::Shuffle { shuffle: ShuffleId(0), parent: RddId(0) });
        assert_eq!(lineage.define(RddId(1), shuffled()), Ok(Some(ShuffleId(0))));
        assert_eq!(lineage.define(RddId(2), shuffled()), Ok(None));
        assert_eq!(lineage.map_side(ShuffleId(0)), Some(RddId(0)));
        lineage.check_pins([]).unwrap();
    }

    #[test]
    fn shuffles_are_found_behind_shuffles() {
        let mut lineage = chain(1);
        for id in 1..4 {
            let parent = RddId(id - 1);
            let shuffled = rdd(Dependency::Shuffle { shuffle: ShuffleId(id), parent });
            lineage.define(RddId(id), shuffled).unwrap();
        }
        assert_eq!(lineage.shuffles_above(RddId(2)), [ShuffleId(1), ShuffleId(2)].into());
        assert!(lineage.shuffles_above(RddId(0)).is_empty());
    }

    #[test]
    fn a_released_parent_stays_for_its_child() {
        let mut lineage = chain(2);
        assert!(lineage.release(RddId(0)));
        assert!(!lineage.release(RddId(0)));
        assert_eq!(lineage.unpin(Pin::Rdd(RddId(0))), []);
        assert!(lineage.release(RddId(1)));
        let both = [Pin::Rdd(RddId(1)), Pin::Rdd(RddId(0))];
        assert_eq!(lineage.unpin(Pin::Rdd(RddId(1))), both);
    }

    #[test]
    fn a_deep_lineage_is_forgotten_in_a_loop() {
        let length = 100_000;
        let mut lineage = chain(length);
        for id in 0..length {
            lineage.release(RddId(id));
            lineage.unpin(Pin::Rdd(RddId(id)));
        }
        assert_eq!(lineage.len(), 0);
    }
}
