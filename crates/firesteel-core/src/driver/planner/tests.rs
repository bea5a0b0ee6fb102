//! Lineages and the pipelines they become, written as text: `source[partition] steps`.

use super::*;
use crate::driver::catalog::StorageLevel;
use crate::protocol::Batches;
use crate::storage::BlockRef;
use std::fmt::Write;

fn plan(catalog: &mut Catalog, rdd: RddId, partition: u32) -> Result<Plan, PlanError> {
    catalog.partitions(rdd).unwrap();
    let source = |map_partition| MapSource { map_partition, path: "map".into() };
    let map_outputs = |shuffle: ShuffleId, _| match shuffle {
        ShuffleId(0) => Ok(vec![source(0), source(1)]),
        shuffle => Err(PlanError::MissingOutput { shuffle, map_partition: 1 }),
    };
    Planner { catalog, map_outputs: &map_outputs }.plan(rdd, partition)
}

fn shown(catalog: &mut Catalog, rdd: RddId, partition: u32) -> String {
    let mut text = String::new();
    show(&plan(catalog, rdd, partition).unwrap().pipeline, &mut text);
    text
}

fn show_each(pipelines: &[Pipeline], between: &str, text: &mut String) {
    text.push('(');
    for (index, pipeline) in pipelines.iter().enumerate() {
        text.push_str(if index == 0 { "" } else { between });
        show(pipeline, text);
    }
    text.push(')');
}

fn show(pipeline: &Pipeline, text: &mut String) {
    match &pipeline.input {
        Input::Empty => text.push_str("empty"),
        Input::Frames(_) => text.push_str("frames"),
        Input::Cached(stored) => text.push_str(&stored.block.path.to_string_lossy()),
        Input::Range { start, step, count } => {
            write!(text, "range({start},{step},{count})").unwrap()
        }
        Input::Files(_) => text.push_str("files"),
        Input::Shuffle { outputs, partition, .. } => {
            write!(text, "shuffle({},{partition})", outputs.len()).unwrap();
        }
        Input::Concat(children) => show_each(children, " + ", text),
        Input::Pairs { sides, .. } => show_each(sides, " x ", text),
    }
    write!(text, "[{}]", pipeline.partition).unwrap();
    for step in &pipeline.steps {
        match step {
            Step::Apply(rdd) => write!(text, " {rdd}").unwrap(),
            Step::Persist { rdd, in_memory: true } => write!(text, " persist{rdd}").unwrap(),
            Step::Persist { rdd, in_memory: false } => write!(text, " to_disk{rdd}").unwrap(),
        }
    }
}

const KEPT: StorageLevel = StorageLevel { memory: true, disk: true };

fn block(path: &str) -> BlockRef {
    BlockRef { path: path.into(), offset: 0, length: 1 }
}

#[test]
fn a_chain_is_one_flat_pipeline() {
    let mut catalog = Catalog::default();
    let mut rdd = catalog.source(2);
    for _ in 0..5000 {
        rdd = catalog.step(rdd);
    }
    let plan = plan(&mut catalog, rdd, 1).unwrap();
    assert_eq!(plan.pipeline.steps.len(), 5000);
    assert!(matches!(plan.pipeline.steps[0], Step::Apply(RddId(1))));
    assert_eq!(plan.used.len(), 5000);
}

#[test]
fn a_range_is_cut_at_its_boundaries() {
    let mut catalog = Catalog::default();
    let kind = Kind::Range { start: 10, step: -3, boundaries: vec![0, 2, 2, 5] };
    let range = catalog.add(kind, "range".to_owned(), String::new());
    assert_eq!(shown(&mut catalog, range, 0), "range(10,-3,2)[0]");
    assert_eq!(shown(&mut catalog, range, 1), "range(4,-3,0)[1]");
    assert_eq!(shown(&mut catalog, range, 2), "range(4,-3,3)[2]");
}

#[test]
fn a_shuffle_reads_the_map_outputs() {
    let mut catalog = Catalog::default();
    let source = catalog.source(2);
    let shuffled = catalog.shuffle(source, 3);
    let step = catalog.step(shuffled);
    assert_eq!(shown(&mut catalog, step, 2), "shuffle(2,2)[2] 2");
}

#[test]
fn a_missing_map_output_is_named() {
    let mut catalog = Catalog::default();
    let source = catalog.source(2);
    let first = catalog.shuffle(source, 3);
    let second = catalog.shuffle(first, 3);
    let error = plan(&mut catalog, second, 0).unwrap_err();
    assert_eq!(error, PlanError::MissingOutput { shuffle: ShuffleId(1), map_partition: 1 });
}

