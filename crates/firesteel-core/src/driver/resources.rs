//! The addresses of devices that each executor has, and which of its tasks has which.
//!
//! How many tasks run at once is the scheduler's affair, who knows it as the number of an executor's workers. Invariant: no
//! address is given to more tasks than share it, and what a task had is free again when the task has ended.

use firesteel_scheduler::ids::{ExecutorId, TaskId};
use std::collections::{BTreeMap, HashMap};

/// The local property by which a task knows its addresses, as JSON.
const PROPERTY: &str = "firesteel.task.resources";

/// A kind of device, as each executor has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// What it is called: `gpu`.
    pub name: String,
    /// Those of each executor.
    pub addresses: Vec<String>,
    /// How many of them a task has.
    pub per_task: u32,
    /// How many tasks share each of them.
    pub sharers: u32,
}

/// Who has what.
#[derive(Debug, Default)]
pub struct Resources {
    kinds: Vec<Resource>,
    /// How many tasks have each address, by executor, kind and address.
    used: HashMap<ExecutorId, Vec<Vec<u32>>>,
    held: HashMap<TaskId, Held>,
}

/// The positions of a task's addresses, by kind.
#[derive(Debug)]
struct Held {
    executor: ExecutorId,
    addresses: Vec<Vec<usize>>,
}

impl Resources {
    /// All of them free.
    pub fn new(kinds: Vec<Resource>) -> Resources {
        Resources { kinds, ..Resources::default() }
    }

    /// Gives a task its addresses, and returns the property that tells it of them; none where there are no devices.
    pub fn take(&mut self, task: TaskId, executor: ExecutorId) -> Option<(String, String)> {
        if self.kinds.is_empty() {
            return None;
        }
        let kinds = &self.kinds;
        let unused = || kinds.iter().map(|kind| vec![0; kind.addresses.len()]).collect();
        let used = self.used.entry(executor).or_insert_with(unused);
        let addresses: Vec<_> =
            kinds.iter().zip(used).map(|(kind, used)| choose(kind, used)).collect();
        let named = kinds.iter().zip(&addresses).map(|(kind, chosen)| {
            let chosen = chosen.iter().filter_map(|place| kind.addresses.get(*place));
            (kind.name.as_str(), chosen.collect::<Vec<_>>())
        });
        let told = serde_json::json!(named.collect::<BTreeMap<_, _>>()).to_string();
        self.held.insert(task, Held { executor, addresses });
        Some((PROPERTY.to_owned(), told))
    }

    /// A task has ended, or has never begun.
    pub fn give_back(&mut self, task: TaskId) {
        let Some(Held { executor, addresses }) = self.held.remove(&task) else { return };
        let Some(used) = self.used.get_mut(&executor) else { return };
        for (used, places) in used.iter_mut().zip(addresses) {
            for place in places {
                if let Some(tasks) = used.get_mut(place) {
                    *tasks = tasks.saturating_sub(1);
                }
            }
        }
    }
}

/// Notes that one more task has the addresses that it returns: of those that are not full the fullest, so that whole ones
/// stay free.
fn choose(kind: &Resource, used: &mut [u32]) -> Vec<usize> {
    let mut free: Vec<usize> = (0..used.len())
        .filter(|place| used.get(*place).is_some_and(|t| *t < kind.sharers))
        .collect();
    free.sort_by_key(|place| std::cmp::Reverse(used.get(*place).copied()));
    free.truncate(kind.per_task as usize);
    free.sort_unstable();
    for place in &free {
        if let Some(tasks) = used.get_mut(*place) {
            *tasks += 1;
        }
    }
    free
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gpus(per_task: u32, sharers: u32) -> Resources {
        let addresses = ["0", "1", "2"].map(str::to_owned).to_vec();
        Resources::new(vec![Resource { name: "gpu".to_owned(), addresses, per_task, sharers }])
    }

    fn taken(resources: &mut Resources, task: u64, executor: u32) -> String {
        resources.take(TaskId(task), ExecutorId(executor)).unwrap().1
    }

    #[test]
    fn each_task_has_its_own() {
        let mut gpus = gpus(1, 1);
        assert_eq!(taken(&mut gpus, 0, 0), r#"{"gpu":["0"]}"#);
        assert_eq!(taken(&mut gpus, 1, 0), r#"{"gpu":["1"]}"#);
        assert_eq!(taken(&mut gpus, 2, 1), r#"{"gpu":["0"]}"#);
        gpus.give_back(TaskId(0));
        gpus.give_back(TaskId(0));
        assert_eq!(taken(&mut gpus, 3, 0), r#"{"gpu":["0"]}"#);
    }

    #[test]
    fn a_task_has_several_or_a_part() {
        assert_eq!(taken(&mut gpus(2, 1), 0, 0), r#"{"gpu":["0","1"]}"#);
        let mut halves = gpus(1, 2);
        let shared: Vec<_> = (0..3).map(|task| taken(&mut halves, task, 0)).collect();
        assert_eq!(shared, [r#"{"gpu":["0"]}"#, r#"{"gpu":["0"]}"#, r#"{"gpu":["1"]}"#]);
    }

    #[test]
    fn without_devices_there_is_nothing_to_tell() {
        assert_eq!(Resources::default().take(TaskId(0), ExecutorId(0)), None);
    }
}
