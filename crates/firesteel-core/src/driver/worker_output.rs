//! What workers print, kept for whoever shows it: in a notebook the driver's own descriptors lead nowhere.
//!
//! Invariants: reading never waits; what a task had printed before it reported its end is there when its job has ended,
//! because it is in the pipe already. A worker that prints while nobody reads waits when the pipe is full, so that
//! nothing grows here.

use crate::platform::inheritance::NotInherited;
use rustix::io::{ioctl_fionbio, read};
use rustix::pipe::{PipeFlags, fcntl_setpipe_size, pipe_with};
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::process::Stdio;

/// What a pipe should hold: more than anybody prints between two looks. Also the most that one look takes.
const CAPACITY: usize = 1 << 20;

/// What was printed to stdout, and to stderr.
pub type Printed = (Vec<u8>, Vec<u8>);

/// The pipes that the daemon and its workers print to.
#[derive(Debug)]
pub struct WorkerOutput {
    stdout: Pipe,
    stderr: Pipe,
}

#[derive(Debug)]
struct Pipe {
    /// Before the descriptors that they are about.
    _not_inherited: [NotInherited; 2],
    reader: OwnedFd,
    /// Kept for the next daemon, should this one die.
    writer: OwnedFd,
}

impl WorkerOutput {
    /// Two empty pipes.
    pub fn create() -> io::Result<WorkerOutput> {
        Ok(WorkerOutput { stdout: Pipe::create()?, stderr: Pipe::create()? })
    }

    /// The daemon's stdout.
    pub fn stdout(&self) -> Stdio {
        self.stdout.end()
    }

    /// The daemon's stderr.
    pub fn stderr(&self) -> Stdio {
        self.stderr.end()
    }

    /// What has come since the last time.
    pub fn take(&self) -> Printed {
        (self.stdout.take(), self.stderr.take())
    }
}

impl Pipe {
    fn create() -> io::Result<Pipe> {
        let (reader, writer) = pipe_with(PipeFlags::CLOEXEC)?;
        ioctl_fionbio(&reader, true)?;
        // A smaller pipe works as well, only workers wait for us more often.
        let _ = fcntl_setpipe_size(&writer, CAPACITY);
        let not_inherited = [&reader, &writer].map(|end| NotInherited::register(end.as_raw_fd()));
        Ok(Pipe { _not_inherited: not_inherited, reader, writer })
    }

    /// No output is better than no worker.
    fn end(&self) -> Stdio {
        self.writer.try_clone().map_or_else(|_| Stdio::null(), Stdio::from)
    }

    fn take(&self) -> Vec<u8> {
        let mut printed = Vec::new();
        let mut chunk = [0; 64 << 10];
        while printed.len() < CAPACITY {
            match read(&self.reader, &mut chunk) {
                Ok(count) if count > 0 => printed.extend_from_slice(&chunk[..count]),
                // Nothing there; any other error would come again the next time.
                _ => break,
            }
        }
        printed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    #[test]
    fn what_a_process_prints_is_taken_once() {
        let output = WorkerOutput::create().unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", "echo out; echo error >&2"]);
        command.stdout(output.stdout()).stderr(output.stderr());
        assert!(command.status().unwrap().success());
        assert_eq!(output.take(), (b"out\n".to_vec(), b"error\n".to_vec()));
        assert_eq!(output.take(), Printed::default());
    }
}
