//! The generator behind Python's `random.Random`, continued from where that one is.
//!
//! Invariant: the same floats as `Random.random()`, bit for bit, for what a sample draws is part of a result.

const WORDS: usize = 624;
const MIDDLE: usize = 397;
const UPPER: u32 = 0x8000_0000;
const MATRIX: u32 = 0x9908_B0DF;

/// MT19937.
#[derive(Clone, Debug)]
pub struct MersenneTwister {
    state: Vec<u32>,
    next: usize,
}

impl MersenneTwister {
    /// What `Random.getstate()[1]` holds: the state's words, and how many of them have been used. None if it is not this.
    pub fn from_state(words: &[u32]) -> Option<Self> {
        let (next, state) = words.split_last()?;
        let next = *next as usize;
        (state.len() == WORDS && next <= WORDS).then(|| Self { state: state.to_vec(), next })
    }

    /// The next float from 0 up to 1.
    pub fn random(&mut self) -> f64 {
        let (high, low) = (self.next_word() >> 5, self.next_word() >> 6);
        (f64::from(high) * 67_108_864.0 + f64::from(low)) / 9_007_199_254_740_992.0
    }

    fn next_word(&mut self) -> u32 {
        if self.next == WORDS {
            self.twist();
        }
        let mut word = self.state[self.next];
        self.next += 1;
        word ^= word >> 11;
        word ^= (word << 7) & 0x9D2C_5680;
        word ^= (word << 15) & 0xEFC6_0000;
        word ^ (word >> 18)
    }

    fn twist(&mut self) {
        for index in 0..WORDS {
            let next = self.state[(index + 1) % WORDS];
            let joined = (self.state[index] & UPPER) | (next & !UPPER);
            let odd = if joined & 1 == 1 { MATRIX } else { 0 };
            self.state[index] = self.state[(index + MIDDLE) % WORDS] ^ (joined >> 1) ^ odd;
        }
        self.next = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Seeded as the reference implementation is; its 10,000th word is known.
    #[test]
    fn the_words_are_those_of_the_reference_implementation() {
        let mut words = vec![5489_u32];
        for index in 1..WORDS as u32 {
            let last = words[index as usize - 1];
            words.push((last ^ (last >> 30)).wrapping_mul(1_812_433_253).wrapping_add(index));
        }
        words.push(WORDS as u32);
        let mut twister = MersenneTwister::from_state(&words).unwrap();
        assert_eq!(twister.next_word(), 3_499_211_612);
        let last = (1..10_000).map(|_| twister.next_word()).last();
        assert_eq!(last, Some(4_123_659_995));
    }

    #[test]
    fn only_a_whole_state_is_taken() {
        assert!(MersenneTwister::from_state(&[1, 2, 3]).is_none());
        let mut words = vec![0; WORDS + 1];
        words[WORDS] = WORDS as u32 + 1;
        assert!(MersenneTwister::from_state(&words).is_none());
    }
}
