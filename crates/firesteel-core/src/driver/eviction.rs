//! What makes room in memory for a cached partition that found none.
//!
//! ```text
//! a task wrote its partition to disk, for memory was full
//!   `- victims: blocks of other RDDs, used longest ago first, that nobody reads
//!        |- may be on disk: moved there          (mover)
//!        `- may not:        dropped, and computed again when somebody asks
//!   `- when there is room: the partition is moved to memory   (mover)
//! ```
//!
//! Invariants, which are Spark's: no block makes room for one of its own RDD, and nothing is evicted where all of it
//! together would not make room enough.

use super::event_loop::EventLoop;
use super::lock;
use super::map_outputs::delete;
use super::mover::{Move, Moved};
use crate::protocol::StoredBlock;
use crate::storage::{BlockRef, Placement};
use firesteel_scheduler::event::Event;
use firesteel_scheduler::ids::{RddId, TaskId};
use std::collections::{HashMap, HashSet, VecDeque};

/// The moves that have been ordered or are to be.
#[derive(Debug, Default)]
pub struct Moves {
    /// Partitions that wait for room in memory.
    homeless: VecDeque<(RddId, u32)>,
    /// What is being moved, and whether into memory.
    under_way: HashMap<(RddId, u32), bool>,
}

impl EventLoop {
    /// A partition has been stored. If it should be in memory and found no room there, others go.
    pub(super) fn find_room(&mut self, stored: &StoredBlock) {
        let placement = self.run_directory.next_placement();
        let (rdd, block) = (stored.rdd, &stored.block);
        let level = lock(&self.shared.catalog).storage_level(rdd);
        let is_homeless = placement.memory_dir.is_some() && !placement.is_in_memory(block);
        if !is_homeless || level.is_none_or(|level| !level.memory) {
            return;
        }
        let needed = block.length.saturating_sub(placement.memory_allowance);
        if self.evict(rdd, needed, &placement) {
            self.moves.homeless.push_back((rdd, stored.partition));
            self.house();
        }
    }

    /// Evicts so many bytes of other RDDs, or nothing. Whether that is enough.
    fn evict(&mut self, rdd: RddId, needed: u64, placement: &Placement) -> bool {
        let read: HashSet<_> = self.running.values().flat_map(|task| &task.read).copied().collect();
        let may_go = |key: (RddId, u32), block: &BlockRef| {
            let is_busy = read.contains(&key) || self.moves.under_way.contains_key(&key);
            placement.is_in_memory(block) && !is_busy
        };
        let Some(victims) = lock(&self.shared.catalog).victims(rdd, needed, may_go) else {
            return false;
        };
        for (rdd, partition) in victims {
            let level = lock(&self.shared.catalog).storage_level(rdd);
            match level.is_some_and(|level| level.disk) {
                true => self.order_move(rdd, partition, placement, false),
                false => self.drop_block(rdd, partition),
            }
        }
        true
    }

    fn drop_block(&mut self, rdd: RddId, partition: u32) {
        let block = lock(&self.shared.catalog).take_block(rdd, partition);
        block.iter().for_each(|block| delete(&block.path));
        self.pool.drop_copies(rdd, Some(partition));
        lock(&self.shared.instruments).counters.blocks_evicted += 1;
        self.pending.push_back(Event::BlockEvicted { rdd, partition });
    }

    fn order_move(&mut self, rdd: RddId, partition: u32, placement: &Placement, to_memory: bool) {
        let from = lock(&self.shared.catalog).block(rdd, partition).cloned();
        let Some(from) = from else { return };
        let (directory, limit) = match (to_memory, &placement.memory_dir) {
            (true, Some(memory)) => (memory.clone(), None),
            (true, None) => return,
            (false, _) => (placement.disk_dir.clone(), placement.disk_limit),
        };
        if self.mover.order(Move { rdd, partition, from, directory, limit }) {
            self.moves.under_way.insert((rdd, partition), to_memory);
        }
    }

    /// Moves those who wait into memory, as far as there is room now. Once no move makes any more room, the others
    /// stay on disk.
    fn house(&mut self) {
        while let Some((rdd, partition)) = self.moves.homeless.front().copied() {
            let placement = self.run_directory.next_placement();
            let block = lock(&self.shared.catalog).block(rdd, partition).cloned();
            let block = block.filter(|block| !placement.is_in_memory(block));
            let has_room = |block: &BlockRef| block.length <= placement.memory_allowance;
            if block.as_ref().is_some_and(has_room) {
                // One at a time: until it is there, nobody knows what room is left.
                if !self.moves.under_way.values().any(|to_memory| *to_memory) {
                    self.moves.homeless.pop_front();
                    self.order_move(rdd, partition, &placement, true);
                }
                return;
            }
            if block.is_some() && !self.moves.under_way.is_empty() {
                return;
            }
            self.moves.homeless.pop_front();
        }
    }

    /// The mover has tried.
    pub(super) fn moved(&mut self, moved: Moved) {
        let Moved { order: Move { rdd, partition, from, .. }, to } = moved;
        let to_memory = self.moves.under_way.remove(&(rdd, partition)).unwrap_or(false);
        if let Some(to) = to {
            self.replace_block(rdd, partition, from, to, to_memory);
        }
        self.house();
    }

    /// Tasks that read the block where it was are left to end.
    fn replace_block(
        &mut self,
        rdd: RddId,
        partition: u32,
        from: BlockRef,
        to: BlockRef,
        to_memory: bool,
    ) {
        if !lock(&self.shared.catalog).replace_block(rdd, partition, &from, &to) {
            // It has been dropped in the meantime.
            return delete(&to.path);
        }
        let reads = |task: &&super::event_loop::Running| task.read.contains(&(rdd, partition));
        let readers: HashSet<TaskId> =
            self.running.values().filter(reads).map(|task| task.launch.task).collect();
        self.dropped.add(vec![from], readers);
        self.pool.drop_copies(rdd, Some(partition));
        let counters = &mut lock(&self.shared.instruments).counters;
        match to_memory {
            true => counters.blocks_moved_to_memory += 1,
            false => counters.blocks_moved_to_disk += 1,
        }
    }
}
