//! What a rehearsal does on purpose: what happens on a cluster sooner or later, and on one machine hardly ever.
//!
//! | setting                        | what happens                                                                 |
//! |--------------------------------|------------------------------------------------------------------------------|
//! | `firesteel.rehearsal.shuffle`  | tasks start in another order than their partitions (the scheduler does that)  |
//! | `firesteel.rehearsal.failures` | every first attempt at a task fails when it has done its work                 |
//! | `firesteel.rehearsal.spills`   | a step spills as soon as that is worth anything (the workers do that)         |
//! | `firesteel.rehearsal.deaths`   | so many executors are killed, one after the other                             |
//!
//! All of it is drawn from `firesteel.rehearsal.seed`. A map output that is made again is compared with the one before: on
//! a cluster some tasks would read the one and some the other.
//! Invariant: nothing is done that could not happen on a cluster, and without settings nothing at all.

use super::error::Error;
use crate::shuffle::MapOutput;
use firesteel_scheduler::ids::{ShuffleId, StageId};
use std::collections::hash_map::DefaultHasher;
use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::hash::Hasher;
use std::io::Read;
use std::path::Path;

/// What the message of an attempt says that is made to fail.
pub const MADE_TO_FAIL: &str =
    "this attempt has done its work, and firesteel.rehearsal.failures makes it fail";

/// For the user whose function did what it cannot do twice.
const NOT_REPEATABLE: &str = "the first attempt at this task succeeded and was made to fail, as on a cluster when an \
     executor is lost, and the next one meets what it has left behind. Make the function repeatable: overwrite instead \
     of create or append, write under a temporary name and rename, give what is inserted a key";

/// For the user whose function gives something else each time.
pub const NOT_DETERMINISTIC: &str = "on a cluster, where the map outputs of a lost executor are made again, some tasks \
     would have read the first ones and others the second, and the result would be right for neither. Seed random \
     numbers with the index of the partition; depend neither on time, process and machine, nor on what earlier tasks \
     have left in globals";

/// What is done on purpose, and what has been.
#[derive(Debug, Default)]
pub struct Rehearsal {
    /// Whether anything is done at all, so that map outputs may be made again.
    is_on: bool,
    fails: bool,
    deaths_left: u64,
    /// Ends of tasks until the next death.
    until_death: u64,
    /// Ends of tasks between two deaths, at most.
    gap: u64,
    numbers: Numbers,
    /// The tasks whose first attempt was made to fail.
    failed: HashSet<(StageId, u32)>,
    /// What map outputs were like when they were made first.
    outputs: HashMap<(ShuffleId, u32), u64>,
}

/// What others have to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wishes {
    /// For the scheduler.
    pub shuffle_seed: Option<u64>,
    /// For the workers' limits.
    pub spills: bool,
}

impl Rehearsal {
    /// What the settings ask for, with so many tasks at once.
    pub fn new(conf: &HashMap<String, String>, slots: u32) -> Result<(Rehearsal, Wishes), Error> {
        let seed = number(conf, "firesteel.rehearsal.seed")?;
        let shuffles = switch(conf, "firesteel.rehearsal.shuffle")?;
        let spills = switch(conf, "firesteel.rehearsal.spills")?;
        let fails = switch(conf, "firesteel.rehearsal.failures")?;
        let deaths_left = number(conf, "firesteel.rehearsal.deaths")?;
        let mut rehearsal = Rehearsal {
            is_on: fails || deaths_left > 0,
            fails,
            deaths_left,
            gap: 2 * u64::from(slots.max(1)),
            numbers: Numbers(seed),
            ..Rehearsal::default()
        };
        rehearsal.draw_death();
        Ok((rehearsal, Wishes { shuffle_seed: shuffles.then_some(seed), spills }))
    }

    fn draw_death(&mut self) {
        self.until_death = 1 + self.numbers.next() % self.gap.max(1);
    }

    /// A task has ended. Whether its executor is to die, if it does not already.
    pub fn strikes(&mut self) -> bool {
        self.until_death = self.until_death.saturating_sub(1);
        self.deaths_left > 0 && self.until_death == 0
    }

    /// An executor dies of it.
    pub fn struck(&mut self) {
        self.deaths_left = self.deaths_left.saturating_sub(1);
        self.draw_death();
    }

    /// A task has succeeded. Whether it is to have failed.
    pub fn fails(&mut self, stage: StageId, partition: u32, attempt: u32) -> bool {
        self.fails && attempt == 0 && self.failed.insert((stage, partition))
    }

