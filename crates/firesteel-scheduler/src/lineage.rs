//! The lineage as the scheduler sees it: which partitions an RDD has and what each one is made of.
//!
//! Functions, inputs and elements are none of the scheduler's business: they stay with whoever performs its
//! actions, under the same ids. Invariant: a definition's parents are defined before it.

use crate::ids::{RddId, ShuffleId};
use serde::{Deserialize, Serialize};
use std::slice;

mod barrier;
mod store;

pub use store::Lineage;
pub(crate) use store::{LineageError, Pin};

/// One RDD: how many partitions it has, where they come from, and whether they are to be kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rdd {
    /// The number of partitions, which may be 0.
    pub partitions: u32,
    /// What the partitions are made of.
    pub dependency: Dependency,
}

/// What the partitions of an RDD are made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Dependency {
    /// Input data; no parent.
    Source,
    /// Partition `i` is computed from partition `i` of the parent.
    OneToOne(RddId),
    /// As `OneToOne`, by tasks that all run at the same time: a stage with such an RDD is a barrier stage.
    Barrier(RddId),
    /// The partitions of the parents, one parent after the other.
    Union(Vec<RddId>),
    /// Partition `i` is partition `i` of every parent, in the parents' order: a union of co-partitioned RDDs.
    AlignedUnion(Vec<RddId>),
    /// Partition `i` is made of the parent's partitions `groups[i]`, in that order.
    Coalesce {
        /// The RDD with more partitions.
        parent: RddId,
        /// For each partition, the parent's partitions in it.
        groups: Vec<Vec<u32>>,
    },
    /// Partition `i` pairs partition `i / n` of the first parent with partition `i % n` of the second, which has `n`.
    Cartesian([RddId; 2]),
    /// Partition `i` is what every map task of the shuffle wrote for `i`, in the order of the map partitions.
    Shuffle {
        /// The shuffle that is read.
        shuffle: ShuffleId,
        /// The RDD whose partitions are the map side.
        parent: RddId,
    },
}

impl Dependency {
    /// The parents inside the same stage: none behind a shuffle.
    pub fn narrow_parents(&self) -> &[RddId] {
        match self {
            Self::Source | Self::Shuffle { .. } => &[],
            Self::OneToOne(parent) | Self::Barrier(parent) | Self::Coalesce { parent, .. } => {
                slice::from_ref(parent)
            }
            Self::Union(parents) | Self::AlignedUnion(parents) => parents,
            Self::Cartesian(parents) => parents,
        }
    }

    /// What has to stay known for as long as an RDD with this dependency is.
    fn pins(&self) -> Vec<Pin> {
        match self {
            Self::Shuffle { shuffle, .. } => vec![Pin::Shuffle(*shuffle)],
            narrow => narrow.narrow_parents().iter().copied().map(Pin::Rdd).collect(),
        }
    }
}
