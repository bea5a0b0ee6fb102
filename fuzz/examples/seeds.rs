//! Writes the seeds that the fuzz targets start from: one input for each kind of column, a shuffle file,
//! messages of each direction, and a SequenceFile of each compression. Run it again when the format changes.

use std::path::{Path, PathBuf};
use std::{fs, io};

use firesteel_core::frame::{Column, write_frame};
use firesteel_core::protocol::framing::encode_message;
use firesteel_core::protocol::*;
use firesteel_core::sequence_file::{Class, Compression, SequenceWriter, Token, encode};
use firesteel_core::shuffle::MapOutputWriter;
use firesteel_core::storage::{BlockRef, Placement, StorageError};
use firesteel_core::text::Codec;
use firesteel_scheduler::ids::{RddId, ShuffleId, StageId, TaskId, WorkerId};
use firesteel_scheduler::resources::Amount;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds");
    frames(&seeds.join("frames"))?;
    messages(&seeds.join("messages"))?;
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
        ("serialized", Column::Serialized { len: 1, data: b"[1]".to_vec() }),
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

fn messages(directory: &Path) -> io::Result<()> {
    fs::create_dir_all(directory)?;
    let (worker, rdd) = (WorkerId(3), RddId(5));
    let block = BlockRef { path: "/run/block".into(), offset: 64, length: 1000 };
    let stored = StoredBlock { rdd, partition: 0, block };
    let definition = Definition {
        rdd,
        operator: Operator::CombineValues(Combine::Functions),
        code: Some(Payload::Inline(vec![0x80, 5])),
        name: "reduceByKey".to_owned(),
        call_site: "app.py:12".to_owned(),
    };
    let pipeline = |input| Pipeline {
        partition: 1,
        input,
        steps: vec![Step::Apply(rdd), Step::Persist { rdd, in_memory: true }],
    };
    let inputs = vec![
        pipeline(Input::Cached(stored.clone())),
        pipeline(Input::Range { start: -1, step: 2, count: 3 }),
        pipeline(Input::Shuffle {
            shuffle: ShuffleId(1),
            outputs: vec![MapSource { map_partition: 2, path: "/a".into() }],
            partition: 1,
        }),
    ];
    let spec = TaskSpec {
        task: TaskId(9),
        stage: StageId(2),
        partition: 1,
        attempt: 0,
        rdd,
        properties: [("spark.job.description".to_owned(), "words".to_owned())].into(),
        pipeline: pipeline(Input::Concat(inputs)),
        output: TaskOutput::Shuffle { rdd, partitions: 3 },
        placement: Placement::on_disk("/run"),
        limits: Limits {
            frame_elements: 1024,
            memory: 1 << 30,
            spill: 1 << 29,
            copies: 1 << 27,
            cpus: Amount::ONE,
            native: true,
        },
        barrier: Some(2),
        serializer: None,
    };
    let failure = TaskFailure {
        exception: "ValueError".to_owned(),
        message: "bad".to_owned(),
        traceback: "Traceback".to_owned(),
        frames: Vec::new(),
        record: Some("1".to_owned()),
        operation: "map".to_owned(),
        call_site: "app.py:3".to_owned(),
        pickled: Some(vec![0x80]),
    };
    let report = TaskReport {
        task: TaskId(9),
        outcome: Outcome::Failed(Box::new(failure)),
        metrics: TaskMetrics::default(),
        accumulators: Some(vec![1]),
        stored: vec![stored.clone()],
        copied: vec![stored],
    };
    let write = |name: &str, messages: &[io::Result<Vec<u8>>]| {
        let whole = messages.iter().flatten().flatten().copied().collect::<Vec<u8>>();
        fs::write(directory.join(name), whole)
    };
    let (to_worker, from_worker) = (encode_message::<ToWorker>, encode_message::<FromWorker>);
    write(
        "to-worker",
        &[
            to_worker(&ToWorker::Define(definition)),
            to_worker(&ToWorker::Run(Box::new(spec))),
            to_worker(&ToWorker::Forget(vec![rdd])),
        ],
    )?;
    write(
        "from-worker",
        &[
            from_worker(&FromWorker::Hello { protocol: PROTOCOL_VERSION }),
            from_worker(&FromWorker::Ended(Box::new(report))),
        ],
    )?;
    write("to-daemon", &[encode_message(&ToDaemon::Fork { worker })])?;
    let exited = FromDaemon::Exited {
        worker,
        status: ExitStatus::Signal(9),
        peak_memory: 1 << 24,
        last_words: "Killed".to_owned(),
        record: "3: 7".to_owned(),
    };
    write(
        "from-daemon",
        &[encode_message(&FromDaemon::Forked { worker, pid: 7 }), encode_message(&exited)],
    )
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
    let placement = Placement::on_disk(directory);
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
