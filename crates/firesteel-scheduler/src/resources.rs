//! What tasks ask for and what executors have of it: processors, and devices by their addresses.
//!
//! Amounts are counted in billionths, so that shares of a processor or a device add up exactly. Of the addresses of a
//! kind a task has as many whole ones as it asks for, or a share of one; shares are dealt from the fullest address that has
//! room, so that whole ones stay free.
//!
//! Invariant: no executor gives more than it has, and what a task had is free again when the task has ended.

use crate::ids::{ExecutorId, ProfileId, TaskId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// An amount of a resource, in billionths of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Amount(u64);

impl Amount {
    /// One processor, or one whole device.
    pub const ONE: Amount = Amount(1_000_000_000);

    /// So many of it, rounded down to a billionth. None for what no task may ask for: less than that, or what is no number.
    pub fn of(count: f64) -> Option<Amount> {
        let billionths = count * Self::ONE.0 as f64;
        // The comparison is false for what is no number.
        (1.0..=u64::MAX as f64).contains(&billionths).then_some(Amount(billionths as u64))
    }

    pub(crate) fn one() -> Amount {
        Self::ONE
    }

    pub(crate) fn is_one(&self) -> bool {
        *self == Self::ONE
    }

    fn whole(count: u32) -> Amount {
        Amount(u64::from(count) * Self::ONE.0)
    }

    /// In billionths.
    pub fn billionths(self) -> u64 {
        self.0
    }

    /// In whole ones, rounded up.
    pub fn rounded_up(self) -> u32 {
        u32::try_from(self.0.div_ceil(Self::ONE.0)).unwrap_or(u32::MAX)
    }

    /// As a part of so many.
    pub fn part_of(self, count: u32) -> f64 {
        self.0 as f64 / Self::whole(count.max(1)).0 as f64
    }
}

/// What each task of a stage asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskResources {
    /// Processors.
    pub cpus: Amount,
    /// Devices by their kind: a share of one, or a whole number of them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub devices: BTreeMap<String, Amount>,
}

impl Default for TaskResources {
    /// One processor.
    fn default() -> Self {
        Self { cpus: Amount::ONE, devices: BTreeMap::new() }
    }
}

impl TaskResources {
    /// The more of both, for each of them.
    #[must_use]
    pub fn merged(&self, other: &TaskResources) -> TaskResources {
        let mut devices = self.devices.clone();
        for (kind, amount) in &other.devices {
            let most = devices.entry(kind.clone()).or_insert(*amount);
            *most = (*most).max(*amount);
        }
        TaskResources { cpus: self.cpus.max(other.cpus), devices }
    }

    /// Whether it is what tasks ask for where nobody says anything.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// What an executor has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExecutorResources {
    /// Processors. At least 1.
    pub cores: u32,
    /// Devices: the addresses of each kind.
    #[serde(default, skip_serializing_if = "Devices::is_empty")]
    pub devices: Devices,
}

/// What the user wants for the stages that an RDD is in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResourceProfile {
    /// Two profiles are the same if their ids are.
    pub id: ProfileId,
    /// For each task.
    pub task: TaskResources,
    /// Executors of its own, for no other profile's tasks. None where the ones that there are will do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub executor: Option<ExecutorResources>,
}

/// The addresses of devices, by their kind.
pub type Devices = BTreeMap<String, Vec<String>>;

/// What the tasks of a stage ask for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Asked {
    pub task: TaskResources,
    /// Whose executors they run on.
    pub executors: ProfileId,
}

/// The executors, which task has what of them, and what is left.
#[derive(Debug)]
pub(crate) struct Resources {
    /// How many executors there are for each profile that has its own.
    count: u32,
    kinds: BTreeMap<ProfileId, Kind>,
    executors: BTreeMap<ExecutorId, Executor>,
    next_executor: u32,
    held: BTreeMap<TaskId, Held>,
}

/// What all executors of a profile have.
#[derive(Debug)]
struct Kind {
    devices: Devices,
    /// What one has left that runs nothing.
    whole: Free,
}

#[derive(Clone, Debug)]
struct Executor {
    kind: ProfileId,
    free: Free,
}

/// What an executor has left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Free {
    cpus: u64,
    /// By kind, of each address.
    devices: BTreeMap<String, Vec<u64>>,
}

#[derive(Clone, Debug)]
struct Held {
    executor: ExecutorId,
    cpus: u64,
    /// By kind: which addresses, and how much of each.
    devices: BTreeMap<String, (Vec<usize>, u64)>,
}

impl Resources {
    /// So many executors that have so much each.
    pub fn new(count: u32, each: ExecutorResources) -> Self {
        let mut resources = Self {
            count: count.max(1),
            kinds: BTreeMap::new(),
            executors: BTreeMap::new(),
            next_executor: 0,
            held: BTreeMap::new(),
        };
        resources.add_kind(ProfileId::default(), each);
        resources
    }

