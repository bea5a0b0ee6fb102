//! Text output: what a save leaves, and that a failed or abandoned one leaves nothing.
//!
//! "The reference" is PySpark 4.3.0's `saveAsTextFile`, tried with the same elements.

#![allow(clippy::unwrap_used, reason = "a test fails by panic, in its helpers too")]

use firesteel_core::output::{OutputCommit, OutputError, PartFiles, PartWriter};
use firesteel_core::text::{Codec, LineReader, Nested, plan_splits};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::sync::mpsc;
use std::thread;
use tempfile::TempDir;

/// A folder whose name has no leading dot: a hidden folder is no input.
fn temporary() -> TempDir {
    tempfile::Builder::new().prefix("output-").tempdir().unwrap()
}

/// What the names of parts begin with.
const PREFIX: &str = "part-";

fn prepare(path: &Path, codec: Option<Codec>) -> Result<OutputCommit, OutputError> {
    OutputCommit::prepare(path.to_str().unwrap(), PREFIX, codec)
}

fn write(output: &PartFiles, partition: u32, task: u64, lines: &[&[u8]]) {
    let mut writer = PartWriter::create(output, partition, task).unwrap();
    for line in lines {
        writer.write_line(line).unwrap();
    }
    writer.finish().unwrap();
}

/// Everything below a folder: files with what is in them, empty folders with nothing.
fn tree(folder: &Path) -> BTreeMap<String, Option<String>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let (path, name) = entry.map(|entry| (entry.path(), entry.file_name())).unwrap();
        let name = name.into_string().unwrap();
        if !path.is_dir() {
            found.insert(
                name,
                Some(String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned()),
            );
            continue;
        }
        let inner = tree(&path);
        if inner.is_empty() {
            found.insert(name.clone(), None);
        }
        found.extend(inner.into_iter().map(|(below, text)| (format!("{name}/{below}"), text)));
    }
    found
}

fn expected<const N: usize>(files: [(&str, &str); N]) -> BTreeMap<String, Option<String>> {
    files.map(|(name, text)| (name.to_owned(), Some(text.to_owned()))).into()
}

#[test]
fn a_commit_leaves_the_winners_parts_and_success() {
    let folder = temporary();
    let commit = prepare(&folder.path().join("out"), None).unwrap();
    write(&commit.spec(), 0, 10, &[b"a", b"b\nc"]);
    write(&commit.spec(), 1, 11, &[b"a losing attempt"]);
    write(&commit.spec(), 1, 12, &[b"", "\u{e9}".as_bytes()]);
    write(&commit.spec(), 123_456, 13, &[]);
    commit.commit(&[(0, 10), (1, 12), (123_456, 13)]).unwrap();
    assert_eq!(
        tree(folder.path()),
        expected([
            ("out/_SUCCESS", ""),
            ("out/part-00000", "a\nb\nc\n"),
            ("out/part-00001", "\n\u{e9}\n"),
            ("out/part-123456", ""),
        ])
    );
}

#[test]
fn an_output_without_partitions_is_whole_too() {
    let folder = temporary();
    prepare(&folder.path().join("out"), None).unwrap().commit(&[]).unwrap();
    assert_eq!(tree(folder.path()), expected([("out/_SUCCESS", "")]));
}

#[test]
fn before_the_commit_nothing_looks_like_output() {
    let folder = temporary();
    let path = folder.path().join("out");
    let commit = prepare(&path, None).unwrap();
    write(&commit.spec(), 0, 1, &[b"x"]);
    assert_eq!(
        plan_splits(path.to_str().unwrap(), 1, Nested::Refuse).unwrap(),
        [],
        "a reader sees an empty folder"
    );
    commit.abort();
    assert_eq!(tree(folder.path()), expected([]));
}

#[test]
fn a_dropped_or_failed_commit_takes_everything_away() {
    let folder = temporary();
    let path = folder.path().join("new/parents/out");
    drop(prepare(&path, None).unwrap());
    assert_eq!(tree(folder.path()), expected([]));

    let commit = prepare(&path, None).unwrap();
    write(&commit.spec(), 0, 1, &[b"x"]);
    let error = commit.commit(&[(0, 1), (1, 2)]).unwrap_err().to_string();
    assert!(error.contains("part-00001-2") && error.contains("No such file"), "{error}");
    assert_eq!(tree(folder.path()), expected([]));

    let commit = prepare(&path, None).unwrap();
    write(&commit.spec(), 0, 1, &[b"x"]);
    write(&commit.spec(), 0, 2, &[b"x"]);
    let error = commit.commit(&[(0, 1), (0, 2)]).unwrap_err();
    assert!(matches!(error, OutputError::TwoWinners { partition: 0, .. }), "{error}");
    assert_eq!(tree(folder.path()), expected([]));
}

