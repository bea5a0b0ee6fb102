//! What the data would be: a partition's content is a hash of how it came about.
//!
//! So a task that reads the wrong partition, an output of another shuffle or a block of another RDD has a wrong
//! result, and one whose inputs are gone has none.

use firesteel_scheduler::ids::{ExecutorId, RddId, ShuffleId, TaskId};
use firesteel_scheduler::lineage::{Dependency, Rdd};
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};

pub type Content = u64;

/// One RDD of the user's program.
#[derive(Clone, Debug)]
pub struct Definition {
    pub rdd: Rdd,
    pub is_persisted: bool,
    /// Whether its stage is a barrier stage.
    pub meets: bool,
}

pub type Definitions = BTreeMap<RddId, Definition>;

/// What a task was told to read: map outputs, and blocks with who wrote them.
pub struct Orders {
    pub outputs: BTreeMap<ShuffleId, Vec<Option<TaskId>>>,
    pub blocks: BTreeMap<(RddId, u32), TaskId>,
}

/// A cached partition.
#[derive(Debug)]
pub struct Block {
    pub content: Content,
    pub writer: TaskId,
}

/// What is stored.
#[derive(Default)]
pub struct Disk {
    pub blocks: BTreeMap<(RddId, u32), Block>,
    /// Who holds each block.
    pub holders: BTreeMap<(RddId, u32), ExecutorId>,
    /// What each attempt at a map task wrote.
    pub files: BTreeMap<(ShuffleId, u32, TaskId), Content>,
    /// The blocks that cannot be read, also when they are gone: a task may still have orders to read one.
    pub damaged: BTreeSet<(RddId, u32, TaskId)>,
}

impl Disk {
    /// Whether all partitions of an RDD are stored.
    pub fn is_complete(&self, id: RddId, rdd: &Rdd) -> bool {
        (0..rdd.partitions).all(|partition| self.blocks.contains_key(&(id, partition)))
    }

    /// The blocks that a task is told of; those of a barrier stage count only together.
    pub fn told(&self, all: &Definitions) -> BTreeMap<(RddId, u32), TaskId> {
        let counts = |(rdd, partition): &(RddId, u32)| readable(all, self, *rdd, *partition);
        let told = self.blocks.keys().filter_map(|place| Some((*place, counts(place)?.writer)));
        told.collect()
    }
}

/// What a task could not read.
#[derive(Clone, Copy, Debug)]
pub enum Unreadable {
    Output { shuffle: ShuffleId, map_partition: u32 },
    Block { rdd: RddId, partition: u32, writer: TaskId },
}

fn hash(of: impl Hash) -> Content {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    hasher.finish()
}

/// The partitions in the same stage that a partition is made of.
fn narrow_parents(all: &Definitions, id: RddId, partition: u32) -> Vec<(RddId, u32)> {
    match &all[&id].rdd.dependency {
        Dependency::Source | Dependency::Shuffle { .. } => Vec::new(),
        Dependency::OneToOne(parent) | Dependency::Barrier(parent) => vec![(*parent, partition)],
        Dependency::AlignedUnion(parents) => {
            parents.iter().map(|parent| (*parent, partition)).collect()
        }
        Dependency::Cartesian([left, right]) => {
            let width = all[right].rdd.partitions;
            vec![(*left, partition / width), (*right, partition % width)]
        }
        Dependency::Coalesce { parent, groups } => {
            groups[partition as usize].iter().map(|member| (*parent, *member)).collect()
        }
        Dependency::Union(parents) => {
            let places = |parent: &RddId| {
                let parent = *parent;
                (0..all[&parent].rdd.partitions).map(move |index| (parent, index))
            };
            parents.iter().flat_map(places).skip(partition as usize).take(1).collect()
        }
    }
}

/// The content of a partition when nothing goes wrong.
pub fn expected(all: &Definitions, id: RddId, partition: u32) -> Content {
    let parts: Vec<Content> = match &all[&id].rdd.dependency {
        Dependency::Shuffle { parent, .. } => {
            let map_partitions = 0..all[parent].rdd.partitions;
            map_partitions.map(|index| expected(all, *parent, index)).collect()
        }
        _ => {
            let parents = narrow_parents(all, id, partition);
            parents.into_iter().map(|(parent, index)| expected(all, parent, index)).collect()
        }
    };
    hash((id, partition, parts))
}

/// The block of a partition. Those of a barrier stage count only together.
fn readable<'a>(all: &Definitions, disk: &'a Disk, id: RddId, partition: u32) -> Option<&'a Block> {
    let definition = &all[&id];
    let block = disk.blocks.get(&(id, partition))?;
    (!definition.meets || disk.is_complete(id, &definition.rdd)).then_some(block)
}

/// A task at work.
pub struct Reader<'a> {
    pub all: &'a Definitions,
    pub disk: &'a Disk,
    pub orders: &'a Orders,
    /// The blocks that it has made.
    pub stored: BTreeMap<(RddId, u32), Content>,
}

