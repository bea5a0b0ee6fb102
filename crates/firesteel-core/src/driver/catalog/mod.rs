//! What each RDD of the lineage is: its source or operator, its code, its stored partitions, who refers to it.
//!
//! ```text
//!   Python Node --handle--> Rdd --child of--> Rdd --> ... --> source
//!   running job --handle-----^
//! ```
//! Invariants: parents exist as long as a child does; an RDD leaves when its last handle and its last child have
//! gone; no walk recurses, for a lineage may be ten thousand RDDs deep.

mod locality;
mod partitions;
mod references;
mod shuffles;
mod stored;

pub use references::Released;

use locality::Locality;
use stored::Stored;

use crate::files::{FileInput, FileSplit};
use crate::protocol::{Combine, Definition, Operator, Pairing, Partitioner, Payload};
use crate::storage::BlockRef;
use firesteel_scheduler::ids::{ProfileId, RddId, ShuffleId};
use firesteel_scheduler::resources::ResourceProfile;
use std::collections::{BTreeMap, HashMap};

/// All RDDs that somebody can still ask for.
#[derive(Debug, Default)]
pub struct Catalog {
    rdds: HashMap<RddId, Rdd>,
    /// The RDD that reads a shuffle.
    shuffles: HashMap<ShuffleId, RddId>,
    /// Blocks of persisted RDDs. They outlive their RDD until the scheduler says that no job reads them.
    stored: HashMap<RddId, BTreeMap<u32, Stored>>,
    /// Counts the uses of blocks.
    clock: u64,
    /// The RDDs whose partitions are to be kept, and where.
    persisted: HashMap<RddId, StorageLevel>,
    /// What the user has asked for and the scheduler does not know.
    profiles: HashMap<RddId, ResourceProfile>,
    /// What the executors have that profiles have of their own: bytes of memory, and processors.
    executors: HashMap<ProfileId, (u64, u32)>,
    locality: Locality,
    next_rdd: u32,
    next_shuffle: u32,
}

/// One RDD.
#[derive(Debug)]
pub struct Rdd {
    /// Where its elements come from.
    pub kind: Kind,
    /// The operation in the user's program.
    pub name: String,
    /// Where the user called it.
    pub call_site: String,
    /// The pickled functions, once Python has given them.
    pub code: Option<Payload>,
    /// Known once every file input below has been looked at.
    partitions: Option<u32>,
    /// Whether its stage is a barrier stage.
    is_barrier: bool,
    /// Handles plus children.
    references: u32,
    /// Whether a job has told the scheduler about it.
    defined: bool,
}

/// Where the elements of an RDD come from.
#[derive(Debug)]
pub enum Kind {
    /// Encoded slices of a list of the driver's.
    Elements(Vec<Payload>),
    /// Ints: partition `i` holds `start + step * j` for `j` in `boundaries[i]..boundaries[i + 1]`.
    Range {
        /// The first int.
        start: i64,
        /// The distance.
        step: i64,
        /// One more than there are partitions.
        boundaries: Vec<u64>,
    },
    /// Nothing, in so many partitions.
    Empty(u32),
    /// Files.
    Files {
        /// What to read.
        input: FileInput,
        /// One for each partition, once the files have been looked at.
        splits: Option<Vec<FileSplit>>,
    },
    /// A narrow operator.
    Transform {
        /// The RDD whose elements it sees.
        parent: RddId,
        /// What it does.
        operator: Operator,
    },
    /// The partitions of the parents, one parent after the other.
    Union(Vec<RddId>),
    /// Partition `i` is partition `i` of every parent.
    AlignedUnion(Vec<RddId>),
    /// Pairs of the elements of two RDDs.
    Pairs {
        /// Left and right.
        parents: [RddId; 2],
        /// Which elements meet.
        pairing: Pairing,
    },
    /// Fewer partitions without a shuffle.
    Coalesce {
        /// The RDD with more partitions.
        parent: RddId,
        /// How many partitions the user asked for.
        wanted: u32,
        /// Once the parent's partitions are known: its partitions in each of ours.
        groups: Vec<Vec<u32>>,
        /// Once the parent's partitions are known: whether one of them had a place where it would run best.
        located: bool,
    },
    /// The reduce side of a shuffle.
    Shuffle {
        /// The map side.
        parent: RddId,
        /// The shuffle.
        shuffle: ShuffleId,
        /// How many reduce partitions.
        partitions: u32,
        /// Where an element goes.
        partitioner: Partitioner,
    },
}

