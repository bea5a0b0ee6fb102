//! Run directories as other processes and other users see them.
#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of tests are tests")]

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use firesteel_core::storage::{MappedBlock, RunDirectory, write_block};
use rustix::fs::Mode;
use tempfile::TempDir;

const CHILD: &str = "FIRESTEEL_TEST_CHILD";

/// Runs the test `name` of this file again in a process of its own, where `CHILD` is `argument`.
fn run_in_child(name: &str, argument: &Path) {
    let output = Command::new(env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture"])
        .env(CHILD, argument)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn child_argument() -> Option<PathBuf> {
    env::var_os(CHILD).map(PathBuf::from)
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

/// The umask is the whole process's, so this happens in one of its own.
#[test]
fn nobody_else_may_read_whatever_the_umask() {
    let Some(local_dir) = child_argument() else {
        let local_dir = TempDir::new().unwrap();
        return run_in_child("nobody_else_may_read_whatever_the_umask", local_dir.path());
    };
    rustix::process::umask(Mode::empty());
    let run = RunDirectory::create(&local_dir).unwrap();
    let mut placement = run.placement();
    for directory in placement.memory_dir.iter().chain([&placement.disk_dir]) {
        assert_eq!(mode(directory), 0o700);
        assert_eq!(mode(&directory.join("lock")), 0o600);
    }
    let mut block = write_block(&placement, "in-memory", b"x").unwrap();
    assert_eq!(mode(&block.path), 0o600);
    placement.memory_allowance = 0;
    block = write_block(&placement, "on-disk", b"x").unwrap();
    assert_eq!(mode(&block.path), 0o600);
}

#[test]
fn what_an_ended_driver_left_is_swept_and_a_live_one_keeps_all() {
    let name = "what_an_ended_driver_left_is_swept_and_a_live_one_keeps_all";
    if let Some(local_dir) = child_argument() {
        let run = RunDirectory::create(&local_dir).unwrap();
        let placement = run.placement();
        write_block(&placement, "block", b"x").unwrap();
        fs::write(local_dir.join("left"), serde_json::to_string(&placement).unwrap()).unwrap();
        // Without dropping anything.
        std::process::exit(0);
    }
    let local_dir = TempDir::new().unwrap();
    let live = RunDirectory::create(local_dir.path()).unwrap();
    let block = write_block(&live.placement(), "block", b"still here").unwrap();
    run_in_child(name, local_dir.path());
    let left = fs::read_to_string(local_dir.path().join("left")).unwrap();
    let left: firesteel_core::storage::Placement = serde_json::from_str(&left).unwrap();
    assert!(left.disk_dir.exists());

    // Another test's driver may sweep shared memory at the same time, so who removed what is not counted.
    assert!(RunDirectory::sweep_abandoned(local_dir.path()) >= 1);
    assert!(!left.disk_dir.exists());
    assert!(!left.memory_dir.is_some_and(|directory| directory.exists()));
    assert_eq!(MappedBlock::open(&block).unwrap().bytes(), b"still here");
}

#[test]
fn shared_memory_is_used_up_to_the_allowance() {
    let local_dir = TempDir::new().unwrap();
    let run = RunDirectory::create(local_dir.path()).unwrap();
    let mut placement = run.placement();
    let Some(memory_dir) = placement.memory_dir.clone() else {
        println!("no shared memory worth it here");
        return;
    };
    placement.memory_allowance = 1000;
    let small = write_block(&placement, "small", &[1; 1000]).unwrap();
    assert!(small.path.starts_with(&memory_dir));
    let large = write_block(&placement, "large", &[2; 1001]).unwrap();
    assert!(large.path.starts_with(&placement.disk_dir));
    for (block, byte, length) in [(small, 1, 1000), (large, 2, 1001)] {
        assert_eq!(MappedBlock::open(&block).unwrap().bytes(), vec![byte; length]);
    }
    drop(run);
    assert!(!memory_dir.exists() && !placement.disk_dir.exists());
}

#[test]
fn the_locks_are_what_lock_files_names() {
    let local_dir = TempDir::new().unwrap();
    let run = RunDirectory::create(local_dir.path()).unwrap();
    let placement = run.placement();
    let locks = run.lock_files();
    let directories: Vec<_> = placement.memory_dir.iter().chain([&placement.disk_dir]).collect();
    assert_eq!(locks.len(), directories.len());
    for (descriptor, directory) in locks.iter().zip(directories) {
        let open = fs::metadata(format!("/proc/self/fd/{descriptor}")).unwrap();
        let lock = fs::metadata(directory.join("lock")).unwrap();
        assert_eq!((open.dev(), open.ino()), (lock.dev(), lock.ino()));
    }
}

#[test]
fn a_later_block_of_the_same_name_replaces_the_earlier_which_its_readers_keep() {
    let local_dir = TempDir::new().unwrap();
    let run = RunDirectory::create(local_dir.path()).unwrap();
    let first = write_block(&run.placement(), "block", &[1; 100_000]).unwrap();
    let reader = MappedBlock::open(&first).unwrap();
    let second = write_block(&run.placement(), "block", &[2; 100_000]).unwrap();
    assert_eq!(first, second);
    assert_eq!(reader.bytes(), [1; 100_000]);
    assert_eq!(MappedBlock::open(&second).unwrap().bytes(), [2; 100_000]);
}
