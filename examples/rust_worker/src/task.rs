//! One task: an input, the steps that its elements go through, and an output.
//!
//! Invariant: every task ends in a report, and what this worker cannot do is a failure that says so.

use crate::functions::Element::{self, Number, Pair};
use crate::functions::{self, Failure, pair};
use crate::message::Value;
use crate::pickle::{self, Pickled};
use crate::{frame, shuffle};
use std::collections::HashMap;
use std::fs::File;
use std::hash::Hash;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::Instant;

/// What the steps do, by RDD.
pub type Definitions = HashMap<i64, Value>;

/// Larger results are blocks.
const INLINE_LIMIT: usize = 64 << 10;

/// Why a task has not done what it should.
enum End {
    Failed { failure: Failure, operation: String, call_site: String },
    FetchFailed { shuffle: Value, map_partition: Value, message: String },
}

type Result<T> = std::result::Result<T, End>;

impl From<String> for End {
    fn from(message: String) -> End {
        let failure = Failure("NotImplementedError", message);
        End::Failed { failure, operation: String::new(), call_site: String::new() }
    }
}

/// Runs a task; the report of it.
pub fn run(spec: &Value, definitions: &Definitions) -> Value {
    let begun = Instant::now();
    let mut task = Task { spec, definitions, read: 0, written: (0, 0) };
    let outcome = task.outcome().unwrap_or_else(End::outcome);
    let number = |number: usize| Value::Int(number as i64);
    let metrics = Value::map([
        ("elements_read", number(task.read)),
        ("bytes_read", number(0)),
        ("elements_written", number(task.written.0)),
        ("bytes_written", number(task.written.1)),
        ("user_nanos", number(0)),
        ("total_nanos", number(begun.elapsed().as_nanos() as usize)),
        ("spills", number(0)),
    ]);
    Value::map([
        ("task", task.field("task").cloned().unwrap_or(Value::Nil)),
        ("outcome", outcome),
        ("metrics", metrics),
        ("accumulators", Value::Nil),
        ("stored", Value::Array(Vec::new())),
    ])
}

struct Task<'a> {
    spec: &'a Value,
    definitions: &'a Definitions,
    read: usize,
    /// Elements and bytes.
    written: (usize, usize),
}

impl<'a> Task<'a> {
    fn outcome(&mut self) -> Result<Value> {
        let elements = self.pipeline(self.field("pipeline")?)?;
        let count = elements.len();
        let (outcome, bytes) = match self.field("output")?.as_variant() {
            Some(("Collect", _)) => self.collect(&elements)?,
            Some(("Shuffle", shuffled)) => self.write_map_output(shuffled, elements)?,
            other => return Err(missing("output", other)),
        };
        self.written = (count, bytes);
        Ok(outcome)
    }