#[test]
fn an_abort_leaves_what_others_have_put_there() {
    let folder = temporary();
    let commit = prepare(&folder.path().join("parent/out"), None).unwrap();
    write(&commit.spec(), 0, 1, &[b"x"]);
    fs::write(folder.path().join("parent/other"), "kept").unwrap();
    fs::write(folder.path().join("parent/out/other"), "kept").unwrap();
    commit.abort();
    assert_eq!(
        tree(folder.path()),
        expected([("parent/other", "kept"), ("parent/out/other", "kept")])
    );
}

#[test]
fn an_existing_path_is_refused_and_not_touched() {
    let folder = temporary();
    fs::create_dir(folder.path().join("full")).unwrap();
    fs::write(folder.path().join("full/part-00000"), "old\n").unwrap();
    fs::create_dir(folder.path().join("empty")).unwrap();
    fs::write(folder.path().join("file"), "text").unwrap();
    symlink("nowhere", folder.path().join("dangling")).unwrap();
    for name in ["full", "empty", "file", "dangling"] {
        let path = folder.path().join(name);
        let message = prepare(&path, None).err().unwrap().to_string();
        assert_eq!(message, format!("Output directory file:{} already exists", path.display()));
    }
    fs::remove_file(folder.path().join("dangling")).unwrap();
    let mut kept = expected([("full/part-00000", "old\n"), ("file", "text")]);
    kept.insert("empty".into(), None);
    assert_eq!(tree(folder.path()), kept);
}

#[test]
fn two_saves_to_one_path_do_not_mix() {
    let folder = temporary();
    let first = prepare(&folder.path().join("out"), None).unwrap();
    let second = prepare(&folder.path().join("out"), None);
    assert!(matches!(second, Err(OutputError::AlreadyExists { .. })));
    drop(second);
    write(&first.spec(), 0, 1, &[b"x"]);
    first.commit(&[(0, 1)]).unwrap();
    assert_eq!(tree(folder.path()), expected([("out/_SUCCESS", ""), ("out/part-00000", "x\n")]));
}

#[test]
fn paths_are_understood_as_for_input_but_without_wildcards() {
    let folder = temporary();
    for (written, name) in [
        ("file:@/uri", "uri"),
        ("@/slash/", "slash"),
        ("@/a/../dots", "dots"),
        ("@/g*,{x", "g*,{x"),
    ] {
        let path = written.replace('@', folder.path().to_str().unwrap());
        OutputCommit::prepare(&path, PREFIX, None).unwrap().commit(&[]).unwrap();
        assert!(folder.path().join(name).join("_SUCCESS").exists(), "{written}");
    }
    for path in ["", "hdfs://host/x", "file://host/x", "file:x"] {
        let error = OutputCommit::prepare(path, PREFIX, None).err().unwrap();
        assert!(matches!(error, OutputError::Location(_)), "{error}");
    }
    fs::write(folder.path().join("file"), "").unwrap();
    let error = prepare(&folder.path().join("file/out"), None).err().unwrap();
    assert!(matches!(error, OutputError::Write { .. }), "{error}");
}

#[test]
fn an_unfinished_part_is_removed() {
    let folder = temporary();
    let output = PartFiles {
        staging: folder.path().to_owned(),
        prefix: PREFIX.to_owned(),
        codec: Some(Codec::Gzip),
    };
    let mut writer = PartWriter::create(&output, 3, 4).unwrap();
    writer.write_line(&vec![b'x'; 1 << 20]).unwrap();
    assert_eq!(tree(folder.path()).keys().collect::<Vec<_>>(), [".part-00003-4.gz"]);
    drop(writer);
    assert_eq!(tree(folder.path()), expected([]));
}

#[test]
fn a_part_says_how_big_it_is() {
    let folder = temporary();
    let output =
        PartFiles { staging: folder.path().to_owned(), prefix: PREFIX.to_owned(), codec: None };
    let mut writer = PartWriter::create(&output, 0, 0).unwrap();
    writer.write_line(b"four").unwrap();
    assert_eq!(writer.finish().unwrap(), 5);
}

