//! Elements out of files: lines, whole files, records.
//!
//! One file at most is in memory as a whole, and only where the format says so.

use super::task::Task;
use super::writable::to_python;
use crate::errors::input_error;
use firesteel_core::files::{
    Content, FileSplit, Lines, RecordReader, WholeFiles, read_binary, read_text,
};
use firesteel_core::sequence_file::{
    Kind, SequenceError, SequenceReader, SequenceSplit, Token, decode,
};
use firesteel_core::text::{Contains, InputError, LineReader, TextSplit, count_lines, find_line};
use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

/// The files of one partition, or its part of one.
pub enum FileSource {
    Text(TextSource),
    Packed(PackedSource),
    Whole(WholeSource),
    Records(RecordReader),
    Sequence(Box<SequenceSource>),
}

impl FileSource {
    pub fn open(split: &FileSplit) -> PyResult<Self> {
        Ok(match split {
            FileSplit::Text { split, lines } => {
                Self::Text(TextSource::new(LineReader::open(split), *lines)?)
            }
            FileSplit::Delimited { split, lines, delimiter } => {
                Self::Text(TextSource::new(LineReader::open_delimited(split, delimiter), *lines)?)
            }
            FileSplit::Packed(splits) => Self::Packed(PackedSource::new(splits)),
            FileSplit::Whole(files) => Self::Whole(WholeSource::new(files)),
            FileSplit::Records(split) => {
                Self::Records(RecordReader::open(split).map_err(input_error)?)
            }
            FileSplit::Sequence(split) => Self::Sequence(Box::new(SequenceSource::open(split)?)),
        })
    }

    pub fn next<'py>(
        &mut self,
        py: Python<'py>,
        task: &Task,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let element = match self {
            Self::Text(source) => source.next(py, task)?,
            Self::Packed(source) => source.next(py, task)?,
            Self::Whole(source) => source.next(py, task)?,
            Self::Records(reader) => next_record(reader, py, task)?,
            Self::Sequence(source) => source.next(py, task)?,
        };
        if element.is_some() {
            task.memory.tick(py)?;
            task.counters.elements_read.add(1);
        }
        Ok(element)
    }
}

/// Lines that nobody needs as objects are read this many at once.
const LINES_AT_ONCE: u64 = 256;

/// What came of looking through some lines for one that passes.
pub enum Found<'py> {
    Line(Bound<'py, PyAny>),
    /// There may be one behind them.
    Nothing,
    End,
}

impl FileSource {
    /// Whether the elements are lines, each a str.
    pub fn is_text(&self) -> bool {
        match self {
            Self::Text(source) => matches!(source.lines, Lines::Text),
            Self::Packed(_) => true,
            Self::Whole(_) | Self::Records(_) | Self::Sequence(_) => false,
        }
    }

    /// Whether the elements are lines, in whatever form.
    pub fn has_lines(&self) -> bool {
        matches!(self, Self::Text(_) | Self::Packed(_))
    }

    /// How many of the lines that are left pass all tests.
    pub fn count_lines(
        &mut self,
        py: Python<'_>,
        task: &Task,
        tests: &[Contains],
    ) -> PyResult<u64> {
        match self {
            Self::Text(source) => source.count_lines(py, task, tests),
            Self::Packed(source) => source.count_lines(py, task, tests),
            Self::Whole(_) | Self::Records(_) | Self::Sequence(_) => Ok(0),
        }
    }

    /// Looks through some of the lines that are left for one that passes all tests.
    pub fn find_line<'py>(
        &mut self,
        py: Python<'py>,
        task: &Task,
        tests: &[Contains],
    ) -> PyResult<Found<'py>> {
        match self {
            Self::Text(source) => source.find_line(py, task, tests),
            Self::Packed(source) => source.find_line(py, task, tests),
            Self::Whole(_) | Self::Records(_) | Self::Sequence(_) => Ok(Found::End),
        }
    }
}

/// The lines of one split of a text file.
pub struct TextSource {
    reader: LineReader,
    lines: Lines,
    counted: u64,
}

impl TextSource {
    fn new(reader: Result<LineReader, InputError>, lines: Lines) -> PyResult<Self> {
        Ok(Self { reader: reader.map_err(input_error)?, lines, counted: 0 })
    }

    fn next<'py>(&mut self, py: Python<'py>, task: &Task) -> PyResult<Option<Bound<'py, PyAny>>> {
        let offset = self.reader.offset();
        let Some(line) = self.reader.next_line().map_err(input_error)? else { return Ok(None) };
        let element = match self.lines {
            Lines::Text => PyString::new(py, line).into_any(),
            Lines::Bytes => PyBytes::new(py, line.as_bytes()).into_any(),
            Lines::WithOffset => (offset, line).into_bound_py_any(py)?,
        };
        self.count_bytes(task);
        Ok(Some(element))
    }

    fn count_bytes(&mut self, task: &Task) {
        let read = self.reader.bytes_read();
        task.counters.bytes_read.add(read - self.counted);
        self.counted = read;
    }

    fn count_lines(&mut self, py: Python<'_>, task: &Task, tests: &[Contains]) -> PyResult<u64> {
        let mut count = 0;
        loop {
            let most = LINES_AT_ONCE.min(task.memory.stride());
            let (lines, wanted) =
                count_lines(&mut self.reader, tests, most).map_err(input_error)?;
            self.count_bytes(task);
            task.counters.elements_read.add(lines);
            if lines == 0 {
                return Ok(count);
            }
            count += wanted;
            task.memory.tick_by(py, lines)?;
        }
    }

    fn find_line<'py>(
        &mut self,
        py: Python<'py>,
        task: &Task,
        tests: &[Contains],
    ) -> PyResult<Found<'py>> {
        let most = LINES_AT_ONCE.min(task.memory.stride());
        let (lines, found) = find_line(&mut self.reader, tests, most).map_err(input_error)?;
        self.count_bytes(task);
        task.counters.elements_read.add(lines);
        task.memory.tick_by(py, lines)?;
        Ok(match found {
            true => Found::Line(PyString::new(py, self.reader.last_line()).into_any()),
            false if lines == 0 => Found::End,
            false => Found::Nothing,
        })
    }
}

