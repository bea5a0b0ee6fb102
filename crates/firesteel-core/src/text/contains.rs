//! Which lines contain a string, told by their bytes.
//!
//! Invariant: the answer is that for the text of the line, malformed bytes replaced. No byte of a valid character can
//! be taken for part of another one, nor does a replacement take any along; so a string is in the text exactly if its
//! bytes are in the line, unless it has a replacement character itself.

use super::{InputError, LineReader};
use memchr::memmem::Finder;

/// What a line has to contain, or not to.
#[derive(Debug)]
pub struct Contains {
    finder: Finder<'static>,
    wanted: bool,
    /// Whether the text has to be looked at, and not the bytes.
    in_text: bool,
}

impl Contains {
    /// Lines with the needle in them are wanted, or those without.
    pub fn new(needle: &str, wanted: bool) -> Self {
        let finder = Finder::new(needle).into_owned();
        Self { finder, wanted, in_text: needle.contains(char::REPLACEMENT_CHARACTER) }
    }

    fn holds(&self, line: &[u8]) -> bool {
        self.finder.find(line).is_some() == self.wanted
    }
}

/// Reads up to `most` lines: how many there were, and how many of them are what all tests want. No line is the end.
pub fn count_lines(
    reader: &mut LineReader,
    tests: &[Contains],
    most: u64,
) -> Result<(u64, u64), InputError> {
    let in_text = is_in_text(tests);
    let (mut lines, mut wanted) = (0, 0);
    while lines < most
        && let Some(holds) = test_next(reader, tests, in_text)?
    {
        lines += 1;
        wanted += u64::from(holds);
    }
    Ok((lines, wanted))
}

/// Reads up to `most` lines, none behind the first that all tests want: how many, and whether the last one of them is
/// that line. No line is the end.
pub fn find_line(
    reader: &mut LineReader,
    tests: &[Contains],
    most: u64,
) -> Result<(u64, bool), InputError> {
    let in_text = is_in_text(tests);
    let mut lines = 0;
    while lines < most
        && let Some(holds) = test_next(reader, tests, in_text)?
    {
        lines += 1;
        if holds {
            return Ok((lines, true));
        }
    }
    Ok((lines, false))
}

fn is_in_text(tests: &[Contains]) -> bool {
    tests.iter().any(|test| test.in_text)
}

/// Whether the next line is what all tests want; none at the end.
fn test_next(
    reader: &mut LineReader,
    tests: &[Contains],
    in_text: bool,
) -> Result<Option<bool>, InputError> {
    let line = match in_text {
        true => reader.next_line()?.map(str::as_bytes),
        false => reader.next_bytes()?,
    };
    Ok(line.map(|line| tests.iter().all(|test| test.holds(line))))
}

#[cfg(test)]
mod tests {
    use super::super::TextSplit;
    use super::*;
    use proptest::prelude::*;
    use std::io::Write;

    /// Pieces of valid and broken characters, terminators and byte order marks.
    fn text() -> impl Strategy<Value = Vec<u8>> {
        let pieces: [&[u8]; 12] = [
            b"a",
            b"ab",
            "\u{e9}".as_bytes(),
            "\u{20ac}".as_bytes(),
            "\u{1f600}".as_bytes(),
            b"\xe2\x82",
            b"\xed\xa0\x80",
            b"\xff",
            b"\xef\xbb\xbf",
            b"\n",
            b"\r\n",
            b"\r",
        ];
        prop::collection::vec(prop::sample::select(pieces.to_vec()), 0..24)
            .prop_map(|pieces| pieces.concat())
    }

    fn needle() -> impl Strategy<Value = String> {
        let pieces = ["a", "b", "\u{e9}", "\u{20ac}", "\u{1f600}", "\u{fffd}", "\u{feff}"];
        prop::collection::vec(prop::sample::select(pieces.to_vec()), 0..3)
            .prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn bytes_tell_what_the_text_would(
            text in text(),
            tests in prop::collection::vec((needle(), any::<bool>()), 0..3),
            most in 1..4_u64,
        ) {
            let mut file = tempfile::NamedTempFile::new().unwrap();
            file.write_all(&text).unwrap();
            let path = file.path().to_owned();
            let split = TextSplit { path, start: 0, length: text.len() as u64, codec: None };
            let (mut lines, mut wanted) = (0, Vec::new());
            let mut reader = LineReader::open(&split).unwrap();
            while let Some(line) = reader.next_line().unwrap() {
                lines += 1;
                let holds = |(needle, wanted): &(String, bool)| line.contains(needle) == *wanted;
                if tests.iter().all(holds) {
                    wanted.push((lines, line.to_owned()));
                }
            }
            let contains: Vec<_> =
                tests.iter().map(|(needle, wanted)| Contains::new(needle, *wanted)).collect();
            let mut counting = LineReader::open(&split).unwrap();
            let mut sums = (0, 0);
            loop {
                let (some, few) = count_lines(&mut counting, &contains, most).unwrap();
                sums = (sums.0 + some, sums.1 + few);
                if some == 0 {
                    break;
                }
            }
            prop_assert_eq!(sums, (lines, wanted.len() as u64), "{:?}", text);
            prop_assert_eq!(counting.bytes_read(), reader.bytes_read());
            let mut finding = LineReader::open(&split).unwrap();
            let (mut passed, mut found) = (0, Vec::new());
            loop {
                let (some, last_is_wanted) = find_line(&mut finding, &contains, most).unwrap();
                passed += some;
                if last_is_wanted {
                    found.push((passed, finding.last_line().to_owned()));
                }
                if some == 0 {
                    break;
                }
            }
            prop_assert_eq!(found, wanted, "{:?}", text);
            prop_assert_eq!((passed, finding.bytes_read()), (lines, reader.bytes_read()));
        }
    }
}
