//! From the user's string to a place on this machine: schemes, `.` and `..`, the working directory.
//!
//! Invariant: `..` is resolved by the text alone, before any symbolic link is followed, as the reference does.
//! Percent signs and spaces stand for themselves; nothing is decoded.

use std::env;
use std::path::{Component, Path, PathBuf};

/// Why a string is not a path on this machine.
#[derive(Debug, thiserror::Error)]
pub enum LocationError {
    /// There is nothing in it.
    #[error("Can not create a Path from an empty string")]
    Empty,
    /// It names another file system.
    #[error(
        "Cannot use {path}: only local paths and file: URIs are supported, not the scheme {scheme}:"
    )]
    UnsupportedScheme {
        /// What stands before the colon.
        scheme: String,
        /// The string as given.
        path: String,
    },
    /// It names another machine.
    #[error("Wrong FS: {path}, expected: file:///")]
    OtherHost {
        /// The string as given.
        path: String,
    },
    /// It has a scheme and no absolute path.
    #[error("Relative path in absolute URI: {path}")]
    RelativeUri {
        /// The string as given.
        path: String,
    },
    /// It is relative, and the working directory is gone or unreadable.
    #[error("Cannot resolve the relative path {path}: {source}")]
    NoWorkingDirectory {
        /// The string as given.
        path: String,
        /// The system's answer.
        source: std::io::Error,
    },
}

/// A place on this machine, its last part still as the user wrote it (it may hold wildcards).
#[derive(Debug)]
pub(crate) struct Location {
    /// Absolute and literal: `/`, or the folder that the rest is relative to.
    pub base: PathBuf,
    /// Components without `.`, `..` and empty ones, joined by `/`.
    pub rest: String,
}

impl Location {
    /// Understands what `textFile` and `saveAsTextFile` accept.
    pub fn parse(text: &str) -> Result<Self, LocationError> {
        let path = strip_uri(text)?;
        let base =
            if path.starts_with('/') { PathBuf::from("/") } else { working_directory(text)? };
        Ok(normalize(base, path))
    }

    /// The whole as an absolute path, wildcards standing for themselves.
    pub fn to_path(&self) -> PathBuf {
        if self.rest.is_empty() { self.base.clone() } else { self.base.join(&self.rest) }
    }
}

/// Takes `file:`, `file://` and `file:///` off and refuses every other scheme and every host.
fn strip_uri(text: &str) -> Result<&str, LocationError> {
    if text.is_empty() {
        return Err(LocationError::Empty);
    }
    let (scheme, path) = split_scheme(text);
    if let Some(scheme) = scheme.filter(|scheme| !scheme.eq_ignore_ascii_case("file")) {
        return Err(LocationError::UnsupportedScheme { scheme: scheme.into(), path: text.into() });
    }
    let path =
        strip_authority(path).ok_or_else(|| LocationError::OtherHost { path: text.into() })?;
    if scheme.is_some() && !path.starts_with('/') {
        return Err(LocationError::RelativeUri { path: text.into() });
    }
    Ok(path)
}

/// A colon before the first slash ends a scheme.
fn split_scheme(text: &str) -> (Option<&str>, &str) {
    match text.find([':', '/']) {
        Some(at) if text.as_bytes()[at] == b':' => (Some(&text[..at]), &text[at + 1..]),
        _ => (None, text),
    }
}

/// The path behind an empty `//`; nothing when a host stands there. `//` alone is the root.
fn strip_authority(path: &str) -> Option<&str> {
    match path.strip_prefix("//") {
        None => Some(path),
        Some("") => Some("/"),
        Some(behind) => behind.starts_with('/').then_some(behind),
    }
}

fn working_directory(text: &str) -> Result<PathBuf, LocationError> {
    env::current_dir()
        .map_err(|source| LocationError::NoWorkingDirectory { path: text.into(), source })
}

fn normalize(mut base: PathBuf, path: &str) -> Location {
    let mut rest: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if rest.pop().is_none() => pop_literal(&mut base),
            ".." => {}
            _ => rest.push(part),
        }
    }
    Location { base, rest: rest.join("/") }
}

/// Above the root is the root.
fn pop_literal(base: &mut PathBuf) {
    if matches!(Path::components(base).next_back(), Some(Component::Normal(_))) {
        base.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn absolute(text: &str) -> String {
        Location::parse(text).unwrap().to_path().display().to_string()
    }

    #[test]
    fn every_spelling_of_a_local_path_is_understood() {
        for text in [
            "/x/y",
            "file:/x/y",
            "file:///x/y",
            "FILE:/x/y",
            "file:////x//y/",
            "/x/./z/../y",
            "/../x/y",
        ] {
            assert_eq!(absolute(text), "/x/y", "{text}");
        }
        assert_eq!(absolute("file://"), "/");
        assert_eq!(absolute("/a%20b/50% c"), "/a%20b/50% c");
    }

    #[test]
    fn a_relative_path_starts_at_the_working_directory() {
        let here = env::current_dir().unwrap();
        assert_eq!(absolute("x"), here.join("x").display().to_string());
        assert_eq!(absolute("."), here.display().to_string());
        assert_eq!(
            absolute("nope/../../x"),
            here.parent().unwrap().join("x").display().to_string()
        );
    }

    #[test]
    fn what_is_not_on_this_machine_is_one_clear_line() {
        for (text, message) in [
            ("", "Can not create a Path from an empty string"),
            (
                "hdfs://h/x",
                "Cannot use hdfs://h/x: only local paths and file: URIs are supported, not the scheme hdfs:",
            ),
            (
                "s3a://b/x",
                "Cannot use s3a://b/x: only local paths and file: URIs are supported, not the scheme s3a:",
            ),
            ("file://host/x", "Wrong FS: file://host/x, expected: file:///"),
            ("//host/x", "Wrong FS: //host/x, expected: file:///"),
            ("file:x", "Relative path in absolute URI: file:x"),
            ("file:", "Relative path in absolute URI: file:"),
        ] {
            assert_eq!(Location::parse(text).unwrap_err().to_string(), message);
        }
    }
}
