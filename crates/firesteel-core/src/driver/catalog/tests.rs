//! The catalog's stories: who keeps what alive, and what the scheduler is told.

use super::*;
use crate::driver::error::Error;
use crate::files::{FileFormat, Lines};
use crate::frame::Column;
use crate::shuffle::MapOutputWriter;
use crate::storage::Placement;
use firesteel_scheduler::lineage::Dependency;

impl Catalog {
    /// A source with so many empty partitions.
    pub fn source(&mut self, partitions: u32) -> RddId {
        self.add(Kind::Empty(partitions), "emptyRDD".to_owned(), String::new())
    }

    /// An operator without code.
    pub fn step(&mut self, parent: RddId) -> RddId {
        let kind = Kind::Transform { parent, operator: Operator::Keys };
        self.add(kind, "keys".to_owned(), "app.py:1".to_owned())
    }

    /// An operator of a barrier stage.
    pub fn barrier(&mut self, parent: RddId) -> RddId {
        let operator = Operator::MapPartitions { with_index: false, barrier: true };
        let kind = Kind::Transform { parent, operator };
        let rdd = self.add(kind, "mapPartitions".to_owned(), String::new());
        self.set_code(rdd, Payload::Inline(Vec::new()));
        rdd
    }

    /// A union, one parent after the other.
    pub fn union(&mut self, parents: &[RddId]) -> RddId {
        self.add(Kind::Union(parents.to_vec()), "union".to_owned(), String::new())
    }

    /// A coalesce.
    pub fn coalesce(&mut self, parent: RddId, wanted: u32) -> RddId {
        let kind = Kind::Coalesce { parent, wanted, groups: Vec::new(), located: false };
        self.add(kind, "coalesce".to_owned(), String::new())
    }

    /// A hash shuffle.
    pub fn shuffle(&mut self, parent: RddId, partitions: u32) -> RddId {
        let shuffle = self.new_shuffle();
        let kind = Kind::Shuffle { parent, shuffle, partitions, partitioner: Partitioner::Hash };
        self.add(kind, "partitionBy".to_owned(), String::new())
    }
}

const DEEP: usize = 10_000;

fn chain(catalog: &mut Catalog, length: usize) -> RddId {
    let mut rdd = catalog.source(3);
    for _ in 0..length {
        let child = catalog.step(rdd);
        catalog.release(rdd);
        rdd = child;
    }
    rdd
}

#[test]
fn an_ancestor_lives_as_long_as_its_last_descendant() {
    let mut catalog = Catalog::default();
    let source = catalog.source(1);
    let (left, right) = (catalog.step(source), catalog.step(source));
    catalog.release(source);
    catalog.release(left);
    assert_eq!(catalog.rdds.len(), 2);
    catalog.release(right);
    assert!(catalog.rdds.is_empty());
}

#[test]
fn a_very_deep_lineage_is_counted_defined_and_released() {
    let mut catalog = Catalog::default();
    let rdd = chain(&mut catalog, DEEP);
    assert_eq!(catalog.partitions(rdd).unwrap(), 3);
    let defined = catalog.define(rdd).unwrap();
    assert_eq!(defined.len(), DEEP + 1);
    assert_eq!(defined[0].1.dependency, Dependency::Source);
    let released = catalog.release(rdd);
    assert_eq!(released.defined.len(), DEEP + 1);
    assert_eq!(released.defined[0], rdd);
    assert!(catalog.rdds.is_empty());
}

#[test]
fn an_rdd_is_defined_once_and_its_parents_before_it() {
    let mut catalog = Catalog::default();
    let source = catalog.source(2);
    let step = catalog.step(source);
    let both = catalog.union(&[step, source]);
    catalog.partitions(both).unwrap();
    let ids = |defined: Vec<(RddId, _)>| defined.into_iter().map(|(id, _)| id).collect::<Vec<_>>();
    assert_eq!(ids(catalog.define(step).unwrap()), [source, step]);
    assert_eq!(ids(catalog.define(both).unwrap()), [both]);
    assert_eq!(ids(catalog.define(both).unwrap()), []);
}

