//! The death of an executor: everything that it ran, and everything that it held, is gone at once.
//!
//! | It had                     | then                                                                        |
//! |----------------------------|-----------------------------------------------------------------------------|
//! | map outputs that count     | they are made anew before anybody reads them                                 |
//! | cached blocks              | their partitions are computed anew; those of a barrier stage go together     |
//! | running tasks              | each has lost its worker, and runs again, on another executor if one is idle |
//! | workers that were starting | together they are one failed start                                           |
//!
//! The driver as the only executor holds no files: those of `local[n]` outlive its daemon.
//!
//! Invariant: afterwards nothing refers to the executor but finished attempts, and its place is free for another one.

use super::DagScheduler;
use crate::event::Action;
use crate::ids::{ExecutorId, RddId, TaskId};
use crate::task_scheduler::RunningTask;
use crate::task_set::SlotState;
use crate::worker_pool::WorkerState;

impl DagScheduler {
    pub fn executor_lost(&mut self, executor: ExecutorId, cause: &str) {
        let Some(workers) = self.tasks.remove_executor(executor) else { return };
        let was_starting = workers.contains(&WorkerState::Starting);
        // First all of them, so that nobody asks for the end of a task whose worker is gone.
        let tasks: Vec<_> = workers.into_iter().filter_map(|state| self.take_task(state)).collect();
        if self.executors_hold_files {
            self.lose_files_of(executor);
        }
        for (id, task) in tasks {
            if self.owns_slot(id, &task) {
                self.task_died(&task, cause.to_owned());
            }
        }
        if was_starting {
            self.start_failed(cause.to_owned());
        }
    }

    fn take_task(&mut self, state: WorkerState) -> Option<(TaskId, RunningTask)> {
        let WorkerState::Busy(id) = state else { return None };
        let task = self.tasks.end_with_worker(id)?;
        self.loosened.push(task.pin);
        Some((id, task))
    }

    /// Whether its stage still counts on a task: a barrier stage has begun anew with the first of them that died.
    fn owns_slot(&self, id: TaskId, task: &RunningTask) -> bool {
        let slot = self.stages.get(task.stage).and_then(|stage| stage.tasks.state(task.index));
        !task.is_killed && slot == Some(SlotState::Running(id))
    }

    fn lose_files_of(&mut self, executor: ExecutorId) {
        let epoch = self.outputs.epoch();
        for (shuffle, map_partition, task) in self.outputs.held_by(executor) {
            self.lose_output(shuffle, map_partition, epoch);
            self.actions.push(Action::LoseMapOutput { shuffle, map_partition, task });
        }
        for (rdd, partition) in self.blocks.held_by(executor) {
            self.lose_block(rdd, partition);
        }
    }

    /// Blocks of a barrier stage are worth nothing without the others: their tasks have met.
    fn lose_block(&mut self, rdd: RddId, partition: u32) {
        if self.lineage.is_barrier(rdd) {
            if self.blocks.count(rdd) > 0 {
                self.blocks_dropped(rdd);
                self.actions.push(Action::RemoveBlocks { rdd });
            }
            return;
        }
        if self.blocks.drop_partition(rdd, partition) {
            self.evaluate_readers(rdd);
        }
        self.actions.push(Action::LoseBlock { rdd, partition });
    }
}
