//! The signature of a key: a copy of a short str or of an int, kept beside the entry in the combine table, so that
//! most comparisons need not look at the key object, which is seldom in the processor's cache.
//!
//! Invariant: two keys that both have a signature are equal, as Python sees it, exactly if their signatures are.

use crate::capi;
use pyo3::prelude::*;
use std::num::NonZeroU64;

/// A str's characters, padded to fifteen bytes, and their number plus one; or an int's value and [`INT`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Signature(u64, NonZeroU64);

/// The highest byte says what the others are; no number of characters is as large as this.
const INT: u64 = 0xFF << 56;
const LONGEST: usize = 15;
/// Half of their bits are set.
const MIX: (u64, u64) = (0x9E37_79B9_7F4A_7C15, 0xD6E8_FEB8_6659_FD93);

impl Signature {
    /// Of an exact str of at most fifteen Latin-1 characters, or of an exact int of 64 bits. All other keys have
    /// none, among them what equals one of these without being of its type.
    pub fn of(key: &Bound<'_, PyAny>) -> Option<Self> {
        if let Some(characters) = capi::exact_latin1(key) {
            return Self::of_characters(characters);
        }
        Some(Self(capi::exact_i64(key)? as u64, NonZeroU64::new(INT)?))
    }

    /// A number that is the same for equal signatures, its high bits filled. Ints are not mixed further: those
    /// that lie close together, as most keys do, then never meet.
    pub fn mix(self) -> u64 {
        if self.1.get() == INT {
            return self.0.wrapping_mul(MIX.0);
        }
        let product = u128::from(self.0 ^ MIX.0) * u128::from(self.1.get() ^ MIX.1);
        product as u64 ^ (product >> 64) as u64
    }

    /// Of a str with these Latin-1 characters, if it is short.
    pub fn of_characters(characters: &[u8]) -> Option<Self> {
        let mut bytes = [0; LONGEST + 1];
        bytes[..LONGEST].get_mut(..characters.len())?.copy_from_slice(characters);
        bytes[LONGEST] = characters.len() as u8 + 1;
        let whole = u128::from_le_bytes(bytes);
        Some(Self(whole as u64, NonZeroU64::new((whole >> 64) as u64)?))
    }

    /// The Latin-1 characters of the str that it is of; none for an int.
    pub fn text(self) -> Option<String> {
        let whole = (u128::from(self.1.get()) << 64) | u128::from(self.0);
        let bytes = whole.to_le_bytes();
        let characters = bytes.get(..usize::from(bytes[LONGEST]).checked_sub(1)?)?;
        Some(characters.iter().map(|character| char::from(*character)).collect())
    }
}