#[test]
fn an_rdd_of_which_the_scheduler_knows_nothing_goes_without_a_word() {
    let mut catalog = Catalog::default();
    let rdd = chain(&mut catalog, 3);
    assert!(catalog.release(rdd).defined.is_empty());
}

#[test]
fn a_diamond_of_unions_is_counted_in_linear_time() {
    let mut catalog = Catalog::default();
    let mut rdd = catalog.source(1);
    for _ in 0..30 {
        rdd = catalog.union(&[rdd, rdd]);
    }
    assert_eq!(catalog.partitions(rdd).unwrap(), 1 << 30);
    assert_eq!(catalog.define(rdd).unwrap().len(), 31);
}

#[test]
fn file_input_is_asked_for_until_it_has_been_looked_at() {
    let mut catalog = Catalog::default();
    let format = FileFormat::Text { min_partitions: 2, lines: Lines::Text, delimiter: None };
    let input = FileInput { paths: "a".to_owned(), format, recursive: false };
    let kind = Kind::Files { input, splits: None };
    let text = catalog.add(kind, "textFile".to_owned(), String::new());
    let rdd = catalog.step(text);
    let unseen = catalog.partitions(rdd).unwrap_err();
    assert_eq!(unseen[0].0, text);
    catalog.set_splits(text, Vec::new());
    assert_eq!(catalog.partitions(rdd).unwrap(), 0);
}

#[test]
fn a_job_without_its_code_is_refused() {
    let mut catalog = Catalog::default();
    let parent = catalog.source(1);
    let kind = Kind::Transform { parent, operator: Operator::Map };
    let map = catalog.add(kind, "map".to_owned(), String::new());
    let job = catalog.step(map);
    catalog.partitions(job).unwrap();
    assert!(matches!(catalog.define(job), Err(Error::NoCode { rdd, .. }) if rdd == map));
    catalog.set_code(map, Payload::Inline(vec![1]));
    assert_eq!(catalog.define(job).unwrap().len(), 3);
}

#[test]
fn code_and_slices_are_given_back_for_deletion() {
    let mut catalog = Catalog::default();
    let slices = vec![Payload::Inline(vec![1]), Payload::Inline(vec![2])];
    let source = catalog.add(Kind::Elements(slices), "parallelize".to_owned(), String::new());
    let step = catalog.step(source);
    catalog.set_code(step, Payload::Inline(vec![3]));
    catalog.release(source);
    assert_eq!(catalog.release(step).payloads.len(), 3);
}

#[test]
fn a_shuffle_is_forgotten_with_its_rdd() {
    let mut catalog = Catalog::default();
    let source = catalog.source(1);
    let shuffled = catalog.shuffle(source, 4);
    assert_eq!(catalog.shuffled(ShuffleId(0)), Some(shuffled));
    catalog.release(shuffled);
    assert_eq!(catalog.shuffled(ShuffleId(0)), None);
}

#[test]
fn stored_blocks_outlive_their_rdd() {
    let mut catalog = Catalog::default();
    let rdd = catalog.source(1);
    catalog.persist(rdd, StorageLevel { memory: true, disk: true });
    let block = |path: &str| BlockRef { path: path.into(), offset: 0, length: 1 };
    assert_eq!(catalog.store(rdd, 0, block("a")), None);
    assert_eq!(catalog.store(rdd, 0, block("b")), Some(block("a")));
    catalog.release(rdd);
    assert_eq!(catalog.take_stored(rdd), [block("b")]);
}

const KEPT: StorageLevel = StorageLevel { memory: true, disk: true };

/// A persisted RDD of seven partitions.
fn kept(catalog: &mut Catalog) -> RddId {
    let rdd = catalog.source(7);
    catalog.persist(rdd, KEPT);
    catalog.partitions(rdd).unwrap();
    rdd
}

/// A job that stores all partitions.
fn run(catalog: &mut Catalog, rdd: RddId) {
    catalog.look_at_stored([rdd]);
    for partition in 0..catalog.known_partitions(rdd) {
        let block = BlockRef { path: "block".into(), offset: 0, length: 1 };
        catalog.store(rdd, partition, block);
    }
}