/// Where a persisted RDD may be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StorageLevel {
    /// In shared memory.
    pub memory: bool,
    /// On disk.
    pub disk: bool,
}

impl Kind {
    /// The RDDs it is made of.
    pub fn parents(&self) -> &[RddId] {
        match self {
            Kind::Elements(_) | Kind::Range { .. } | Kind::Empty(_) | Kind::Files { .. } => &[],
            Kind::Union(parents) | Kind::AlignedUnion(parents) => parents,
            Kind::Pairs { parents, .. } => parents,
            Kind::Transform { parent, .. }
            | Kind::Coalesce { parent, .. }
            | Kind::Shuffle { parent, .. } => std::slice::from_ref(parent),
        }
    }

    /// The operator that workers have to know.
    pub fn operator(&self) -> Option<Operator> {
        match self {
            Kind::Transform { operator, .. } => Some(*operator),
            Kind::Shuffle { partitioner, .. } => Some(Operator::Shuffle(*partitioner)),
            _ => None,
        }
    }
}

/// Whether an operator runs code of the user's, or needs data that only Python can pickle.
fn needs_code(operator: Operator) -> bool {
    match operator {
        Operator::Keys
        | Operator::Values
        | Operator::PairWithNone
        | Operator::TagValue(_)
        | Operator::JoinGroups { .. }
        | Operator::Cogroup(_)
        | Operator::SubtractGroups
        | Operator::IntersectGroups
        | Operator::Glom
        | Operator::WrapGroups
        | Operator::SampleKeys { .. }
        | Operator::Take(_)
        | Operator::Count
        | Operator::CountByValue
        | Operator::Statistics
        | Operator::SketchDistinct { .. }
        | Operator::Extremes
        | Operator::Reserialize { .. } => false,
        Operator::CombineValues(combine) | Operator::MergeCombiners(combine) => {
            combine == Combine::Functions
        }
        Operator::Shuffle(partitioner) => {
            matches!(partitioner, Partitioner::Function | Partitioner::Range { .. })
        }
        Operator::Map
        | Operator::Filter
        | Operator::FlatMap
        | Operator::MapValues
        | Operator::FlatMapValues
        | Operator::KeyBy
        | Operator::MapPartitions { .. }
        | Operator::Sort { .. }
        | Operator::ValuesOfKey
        | Operator::Sample { .. }
        | Operator::Number { .. }
        | Operator::Pipe
        | Operator::Histogram
        | Operator::Reduce
        | Operator::Fold
        | Operator::ApplyToPartition
        | Operator::ForEach => true,
    }
}

impl Rdd {
    /// Whether a job on it has to wait for [`Catalog::set_code`].
    pub fn needs_code(&self) -> bool {
        self.code.is_none() && self.kind.operator().is_some_and(needs_code)
    }
}

impl Catalog {
    /// Adds an RDD; the caller holds one handle on it.
    pub fn add(&mut self, kind: Kind, name: String, call_site: String) -> RddId {
        let id = RddId(self.next_rdd);
        self.next_rdd += 1;
        for parent in kind.parents() {
            self.retain(*parent);
        }
        if let Kind::Shuffle { shuffle, .. } = kind {
            self.shuffles.insert(shuffle, id);
        }
        let is_barrier = self.is_barrier(&kind);
        let rdd = Rdd {
            kind,
            name,
            call_site,
            code: None,
            partitions: None,
            is_barrier,
            references: 1,
            defined: false,
        };
        self.rdds.insert(id, rdd);
        id
    }

    fn is_barrier(&self, kind: &Kind) -> bool {
        match kind {
            Kind::Shuffle { .. } => false,
            Kind::Transform { operator: Operator::MapPartitions { barrier: true, .. }, .. } => true,
            narrow => narrow.parents().iter().any(|parent| self.rdd(*parent).is_barrier),
        }
    }

