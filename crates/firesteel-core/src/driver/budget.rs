//! What a worker may use, from the machine and the conf.

use super::engine::ExecutorConfig;
use super::error::Error;
use crate::platform::memory::memory_limit;
use crate::protocol::Limits;
use firesteel_scheduler::resources::Amount;
use std::collections::HashMap;

/// The share of the memory that the workers may fill. The rest is for the driver, the blocks in shared memory
/// beyond their own limit, and what the user's libraries take outside of our sight.
const WORKERS_PERCENT: u64 = 60;

/// What live copies of cached partitions may take of the memory from which a worker spills: a part that leaves a
/// worker with copies room for its work, for the blocks themselves are elsewhere, and copies only save their decoding.
const COPIES_PART: u64 = 4;

/// The setting for the memory of all workers together.
const MEMORY: &str = "firesteel.memory";

/// Elements in a frame, unless `firesteel.frame.elements` says otherwise: large enough that a frame's header and
/// checksum cost nothing, small enough that two frames of long strings fit a cache.
const FRAME_ELEMENTS: u32 = 8192;

/// The limits of each of `slots` tasks at once, of `cpus` processors each, or of as many on each executor. `firesteel.memory` is for all of them together.
pub fn limits(
    conf: &HashMap<String, String>,
    slots: u32,
    cpus: Amount,
    executors: Option<&ExecutorConfig>,
) -> Result<Limits, Error> {
    let total = total(conf)?;
    let total = match executors {
        Some(each) => each.memory.min(total / u64::from(each.count.max(1))),
        None => total,
    };
    let frame_elements = match conf.get("firesteel.frame.elements") {
        Some(count) => parse_count("firesteel.frame.elements", count)?,
        None => FRAME_ELEMENTS,
    };
    let native = match conf.get("firesteel.native") {
        Some(text) => parse_switch("firesteel.native", text)?,
        None => true,
    };
    let memory = total / u64::from(slots.max(1));
    let wanted = size(conf, "spark.python.worker.memory")?.unwrap_or(u64::MAX);
    let spill = wanted.min(memory / 2);
    let copies = if native { spill / COPIES_PART } else { 0 };
    Ok(Limits { frame_elements, memory, spill, copies, cpus, native })
}

/// What all workers may have together.
pub fn total(conf: &HashMap<String, String>) -> Result<u64, Error> {
    let machine = || memory_limit() / 100 * WORKERS_PERCENT;
    Ok(size(conf, MEMORY)?.unwrap_or_else(machine))
}

/// The limits of a task with other processors and another part of the memory.
pub fn scaled(limits: &Limits, memory: u64, cpus: Amount) -> Limits {
    let half = memory / 2;
    let is_wanted = limits.spill < limits.memory / 2;
    let spill = if is_wanted { limits.spill.min(half) } else { half };
    let copies = if limits.copies == 0 { 0 } else { spill / COPIES_PART };
    Limits { memory, spill, copies, cpus, ..*limits }
}

/// The bytes of shared memory that blocks may have, where there is a budget: half of it. Workers spill at half of theirs.
pub fn block_limit(conf: &HashMap<String, String>) -> Result<Option<u64>, Error> {
    Ok(size(conf, MEMORY)?.map(|total| total / 2))
}

fn size(conf: &HashMap<String, String>, name: &'static str) -> Result<Option<u64>, Error> {
    let Some(size) = conf.get(name) else { return Ok(None) };
    let expected = "a size such as 512m or 1g";
    let error = || Error::Conf { name, expected, value: size.clone() };
    parse_size(size).map(Some).ok_or_else(error)
}

/// The bytes that the results of one job may have together: `spark.driver.maxResultSize`, unlimited when it is 0 or missing.
pub fn result_limit(conf: &HashMap<String, String>) -> Result<u64, Error> {
    let limit = size(conf, "spark.driver.maxResultSize")?.unwrap_or(0);
    Ok(if limit == 0 { u64::MAX } else { limit })
}

/// The bytes that the files in each local directory may have together: `firesteel.local.dir.limit`.
pub fn disk_limit(conf: &HashMap<String, String>) -> Result<Option<u64>, Error> {
    const NAME: &str = "firesteel.local.dir.limit";
    let Some(size) = conf.get(NAME) else { return Ok(None) };
    let expected = "a size such as 512m or 1g";
    let limit = parse_size(size);
    limit.map(Some).ok_or_else(|| Error::Conf { name: NAME, expected, value: size.clone() })
}

