//! How much memory there is, and how much of it a process of ours has made its own.
//!
//! Invariant: a limit is the smallest of the machine's memory and the limits of every control group above us.

use rustix::param::page_size;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// Bytes that this process may use: the machine's memory or the control group's limit.
pub fn memory_limit() -> u64 {
    let groups = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let limits = limit_files(&groups).into_iter().filter_map(|file| read_limit(&file));
    limits.chain(machine_memory()).min().unwrap_or(u64::MAX)
}

/// Tells the anonymous memory of the process that made it: what spilling can give back. The file stays open, for opening
/// it costs more than all the rest, and whoever looks does so every few thousand elements.
#[derive(Debug)]
pub struct MemoryGauge(File);

impl MemoryGauge {
    /// Of this process.
    pub fn open() -> io::Result<Self> {
        File::open("/proc/self/statm").map(Self)
    }

    /// Bytes. One short read, no page walk.
    pub fn anonymous(&self) -> io::Result<u64> {
        // Seven numbers, of which the first three count.
        let mut statm = [0; 160];
        let length = self.0.read_at(&mut statm, 0)?;
        let pages = std::str::from_utf8(&statm[..length]).ok().and_then(parse_statm);
        pages.map(|pages| pages * page_size() as u64).ok_or_else(|| {
            io::Error::new(io::ErrorKind::InvalidData, "/proc/self/statm has an unknown format")
        })
    }
}

/// Resident pages without the shared ones.
fn parse_statm(statm: &str) -> Option<u64> {
    let mut fields = statm.split_ascii_whitespace().skip(1).map(str::parse::<u64>);
    let resident = fields.next()?.ok()?;
    let shared = fields.next()?.ok()?;
    Some(resident.saturating_sub(shared))
}

fn machine_memory() -> Option<u64> {
    parse_meminfo(&fs::read_to_string("/proc/meminfo").ok()?)
}

fn parse_meminfo(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

/// The limit files of all control groups from ours to the root, in both versions of the hierarchy.
fn limit_files(groups: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for line in groups.lines() {
        let mut parts = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(group)) = (parts.next(), parts.next()) else { continue };
        let (root, name) = if controllers.is_empty() {
            ("/sys/fs/cgroup", "memory.max")
        } else if controllers.split(',').any(|controller| controller == "memory") {
            ("/sys/fs/cgroup/memory", "memory.limit_in_bytes")
        } else {
            continue;
        };
        let group = Path::new(group.trim_start_matches('/'));
        files.extend(group.ancestors().map(|ancestor| Path::new(root).join(ancestor).join(name)));
    }
    files
}

/// A number; `max` and files that are not there are no limit.
fn read_limit(file: &Path) -> Option<u64> {
    fs::read_to_string(file).ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_ancestor_of_the_control_group_counts() {
        let files = limit_files("0::/user/app\n");
        let expected = ["user/app/", "user/", ""].map(|g| format!("/sys/fs/cgroup/{g}memory.max"));
        assert_eq!(files, expected.map(PathBuf::from));
    }

    #[test]
    fn version_one_has_its_own_folder_for_memory() {
        let files = limit_files("5:cpu,cpuacct:/a\n4:memory:/a\n");
        assert_eq!(files[0], Path::new("/sys/fs/cgroup/memory/a/memory.limit_in_bytes"));
        assert_eq!(files.len(), 2);
    }

    #[test]
    fn the_kernel_files_are_understood() {
        assert_eq!(parse_meminfo("MemTotal:       24 kB\nMemFree: 1 kB\n"), Some(24 * 1024));
        assert_eq!(parse_statm("100 50 20 1 0 30 0\n"), Some(30));
        assert!(memory_limit() > 1 << 20);
        assert!(MemoryGauge::open().unwrap().anonymous().unwrap() > 0);
    }
}