    fn field(&self, name: &str) -> Result<&'a Value> {
        field(self.spec, name)
    }

    fn pipeline(&mut self, pipeline: &'a Value) -> Result<Vec<Element>> {
        let mut elements = match field(pipeline, "input")?.as_variant() {
            Some(("Empty", _)) => Vec::new(),
            Some(("Frames", payload)) => frame::read(&load(payload)?)?,
            Some(("Shuffle", input)) => fetch(input)?,
            Some(("Concat", pipelines)) => {
                let parts = pipelines.items().iter().map(|pipeline| self.pipeline(pipeline));
                parts.collect::<Result<Vec<_>>>()?.concat()
            }
            other => return Err(missing("input", other)),
        };
        self.read += elements.len();
        for step in field(pipeline, "steps")?.items() {
            let Some(("Apply", rdd)) = step.as_variant() else {
                return Err(missing("step", step.as_variant()));
            };
            elements = apply(self.definition(rdd)?, elements)?;
        }
        Ok(elements)
    }

    fn definition(&self, rdd: &Value) -> Result<&'a Value> {
        let definition = rdd.int().and_then(|rdd| self.definitions.get(&rdd));
        Ok(definition.ok_or_else(|| "a step without a definition".to_owned())?)
    }

    fn collect(&self, elements: &[Element]) -> Result<(Value, usize)> {
        let mut bytes = Vec::new();
        frame::write(elements, &mut bytes)?;
        let length = bytes.len();
        let payload = if length <= INLINE_LIMIT {
            Value::variant("Inline", Value::Bytes(bytes))
        } else {
            let path = self.write_block("result", &bytes)?;
            let block =
                [("path", path), ("offset", Value::Int(0)), ("length", Value::Int(length as i64))];
            Value::variant("Block", Value::map(block))
        };
        Ok((Value::variant("Collected", payload), length))
    }

    fn write_map_output(&self, shuffled: &Value, elements: Vec<Element>) -> Result<(Value, usize)> {
        let operator = field(self.definition(field(shuffled, "rdd")?)?, "operator")?;
        let Some(("Shuffle", Value::Str(partitioner))) = operator.as_variant() else {
            return Err(missing("partitioner", operator.as_variant()));
        };
        if partitioner != "Hash" {
            return Err(format!("this worker has no partitioner {partitioner}").into());
        }
        let count = elements.len();
        let partitions = field(shuffled, "partitions")?.int().unwrap_or_default() as usize;
        let mut buckets = vec![Vec::new(); partitions];
        for element in elements {
            let (key, value) = unpair(element)?;
            let place = place(&key, partitions);
            buckets[place].push(pair(key, value));
        }
        let bytes = shuffle::encode(&buckets)?;
        let output = Value::map([
            ("path", self.write_block("shuffle", &bytes)?),
            ("length", Value::Int(bytes.len() as i64)),
            ("elements", Value::Int(count as i64)),
        ]);
        Ok((Value::variant("MapOutput", output), bytes.len()))
    }

    /// Writes a block where the task may, under a name that no other attempt has.
    fn write_block(&self, kind: &str, bytes: &[u8]) -> Result<Value> {
        let placement = self.field("placement")?;
        let allowance = field(placement, "memory_allowance")?.int().unwrap_or_default();
        let memory =
            field(placement, "memory_dir")?.str().filter(|_| bytes.len() as i64 <= allowance);
        let disk = field(placement, "disk_dir")?.str().unwrap_or_default();
        let task = self.field("task")?.int().unwrap_or_default();
        let name = format!("{kind}-{task}");
        let in_memory =
            memory.and_then(|folder| shuffle::write(Path::new(folder), &name, bytes).ok());
        let path = match in_memory {
            Some(path) => path,
            None => {
                shuffle::write(Path::new(disk), &name, bytes).map_err(|error| error.to_string())?
            }
        };
        Ok(Value::Str(path.to_string_lossy().into_owned()))
    }
}

/// One step: the operator of a definition, by the functions that it names.
fn apply(definition: &Value, elements: Vec<Element>) -> Result<Vec<Element>> {
    let operator = field(definition, "operator")?;
    let code = match field(definition, "code")? {
        Value::Nil => Pickled::None,
        payload => pickle::load(&load(payload)?).ok_or("the function is no name".to_owned())?,
    };
    let blamed = |failure| End::Failed {
        failure,
        operation: text(definition, "name"),
        call_site: text(definition, "call_site"),
    };
    match operator.as_variant() {
        Some(("Map" | "FlatMap", _)) => {
            let name = named(&code)?;
            let mapped = elements.into_iter().map(|element| functions::call(name, element));
            Ok(mapped.collect::<functions::Result<Vec<_>>>().map_err(blamed)?.concat())
        }
        Some((operator @ ("CombineValues" | "MergeCombiners"), Value::Str(how)))
            if how == "Functions" =>
        {
            let [merge_value, merge_combiners] = merging(&code)?;
            let merge = if operator == "CombineValues" { merge_value } else { merge_combiners };
            combine(elements, merge)?.map_err(blamed)
        }
        Some(("Count", _)) => Ok(vec![Number(elements.len() as i64)]),
        other => Err(missing("operator", other)),
    }
}

/// The functions that add a value to a combiner, and a combiner to another, where a value is a combiner.
fn merging(code: &Pickled) -> Result<[&str; 2]> {
    if let Pickled::Tuple(functions) = code
        && let [Pickled::None, merge_value, merge_combiners] = &functions[..]
    {
        return Ok([named(merge_value)?, named(merge_combiners)?]);
    }
    Err("this worker has no combiners but values".to_owned().into())
}

