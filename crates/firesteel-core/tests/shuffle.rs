//! Shuffle files against a plain model, with runs so short that tiny outputs spill.
#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of tests are tests")]

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use firesteel_core::frame::{Column, ColumnView};
use firesteel_core::shuffle::{FEW_FILLED, MapOutputWriter, Segment, SegmentError, read_segment};
use firesteel_core::storage::Placement;
use proptest::prelude::*;
use tempfile::TempDir;

fn on_disk(directory: &TempDir) -> Placement {
    Placement::on_disk(directory.path())
}

fn integers(segment: &Segment) -> Vec<i64> {
    let mut all = Vec::new();
    for frame in segment.frames() {
        match frame.unwrap() {
            ColumnView::Int(values) => all.extend_from_slice(&values),
            other => panic!("not integers: {other:?}"),
        }
    }
    all
}

/// Appends the integers to their partitions, one frame each.
fn write(
    placement: &Placement,
    partitions: u32,
    run_limit: usize,
    appends: &[(u32, Vec<i64>)],
) -> (usize, firesteel_core::shuffle::MapOutput) {
    let mut writer = MapOutputWriter::new(placement, "output".into(), partitions, run_limit);
    for (partition, values) in appends {
        writer.append(*partition, &Column::Int(values.clone())).unwrap();
    }
    (writer.spilled_runs(), writer.finish().unwrap())
}

fn appends(partitions: u32) -> impl Strategy<Value = Vec<(u32, Vec<i64>)>> {
    let values = prop::collection::vec(any::<i64>(), 0..30);
    prop::collection::vec((0..partitions, values), 0..60)
}

fn shuffles() -> impl Strategy<Value = (u32, Vec<(u32, Vec<i64>)>)> {
    (1..200_u32).prop_flat_map(|partitions| (Just(partitions), appends(partitions)))
}

proptest! {
    #[test]
    fn each_segment_holds_what_was_appended_in_order(
        (partitions, appends) in shuffles(),
        run_limit in prop::sample::select(vec![0, 300, 2000, usize::MAX]),
        memory_allowance in prop::sample::select(vec![0, 1 << 20]),
    ) {
        let (memory, disk) = (TempDir::new().unwrap(), TempDir::new().unwrap());
        let memory_dir = Some(memory.path().to_owned());
        let placement = Placement { memory_dir, memory_allowance, ..Placement::on_disk(disk.path()) };
        let (spilled, output) = write(&placement, partitions, run_limit, &appends);

        let frames = appends.iter().filter(|(_, values)| !values.is_empty()).count();
        match run_limit {
            0 => prop_assert_eq!(spilled, frames),
            usize::MAX => prop_assert_eq!(spilled, 0),
            _ => prop_assert_eq!(spilled > 0, spilled_by_model(&appends, run_limit)),
        }
        prop_assert_eq!(fs::metadata(&output.path).unwrap().len(), output.length);
        prop_assert_eq!(output.path.starts_with(disk.path()), memory_allowance == 0);
        let mut elements = 0;
        for partition in 0..partitions {
            let expected: Vec<i64> = appends
                .iter()
                .filter(|(to, _)| *to == partition)
                .flat_map(|(_, values)| values.clone())
                .collect();
            let segment = read_segment(&output.path, partition).unwrap();
            prop_assert_eq!(segment.elements(), expected.len() as u64);
            prop_assert_eq!(output.feeds(partition), !expected.is_empty() || output.filled.is_none());
            prop_assert_eq!(integers(&segment), expected);
            elements += segment.elements();
        }
        prop_assert_eq!(elements, output.elements);
        let filled: HashSet<u32> = appends.iter().filter(|(_, values)| !values.is_empty()).map(|(to, _)| *to).collect();
        prop_assert_eq!(output.filled.is_some(), filled.len() <= FEW_FILLED);
        let left = fs::read_dir(&disk).unwrap().count() + fs::read_dir(&memory).unwrap().count();
        prop_assert_eq!(left, 1);
    }

    #[test]
    fn a_damaged_file_is_an_error_and_never_other_elements(
        (partitions, appends) in shuffles(),
        place: prop::sample::Index,
        bit in 0..8_u8,
        cut: bool,
    ) {
        let directory = TempDir::new().unwrap();
        let (_, output) = write(&on_disk(&directory), partitions, usize::MAX, &appends);
        let whole = contents(&output.path, partitions).unwrap();
        let mut bytes = fs::read(&output.path).unwrap();
        let place = place.index(bytes.len());
        if cut {
            bytes.truncate(place);
        } else {
            bytes[place] ^= 1_u8 << bit;
        }
        fs::write(&output.path, bytes).unwrap();
        prop_assert!(contents(&output.path, partitions).is_none(), "was {:?}", whole);
    }
}