fn coalesced(catalog: &mut Catalog, parent: RddId) -> Vec<Vec<u32>> {
    let rdd = catalog.coalesce(parent, 3);
    catalog.partitions(rdd).unwrap();
    match &catalog.rdd(rdd).kind {
        Kind::Coalesce { groups, .. } => groups.clone(),
        _ => Vec::new(),
    }
}

const NEIGHBOURS: [&[u32]; 3] = [&[0, 1], &[2, 3], &[4, 5, 6]];
const PACKED: [&[u32]; 3] = [&[0, 3], &[1, 4, 6], &[2, 5]];

#[test]
fn what_the_last_job_stored_has_no_place_yet() {
    let mut catalog = Catalog::default();
    let rdd = kept(&mut catalog);
    run(&mut catalog, rdd);
    assert_eq!(coalesced(&mut catalog, rdd), NEIGHBOURS);
}

#[test]
fn what_an_earlier_job_stored_has_a_place_also_seen_through_steps() {
    let mut catalog = Catalog::default();
    let rdd = kept(&mut catalog);
    run(&mut catalog, rdd);
    let other = catalog.source(1);
    run(&mut catalog, other);
    let step = catalog.step(rdd);
    assert_eq!(coalesced(&mut catalog, step), PACKED);
}

#[test]
fn a_place_is_remembered_after_unpersist_until_the_next_job() {
    let mut catalog = Catalog::default();
    let rdd = kept(&mut catalog);
    run(&mut catalog, rdd);
    run(&mut catalog, rdd);
    catalog.unpersist(rdd);
    catalog.take_stored(rdd);
    assert_eq!(coalesced(&mut catalog, rdd), PACKED);
    catalog.look_at_stored([rdd]);
    assert_eq!(coalesced(&mut catalog, rdd), NEIGHBOURS);
}

#[test]
fn a_shuffle_has_places_once_it_has_run_and_where_something_was_written() {
    let folder = tempfile::tempdir().unwrap();
    let placement = Placement::on_disk(folder.path());
    let mut writer = MapOutputWriter::new(&placement, "map-0".to_owned(), 7, 1 << 20);
    for partition in 0..7 {
        writer.append(partition, &Column::Null(1)).unwrap();
    }
    let output = writer.finish().unwrap();
    let mut catalog = Catalog::default();
    let source = catalog.source(1);
    let shuffled = catalog.shuffle(source, 7);
    assert_eq!(coalesced(&mut catalog, shuffled), NEIGHBOURS);
    catalog.shuffle_completed(ShuffleId(0), vec![output.path]);
    assert_eq!(coalesced(&mut catalog, shuffled), PACKED);
    catalog.shuffle_removed(ShuffleId(0));
    assert_eq!(coalesced(&mut catalog, shuffled), NEIGHBOURS);
}

#[test]
fn the_blocks_of_a_barrier_stage_count_only_together() {
    let mut catalog = Catalog::default();
    let source = catalog.source(2);
    let barrier = catalog.barrier(source);
    let kept = catalog.step(barrier);
    let behind = catalog.shuffle(kept, 2);
    for rdd in [kept, behind] {
        catalog.partitions(rdd).unwrap();
        let block = BlockRef { path: "block".into(), offset: 0, length: 1 };
        catalog.store(rdd, 0, block);
    }
    assert_eq!(catalog.stored(kept, 0), None);
    assert!(catalog.stored(behind, 0).is_some());
    let block = BlockRef { path: "other".into(), offset: 0, length: 1 };
    catalog.store(kept, 1, block);
    assert!(catalog.stored(kept, 0).is_some());
}

#[test]
fn the_scheduler_is_told_of_barriers() {
    let mut catalog = Catalog::default();
    let source = catalog.source(2);
    let barrier = catalog.barrier(source);
    catalog.partitions(barrier).unwrap();
    let defined = catalog.define(barrier).unwrap();
    let (id, rdd) = defined.last().unwrap();
    assert_eq!((*id, &rdd.dependency), (barrier, &Dependency::Barrier(source)));
}
