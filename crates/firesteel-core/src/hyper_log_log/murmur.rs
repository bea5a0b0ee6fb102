//! MurmurHash64A by Austin Appleby, with the seed of the library that Spark uses.

const SEED: u64 = 0xE17A_1465;
const MULTIPLIER: u64 = 0xC6A4_A793_5BD1_E995;
const SHIFT: u32 = 47;

/// The hash of bytes.
pub fn hash64(bytes: &[u8]) -> u64 {
    let mut hash = SEED ^ (bytes.len() as u64).wrapping_mul(MULTIPLIER);
    let (words, tail) = bytes.as_chunks::<8>();
    for word in words {
        let word = scramble(u64::from_le_bytes(*word).wrapping_mul(MULTIPLIER));
        hash = (hash ^ word.wrapping_mul(MULTIPLIER)).wrapping_mul(MULTIPLIER);
    }
    if !tail.is_empty() {
        let last = tail.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte));
        hash = (hash ^ last).wrapping_mul(MULTIPLIER);
    }
    scramble(scramble(hash).wrapping_mul(MULTIPLIER))
}

fn scramble(word: u64) -> u64 {
    word ^ word >> SHIFT
}

#[cfg(test)]
mod tests {
    use super::hash64;

    #[test]
    fn hashes_are_those_of_the_reference() {
        let expected = [
            ("0", 3482904090867950579),
            ("1", -6739554300740862253),
            ("12345", -5422661247297360239),
            ("12345678", 1123327355903392148),
            ("4294967295", -8809835345866786294_i64),
        ];
        for (digits, hash) in expected {
            assert_eq!(hash64(digits.as_bytes()) as i64, hash, "{digits}");
        }
    }
}
