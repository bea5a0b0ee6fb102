//! Text input against what PySpark 4.3.0 answers, and against damaged, cut and vanished files.
//!
//! The recorded tables were obtained by writing `FILES` into an empty folder (`@` below) and running, on `local[2]` with
//! PYTHONHASHSEED=0, `sc.textFile(paths, partitions).glom().collect()`, or by taking the message of its exception.

#![allow(clippy::unwrap_used, reason = "a test fails by panic, in its helpers too")]

use bzip2::write::BzEncoder;
use firesteel_core::text::{self, Codec, InputError, LineReader, Nested, TextSplit};
use flate2::write::{GzEncoder, ZlibEncoder};
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::symlink;
use std::path::Path;
use tempfile::TempDir;

const FILES: [(&str, &[u8]); 30] = [
    ("mixed", b"one\ntwo\r\nthree\rfour\n\nsix"),
    ("unix", b"ab\ncd\nef\ngh\n"),
    ("dos", b"ab\r\ncd\r\nef\r\ngh\r\n"),
    ("mac", b"a\r\r\n\n\rb\n\r"),
    ("empty", b""),
    ("newline", b"\n"),
    ("no-newline", b"word"),
    ("long", b"xxxxxxxxxxxxxxxxxxxxxxxx\ny\n"),
    ("wide", b"h\xc3\xa9llo\nw\xc3\xb6rld \xe2\x82\xac\n\xf0\x9f\x98\x80\n"),
    ("bad", b"a\xffb\n\xed\xa0\x80\n\xe2\x82"),
    ("odd", b"a\0b\n\x0b\x0c\x1c\n\xc2\x85\n\xe2\x80\xa8x\n"),
    ("mark", b"\xef\xbb\xbfhi\n\xef\xbb\xbfyo\n"),
    ("mark-only", b"\xef\xbb\xbf"),
    ("mark-line", b"\xef\xbb\xbf\n"),
    ("mark-twice", b"\xef\xbb\xbf\xef\xbb\xbfhi\n"),
    ("mark-half", b"\xef\xbbhi\n"),
    ("folder/a", b"1\n2\n3\n"),
    ("folder/b", b""),
    ("folder/c", b"4\n5\n6"),
    ("folder/d", b"\n"),
    ("folder/_hidden", b"no\n"),
    ("folder/.hidden", b"no\n"),
    ("folder/_within/e", b"7\n"),
    ("nested/a", b"8\n"),
    ("nested/sub/b", b"9\n"),
    ("a-b/x", b"a-b\n"),
    ("a.b/x", b"a.b\n"),
    ("a/x", b"a\n"),
    ("one two", b"space\n"),
    ("50%25", b"percent\n"),
];

