//! What is true between any two events, checked by the tests after each of them.

use super::DagScheduler;
use crate::event::Work;
use crate::ids::{ShuffleId, TaskId};
use crate::lineage::Pin;
use crate::needs::needs;
use crate::stage::{Stage, StageState};
use crate::task_set::SlotState;
use crate::worker_pool::WorkerState;
use std::collections::BTreeSet;

fn ensure(holds: bool, what: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(what()) }
}

impl DagScheduler {
    pub fn check_invariants(&self) -> Result<(), String> {
        self.check_rest()?;
        self.check_tasks()?;
        self.check_workers()?;
        self.check_jobs()?;
        self.stages.iter().try_for_each(|stage| self.check_stage(stage))?;
        let jobs = self.jobs.values().map(|job| Pin::Rdd(job.rdd));
        let tasks = self.tasks.iter().map(|(_, task)| task.pin);
        self.lineage.check_pins(jobs.chain(tasks))
    }

    /// Nothing is left over from an event, and nothing stands still.
    fn check_rest(&self) -> Result<(), String> {
        let dirty = &self.dirty;
        let settled = dirty.refresh.is_empty() && dirty.evaluate.is_empty();
        ensure(settled && self.loosened.is_empty(), || format!("not settled: {dirty:?}"))?;
        let busy = self.tasks.iter().count() + self.tasks.pool.starting();
        ensure(busy > 0 || self.jobs.is_empty(), || format!("jobs stand still: {:?}", self.jobs))?;
        let launchable = self.next_launch();
        ensure(launchable.is_none(), || {
            format!("stage {launchable:?} has tasks while workers are idle")
        })?;
        self.tasks.resources.check(self.tasks.iter().map(|(id, _)| id))
    }

    fn check_tasks(&self) -> Result<(), String> {
        for (id, task) in self.tasks.iter() {
            let worker = self.tasks.pool.state(task.worker);
            ensure(worker == Some(WorkerState::Busy(id)), || {
                format!("task {id} runs on worker {}, which is {worker:?}", task.worker)
            })?;
            let slot = self.stages.get(task.stage).and_then(|stage| stage.tasks.state(task.index));
            let owns_slot = slot == Some(SlotState::Running(id));
            ensure(owns_slot != task.is_killed, || format!("{task:?} has the slot {slot:?}"))?;
        }
        Ok(())
    }

    fn check_workers(&self) -> Result<(), String> {
        let pool = &self.tasks.pool;
        ensure(self.tasks.is_balanced(), || format!("an executor has too many workers: {pool:?}"))?;
        for (worker, state) in pool.iter() {
            ensure(pool.idle().contains(&worker) == (state == WorkerState::Idle), || {
                format!("worker {worker} is {state:?}, idle are {:?}", pool.idle())
            })?;
            if let WorkerState::Busy(task) = state {
                let runs = self.tasks.get(task).map(|task| task.worker);
                ensure(runs == Some(worker), || format!("worker {worker} has lost task {task}"))?;
            }
        }
        Ok(())
    }

    fn check_jobs(&self) -> Result<(), String> {
        for job in self.jobs.values() {
            let stage = self.stages.get(job.result_stage);
            let waits = stage.is_some_and(|stage| {
                !stage.tasks.is_done()
                    && stage.work == Work::Result(job.id)
                    && stage.jobs == [job.id].into()
            });
            ensure(waits, || format!("job {} has the result stage {stage:?}", job.id))?;
        }
        Ok(())
    }

    fn check_stage(&self, stage: &Stage) -> Result<(), String> {
        let id = stage.id;
        let is_idle = matches!(stage.state, StageState::Idle);
        ensure(is_idle != stage.is_needed(), || format!("{stage:?} is idle or needed"))?;
        ensure(stage.jobs.iter().all(|job| self.jobs.contains_key(job)), || {
            format!("stage {id} is needed by an ended job: {:?}", stage.jobs)
        })?;
        self.check_slots(stage)?;
        self.check_inputs(stage)?;
        match stage.work {
            Work::ShuffleMap(shuffle) => self.check_map_stage(stage, shuffle),
            Work::Result(job) => {
                ensure(self.jobs.contains_key(&job), || format!("stage {id} outlived job {job}"))
            }
        }
    }