    /// As many executors more for a profile, unless it has them.
    pub fn add_kind(&mut self, kind: ProfileId, each: ExecutorResources) {
        if self.kinds.contains_key(&kind) {
            return;
        }
        let whole = Free::all_of(&each);
        self.kinds.insert(kind, Kind { devices: each.devices, whole });
        for _ in 0..self.count {
            self.add(kind);
        }
    }

    fn add(&mut self, kind: ProfileId) {
        let Some(Kind { whole, .. }) = self.kinds.get(&kind) else { return };
        let executor = Executor { kind, free: whole.clone() };
        self.executors.insert(ExecutorId(self.next_executor), executor);
        self.next_executor += 1;
    }

    /// An executor is gone; another one takes its place. False for one that is not there.
    pub fn replace(&mut self, executor: ExecutorId) -> bool {
        let Some(gone) = self.executors.remove(&executor) else { return false };
        self.add(gone.kind);
        true
    }

    pub fn executors(&self) -> impl Iterator<Item = ExecutorId> {
        self.executors.keys().copied()
    }

    /// What an executor has left, and for whose tasks.
    pub fn free(&self, executor: ExecutorId) -> Option<(ProfileId, &Free)> {
        self.executors.get(&executor).map(|executor| (executor.kind, &executor.free))
    }

    /// How many such tasks an executor has enough left for.
    pub fn room(&self, executor: ExecutorId, asked: &Asked) -> usize {
        let free = self.free(executor).filter(|(kind, _)| *kind == asked.executors);
        free.map_or(0, |(_, free)| free.slots(&asked.task))
    }

    /// How many such tasks an executor runs at once that runs nothing else.
    pub fn slots(&self, asked: &Asked) -> usize {
        self.kinds.get(&asked.executors).map_or(0, |kind| kind.whole.slots(&asked.task))
    }

    /// How many such tasks run at once where nothing else runs.
    pub fn all_slots(&self, asked: &Asked) -> usize {
        self.count as usize * self.slots(asked)
    }

    /// Gives a task what there must be for it, and returns the addresses that it has of each kind.
    pub fn take(&mut self, task: TaskId, executor: ExecutorId, asked: &TaskResources) -> Devices {
        let Some(Executor { kind, free }) = self.executors.get_mut(&executor) else {
            return Devices::new();
        };
        let (Some(kind), Some(devices)) = (self.kinds.get(kind), free.take(asked)) else {
            return Devices::new();
        };
        let named = devices.iter().filter_map(|(name, (places, _))| {
            let addresses = kind.devices.get(name)?;
            let chosen = places.iter().filter_map(|place| addresses.get(*place).cloned());
            Some((name.clone(), chosen.collect()))
        });
        let named = named.collect();
        self.held.insert(task, Held { executor, cpus: asked.cpus.0, devices });
        named
    }

    /// A task has ended, or its executor has.
    pub fn give_back(&mut self, task: TaskId) {
        let Some(held) = self.held.remove(&task) else { return };
        if let Some(executor) = self.executors.get_mut(&held.executor) {
            executor.free.give_back(&held);
        }
    }

    /// How many tasks run at once on an executor if none asks for fewer processors. For tests.
    pub fn most_tasks(&self, cpus: Amount) -> impl Fn(ExecutorId) -> usize {
        let asked = TaskResources { cpus, ..TaskResources::default() };
        move |executor| {
            let executor = self.executors.get(&executor);
            let kind = executor.and_then(|executor| self.kinds.get(&executor.kind));
            kind.map_or(0, |kind| kind.whole.slots(&asked))
        }
    }

    /// Whether what the executors have left is what these tasks do not have. For tests.
    pub fn check(&self, running: impl Iterator<Item = TaskId>) -> Result<(), String> {
        let running: Vec<TaskId> = running.collect();
        if !self.held.keys().copied().eq(running.iter().copied()) {
            return Err(format!("{running:?} run, and {:?} have resources", self.held.keys()));
        }
        let mut executors = self.executors.clone();
        for held in self.held.values() {
            if let Some(executor) = executors.get_mut(&held.executor) {
                executor.free.give_back(held);
            }
        }
        let is_whole = |executor: &Executor| {
            self.kinds.get(&executor.kind).is_some_and(|kind| kind.whole == executor.free)
        };
        match executors.iter().find(|(_, executor)| !is_whole(executor)) {
            None => Ok(()),
            Some(leaks) => Err(format!("{leaks:?} gives more or less than it has")),
        }
    }
}