    /// What to say of a task that has failed for good.
    pub fn advice(&self, stage: StageId, partition: u32) -> Option<String> {
        self.failed.contains(&(stage, partition)).then(|| NOT_REPEATABLE.to_owned())
    }

    /// Whether a map output is what it was before, as far as its bytes tell.
    pub fn is_same(&mut self, shuffle: ShuffleId, map: u32, output: &MapOutput) -> bool {
        if !self.is_on {
            return true;
        }
        let Some(digest) = digest(&output.path) else { return true };
        *self.outputs.entry((shuffle, map)).or_insert(digest) == digest
    }

    /// A shuffle is gone.
    pub fn forget(&mut self, shuffle: ShuffleId) {
        self.outputs.retain(|(of, _), _| *of != shuffle);
    }
}

/// Vigna's SplitMix64, a generator that needs no more than its seed.
#[derive(Debug, Default)]
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }
}

/// None for a file that cannot be read: whoever needs it finds that out.
fn digest(path: &Path) -> Option<u64> {
    const AT_ONCE: usize = 1 << 16;
    let mut file = File::open(path).ok()?;
    let mut hasher = DefaultHasher::new();
    let mut buffer = vec![0; AT_ONCE];
    loop {
        match file.read(&mut buffer).ok()? {
            0 => return Some(hasher.finish()),
            length => hasher.write(buffer.get(..length)?),
        }
    }
}

fn number(conf: &HashMap<String, String>, name: &'static str) -> Result<u64, Error> {
    let Some(text) = conf.get(name) else { return Ok(0) };
    let expected = "a number";
    text.trim().parse().map_err(|_| Error::Conf { name, expected, value: text.clone() })
}

fn switch(conf: &HashMap<String, String>, name: &'static str) -> Result<bool, Error> {
    let Some(text) = conf.get(name) else { return Ok(false) };
    let expected = "true or false";
    let parsed = text.trim().to_ascii_lowercase().parse();
    parsed.map_err(|_| Error::Conf { name, expected, value: text.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rehearsal(settings: &[(&str, &str)]) -> Rehearsal {
        let owned = |(name, value): &(&str, &str)| {
            (format!("firesteel.rehearsal.{name}"), (*value).to_owned())
        };
        let conf = settings.iter().map(owned).collect();
        Rehearsal::new(&conf, 2).unwrap().0
    }

    #[test]
    fn without_settings_nothing_is_done() {
        let mut rehearsal = rehearsal(&[]);
        assert!((0..100).all(|_| !rehearsal.strikes()));
        assert!(!rehearsal.fails(StageId(0), 0, 0));
    }

    #[test]
    fn so_many_executors_die_soon() {
        for seed in ["1", "2", "3"] {
            let mut rehearsal = rehearsal(&[("deaths", "3"), ("seed", seed)]);
            let mut deaths = 0;
            for _ in 0..12 {
                if rehearsal.strikes() {
                    rehearsal.struck();
                    deaths += 1;
                }
            }
            assert_eq!(deaths, 3, "seed {seed}");
        }
    }

    #[test]
    fn only_the_first_attempt_fails() {
        let mut rehearsal = rehearsal(&[("failures", "true")]);
        assert!(rehearsal.fails(StageId(0), 1, 0));
        assert!(!rehearsal.fails(StageId(0), 1, 0));
        assert!(!rehearsal.fails(StageId(0), 2, 1));
        assert!(rehearsal.advice(StageId(0), 1).is_some());
        assert!(rehearsal.advice(StageId(0), 2).is_none());
    }

    #[test]
    fn a_second_output_is_compared_with_the_first() {
        let folder = tempfile::tempdir().unwrap();
        let written = |name: &str, bytes: &[u8]| {
            let path = folder.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            MapOutput { path, length: bytes.len() as u64, elements: 1, filled: None }
        };
        let mut rehearsal = rehearsal(&[("failures", "true")]);
        assert!(rehearsal.is_same(ShuffleId(0), 1, &written("a", b"first")));
        assert!(rehearsal.is_same(ShuffleId(0), 1, &written("b", b"first")));
        assert!(!rehearsal.is_same(ShuffleId(0), 1, &written("c", b"other")));
        rehearsal.forget(ShuffleId(0));
        assert!(rehearsal.is_same(ShuffleId(0), 1, &written("d", b"other")));
    }

    #[test]
    fn settings_are_checked() {
        for (name, value) in [("deaths", "some"), ("spills", "maybe")] {
            let conf = [(format!("firesteel.rehearsal.{name}"), value.to_owned())].into();
            assert!(Rehearsal::new(&conf, 1).is_err());
        }
    }
}