    fn check_slots(&self, stage: &Stage) -> Result<(), String> {
        let mut pending = BTreeSet::new();
        for (index, state) in (0..).zip(stage.tasks.states()) {
            match state {
                SlotState::Pending => _ = pending.insert(index),
                SlotState::Running(task) => ensure(self.tasks.get(task).is_some(), || {
                    format!("stage {} waits for task {task}, which does not run", stage.id)
                })?,
                SlotState::Done => {}
            }
        }
        ensure(&pending == stage.tasks.pending(), || format!("{:?}", stage.tasks))?;
        self.check_barrier_slots(stage)?;
        let expected = stage.runnable_for().map(|job| (job, stage.id));
        let queued = self.tasks.queue.iter().find(|(_, queued)| *queued == stage.id);
        ensure(expected == queued, || format!("stage {} is queued as {queued:?}", stage.id))
    }

    /// The tasks of a barrier stage run together, and who waits does so for somebody who can still come.
    fn check_barrier_slots(&self, stage: &Stage) -> Result<(), String> {
        let Some(barrier) = &stage.barrier else { return Ok(()) };
        let pending = stage.tasks.pending().len();
        ensure(pending == 0 || pending == stage.tasks.len(), || format!("{stage:?} is torn"))?;
        let meeting = &barrier.meeting;
        ensure(pending == 0 || meeting.is_fresh(), || format!("{stage:?} meets before it runs"))?;
        let running: BTreeSet<TaskId> =
            stage.tasks.states().filter_map(SlotState::running).collect();
        let waiting: BTreeSet<TaskId> = meeting.waiting().collect();
        ensure(waiting.is_subset(&running), || format!("{waiting:?} wait, {running:?} run"))?;
        let all_can_come = !meeting.is_broken() && waiting.len() < stage.tasks.len();
        ensure(waiting.is_empty() || all_can_come && !stage.tasks.has_done(), || {
            format!("{waiting:?} wait in vain")
        })
    }

    /// A stage runs exactly when everything that its pending tasks need is there.
    fn check_inputs(&self, stage: &Stage) -> Result<(), String> {
        let pending = stage.tasks.pending_partitions();
        let missing = self.unavailable(&needs(&self.lineage, &self.blocks, stage.rdd, pending));
        let id = stage.id;
        match &stage.state {
            StageState::Idle => Ok(()),
            StageState::Running(_) => {
                ensure(missing.is_empty(), || format!("stage {id} runs without {missing:?}"))
            }
            StageState::Waiting(waiting) => {
                // Blocks stored meanwhile can make it wait for more than it needs, never for less.
                ensure(missing.is_subset(&waiting.on) && !waiting.on.is_empty(), || {
                    format!("stage {id} waits for {:?} and needs {missing:?}", waiting.on)
                })?;
                let mut awaited = waiting.on.iter().map(|shuffle| self.stages.map_stage(*shuffle));
                let known = awaited.all(|map| map.is_some_and(|map| map.waiters.contains(&id)));
                ensure(known, || format!("a map stage does not know that stage {id} waits"))
            }
        }
    }

    fn check_map_stage(&self, stage: &Stage, shuffle: ShuffleId) -> Result<(), String> {
        let id = stage.id;
        let outputs: Vec<bool> =
            self.outputs.outputs(shuffle).iter().map(Option::is_some).collect();
        let done: Vec<bool> = stage.tasks.states().map(|state| state == SlotState::Done).collect();
        ensure(outputs == done, || format!("stage {id} is done {done:?}, outputs {outputs:?}"))?;
        ensure(stage.jobs == self.jobs_of_waiters(stage), || format!("{stage:?} misses a job"))?;
        ensure(!stage.is_needed() || !stage.tasks.is_done(), || {
            format!("stage {id} is done and still needed")
        })?;
        let waits = |waiter: &Stage| waiter.waits_on().is_some_and(|on| on.contains(&shuffle));
        let mut waiters = stage.waiters.iter().map(|waiter| self.stages.get(*waiter));
        ensure(waiters.all(|waiter| waiter.is_some_and(waits)), || {
            format!("stage {id} has waiters that do not wait: {:?}", stage.waiters)
        })?;
        let running: Vec<TaskId> = stage.tasks.states().filter_map(SlotState::running).collect();
        ensure(stage.is_needed() || running.is_empty(), || {
            format!("stage {id} runs {running:?} for nobody")
        })
    }
}
