//! Who refers to an RDD, and what goes when nobody does.

use super::{Catalog, Kind};
use crate::protocol::Payload;
use firesteel_scheduler::ids::RddId;

/// What a release has removed from the catalog.
#[derive(Debug, Default)]
pub struct Released {
    /// RDDs that the scheduler and workers know, children before parents.
    pub defined: Vec<RddId>,
    /// Slices and functions, whose blocks can be deleted.
    pub payloads: Vec<Payload>,
}

impl Catalog {
    /// One more handle.
    pub fn retain(&mut self, id: RddId) {
        self.rdd_mut(id).references += 1;
    }

    /// One handle less. With the last one the RDD goes, and with it every ancestor that only it referred to.
    pub fn release(&mut self, id: RddId) -> Released {
        let mut released = Released::default();
        let mut pending = vec![id];
        while let Some(id) = pending.pop() {
            let rdd = self.rdd_mut(id);
            rdd.references -= 1;
            if rdd.references == 0 {
                self.remove(id, &mut pending, &mut released);
            }
        }
        released
    }

    fn remove(&mut self, id: RddId, pending: &mut Vec<RddId>, released: &mut Released) {
        let Some(rdd) = self.rdds.remove(&id) else { return };
        self.persisted.remove(&id);
        self.profiles.remove(&id);
        self.locality.forget(id);
        pending.extend(rdd.kind.parents());
        if rdd.defined {
            released.defined.push(id);
        }
        released.payloads.extend(rdd.code);
        match rdd.kind {
            Kind::Elements(slices) => released.payloads.extend(slices),
            Kind::Shuffle { shuffle, .. } => {
                self.shuffles.remove(&shuffle);
            }
            _ => {}
        }
    }
}
