//! All stages, by their id and by the shuffle that they write.
//!
//! Invariant: every known shuffle has exactly one map stage, made when the shuffle was defined.

use crate::event::Work;
use crate::ids::{RddId, ShuffleId, StageId};
use crate::needs::Needs;
use crate::stage::Stage;
use crate::task_set::TaskSet;
use std::collections::BTreeMap;

#[derive(Debug, Default)]
pub(crate) struct StageGraph {
    stages: BTreeMap<StageId, Stage>,
    map_stages: BTreeMap<ShuffleId, StageId>,
    next_id: u32,
}

impl StageGraph {
    pub fn create(&mut self, rdd: RddId, work: Work, tasks: TaskSet) -> StageId {
        let id = StageId(self.next_id);
        self.next_id += 1;
        if let Work::ShuffleMap(shuffle) = work {
            self.map_stages.insert(shuffle, id);
        }
        self.stages.insert(id, Stage::new(id, rdd, work, tasks));
        id
    }

    pub fn remove(&mut self, id: StageId) -> Option<Stage> {
        let stage = self.stages.remove(&id)?;
        if let Work::ShuffleMap(shuffle) = stage.work {
            self.map_stages.remove(&shuffle);
        }
        Some(stage)
    }

    pub fn get(&self, id: StageId) -> Option<&Stage> {
        self.stages.get(&id)
    }

    pub fn get_mut(&mut self, id: StageId) -> Option<&mut Stage> {
        self.stages.get_mut(&id)
    }

    pub fn map_stage_id(&self, shuffle: ShuffleId) -> Option<StageId> {
        self.map_stages.get(&shuffle).copied()
    }

    pub fn map_stage(&self, shuffle: ShuffleId) -> Option<&Stage> {
        self.get(self.map_stage_id(shuffle)?)
    }

    pub fn map_stage_mut(&mut self, shuffle: ShuffleId) -> Option<&mut Stage> {
        self.get_mut(self.map_stage_id(shuffle)?)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Stage> {
        self.stages.values()
    }

    /// The stages whose pending tasks need something that `depends` tells.
    pub fn depending(&self, depends: impl Fn(&Needs) -> bool) -> Vec<StageId> {
        let affected = self.iter().filter(|stage| stage.needs().is_some_and(&depends));
        affected.map(|stage| stage.id).collect()
    }

    pub fn len(&self) -> usize {
        self.iter().map(|stage| 1 + stage.tasks.len()).sum()
    }
}