#[test]
fn a_stored_block_ends_the_walk_and_one_to_be_stored_is_a_step() {
    let mut catalog = Catalog::default();
    let source = catalog.source(2);
    let kept = catalog.step(source);
    let top = catalog.step(kept);
    catalog.persist(kept, KEPT);
    catalog.store(kept, 0, block("stored"));
    assert_eq!(shown(&mut catalog, top, 0), "stored[0] 2");
    assert_eq!(shown(&mut catalog, top, 1), "empty[1] 1 persist1 2");
    catalog.persist(kept, StorageLevel { memory: false, disk: true });
    assert_eq!(shown(&mut catalog, top, 1), "empty[1] 1 to_disk1 2");
}

#[test]
fn functions_below_a_union_are_told_their_own_partition() {
    let mut catalog = Catalog::default();
    let (left, right) = (catalog.source(2), catalog.source(2));
    let right = catalog.step(right);
    let both = catalog.union(&[left, right]);
    let top = catalog.step(both);
    assert_eq!(shown(&mut catalog, both, 3), "empty[1] 2");
    assert_eq!(shown(&mut catalog, top, 3), "(empty[1] 2)[3] 4");
    assert_eq!(shown(&mut catalog, top, 1), "empty[1] 4");
}

#[test]
fn unions_and_coalesces_without_steps_between_are_one_concat() {
    let mut catalog = Catalog::default();
    let (left, right) = (catalog.source(3), catalog.source(3));
    let both = catalog.union(&[left, right]);
    let four = catalog.coalesce(both, 4);
    let one = catalog.coalesce(four, 1);
    assert_eq!(
        shown(&mut catalog, one, 0),
        "(empty[0] + empty[1] + empty[2] + empty[0] + empty[1] + empty[2])[0]"
    );
}

#[test]
fn a_persisted_coalesce_is_not_flattened_away() {
    let mut catalog = Catalog::default();
    let source = catalog.source(4);
    let two = catalog.coalesce(source, 2);
    catalog.persist(two, KEPT);
    let one = catalog.coalesce(two, 1);
    assert_eq!(
        shown(&mut catalog, one, 0),
        "((empty[0] + empty[1])[0] persist1 + (empty[2] + empty[3])[1] persist1)[0]"
    );
}

#[test]
fn an_aligned_union_puts_equal_partitions_together() {
    let mut catalog = Catalog::default();
    let (left, right) = (catalog.source(2), catalog.source(2));
    let aligned = catalog.add(Kind::AlignedUnion(vec![left, right]), String::new(), String::new());
    assert_eq!(shown(&mut catalog, aligned, 1), "(empty[1] + empty[1])[1]");
}

#[test]
fn a_product_pairs_every_partition_with_every_other() {
    let mut catalog = Catalog::default();
    let (two, one, more) = (catalog.source(2), catalog.source(1), catalog.source(2));
    let right = catalog.union(&[one, more]);
    let growing = Pairing::Cartesian { left: Batches::Growing, right: Batches::Growing };
    let kind = Kind::Pairs { parents: [two, right], pairing: growing };
    let product = catalog.add(kind, String::new(), String::new());
    let step = catalog.step(product);
    assert_eq!(shown(&mut catalog, product, 2), "(empty[0] x empty[1])[2]");
    assert_eq!(shown(&mut catalog, product, 3), "(empty[1] x empty[0])[3]");
    assert!(shown(&mut catalog, step, 5).starts_with("(empty[1] x empty[1])[5] "));
    let kind = Kind::Pairs { parents: [two, more], pairing: Pairing::Zip };
    let zipped = catalog.add(kind, String::new(), String::new());
    assert_eq!(shown(&mut catalog, zipped, 1), "(empty[1] x empty[1])[1]");
}

#[test]
fn a_long_alternation_along_the_first_parent_stays_flat() {
    let mut catalog = Catalog::default();
    let (mut rdd, other) = (catalog.source(1), catalog.source(1));
    for _ in 0..1000 {
        let both = catalog.union(&[rdd, other]);
        rdd = catalog.step(both);
    }
    assert_eq!(plan(&mut catalog, rdd, 0).unwrap().pipeline.steps.len(), 1000);
}

#[test]
fn too_deep_an_alternation_is_an_error_and_not_a_crash() {
    let mut catalog = Catalog::default();
    let (mut rdd, other) = (catalog.source(1), catalog.source(1));
    for _ in 0..1000 {
        let both = catalog.union(&[other, rdd]);
        rdd = catalog.step(both);
    }
    assert_eq!(plan(&mut catalog, rdd, 1000).unwrap_err(), PlanError::TooDeep);
}
