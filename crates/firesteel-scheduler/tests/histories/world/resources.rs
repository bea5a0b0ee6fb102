//! What the user asks for in some stages, and whether executors give no more than they have.
//!
//! All amounts are counted in halves: a model that adds up otherwise than the scheduler does.

use super::{Task, World};
use crate::data::{closure, stage};
use crate::dice::Dice;
use firesteel_scheduler::event::{Action, Event, JobFailure, LaunchTask};
use firesteel_scheduler::ids::{ExecutorId, ProfileId, RddId};
use firesteel_scheduler::lineage::Dependency;
use firesteel_scheduler::resources::{
    Amount, Devices, ExecutorResources, ResourceProfile, TaskResources,
};
use std::collections::{BTreeMap, BTreeSet};

/// Halves of processors and of devices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Halves {
    cpus: u32,
    devices: u32,
}

/// What tasks ask for if the user says nothing.
const PLAIN: Halves = Halves { cpus: 2, devices: 0 };
const WHOLE: u32 = 2;
const KIND: &str = "gpu";

impl Halves {
    fn request(self) -> TaskResources {
        let amount = |halves: u32| Amount::of(f64::from(halves) / 2.0);
        let devices = amount(self.devices).map(|devices| (KIND.to_owned(), devices));
        let cpus = amount(self.cpus).expect("a task has a processor, or half of one");
        TaskResources { cpus, devices: devices.into_iter().collect() }
    }

    /// How many addresses.
    fn addresses(self) -> u32 {
        self.devices.div_ceil(WHOLE)
    }

    /// How many such tasks run at once on an executor.
    fn slots(self, cores: u32, devices: u32) -> u32 {
        let of_devices = match self.devices {
            0 => u32::MAX,
            share if share <= WHOLE => devices * (WHOLE / share),
            several => devices / several.div_ceil(WHOLE),
        };
        of_devices.min(cores * WHOLE / self.cpus)
    }
}

/// What a profile says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Profile {
    id: ProfileId,
    task: Halves,
    /// The executors of its own: processors and devices of each.
    own: Option<(u32, u32)>,
}

/// What the tasks of a stage ask for, and whose executors run them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Request {
    task: Halves,
    on: ProfileId,
}

/// What the user has asked for.
#[derive(Default)]
pub(super) struct Wishes {
    all: BTreeMap<RddId, Profile>,
    /// Those that the scheduler has not been told of.
    news: BTreeSet<RddId>,
    /// What the scheduler knows.
    told: BTreeMap<RddId, Profile>,
    /// What the tasks of the stages that end in each RDD may ask for: what they have to since some job.
    asked: BTreeMap<RddId, BTreeSet<Request>>,
    profiles: u32,
    /// The executors that the scheduler has been told of: processors and devices of each.
    executors: BTreeMap<ProfileId, (u32, u32)>,
}

/// The devices of each executor.
pub(super) fn devices(count: u32) -> Devices {
    let addresses = (0..count).map(|address| address.to_string()).collect();
    if count == 0 { Devices::new() } else { Devices::from([(KIND.to_owned(), addresses)]) }
}

impl World {
    /// The user asks for something in the stages of an RDD, sometimes by a profile that others have.
    pub(super) fn wish(&mut self, dice: &mut Dice) {
        let Some(rdd) = dice.pick(self.usable()) else { return };
        let other = dice.pick(self.wishes.all.values().copied());
        let profile = other.filter(|_| dice.chance(30)).unwrap_or_else(|| {
            self.wishes.profiles += 1;
            let cpus = dice.pick([1, 2, 3, 4]).unwrap_or(2);
            let devices = dice.pick([0, 0, 1, 2, 4]).unwrap_or(0);
            let task = Halves { cpus, devices };
            let own = (dice.below(3) as u32 + 1, dice.below(3) as u32);
            let own = Some(own).filter(|_| self.climate.executors.is_some() && dice.chance(30));
            Profile { id: ProfileId(self.wishes.profiles), task, own }
        });
        self.wishes.all.insert(rdd, profile);
        self.wishes.news.insert(rdd);
    }

    /// What is told with a job, of RDDs that the scheduler knows.
    pub(super) fn tell_wishes(&mut self) -> Vec<(RddId, ResourceProfile)> {
        let news = self.wishes.news.iter().copied().filter(|rdd| self.sent.contains(rdd));
        let news: Vec<RddId> = news.collect();
        let profile = |rdd: RddId| {
            self.wishes.news.remove(&rdd);
            let Profile { id, task, own } = self.wishes.all[&rdd];
            self.wishes.told.insert(rdd, Profile { id, task, own });
            self.wishes.executors.extend(own.map(|own| (id, own)));
            let executor =
                own.map(|(cores, count)| ExecutorResources { cores, devices: devices(count) });
            (rdd, ResourceProfile { id, task: task.request(), executor })
        };
        news.into_iter().map(profile).collect()
    }

    /// The profiles of the stage that ends in an RDD.
    fn profiles_of(&self, rdd: RddId) -> BTreeSet<Profile> {
        let rdds = stage(&self.all, rdd);
        rdds.iter().filter_map(|rdd| self.wishes.told.get(rdd)).copied().collect()
    }