/// The lines of several splits, one after the other.
pub struct PackedSource {
    splits: Vec<TextSplit>,
    opened: usize,
    open: Option<TextSource>,
}

impl PackedSource {
    fn new(splits: &[TextSplit]) -> Self {
        Self { splits: splits.to_vec(), opened: 0, open: None }
    }

    fn next<'py>(&mut self, py: Python<'py>, task: &Task) -> PyResult<Option<Bound<'py, PyAny>>> {
        loop {
            if let Some(source) = &mut self.open
                && let Some(line) = source.next(py, task)?
            {
                return Ok(Some(line));
            }
            if !self.open_next()? {
                return Ok(None);
            }
        }
    }

    /// Opens the next split, if there is one.
    fn open_next(&mut self) -> PyResult<bool> {
        let Some(split) = self.splits.get(self.opened) else { return Ok(false) };
        self.opened += 1;
        self.open = Some(TextSource::new(LineReader::open(split), Lines::Text)?);
        Ok(true)
    }

    fn find_line<'py>(
        &mut self,
        py: Python<'py>,
        task: &Task,
        tests: &[Contains],
    ) -> PyResult<Found<'py>> {
        let found = match &mut self.open {
            Some(source) => source.find_line(py, task, tests)?,
            None => Found::End,
        };
        Ok(match found {
            Found::End if self.open_next()? => Found::Nothing,
            found => found,
        })
    }

    fn count_lines(&mut self, py: Python<'_>, task: &Task, tests: &[Contains]) -> PyResult<u64> {
        let mut count = 0;
        loop {
            if let Some(source) = &mut self.open {
                count += source.count_lines(py, task, tests)?;
            }
            if !self.open_next()? {
                return Ok(count);
            }
        }
    }
}

/// Pairs of a file's name and what is in it.
pub struct WholeSource {
    files: WholeFiles,
    read: usize,
}

impl WholeSource {
    fn new(files: &WholeFiles) -> Self {
        Self { files: files.clone(), read: 0 }
    }

    fn next<'py>(&mut self, py: Python<'py>, task: &Task) -> PyResult<Option<Bound<'py, PyAny>>> {
        let Some(path) = self.files.paths.get(self.read) else { return Ok(None) };
        self.read += 1;
        let name = format!("file:{}", path.display());
        let count = |bytes: usize| task.counters.bytes_read.add(bytes as u64);
        if self.files.content == Content::Binary {
            let bytes = py.detach(|| read_binary(path)).map_err(input_error)?;
            count(bytes.len());
            return (name, PyBytes::new(py, &bytes)).into_bound_py_any(py).map(Some);
        }
        let text = text(py, path)?;
        count(text.len());
        let pair = match self.files.content {
            Content::Text => (name, text).into_bound_py_any(py)?,
            _ => (PyBytes::new(py, name.as_bytes()), PyBytes::new(py, text.as_bytes()))
                .into_bound_py_any(py)?,
        };
        Ok(Some(pair))
    }
}

fn text(py: Python<'_>, path: &Path) -> PyResult<String> {
    py.detach(|| read_text(path)).map_err(input_error)
}

fn next_record<'py>(
    reader: &mut RecordReader,
    py: Python<'py>,
    task: &Task,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    let Some(record) = reader.next_record().map_err(input_error)? else { return Ok(None) };
    task.counters.bytes_read.add(record.len() as u64);
    Ok(Some(PyBytes::new(py, record).into_any()))
}

/// The pairs of one split of a SequenceFile.
pub struct SequenceSource {
    reader: SequenceReader<BufReader<File>>,
    key: Kind,
    value: Kind,
    tokens: Vec<Token>,
    counted: u64,
}

impl SequenceSource {
    fn open(split: &SequenceSplit) -> PyResult<Self> {
        let reader = SequenceReader::open(split).map_err(input_error)?;
        let kind = |class: &str| {
            Kind::by_name(class).ok_or_else(|| {
                let (path, class) = (split.path.clone(), class.to_owned());
                input_error(SequenceError::UnknownClass { path, class })
            })
        };
        let (key, value) = (kind(&reader.header().key_class)?, kind(&reader.header().value_class)?);
        let counted = reader.position();
        Ok(Self { reader, key, value, tokens: Vec::new(), counted })
    }

    fn next<'py>(&mut self, py: Python<'py>, task: &Task) -> PyResult<Option<Bound<'py, PyAny>>> {
        let record = self.reader.next_record().map_err(input_error)?;
        let Some((key, value)) = record else { return Ok(None) };
        let tokens = &mut self.tokens;
        let mut element = |kind, bytes: &[u8]| {
            tokens.clear();
            decode(kind, bytes, tokens).map(|()| to_python(py, tokens))
        };
        let pair = element(self.key, key).and_then(|key| Ok((key, element(self.value, value)?)));
        let (key, value) = pair.map_err(|source| input_error(self.reader.failed(source)))?;
        let position = self.reader.position();
        task.counters.bytes_read.add(position.saturating_sub(self.counted));
        self.counted = position;
        (key?, value?).into_bound_py_any(py).map(Some)
    }
}
