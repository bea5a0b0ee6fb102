//! A job: one action of the user's program, from its submission to its one answer.
//!
//! Invariant: a job in here has had neither `CompleteJob` nor `FailJob`, and has a result stage.

use crate::ids::{JobId, RddId, ShuffleId, StageId};
use std::collections::BTreeSet;

#[derive(Debug)]
pub(crate) struct Job {
    pub id: JobId,
    pub rdd: RddId,
    pub group: Option<String>,
    /// Whose share of the workers it uses in FAIR mode.
    pub pool: Option<String>,
    pub result_stage: StageId,
    /// The shuffles that it has waited for or has been reported to reuse, so that each is reported at most
    /// once and what it had made itself never is.
    pub seen_shuffles: BTreeSet<ShuffleId>,
}