#[test]
fn a_straggler_of_an_aborted_save_finds_no_place() {
    let folder = temporary();
    let commit = prepare(&folder.path().join("out"), None).unwrap();
    let output = commit.spec();
    let straggler = PartWriter::create(&output, 0, 1).unwrap();
    commit.abort();
    let next = prepare(&folder.path().join("out"), None).unwrap();
    assert!(matches!(straggler.finish(), Err(OutputError::Write { .. })));
    assert!(matches!(PartWriter::create(&output, 0, 2), Err(OutputError::Write { .. })));
    write(&next.spec(), 0, 3, &[b"x"]);
    next.commit(&[(0, 3)]).unwrap();
    assert_eq!(tree(folder.path()), expected([("out/_SUCCESS", ""), ("out/part-00000", "x\n")]));
}

/// The reference writes bytes that are not UTF-8 as it would read them.
#[test]
fn stragglers_that_write_during_the_abort_leave_nothing() {
    let folder = temporary();
    let commit = prepare(&folder.path().join("out"), None).unwrap();
    let output = commit.spec();
    let (started, first_written) = mpsc::channel();
    let stragglers = thread::spawn(move || {
        let create = |task| PartWriter::create(&output, 0, task).and_then(PartWriter::finish);
        let written = (0..20_000).take_while(|task| {
            let created = create(*task).is_ok();
            started.send(()).ok();
            created
        });
        written.count()
    });
    // The more there is to remove, the surer is it that one more file comes in the middle of it.
    first_written.iter().take(300).for_each(drop);
    commit.abort();
    assert!(stragglers.join().unwrap() < 20_000, "the stragglers met the abort");
    assert_eq!(tree(folder.path()), expected([]));
}

#[test]
fn invalid_utf8_is_replaced() {
    let folder = temporary();
    let commit = prepare(&folder.path().join("out"), None).unwrap();
    write(&commit.spec(), 0, 1, &[b"x\xffy", b"\xed\xa0\x80"]);
    commit.commit(&[(0, 1)]).unwrap();
    let part = fs::read(folder.path().join("out/part-00000")).unwrap();
    assert_eq!(part, b"x\xef\xbf\xbdy\n\xef\xbf\xbd\n");
}

#[test]
fn permissions_are_those_of_a_file_the_user_makes() {
    let folder = temporary();
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode();
    fs::write(folder.path().join("file"), "").unwrap();
    fs::create_dir(folder.path().join("folder")).unwrap();
    let commit = prepare(&folder.path().join("out"), None).unwrap();
    write(&commit.spec(), 0, 1, &[b"x"]);
    commit.commit(&[(0, 1)]).unwrap();
    assert_eq!(mode(&folder.path().join("out")), mode(&folder.path().join("folder")));
    for name in ["out/_SUCCESS", "out/part-00000"] {
        assert_eq!(mode(&folder.path().join(name)), mode(&folder.path().join("file")), "{name}");
    }
}

#[test]
fn every_codec_writes_what_text_input_reads() {
    let lines: Vec<String> = (0..50_000).map(|number| format!("line {number}")).collect();
    for codec in [
        None,
        Some(Codec::Gzip),
        Some(Codec::Bzip2),
        Some(Codec::Zstd),
        Some(Codec::Deflate),
        Some(Codec::Snappy),
        Some(Codec::Lz4),
    ] {
        let folder = temporary();
        let path = folder.path().join("out");
        let commit = prepare(&path, codec).unwrap();
        write(&commit.spec(), 0, 1, &lines.iter().map(|line| line.as_bytes()).collect::<Vec<_>>());
        write(&commit.spec(), 1, 2, &[b"last"]);
        commit.commit(&[(0, 1), (1, 2)]).unwrap();
        let extension = codec.map_or("", Codec::extension);
        let names: Vec<_> = tree(&path).into_keys().collect();
        assert_eq!(
            names,
            ["_SUCCESS", &format!("part-00000{extension}"), &format!("part-00001{extension}")]
        );
        let read = read_back(&path);
        assert!(read.iter().eq(lines.iter().chain([&"last".to_owned()])), "{codec:?}");
    }
}

fn read_back(path: &Path) -> Vec<String> {
    let mut lines = Vec::new();
    for split in plan_splits(path.to_str().unwrap(), 1, Nested::Refuse).unwrap() {
        let mut reader = LineReader::open(&split).unwrap();
        while let Some(line) = reader.next_line().unwrap() {
            lines.push(line.to_owned());
        }
    }
    lines
}