/// One value for each key, keys in the order in which they first appear.
fn combine(elements: Vec<Element>, merge: &str) -> Result<functions::Result<Vec<Element>>> {
    let mut combined: Vec<(Element, Element)> = Vec::new();
    let mut places = HashMap::new();
    for element in elements {
        let (key, value) = unpair(element)?;
        match places.get(&key) {
            None => {
                places.insert(key.clone(), combined.len());
                combined.push((key, value));
            }
            Some(place) => {
                let old: &mut Element = &mut combined[*place].1;
                match functions::combine(merge, old.clone(), value) {
                    Ok(new) => *old = new,
                    Err(failure) => return Ok(Err(failure)),
                }
            }
        }
    }
    Ok(Ok(combined.into_iter().map(|(key, value)| pair(key, value)).collect()))
}

/// The elements of one reduce partition, in the order of the map partitions.
fn fetch(input: &Value) -> Result<Vec<Element>> {
    let partition = field(input, "partition")?.int().unwrap_or_default() as u32;
    let mut elements = Vec::new();
    for output in field(input, "outputs")?.items() {
        let path = field(output, "path")?.str().unwrap_or_default();
        match shuffle::read(Path::new(path), partition) {
            Ok(segment) => elements.extend(segment),
            Err(message) => {
                let shuffle = field(input, "shuffle")?.clone();
                let map_partition = field(output, "map_partition")?.clone();
                return Err(End::FetchFailed { shuffle, map_partition, message });
            }
        }
    }
    Ok(elements)
}

/// Any hash will do, as long as all workers have the same: this is FNV-1a over what a key holds.
fn place(key: &Element, partitions: usize) -> usize {
    struct Fnv(u64);
    impl std::hash::Hasher for Fnv {
        fn finish(&self) -> u64 {
            self.0
        }
        fn write(&mut self, bytes: &[u8]) {
            for byte in bytes {
                self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
            }
        }
    }
    let mut hasher = Fnv(0xcbf2_9ce4_8422_2325);
    key.hash(&mut hasher);
    (hasher.0 % partitions.max(1) as u64) as usize
}

/// The bytes of a payload, which are in the message or in a block.
fn load(payload: &Value) -> Result<Vec<u8>> {
    match payload.as_variant() {
        Some(("Inline", Value::Bytes(bytes))) => Ok(bytes.clone()),
        Some(("Block", block)) => Ok(read_block(block).map_err(|error| error.to_string())?),
        other => Err(missing("payload", other)),
    }
}

fn read_block(block: &Value) -> std::io::Result<Vec<u8>> {
    let number = |name| block.get(name).and_then(Value::int).unwrap_or_default();
    let file = File::open(block.get("path").and_then(Value::str).unwrap_or_default())?;
    let mut bytes = vec![0; number("length") as usize];
    file.read_exact_at(&mut bytes, number("offset") as u64)?;
    Ok(bytes)
}

fn unpair(element: Element) -> Result<(Element, Element)> {
    if let Pair(pair) = element {
        Ok(*pair)
    } else {
        Err("an element without a key".to_owned().into())
    }
}

fn named(code: &Pickled) -> Result<&str> {
    Ok(code.name().ok_or_else(|| "the function is no name".to_owned())?)
}

fn field<'a>(value: &'a Value, name: &str) -> Result<&'a Value> {
    Ok(value.get(name).ok_or_else(|| format!("a message without {name}"))?)
}

fn text(value: &Value, name: &str) -> String {
    value.get(name).and_then(Value::str).unwrap_or_default().to_owned()
}

fn missing(what: &str, variant: Option<(&str, &Value)>) -> End {
    let name = variant.map_or("?", |(name, _)| name);
    format!("this worker has no {what} {name}").into()
}

impl End {
    fn outcome(self) -> Value {
        match self {
            End::FetchFailed { shuffle, map_partition, message } => Value::variant(
                "FetchFailed",
                Value::map([
                    ("shuffle", shuffle),
                    ("map_partition", map_partition),
                    ("message", Value::Str(message)),
                ]),
            ),
            End::Failed { failure: Failure(exception, message), operation, call_site } => {
                let failure = Value::map([
                    ("exception", Value::Str(exception.to_owned())),
                    ("message", Value::Str(message)),
                    ("traceback", Value::Str(String::new())),
                    ("frames", Value::Array(Vec::new())),
                    ("record", Value::Nil),
                    ("operation", Value::Str(operation)),
                    ("call_site", Value::Str(call_site)),
                    ("pickled", Value::Nil),
                ]);
                Value::variant("Failed", failure)
            }
        }
    }
}
