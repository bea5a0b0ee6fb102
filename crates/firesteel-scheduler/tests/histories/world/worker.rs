//! What workers and the disk do: start, work, fail, die.

use super::{Worker, World};
use crate::data::{Block, Reader, Unreadable};
use crate::dice::Dice;
use firesteel_scheduler::event::{Event, TaskEndReason, Work};
use firesteel_scheduler::ids::{ExecutorId, RddId, ShuffleId, TaskId, WorkerId};
use std::collections::{BTreeMap, BTreeSet};

impl World {
    pub(super) fn disaster(&mut self, dice: &mut Dice) {
        let busy = self.tasks.values().map(|task| task.launch.worker);
        let victim = match dice.below(10) {
            9 => {
                let living = self.workers.keys().map(|worker| self.executors[worker]);
                let executor = dice.pick(living.collect::<BTreeSet<_>>());
                return executor.into_iter().for_each(|executor| self.lose_executor(executor));
            }
            4 => return self.time_out(dice),
            5 | 6 => return self.damage_blocks(dice),
            7 => return self.lose_all_workers(),
            8 => return self.interrupt(dice),
            0 => dice.pick(self.workers.keys().copied()),
            1 => dice.pick(busy.collect::<BTreeSet<_>>()),
            // The worker that runs the oldest task: some partition loses one worker after the other.
            2 => self
                .tasks
                .values()
                .min_by_key(|task| (task.launch.stage, task.launch.partition))
                .map(|task| task.launch.worker),
            _ => None,
        };
        if let Some(worker) = victim {
            self.lose_worker(worker);
        } else if let Some(file) = dice.pick(self.disk.files.keys().copied()) {
            let all_of_it = dice.chance(30);
            let is_hit =
                |other: &(ShuffleId, u32, TaskId)| *other == file || all_of_it && other.0 == file.0;
            self.disk.files.retain(|other, _| !is_hit(other));
        }
    }

    /// Some or all blocks of an RDD cannot be read any more, which nobody knows before a task tries.
    fn damage_blocks(&mut self, dice: &mut Dice) {
        let Some((rdd, partition)) = dice.pick(self.disk.blocks.keys().copied()) else { return };
        let all_of_it = dice.chance(30);
        let is_hit = |place: &(RddId, u32)| place.0 == rdd && (all_of_it || place.1 == partition);
        let hit = self.disk.blocks.iter().filter(|(place, _)| is_hit(place));
        let hit: Vec<_> = hit.map(|(place, block)| (place.0, place.1, block.writer)).collect();
        self.disk.damaged.extend(hit);
    }

    /// The daemon is killed, and all workers with it.
    fn lose_all_workers(&mut self) {
        for worker in self.workers.keys().copied().collect::<Vec<_>>() {
            self.lose_worker(worker);
        }
    }

    /// A task ends as if killed, although nobody asked for it.
    fn interrupt(&mut self, dice: &mut Dice) {
        if let Some(task) = dice.pick(self.tasks.keys().copied()) {
            self.end_task(task, TaskEndReason::Killed);
        }
    }

    /// One of the workers does something.
    pub(super) fn advance(&mut self, dice: &mut Dice) {
        let can_go_on = |state: &Worker| match state {
            Worker::Idle => false,
            Worker::Busy(task) => !self.tasks[task].is_waiting(),
            Worker::Starting | Worker::Retired => true,
        };
        let at_work = self.workers.iter().filter(|(_, state)| can_go_on(state));
        let Some((worker, state)) = dice.pick(at_work.map(|(id, state)| (*id, *state))) else {
            return;
        };
        match state {
            Worker::Starting if dice.chance(self.climate.failing_starts) => {
                self.lose_worker(worker)
            }
            Worker::Starting => self.register(worker),
            Worker::Busy(task) if self.tasks[&task].is_killed => match dice.below(4) {
                0 => self.end_task(task, TaskEndReason::Killed),
                1 => self.finish(task),
                2 => self.end_task(task, TaskEndReason::Failed),
                _ => self.lose_worker(worker),
            },
            Worker::Busy(task) if dice.chance(self.climate.failing_tasks) => {
                self.end_task(task, TaskEndReason::Failed);
            }
            Worker::Busy(task) if self.meet(task, dice) => {}
            Worker::Busy(task) => self.finish(task),
            Worker::Retired => self.lose_worker(worker),
            Worker::Idle => {}
        }
    }

    pub(super) fn register(&mut self, worker: WorkerId) {
        self.workers.insert(worker, Worker::Idle);
        self.tell(Event::WorkerRegistered { worker });
    }

