//! What the tasks of a stage ask for: what the user has asked for in one of its RDDs, and else what all tasks do.
//!
//! | The RDDs of a stage have | its tasks ask for                                                                 |
//! |--------------------------|-----------------------------------------------------------------------------------|
//! | no profile               | what the configuration says                                                       |
//! | one profile, or the same | what it says                                                                      |
//! | different profiles       | the most of each, if the configuration says so; else the job is refused, and always |
//! |                          | if they are for different executors                                                |
//!
//! RDDs behind a shuffle belong to other stages. A profile counts from the next job on, for map stages that exist, too.
//!
//! Invariant: a stage that is needed asks for what some executor has when it runs nothing else.

use super::DagScheduler;
use crate::event::JobFailure;
use crate::ids::{RddId, StageId};
use crate::resources::{Asked, ResourceProfile};
use std::collections::BTreeSet;

impl DagScheduler {
    pub(super) fn ask_for(&mut self, profiles: Vec<(RddId, ResourceProfile)>) {
        for (rdd, profile) in profiles {
            if let Some(each) = &profile.executor {
                self.tasks.resources.add_kind(profile.id, each.clone());
            }
            self.lineage.ask_for(rdd, profile);
        }
    }

    /// What the tasks of the stage that ends in this RDD ask for.
    pub(super) fn asked_by(&self, rdd: RddId) -> Asked {
        if !self.lineage.has_profiles() {
            return self.asked.clone();
        }
        let profiles = self.lineage.profiles_of(rdd);
        let asked = profiles.into_values().map(asked_by_one);
        asked.reduce(merged).unwrap_or_else(|| self.asked.clone())
    }

    /// Whether each stage of a job has one profile at most, and one that the executors are enough for.
    pub(super) fn check_profiles(&self, rdd: RddId) -> Result<(), JobFailure> {
        if !self.lineage.has_profiles() {
            return Ok(());
        }
        let shuffles = self.lineage.shuffles_above(rdd).into_iter();
        let map_sides = shuffles.filter_map(|shuffle| self.lineage.map_side(shuffle));
        for rdd in map_sides.chain([rdd]) {
            if self.is_conflict(rdd) {
                return Err(JobFailure::ProfilesDiffer { rdd });
            }
            if self.tasks.resources.slots(&self.asked_by(rdd)) == 0 {
                return Err(JobFailure::TooLittle { rdd });
            }
        }
        Ok(())
    }

    /// Whether the profiles of a stage cannot be merged, or must not.
    fn is_conflict(&self, rdd: RddId) -> bool {
        let profiles = self.lineage.profiles_of(rdd);
        let kinds: BTreeSet<_> = profiles.values().map(|one| asked_by_one(one).executors).collect();
        profiles.len() > 1 && !self.merges_profiles || kinds.len() > 1
    }

    /// Lets the stages of a new job ask for what their RDDs do.
    pub(super) fn mark_profiles(&mut self, result_stage: StageId, rdd: RddId) {
        self.ask(result_stage, self.asked_by(rdd));
        if !self.lineage.has_profiles() {
            return;
        }
        for shuffle in self.lineage.shuffles_above(rdd) {
            let Some(map_side) = self.lineage.map_side(shuffle) else { continue };
            let Some(stage) = self.stages.map_stage_id(shuffle) else { continue };
            self.ask(stage, self.asked_by(map_side));
        }
    }

    pub(super) fn ask(&mut self, id: StageId, asked: Asked) {
        self.tasks.expect(&asked);
        if let Some(stage) = self.stages.get_mut(id) {
            stage.asked = asked;
        }
    }
}

fn asked_by_one(profile: &ResourceProfile) -> Asked {
    let own = profile.executor.as_ref().map(|_| profile.id);
    Asked { task: profile.task.clone(), executors: own.unwrap_or_default() }
}

/// Of profiles for the same executors.
fn merged(all: Asked, one: Asked) -> Asked {
    Asked { task: all.task.merged(&one.task), ..all }
}