fn parse_count(name: &'static str, text: &str) -> Result<u32, Error> {
    text.trim().parse().ok().filter(|count| *count > 0).ok_or_else(|| Error::Conf {
        name,
        expected: "a number above 0",
        value: text.to_owned(),
    })
}

fn parse_switch(name: &'static str, text: &str) -> Result<bool, Error> {
    text.trim().to_ascii_lowercase().parse().map_err(|_| Error::Conf {
        name,
        expected: "true or false",
        value: text.to_owned(),
    })
}

/// `512`, `64k`, `512m`, `1g`, `2t`, also with a `b` behind: Spark's spelling, bytes without a unit.
fn parse_size(text: &str) -> Option<u64> {
    let text = text.trim().to_ascii_lowercase();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let shift = match unit {
        "" | "b" => 0,
        "k" | "kb" => 10,
        "m" | "mb" => 20,
        "g" | "gb" => 30,
        "t" | "tb" => 40,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(1 << shift)
}

#[cfg(test)]
mod tests {
    use super::*;
    use firesteel_scheduler::resources::Devices;

    fn conf(name: &str, value: &str) -> HashMap<String, String> {
        HashMap::from([(name.to_owned(), value.to_owned())])
    }

    #[test]
    fn sizes_are_spelled_as_in_spark() {
        assert_eq!(parse_size("512"), Some(512));
        assert_eq!(parse_size("512m"), Some(512 << 20));
        assert_eq!(parse_size("1GB"), Some(1 << 30));
        assert_eq!(parse_size("m"), None);
        assert_eq!(parse_size("1x"), None);
        assert_eq!(parse_size("99999999999t"), None);
    }

    #[test]
    fn the_workers_share_the_memory() {
        assert_eq!(
            limits(&conf("firesteel.memory", "1g"), 4, Amount::ONE, None).unwrap().memory,
            256 << 20
        );
        assert!(limits(&HashMap::new(), 2, Amount::ONE, None).unwrap().memory > 1 << 20);
        assert_eq!(block_limit(&conf("firesteel.memory", "1g")).unwrap(), Some(512 << 20));
        assert_eq!(block_limit(&HashMap::new()).unwrap(), None);
    }

    #[test]
    fn an_executor_has_its_own_memory() {
        let each = ExecutorConfig { count: 2, memory: 256 << 20, devices: Devices::new() };
        let each = Some(&each);
        assert_eq!(
            limits(&conf("firesteel.memory", "64g"), 4, Amount::ONE, each).unwrap().memory,
            64 << 20
        );
        assert_eq!(
            limits(&conf("firesteel.memory", "128m"), 1, Amount::ONE, each).unwrap().memory,
            64 << 20
        );
    }

    #[test]
    fn workers_spill_at_half_of_their_share_or_sooner() {
        assert_eq!(
            limits(&conf("firesteel.memory", "1g"), 2, Amount::ONE, None).unwrap().spill,
            256 << 20
        );
        assert_eq!(
            limits(&conf("spark.python.worker.memory", "8m"), 2, Amount::ONE, None).unwrap().spill,
            8 << 20
        );
        assert!(limits(&conf("spark.python.worker.memory", "tiny"), 2, Amount::ONE, None).is_err());
    }

    #[test]
    fn copies_have_a_part_of_that_unless_nothing_is_native() {
        assert_eq!(
            limits(&conf("firesteel.memory", "1g"), 2, Amount::ONE, None).unwrap().copies,
            64 << 20
        );
        assert_eq!(
            limits(&conf("firesteel.native", "false"), 2, Amount::ONE, None).unwrap().copies,
            0
        );
    }

    #[test]
    fn results_are_limited_only_if_somebody_says_so() {
        assert_eq!(result_limit(&HashMap::new()).unwrap(), u64::MAX);
        assert_eq!(result_limit(&conf("spark.driver.maxResultSize", "0")).unwrap(), u64::MAX);
        assert_eq!(result_limit(&conf("spark.driver.maxResultSize", "1k")).unwrap(), 1024);
        assert!(result_limit(&conf("spark.driver.maxResultSize", "much")).is_err());
    }

    #[test]
    fn a_wrong_setting_is_named() {
        let error =
            limits(&conf("firesteel.frame.elements", "0"), 1, Amount::ONE, None).unwrap_err();
        assert_eq!(
            error.to_string(),
            r#"firesteel.frame.elements must be a number above 0, not "0""#
        );
    }
}
