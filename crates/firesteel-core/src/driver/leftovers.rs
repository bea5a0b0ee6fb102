//! Files that nobody needs any more, and when they can be deleted.
//!
//! Invariant: a block is not deleted while a task that was told to read it still runs.

use super::map_outputs::delete;
use crate::storage::{BlockRef, Placement};
use firesteel_scheduler::ids::TaskId;
use std::collections::HashSet;
use std::fs;
use std::path::Path;

/// How the names of blocks begin that the driver writes; all others are a task's.
pub const DRIVER_PREFIX: &str = "driver-";

/// Blocks that were dropped while tasks read them.
#[derive(Debug, Default)]
pub struct Dropped(Vec<(HashSet<TaskId>, Vec<BlockRef>)>);

impl Dropped {
    /// Deletes the blocks as soon as all readers have ended, which may be now.
    pub fn add(&mut self, blocks: Vec<BlockRef>, readers: HashSet<TaskId>) {
        self.0.push((readers, blocks));
        self.delete_unread();
    }

    /// A task has ended.
    pub fn task_ended(&mut self, task: TaskId) {
        for (readers, _) in &mut self.0 {
            readers.remove(&task);
        }
        self.delete_unread();
    }

    fn delete_unread(&mut self) {
        for (_, blocks) in self.0.extract_if(.., |(readers, _)| readers.is_empty()) {
            blocks.iter().for_each(|block| delete(&block.path));
        }
    }
}

/// Deletes the blocks that a task had sealed when its worker died: it could not report them any more.
///
/// Workers end the name of a block with the id of the task that writes it.
pub fn delete_blocks_of(task: TaskId, placement: &Placement) {
    for directory in placement.directories() {
        delete_by_suffix(directory, &format!("-{task}"));
    }
}

fn delete_by_suffix(directory: &Path, suffix: &str) {
    let Ok(entries) = fs::read_dir(directory) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.ends_with(suffix) && !name.starts_with(DRIVER_PREFIX) {
            delete(&entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::write_block;

    fn placement(folder: &Path) -> Placement {
        Placement::on_disk(folder)
    }

    #[test]
    fn a_dropped_block_waits_for_its_readers() {
        let folder = tempfile::tempdir().unwrap();
        let block = write_block(&placement(folder.path()), "rdd-1-0-3", b"x").unwrap();
        let mut dropped = Dropped::default();
        dropped.add(vec![block.clone()], HashSet::from([TaskId(7), TaskId(8)]));
        dropped.task_ended(TaskId(8));
        assert!(block.path.exists());
        dropped.task_ended(TaskId(7));
        assert!(!block.path.exists());
    }

    #[test]
    fn a_lost_task_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let placement = placement(folder.path());
        let names = ["rdd-1-0-12", "shuffle-1-2", "driver-code-2", "result-2"];
        let blocks = names.map(|name| write_block(&placement, name, b"x").unwrap());
        delete_blocks_of(TaskId(2), &placement);
        assert_eq!(blocks.map(|block| block.path.exists()), [true, false, true, false]);
    }
}