const RECORDED: [(&str, u32, &[&[&str]]); 101] = [
    ("@/mixed", 1, &[&["one", "two", "three", "four", "", "six"]]),
    ("@/mixed", 2, &[&["one", "two", "three"], &["four", "", "six"]]),
    ("@/mixed", 3, &[&["one", "two"], &["three", "four"], &["", "six"]]),
    ("@/mixed", 4, &[&["one", "two"], &["three"], &["four"], &["", "six"]]),
    ("@/mixed", 5, &[&["one", "two"], &[], &["three"], &["four"], &[""], &["six"]]),
    ("@/unix", 1, &[&["ab", "cd", "ef", "gh"]]),
    ("@/unix", 2, &[&["ab", "cd", "ef"], &["gh"]]),
    ("@/unix", 3, &[&["ab", "cd"], &["ef"], &["gh"]]),
    ("@/unix", 4, &[&["ab", "cd"], &["ef"], &["gh"], &[]]),
    ("@/unix", 5, &[&["ab"], &["cd"], &["ef"], &[], &["gh"], &[]]),
    ("@/dos", 1, &[&["ab", "cd", "ef", "gh"]]),
    ("@/dos", 2, &[&["ab", "cd", "ef"], &["gh"]]),
    ("@/dos", 3, &[&["ab", "cd"], &["ef"], &["gh"], &[]]),
    ("@/dos", 4, &[&["ab", "cd"], &["ef"], &["gh"], &[]]),
    ("@/dos", 5, &[&["ab"], &["cd"], &["ef"], &["gh"], &[], &[]]),
    ("@/mac", 1, &[&["a", "", "", "", "b", ""]]),
    ("@/mac", 2, &[&["a", "", ""], &["", "b", ""], &[]]),
    ("@/mac", 3, &[&["a", ""], &["", "", "b"], &[""]]),
    ("@/mac", 4, &[&["a", ""], &[""], &["", "b"], &[""], &[]]),
    ("@/mac", 5, &[&["a"], &[""], &[], &[""], &[""], &["b"], &[], &[""], &[]]),
    ("@/empty", 1, &[]),
    ("@/empty", 2, &[]),
    ("@/newline", 1, &[&[""]]),
    ("@/newline", 2, &[&[""]]),
    ("@/no-newline", 1, &[&["word"]]),
    ("@/no-newline", 2, &[&["word"], &[]]),
    ("@/long", 1, &[&["xxxxxxxxxxxxxxxxxxxxxxxx", "y"]]),
    ("@/long", 2, &[&["xxxxxxxxxxxxxxxxxxxxxxxx"], &["y"]]),
    ("@/long", 3, &[&["xxxxxxxxxxxxxxxxxxxxxxxx"], &[], &["y"]]),
    ("@/long", 4, &[&["xxxxxxxxxxxxxxxxxxxxxxxx"], &[], &[], &[], &["y"]]),
    ("@/long", 5, &[&["xxxxxxxxxxxxxxxxxxxxxxxx"], &[], &[], &[], &["y"], &[]]),
    ("@/wide", 1, &[&["h\u{e9}llo", "w\u{f6}rld \u{20ac}", "\u{1f600}"]]),
    ("@/wide", 2, &[&["h\u{e9}llo", "w\u{f6}rld \u{20ac}"], &["\u{1f600}"]]),
    ("@/wide", 3, &[&["h\u{e9}llo", "w\u{f6}rld \u{20ac}"], &[], &["\u{1f600}"], &[]]),
    ("@/wide", 4, &[&["h\u{e9}llo"], &["w\u{f6}rld \u{20ac}"], &[], &["\u{1f600}"], &[]]),
    ("@/wide", 5, &[&["h\u{e9}llo"], &["w\u{f6}rld \u{20ac}"], &[], &[], &["\u{1f600}"], &[]]),
    ("@/bad", 1, &[&["a\u{fffd}b", "\u{fffd}", "\u{fffd}"]]),
    ("@/bad", 2, &[&["a\u{fffd}b", "\u{fffd}"], &["\u{fffd}"]]),
    ("@/bad", 3, &[&["a\u{fffd}b"], &["\u{fffd}"], &["\u{fffd}"], &[]]),
    ("@/bad", 4, &[&["a\u{fffd}b"], &["\u{fffd}"], &[], &["\u{fffd}"], &[]]),
    ("@/bad", 5, &[&["a\u{fffd}b"], &["\u{fffd}"], &[], &["\u{fffd}"], &[]]),
    ("@/odd", 1, &[&["a\u{0}b", "\u{b}\u{c}\u{1c}", "\u{85}", "\u{2028}x"]]),
    ("@/odd", 2, &[&["a\u{0}b", "\u{b}\u{c}\u{1c}", "\u{85}"], &["\u{2028}x"]]),
    ("@/odd", 3, &[&["a\u{0}b", "\u{b}\u{c}\u{1c}"], &["\u{85}"], &["\u{2028}x"], &[]]),
    ("@/odd", 4, &[&["a\u{0}b", "\u{b}\u{c}\u{1c}"], &["\u{85}"], &["\u{2028}x"], &[]]),
    ("@/odd", 5, &[&["a\u{0}b"], &["\u{b}\u{c}\u{1c}"], &["\u{85}"], &["\u{2028}x"], &[], &[]]),
    ("@/mark", 1, &[&["hi", "\u{feff}yo"]]),
    ("@/mark", 2, &[&["hi", "\u{feff}yo"], &[]]),
    ("@/mark", 3, &[&["hi"], &["\u{feff}yo"], &[]]),
    ("@/mark", 4, &[&["hi"], &["\u{feff}yo"], &[], &[]]),
    ("@/mark", 5, &[&["hi"], &[], &["\u{feff}yo"], &[], &[], &[]]),
    ("@/mark-only", 1, &[&[]]),
    ("@/mark-only", 2, &[&[], &[], &[]]),
    ("@/mark-only", 3, &[&[], &[], &[]]),
    ("@/mark-only", 4, &[&[], &[], &[]]),
    ("@/mark-only", 5, &[&[], &[], &[]]),
    ("@/mark-line", 1, &[&[""]]),
    ("@/mark-line", 2, &[&[""], &[]]),
    ("@/mark-line", 3, &[&[""], &[], &[], &[]]),
    ("@/mark-line", 4, &[&[""], &[], &[], &[]]),
    ("@/mark-line", 5, &[&[""], &[], &[], &[]]),
    ("@/mark-twice", 1, &[&["\u{feff}hi"]]),
    ("@/mark-twice", 2, &[&["\u{feff}hi"], &[], &[]]),
    ("@/mark-twice", 3, &[&["\u{feff}hi"], &[], &[]]),
    ("@/mark-twice", 4, &[&["\u{feff}hi"], &[], &[], &[], &[]]),
    ("@/mark-twice", 5, &[&["\u{feff}hi"], &[], &[], &[], &[], &[], &[], &[], &[]]),
    ("@/mark-half", 1, &[&["\u{fffd}hi"]]),
    ("@/mark-half", 2, &[&["\u{fffd}hi"], &[], &[]]),
    ("@/mark-half", 3, &[&["\u{fffd}hi"], &[], &[], &[], &[]]),
    ("@/mark-half", 4, &[&["\u{fffd}hi"], &[], &[], &[], &[]]),
    ("@/mark-half", 5, &[&["\u{fffd}hi"], &[], &[], &[], &[]]),
    ("@/one two", 1, &[&["space"]]),
    ("@/one two", 2, &[&["space"], &[]]),
    ("@/50%25", 1, &[&["percent"]]),
    ("@/50%25", 2, &[&["percent"], &[]]),
    ("@/folder/?", 1, &[&["1", "2", "3"], &["4", "5", "6"], &[""]]),
    ("@/folder/?", 2, &[&["1", "2", "3"], &["4", "5", "6"], &[""]]),
    ("@/folder/?", 3, &[&["1", "2", "3"], &[], &["4", "5", "6"], &[], &[""]]),
    ("@/folder/?", 4, &[&["1", "2"], &["3"], &["4", "5"], &["6"], &[""]]),
    ("@/folder/?", 5, &[&["1", "2"], &["3"], &[], &["4", "5"], &["6"], &[], &[""]]),
    ("@/folder/*", 1, &[&["1", "2", "3"], &["4", "5", "6"], &[""]]),
    ("@/folder/[ac]", 1, &[&["1", "2", "3"], &["4", "5", "6"]]),
    ("@/folder/[!a]", 1, &[&["4", "5", "6"], &[""]]),
    ("@/folder/{c,a}", 1, &[&["1", "2", "3"], &["4", "5", "6"]]),
    ("@/folder/c,@/folder/a", 1, &[&["4", "5", "6"], &["1", "2", "3"]]),
    ("@/folder/a,@/folder/a", 1, &[&["1", "2", "3"], &["1", "2", "3"]]),
    ("@/{folder/c,unix}", 1, &[&["4", "5", "6"], &["ab", "cd", "ef", "gh"]]),
    ("@/{folder/a,folder/?}", 1, &[&["1", "2", "3"], &["1", "2", "3"], &["4", "5", "6"], &[""]]),
    ("@/folder/{a,a}", 1, &[&["1", "2", "3"]]),
    ("@/folder/_within/e", 1, &[&["7"]]),
    ("@/folder/*/e", 1, &[&["7"]]),
    ("@/*/x", 1, &[&["a-b"], &["a.b"], &["a"]]),
    ("@/a*/x", 1, &[&["a-b"], &["a.b"], &["a"]]),
    ("@/nested/*", 1, &[&["8"], &["9"]]),
    ("@/nested/s*", 1, &[&["9"]]),
    ("@/nope/../unix", 1, &[&["ab", "cd", "ef", "gh"]]),
    ("@/./unix", 1, &[&["ab", "cd", "ef", "gh"]]),
    ("@/folder//a/", 1, &[&["1", "2", "3"]]),
    ("@/{nope,folder}/a", 1, &[&["1", "2", "3"]]),
    ("@/{nope/a,folder/a}", 1, &[&["1", "2", "3"]]),
    (
        "@/mixed,@/unix",
        1,
        &[&["one", "two", "three", "four", "", "six"], &["ab", "cd", "ef", "gh"]],
    ),
];

