//! The two random generators of Spark that decide where elements go: `java.util.Random` and `XORShiftRandom`.
//!
//! Invariant: bit for bit the same numbers as on the JVM, for placement is part of a result.

/// A source of 31 random bits, with Java's rule for a bounded number.
trait Bits {
    fn next31(&mut self) -> u32;

    /// A number below the bound, which is at least 1.
    fn below(&mut self, bound: u32) -> u32 {
        let mut bits = self.next31();
        if bound.is_power_of_two() {
            return ((u64::from(bound) * u64::from(bits)) >> 31) as u32;
        }
        // Bits of the last, incomplete run of `bound` numbers are thrown away: Java looks for the overflow.
        while u64::from(bits - bits % bound) + u64::from(bound - 1) >= 1 << 31 {
            bits = self.next31();
        }
        bits % bound
    }
}

/// `java.util.Random`: it packs the partitions of a `coalesce` by where they are.
pub struct JavaRandom {
    state: u64,
}

const MULTIPLIER: u64 = 0x5_DEEC_E66D;
const MASK: u64 = (1 << 48) - 1;

impl JavaRandom {
    /// The generator of this seed.
    pub fn new(seed: u64) -> Self {
        Self { state: (seed ^ MULTIPLIER) & MASK }
    }

    /// `nextInt(bound)`, for a bound of at least 1.
    pub fn next_below(&mut self, bound: u32) -> u32 {
        self.below(bound)
    }
}

impl Bits for JavaRandom {
    fn next31(&mut self) -> u32 {
        self.state = (self.state.wrapping_mul(MULTIPLIER) + 0xB) & MASK;
        (self.state >> 17) as u32
    }
}

/// Spark's `XORShiftRandom`: it says where `repartition` begins to deal.
pub struct XorShiftRandom {
    state: u64,
}

impl XorShiftRandom {
    /// The generator of this seed, which is scrambled first.
    pub fn new(seed: u64) -> Self {
        let bytes = seed.to_be_bytes();
        let low = murmur3(bytes, 0x3C07_4A61);
        let high = murmur3(bytes, low);
        Self { state: u64::from(high) << 32 | u64::from(low) }
    }

    /// `nextInt(bound)`, for a bound of at least 1.
    pub fn next_below(&mut self, bound: u32) -> u32 {
        self.below(bound)
    }
}

impl Bits for XorShiftRandom {
    fn next31(&mut self) -> u32 {
        self.state ^= self.state << 21;
        self.state ^= self.state >> 35;
        self.state ^= self.state << 4;
        (self.state & 0x7FFF_FFFF) as u32
    }
}

/// MurmurHash3 of 32 bits over eight bytes.
fn murmur3(bytes: [u8; 8], seed: u32) -> u32 {
    let mut hash = seed;
    let value = u64::from_le_bytes(bytes);
    for block in [value as u32, (value >> 32) as u32] {
        let mixed = block.wrapping_mul(0xCC9E_2D51).rotate_left(15).wrapping_mul(0x1B87_3593);
        hash = (hash ^ mixed).rotate_left(13).wrapping_mul(5).wrapping_add(0xE654_6B64);
    }
    hash ^= 8;
    hash = (hash ^ hash >> 16).wrapping_mul(0x85EB_CA6B);
    hash = (hash ^ hash >> 13).wrapping_mul(0xC2B2_AE35);
    hash ^ hash >> 16
}

/// The reduce partition before the one that gets the first run which `repartition` deals out of a map partition.
pub fn deal_start(map_partition: u32, partitions: u32) -> u32 {
    XorShiftRandom::new(u64::from(map_partition)).next_below(partitions)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Seen on the reference: where the first run of map partitions 0 to 8 goes, for 2 to 8 partitions.
    const FIRST_RUNS: [&str; 7] =
        ["110000010", "012022020", "110330023", "444341111", "345022350", "362022422", "220650745"];

    #[test]
    fn runs_are_dealt_as_on_the_reference() {
        for (partitions, expected) in (2..).zip(FIRST_RUNS) {
            let first = |map| (deal_start(map, partitions) + 1) % partitions;
            let seen: String = (0..9).map(|map| first(map).to_string()).collect();
            assert_eq!(seen, expected, "{partitions} partitions");
        }
    }

    #[test]
    fn java_random_is_java_random() {
        // new java.util.Random(42): nextInt(10) five times.
        let mut random = JavaRandom::new(42);
        let seen: Vec<u32> = (0..5).map(|_| random.next_below(10)).collect();
        assert_eq!(seen, [0, 3, 8, 4, 0]);
    }
}
