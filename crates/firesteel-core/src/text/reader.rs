//! The lines of one split.
//!
//! ```text
//! buffer: | given out | begin .. scanned: no end of line | .. filled: not looked at | free |
//!                     ^ `position` in the file (or in the decompressed text)
//! ```
//!
//! Invariant: `begin <= scanned <= filled <= buffer.len()`, and a line is handed out exactly if it starts behind
//! the split's first byte (or at 0) and not behind its end. Lines are lent from the buffer; only invalid UTF-8 is copied.
//! With a delimiter, a line is the split's in which the delimiter before it begins, looked for from the split's first
//! byte on, as in the reference: one that may overlap itself, such as `||` in `|||` across a border, is met twice there, too.

use super::{Codec, InputError, TextSplit, replace_malformed};
use memchr::{memchr2, memmem};
use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::PathBuf;
use std::str;

/// Big enough that a system call per buffer costs nothing, small enough to stay in the second-level cache.
const BUFFER_SIZE: usize = 256 << 10;
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Reads the lines that one split owns.
pub struct LineReader {
    path: PathBuf,
    codec: Option<Codec>,
    source: Box<dyn Read + Send>,
    delimiter: Option<memmem::Finder<'static>>,
    buffer: Vec<u8>,
    begin: usize,
    scanned: usize,
    filled: usize,
    /// Where `begin` lies in the text.
    position: u64,
    /// The last place where a line of ours may start.
    end: u64,
    /// Where the first line of ours starts.
    first: u64,
    /// Where in the buffer the line lies that was handed out last.
    last: Range<usize>,
    /// A line with invalid bytes, replaced.
    replaced: String,
}

impl LineReader {
    /// Opens the file and goes to the first line that the split owns.
    pub fn open(split: &TextSplit) -> Result<Self, InputError> {
        Self::with_buffer(split, None, BUFFER_SIZE)
    }

    /// The same for lines that end with a delimiter, which is not empty.
    pub fn open_delimited(split: &TextSplit, delimiter: &str) -> Result<Self, InputError> {
        Self::with_buffer(split, Some(delimiter), BUFFER_SIZE)
    }

    fn with_buffer(
        split: &TextSplit,
        delimiter: Option<&str>,
        size: usize,
    ) -> Result<Self, InputError> {
        let border = delimiter.map_or(0, |delimiter| delimiter.len() as u64 - 1);
        let source = open_source(split).map_err(|source| InputError::Read {
            path: split.path.clone(),
            offset: split.start,
            source,
        })?;
        let mut reader = Self {
            path: split.path.clone(),
            codec: split.codec,
            source,
            delimiter: delimiter.map(|delimiter| memmem::Finder::new(delimiter).into_owned()),
            buffer: vec![0; size],
            begin: 0,
            scanned: 0,
            filled: 0,
            position: split.start,
            end: if split.codec.is_some() {
                u64::MAX
            } else {
                split.start.saturating_add(split.length).saturating_add(border)
            },
            first: split.start,
            last: 0..0,
            replaced: String::new(),
        };
        if split.start > 0 {
            reader.skip_line()?;
            reader.first = reader.position;
        }
        Ok(reader)
    }

    /// The next line without its terminator; valid until the next call.
    pub fn next_line(&mut self) -> Result<Option<&str>, InputError> {
        Ok(if self.advance()? { Some(self.last_line()) } else { None })
    }

    /// The same, but its bytes, malformed ones as they are.
    pub fn next_bytes(&mut self) -> Result<Option<&[u8]>, InputError> {
        Ok(if self.advance()? { Some(&self.buffer[self.last.clone()]) } else { None })
    }

    /// The line that was handed out last, once more.
    pub fn last_line(&mut self) -> &str {
        let Self { buffer, last, replaced, .. } = self;
        let bytes = &buffer[last.clone()];
        match str::from_utf8(bytes) {
            Ok(text) => text,
            Err(_) => {
                replaced.clear();
                replace_malformed(bytes, replaced);
                replaced
            }
        }
    }

    /// Goes on to the next line; no at the end.
    fn advance(&mut self) -> Result<bool, InputError> {
        if self.position > self.end {
            return Ok(false);
        }
        let at_start_of_file = self.position == 0;
        let Some((mut line, length)) = self.take_line()? else { return Ok(false) };
        if at_start_of_file && self.buffer[line.clone()].starts_with(BYTE_ORDER_MARK) {
            line.start += BYTE_ORDER_MARK.len();
            // A file of nothing but the mark has no line, as in the reference.
            if length == BYTE_ORDER_MARK.len() {
                return Ok(false);
            }
        }
        self.last = line;
        Ok(true)
    }

    /// Where the next line begins: in the file, or in the text that it unpacks to.
    pub fn offset(&self) -> u64 {
        self.position
    }

