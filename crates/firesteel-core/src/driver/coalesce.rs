//! Which partitions `coalesce` puts together, and in which order.
//!
//! Partitions that no one place suits best are grouped with their neighbours. As soon as one has a place (see
//! `catalog::locality`), the reference packs them: every group is begun by a located partition, drawn at random where there
//! are more groups than hosts (there is one host), and the rest go where the balance wants them. Its random numbers
//! have a fixed seed, so the result can be, and is, the same.
//!
//! Invariant: every partition is in exactly one group, no group is empty, and there are `min(available, wanted)` groups.

use crate::spark_random::JavaRandom;

/// The seed of the reference.
const SEED: u64 = 7919;

/// The part of all partitions by which a group may be larger than the smallest before balance counts more than place.
const SLACK: f64 = 0.1;

/// The groups for partitions of which it is known whether they have a place.
pub fn groups(located: &[bool], wanted: u32) -> Vec<Vec<u32>> {
    let available = located.len() as u32;
    let count = available.min(wanted);
    if located.contains(&true) {
        Packing::new(located, count).pack()
    } else {
        neighbours(available, count)
    }
}

/// Group `i` begins at `i * available / count`.
fn neighbours(available: u32, count: u32) -> Vec<Vec<u32>> {
    let start = |group: u32| (u64::from(group) * u64::from(available) / u64::from(count)) as u32;
    (0..count).map(|group| (start(group)..start(group + 1)).collect()).collect()
}

struct Packing<'a> {
    located: &'a [bool],
    placed: Vec<bool>,
    groups: Vec<Vec<u32>>,
    count: u32,
    random: JavaRandom,
}

impl Packing<'_> {
    fn new(located: &[bool], count: u32) -> Packing<'_> {
        let placed = vec![false; located.len()];
        Packing { located, placed, groups: Vec::new(), count, random: JavaRandom::new(SEED) }
    }

    fn pack(mut self) -> Vec<Vec<u32>> {
        self.begin_groups();
        self.fill_empty_groups(true);
        self.fill_empty_groups(false);
        for partition in 0..self.located.len() as u32 {
            if !self.placed[partition as usize] {
                let group = self.choose(partition);
                self.groups[group].push(partition);
            }
        }
        self.groups
    }

    fn with_place(&self, located: bool) -> Vec<u32> {
        let all = (0..).zip(self.located);
        all.filter(|(_, is)| **is == located).map(|(partition, _)| partition).collect()
    }

    /// The first group gets the first located partition, each other one a draw, or nothing if that is placed already.
    fn begin_groups(&mut self) {
        let candidates = self.with_place(true);
        for group in 0..self.count {
            let drawn =
                if group == 0 { 0 } else { self.random.next_below(candidates.len() as u32) };
            self.groups.push(Vec::new());
            self.place(candidates[drawn as usize], group as usize);
        }
    }

    fn place(&mut self, partition: u32, group: usize) {
        if !std::mem::replace(&mut self.placed[partition as usize], true) {
            self.groups[group].push(partition);
        }
    }

    fn fill_empty_groups(&mut self, located: bool) {
        let mut rest = self.with_place(located);
        rest.retain(|partition| !self.placed[*partition as usize]);
        let empty = (0..self.groups.len()).filter(|group| self.groups[*group].is_empty());
        for (group, partition) in empty.collect::<Vec<_>>().into_iter().zip(rest) {
            self.place(partition, group);
        }
    }

    /// Power of two choices, unless the partition has a place and its group is much smaller than the choice.
    fn choose(&mut self, partition: u32) -> usize {
        let smallest =
            (0..self.groups.len()).min_by_key(|group| self.groups[*group].len()).unwrap_or(0);
        let (one, other) = (self.draw_group(), self.draw_group());
        let size = |group: usize| self.groups[group].len();
        let chosen = if size(one) < size(other) { one } else { other };
        let slack = (SLACK * self.located.len() as f64) as usize;
        let has_place = self.located[partition as usize];
        if has_place && size(chosen) + slack > size(smallest) { smallest } else { chosen }
    }

    fn draw_group(&mut self) -> usize {
        self.random.next_below(self.groups.len() as u32) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn located(partitions: usize) -> Vec<bool> {
        vec![true; partitions]
    }

    #[test]
    fn without_places_neighbours_stay_together() {
        assert_eq!(groups(&[false; 5], 2), [vec![0, 1], vec![2, 3, 4]]);
        assert_eq!(groups(&[false; 2], 5), [vec![0], vec![1]]);
        assert!(groups(&[], 3).is_empty());
    }

    /// Seen on the reference.
    #[test]
    fn partitions_with_a_place_are_packed_as_on_the_reference() {
        assert_eq!(groups(&located(7), 3), [vec![0, 3], vec![1, 4, 6], vec![2, 5]]);
        let alone: Vec<_> = [0, 1, 2, 3, 4, 6, 5].map(|partition| vec![partition]).into();
        assert_eq!(groups(&located(7), 20), alone);
    }

    proptest! {
        #[test]
        fn every_partition_is_in_one_group(located in prop::collection::vec(any::<bool>(), 0..60), wanted in 1u32..70) {
            let groups = groups(&located, wanted);
            prop_assert_eq!(groups.len(), located.len().min(wanted as usize));
            prop_assert!(groups.iter().all(|group| !group.is_empty()));
            let mut all = groups.concat();
            all.sort_unstable();
            prop_assert_eq!(all, (0..located.len() as u32).collect::<Vec<_>>());
        }
    }
}
