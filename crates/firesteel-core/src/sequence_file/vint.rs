//! Hadoop's numbers of variable length: one byte from -112 to 127, otherwise a byte that tells sign and length, and
//! the big-endian magnitude behind it.
//!
//! Invariant: what [`write()`] writes takes as few bytes as Hadoop takes.

use std::io::{self, Read};

/// Bytes from here down tell a length; below [`NEGATIVE`] the number is negative.
const LENGTHS: i8 = -112;
const NEGATIVE: i8 = -120;

/// Appends a number.
pub(super) fn write(number: i64, out: &mut Vec<u8>) {
    if let Ok(byte) = i8::try_from(number)
        && byte >= LENGTHS
    {
        out.extend(byte.to_be_bytes());
        return;
    }
    let (magnitude, marker) = if number < 0 { (!number, NEGATIVE) } else { (number, LENGTHS) };
    let bytes = magnitude.to_be_bytes();
    let length = bytes.len() - bytes.iter().take_while(|byte| **byte == 0).count();
    out.extend((marker - length as i8).to_be_bytes());
    out.extend(&bytes[bytes.len() - length..]);
}

/// Reads a number.
pub(super) fn read(input: &mut impl Read) -> io::Result<i64> {
    let mut first = [0];
    input.read_exact(&mut first)?;
    let first = i8::from_be_bytes(first);
    if first >= LENGTHS {
        return Ok(i64::from(first));
    }
    let length = if first < NEGATIVE { NEGATIVE - first } else { LENGTHS - first };
    let mut bytes = [0; 8];
    input.read_exact(&mut bytes[8 - length as usize..])?;
    let magnitude = i64::from_be_bytes(bytes);
    Ok(if first < NEGATIVE { !magnitude } else { magnitude })
}

/// Reads a number that counts something.
pub(super) fn read_length(input: &mut impl Read) -> io::Result<u32> {
    u32::try_from(read(input)?).map_err(|_| io::Error::other("a length is not in its range"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(number: i64) -> Vec<u8> {
        let mut out = Vec::new();
        write(number, &mut out);
        out
    }

    #[test]
    fn numbers_look_as_in_hadoop() {
        for (number, bytes) in [
            (0, &[0_u8][..]),
            (127, &[0x7f]),
            (-112, &[0x90]),
            (128, &[0x8f, 0x80]),
            (-113, &[0x87, 0x70]),
            (1000, &[0x8e, 0x03, 0xe8]),
            (i64::MIN, &[0x80, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
        ] {
            assert_eq!(written(number), bytes, "{number}");
        }
    }

    proptest! {
        #[test]
        fn every_number_comes_back(number: i64, shift in 0..64_u32) {
            let number = number >> shift;
            prop_assert_eq!(read(&mut &written(number)[..]).unwrap(), number);
        }
    }
}
