//! The record of a run, one serialisable entry per event, and its replay.
//!
//! Written one entry per line, it is the `firesteel.journal` of a run. Invariant: the first entry holds the
//! configuration, so that a journal needs nothing beside it.

use crate::event::{Action, Event};
use crate::scheduler::{Scheduler, SchedulerConfig};
use serde::{Deserialize, Serialize};
use std::fmt;

/// One line of a journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JournalEntry {
    /// The scheduler was made. Always the first entry and never another.
    Started {
        /// With this configuration.
        config: SchedulerConfig,
    },
    /// The scheduler has handled an event.
    Handled {
        /// What it was told.
        event: Event,
        /// What it answered.
        actions: Vec<Action>,
    },
}

/// Where a replay went another way than its journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Divergence {
    /// The journal does not begin with its configuration, or has a second one.
    Malformed {
        /// The position of the entry, from 0.
        entry: usize,
    },
    /// The same event had other actions.
    Actions {
        /// The position of the entry, from 0.
        entry: usize,
        /// What the journal says.
        recorded: Vec<Action>,
        /// What the scheduler answers now.
        replayed: Vec<Action>,
    },
}

impl fmt::Display for Divergence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed { entry } => {
                write!(f, "journal entry {entry}: the configuration must come first, and once")
            }
            Self::Actions { entry, recorded, replayed } => {
                write!(f, "journal entry {entry}: recorded {recorded:?}, replayed {replayed:?}")
            }
        }
    }
}

impl std::error::Error for Divergence {}

/// Feeds the events of a journal through a new scheduler and compares what it answers.
pub fn replay(entries: impl IntoIterator<Item = JournalEntry>) -> Result<(), Divergence> {
    let mut scheduler = None;
    for (position, entry) in entries.into_iter().enumerate() {
        match (&mut scheduler, entry) {
            (None, JournalEntry::Started { config }) => scheduler = Some(Scheduler::new(config)),
            (Some(scheduler), JournalEntry::Handled { event, actions }) => {
                compare(position, actions, scheduler.handle(event))?;
            }
            _ => return Err(Divergence::Malformed { entry: position }),
        }
    }
    Ok(())
}

fn compare(entry: usize, recorded: Vec<Action>, replayed: Vec<Action>) -> Result<(), Divergence> {
    if recorded == replayed {
        return Ok(());
    }
    Err(Divergence::Actions { entry, recorded, replayed })
}
