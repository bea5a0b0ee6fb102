//! The journal of a run: one line of JSON per event, which replays to the same actions.

use firesteel_scheduler::event::{Action, Event, TaskEndReason};
use firesteel_scheduler::ids::{JobId, RddId, ShuffleId, TaskId, WorkerId};
use firesteel_scheduler::journal::{Divergence, JournalEntry, replay};
use firesteel_scheduler::lineage::{Dependency, Rdd};
use firesteel_scheduler::{Scheduler, SchedulerConfig};

/// A word count that loses a worker and a map output.
fn events() -> Vec<Event> {
    let source = Rdd { partitions: 2, dependency: Dependency::Source };
    let groups = vec![vec![0, 1]];
    let coalesced = Dependency::Coalesce { parent: RddId(0), groups };
    let shuffled = Dependency::Shuffle { shuffle: ShuffleId(0), parent: RddId(1) };
    let definitions = vec![
        (RddId(0), source),
        (RddId(1), Rdd { partitions: 1, dependency: coalesced }),
        (RddId(2), Rdd { partitions: 1, dependency: shuffled }),
    ];
    let ended = |task, reason| Event::TaskEnded { task: TaskId(task), reason };
    let lost = TaskEndReason::FetchFailed { shuffle: ShuffleId(0), map_partition: 0 };
    vec![
        Event::JobSubmitted {
            job: JobId(0),
            rdd: RddId(2),
            partitions: vec![0],
            group: Some("words".to_owned()),
            pool: None,
            definitions,
            profiles: Vec::new(),
        },
        Event::WorkerRegistered { worker: WorkerId(0) },
        Event::WorkerLost { worker: WorkerId(0), cause: "exit code 3".to_owned() },
        Event::WorkerRegistered { worker: WorkerId(1) },
        ended(0, TaskEndReason::Success),
        ended(1, TaskEndReason::Success),
        ended(2, lost),
        ended(3, TaskEndReason::Success),
        ended(4, TaskEndReason::Success),
        Event::RddReleased { rdd: RddId(2) },
    ]
}

fn journal() -> Vec<JournalEntry> {
    let config = SchedulerConfig { cores: 1, max_failures: 1, ..SchedulerConfig::default() };
    let mut scheduler = Scheduler::new(config.clone());
    let handled = events().into_iter().map(|event| {
        let actions = scheduler.handle(event.clone());
        JournalEntry::Handled { event, actions }
    });
    let started = JournalEntry::Started { config };
    std::iter::once(started).chain(handled).collect()
}

#[test]
fn a_journal_replays_from_its_lines() {
    let lines: Vec<String> =
        journal().iter().map(|entry| serde_json::to_string(entry).unwrap()).collect();
    assert!(lines.iter().all(|line| !line.contains('\n')));
    assert_eq!(lines[0], r#"{"started":{"config":{"cores":1,"max_failures":1}}}"#);
    let entries = lines.iter().map(|line| serde_json::from_str(line).unwrap());
    assert_eq!(replay(entries), Ok(()));
}

#[test]
fn the_recorded_run_ended_well() {
    let last_of = |entry: &JournalEntry| match entry {
        JournalEntry::Handled { actions, .. } => actions.last().cloned(),
        JournalEntry::Started { .. } => None,
    };
    let last: Vec<_> = journal().iter().filter_map(last_of).collect();
    assert!(last.ends_with(&[
        Action::CompleteJob { job: JobId(0) },
        Action::RemoveShuffle { shuffle: ShuffleId(0) },
    ]));
}

#[test]
fn a_changed_action_is_a_divergence() {
    let mut entries = journal();
    let JournalEntry::Handled { actions, .. } = &mut entries[2] else { unreachable!() };
    let replayed = std::mem::take(actions);
    let recorded = Vec::new();
    assert_eq!(replay(entries), Err(Divergence::Actions { entry: 2, recorded, replayed }));
}

#[test]
fn a_journal_begins_with_its_configuration_and_has_no_other() {
    let headless = journal().into_iter().skip(1);
    assert_eq!(replay(headless), Err(Divergence::Malformed { entry: 0 }));
    let mut twice = journal();
    twice.push(twice[0].clone());
    let last = twice.len() - 1;
    assert_eq!(replay(twice), Err(Divergence::Malformed { entry: last }));
}

#[test]
fn an_empty_journal_replays() {
    assert_eq!(replay([]), Ok(()));
}

/// `data/run.jsonl` is the journal of a real run with a dead worker, a failed job, a cache and skipped stages;
/// `data/record.py` makes it anew where the scheduler's decisions change on purpose.
#[test]
fn the_journal_of_a_real_run_replays() {
    let journal = include_str!("data/run.jsonl");
    let entries: Vec<JournalEntry> =
        journal.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for mechanism in
        ["WorkerLost", "ReportTaskRetried", "ReportStageSkipped", "BlockStored", "FailJob"]
    {
        assert!(journal.contains(mechanism), "{mechanism} happened in the run");
    }
    assert_eq!(replay(entries), Ok(()));
}

/// `data/barrier.jsonl`, made by `data/record_barrier.py`: tasks that meet, one that dies between two meetings, one that
/// is waited for in vain, and a job that is refused.
#[test]
fn the_journal_of_barrier_stages_replays() {
    let journal = include_str!("data/barrier.jsonl");
    let entries: Vec<JournalEntry> =
        journal.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for mechanism in
        ["ReleaseBarrier", "BreakBarrier", "RetractResults", "BarrierRefused", "WorkerLost"]
    {
        assert!(journal.contains(mechanism), "{mechanism} happened in the run");
    }
    assert_eq!(replay(entries), Ok(()));
}
