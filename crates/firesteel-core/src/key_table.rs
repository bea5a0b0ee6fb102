//! Keys of one native type, numbered by their first appearance: what an aggregation needs that has no objects for keys.
//!
//! A look-up in a table that is larger than the processor's cache is waiting for memory. So keys come in batches, and
//! what all look-ups of a batch will read is loaded beforehand, each without waiting for the others.
//!
//! Invariant: `keys` holds every key once, and every key has one slot, which holds its number: its place in `keys`.

use std::hint::black_box;

/// How many look-ups wait for memory together.
const BATCH: usize = 64;

/// In a slot: no number.
const EMPTY: u32 = u32::MAX;

const FEWEST_SLOTS: usize = 128;

/// What keys can be.
pub trait Key: Copy + Eq {
    /// A number that is the same for equal keys, and whose high bits tell most others apart.
    fn mix(self) -> u64;
}

impl Key for i64 {
    /// Ints that lie close together, as most keys do, never meet: the multiplier is the golden ratio's.
    fn mix(self) -> u64 {
        (self as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15)
    }
}

/// Different keys, each with its number.
#[derive(Debug)]
pub struct KeyTable<K> {
    keys: Vec<K>,
    /// At least twice as many as keys, their number a power of two.
    slots: Vec<u32>,
    /// By how many bits a hash is shifted to be a place in `slots`.
    shift: u32,
}

/// There are more different keys than a table can number.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("a partition has more keys than 2^31; use more partitions")]
pub struct TooManyKeys;

impl<K: Key> Default for KeyTable<K> {
    fn default() -> Self {
        let mut table = Self { keys: Vec::new(), slots: Vec::new(), shift: 0 };
        table.resize(FEWEST_SLOTS);
        table
    }
}

impl<K: Key> KeyTable<K> {
    /// Appends the number of each key; those that are new are numbered in their order.
    pub fn number_all(&mut self, keys: &[K], numbers: &mut Vec<u32>) -> Result<(), TooManyKeys> {
        for batch in keys.chunks(BATCH) {
            self.reserve(batch.len())?;
            self.load(batch);
            numbers.extend(batch.iter().map(|key| self.number(*key)));
        }
        Ok(())
    }

    /// The different keys, by number.
    pub fn keys(&self) -> &[K] {
        &self.keys
    }

    /// The different keys, by number.
    pub fn into_keys(self) -> Vec<K> {
        self.keys
    }

    /// The number of a key. There is room for it.
    fn number(&mut self, key: K) -> u32 {
        let mut place = self.place(key);
        loop {
            let number = self.slots[place];
            if number == EMPTY {
                return self.add(key, place);
            }
            if self.keys[number as usize] == key {
                return number;
            }
            place = (place + 1) & (self.slots.len() - 1);
        }
    }

    fn add(&mut self, key: K, place: usize) -> u32 {
        let number = self.keys.len() as u32;
        self.slots[place] = number;
        self.keys.push(key);
        number
    }

    /// Brings slots and keys into the cache. None of the loads needs the result of another but a key its slot.
    fn load(&self, batch: &[K]) {
        let mut numbers = [EMPTY; BATCH];
        for (number, key) in numbers.iter_mut().zip(batch) {
            *number = self.slots[self.place(*key)];
        }
        let mixed = |number: u32| self.keys.get(number as usize).map_or(0, |key| key.mix());
        black_box(numbers.into_iter().fold(0, |all, number| all ^ mixed(number)));
    }

    /// Where to look first.
    fn place(&self, key: K) -> usize {
        (key.mix() >> self.shift) as usize
    }

    fn reserve(&mut self, more: usize) -> Result<(), TooManyKeys> {
        let needed = (self.keys.len() + more) * 2;
        if needed <= self.slots.len() {
            return Ok(());
        }
        if needed > EMPTY as usize {
            return Err(TooManyKeys);
        }
        self.resize(needed.next_power_of_two());
        Ok(())
    }

    fn resize(&mut self, slots: usize) {
        self.shift = u64::BITS - slots.trailing_zeros();
        self.slots = vec![EMPTY; slots];
        for number in 0..self.keys.len() {
            let mut place = self.place(self.keys[number]);
            while self.slots[place] != EMPTY {
                place = (place + 1) & (slots - 1);
            }
            self.slots[place] = number as u32;
        }
    }
}
