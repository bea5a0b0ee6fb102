//! Writes the seeds that the fuzz targets start from: one input for each kind of column, a shuffle file,
//! and a SequenceFile of each compression. Run it again when the format changes.

use std::path::{Path, PathBuf};
use std::{fs, io};

use firesteel_core::frame::{Column, write_frame};
use firesteel_core::sequence_file::{Class, Compression, SequenceWriter, Token, encode};
use firesteel_core::shuffle::MapOutputWriter;
use firesteel_core::storage::{Placement, StorageError};
use firesteel_core::text::Codec;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds");
    frames(&seeds.join("frames"))?;
    segments(&seeds.join("segment"))?;
    sequence_files(&seeds.join("sequence_file"))?;
    Ok(())
}

fn columns() -> Vec<(&'static str, Column)> {
    let text = || ["für", "", "two"].iter().collect();
    let pair = vec![Column::Str(text()), Column::Int(vec![1, -1, i64::MAX])];
    let nested = vec![
        Column::Tuple { len: 1, fields: vec![] },
        Column::Tuple { len: 1, fields: vec![Column::Bool(vec![true])] },
    ];
    let wide = (0..9).map(|_| Column::Null(1)).collect();
    vec![
        ("null", Column::Null(3)),
        ("bool", Column::Bool(vec![true, false, true])),
        ("int", Column::Int(vec![1, 2])),
        ("float", Column::Float(vec![-0.0, f64::NAN])),
        ("str", Column::Str(text())),
        ("bytes", Column::Bytes(text())),
        ("pair", Column::Tuple { len: 3, fields: pair }),
        ("nested", Column::Tuple { len: 1, fields: nested }),
        ("wide", Column::Tuple { len: 1, fields: vec![Column::Tuple { len: 1, fields: wide }; 3] }),
        ("list", Column::List { ends: vec![1, 1, 3], items: Box::new(Column::Int(vec![1, 2, 3])) }),
        ("pickled", Column::Pickled { len: 1, data: b"\x80\x05]\x94K\x01a.".to_vec() }),
    ]
}

fn frames(directory: &Path) -> io::Result<()> {
    fs::create_dir_all(directory)?;
    let mut all = Vec::new();
    for (name, column) in columns() {
        let start = all.len();
        write_frame(&column, &mut all);
        fs::write(directory.join(name), &all[start..])?;
    }
    fs::write(directory.join("all"), all)
}

fn segments(directory: &Path) -> Result<(), Box<dyn std::error::Error>> {
    fs::create_dir_all(directory)?;
    for partitions in [1, 3] {
        let file = shuffle_file(directory, partitions)?;
        let bytes = [0_u32.to_le_bytes().to_vec(), fs::read(&file)?].concat();
        fs::write(file, bytes)?;
    }
    Ok(())
}

fn shuffle_file(directory: &Path, partitions: u32) -> Result<PathBuf, StorageError> {
    let placement =
        Placement { memory_dir: None, memory_allowance: 0, disk_dir: directory.to_owned(), key: None };
    let name = format!("partitions-{partitions}");
    let mut output = MapOutputWriter::new(&placement, name, partitions, usize::MAX);
    for (to, (_, column)) in columns().iter().enumerate() {
        output.append(to as u32 % partitions, column)?;
    }
    Ok(output.finish()?.path)
}

fn sequence_files(directory: &Path) -> io::Result<()> {
    fs::create_dir_all(directory)?;
    let compressions = [
        ("plain", Compression::None),
        ("record", Compression::Record(Codec::Deflate)),
        ("block", Compression::Block(Codec::Zstd)),
    ];
    for (name, compression) in compressions {
        let (key, value) = (Class::Text.name(), Class::Map.name());
        let mut writer = SequenceWriter::new(vec![128], key, value, compression)?;
        let (mut key, mut value) = (Vec::new(), Vec::new());
        encode(&[Token::Text("key".to_owned())], &mut key);
        encode(
            &[Token::Map(1), Token::Int(1), Token::Map(1), Token::Double(0.5), Token::Null],
            &mut value,
        );
        for _ in 0..3 {
            writer.append(&key, &value)?;
        }
        fs::write(directory.join(name), writer.finish()?)?;
    }
    Ok(())
}
