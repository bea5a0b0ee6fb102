//! Moves blocks between shared memory and disk, on a thread of its own: the driver loop waits for no disk.
//!
//! Invariants: a block is copied under a temporary name and renamed when whole; the old file stays until the driver loop
//! has been told and nobody reads it. Names stay what they are, for encrypted blocks are bound to theirs. The thread starts
//! with the first order and ends with the mover.

use super::event_loop::Request;
use crate::storage::{BlockRef, check_limit};
use firesteel_scheduler::ids::RddId;
use mio::Waker;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{Builder, JoinHandle};

/// How much is copied between two looks whether to stop.
const PIECE: usize = 1 << 20;

/// Takes orders until it is dropped.
#[derive(Debug)]
pub struct Mover {
    report: Report,
    thread: Option<(Sender<Move>, JoinHandle<()>)>,
    stop: Arc<AtomicBool>,
}

/// Where the driver loop hears of moves.
#[derive(Clone, Debug)]
pub struct Report {
    /// Its requests.
    pub requests: Sender<Request>,
    /// Wakes it.
    pub waker: Arc<Waker>,
}

/// An order.
#[derive(Debug)]
pub struct Move {
    /// Whose block it is.
    pub rdd: RddId,
    /// Which partition.
    pub partition: u32,
    /// Where it lies.
    pub from: BlockRef,
    /// Where it is to lie.
    pub directory: PathBuf,
    /// What may be in that directory.
    pub limit: Option<u64>,
}

/// What came of an order.
#[derive(Debug)]
pub struct Moved {
    /// The order.
    pub order: Move,
    /// Where the copy lies, if there is one.
    pub to: Option<BlockRef>,
}

impl Mover {
    /// Without a thread as yet.
    pub fn new(report: Report) -> Self {
        Self { report, thread: None, stop: Arc::default() }
    }

    /// Moves a block, later; the driver loop hears of it. Whether there will be an attempt.
    pub fn order(&mut self, order: Move) -> bool {
        if self.thread.is_none() {
            self.thread = self.start().ok();
        }
        self.thread.as_ref().is_some_and(|(orders, _)| orders.send(order).is_ok())
    }

    fn start(&self) -> io::Result<(Sender<Move>, JoinHandle<()>)> {
        let (orders, receiver) = channel();
        let (report, stop) = (self.report.clone(), self.stop.clone());
        let body = move || work(&receiver, &report, &stop);
        Ok((orders, Builder::new().name("firesteel-mover".to_owned()).spawn(body)?))
    }
}

impl Drop for Mover {
    fn drop(&mut self) {
        self.stop.store(true, Relaxed);
        if let Some((orders, thread)) = self.thread.take() {
            drop(orders);
            // A panic was reported where it happened.
            let _ = thread.join();
        }
    }
}

fn work(orders: &Receiver<Move>, report: &Report, stop: &AtomicBool) {
    while let Ok(order) = orders.recv() {
        let to = copy(&order, stop).ok();
        // The driver loop has ended, and with it the use of all this.
        if report.requests.send(Request::Moved(Moved { order, to })).is_err() {
            return;
        }
        let _ = report.waker.wake();
    }
}

fn copy(order: &Move, stop: &AtomicBool) -> io::Result<BlockRef> {
    let name = order.from.path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
    let from = File::open(&order.from.path)?;
    check_limit(&order.directory, order.limit, from.metadata()?.len())?;
    let path = order.directory.join(name);
    copy_file(from, &order.directory, &path, stop)?;
    Ok(BlockRef { path, ..order.from })
}

fn copy_file(mut from: File, directory: &Path, path: &Path, stop: &AtomicBool) -> io::Result<()> {
    let mut to = tempfile::NamedTempFile::new_in(directory)?;
    let mut piece = vec![0; PIECE];
    loop {
        if stop.load(Relaxed) {
            return Err(io::ErrorKind::Interrupted.into());
        }
        match from.read(&mut piece)? {
            0 => break,
            length => to.write_all(&piece[..length])?,
        }
    }
    to.persist(path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::{Placement, write_block};
    use std::fs;

    fn order(bytes: &[u8], limit: Option<u64>) -> (tempfile::TempDir, tempfile::TempDir, Move) {
        let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let from = write_block(&Placement::on_disk(here.path()), "rdd-1-0-3", bytes).unwrap();
        let directory = there.path().to_owned();
        (here, there, Move { rdd: RddId(1), partition: 0, from, directory, limit })
    }

    #[test]
    fn a_block_is_copied_under_its_name() {
        let bytes = vec![7; 2 * PIECE + 1];
        let (_here, there, order) = order(&bytes, None);
        let to = copy(&order, &AtomicBool::new(false)).unwrap();
        assert_eq!((to.length, &to.path), (bytes.len() as u64, &there.path().join("rdd-1-0-3")));
        assert_eq!(fs::read(&to.path).unwrap(), bytes);
        assert!(order.from.path.exists(), "until the driver loop has been told");
    }

    #[test]
    fn what_fails_or_is_stopped_leaves_nothing() {
        let (_here, there, order) = order(b"block", Some(4));
        assert!(copy(&order, &AtomicBool::new(false)).is_err());
        assert!(copy(&Move { limit: None, ..order }, &AtomicBool::new(true)).is_err());
        assert_eq!(fs::read_dir(there.path()).unwrap().count(), 0);
    }
}