/// The reference's messages, without the Java class in front of them.
const REFUSED: [(&str, &str); 21] = [
    ("@/nope", "Input path does not exist: file:@/nope"),
    ("file:@/nope", "Input path does not exist: file:@/nope"),
    ("file://@/nope", "Input path does not exist: file:@/nope"),
    ("/no-such-folder", "Input path does not exist: file:/no-such-folder"),
    ("@/nope*", "Input Pattern file:@/nope* matches 0 files"),
    ("@/folder/_hidden", "Input path does not exist: file:@/folder/_hidden"),
    ("@/folder/.*", "Input Pattern file:@/folder/.* matches 0 files"),
    ("@/folder/_*", "Input Pattern file:@/folder/_* matches 0 files"),
    ("@/nested,@/nope", "Input path does not exist: file:@/nope"),
    ("@/unix,@/nope", "Input path does not exist: file:@/nope"),
    ("@/unix,@/nope*", "Input Pattern file:@/nope* matches 0 files"),
    ("@/folder/a/x", "Input path does not exist: file:@/folder/a/x"),
    ("@/folder/a/*", "Input Pattern file:@/folder/a/* matches 0 files"),
    ("@/{nope,nopf}", "Input Pattern file:@/{nope,nopf} matches 0 files"),
    ("@/{nope/a,nopf/b}", "Input Pattern file:@/{nope/a,nopf/b} matches 0 files"),
    ("@/nope\\*", "Input path does not exist: file:@/nope\\*"),
    ("", "Can not create a Path from an empty string"),
    ("@/unix,", "Can not create a Path from an empty string"),
    ("@/unix,,@/mixed", "Can not create a Path from an empty string"),
    ("@/unix ", "Input path does not exist: file:@/unix "),
    ("@/nope/../unix/x", "Input path does not exist: file:@/unix/x"),
];