impl Free {
    fn all_of(each: &ExecutorResources) -> Free {
        let one_each = |addresses: &Vec<String>| vec![Amount::ONE.0; addresses.len()];
        let devices = each.devices.iter().map(|(kind, found)| (kind.clone(), one_each(found)));
        Free { cpus: Amount::whole(each.cores.max(1)).0, devices: devices.collect() }
    }

    /// How many such tasks find what they ask for.
    pub fn slots(&self, asked: &TaskResources) -> usize {
        let by_cpus = usize::try_from(self.cpus / asked.cpus.0.max(1)).unwrap_or(usize::MAX);
        let by_device = asked.devices.iter().map(|(kind, amount)| self.slots_of(kind, *amount));
        by_device.fold(by_cpus, usize::min)
    }

    fn slots_of(&self, kind: &str, amount: Amount) -> usize {
        let Some(free) = self.devices.get(kind) else { return 0 };
        let (addresses, each) = split(amount);
        let shares = |free: &u64| usize::try_from(free / each).unwrap_or(usize::MAX);
        free.iter().map(shares).sum::<usize>() / addresses
    }

    /// Whether there is nothing left that any task could do without.
    pub fn is_exhausted(&self) -> bool {
        self.cpus == 0
    }

    /// Takes what a task asks for, or nothing if that is not all there.
    fn take(&mut self, asked: &TaskResources) -> Option<BTreeMap<String, (Vec<usize>, u64)>> {
        if self.slots(asked) == 0 {
            return None;
        }
        self.cpus -= asked.cpus.0;
        let taken = asked.devices.iter().filter_map(|(kind, amount)| {
            let (addresses, each) = split(*amount);
            let places = choose(self.devices.get_mut(kind)?, addresses, each);
            Some((kind.clone(), (places, each)))
        });
        Some(taken.collect())
    }

    /// As for a task, in a plan. Whether there was enough.
    pub fn plan(&mut self, asked: &TaskResources) -> bool {
        self.take(asked).is_some()
    }

    fn give_back(&mut self, held: &Held) {
        self.cpus += held.cpus;
        for (kind, (places, each)) in &held.devices {
            let Some(free) = self.devices.get_mut(kind) else { continue };
            for place in places {
                if let Some(free) = free.get_mut(*place) {
                    *free += each;
                }
            }
        }
    }
}

/// How many such tasks an executor runs at once that has so much, and runs nothing else.
pub fn tasks_at_once(each: &ExecutorResources, asked: &TaskResources) -> u32 {
    u32::try_from(Free::all_of(each).slots(asked)).unwrap_or(u32::MAX)
}

/// How many addresses, and how much of each.
fn split(amount: Amount) -> (usize, u64) {
    if amount <= Amount::ONE {
        return (1, amount.0.max(1));
    }
    (usize::try_from(amount.0 / Amount::ONE.0).unwrap_or(usize::MAX), Amount::ONE.0)
}

