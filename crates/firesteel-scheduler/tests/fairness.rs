//! FAIR mode on random histories: every task that is launched is one whose turn it was, by Spark's rule told anew
//! in floating-point numbers.
//!
//! Jobs have one stage each, so that the test knows which tasks wait and which run. FIRESTEEL_TEST_SEED=N goes
//! through other histories.

#![allow(clippy::panic, reason = "a test fails by panicking")]

use firesteel_scheduler::event::{Action, Event, LaunchTask, TaskEndReason, Work};
use firesteel_scheduler::ids::{JobId, RddId, TaskId};
use firesteel_scheduler::lineage::{Dependency, Rdd};
use firesteel_scheduler::pool::{Pool, SchedulingMode};
use firesteel_scheduler::{Scheduler, SchedulerConfig};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};
use std::collections::BTreeMap;

const POOLS: [&str; 4] = ["a", "b", "c", "default"];

/// What the test knows of a job.
struct Job {
    pool: &'static str,
    waiting: usize,
    running: usize,
}

/// What happens next.
#[derive(Clone, Debug)]
enum Step {
    Submit {
        pool: usize,
        tasks: u32,
    },
    /// One of the running tasks ends.
    End(usize),
    Cancel(usize),
}

struct World {
    scheduler: Scheduler,
    pools: BTreeMap<String, Pool>,
    jobs: BTreeMap<JobId, Job>,
    running: BTreeMap<TaskId, JobId>,
    next: u32,
}

impl World {
    fn new(cores: u32, pools: Vec<Pool>) -> Self {
        let config = SchedulerConfig {
            cores,
            max_failures: 1,
            pools: Some(pools.clone()),
            ..SchedulerConfig::default()
        };
        let pools = pools.into_iter().map(|pool| (pool.name.clone(), pool)).collect();
        let scheduler = Scheduler::new(config);
        Self { scheduler, pools, jobs: BTreeMap::new(), running: BTreeMap::new(), next: 0 }
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Submit { pool, tasks } => self.submit(POOLS[pool % POOLS.len()], tasks),
            Step::End(choice) if !self.running.is_empty() => {
                let choice = choice % self.running.len();
                let (&task, &job) = self.running.iter().nth(choice).expect("it is one of them");
                self.running.remove(&task);
                if let Some(job) = self.jobs.get_mut(&job) {
                    job.running -= 1;
                }
                self.tell(Event::TaskEnded { task, reason: TaskEndReason::Success });
            }
            Step::Cancel(choice) if !self.jobs.is_empty() => {
                let choice = choice % self.jobs.len();
                let job = *self.jobs.keys().nth(choice).expect("it is one of them");
                self.jobs.remove(&job);
                self.tell(Event::JobCancelled { job, reason: "enough".to_owned() });
            }
            Step::End(_) | Step::Cancel(_) => {}
        }
    }

    fn submit(&mut self, pool: &'static str, tasks: u32) {
        let (job, rdd) = (JobId(self.next), RddId(self.next));
        self.next += 1;
        self.jobs.insert(job, Job { pool, waiting: tasks as usize, running: 0 });
        let source = Rdd { partitions: tasks, dependency: Dependency::Source };
        self.tell(Event::JobSubmitted {
            job,
            rdd,
            partitions: (0..tasks).collect(),
            group: None,
            pool: (pool != "default").then(|| pool.to_owned()),
            definitions: vec![(rdd, source)],
            profiles: Vec::new(),
        });
    }

    fn tell(&mut self, event: Event) {
        let actions = self.scheduler.handle(event);
        self.scheduler.check_invariants().expect("the invariants hold");
        let mut workers = Vec::new();
        for action in actions {
            match action {
                Action::LaunchTask(launch) => self.check_turn(&launch),
                Action::StartWorkers { workers: new, .. } => workers = new,
                Action::CompleteJob { job } => _ = self.jobs.remove(&job),
                _ => {}
            }
        }
        for worker in workers {
            self.tell(Event::WorkerRegistered { worker });
        }
    }

    fn check_turn(&mut self, launch: &LaunchTask) {
        let Work::Result(job) = launch.work else { panic!("there are no shuffles") };
        assert_eq!(Some(job), self.whose_turn(), "{launch:?}");
        self.running.insert(launch.task, job);
        let job = self.jobs.get_mut(&job).expect("only tasks of live jobs are launched");
        job.waiting -= 1;
        job.running += 1;
    }

    /// Of the pools with waiting tasks the first by the rule, and in it the first job.
    fn whose_turn(&self) -> Option<JobId> {
        let waiting =
            |name: &&str| self.jobs.values().any(|job| job.pool == *name && job.waiting > 0);
        let mut pools: Vec<&str> = POOLS.into_iter().filter(|name| waiting(name)).collect();
        pools.sort_by(|left, right| {
            let (left, right) = (self.rank(left), self.rank(right));
            left.partial_cmp(&right).expect("ranks are no NaN")
        });
        let pool = *pools.first()?;
        let jobs = self.jobs.iter().filter(|(_, job)| job.pool == pool && job.waiting > 0);
        match self.pools.get(pool).map(|pool| pool.mode) {
            Some(SchedulingMode::Fair) => jobs.min_by_key(|(_, job)| job.running),
            _ => jobs.min_by_key(|(id, _)| **id),
        }
        .map(|(id, _)| *id)
    }

    /// Smaller comes first: the needy before the others, then by ratio, then by name.
    fn rank(&self, name: &str) -> (u32, f64, String) {
        let of_pool = self.jobs.values().filter(|job| job.pool == name);
        let running = of_pool.map(|job| job.running).sum::<usize>() as f64;
        let (weight, minimum) = self
            .pools
            .get(name)
            .map_or((1.0, 0.0), |pool| (f64::from(pool.weight), f64::from(pool.min_share)));
        let rank = if running < minimum { (0, running / minimum) } else { (1, running / weight) };
        (rank.0, rank.1, name.to_owned())
    }
}

fn pools() -> impl Strategy<Value = Vec<Pool>> {
    let configured = (any::<bool>(), any::<bool>(), 1..5_u32, 0..4_u32);
    vec(configured, POOLS.len()).prop_map(|all| {
        let of = |(name, configured): (&str, (bool, bool, u32, u32))| {
            let (is_there, is_fair, weight, min_share) = configured;
            let mode = if is_fair { SchedulingMode::Fair } else { SchedulingMode::Fifo };
            let name = name.to_owned();
            is_there.then_some(Pool { name, mode, weight, min_share })
        };
        POOLS.into_iter().zip(all).filter_map(of).collect()
    })
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (any::<usize>(), 1..6_u32).prop_map(|(pool, tasks)| Step::Submit { pool, tasks }),
        8 => any::<usize>().prop_map(Step::End),
        1 => any::<usize>().prop_map(Step::Cancel),
    ]
}

#[test]
fn every_launched_task_is_one_whose_turn_it_was() {
    let seed: u64 =
        std::env::var("FIRESTEEL_TEST_SEED").map_or(1, |seed| seed.parse().expect("a number"));
    println!("FIRESTEEL_TEST_SEED={seed}");
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let config = ProptestConfig { cases: 500, source_file: Some(file!()), ..Default::default() };
    let mut runner =
        TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    let histories = (1..6_u32, pools(), vec(step(), 0..80));
    let outcome = runner.run(&histories, |(cores, pools, steps)| {
        let mut world = World::new(cores, pools);
        steps.into_iter().for_each(|step| world.step(step));
        while !world.running.is_empty() {
            world.step(Step::End(0));
        }
        assert!(world.jobs.is_empty(), "jobs stand still");
        Ok(())
    });
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
}
