//! HyperLogLog++: how many different elements there are, in memory that does not grow with their number.
//!
//! ```text
//!   element ──► 32-bit hash ──► its digits ──► murmur64 ──► 1011 0001 1010...
//!                                                            │    └─ three zeros: a run of 4
//!                                                            └────── register 11 keeps its longest run
//! ```
//!
//! Estimates are those of the library that Spark uses, to the last element: it hashes the decimal digits of a
//! number, has registers from the start instead of the paper's sparse list of hashes, and corrects by the tables
//! of the paper's appendix (`bias`). The crate `hyperloglogplus` does the first two otherwise and stops at
//! precision 18.
//!
//! Invariant: a sketch depends on the set of the elements alone; merged in any order and grouping, sketches give
//! the one of all elements.

mod bias;
mod murmur;

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Fewer registers than 2^4 have no tables.
const MIN_PRECISION: u8 = 4;
/// Registers are numbered in 32 bits.
const MAX_PRECISION: u8 = 32;

/// How many registers there are for one that is named, when the others are zero and not kept: about what an
/// entry of a map costs in bytes.
const SPARSENESS: u64 = 16;

/// The registers of a set of elements.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HyperLogLogPlus {
    precision: u8,
    registers: Registers,
}

/// Which form it is depends on the number of registers that are not zero, and so on the elements alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Registers {
    /// Those that are not zero.
    Few(BTreeMap<u32, u8>),
    /// All.
    All(#[serde(with = "serde_bytes")] Vec<u8>),
}

/// Why bytes are not a sketch that can be merged.
#[derive(Debug, thiserror::Error)]
pub enum SketchError {
    /// They are something else.
    #[error("not a sketch: {0}")]
    Encoding(#[from] rmp_serde::decode::Error),
    /// It has too few or too many registers for its precision, or its precision is another.
    #[error("a sketch of another precision")]
    Precision,
}

impl HyperLogLogPlus {
    /// The sketch of no elements, with 2^precision registers; the precision is at least 4 and at most 32.
    pub fn new(precision: u8) -> Self {
        let precision = precision.clamp(MIN_PRECISION, MAX_PRECISION);
        Self { precision, registers: Registers::Few(BTreeMap::new()) }
    }

    /// Adds an element by its hash.
    pub fn add(&mut self, hash: u32) {
        let hash = murmur::hash64(itoa::Buffer::new().format(hash).as_bytes());
        let register = (hash >> (64 - self.precision)) as u32;
        // The bit ends a run of zeros that fills all of the hash.
        let rest = hash << self.precision | 1 << (self.precision - 1);
        self.raise(register, rest.leading_zeros() as u8 + 1);
    }

    fn raise(&mut self, register: u32, run: u8) {
        let kept = match &mut self.registers {
            Registers::Few(few) => few.entry(register).or_default(),
            Registers::All(all) => &mut all[register as usize],
        };
        *kept = run.max(*kept);
        self.spread();
    }

    /// Keeps all registers as soon as that is no longer a waste.
    fn spread(&mut self) {
        let Registers::Few(few) = &self.registers else { return };
        if few.len() as u64 * SPARSENESS <= self.size() {
            return;
        }
        let mut all = vec![0; self.size() as usize];
        few.iter().for_each(|(register, run)| all[*register as usize] = *run);
        self.registers = Registers::All(all);
    }

    /// The number of registers.
    fn size(&self) -> u64 {
        1 << self.precision
    }

    /// Adds the elements of another sketch.
    pub fn merge(&mut self, other: &HyperLogLogPlus) -> Result<(), SketchError> {
        if other.precision != self.precision {
            return Err(SketchError::Precision);
        }
        match &other.registers {
            Registers::Few(few) => few.iter().for_each(|(at, run)| self.raise(*at, *run)),
            Registers::All(all) => {
                let runs = (0..).zip(all).filter(|(_, run)| **run > 0);
                runs.for_each(|(at, run)| self.raise(at, *run));
            }
        }
        Ok(())
    }

    /// How many different elements were added, about.
    pub fn estimate(&self) -> u64 {
        let (inverse_sum, zeros) = self.sums();
        let size = self.size() as f64;
        let raw = alpha(self.precision) * size * size / inverse_sum;
        let is_small = raw <= 5.0 * size;
        let bias = if is_small { bias::of(self.precision, raw) } else { Some(0.0) };
        let corrected = raw - bias.unwrap_or(0.0);
        let counted = if zeros > 0 { size * (size / zeros as f64).ln() } else { corrected };
        // Beyond the tables, counting the zeros is all there is.
        let prefers_counted = match bias::threshold(self.precision) {
            Some(threshold) => counted < threshold,
            None => is_small,
        };
        round(if prefers_counted { counted } else { corrected })
    }

    /// The sum of 2^-run over all registers, and how many are zero.
    fn sums(&self) -> (f64, u64) {
        let runs: Box<dyn Iterator<Item = u8> + '_> = match &self.registers {
            Registers::Few(few) => Box::new(few.values().copied()),
            Registers::All(all) => Box::new(all.iter().copied().filter(|run| *run > 0)),
        };
        // Exact, and so in any order: no run is longer than 64.
        let (count, sum) =
            runs.fold((0, 0.0), |(count, sum), run| (count + 1, sum + (-f64::from(run)).exp2()));
        let zeros = self.size() - count;
        (sum + zeros as f64, zeros)
    }

    /// The sketch as bytes.
    pub fn encode(&self) -> Vec<u8> {
        rmp_serde::to_vec(self).expect("numbers and bytes can be encoded")
    }

    /// The sketch in bytes, checked.
    pub fn decode(bytes: &[u8]) -> Result<Self, SketchError> {
        let sketch: Self = rmp_serde::from_slice(bytes)?;
        let fits = (MIN_PRECISION..=MAX_PRECISION).contains(&sketch.precision)
            && match &sketch.registers {
                Registers::Few(few) => few.keys().all(|at| u64::from(*at) < sketch.size()),
                Registers::All(all) => all.len() as u64 == sketch.size(),
            };
        if fits { Ok(sketch) } else { Err(SketchError::Precision) }
    }
}

/// Corrects the harmonic mean, as in the paper.
fn alpha(precision: u8) -> f64 {
    match precision {
        4 => 0.673,
        5 => 0.697,
        6 => 0.709,
        _ => 0.7213 / (1.0 + 1.079 / f64::from(precision).exp2()),
    }
}

/// As Java's `Math.round`.
fn round(estimate: f64) -> u64 {
    (estimate + 0.5).floor() as u64
}
