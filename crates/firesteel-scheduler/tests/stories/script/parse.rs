//! The lines of a story that go into the scheduler.

use firesteel_scheduler::barrier::BarrierOperation;
use firesteel_scheduler::event::{Event, TaskEndReason};
use firesteel_scheduler::ids::{ExecutorId, JobId, ProfileId, RddId, ShuffleId, TaskId, WorkerId};
use firesteel_scheduler::lineage::{Dependency, Lineage, Rdd};
use firesteel_scheduler::resources::{Amount, ExecutorResources, ResourceProfile, TaskResources};

type Definitions = Vec<(RddId, Rdd)>;

fn number<T: std::str::FromStr>(word: &str) -> T {
    word.parse().unwrap_or_else(|_| panic!("{word:?} is not a number"))
}

fn partitions(id: RddId, new: &Definitions, known: &Lineage) -> u32 {
    let newly = new.iter().find(|(rdd, _)| *rdd == id).map(|(_, rdd)| rdd);
    newly.or_else(|| known.rdd(id)).expect("an RDD is defined before it is used").partitions
}

/// `1 = map 0` and the like.
pub fn definition(line: &str, new: &Definitions, known: &Lineage) -> (RddId, Rdd) {
    let (id, made_of) = line.split_once(" = ").expect("a definition has a =");
    let words: Vec<&str> = made_of.split(' ').collect();
    let count = |id: &RddId| partitions(*id, new, known);
    let parents = || words[1..].iter().map(|word| RddId(number(word))).collect::<Vec<_>>();
    let (partitions, dependency) = match words[..] {
        ["source", count] => (number(count), Dependency::Source),
        ["map", parent] => {
            let parent = RddId(number(parent));
            (count(&parent), Dependency::OneToOne(parent))
        }
        ["barrier", parent] => {
            let parent = RddId(number(parent));
            (count(&parent), Dependency::Barrier(parent))
        }
        ["union", ..] => (parents().iter().map(count).sum(), Dependency::Union(parents())),
        ["aligned", ..] => (count(&parents()[0]), Dependency::AlignedUnion(parents())),
        ["shuffle", shuffle, "of", parent, "into", count] => {
            let (shuffle, parent) = (ShuffleId(number(shuffle)), RddId(number(parent)));
            (number(count), Dependency::Shuffle { shuffle, parent })
        }
        ["coalesce", parent, "into", ref groups @ ..] => {
            let group = |group: &&str| group.split('+').map(number).collect();
            let groups: Vec<Vec<u32>> = groups.iter().map(group).collect();
            let parent = RddId(number(parent));
            (groups.len() as u32, Dependency::Coalesce { parent, groups })
        }
        _ => panic!("not a definition: {line}"),
    };
    (RddId(number(id)), Rdd { partitions, dependency })
}

/// `1 of rdd 0: 2 cpus, 0.5 gpu`, with ` on 4 cores` for executors of its own.
pub fn profile(line: &str) -> (RddId, ResourceProfile) {
    let (id, rest) = line.split_once(" of rdd ").expect("a profile is of an RDD");
    let (rdd, amounts) = rest.split_once(": ").expect("a profile has a colon");
    let own = amounts.split_once(" on ").map(|(amounts, cores)| {
        (amounts, number(cores.strip_suffix(" cores").expect("executors have cores")))
    });
    let (amounts, own) = own.map_or((amounts, None), |(amounts, cores)| (amounts, Some(cores)));
    let mut task = TaskResources::default();
    for (amount, kind) in amounts.split(", ").filter_map(|amount| amount.split_once(' ')) {
        let amount = Amount::of(number(amount)).expect("an amount above 0");
        match kind {
            "cpus" => task.cpus = amount,
            device => _ = task.devices.insert(device.to_owned(), amount),
        }
    }
    let id = ProfileId(number(id));
    let executor = own.map(|cores| ExecutorResources { cores, ..Default::default() });
    (RddId(number(rdd)), ResourceProfile { id, task, executor })
}

fn pair(word: &str) -> (u32, u32) {
    let (left, right) = word.split_once('/').expect("a pair has a /");
    (number(left), number(right))
}

fn ended(task: &str, reason: TaskEndReason) -> Event {
    Event::TaskEnded { task: TaskId(number(task)), reason }
}

