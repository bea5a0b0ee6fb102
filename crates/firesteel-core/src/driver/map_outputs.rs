//! The files behind the map outputs that the scheduler keeps track of.
//!
//! Invariant: per shuffle and map partition there is at most one file, that of the accepted task; a file that is
//! replaced or removed is deleted.

use crate::shuffle::MapOutput;
use firesteel_scheduler::ids::{ShuffleId, TaskId};
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

/// All accepted map outputs.
#[derive(Debug, Default)]
pub struct MapOutputs {
    shuffles: HashMap<ShuffleId, HashMap<u32, Accepted>>,
}

#[derive(Debug)]
struct Accepted {
    task: TaskId,
    output: MapOutput,
}

impl MapOutputs {
    /// Keeps the output that counts from now on.
    pub fn accept(&mut self, shuffle: ShuffleId, map: u32, task: TaskId, output: MapOutput) {
        let accepted = Accepted { task, output };
        if let Some(older) = self.shuffles.entry(shuffle).or_default().insert(map, accepted) {
            delete(&older.output.path);
        }
    }

    /// The output of a map partition, if it is the one of this task.
    pub fn get(&self, shuffle: ShuffleId, map: u32, task: TaskId) -> Option<&MapOutput> {
        let accepted = self.shuffles.get(&shuffle)?.get(&map)?;
        (accepted.task == task).then_some(&accepted.output)
    }

    /// The files by map partition, if there are as many as map partitions.
    pub fn complete(&self, shuffle: ShuffleId, map_partitions: u32) -> Option<Vec<PathBuf>> {
        let accepted = self.shuffles.get(&shuffle)?;
        let file = |map| accepted.get(&map).map(|accepted| accepted.output.path.clone());
        (0..map_partitions).map(file).collect()
    }

    /// Deletes the output of a map partition, if it is the one of this task.
    pub fn lose(&mut self, shuffle: ShuffleId, map: u32, task: TaskId) {
        let Some(outputs) = self.shuffles.get_mut(&shuffle) else { return };
        if outputs.get(&map).is_some_and(|accepted| accepted.task == task)
            && let Some(lost) = outputs.remove(&map)
        {
            delete(&lost.output.path);
        }
    }

    /// Deletes the outputs of a shuffle.
    pub fn remove(&mut self, shuffle: ShuffleId) {
        for accepted in self.shuffles.remove(&shuffle).into_iter().flat_map(HashMap::into_values) {
            delete(&accepted.output.path);
        }
    }
}

/// Deletes a file of the run directory. One that is not there any more is what we want; any other error leaves a
/// file behind that goes with the run directory.
pub fn delete(path: &Path) {
    let _ = fs::remove_file(path);
}
