//! Long lineages, many stages and many jobs: neither the stack nor the memory may grow with them.

use firesteel_scheduler::event::{Action, Event, TaskEndReason};
use firesteel_scheduler::ids::{JobId, RddId, ShuffleId};
use firesteel_scheduler::lineage::{Dependency, Rdd};
use firesteel_scheduler::{Scheduler, SchedulerConfig};
use std::collections::VecDeque;

/// A performer for whom everything succeeds.
struct Performer {
    scheduler: Scheduler,
    events: VecDeque<Event>,
    tasks: usize,
    completed: Vec<JobId>,
    stages: usize,
}

impl Performer {
    fn new(cores: u32) -> Self {
        let config = SchedulerConfig { cores, max_failures: 1, ..SchedulerConfig::default() };
        let scheduler = Scheduler::new(config);
        Self { scheduler, events: VecDeque::new(), tasks: 0, completed: Vec::new(), stages: 0 }
    }

    fn tell(&mut self, event: Event) {
        self.events.push_back(event);
        while let Some(event) = self.events.pop_front() {
            for action in self.scheduler.handle(event) {
                self.perform(action);
            }
        }
    }

    fn perform(&mut self, action: Action) {
        match action {
            Action::StartWorkers { workers, .. } => {
                let registered =
                    workers.into_iter().map(|worker| Event::WorkerRegistered { worker });
                self.events.extend(registered);
            }
            Action::LaunchTask(launch) => {
                self.tasks += 1;
                let (task, reason) = (launch.task, TaskEndReason::Success);
                self.events.push_back(Event::TaskEnded { task, reason });
            }
            Action::CompleteJob { job } => self.completed.push(job),
            Action::ReportStageCompleted { .. } => self.stages += 1,
            Action::FailJob { job, failure } => panic!("job {job} failed: {failure:?}"),
            _ => {}
        }
    }

    fn submit(&mut self, job: u32, rdd: u32, definitions: Vec<(RddId, Rdd)>) {
        let (job, rdd) = (JobId(job), RddId(rdd));
        let (partitions, group, pool) = (vec![0], None, None);
        let profiles = Vec::new();
        self.tell(Event::JobSubmitted { job, rdd, partitions, group, pool, definitions, profiles });
        self.scheduler.check_invariants().expect("the invariants hold");
        assert_eq!(self.completed.last(), Some(&job));
    }

    fn release(&mut self, rdds: impl IntoIterator<Item = u32>) {
        for rdd in rdds {
            self.tell(Event::RddReleased { rdd: RddId(rdd) });
        }
    }
}

fn rdd(id: u32, dependency: Dependency) -> (RddId, Rdd) {
    (RddId(id), Rdd { partitions: 1, dependency })
}

fn source(id: u32) -> (RddId, Rdd) {
    rdd(id, Dependency::Source)
}

fn map(id: u32, parent: u32) -> (RddId, Rdd) {
    rdd(id, Dependency::OneToOne(RddId(parent)))
}

fn shuffle(id: u32, shuffle: u32, parent: u32) -> (RddId, Rdd) {
    let (shuffle, parent) = (ShuffleId(shuffle), RddId(parent));
    rdd(id, Dependency::Shuffle { shuffle, parent })
}

#[test]
fn a_lineage_of_ten_thousand_operations_is_one_stage() {
    let mut performer = Performer::new(2);
    let mut definitions = vec![source(0)];
    definitions.extend((1..10_000).map(|id| map(id, id - 1)));
    performer.submit(0, 9_999, definitions);
    assert_eq!((performer.stages, performer.tasks), (1, 1));
    performer.release(0..10_000);
    assert_eq!(performer.scheduler.state_size(), 1, "one worker is left");
}

#[test]
fn a_thousand_stages_run_one_after_the_other() {
    let mut performer = Performer::new(2);
    let mut definitions = vec![source(0)];
    definitions.extend((1..1_000).map(|id| shuffle(id, id, id - 1)));
    performer.submit(0, 999, definitions);
    assert_eq!((performer.stages, performer.tasks), (1_000, 1_000));
    performer.submit(1, 999, Vec::new());
    assert_eq!(performer.tasks, 1_001, "the second job skips what is there");
    performer.release(0..1_000);
    assert_eq!(performer.scheduler.state_size(), 1, "one worker is left");
}

#[test]
fn a_thousand_stages_run_side_by_side() {
    let mut performer = Performer::new(4);
    let mut definitions = vec![source(0)];
    definitions.extend((1..1_000).map(|id| shuffle(id, id, 0)));
    let parents = (1..1_000).map(RddId).collect();
    definitions.push(rdd(1_000, Dependency::AlignedUnion(parents)));
    performer.submit(0, 1_000, definitions);
    assert_eq!((performer.stages, performer.tasks), (1_000, 1_000));
}

#[test]
fn an_iteration_that_doubles_its_lineage_does_not_double_the_work() {
    let mut performer = Performer::new(2);
    let mut definitions = vec![source(0), shuffle(1, 0, 0)];
    for id in 2..200 {
        let twice = vec![RddId(id - 1), RddId(id - 1)];
        definitions.push(rdd(id, Dependency::AlignedUnion(twice)));
    }
    performer.submit(0, 199, definitions);
    assert_eq!((performer.stages, performer.tasks), (2, 2));
}

#[test]
fn many_jobs_over_ever_new_rdds_leave_nothing_behind() {
    let mut performer = Performer::new(2);
    let mut largest = 0;
    for job in 0..5_000 {
        let (first, shuffled, last) = (3 * job, 3 * job + 1, 3 * job + 2);
        let definitions = vec![source(first), shuffle(shuffled, job, first), map(last, shuffled)];
        performer.submit(job, last, definitions);
        largest = largest.max(performer.scheduler.state_size());
        performer.release(first..=last);
    }
    assert!(largest < 20, "{largest} things remembered");
    assert_eq!(performer.scheduler.state_size(), 1, "one worker is left");
}

#[test]
fn an_old_rdd_serves_many_jobs() {
    let mut performer = Performer::new(2);
    performer.submit(0, 1, vec![source(0), shuffle(1, 0, 0)]);
    let size = performer.scheduler.state_size();
    for job in 1..5_000 {
        performer.submit(job, job + 1, vec![map(job + 1, 1)]);
        performer.release(job + 1..=job + 1);
    }
    assert_eq!(performer.scheduler.state_size(), size);
    assert_eq!(performer.tasks, 5_001);
}