    pub(super) fn lose_worker(&mut self, worker: WorkerId) {
        let Some(state) = self.workers.remove(&worker) else { return };
        let cause = format!("death of {worker}");
        match state {
            Worker::Starting => self.verdict.start_failed(&cause),
            Worker::Busy(task) => {
                let task = self.tasks.remove(&task).expect("a busy worker has a task");
                self.verdict.worker_died(&task.launch, task.is_killed, &cause);
            }
            Worker::Idle | Worker::Retired => {}
        }
        self.tell(Event::WorkerLost { worker, cause });
        self.remove_stray_files();
    }

    /// A daemon dies with all its workers. Unless it is the driver's, so does what they have written.
    pub(super) fn lose_executor(&mut self, executor: ExecutorId) {
        let cause = format!("death of executor {executor}");
        let of_it = |worker: &WorkerId| self.executors[worker] == executor;
        let workers: Vec<_> = self.workers.keys().copied().filter(of_it).collect();
        let states: Vec<_> =
            workers.iter().filter_map(|worker| self.workers.remove(worker)).collect();
        if states.contains(&Worker::Starting) {
            self.verdict.start_failed(&cause);
        }
        let mut dead = BTreeSet::new();
        for state in states {
            let Worker::Busy(task) = state else { continue };
            let task = self.tasks.remove(&task).expect("a busy worker has a task");
            // The tasks of a barrier stage die as one; those of an earlier attempt at it do not count.
            let is_first = !task.is_killed
                && (task.launch.barrier.is_none() || dead.insert(task.launch.stage));
            self.verdict.worker_died(&task.launch, !is_first, &cause);
        }
        self.lost.insert(executor);
        self.tell(Event::ExecutorLost { executor, cause });
        self.remove_stray_files();
    }

    /// The task does its work and succeeds if its inputs can be read.
    pub(super) fn finish(&mut self, id: TaskId) {
        let task = &self.tasks[&id];
        let (rdd, partition) = (task.launch.rdd, task.launch.partition);
        let (worker, work) = (task.launch.worker, task.launch.work);
        let (all, disk, orders) = (&self.all, &self.disk, &task.orders);
        let mut reader = Reader { all, disk, orders, stored: BTreeMap::new() };
        let result = reader.compute(rdd, partition);
        // What a task says after its interruption, the performer does not pass on.
        let is_killed = task.is_killed;
        let stored = if is_killed { BTreeMap::new() } else { reader.stored };
        if let Err(Unreadable::Block { rdd, partition, writer }) = result
            && !is_killed
        {
            self.lose_block(rdd, partition, writer);
        }
        for ((rdd, partition), content) in stored {
            self.disk.blocks.insert((rdd, partition), Block { content, writer: id });
            self.disk.holders.insert((rdd, partition), self.executors[&worker]);
            self.tell(Event::BlockStored { rdd, partition, worker });
            self.tell(Event::BlockCopied { rdd, partition, worker });
        }
        match result {
            Ok(content) => {
                match work {
                    Work::ShuffleMap(shuffle) => {
                        self.disk.files.insert((shuffle, partition, id), content);
                    }
                    Work::Result(_) => _ = self.results.insert(id, content),
                }
                self.end_task(id, TaskEndReason::Success);
            }
            Err(Unreadable::Output { shuffle, map_partition }) => {
                self.end_task(id, TaskEndReason::FetchFailed { shuffle, map_partition });
            }
            Err(Unreadable::Block { .. }) => self.end_task(id, TaskEndReason::BlockLost),
        }
    }

    /// All blocks of the RDD go with it, unless another task has found out first.
    fn lose_block(&mut self, rdd: RddId, partition: u32, writer: TaskId) {
        let block = self.disk.blocks.get(&(rdd, partition));
        if block.is_some_and(|block| block.writer == writer) {
            self.remove_blocks(rdd);
            self.tell(Event::BlocksDropped { rdd });
        }
    }

    pub(super) fn end_task(&mut self, id: TaskId, reason: TaskEndReason) {
        let task = self.tasks.remove(&id).expect("only running tasks end");
        if reason == TaskEndReason::Success && !task.is_killed {
            self.note_success(&task.launch);
        }
        let interrupted = task.is_killed || reason == TaskEndReason::Killed;
        let leaves = interrupted || self.climate.fresh_workers;
        let next = if leaves { Worker::Retired } else { Worker::Idle };
        self.workers.insert(task.launch.worker, next);
        self.verdict.task_ended(&task.launch, task.is_killed, &reason);
        self.tell(Event::TaskEnded { task: id, reason });
        self.remove_stray_files();
    }

    /// The output of an attempt that has ended without being accepted is removed by the performer.
    pub(super) fn remove_stray_files(&mut self) {
        let accepted = |(shuffle, map_partition, task): &(ShuffleId, u32, TaskId)| {
            let outputs = self.scheduler.map_outputs(*shuffle);
            outputs.get(*map_partition as usize) == Some(&Some(*task))
        };
        self.disk.files.retain(|file, _| accepted(file));
    }
}