    /// What the tasks of that stage ask for.
    fn asked_by(&self, rdd: RddId) -> Request {
        let profiles = self.profiles_of(rdd);
        let most = |part: fn(&Halves) -> u32| profiles.iter().map(|one| part(&one.task)).max();
        let cpus = most(|halves| halves.cpus).unwrap_or(PLAIN.cpus);
        let devices = most(|halves| halves.devices).unwrap_or(PLAIN.devices);
        let own = profiles.iter().find(|one| one.own.is_some()).map(|one| one.id);
        Request { task: Halves { cpus, devices }, on: own.unwrap_or_default() }
    }

    /// Whether that stage cannot have all its profiles.
    fn is_conflict(&self, rdd: RddId) -> bool {
        let profiles = self.profiles_of(rdd);
        let own = profiles.iter().filter(|one| one.own.is_some()).count();
        profiles.len() > 1 && (!self.climate.merges_profiles || own > 0)
    }

    /// What each executor of a profile has: processors and devices.
    fn each(&self, on: ProfileId) -> (u32, u32) {
        let all = (self.climate.cores, self.climate.devices);
        self.wishes.executors.get(&on).copied().unwrap_or(all)
    }

    /// How many tasks of the stage that ends in an RDD run at once.
    pub(super) fn slots_of(&self, rdd: RddId) -> u32 {
        let Request { task, on } = self.asked_by(rdd);
        let (cores, devices) = self.each(on);
        task.slots(cores, devices) * self.climate.executors.unwrap_or(1)
    }

    /// How many workers an executor may have, at most.
    pub(super) fn most_workers(&self) -> u32 {
        let asked = self.wishes.asked.values().flatten().map(|request| request.task.cpus);
        let own = self.wishes.executors.values().map(|(cores, _)| *cores).max().unwrap_or(0);
        own.max(self.climate.cores) * WHOLE / asked.min().unwrap_or(PLAIN.cpus).min(PLAIN.cpus)
    }

    /// How many executors there may be.
    pub(super) fn most_executors(&self) -> u32 {
        self.climate.executors.unwrap_or(1) * (1 + self.wishes.executors.len() as u32)
    }

    /// The last RDDs of a job's stages.
    fn ends(&self, rdd: RddId) -> BTreeSet<RddId> {
        let map_side = |id: &RddId| match self.all[id].rdd.dependency {
            Dependency::Shuffle { parent, .. } => Some(parent),
            _ => None,
        };
        closure(&self.all, rdd).0.iter().filter_map(map_side).chain([rdd]).collect()
    }

    /// Before a job: what its stages will ask for, if it is not refused. Whether it has to be.
    pub(super) fn expect_requests(&mut self, rdd: RddId, partitions: &[u32]) -> bool {
        if partitions.is_empty() {
            return false;
        }
        let ends = self.ends(rdd);
        let is_wrong = |end: &RddId| self.is_conflict(*end) || self.slots_of(*end) == 0;
        if ends.iter().any(is_wrong) {
            return true;
        }
        for end in ends {
            let asked = self.asked_by(end);
            self.wishes.asked.entry(end).or_default().insert(asked);
        }
        false
    }

    /// After a job was submitted: it was refused if it had to be.
    pub(super) fn check_refusal(&self, is_due: bool, event: &Event, actions: &[Action]) {
        let refusal = |action: &Action| match action {
            Action::FailJob { failure, .. } => {
                matches!(failure, JobFailure::ProfilesDiffer { .. } | JobFailure::TooLittle { .. })
            }
            _ => false,
        };
        assert_eq!(actions.iter().any(refusal), is_due, "{event:?}");
    }

    /// What a task has, of what its stage may ask for.
    pub(super) fn request_of(&self, launch: &LaunchTask) -> Request {
        let addresses = launch.devices.get(KIND).map_or(0, |addresses| addresses.len() as u32);
        let fits = |Request { task, on }: &&Request| {
            task.request().cpus == launch.cpus
                && task.addresses() == addresses
                && *on == launch.profile
        };
        let asked = self.wishes.asked.get(&launch.rdd).into_iter().flatten().find(fits);
        *asked.unwrap_or_else(|| {
            panic!("nobody asks for what {launch:?} has: {:?}", self.wishes.asked)
        })
    }

    /// After a launch: together the tasks of an executor have no more than it has.
    pub(super) fn check_resources(&self, executor: ExecutorId) {
        let of_it = |task: &&Task| task.launch.executor == executor;
        let kinds: BTreeSet<_> =
            self.tasks.values().filter(of_it).map(|task| task.request.on).collect();
        let Some(kind) = kinds.first().filter(|_| kinds.len() == 1) else {
            panic!("executor {executor} runs tasks of {kinds:?}")
        };
        let (cores, devices) = self.each(*kind);
        let mut cpus = 0;
        let mut shares: BTreeMap<&String, u32> = BTreeMap::new();
        for task in self.tasks.values().filter(of_it) {
            cpus += task.request.task.cpus;
            for address in task.launch.devices.values().flatten() {
                *shares.entry(address).or_default() += task.request.task.devices.min(WHOLE);
            }
        }
        assert!(cpus <= cores * WHOLE, "executor {executor} gives {cpus} half processors");
        assert!(shares.len() <= devices as usize, "executor {executor}: {shares:?}");
        assert!(shares.values().all(|halves| *halves <= WHOLE), "executor {executor}: {shares:?}");
    }
}
