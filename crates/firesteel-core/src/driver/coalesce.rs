//! Which partitions `coalesce` puts together.
//!
//! Invariant: every parent partition is in exactly one group, no group is empty, and there are
//! `min(available, wanted)` groups.

/// Groups of neighbours: group `i` begins at `i * available / wanted`.
pub fn groups(available: u32, wanted: u32) -> Vec<Vec<u32>> {
    let count = u64::from(available.min(wanted));
    let start = |group: u64| (group * u64::from(available) / count) as u32;
    (0..count).map(|group| (start(group)..start(group + 1)).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn neighbours_stay_together() {
        assert_eq!(groups(5, 2), [vec![0, 1], vec![2, 3, 4]]);
        assert_eq!(groups(2, 5), [vec![0], vec![1]]);
        assert!(groups(0, 3).is_empty());
    }

    proptest! {
        #[test]
        fn every_partition_is_in_one_group(available in 0u32..500, wanted in 1u32..500) {
            let groups = groups(available, wanted);
            prop_assert_eq!(groups.len() as u32, available.min(wanted));
            prop_assert!(groups.iter().all(|group| !group.is_empty()));
            prop_assert_eq!(groups.concat(), (0..available).collect::<Vec<_>>());
        }
    }
}
