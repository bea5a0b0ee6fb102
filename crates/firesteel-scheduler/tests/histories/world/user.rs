//! What the user does: define RDDs, run jobs, and change their mind.

use super::{Job, World};
use crate::data::{Definition, closure, meets};
use crate::dice::Dice;
use firesteel_scheduler::event::Event;
use firesteel_scheduler::ids::{JobId, RddId, ShuffleId};
use firesteel_scheduler::lineage::{Dependency, Rdd};
use std::collections::{BTreeMap, BTreeSet};

/// The partitions of a cartesian product, so that products of products stay small.
const MOST_CROSSED: u32 = 12;

impl World {
    pub(super) fn whim(&mut self, dice: &mut Dice) {
        match dice.below(12) {
            11 => {
                // Another RDD wants the place of any block.
                if let Some((rdd, partition)) = dice.pick(self.disk.blocks.keys().copied()) {
                    self.disk.blocks.remove(&(rdd, partition));
                    self.tell(Event::BlockEvicted { rdd, partition });
                }
            }
            10 => self.tell(Event::WorkersOutdated),
            0 => self.tell(Event::AllJobsCancelled { reason: "all".to_owned() }),
            1 => {
                let group = ["a", "b"][dice.below(2)].to_owned();
                self.tell(Event::JobGroupCancelled { group, reason: "group".to_owned() });
            }
            2..5 => {
                // Any job, also one that has ended or never was.
                let job = JobId(dice.below(self.jobs.len() + 1) as u32);
                self.tell(Event::JobCancelled { job, reason: "job".to_owned() });
            }
            5 => {
                if let Some((shuffle, _)) = self.any_shuffle(dice) {
                    self.tell(Event::ShuffleDropped { shuffle });
                }
            }
            6 => {
                if let Some(rdd) = dice.pick(self.disk.blocks.keys().map(|(rdd, _)| *rdd)) {
                    self.remove_blocks(rdd);
                    self.tell(Event::BlocksDropped { rdd });
                }
            }
            _ => {
                let rdd = dice.pick(self.releasable());
                rdd.into_iter().for_each(|rdd| self.release(rdd));
            }
        }
    }

    pub(super) fn release(&mut self, rdd: RddId) {
        self.released.insert(rdd);
        if self.sent.contains(&rdd) {
            self.tell(Event::RddReleased { rdd });
        }
    }

    /// What nobody derives a new definition from. A child that the scheduler knows does not hold its parent back:
    /// in which order a garbage collector lets go of both is its own affair.
    pub(super) fn releasable(&self) -> Vec<RddId> {
        let usable = self.usable();
        let mut held = BTreeSet::new();
        for rdd in usable.iter().filter(|rdd| !self.sent.contains(rdd)) {
            let (mut ancestors, shuffles) = closure(&self.all, *rdd);
            ancestors.remove(rdd);
            held.extend(ancestors);
            // The scheduler knows a shuffle, and with it the map side, as long as it knows a reader.
            held.extend(self.sent_readers(&shuffles));
        }
        usable.into_iter().filter(|rdd| !held.contains(rdd)).collect()
    }

    fn sent_readers(&self, shuffles: &BTreeSet<ShuffleId>) -> Vec<RddId> {
        let reads = |rdd: &&RddId| match self.all[rdd].rdd.dependency {
            Dependency::Shuffle { shuffle, .. } => shuffles.contains(&shuffle),
            _ => false,
        };
        self.sent.iter().filter(reads).copied().collect()
    }

    pub(super) fn usable(&self) -> Vec<RddId> {
        self.all.keys().filter(|rdd| !self.released.contains(rdd)).copied().collect()
    }

    pub(super) fn define(&mut self, dice: &mut Dice) {
        let parents = self.usable();
        let (partitions, dependency) = match dice.pick(parents.iter().copied()) {
            None => (dice.below(5) as u32, Dependency::Source),
            Some(parent) => self.derive(dice, parent, &parents),
        };
        let rdd = Rdd { partitions, dependency };
        let is_persisted = dice.chance(25);
        let meets = meets(&self.all, &rdd);
        let definition = Definition { rdd, is_persisted, meets };
        self.all.insert(RddId(self.all.len() as u32), definition);
        if dice.chance(self.climate.wishes) {
            self.wish(dice);
        }
    }