    /// Whether the elements of an RDD come straight from shuffles that dealt them out in runs of this length.
    pub fn is_dealt(&self, id: RddId, run: u32) -> bool {
        let mut pending = vec![id];
        while let Some(id) = pending.pop() {
            match &self.rdd(id).kind {
                Kind::Shuffle { partitioner: Partitioner::Deal { run: dealt, .. }, .. }
                    if *dealt == run => {}
                Kind::Coalesce { parent, .. } => pending.push(*parent),
                Kind::Union(parents) | Kind::AlignedUnion(parents) => pending.extend(parents),
                _ => return false,
            }
        }
        true
    }

    /// The id of a new shuffle.
    pub fn new_shuffle(&mut self) -> ShuffleId {
        let id = ShuffleId(self.next_shuffle);
        self.next_shuffle += 1;
        id
    }

    /// An RDD that the caller, a child or a job refers to.
    pub fn rdd(&self, id: RddId) -> &Rdd {
        self.rdds.get(&id).expect("an RDD stays while somebody refers to it")
    }

    fn rdd_mut(&mut self, id: RddId) -> &mut Rdd {
        self.rdds.get_mut(&id).expect("an RDD stays while somebody refers to it")
    }

    /// The RDD that reads a shuffle, as long as it lives.
    pub fn shuffled(&self, shuffle: ShuffleId) -> Option<RddId> {
        self.shuffles.get(&shuffle).copied()
    }

    /// Keeps the pickled functions of an RDD.
    pub fn set_code(&mut self, id: RddId, code: Payload) {
        self.rdd_mut(id).code = Some(code);
    }

    /// What a worker has to know of an RDD; `None` for one without an operator.
    pub fn definition(&self, id: RddId) -> Option<Definition> {
        let rdd = self.rdd(id);
        Some(Definition {
            rdd: id,
            operator: rdd.kind.operator()?,
            code: rdd.code.clone(),
            name: rdd.name.clone(),
            call_site: rdd.call_site.clone(),
        })
    }

    /// From the next job on the stages of this RDD have a profile.
    pub fn ask_for(&mut self, id: RddId, profile: ResourceProfile, memory: u64) {
        let own = profile.executor.as_ref().map(|each| (profile.id, (memory, each.cores)));
        self.executors.extend(own);
        self.profiles.insert(id, profile);
    }

    /// The bytes of memory and the processors of each of a profile's executors, if it has its own.
    pub fn executor_of(&self, profile: ProfileId) -> Option<(u64, u32)> {
        self.executors.get(&profile).copied()
    }

    /// The profiles that the scheduler does not know, of RDDs that it knows, or gets to know with the same message.
    pub fn take_profiles(&mut self) -> Vec<(RddId, ResourceProfile)> {
        let rdds = &self.rdds;
        let is_defined = |id: &RddId| rdds.get(id).is_some_and(|rdd| rdd.defined);
        let mut news: Vec<_> = self.profiles.extract_if(|id, _| is_defined(id)).collect();
        news.sort_unstable_by_key(|(id, _)| *id);
        news
    }

    /// From now on partitions of this RDD are kept.
    pub fn persist(&mut self, id: RddId, level: StorageLevel) {
        self.persisted.insert(id, level);
    }

    /// From now on they are not; those there are stay until [`Catalog::take_stored`].
    pub fn unpersist(&mut self, id: RddId) {
        self.persisted.remove(&id);
    }

    /// Where partitions of this RDD are to be kept, if they are.
    pub fn storage_level(&self, id: RddId) -> Option<StorageLevel> {
        self.persisted.get(&id).copied()
    }

    /// Whether partitions of this RDD are to be kept.
    pub fn is_persisted(&self, id: RddId) -> bool {
        self.persisted.contains_key(&id)
    }

    /// The block of a partition. Those of a barrier stage count only together: a task that reads one meets nobody.
    pub fn stored(&self, id: RddId, partition: u32) -> Option<&BlockRef> {
        let blocks = self.stored.get(&id)?;
        let is_torn = self.rdd(id).is_barrier && blocks.len() < self.known_partitions(id) as usize;
        blocks.get(&partition).map(|stored| &stored.block).filter(|_| !is_torn)
    }
}

#[cfg(test)]
pub mod tests;
