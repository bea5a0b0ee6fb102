//! Which shuffles an RDD is computed from, as far as the user means them by it.

use super::{Catalog, Kind};
use firesteel_scheduler::ids::{RddId, ShuffleId};
use std::collections::HashSet;

impl Catalog {
    /// The shuffles that an RDD descends from. What is behind a persisted ancestor does not count: as long as its
    /// partitions are kept, nothing is computed from there.
    pub fn shuffles_before(&self, id: RddId) -> Vec<ShuffleId> {
        let mut shuffles = Vec::new();
        let mut seen = HashSet::from([id]);
        let mut pending = vec![id];
        while let Some(id) = pending.pop() {
            let kind = &self.rdd(id).kind;
            if let Kind::Shuffle { shuffle, .. } = kind {
                shuffles.push(*shuffle);
            }
            let unseen = kind.parents().iter().filter(|parent| seen.insert(**parent));
            pending.extend(unseen.filter(|parent| !self.is_persisted(**parent)));
        }
        shuffles
    }
}