    /// How many bytes of text the lines so far had, terminators included; over all splits of a file, its length.
    pub fn bytes_read(&self) -> u64 {
        self.position - self.first
    }

    /// Takes the next line out of the buffer: where its text lies, and its length with the terminator.
    fn take_line(&mut self) -> Result<Option<(Range<usize>, usize)>, InputError> {
        let terminator = self.find_terminator()?;
        let line = self.begin..self.scanned;
        let length = line.len() + terminator;
        self.consume(length);
        Ok((length > 0).then_some((line, length)))
    }

    /// Moves `scanned` to the end of the line that starts at `begin`; the length of what ends it, 0 at the end of the text.
    fn find_terminator(&mut self) -> Result<usize, InputError> {
        loop {
            match self.search(self.scanned) {
                Some(at) => {
                    self.scanned = at;
                    return self.terminator_length();
                }
                None => self.scanned = self.searched(self.scanned),
            }
            if self.fill()? == 0 {
                self.scanned = self.filled;
                return Ok(0);
            }
        }
    }

    /// Where the first terminator from a place in the buffer on begins.
    fn search(&self, from: usize) -> Option<usize> {
        let text = &self.buffer[from..self.filled];
        let found = match &self.delimiter {
            None => memchr2(b'\n', b'\r', text),
            Some(delimiter) => delimiter.find(text),
        };
        found.map(|at| from + at)
    }

    /// Up to where there is no terminator, if none begins and ends in the buffer from a place on.
    fn searched(&self, from: usize) -> usize {
        let unfinished =
            self.delimiter.as_ref().map_or(0, |delimiter| delimiter.needle().len() - 1);
        self.filled.saturating_sub(unfinished).max(from)
    }

    /// At a terminator: a `\r` takes a `\n` behind it along, which may not be in the buffer yet.
    fn terminator_length(&mut self) -> Result<usize, InputError> {
        if let Some(delimiter) = &self.delimiter {
            return Ok(delimiter.needle().len());
        }
        if self.buffer[self.scanned] == b'\n' {
            return Ok(1);
        }
        if self.scanned + 1 == self.filled && self.fill()? == 0 {
            return Ok(1);
        }
        Ok(if self.buffer[self.scanned + 1] == b'\n' { 2 } else { 1 })
    }

    /// Passes the rest of a line that another split owns without keeping it; a split inside a long line ends at once.
    fn skip_line(&mut self) -> Result<(), InputError> {
        while self.position <= self.end {
            match self.search(self.begin) {
                Some(at) => {
                    self.scanned = at;
                    let terminator = self.terminator_length()?;
                    self.consume(self.scanned + terminator - self.begin);
                    return Ok(());
                }
                None => self.consume(self.searched(self.begin) - self.begin),
            }
            if self.fill()? == 0 {
                self.consume(self.filled - self.begin);
                return Ok(());
            }
        }
        Ok(())
    }

    fn consume(&mut self, length: usize) {
        self.begin += length;
        self.scanned = self.begin;
        self.position += length as u64;
    }

