//! The console progress bar: `[Stage 0:=====>      (3 + 2) / 8]`.
//!
//! Invariant: it is on stderr and only on a terminal, only while stages have been running for half a second, and
//! nothing of it remains afterwards.

use firesteel_scheduler::ids::StageId;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::collections::BTreeMap;
use std::io::{IsTerminal, stderr};
use std::time::{Duration, Instant};

/// Shorter programs show nothing.
const SILENCE: Duration = Duration::from_millis(500);
/// As often as a reader can follow.
const REFRESH: Duration = Duration::from_millis(200);
/// The length of the arrow's track.
const TRACK: usize = 40;

/// The stages that run, and the line that shows them.
#[derive(Debug)]
pub struct Progress {
    enabled: bool,
    stages: BTreeMap<StageId, StageProgress>,
    next: Instant,
    line: Option<ProgressBar>,
}

#[derive(Debug, Default)]
struct StageProgress {
    total: u32,
    done: u32,
    running: u32,
}

impl Progress {
    /// A progress bar, if it is wanted and stderr is a terminal.
    pub fn new(wanted: bool) -> Progress {
        let enabled = wanted && stderr().is_terminal();
        Progress { enabled, stages: BTreeMap::new(), next: Instant::now(), line: None }
    }

    /// A stage begins an attempt.
    pub fn stage_started(&mut self, stage: StageId, tasks: u32) {
        if self.stages.is_empty() {
            self.next = Instant::now() + SILENCE;
        }
        self.stages.insert(stage, StageProgress { total: tasks, ..StageProgress::default() });
    }

    /// A task begins.
    pub fn task_started(&mut self, stage: StageId) {
        if let Some(stage) = self.stages.get_mut(&stage) {
            stage.running += 1;
        }
    }

    /// A task ends.
    pub fn task_ended(&mut self, stage: StageId, success: bool) {
        if let Some(stage) = self.stages.get_mut(&stage) {
            stage.running = stage.running.saturating_sub(1);
            stage.done += u32::from(success);
        }
    }

    /// A stage will not go on.
    pub fn stage_ended(&mut self, stage: StageId) {
        self.stages.remove(&stage);
        if self.stages.is_empty() {
            self.erase();
        }
    }

    /// Takes the line away; it comes back if stages still run.
    pub fn erase(&mut self) {
        if let Some(line) = self.line.take() {
            line.finish_and_clear();
        }
    }

    /// When [`Progress::refresh`] has something to do.
    pub fn next_refresh(&self) -> Option<Instant> {
        (self.enabled && !self.stages.is_empty()).then_some(self.next)
    }

    /// Draws the line, if it is time.
    pub fn refresh(&mut self) {
        let now = Instant::now();
        if self.next_refresh().is_some_and(|next| next <= now) {
            self.next = now + REFRESH;
            let text = self.stages.iter().map(|(id, stage)| stage.text(*id)).collect::<Vec<_>>();
            self.line.get_or_insert_with(line).set_message(text.join(" "));
        }
    }
}

fn line() -> ProgressBar {
    let line = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    line.with_style(
        ProgressStyle::with_template("{msg}").unwrap_or_else(|_| ProgressStyle::default_spinner()),
    )
}

impl StageProgress {
    fn text(&self, id: StageId) -> String {
        let StageProgress { total, done, running } = self;
        let reached = TRACK * (*done as usize) / (*total as usize).max(1);
        let track = format!("{}>", "=".repeat(reached.min(TRACK)));
        format!("[Stage {id}:{track:<width$}({done} + {running}) / {total}]", width = TRACK + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_is_as_long_at_the_end_as_at_the_start() {
        let start = StageProgress { total: 8, done: 0, running: 2 };
        let end = StageProgress { total: 8, done: 8, running: 0 };
        assert_eq!(start.text(StageId(0)).len(), end.text(StageId(0)).len());
        assert!(start.text(StageId(3)).starts_with("[Stage 3:> "));
        assert!(start.text(StageId(3)).ends_with(" (0 + 2) / 8]"));
    }

    #[test]
    fn without_a_terminal_nothing_is_due() {
        let mut progress = Progress::new(false);
        progress.stage_started(StageId(1), 3);
        assert!(progress.next_refresh().is_none());
    }
}