    pub(super) fn derive(
        &mut self,
        dice: &mut Dice,
        parent: RddId,
        all: &[RddId],
    ) -> (u32, Dependency) {
        let count = self.all[&parent].rdd.partitions;
        match dice.below(14) {
            0 => (dice.below(5) as u32, Dependency::Source),
            1..4 => (count, Dependency::OneToOne(parent)),
            12 => (count, Dependency::Barrier(parent)),
            13 => {
                let small = |rdd: &RddId| self.all[rdd].rdd.partitions * count <= MOST_CROSSED;
                match dice.pick(all.iter().copied().filter(small)) {
                    Some(other) => {
                        let partitions = count * self.all[&other].rdd.partitions;
                        (partitions, Dependency::Cartesian([parent, other]))
                    }
                    None => (count, Dependency::OneToOne(parent)),
                }
            }
            4 => {
                let other = dice.pick(all.iter().copied()).unwrap_or(parent);
                let total = count + self.all[&other].rdd.partitions;
                (total, Dependency::Union(vec![parent, other]))
            }
            5 => {
                let same = |rdd: &RddId| self.all[rdd].rdd.partitions == count;
                let other = dice.pick(all.iter().copied().filter(same)).unwrap_or(parent);
                (count, Dependency::AlignedUnion(vec![parent, other]))
            }
            6 => {
                let mut groups = vec![Vec::new(); dice.below(3) + 1];
                for partition in 0..count {
                    let group = dice.below(groups.len());
                    groups[group].push(partition);
                }
                (groups.len() as u32, Dependency::Coalesce { parent, groups })
            }
            7 => match self.any_shuffle(dice) {
                Some((shuffle, parent)) => {
                    (dice.below(3) as u32 + 1, Dependency::Shuffle { shuffle, parent })
                }
                None => (count, Dependency::OneToOne(parent)),
            },
            _ => {
                let shuffle = ShuffleId(self.next_shuffle);
                self.next_shuffle += 1;
                (dice.below(3) as u32 + 1, Dependency::Shuffle { shuffle, parent })
            }
        }
    }

    /// The shuffle of an RDD that is still there, for a second RDD to read.
    pub(super) fn any_shuffle(&self, dice: &mut Dice) -> Option<(ShuffleId, RddId)> {
        let shuffle = |id: RddId| match self.all[&id].rdd.dependency {
            Dependency::Shuffle { shuffle, parent } => Some((shuffle, parent)),
            _ => None,
        };
        dice.pick(self.usable().into_iter().filter_map(shuffle))
    }

    pub(super) fn submit(&mut self, dice: &mut Dice) {
        let Some(rdd) = dice.pick(self.usable()) else { return };
        let mut partitions: Vec<u32> = (0..self.all[&rdd].rdd.partitions).collect();
        if dice.chance(30) {
            partitions.retain(|_| dice.chance(50));
            partitions.reverse();
        }
        let group = dice.pick([None, Some("a"), Some("b")]).flatten().map(str::to_owned);
        let pool = dice.pick([None, Some("a"), Some("b")]).flatten().map(str::to_owned);
        let id = JobId(self.jobs.len() as u32);
        let job = Job {
            rdd,
            partitions: partitions.clone(),
            group: group.clone(),
            delivered: BTreeMap::new(),
            skipped: BTreeSet::new(),
            has_ended: false,
        };
        self.jobs.insert(id, job);
        let news: Vec<RddId> = closure(&self.all, rdd).0.difference(&self.sent).copied().collect();
        self.sent.extend(&news);
        let define = |id: &RddId| (*id, self.all[id].rdd.clone());
        let definitions = news.iter().map(define).collect();
        let profiles = self.tell_wishes();
        self.is_refused = self.expect_requests(rdd, &partitions);
        self.tell(Event::JobSubmitted {
            job: id,
            rdd,
            partitions,
            group,
            pool,
            definitions,
            profiles,
        });
        for rdd in news.into_iter().filter(|rdd| self.released.contains(rdd)).collect::<Vec<_>>() {
            self.tell(Event::RddReleased { rdd });
        }
    }
}
