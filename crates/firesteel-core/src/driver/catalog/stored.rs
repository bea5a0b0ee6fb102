//! The blocks of persisted RDDs, and which of them were used longest ago.

use super::{Catalog, RddId};
use crate::storage::BlockRef;
use std::path::Path;

/// A stored partition.
#[derive(Debug)]
pub(super) struct Stored {
    pub block: BlockRef,
    /// The catalog's clock when it was written or read last.
    used: u64,
}

impl Catalog {
    /// Records a stored partition. Gives back an older block of it, which the caller deletes.
    pub fn store(&mut self, id: RddId, partition: u32, block: BlockRef) -> Option<BlockRef> {
        self.clock += 1;
        let path = block.path.clone();
        let stored = Stored { block, used: self.clock };
        let older = self.stored.entry(id).or_default().insert(partition, stored);
        older.map(|older| older.block).filter(|older| older.path != path)
    }

    /// A task is going to read these partitions.
    pub fn touch(&mut self, read: &[(RddId, u32)]) {
        for (id, partition) in read {
            self.clock += 1;
            if let Some(stored) = self.stored.get_mut(id).and_then(|of| of.get_mut(partition)) {
                stored.used = self.clock;
            }
        }
    }

    /// The block of a partition, whether it counts or not.
    pub fn block(&self, id: RddId, partition: u32) -> Option<&BlockRef> {
        self.stored.get(&id)?.get(&partition).map(|stored| &stored.block)
    }

    /// Partitions that make room for one of `rdd`: of other RDDs, as few as have so many bytes together, those used
    /// longest ago. None if all that may go have less.
    pub fn victims(
        &self,
        rdd: RddId,
        bytes: u64,
        may_go: impl Fn((RddId, u32), &BlockRef) -> bool,
    ) -> Option<Vec<(RddId, u32)>> {
        let others = self.stored.iter().filter(|(id, _)| **id != rdd);
        let others = others.flat_map(|(id, of)| of.iter().map(|(at, stored)| ((*id, *at), stored)));
        let mut others: Vec<_> =
            others.filter(|(key, stored)| may_go(*key, &stored.block)).collect();
        others.sort_unstable_by_key(|(_, stored)| stored.used);
        let (mut victims, mut room) = (Vec::new(), 0);
        for (key, stored) in others {
            if room >= bytes {
                break;
            }
            room += stored.block.length;
            victims.push(key);
        }
        (room >= bytes).then_some(victims)
    }

    /// Forgets one block, which the caller deletes.
    pub fn take_block(&mut self, id: RddId, partition: u32) -> Option<BlockRef> {
        let of = self.stored.get_mut(&id)?;
        let taken = of.remove(&partition);
        if of.is_empty() {
            self.stored.remove(&id);
        }
        taken.map(|stored| stored.block)
    }

    /// The block lies elsewhere from now on. Whether it is still the one that counts.
    pub fn replace_block(
        &mut self,
        id: RddId,
        partition: u32,
        from: &BlockRef,
        to: &BlockRef,
    ) -> bool {
        let stored = self.stored.get_mut(&id).and_then(|of| of.get_mut(&partition));
        match stored.filter(|stored| stored.block == *from) {
            Some(stored) => {
                stored.block = to.clone();
                true
            }
            None => false,
        }
    }

    /// The RDD that a stored block belongs to.
    pub fn owner_of_block(&self, path: &Path) -> Option<RddId> {
        let mut all = self.stored.iter();
        all.find(|(_, of)| of.values().any(|stored| stored.block.path == path)).map(|(id, _)| *id)
    }

    /// How many partitions are stored.
    pub fn stored_partitions(&self, id: RddId) -> usize {
        self.stored.get(&id).map_or(0, |of| of.len())
    }

    /// Forgets the blocks of an RDD, which the caller deletes.
    pub fn take_stored(&mut self, id: RddId) -> Vec<BlockRef> {
        let of = self.stored.remove(&id).unwrap_or_default();
        of.into_values().map(|stored| stored.block).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(path: &str, length: u64) -> BlockRef {
        BlockRef { path: path.into(), offset: 0, length }
    }

    /// RDDs 0, 1 and 2 with two partitions of ten bytes each, stored in turns.
    fn full() -> Catalog {
        let mut catalog = Catalog::default();
        for partition in 0..2 {
            for rdd in 0..3 {
                catalog.store(RddId(rdd), partition, block(&format!("{rdd}/{partition}"), 10));
            }
        }
        catalog
    }

    #[test]
    fn those_used_longest_ago_make_room_but_none_of_the_same_rdd() {
        let mut catalog = full();
        let all = |_: (RddId, u32), _: &BlockRef| true;
        let first = |partition| (RddId(1), partition);
        assert_eq!(catalog.victims(RddId(0), 10, all), Some(vec![first(0)]));
        catalog.touch(&[first(0)]);
        let victims = catalog.victims(RddId(0), 11, all);
        assert_eq!(victims, Some(vec![(RddId(2), 0), first(1)]));
        assert_eq!(catalog.victims(RddId(0), 41, all), None, "all others together have 40");
        assert_eq!(catalog.victims(RddId(0), 0, all), Some(vec![]));
        let one = |key, _: &BlockRef| key == first(1);
        assert_eq!(catalog.victims(RddId(0), 10, one), Some(vec![first(1)]));
    }

    #[test]
    fn only_the_block_that_counts_is_replaced() {
        let mut catalog = full();
        let (here, there) = (block("0/1", 10), block("there", 10));
        assert!(catalog.replace_block(RddId(0), 1, &here, &there));
        assert!(!catalog.replace_block(RddId(0), 1, &here, &there));
        assert_eq!(catalog.take_block(RddId(0), 1), Some(there.clone()));
        assert!(!catalog.replace_block(RddId(0), 1, &there, &here));
        assert_eq!(
            (catalog.take_block(RddId(0), 1), catalog.stored_partitions(RddId(0))),
            (None, 1)
        );
    }
}