impl Reader<'_> {
    pub fn compute(&mut self, id: RddId, partition: u32) -> Result<Content, Unreadable> {
        let place = (id, partition);
        if let Some(content) = self.read_block(id, partition)?.or(self.stored.get(&place).copied())
        {
            return Ok(content);
        }
        let definition = &self.all[&id];
        let parts = match definition.rdd.dependency {
            Dependency::Shuffle { shuffle, parent } => self.fetch(shuffle, parent)?,
            _ => {
                let parents = narrow_parents(self.all, id, partition);
                let contents =
                    parents.into_iter().map(|(parent, index)| self.compute(parent, index));
                contents.collect::<Result<_, _>>()?
            }
        };
        let content = hash((id, partition, parts));
        if definition.is_persisted {
            self.stored.insert(place, content);
        }
        Ok(content)
    }

    /// The block, as it was told or as it is there now. One that was damaged before anybody told of it is not read.
    fn read_block(&self, rdd: RddId, partition: u32) -> Result<Option<Content>, Unreadable> {
        let is_damaged = |writer| self.disk.damaged.contains(&(rdd, partition, writer));
        match self.orders.blocks.get(&(rdd, partition)) {
            Some(writer) if is_damaged(*writer) => {
                Err(Unreadable::Block { rdd, partition, writer: *writer })
            }
            _ => {
                let block = readable(self.all, self.disk, rdd, partition);
                Ok(block.filter(|block| !is_damaged(block.writer)).map(|block| block.content))
            }
        }
    }

    fn fetch(&self, shuffle: ShuffleId, parent: RddId) -> Result<Vec<Content>, Unreadable> {
        let told = self.orders.outputs.get(&shuffle).map_or(&[][..], Vec::as_slice);
        let read = |map_partition: u32| {
            let task = told.get(map_partition as usize).copied().flatten();
            let file = task.and_then(|task| self.disk.files.get(&(shuffle, map_partition, task)));
            file.copied().ok_or(Unreadable::Output { shuffle, map_partition })
        };
        (0..self.all[&parent].rdd.partitions).map(read).collect()
    }
}

/// An RDD with all its ancestors, shuffles or not, and all shuffles among them.
pub fn closure(all: &Definitions, id: RddId) -> (BTreeSet<RddId>, BTreeSet<ShuffleId>) {
    let (mut rdds, mut shuffles) = (BTreeSet::new(), BTreeSet::new());
    let mut rest = vec![id];
    while let Some(id) = rest.pop() {
        if !rdds.insert(id) {
            continue;
        }
        let dependency = &all[&id].rdd.dependency;
        if let Dependency::Shuffle { shuffle, parent } = dependency {
            shuffles.insert(*shuffle);
            rest.push(*parent);
        }
        rest.extend(dependency.narrow_parents());
    }
    (rdds, shuffles)
}

/// The RDDs of the stage that ends in this one.
pub fn stage(all: &Definitions, id: RddId) -> BTreeSet<RddId> {
    let mut rdds = BTreeSet::new();
    let mut rest = vec![id];
    while let Some(id) = rest.pop() {
        if rdds.insert(id) {
            rest.extend(all[&id].rdd.dependency.narrow_parents());
        }
    }
    rdds
}

/// Whether the stage that ends in such an RDD is a barrier stage.
pub fn meets(all: &Definitions, rdd: &Rdd) -> bool {
    let mut parents = rdd.dependency.narrow_parents().iter();
    matches!(rdd.dependency, Dependency::Barrier(_)) || parents.any(|parent| all[parent].meets)
}

/// Whether a job on these partitions has a barrier stage that cannot run, where so many tasks of a stage do.
pub fn refusable(
    all: &Definitions,
    id: RddId,
    partitions: &[u32],
    slots: impl Fn(RddId) -> u32,
) -> bool {
    let of_shuffle = |definition: &Definition| match definition.rdd.dependency {
        Dependency::Shuffle { parent, .. } => {
            let tasks = all[&parent].rdd.partitions;
            Some((parent, tasks, tasks))
        }
        _ => None,
    };
    let distinct = partitions.iter().collect::<BTreeSet<_>>().len() as u32;
    let map_stages = closure(all, id).0.into_iter().filter_map(|id| of_shuffle(&all[&id]));
    let stages = map_stages.chain([(id, partitions.len() as u32, distinct)]);
    let cannot_run = |(id, tasks, distinct): (RddId, u32, u32)| {
        let is_torn = |id: &RddId| {
            let rdd = &all[id].rdd;
            let parents = rdd.dependency.narrow_parents().iter();
            rdd.partitions != distinct || parents.filter(|id| all[id].meets).count() > 1
        };
        all[&id].meets && (tasks > slots(id) || stage(all, id).iter().any(is_torn))
    };
    !partitions.is_empty() && stages.into_iter().any(cannot_run)
}

/// The shuffles that a task reads for a partition, given the blocks there are.
pub fn inputs(all: &Definitions, disk: &Disk, id: RddId, partition: u32) -> BTreeSet<ShuffleId> {
    let mut shuffles = BTreeSet::new();
    let mut rest = vec![(id, partition)];
    while let Some((id, partition)) = rest.pop() {
        if readable(all, disk, id, partition).is_some() {
            continue;
        }
        if let Dependency::Shuffle { shuffle, .. } = all[&id].rdd.dependency {
            shuffles.insert(shuffle);
        }
        rest.extend(narrow_parents(all, id, partition));
    }
    shuffles
}
