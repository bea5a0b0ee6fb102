//! The k-way merge of sorted runs. Invariant: of equal keys the one of the earlier run comes first, so that merging runs that follow one another is stable.

/// The first key of every run that is not exhausted, as a binary heap whose comparison may fail: it may be a user's `__lt__`.
#[derive(Debug)]
pub struct Merge<K> {
    heap: Vec<(K, usize)>,
}

impl<K> Default for Merge<K> {
    fn default() -> Self {
        Merge { heap: Vec::new() }
    }
}

impl<K> Merge<K> {
    /// Adds the next key of `run`, which must have none in here. `before(a, b)` says whether `a` has to come before `b`;
    /// it is asked in one direction per comparison, for it is what costs.
    pub fn push<E>(
        &mut self,
        key: K,
        run: usize,
        mut before: impl FnMut(&K, &K) -> Result<bool, E>,
    ) -> Result<(), E> {
        self.heap.push((key, run));
        let mut child = self.heap.len() - 1;
        while child > 0 {
            let parent = (child - 1) / 2;
            if !self.first(child, parent, &mut before)? {
                break;
            }
            self.heap.swap(child, parent);
            child = parent;
        }
        Ok(())
    }

    /// Takes the first key of all out, with its run.
    pub fn pop<E>(
        &mut self,
        mut before: impl FnMut(&K, &K) -> Result<bool, E>,
    ) -> Result<Option<(K, usize)>, E> {
        if self.heap.is_empty() {
            return Ok(None);
        }
        let least = self.heap.swap_remove(0);
        let mut parent = 0;
        loop {
            let mut child = 2 * parent + 1;
            if child >= self.heap.len() {
                return Ok(Some(least));
            }
            if child + 1 < self.heap.len() && self.first(child + 1, child, &mut before)? {
                child += 1;
            }
            if !self.first(child, parent, &mut before)? {
                return Ok(Some(least));
            }
            self.heap.swap(child, parent);
            parent = child;
        }
    }

    /// Whether the key at `one` comes before the key at `other`.
    fn first<E>(
        &self,
        one: usize,
        other: usize,
        before: &mut impl FnMut(&K, &K) -> Result<bool, E>,
    ) -> Result<bool, E> {
        let ((key, run), (other_key, other_run)) = (&self.heap[one], &self.heap[other]);
        if run < other_run { Ok(!before(other_key, key)?) } else { before(key, other_key) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    type Tagged = (u8, usize);

    fn less(one: &Tagged, other: &Tagged) -> Result<bool, ()> {
        Ok(one.0 < other.0)
    }

    fn merged(runs: Vec<Vec<Tagged>>) -> Vec<Tagged> {
        let mut runs: Vec<_> = runs.into_iter().map(Vec::into_iter).collect();
        let mut merge = Merge::default();
        for (number, run) in runs.iter_mut().enumerate() {
            if let Some(key) = run.next() {
                merge.push(key, number, less).unwrap();
            }
        }
        let mut all = Vec::new();
        while let Some((key, run)) = merge.pop(less).unwrap() {
            all.push(key);
            if let Some(key) = runs[run].next() {
                merge.push(key, run, less).unwrap();
            }
        }
        all
    }

    proptest! {
        #[test]
        fn merging_sorted_runs_is_one_stable_sort(lengths in prop::collection::vec(0_usize..9, 0..9), seed in prop::collection::vec(0_u8..5, 80)) {
            let mut elements = seed.into_iter().zip(0..);
            let mut runs: Vec<Vec<Tagged>> =
                lengths.iter().map(|length| elements.by_ref().take(*length).collect()).collect();
            let mut expected = runs.concat();
            expected.sort_by_key(|element| element.0);
            runs.iter_mut().for_each(|run| run.sort_by_key(|element| element.0));
            prop_assert_eq!(merged(runs), expected);
        }
    }

    #[test]
    fn a_comparison_that_fails_ends_the_merge() {
        let mut merge = Merge::default();
        merge.push(1, 0, |_, _| Err("no")).unwrap();
        assert_eq!(merge.push(2, 1, |_, _| Err("no")), Err("no"));
    }
}
