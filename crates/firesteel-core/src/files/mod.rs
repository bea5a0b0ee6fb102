//! Files of every format as input: from the user's string to what each partition reads.
//!
//! ```text
//! FileInput  --plan (driver)-->  FileSplit, one for each partition  --a reader of its format (worker)-->  elements
//! ```
//!
//! Invariant: which file, or which part of it, belongs to which partition is decided by names and lengths alone, as
//! Hadoop's input format decides it.

mod packed;
mod records;
mod whole;

pub use records::{RecordReader, RecordSplit};
pub use whole::{Content, WholeFiles, read_binary, read_text};

use crate::sequence_file::{self, SequenceSplit};
use crate::text::{InputError, Nested, TextSplit, plan_splits};
use serde::{Deserialize, Serialize};

/// What the user asked for.
#[derive(Clone, Debug)]
pub struct FileInput {
    /// Paths as the user wrote them: commas, globs, URIs.
    pub paths: String,
    /// What is in the files.
    pub format: FileFormat,
    /// Whether the folders inside a folder are read, too.
    pub recursive: bool,
}

/// How files are cut and read.
#[derive(Clone, Debug)]
pub enum FileFormat {
    /// Lines.
    Text {
        /// At least about so many partitions.
        min_partitions: u32,
        /// What becomes of a line.
        lines: Lines,
        /// What ends a line, where it is no line end.
        delimiter: Option<String>,
    },
    /// Lines, with partitions as a DataFrame's.
    Packed {
        /// So many tasks can run at once.
        parallelism: u32,
    },
    /// Files that stay whole.
    Whole {
        /// At least about so many partitions.
        min_partitions: u32,
        /// What becomes of the bytes.
        content: Content,
    },
    /// Records of this many bytes each.
    Records(u64),
    /// SequenceFiles.
    Sequence {
        /// At least about so many partitions.
        min_partitions: u32,
    },
}

/// What becomes of a line.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lines {
    /// A str.
    Text,
    /// UTF-8 in bytes.
    Bytes,
    /// A pair of where the line begins and its str.
    WithOffset,
}

/// The input of one partition.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub enum FileSplit {
    /// Lines of a byte range.
    Text {
        /// The byte range.
        split: TextSplit,
        /// What becomes of a line.
        lines: Lines,
    },
    /// What lies between delimiters in a byte range.
    Delimited {
        /// The byte range.
        split: TextSplit,
        /// What becomes of a line.
        lines: Lines,
        /// Ends a line in place of line ends; never empty.
        delimiter: String,
    },
    /// Lines of several byte ranges, one after the other.
    Packed(Vec<TextSplit>),
    /// Whole files.
    Whole(WholeFiles),
    /// Records of a byte range.
    Records(RecordSplit),
    /// The records of a part of a SequenceFile.
    Sequence(SequenceSplit),
}

/// Looks for the files and deals them out. A folder inside a folder is an error for some formats, and not looked at
/// for others, as in the reference, unless such folders are to be read.
pub fn plan(input: &FileInput) -> Result<Vec<FileSplit>, InputError> {
    let paths = &input.paths;
    let nested = |otherwise| if input.recursive { Nested::Enter } else { otherwise };
    Ok(match &input.format {
        FileFormat::Text { min_partitions, lines, delimiter } => {
            let splits = plan_splits(paths, *min_partitions, nested(Nested::Refuse))?.into_iter();
            splits.map(|split| text(split, *lines, delimiter.as_ref())).collect()
        }
        FileFormat::Packed { parallelism } => {
            packed::plan(paths, *parallelism)?.into_iter().map(FileSplit::Packed).collect()
        }
        FileFormat::Whole { min_partitions, content } => {
            let nested = nested(Nested::PassOver);
            let groups = whole::plan(paths, *min_partitions, *content, nested)?.into_iter();
            groups.map(FileSplit::Whole).collect()
        }
        FileFormat::Records(length) => {
            let splits = records::plan(paths, *length, nested(Nested::Refuse))?.into_iter();
            splits.map(FileSplit::Records).collect()
        }
        FileFormat::Sequence { min_partitions } => {
            let nested = nested(Nested::Refuse);
            let splits = sequence_file::plan(paths, *min_partitions, nested)?.into_iter();
            splits.map(FileSplit::Sequence).collect()
        }
    })
}

fn text(split: TextSplit, lines: Lines, delimiter: Option<&String>) -> FileSplit {
    match delimiter {
        None => FileSplit::Text { split, lines },
        Some(delimiter) => FileSplit::Delimited { split, lines, delimiter: delimiter.clone() },
    }
}