fn reached(task: &str, operation: BarrierOperation) -> Event {
    Event::BarrierReached { task: TaskId(number(task)), operation }
}

/// What follows `> `.
pub fn event(line: &str, new: &mut Definitions, known: &Lineage) -> Event {
    let words: Vec<&str> = line.split(' ').collect();
    let reason = || "enough".to_owned();
    match words[..] {
        ["submit", "job", job, "of", "rdd", rdd, ref rest @ ..] => {
            submitted(job, RddId(number(rdd)), rest, new, known)
        }
        ["cancel", "job", job] => Event::JobCancelled { job: JobId(number(job)), reason: reason() },
        ["cancel", "group", group] => {
            Event::JobGroupCancelled { group: group.to_owned(), reason: reason() }
        }
        ["cancel", "all"] => Event::AllJobsCancelled { reason: reason() },
        ["worker", worker, "registers"] => {
            Event::WorkerRegistered { worker: WorkerId(number(worker)) }
        }
        ["worker", worker, "dies"] => {
            let cause = format!("death of {worker}");
            Event::WorkerLost { worker: WorkerId(number(worker)), cause }
        }
        ["executor", executor, "dies"] => {
            let cause = format!("death of executor {executor}");
            Event::ExecutorLost { executor: ExecutorId(number(executor)), cause }
        }
        ["workers", "are", "outdated"] => Event::WorkersOutdated,
        ["task", task, "succeeds"] => ended(task, TaskEndReason::Success),
        ["task", task, "fails"] => ended(task, TaskEndReason::Failed),
        ["task", task, "loses", "a", "block"] => ended(task, TaskEndReason::BlockLost),
        ["task", task, "is", "killed"] => ended(task, TaskEndReason::Killed),
        ["task", task, "reaches", "barrier"] => reached(task, BarrierOperation::Barrier),
        ["task", task, "reaches", "allGather"] => reached(task, BarrierOperation::AllGather),
        ["task", task, "waits", "too", "long"] => {
            Event::BarrierTimedOut { task: TaskId(number(task)) }
        }
        ["task", task, "cannot", "fetch", output] => {
            let (shuffle, map_partition) = pair(output);
            let shuffle = ShuffleId(shuffle);
            ended(task, TaskEndReason::FetchFailed { shuffle, map_partition })
        }
        ["worker", worker, "stores", "block", block] => {
            let (rdd, partition) = pair(block);
            let worker = WorkerId(number(worker));
            Event::BlockStored { rdd: RddId(rdd), partition, worker }
        }
        ["worker", worker, "copies", "block", block] => {
            let (rdd, partition) = pair(block);
            let worker = WorkerId(number(worker));
            Event::BlockCopied { rdd: RddId(rdd), partition, worker }
        }
        ["evict", "block", block] => {
            let (rdd, partition) = pair(block);
            Event::BlockEvicted { rdd: RddId(rdd), partition }
        }
        ["drop", "blocks", "of", rdd] => Event::BlocksDropped { rdd: RddId(number(rdd)) },
        ["drop", "shuffle", shuffle] => {
            Event::ShuffleDropped { shuffle: ShuffleId(number(shuffle)) }
        }
        ["release", "rdd", rdd] => Event::RddReleased { rdd: RddId(number(rdd)) },
        _ => panic!("not an event: {line}"),
    }
}

/// `submit job 0 of rdd 1 partitions 0 2 in group a in pool b`, the last three parts optional.
fn submitted(
    job: &str,
    rdd: RddId,
    rest: &[&str],
    new: &mut Definitions,
    known: &Lineage,
) -> Event {
    let (rest, pool) = cut_off(rest, "pool");
    let (rest, group) = cut_off(rest, "group");
    let wanted = match rest {
        ["partitions", wanted @ ..] => wanted.iter().map(|word| number(word)).collect(),
        _ => (0..partitions(rdd, new, known)).collect(),
    };
    let definitions = std::mem::take(new);
    let job = JobId(number(job));
    let profiles = Vec::new();
    Event::JobSubmitted { job, rdd, partitions: wanted, group, pool, definitions, profiles }
}

/// Takes `in group a` off the end.
fn cut_off<'a, 'b>(words: &'a [&'b str], what: &str) -> (&'a [&'b str], Option<String>) {
    match words {
        [rest @ .., "in", kind, name] if *kind == what => (rest, Some((*name).to_owned())),
        words => (words, None),
    }
}
