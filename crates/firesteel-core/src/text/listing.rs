//! From one path or pattern to the files to read, in order.
//!
//! Matches of a pattern and files of a folder are sorted as the reference sorts its matches: by the whole path, escaped
//! as in a URI, in UTF-16. (For the files of a folder the reference takes the operating system's order, which says nothing.)
//! Invariant: a listed file is no folder, is not hidden below the folder it was found in, and existed a moment ago.

use super::pattern::{self, Step};
use super::{InputError, Location};
use std::ffi::OsStr;
use std::fs::{self, Metadata};
use std::io::{self, ErrorKind};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// A file to read.
#[derive(Debug)]
pub(crate) struct InputFile {
    /// Absolute.
    pub path: PathBuf,
    /// In bytes, when it was listed.
    pub length: u64,
}

/// What becomes of a folder inside a folder that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nested {
    /// It is an error.
    Refuse,
    /// It is not looked at.
    PassOver,
    /// What is in it is read in its place.
    Enter,
}

/// What a path or pattern matched: a file, or a folder whose files are meant.
pub(super) type Match = (PathBuf, Metadata);

/// Everything on disk that one element of the comma list names.
pub(super) fn matches(text: &str) -> Result<Vec<Match>, InputError> {
    let location = Location::parse(text)?;
    let mut found = Vec::new();
    for pattern in pattern::expand_folders(&location.rest)? {
        for path in walk(&location.base, &steps(&pattern)?)? {
            found.extend(visible(path)?);
        }
    }
    if found.is_empty() {
        return Err(nothing(&location));
    }
    found.sort_by_cached_key(|(path, _)| order(path));
    Ok(found)
}

fn nothing(location: &Location) -> InputError {
    let path = location.to_path();
    if pattern::has_wildcard(&location.rest) {
        InputError::NoMatch { pattern: path }
    } else {
        InputError::NotFound { path }
    }
}

fn steps(pattern: &str) -> Result<Vec<Step>, InputError> {
    pattern.split('/').filter(|part| !part.is_empty()).map(Step::parse).collect()
}

/// Follows the steps from a folder; what comes out need not exist.
fn walk(base: &Path, steps: &[Step]) -> Result<Vec<PathBuf>, InputError> {
    let mut candidates = vec![base.to_owned()];
    for step in steps {
        candidates = match step {
            Step::Literal(name) => candidates.iter().map(|folder| folder.join(name)).collect(),
            Step::Wildcard(any) => {
                let mut children = Vec::new();
                for folder in &candidates {
                    children.extend(names(folder)?.into_iter().filter(|child| {
                        pattern::matches_any(any, &file_name(child).to_string_lossy())
                    }));
                }
                children
            }
        };
    }
    Ok(candidates)
}

/// The files that a match stands for: itself, or what lies in it.
pub(super) fn files((path, metadata): Match, nested: Nested) -> Result<Vec<InputFile>, InputError> {
    if !metadata.is_dir() {
        return Ok(vec![InputFile { path, length: metadata.len() }]);
    }
    let mut children = names(&path)?;
    children.sort_by_cached_key(|child| order(child));
    let mut files = Vec::with_capacity(children.len());
    for child in children {
        match visible(child)? {
            Some((_, metadata)) if metadata.is_dir() && nested == Nested::PassOver => {}
            Some((path, metadata)) if metadata.is_dir() && nested == Nested::Refuse => {
                return Err(InputError::NestedFolder { path });
            }
            Some((path, metadata)) if metadata.is_dir() => {
                files.extend(self::files((path, metadata), nested)?);
            }
            Some((path, metadata)) => files.push(InputFile { path, length: metadata.len() }),
            None => {}
        }
    }
    Ok(files)
}

/// The paths in a folder; none when it is not there or no folder.
fn names(folder: &Path) -> Result<Vec<PathBuf>, InputError> {
    let listing = present(fs::read_dir(folder)).map_err(|source| unreadable(folder, source))?;
    listing
        .into_iter()
        .flatten()
        .map(|entry| entry.map(|entry| entry.path()).map_err(|source| unreadable(folder, source)))
        .collect()
}

/// The path with what is behind it (symbolic links followed), unless it is hidden or not there.
fn visible(path: PathBuf) -> Result<Option<Match>, InputError> {
    if file_name(&path).as_bytes().starts_with(b"_")
        || file_name(&path).as_bytes().starts_with(b".")
    {
        return Ok(None);
    }
    let metadata = present(fs::metadata(&path)).map_err(|source| unreadable(&path, source))?;
    Ok(metadata.map(|metadata| (path, metadata)))
}

fn file_name(path: &Path) -> &OsStr {
    path.file_name().unwrap_or_default()
}

/// "It is not there" as a value, other troubles as errors.
fn present<T>(answer: io::Result<T>) -> io::Result<Option<T>> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

fn unreadable(path: &Path, source: io::Error) -> InputError {
    InputError::Read { path: path.to_owned(), offset: 0, source }
}

/// Sorts as the reference does: Java compares the UTF-16 of escaped URIs.
fn order(path: &Path) -> Vec<u16> {
    let mut key = Vec::with_capacity(path.as_os_str().len());
    for letter in path.to_string_lossy().chars() {
        if letter.is_ascii_alphanumeric()
            || !letter.is_ascii()
            || "-_.!~*'():@&=+$,;/".contains(letter)
        {
            key.extend_from_slice(letter.encode_utf16(&mut [0; 2]));
        } else {
            key.extend(format!("%{:02X}", u32::from(letter)).encode_utf16());
        }
    }
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Recorded from PySpark 4.3.0: a glob over a folder with these names.
    #[test]
    fn paths_sort_as_in_the_reference() {
        let sorted = [
            "a!b",
            "a$b",
            "a b",
            "a\"b",
            "a#b",
            "a%b",
            "aAb",
            "ab",
            "a\u{e9}b",
            "a\u{1f600}b",
            "a\u{ffee}b",
        ];
        assert!(sorted.is_sorted_by_key(|name| order(Path::new(name))));
        assert!(["a-b/x", "a.b/x", "a/x"].is_sorted_by_key(|name| order(Path::new(name))));
    }
}
