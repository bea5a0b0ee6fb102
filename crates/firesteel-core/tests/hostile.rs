//! The fuzz targets on a stable compiler: their seeds and what was kept of earlier finds (`fuzz/seeds`), as they are and
//! changed at random. Whatever comes out is an answer; a panic is a bug, and the failing input is written down.
//!
//! `FIRESTEEL_TEST_SEED=N` changes the inputs in other ways, `FIRESTEEL_TEST_MUTATIONS=N` in more of them.
#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of tests are tests")]

#[path = "../../../fuzz/bodies/frames.rs"]
mod frames;
#[path = "../../../fuzz/bodies/messages.rs"]
mod messages;
#[path = "../../../fuzz/bodies/segment.rs"]
mod segment;
#[path = "../../../fuzz/bodies/sequence_file.rs"]
mod sequence_file;

use firesteel_core::protocol::framing::read_message;
use firesteel_core::protocol::{FromDaemon, FromWorker, ToDaemon, ToWorker};
use serde::de::DeserializeOwned;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::{env, fs};

/// What parsers stumble over: the ends of the ranges of numbers.
const NUMBERS: [u64; 8] = [0, 1, 0x7f, 0xff, 0x7fff_ffff, 0xffff_ffff, i64::MAX as u64, u64::MAX];

/// splitmix64: small, and the same everywhere.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }
}

fn number(variable: &str, default: u64) -> u64 {
    env::var(variable).map_or(default, |value| value.parse().unwrap())
}

/// The kept inputs of a target.
fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds").join(target);
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let inputs: Vec<_> = paths.iter().map(|path| fs::read(path).unwrap()).collect();
    assert!(inputs.len() > 1, "{target} has no seeds");
    inputs
}

/// A few changes of one input, with parts of the others.
fn mutated(inputs: &[Vec<u8>], dice: &mut Dice) -> Vec<u8> {
    let mut input = inputs[dice.below(inputs.len())].clone();
    for _ in 0..=dice.below(4) {
        let place = dice.below(input.len());
        match dice.below(7) {
            0 => input.truncate(place),
            1 => input.iter_mut().skip(place).take(1).for_each(|byte| *byte = dice.next() as u8),
            2 => input.iter_mut().skip(place).take(1).for_each(|byte| *byte ^= 1 << dice.below(8)),
            3 => {
                let bytes = NUMBERS[dice.below(NUMBERS.len())].to_le_bytes();
                let count = [1, 2, 4, 8][dice.below(4)];
                input
                    .iter_mut()
                    .skip(place)
                    .zip(&bytes[..count])
                    .for_each(|(to, from)| *to = *from);
            }
            4 => {
                let other = &inputs[dice.below(inputs.len())];
                let from = dice.below(other.len());
                let length = dice.below((other.len() - from).min(200));
                input.splice(place..place, other[from..from + length].iter().copied());
            }
            5 => drop(input.drain(place..(place + dice.below(64)).min(input.len()))),
            _ => {
                let bytes = NUMBERS[dice.below(NUMBERS.len())].to_be_bytes();
                input.iter_mut().skip(place).zip(bytes).for_each(|(to, from)| *to = from);
            }
        }
    }
    input
}

/// Tries the corpus, and so many inputs made from it.
fn attack(target: &str, mutations: u64, run: fn(&[u8])) {
    let seed = number("FIRESTEEL_TEST_SEED", 1);
    let inputs = corpus(target);
    let mut dice = Dice(seed);
    let changed = (0..number("FIRESTEEL_TEST_MUTATIONS", mutations))
        .map(|_| mutated(&inputs, &mut dice))
        .collect::<Vec<_>>();
    for input in inputs.iter().chain(&changed) {
        if catch_unwind(AssertUnwindSafe(|| run(input))).is_err() {
            let found = env::temp_dir().join(format!("firesteel-{target}-{seed}"));
            fs::write(&found, input).unwrap();
            panic!("FIRESTEEL_TEST_SEED={seed}: keep {} in fuzz/seeds/{target}", found.display());
        }
    }
}

#[test]
fn frames_are_parsed_without_trust() {
    attack("frames", 50_000, frames::run);
}

#[test]
fn control_messages_are_parsed_without_trust() {
    attack("messages", 20_000, messages::run);
}

/// Seeds of an older protocol would end at their first byte, and what follows from them would try nothing.
#[test]
fn the_messages_to_begin_with_are_of_this_protocol() {
    fn read<T: DeserializeOwned>(name: &str) -> usize {
        let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds/messages");
        let bytes = fs::read(seeds.join(name)).unwrap();
        let mut rest = &bytes[..];
        let mut messages = 0;
        while read_message::<T>(&mut rest).unwrap().is_some() {
            messages += 1;
        }
        messages
    }
    let counts = [
        read::<ToWorker>("to-worker"),
        read::<FromWorker>("from-worker"),
        read::<ToDaemon>("to-daemon"),
        read::<FromDaemon>("from-daemon"),
    ];
    assert_eq!(counts, [3, 2, 1, 2], "cargo run --example seeds, in fuzz/, writes them anew");
}

/// Fewer, for each is a file.
#[test]
fn shuffle_files_are_parsed_without_trust() {
    attack("segment", 3_000, segment::run);
}

#[test]
fn sequence_files_are_parsed_without_trust() {
    attack("sequence_file", 20_000, sequence_file::run);
}
