//! Random histories: whatever happens in whatever order, every job ends with the right result or the right error.
//!
//! A history is a list of numbers that a simulated world (`world`) turns into what its user, its workers and its
//! disk do next; when the numbers run out, everything succeeds. A failing history is shrunk and printed.

#![allow(clippy::panic, reason = "a test fails by panicking")]

mod data;
mod dice;
mod verdict;
mod world;

use dice::Dice;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use std::cell::RefCell;
use std::collections::BTreeMap;
use world::World;

/// How bad a world is.
#[derive(Clone, Debug)]
struct Climate {
    cores: u32,
    max_failures: u32,
    /// Of a hundred worker starts, how many fail.
    failing_starts: u32,
    /// Of a hundred ends of tasks, how many are errors of the user.
    failing_tasks: u32,
    /// How often, against a hundred other things, a worker dies or a map output is damaged.
    disasters: u32,
    /// How often, against a hundred other things, the user cancels, releases or unpersists.
    whims: u32,
}

fn climate() -> impl Strategy<Value = Climate> {
    let rates = (0..60_u32, 0..40_u32, 0..60_u32, 0..40_u32);
    (1..5_u32, 1..4_u32, rates).prop_map(|(cores, max_failures, rates)| {
        let (failing_starts, failing_tasks, disasters, whims) = rates;
        Climate { cores, max_failures, failing_starts, failing_tasks, disasters, whims }
    })
}

/// Every kind of action, and of job failure, that any history must have seen.
const KINDS: [&str; 18] = [
    "AcceptMapOutput",
    "Cancelled",
    "CompleteJob",
    "DeliverResult",
    "FailJob",
    "FetchFailed",
    "KillTask",
    "LaunchTask",
    "NoWorkers",
    "RemoveBlocks",
    "RemoveShuffle",
    "ReportStageCompleted",
    "ReportStageSkipped",
    "ReportStageStarted",
    "ReportTaskRetried",
    "StartWorkers",
    "TaskFailed",
    "WorkersDied",
];

#[test]
fn every_job_ends_with_the_right_result_or_the_right_error() {
    let seen = RefCell::new(BTreeMap::new());
    let config =
        ProptestConfig { cases: 3_000, source_file: Some(file!()), ..ProptestConfig::default() };
    let histories = (climate(), vec(any::<u32>(), 0..1_000));
    let outcome = TestRunner::new(config).run(&histories, |(climate, numbers)| {
        let mut world = World::new(climate);
        let mut dice = Dice::new(numbers);
        while !dice.is_spent() {
            world.step(&mut dice);
        }
        world.calm_down();
        world.end();
        for (kind, count) in world.seen() {
            *seen.borrow_mut().entry(*kind).or_insert(0) += count;
        }
        Ok(())
    });
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
    let seen = seen.into_inner();
    println!("{seen:#?}");
    assert!(KINDS.iter().all(|kind| seen.contains_key(kind)));
}
