//! Random histories: whatever happens in whatever order, every job ends with the right result or the right error.
//!
//! A history is a list of numbers that a simulated world (`world`) turns into what its user, its workers and its
//! disk do next; when the numbers run out, everything succeeds. A failing history is shrunk, printed, and kept in
//! `proptest-regressions`, from where every later run begins.
//!
//! Each run goes through [`HISTORIES`]; `FIRESTEEL_TEST_HISTORIES=1000000 cargo test --release -p firesteel-scheduler
//! --test histories` goes through a million.

#![allow(clippy::panic, reason = "a test fails by panicking")]

mod data;
mod dice;
mod verdict;
mod world;

use dice::Dice;
use firesteel_scheduler::pool::{Pool, SchedulingMode};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};
use std::cell::RefCell;
use std::collections::BTreeMap;
use world::World;

/// How bad a world is: of a hundred things that happen, how many go wrong.
#[derive(Clone, Debug)]
struct Climate {
    /// Of each executor.
    cores: u32,
    /// None where the driver is the only one.
    executors: Option<u32>,
    shuffle_seed: Option<u64>,
    max_failures: u32,
    /// Whether jobs share the workers by pools.
    is_fair: bool,
    /// Whether a worker runs one task only.
    fresh_workers: bool,
    /// Starts of workers that fail.
    failing_starts: u32,
    /// Ends of tasks that are errors of the user.
    failing_tasks: u32,
    /// Deaths of workers, of all of them at once, and damages of map outputs and blocks.
    disasters: u32,
    /// Cancelled jobs, and RDDs released or unpersisted.
    whims: u32,
    /// Definitions after which the user asks for resources.
    wishes: u32,
    /// Of each executor.
    devices: u32,
    merges_profiles: bool,
}

fn climate() -> impl Strategy<Value = Climate> {
    let rates = (0..60_u32, 0..10_u32, 0..15_u32, 0..10_u32);
    let modes = (any::<bool>(), proptest::bool::weighted(0.2));
    let resources = (prop_oneof![Just(0), 0..30_u32], 0..4_u32, any::<bool>());
    let machines = prop_oneof![
        (1..5_u32).prop_map(|cores| (cores, None)),
        (1..3_u32, 1..4_u32).prop_map(|(cores, executors)| (cores, Some(executors))),
    ];
    let parts = (machines, 1..4_u32, modes, rates, resources);
    parts.prop_map(|(machines, max_failures, modes, rates, resources)| {
        let (cores, executors) = machines;
        let (is_fair, fresh_workers) = modes;
        let (failing_starts, failing_tasks, disasters, whims) = rates;
        let (wishes, devices, merges_profiles) = resources;
        Climate {
            cores,
            executors,
            shuffle_seed: executors.map(u64::from),
            max_failures,
            is_fair,
            fresh_workers,
            failing_starts,
            failing_tasks,
            disasters,
            whims,
            wishes,
            devices,
            merges_profiles,
        }
    })
}

impl Climate {
    /// A pool that shares inside; the jobs' other pools are not configured.
    fn pools(&self) -> Option<Vec<Pool>> {
        let (name, mode) = ("a".to_owned(), SchedulingMode::Fair);
        self.is_fair.then(|| vec![Pool { name, mode, weight: 2, min_share: 1 }])
    }
}

/// How many histories a run goes through: ten seconds of an unoptimized build.
const HISTORIES: u32 = 3_000;

/// Every kind of event that some history must have had.
pub const EVENTS: [&str; 17] = [
    "AllJobsCancelled",
    "BarrierReached",
    "BarrierTimedOut",
    "BlockCopied",
    "BlockEvicted",
    "BlockStored",
    "BlocksDropped",
    "ExecutorLost",
    "JobCancelled",
    "JobGroupCancelled",
    "JobSubmitted",
    "RddReleased",
    "ShuffleDropped",
    "TaskEnded",
    "WorkerLost",
    "WorkerRegistered",
    "WorkersOutdated",
];

/// Every way in which tasks end.
const ENDS: [&str; 5] =
    ["ended: BlockLost", "ended: Failed", "ended: FetchFailed", "ended: Killed", "ended: Success"];