/// A folder whose name has no leading dot: a hidden folder is no input.
fn temporary() -> TempDir {
    tempfile::Builder::new().prefix("text-").tempdir().unwrap()
}

/// A folder with `FILES` in it.
fn folder() -> TempDir {
    let folder = temporary();
    for (name, bytes) in FILES {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    folder
}

fn at(folder: &TempDir, text: &str) -> String {
    text.replace('@', folder.path().to_str().unwrap())
}

fn lines(split: &TextSplit) -> Result<Vec<String>, InputError> {
    let mut reader = LineReader::open(split)?;
    let mut lines = Vec::new();
    while let Some(line) = reader.next_line()? {
        lines.push(line.to_owned());
    }
    Ok(lines)
}

fn plan_splits(paths: &str, partitions: u32) -> Result<Vec<TextSplit>, InputError> {
    text::plan_splits(paths, partitions, Nested::Refuse)
}

fn glom(paths: &str, partitions: u32) -> Vec<Vec<String>> {
    plan_splits(paths, partitions).unwrap().iter().map(|split| lines(split).unwrap()).collect()
}

/// Writes one file and reads it as one partition.
fn read_file(name: &str, bytes: &[u8]) -> Result<Vec<String>, InputError> {
    let folder = temporary();
    let path = folder.path().join(name);
    fs::write(&path, bytes).unwrap();
    let splits = plan_splits(path.to_str().unwrap(), 3)?;
    assert_eq!(splits.len(), 1, "{name} is one split");
    lines(&splits[0])
}

#[test]
fn partitions_hold_what_the_reference_puts_there() {
    let folder = folder();
    for (paths, partitions, expected) in RECORDED {
        assert_eq!(glom(&at(&folder, paths), partitions), expected, "{paths} in {partitions}");
    }
}

#[test]
fn refusals_have_the_reference_words() {
    let folder = folder();
    for (paths, message) in REFUSED {
        let error = plan_splits(&at(&folder, paths), 1).unwrap_err();
        assert_eq!(error.to_string(), at(&folder, message), "{paths}");
    }
}

#[test]
fn a_folder_inside_the_input_is_refused_unless_hidden() {
    let folder = folder();
    for (paths, inner) in [("@/nested", "@/nested/sub"), ("@/neste?", "@/nested/sub"), ("@", "@/a")]
    {
        let message = plan_splits(&at(&folder, paths), 1).unwrap_err().to_string();
        let words = "is a directory, which is not supported inside an input folder";
        assert_eq!(message, at(&folder, &format!("Path: {inner} {words}")));
    }
    assert_eq!(glom(&at(&folder, "@/folder"), 1).len(), 3, "folder/_within is skipped");
}

#[test]
fn another_file_system_is_one_clear_line() {
    for paths in ["hdfs://host/x", "s3a://bucket/x", "http://host/x", "nosuch:/x"] {
        let message = plan_splits(paths, 1).unwrap_err().to_string();
        assert!(message.starts_with(&format!("Cannot use {paths}: only local paths")), "{message}");
        assert_eq!(message.lines().count(), 1);
    }
}

#[test]
fn the_files_of_a_folder_come_in_the_order_of_their_names() {
    let folder = temporary();
    for name in ["f10", "f9", "f1", "F", "f2"] {
        fs::write(folder.path().join(name), format!("{name}\n")).unwrap();
    }
    assert_eq!(glom(folder.path().to_str().unwrap(), 1).concat(), ["F", "f1", "f10", "f2", "f9"]);
}

#[test]
fn links_are_followed_and_those_to_nowhere_skipped() {
    let folder = folder();
    let links = folder.path().join("links");
    fs::create_dir(&links).unwrap();
    symlink("../unix", links.join("file")).unwrap();
    symlink("nowhere", links.join("dangling")).unwrap();
    symlink("links", folder.path().join("linked")).unwrap();
    for paths in ["@/links", "@/links/*", "@/links/file", "@/linked"] {
        assert_eq!(glom(&at(&folder, paths), 1), [["ab", "cd", "ef", "gh"]], "{paths}");
    }
    let error = plan_splits(&at(&folder, "@/links/dangling"), 1).unwrap_err();
    assert!(matches!(error, InputError::NotFound { .. }), "{error}");
    symlink("../folder", links.join("inner")).unwrap();
    let error = plan_splits(&at(&folder, "@/links"), 1).unwrap_err();
    assert!(matches!(error, InputError::NestedFolder { .. }), "{error}");
}

/// Recorded from PySpark 4.3.0 with files that have only a length: `textFile(path, n).getNumPartitions()`.
#[test]
fn the_number_of_partitions_is_the_reference_number() {
    let folder = temporary();
    let path = folder.path().join("sparse");
    let counts = |length: u64, partitions: &[u32]| -> Vec<usize> {
        File::create(&path).unwrap().set_len(length).unwrap();
        let count = |n: &u32| plan_splits(path.to_str().unwrap(), *n).unwrap().len();
        partitions.iter().map(count).collect()
    };
    for (mebibytes, expected) in [
        (35, [1, 2, 3, 4, 5]),
        (36, [2, 2, 3, 4, 5]),
        (64, [2, 2, 3, 4, 5]),
        (70, [3, 3, 3, 4, 5]),
        (80, [3, 3, 3, 4, 5]),
    ] {
        assert_eq!(counts(mebibytes << 20, &[1, 2, 3, 4, 5]), expected, "{mebibytes} MiB");
    }
    assert_eq!(counts(100_001, &[1, 7, 11, 100, 333, 1000]), [1, 7, 11, 100, 334, 1000]);
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn bzip2(text: &[u8]) -> Vec<u8> {
    let mut encoder = BzEncoder::new(Vec::new(), bzip2::Compression::best());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn deflate(text: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn zstandard(text: &[u8]) -> Vec<u8> {
    zstd::encode_all(text, 0).unwrap()
}

type Compress = fn(&[u8]) -> Vec<u8>;
const COMPRESSED: [(&str, Codec, Compress); 4] = [
    ("x.gz", Codec::Gzip, gzip),
    ("x.bz2", Codec::Bzip2, bzip2),
    ("x.zst", Codec::Zstd, zstandard),
    ("x.deflate", Codec::Deflate, deflate),
];

/// Recorded from PySpark 4.3.0, except for zstd, which it cannot read without a native Hadoop.
#[test]
fn compressed_files_are_read_to_the_last_member() {
    for (name, _, compress) in COMPRESSED {
        let members =
            [compress(b"a\nb"), compress(b"c\r"), compress(b""), compress(b"\nd")].concat();
        assert_eq!(read_file(name, &members).unwrap(), ["a", "bc", "d"], "{name}");
        assert_eq!(read_file(&name.to_uppercase(), &members).unwrap(), ["a", "bc", "d"], "{name}");
        assert_eq!(read_file(name, &compress(b"")).unwrap(), [""; 0], "{name}");
        assert_eq!(
            read_file(name, &compress(b"\xef\xbb\xbfhi\nyo\n")).unwrap(),
            ["hi", "yo"],
            "{name}"
        );
    }
}

#[test]
fn much_text_comes_through_every_codec() {
    let text: String = (0..200_000).map(|number| format!("line {number}\n")).collect();
    for (name, _, compress) in COMPRESSED {
        let lines = read_file(name, &compress(text.as_bytes())).unwrap();
        assert!(lines.iter().eq(text.lines().collect::<Vec<_>>().iter()), "{name}");
    }
}

#[test]
fn a_compressed_file_that_is_cut_off_anywhere_is_an_error() {
    for (name, _, compress) in COMPRESSED {
        let whole = compress(b"some text\nand more of it\n");
        for length in 1..whole.len() {
            let error = read_file(name, &whole[..length]).unwrap_err();
            assert!(matches!(error, InputError::Corrupt { .. }), "{name} cut to {length}: {error}");
            assert_eq!(error.to_string().lines().count(), 1, "{error}");
        }
    }
}

#[test]
fn what_is_not_compressed_as_its_name_says_is_an_error() {
    for (name, _, compress) in COMPRESSED {
        for bytes in [
            b"plain text, long enough for a header\n".to_vec(),
            [compress(b"a\n"), vec![7; 40]].concat(),
        ] {
            let error = read_file(name, &bytes).unwrap_err();
            assert!(matches!(error, InputError::Corrupt { .. }), "{name}: {error}");
        }
    }
}

#[test]
fn compressed_and_plain_files_share_a_plan() {
    let folder = temporary();
    let text = b"0\n1\n2\n3\n4\n5\n6\n7\n";
    fs::write(folder.path().join("a.gz"), gzip(text)).unwrap();
    fs::write(folder.path().join("b"), text.repeat(5)).unwrap();
    let splits = plan_splits(folder.path().to_str().unwrap(), 3).unwrap();
    let codecs: Vec<_> = splits.iter().map(|split| split.codec).collect();
    assert_eq!(codecs, [Some(Codec::Gzip), None, None, None]);
}

#[test]
fn a_file_that_vanished_after_the_plan_names_itself() {
    let folder = folder();
    let splits = plan_splits(&at(&folder, "@/unix"), 1).unwrap();
    fs::remove_file(folder.path().join("unix")).unwrap();
    let error = lines(&splits[0]).unwrap_err().to_string();
    assert_eq!(
        error,
        at(&folder, "Cannot read @/unix at byte 0: No such file or directory (os error 2)")
    );
}

#[test]
fn files_without_a_size_are_not_opened() {
    let folder = temporary();
    File::create(folder.path().join("empty")).unwrap();
    let pipe = folder.path().join("pipe");
    rustix::fs::mknodat(
        rustix::fs::CWD,
        &pipe,
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RUSR,
        0,
    )
    .unwrap();
    assert_eq!(plan_splits(folder.path().to_str().unwrap(), 2).unwrap(), []);
    assert_eq!(plan_splits("/dev/null", 2).unwrap(), []);
}

#[test]
fn a_name_that_is_not_text_is_refused_before_any_task_runs() {
    use std::os::unix::ffi::OsStrExt;
    let folder = temporary();
    let name = std::ffi::OsStr::from_bytes(b"latin-\xe9");
    if fs::write(folder.path().join(Path::new(name)), b"x\n").is_err() {
        return; // This file system has no such names.
    }
    let error = plan_splits(folder.path().to_str().unwrap(), 1).unwrap_err();
    assert!(matches!(error, InputError::UnsupportedName { .. }), "{error}");
}

#[test]
fn a_split_travels_unchanged() {
    let folder = folder();
    for split in plan_splits(&at(&folder, "@/folder,@/one two"), 3).unwrap() {
        let bytes = rmp_serde::to_vec(&split).unwrap();
        assert_eq!(rmp_serde::from_slice::<TextSplit>(&bytes).unwrap(), split);
    }
}

/// As the reference reads them with `mapreduce.input.fileinputformat.input.dir.recursive`, but by name.
#[test]
fn folders_inside_a_folder_are_read_in_their_place() {
    let folder = temporary();
    for path in ["b/c/3", "b/2", "b/.no/x", "_no/x", "a/1", "z", "b/c/d/e/4"] {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, path.file_name().unwrap().as_encoded_bytes()).unwrap();
    }
    let nested = |paths: &str, nested| {
        let splits = text::plan_splits(&at(&folder, paths), 1, nested)?;
        splits.iter().map(lines).collect::<Result<Vec<_>, _>>()
    };
    assert_eq!(nested("@", Nested::Enter).unwrap().concat(), ["1", "2", "3", "4", "z"]);
    assert_eq!(nested("@/*", Nested::Enter).unwrap().concat(), ["1", "2", "3", "4", "z"]);
    assert_eq!(nested("@/b", Nested::PassOver).unwrap().concat(), ["2"]);
    let error = nested("@/b", Nested::Refuse).unwrap_err();
    assert!(matches!(error, InputError::NestedFolder { path } if path.ends_with("b/c")));
    symlink("..", folder.path().join("b/loop")).unwrap();
    let error = nested("@", Nested::Enter).unwrap_err().to_string();
    assert!(error.contains("Too many levels of symbolic links"), "{error}");
}
