//! What each executor has of its own: its daemon's command, and in the rehearsal a private folder.
//!
//! `local[n]` has one executor, the driver: its daemon sees what the program sees. With `local-cluster[n,c,m]` every daemon
//! is called with nothing of the program's, in an empty folder of the run directory, where what is shipped is copied to.
//! Invariant: the folder exists before its daemon starts, and goes when the daemon has gone, or with the run directory.

use super::daemon_process::DaemonCommand;
use crate::storage::RunDirectory;
use firesteel_scheduler::ids::ExecutorId;
use firesteel_scheduler::resources::Devices;
use std::ffi::OsString;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fs, io};

/// The environment variable by which workers know where shipped files are.
pub const FILES_VARIABLE: &str = "FIRESTEEL_FILES";
/// The environment variable by which the workers of a private executor know where files are shipped from.
pub const SHIPPED_VARIABLE: &str = "FIRESTEEL_SHIPPED";

/// How executors are started.
#[derive(Debug)]
pub struct Executors {
    /// Of the driver's daemon. Others differ in their folder.
    command: DaemonCommand,
    /// Where the driver puts what it ships.
    files: PathBuf,
    /// None where the driver is the only executor.
    private: Option<Arc<RunDirectory>>,
    /// How many there are to begin with.
    count: u32,
}

impl Executors {
    /// The driver alone.
    pub fn driver(command: DaemonCommand, files: &Path) -> Executors {
        Executors { command, files: files.to_owned(), private: None, count: 1 }
    }

    /// So many, which see only what is shipped to them.
    pub fn private(self, count: u32, run: Arc<RunDirectory>) -> Executors {
        Executors { private: Some(run), count, ..self }
    }

    /// Those that there are to begin with.
    pub fn first(&self) -> impl Iterator<Item = ExecutorId> + use<> {
        (0..self.count).map(ExecutorId)
    }

    /// How its daemon is called. Makes its folder.
    pub fn command(&self, executor: ExecutorId) -> io::Result<DaemonCommand> {
        let mut command = self.command.clone();
        let variable = |name: &str, value: &Path| (OsString::from(name), value.into());
        let Some(run) = &self.private else {
            command.environment.push(variable(FILES_VARIABLE, &self.files));
            return Ok(command);
        };
        let folder = folder_in(&run.first_disk(), executor);
        fs::DirBuilder::new().mode(0o700).create(&folder)?;
        command.environment.push(variable(FILES_VARIABLE, &folder));
        command.environment.push(variable(SHIPPED_VARIABLE, &self.files));
        command.private = Some(folder);
        Ok(command)
    }

    /// Removes the folder of an executor that is gone.
    pub fn clear(&self, executor: ExecutorId) {
        if let Some(run) = &self.private {
            // What a dying worker still writes goes with the run directory.
            let _ = fs::remove_dir_all(folder_in(&run.first_disk(), executor));
        }
    }

    /// An executor in words for the user, if there is more than the driver.
    pub fn name(&self, executor: ExecutorId) -> Option<String> {
        self.private.is_some().then(|| format!("executor {executor}"))
    }
}

/// The local property by which a task knows its executor.
const EXECUTOR_PROPERTY: &str = "firesteel.executor.id";
/// Spark's local property by which the task of a barrier stage knows the others.
const ADDRESSES_PROPERTY: &str = "addresses";

/// What a task may know of its executor, and of those of the tasks that it meets.
pub fn properties(
    executor: ExecutorId,
    together: &[ExecutorId],
) -> impl Iterator<Item = (String, String)> {
    let addresses: Vec<_> = together.iter().map(|other| format!("{}:0", host(*other))).collect();
    let addresses = (!together.is_empty()).then(|| addresses.join(","));
    let known = [(EXECUTOR_PROPERTY, Some(executor.to_string())), (ADDRESSES_PROPERTY, addresses)];
    known.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)))
}

/// The local property by which a task knows the addresses of its devices, as JSON.
const DEVICES_PROPERTY: &str = "firesteel.task.resources";

/// What a task may know of its devices, if it has any.
pub fn devices(devices: &Devices) -> Option<(String, String)> {
    let told = || serde_json::json!(devices).to_string();
    (!devices.is_empty()).then(|| (DEVICES_PROPERTY.to_owned(), told()))
}

/// The address of an executor: one of those that mean this machine, another one for each, as hosts of a cluster differ.
pub fn host(executor: ExecutorId) -> String {
    // The driver is at 127.0.0.1.
    let number = executor.0.wrapping_add(2);
    let [_, high, middle, low] = number.to_be_bytes();
    format!("127.{high}.{middle}.{low}")
}

fn folder_in(disk: &Path, executor: ExecutorId) -> PathBuf {
    disk.join(format!("executor-{executor}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_executor_is_another_host_on_loopback() {
        assert_eq!(host(ExecutorId(0)), "127.0.0.2");
        assert_eq!(host(ExecutorId(254)), "127.0.1.0");
    }

    #[test]
    fn a_task_knows_whom_it_meets() {
        let known: Vec<_> = properties(ExecutorId(1), &[ExecutorId(1), ExecutorId(0)]).collect();
        let known: Vec<_> = known.iter().map(|(name, value)| (&name[..], &value[..])).collect();
        let addresses = ("addresses", "127.0.0.3:0,127.0.0.2:0");
        assert_eq!(known, [("firesteel.executor.id", "1"), addresses]);
        assert_eq!(properties(ExecutorId(0), &[]).count(), 1);
    }
}