/// Every kind of action, and of job failure, that some history must have seen.
const KINDS: [&str; 27] = [
    "AcceptMapOutput",
    "BarrierRefused",
    "BreakBarrier",
    "Cancelled",
    "CompleteJob",
    "DeliverResult",
    "FailJob",
    "FetchFailed",
    "EndWorker",
    "KillTask",
    "LaunchTask",
    "LoseBlock",
    "LoseMapOutput",
    "NoWorkers",
    "ProfilesDiffer",
    "RemoveBlocks",
    "ReleaseBarrier",
    "RemoveShuffle",
    "ReportStageCompleted",
    "ReportStageSkipped",
    "ReportStageStarted",
    "ReportTaskRetried",
    "RetractResults",
    "StartWorkers",
    "TaskFailed",
    "TooLittle",
    "WorkersDied",
];

/// The histories of a run are divided among so many threads, each with a strand of its own, on every machine.
const STRANDS: u32 = 2;

/// The same histories every time, so that what has passed passes; FIRESTEEL_TEST_SEED=N goes through others.
fn runner(cases: u32, strand: u32) -> TestRunner {
    let seed: u64 =
        std::env::var("FIRESTEEL_TEST_SEED").map_or(1, |seed| seed.parse().expect("a number"));
    println!("FIRESTEEL_TEST_SEED={seed}");
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    bytes[8..12].copy_from_slice(&strand.to_le_bytes());
    let config = ProptestConfig { cases, source_file: Some(file!()), ..ProptestConfig::default() };
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes))
}

fn histories() -> u32 {
    std::env::var("FIRESTEEL_TEST_HISTORIES")
        .map_or(HISTORIES, |histories| histories.parse().expect("a number"))
}

/// How often each kind of event, of end, of action and of failure was seen.
type Seen = BTreeMap<&'static str, usize>;

/// Lives through a history to its end, and returns what was seen.
fn live(climate: Climate, numbers: Vec<u32>) -> Seen {
    let mut world = World::new(climate);
    let mut dice = Dice::new(numbers);
    while !dice.is_spent() {
        world.step(&mut dice);
    }
    world.calm_down();
    world.end();
    world.seen().clone()
}

/// Lives through one strand, and returns what was seen.
fn follow(strand: u32) -> Seen {
    let seen = RefCell::new(Seen::new());
    let lives = (climate(), vec(any::<u32>(), 0..600));
    let outcome = runner(histories() / STRANDS, strand).run(&lives, |(climate, numbers)| {
        for (kind, count) in live(climate, numbers) {
            *seen.borrow_mut().entry(kind).or_insert(0) += count;
        }
        Ok(())
    });
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
    seen.into_inner()
}

#[test]
fn every_job_ends_with_the_right_result_or_the_right_error() {
    let strands = std::thread::scope(|scope| {
        let strands = (0..STRANDS).map(|strand| scope.spawn(move || follow(strand)));
        let strands = strands.collect::<Vec<_>>().into_iter();
        strands.flat_map(|strand| strand.join().expect("a strand that held")).collect::<Vec<_>>()
    });
    let mut seen = Seen::new();
    for (kind, count) in strands {
        *seen.entry(kind).or_insert(0) += count;
    }
    println!("{seen:#?}");
    let kinds = EVENTS.iter().chain(&ENDS).chain(&KINDS);
    let missing: Vec<_> = kinds.filter(|kind| !seen.contains_key(*kind)).collect();
    assert!(missing.is_empty(), "no history has seen {missing:?}");
}

#[test]
fn where_nothing_goes_wrong_every_job_completes() {
    let paradise = Climate {
        cores: 3,
        executors: None,
        shuffle_seed: None,
        max_failures: 1,
        is_fair: false,
        fresh_workers: false,
        failing_starts: 0,
        failing_tasks: 0,
        disasters: 0,
        whims: 0,
        wishes: 10,
        devices: 1,
        merges_profiles: false,
    };
    let outcome = runner(100, 0).run(&vec(any::<u32>(), 0..600), |numbers| {
        let seen = live(paradise.clone(), numbers);
        // Only what could never run fails.
        let refusals = ["BarrierRefused", "ProfilesDiffer", "TooLittle"];
        let refused: usize = refusals.iter().filter_map(|kind| seen.get(kind)).sum();
        assert_eq!(seen.get("FailJob").copied().unwrap_or(0), refused);
        assert_eq!(seen.get("KillTask"), None);
        Ok(())
    });
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
}