    /// Reads more behind what is there; the number of bytes, 0 at the end of the text.
    fn fill(&mut self) -> Result<usize, InputError> {
        self.make_room()?;
        loop {
            match self.source.read(&mut self.buffer[self.filled..]) {
                Ok(read) => {
                    self.filled += read;
                    return Ok(read);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(self.failed(error)),
            }
        }
    }

    /// Moves the unfinished line to the front; a line as long as the buffer doubles it.
    fn make_room(&mut self) -> Result<(), InputError> {
        if self.begin > 0 {
            self.buffer.copy_within(self.begin..self.filled, 0);
            self.scanned -= self.begin;
            self.filled -= self.begin;
            self.begin = 0;
        }
        if self.filled == self.buffer.len() {
            let more = self.buffer.len();
            self.buffer.try_reserve_exact(more).map_err(|error| self.failed(error.into()))?;
            self.buffer.resize(self.buffer.len() + more, 0);
        }
        Ok(())
    }

    /// What the system refused has an error number; what a decoder refused has none.
    fn failed(&self, source: io::Error) -> InputError {
        let path = self.path.clone();
        let offset = self.position + (self.filled - self.begin) as u64;
        let refused_by_system =
            source.raw_os_error().is_some() || source.kind() == ErrorKind::OutOfMemory;
        if self.codec.is_some() && !refused_by_system {
            InputError::Corrupt { path, offset, source }
        } else {
            InputError::Read { path, offset, source }
        }
    }
}

fn open_source(split: &TextSplit) -> io::Result<Box<dyn Read + Send>> {
    let mut file = File::open(&split.path)?;
    if let Some(codec) = split.codec {
        return codec.file_decoder(file);
    }
    file.seek(SeekFrom::Start(split.start))?;
    Ok(Box::new(file))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::Write;

    /// Every line of a text with its first byte's place, by the rule in its own words.
    fn lines(text: &[u8]) -> Vec<(u64, String)> {
        let (mut lines, mut start) = (Vec::new(), 0);
        while start < text.len() {
            let rest = &text[start..];
            let length = rest.iter().position(|byte| b"\r\n".contains(byte)).unwrap_or(rest.len());
            lines.push((start as u64, String::from_utf8(rest[..length].to_vec()).unwrap()));
            start += length + if rest[length..].starts_with(b"\r\n") { 2 } else { 1 };
        }
        lines
    }

    fn read(split: &TextSplit, buffer: usize) -> (Vec<String>, u64) {
        let mut reader = LineReader::with_buffer(split, None, buffer).unwrap();
        let mut lines = Vec::new();
        while let Some(line) = reader.next_line().unwrap() {
            lines.push(line.to_owned());
        }
        assert!(reader.next_line().unwrap().is_none(), "the end stays the end");
        (lines, reader.bytes_read())
    }

    fn file(text: &[u8]) -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text).unwrap();
        file
    }

    fn split(file: &tempfile::NamedTempFile, start: u64, length: u64) -> TextSplit {
        TextSplit { path: file.path().to_owned(), start, length, codec: None }
    }

    /// Words of every width in UTF-8, between terminators of every kind, so short that limits fall everywhere.
    fn text() -> impl Strategy<Value = String> {
        let word = prop_oneof![
            Just(""),
            Just("a"),
            Just("bc"),
            Just("\u{e9}"),
            Just("\u{20ac}x"),
            Just("\u{1f600}")
        ];
        let end = prop_oneof![3 => Just("\n"), 2 => Just("\r\n"), 1 => Just("\r"), 1 => Just("")];
        prop::collection::vec((word, end), 0..24)
            .prop_map(|parts| parts.into_iter().flat_map(|(word, end)| [word, end]).collect())
    }

    proptest! {
        #[test]
        fn the_splits_of_a_file_own_each_line_once(text in text(), buffer in 1_usize..9) {
            let file = file(text.as_bytes());
            let total = text.len() as u64;
            for size in 1..=total {
                let mut read_in_all = 0;
                for start in (0..total).step_by(size as usize) {
                    let end = total.min(start + size);
                    let owned: Vec<_> = lines(text.as_bytes())
                        .into_iter()
                        .filter(|(at, _)| (*at == 0 && start == 0) || (start < *at && *at <= end))
                        .map(|(_, line)| line)
                        .collect();
                    let (lines, bytes) = read(&split(&file, start, end - start), buffer);
                    prop_assert_eq!(lines, owned, "{}..{} of {:?}", start, end, text);
                    read_in_all += bytes;
                }
                prop_assert_eq!(read_in_all, total);
            }
        }
    }

    #[test]
    fn a_line_longer_than_the_buffer_and_the_split_is_whole() {
        let long = "x".repeat(3 * BUFFER_SIZE + 7);
        let file = file(format!("{long}\r\n{long}").as_bytes());
        let length = long.len() as u64;
        assert_eq!(read(&split(&file, 0, 10), BUFFER_SIZE), (vec![long.clone()], length + 2));
        assert_eq!(read(&split(&file, 10, 10), BUFFER_SIZE), (vec![], 0));
        assert_eq!(read(&split(&file, 10, length), BUFFER_SIZE), (vec![long], length));
    }

    #[test]
    fn invalid_bytes_are_replaced_line_by_line() {
        let file = file(b"a\xffb\xc3\n\xc3\xa9\n\xed\xa0\x80");
        let expected =
            vec!["a\u{fffd}b\u{fffd}".to_owned(), "\u{e9}".to_owned(), "\u{fffd}".to_owned()];
        assert_eq!(read(&split(&file, 0, 11), 4).0, expected);
    }

    #[test]
    fn a_file_that_has_shrunk_just_ends() {
        let file = file(b"one\ntwo\nthree\n");
        assert_eq!(read(&split(&file, 100, 50), 4), (vec![], 0));
        let mut reader = LineReader::with_buffer(&split(&file, 0, 14), None, 4).unwrap();
        assert_eq!(reader.next_line().unwrap(), Some("one"));
        file.as_file().set_len(6).unwrap();
        assert_eq!(reader.next_line().unwrap(), Some("tw"));
        assert_eq!(reader.next_line().unwrap(), None);
    }

    #[test]
    fn a_split_inside_a_long_line_reads_no_further_than_it_must() {
        let file = file("x".repeat(1000).as_bytes());
        let reader = LineReader::with_buffer(&split(&file, 100, 10), None, 4).unwrap();
        assert!(reader.position <= 116, "stopped at {}", reader.position);
    }

    /// The lines of a split with where they begin, by the rule in its own words.
    fn delimited(text: &str, delimiter: &str, start: usize, end: usize) -> Vec<(u64, String)> {
        let find = |from: usize| text[from..].find(delimiter).map(|at| from + at);
        let mut next = match start {
            0 => Some(0),
            _ => find(start).filter(|at| *at < end).map(|at| at + delimiter.len()),
        };
        let mut lines = Vec::new();
        while let Some(begin) = next.filter(|begin| *begin < text.len()) {
            let found = find(begin);
            lines.push((begin as u64, text[begin..found.unwrap_or(text.len())].to_owned()));
            next = found.filter(|at| *at < end).map(|at| at + delimiter.len());
        }
        lines
    }

    fn read_delimited(split: &TextSplit, delimiter: &str, buffer: usize) -> Vec<(u64, String)> {
        let mut reader = LineReader::with_buffer(split, Some(delimiter), buffer).unwrap();
        let mut lines = Vec::new();
        loop {
            let offset = reader.offset();
            let Some(line) = reader.next_line().unwrap() else { return lines };
            lines.push((offset, line.to_owned()));
        }
    }

    fn splits(file: &tempfile::NamedTempFile, total: u64, size: u64) -> Vec<TextSplit> {
        crate::text::ranges(total, size).map(|(start, length)| split(file, start, length)).collect()
    }

    proptest! {
        #[test]
        fn delimiters_are_found_across_every_border(
            text in "[a|\n]{0,40}",
            delimiter in prop_oneof![Just(";"), Just("|"), Just("||"), Just("a|"), Just("\n"), Just("aab")],
            buffer in 1_usize..9,
            size in 1_u64..12,
        ) {
            let file = file(text.as_bytes());
            for split in splits(&file, text.len() as u64, size) {
                let (start, end) = (split.start as usize, (split.start + split.length) as usize);
                let expected = delimited(&text, delimiter, start, end);
                prop_assert_eq!(read_delimited(&split, delimiter, buffer), expected, "{:?}", split);
            }
        }

        #[test]
        fn a_delimiter_that_cannot_overlap_itself_gives_each_line_once(
            text in "[ab|]{0,40}",
            size in 1_u64..12,
        ) {
            let file = file(text.as_bytes());
            let pieces = splits(&file, text.len() as u64, size);
            let lines = pieces.iter().flat_map(|split| read_delimited(split, "ab", 5));
            let mut expected: Vec<_> = text.split("ab").collect();
            expected.pop_if(|last| last.is_empty());
            prop_assert_eq!(lines.map(|(_, line)| line).collect::<Vec<_>>(), expected);
        }
    }

    /// Recorded from PySpark 4.3.0: a text, the largest split, and where the lines of each split between `||` begin.
    const RECORDED: [(&str, u64, &[&[u64]]); 4] = [
        (
            "|bba|a\n\n\n\n|a\na\n\nbba\n||bba|aaabba\n|\nabb|\n\nbb||||\n|a\nbba||a|bb\nbb|||bb\nbb",
            7,
            &[&[0], &[], &[22], &[], &[], &[], &[45, 47], &[56], &[], &[65], &[]],
        ),
        (
            "|bba|a\n\n\n\n|a\na\n\nbba\n||bba|aaabba\n|\nabb|\n\nbb||||\n|a\nbba||a|bb\nbb|||bb\nbb",
            10,
            &[&[0], &[], &[22], &[], &[45, 47], &[56], &[65]],
        ),
        (
            "bb\n\n|\n|abbbbbbbb|\nbba||bbbb|abb|aaaa\na|||abb|||a|||bb|||\n|\n\naa|\n|\n||a|bb",
            7,
            &[&[0], &[], &[], &[23], &[], &[40], &[46, 50], &[51, 55], &[], &[68], &[]],
        ),
        (
            "bb\n\n|\n|abbbbbbbb|\nbba||bbbb|abb|aaaa\na|||abb|||a|||bb|||\n|\n\naa|\n|\n||a|bb",
            10,
            &[&[0], &[], &[23], &[40], &[46, 50], &[55], &[68], &[]],
        ),
    ];

    #[test]
    fn delimited_lines_are_split_as_in_the_reference() {
        for (text, size, expected) in RECORDED {
            let file = file(text.as_bytes());
            let begins = |split: &TextSplit| {
                let lines = read_delimited(split, "||", 7).into_iter();
                lines.map(|(offset, _)| offset).collect::<Vec<_>>()
            };
            let pieces = splits(&file, text.len() as u64, size);
            assert_eq!(pieces.iter().map(begins).collect::<Vec<_>>(), expected, "{text:?}");
        }
    }
}
