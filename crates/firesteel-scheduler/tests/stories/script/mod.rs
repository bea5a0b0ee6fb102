//! Stories: scripts of events, each followed by the actions that it must cause, in order.
//!
//! ```text
//! rdd 0 = source 2                      a definition, sent along with the next job
//! profile 1 of rdd 0: 2 cpus, 0.5 gpu   as well
//! > submit job 0 of rdd 0               an event
//! start workers 0 1                     an action
//! # a comment
//! ```
//!
//! After each event the invariants are checked, and at the end the journal of the story is replayed.

mod parse;
mod render;

use firesteel_scheduler::event::Event;
use firesteel_scheduler::journal::{JournalEntry, replay};
use firesteel_scheduler::pool::Pool;
use firesteel_scheduler::{Scheduler, SchedulerConfig};

/// A scheduler whose every step is checked and recorded.
pub struct Checked {
    pub scheduler: Scheduler,
    pub journal: Vec<JournalEntry>,
}

impl Checked {
    pub fn new(config: SchedulerConfig) -> Self {
        let journal = vec![JournalEntry::Started { config: config.clone() }];
        Self { scheduler: Scheduler::new(config), journal }
    }

    pub fn handle(&mut self, event: Event) -> Vec<firesteel_scheduler::event::Action> {
        let actions = self.scheduler.handle(event.clone());
        if let Err(broken) = self.scheduler.check_invariants() {
            panic!("after {event:?}: {broken}");
        }
        self.journal.push(JournalEntry::Handled { event, actions: actions.clone() });
        actions
    }
}

/// Plays the parts of a script on a machine with this many cores.
pub fn story(cores: u32, max_failures: u32, parts: &[&str]) -> Scheduler {
    play(SchedulerConfig { cores, max_failures, ..SchedulerConfig::default() }, parts)
}

/// Plays the parts of a script on so many executors with a core each.
pub fn cluster_story(executors: u32, parts: &[&str]) -> Scheduler {
    let executors = Some(executors);
    let config = SchedulerConfig { cores: 1, max_failures: 2, executors, ..Default::default() };
    play(config, parts)
}

/// Plays a script on so many executors with two cores and these devices each.
pub fn cluster_of(executors: u32, gpus: &[&str], script: &str) -> Scheduler {
    let addresses: Vec<_> = gpus.iter().map(|address| (*address).to_owned()).collect();
    let devices =
        [("gpu".to_owned(), addresses)].into_iter().filter(|_| !gpus.is_empty()).collect();
    let executors = Some(executors);
    let config =
        SchedulerConfig { cores: 2, max_failures: 2, executors, devices, ..Default::default() };
    play(config, &[script])
}

/// Plays a script with one core whose order of launches is drawn from a number.
pub fn shuffled_story(seed: u64, script: &str) -> Scheduler {
    let shuffle_seed = Some(seed);
    let config = SchedulerConfig { cores: 1, max_failures: 1, shuffle_seed, ..Default::default() };
    play(config, &[script])
}

/// Plays a script in FAIR mode.
pub fn fair_story(cores: u32, pools: Vec<Pool>, script: &str) -> Scheduler {
    let pools = Some(pools);
    play(SchedulerConfig { cores, max_failures: 1, pools, ..Default::default() }, &[script])
}

fn play(config: SchedulerConfig, parts: &[&str]) -> Scheduler {
    let lines = parts.iter().flat_map(|part| part.lines()).map(str::trim);
    let script: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
    let mut checked = Checked::new(config);
    let mut definitions = Vec::new();
    let mut profiles = Vec::new();
    let mut played = Vec::new();
    for line in &script {
        if let Some(event) = line.strip_prefix("> ") {
            played.push((*line).to_owned());
            let mut event = parse::event(event, &mut definitions, checked.scheduler.lineage());
            if let Event::JobSubmitted { profiles: asked, .. } = &mut event {
                asked.append(&mut profiles);
            }
            played.extend(checked.handle(event).iter().map(render::action));
        } else if line.starts_with('#') {
            played.push((*line).to_owned());
        } else if let Some(definition) = line.strip_prefix("rdd ") {
            played.push((*line).to_owned());
            let definition =
                parse::definition(definition, &definitions, checked.scheduler.lineage());
            definitions.push(definition);
        } else if let Some(profile) = line.strip_prefix("profile ") {
            played.push((*line).to_owned());
            profiles.push(parse::profile(profile));
        }
    }
    let (expected, played) = (script.join("\n"), played.join("\n"));
    assert!(expected == played, "expected:\n{expected}\n\nplayed:\n{played}\n");
    replay(checked.journal).expect("a story replays");
    checked.scheduler
}
