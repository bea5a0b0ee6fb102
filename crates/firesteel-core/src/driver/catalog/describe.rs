//! The lineage as `toDebugString` shows it.

use super::{Catalog, Kind};
use firesteel_scheduler::ids::RddId;

/// One line of the description.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    /// How many shuffles are above it.
    pub indent: u32,
    /// Its number of partitions.
    pub partitions: u32,
    /// The operation.
    pub name: String,
    /// Where the user called it.
    pub call_site: String,
    /// Whether its parent is the map side of a shuffle.
    pub shuffle_below: bool,
}

impl Catalog {
    /// The RDD and its ancestors, depth first. Needs the number of partitions of `id`.
    pub fn describe(&self, id: RddId) -> Vec<Description> {
        let mut lines = Vec::new();
        let mut pending = vec![(0, id)];
        while let Some((indent, id)) = pending.pop() {
            let rdd = self.rdd(id);
            let shuffle_below = matches!(rdd.kind, Kind::Shuffle { .. });
            lines.push(Description {
                indent,
                partitions: self.known_partitions(id),
                name: rdd.name.clone(),
                call_site: rdd.call_site.clone(),
                shuffle_below,
            });
            let below = indent + u32::from(shuffle_below);
            pending.extend(rdd.kind.parents().iter().rev().map(|parent| (below, *parent)));
        }
        lines
    }
}
