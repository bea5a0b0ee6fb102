//! How the loop lets happen what a [`Rehearsal`](super::rehearsal::Rehearsal) has drawn.
//!
//! Invariant: what was made to fail has no effect, as if its worker had been lost with all that it had said.

use super::error::{Error, FailedJob};
use super::event_loop::{EventLoop, discard_outcome, end_reason};
use super::perform::plain_failure;
use super::rehearsal::{MADE_TO_FAIL, NOT_DETERMINISTIC};
use crate::protocol::{Outcome, TaskReport};
use firesteel_scheduler::event::{Event, LaunchTask, TaskEndReason, Work};
use firesteel_scheduler::ids::StageId;

impl EventLoop {
    /// Looks at the map output of a task that has succeeded, and lets the task have failed if that is its turn.
    pub(super) fn rehearse(&mut self, launch: &LaunchTask, report: &mut TaskReport) {
        if end_reason(&report.outcome) != TaskEndReason::Success {
            return;
        }
        let LaunchTask { stage, partition, attempt, .. } = *launch;
        if !self.is_as_before(launch, report) {
            self.refuse_output(stage, partition);
        } else if self.rehearsal.fails(stage, partition, attempt) {
            let failure = plain_failure("RehearsedFailure", MADE_TO_FAIL);
            let failed = Outcome::Failed(Box::new(failure));
            discard_outcome(std::mem::replace(&mut report.outcome, failed));
            report.accumulators = None;
        }
    }

    /// One that was spilled on the way is cut differently, and an encrypted one never has the same bytes: of those nobody
    /// knows.
    fn is_as_before(&mut self, launch: &LaunchTask, report: &TaskReport) -> bool {
        let (Outcome::MapOutput(output), Work::ShuffleMap(shuffle)) =
            (&report.outcome, launch.work)
        else {
            return true;
        };
        let tells = report.metrics.spills == 0 && !self.run_directory.is_encrypted();
        !tells || self.rehearsal.is_same(shuffle, launch.partition, output)
    }

    /// Ends the job of a stage whose task has written something else than before.
    fn refuse_output(&mut self, stage: StageId, partition: u32) {
        let Some(job) = self.stages.get(&stage).copied() else { return };
        let computed = self.computed_by(stage);
        let failed = FailedJob {
            message: "a map output came out differently when it was made again".to_owned(),
            stage: Some(stage.0),
            partition: Some(partition),
            operation: computed.as_ref().map(|definition| definition.name.clone()),
            call_site: computed.map(|definition| definition.call_site),
            advice: Some(NOT_DETERMINISTIC.to_owned()),
            ..FailedJob::default()
        };
        self.end_job(job, Err(Error::JobFailed(Box::new(failed))));
        let reason = "its map outputs differ".to_owned();
        self.pending.push_back(Event::JobCancelled { job, reason });
    }
}