/// Whether the frames' sizes, a header and the integers each filled up to 64 bytes, exceed the limit.
fn spilled_by_model(appends: &[(u32, Vec<i64>)], run_limit: usize) -> bool {
    let frames = appends.iter().filter(|(_, values)| !values.is_empty());
    let bytes: usize = frames.map(|(_, values)| 64 + (values.len() * 8).next_multiple_of(64)).sum();
    bytes > run_limit
}

/// All elements of all segments, or none if anything is wrong.
fn contents(path: &Path, partitions: u32) -> Option<Vec<Vec<i64>>> {
    let segment = |partition| {
        let segment = read_segment(path, partition).ok()?;
        segment.frames().map(|frame| frame.ok()).collect::<Option<Vec<_>>>()?;
        Some(integers(&segment))
    };
    (0..partitions).map(segment).collect()
}

#[test]
fn large_runs_are_merged_in_order() {
    let directory = TempDir::new().unwrap();
    let appends: Vec<_> =
        (0..60).map(|number| (number % 3, vec![i64::from(number); 20_000])).collect();
    let (spilled, output) = write(&on_disk(&directory), 3, 1 << 20, &appends);
    assert!(spilled > 2);
    for partition in 0..3 {
        let expected: Vec<i64> =
            (0..20).flat_map(|round| vec![i64::from(round * 3 + partition); 20_000]).collect();
        assert_eq!(integers(&read_segment(&output.path, partition).unwrap()), expected);
    }
}

#[test]
fn the_index_of_many_partitions_is_read_entry_by_entry() {
    let directory = TempDir::new().unwrap();
    let appends: Vec<_> = (0..5000).step_by(7).map(|to| (to, vec![i64::from(to)])).collect();
    let (_, output) = write(&on_disk(&directory), 5000, usize::MAX, &appends);
    for partition in (0..5000).chain([4999]) {
        let segment = read_segment(&output.path, partition).unwrap();
        let expected = if partition % 7 == 0 { vec![i64::from(partition)] } else { vec![] };
        assert_eq!(integers(&segment), expected);
        assert_eq!(segment.bytes().is_empty(), expected.is_empty());
    }
}

#[test]
fn what_is_wrong_is_told_apart() {
    let directory = TempDir::new().unwrap();
    let missing = read_segment(&directory.path().join("missing"), 0);
    assert!(matches!(missing, Err(SegmentError::Missing { .. })));

    let (_, output) = write(&on_disk(&directory), 2, 0, &[(0, vec![1])]);
    let beyond = read_segment(&output.path, 2);
    assert!(matches!(
        beyond,
        Err(SegmentError::NoSuchPartition { partition: 2, partitions: 2, .. })
    ));

    let unreadable = read_segment(directory.path(), 0);
    assert!(matches!(unreadable, Err(SegmentError::Unreadable { .. })));

    fs::write(&output.path, b"").unwrap();
    let empty = read_segment(&output.path, 0);
    assert!(matches!(empty, Err(SegmentError::Corrupt { .. })));
}

#[test]
fn an_abandoned_output_leaves_nothing() {
    let directory = TempDir::new().unwrap();
    let mut writer = MapOutputWriter::new(&on_disk(&directory), "output".into(), 1, 0);
    writer.append(0, &Column::Null(1)).unwrap();
    assert_eq!(writer.spilled_runs(), 1);
    drop(writer);
    assert_eq!(fs::read_dir(&directory).unwrap().count(), 0);
}