/// Takes so much of as many addresses, of those that have it first of the fullest.
fn choose(free: &mut [u64], addresses: usize, each: u64) -> Vec<usize> {
    let mut places: Vec<(u64, usize)> =
        free.iter().zip(0..).filter(|(free, _)| **free >= each).map(|(f, at)| (*f, at)).collect();
    places.sort_unstable();
    let mut chosen: Vec<usize> = places.into_iter().take(addresses).map(|(_, at)| at).collect();
    chosen.sort_unstable();
    for place in &chosen {
        if let Some(free) = free.get_mut(*place) {
            *free -= each;
        }
    }
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: ExecutorId = ExecutorId(0);

    fn resources(cores: u32, addresses: &[&str]) -> Resources {
        let addresses = addresses.iter().map(|address| (*address).to_owned()).collect();
        let devices = Devices::from([("gpu".to_owned(), addresses)]);
        Resources::new(2, ExecutorResources { cores, devices })
    }

    fn asked(cpus: f64, gpus: f64) -> TaskResources {
        let gpus = Amount::of(gpus).map(|amount| ("gpu".to_owned(), amount));
        let cpus = Amount::of(cpus).unwrap();
        TaskResources { cpus, devices: gpus.into_iter().collect() }
    }

    fn on(executors: u32, task: &TaskResources) -> Asked {
        Asked { task: task.clone(), executors: ProfileId(executors) }
    }

    fn slots(resources: &Resources, task: &TaskResources) -> usize {
        resources.slots(&on(0, task))
    }

    fn room(resources: &Resources, task: &TaskResources) -> usize {
        resources.room(FIRST, &on(0, task))
    }

    fn taken(resources: &mut Resources, task: u64, asked: &TaskResources) -> String {
        resources
            .take(TaskId(task), FIRST, asked)
            .get("gpu")
            .map_or_else(String::new, |g| g.join(","))
    }

    #[test]
    fn each_task_has_its_own() {
        let mut resources = resources(4, &["a", "b", "c"]);
        let one = asked(1.0, 1.0);
        assert_eq!(slots(&resources, &one), 3);
        assert_eq!(taken(&mut resources, 0, &one), "a");
        assert_eq!(taken(&mut resources, 1, &one), "b");
        resources.give_back(TaskId(0));
        resources.give_back(TaskId(0));
        assert_eq!(taken(&mut resources, 2, &one), "a");
        assert_eq!(room(&resources, &one), 1);
        assert_eq!(resources.room(ExecutorId(1), &on(0, &one)), 3);
    }

    #[test]
    fn shares_leave_whole_ones_free() {
        let mut resources = resources(9, &["a", "b"]);
        assert_eq!(taken(&mut resources, 0, &asked(1.0, 0.3)), "a");
        assert_eq!(taken(&mut resources, 1, &asked(1.0, 0.5)), "a");
        assert_eq!(taken(&mut resources, 2, &asked(1.0, 0.5)), "b");
        assert_eq!(room(&resources, &asked(1.0, 1.0)), 0);
        resources.give_back(TaskId(2));
        assert_eq!(taken(&mut resources, 3, &asked(1.0, 1.0)), "b");
    }

    #[test]
    fn a_task_has_several() {
        let mut resources = resources(4, &["a", "b", "c"]);
        assert_eq!(slots(&resources, &asked(1.0, 2.0)), 1);
        assert_eq!(taken(&mut resources, 0, &asked(1.0, 2.0)), "a,b");
        assert_eq!(room(&resources, &asked(1.0, 2.0)), 0);
        assert_eq!(taken(&mut resources, 1, &asked(1.0, 1.0)), "c");
    }

    #[test]
    fn processors_are_shared_by_parts_too() {
        let mut resources = resources(2, &[]);
        assert_eq!(slots(&resources, &asked(0.5, 0.0)), 4);
        assert_eq!(slots(&resources, &asked(1.0 / 3.0, 0.0)), 6);
        assert_eq!(slots(&resources, &asked(1.5, 0.0)), 1);
        assert_eq!(slots(&resources, &asked(3.0, 0.0)), 0);
        resources.take(TaskId(0), FIRST, &asked(1.5, 0.0));
        assert_eq!(room(&resources, &asked(0.5, 0.0)), 1);
        assert_eq!(resources.check([TaskId(0)].into_iter()), Ok(()));
        assert!(resources.check([].into_iter()).is_err());
    }

    #[test]
    fn what_nobody_has_nobody_gets() {
        let mut resources = resources(2, &[]);
        assert_eq!(slots(&resources, &asked(1.0, 1.0)), 0);
        assert!(resources.take(TaskId(0), FIRST, &asked(1.0, 1.0)).is_empty());
        assert_eq!(room(&resources, &asked(1.0, 0.0)), 2);
    }

    #[test]
    fn executors_of_a_profile_are_for_its_tasks_alone() {
        let mut resources = resources(1, &[]);
        let (one, two) = (asked(1.0, 0.0), asked(2.0, 0.0));
        assert_eq!(resources.slots(&on(7, &two)), 0);
        resources.add_kind(ProfileId(7), ExecutorResources { cores: 4, devices: Devices::new() });
        resources.add_kind(ProfileId(7), ExecutorResources { cores: 9, devices: Devices::new() });
        assert_eq!(resources.executors().count(), 4);
        assert_eq!(resources.all_slots(&on(7, &two)), 4);
        assert_eq!(resources.all_slots(&on(0, &one)), 2);
        assert_eq!(resources.room(ExecutorId(2), &on(7, &two)), 2);
        assert_eq!(resources.room(ExecutorId(2), &on(0, &one)), 0);
        assert_eq!(resources.room(FIRST, &on(7, &one)), 0);
        assert!(resources.replace(ExecutorId(2)) && !resources.replace(ExecutorId(2)));
        assert_eq!(resources.room(ExecutorId(4), &on(7, &two)), 2);
    }

    #[test]
    fn amounts_are_positive_numbers() {
        for wrong in [0.0, -1.0, 1e-10, f64::NAN, f64::INFINITY, 1e12] {
            assert_eq!(Amount::of(wrong), None, "{wrong}");
        }
        let up = |count| Amount::of(count).unwrap().rounded_up();
        assert_eq!([up(0.5), up(1.0), up(1.5)], [1, 1, 2]);
    }

    #[test]
    fn of_two_requests_the_larger_counts_in_each_part() {
        let merged = asked(2.0, 0.5).merged(&asked(1.0, 1.0));
        assert_eq!(merged, asked(2.0, 1.0));
        assert_eq!(asked(1.0, 0.0).merged(&asked(1.0, 0.5)), asked(1.0, 0.5));
    }
}
