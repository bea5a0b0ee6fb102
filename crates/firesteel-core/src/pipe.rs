//! An external command that lines are written to and read from: what `RDD.pipe` runs for each partition.
//!
//! ```text
//!   push ──► unwritten ──writer thread──► stdin │ command │ stdout ──reader thread──► blocks ──► step
//!                                               └─ stderr ──► our own stderr, and the last of it is kept
//! ```
//! Lines change threads many at a time: as long as the caller has some of a block, or room for some more, it takes no
//! lock and wakes nobody. Invariant: neither buffer grows beyond [`BUFFERED_BYTES`] and one chunk or line, and whoever
//! calls [`PipedCommand::step`] is never blocked by the command, which may read late, write early, or close either end.

use rustix::fs::{Access, access};
use rustix::io::Errno;
use std::collections::{HashMap, VecDeque};
use std::ffi::{OsStr, OsString};
use std::io::{self, Read, Write};
use std::ops::Range;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// What may wait on either side of the command.
const BUFFERED_BYTES: usize = 1 << 16;

/// What is pushed is handed to the writer so much at a time. Python's own pipes do so too, so that a command sees the
/// same as with the reference: nothing until there is so much, or the end.
const CHUNK_BYTES: usize = 8 << 10;

/// Where programs are looked for when there is no PATH.
const DEFAULT_PATH: &str = "/bin:/usr/bin";

/// How much of the end of stderr is kept for an error.
const KEPT_STDERR: usize = 4 << 10;

/// How long the end of stderr is waited for: a process that the command left behind may hold it open.
const STDERR_LIMIT: Duration = Duration::from_secs(1);

/// A running command.
pub struct PipedCommand {
    child: Child,
    shared: Arc<Shared>,
    /// Pushed, and not handed to the writer yet.
    pushed: Vec<u8>,
    input_open: bool,
    /// Whole lines of the command's output, read up to `position`.
    block: Vec<u8>,
    position: usize,
}

/// What to do next.
#[derive(Debug, PartialEq, Eq)]
pub enum Step<'a> {
    /// A line of the command's output, without its newline.
    Line(&'a [u8]),
    /// Write more, or say that there is no more.
    Push,
    /// Nothing at the moment: [`PipedCommand::wait`].
    Wait,
    /// The command has closed its output.
    End,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    unwritten: Vec<u8>,
    /// Nothing more comes, or the command does not want it.
    input_ended: bool,
    blocks: VecDeque<Vec<u8>>,
    blocks_bytes: usize,
    output: Output,
    stderr: VecDeque<u8>,
    stderr_ended: bool,
    /// Nobody reads any more.
    abandoned: bool,
}

/// What the caller and the threads had for one another.
enum Exchange {
    Block,
    Room,
    Nothing,
    End,
}

#[derive(Default)]
enum Output {
    #[default]
    Open,
    Ended,
    Failed(io::Error),
}

impl PipedCommand {
    /// Starts the command with these arguments, the program first, and exactly these variables.
    pub fn start(
        arguments: &[OsString],
        environment: HashMap<OsString, OsString>,
    ) -> io::Result<Self> {
        let (program, arguments) = arguments.split_first().ok_or(io::ErrorKind::InvalidInput)?;
        let mut child = Command::new(locate(program, environment.get(OsStr::new("PATH")))?)
            .arg0(program)
            .args(arguments)
            .env_clear()
            .envs(environment)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let shared = Arc::new(Shared::default());
        let (stdin, stdout, stderr) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let run = |work: Box<dyn FnOnce(&Shared) + Send>| {
            let shared = shared.clone();
            thread::Builder::new().name("pipe".to_owned()).spawn(move || work(&shared))
        };
        run(Box::new(move |shared| shared.write(stdin)))?;
        run(Box::new(move |shared| shared.read_blocks(stdout)))?;
        run(Box::new(move |shared| shared.read_stderr(stderr)))?;
        let (pushed, block) = (Vec::with_capacity(CHUNK_BYTES), Vec::new());
        Ok(Self { child, shared, pushed, input_open: true, block, position: 0 })
    }

    /// What to do next, at once.
    pub fn step(&mut self) -> io::Result<Step<'_>> {
        if self.position == self.block.len() {
            if self.input_open && self.pushed.len() < CHUNK_BYTES {
                return Ok(Step::Push);
            }
            match self.exchange()? {
                Exchange::Block => {}
                Exchange::Room => return Ok(Step::Push),
                Exchange::Nothing => return Ok(Step::Wait),
                Exchange::End => return Ok(Step::End),
            }
        }
        let line = self.next_line();
        Ok(Step::Line(&self.block[line]))
    }

    /// Adds a line to the command's input.
    pub fn push_line(&mut self, line: &[u8]) {
        self.pushed.extend_from_slice(line);
        self.pushed.push(b'\n');
    }

    /// Closes the command's input behind what was pushed.
    pub fn end_input(&mut self) {
        self.input_open = false;
        let mut state = self.shared.lock();
        if !state.input_ended {
            state.unwritten.append(&mut self.pushed);
            state.input_ended = true;
            self.shared.changed.notify_all();
        }
    }

    /// Hands over what was pushed, and takes what there is to read.
    fn exchange(&mut self) -> io::Result<Exchange> {
        let mut state = self.shared.lock();
        self.input_open &= !state.input_ended;
        if self.input_open && state.unwritten.len() < BUFFERED_BYTES {
            state.unwritten.append(&mut self.pushed);
            self.shared.changed.notify_all();
        }
        if let Some(block) = state.blocks.pop_front() {
            state.blocks_bytes -= block.len();
            (self.block, self.position) = (block, 0);
            self.shared.changed.notify_all();
            return Ok(Exchange::Block);
        }
        match std::mem::take(&mut state.output) {
            Output::Open if self.input_open && self.pushed.is_empty() => Ok(Exchange::Room),
            Output::Open => Ok(Exchange::Nothing),
            Output::Ended => {
                state.output = Output::Ended;
                Ok(Exchange::End)
            }
            Output::Failed(error) => Err(error),
        }
    }

    /// Where the next line of the block is. Only the last line of all may have no newline.
    fn next_line(&mut self) -> Range<usize> {
        let start = self.position;
        let rest = &self.block[start..];
        let end = start + memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        self.position = self.block.len().min(end + 1);
        start..end
    }

    /// Waits until there may be something to do, or for the time limit.
    pub fn wait(&self, limit: Duration) {
        let state = self.shared.lock();
        let nothing = state.blocks.is_empty() && matches!(state.output, Output::Open);
        if nothing && (state.input_ended || state.unwritten.len() >= BUFFERED_BYTES) {
            drop(self.shared.changed.wait_timeout(state, limit));
        }
    }

    /// Waits for the end of the command: how did it end?
    pub fn exit(&mut self) -> io::Result<ExitStatus> {
        self.child.wait()
    }

    /// The last of what it wrote to stderr.
    pub fn stderr(&self) -> String {
        let deadline = Instant::now() + STDERR_LIMIT;
        let mut state = self.shared.lock();
        while !state.stderr_ended {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            state = wait_on(&self.shared.changed, state, left);
        }
        String::from_utf8_lossy(state.stderr.make_contiguous()).into_owned()
    }
}

/// A command that nobody reads from any more is killed.
impl Drop for PipedCommand {
    fn drop(&mut self) {
        self.shared.lock().abandoned = true;
        self.shared.changed.notify_all();
        if !matches!(self.child.try_wait(), Ok(Some(_))) {
            // Both fail only for a process that has just ended by itself.
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

impl Shared {
    /// No thread panics while it holds the lock, so a poisoned one is as good as any.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        self.changed.wait(state).unwrap_or_else(PoisonError::into_inner)
    }

    /// The writer thread. Its end closes the input.
    fn write(&self, stdin: Option<impl Write>) {
        let Some(mut stdin) = stdin else { return };
        while let Some(bytes) = self.next_to_write() {
            if stdin.write_all(&bytes).is_err() {
                // The command does not want any more: `head -2`.
                let mut state = self.lock();
                state.input_ended = true;
                state.unwritten.clear();
                self.changed.notify_all();
                return;
            }
        }
    }

    fn next_to_write(&self) -> Option<Vec<u8>> {
        let mut state = self.lock();
        while state.unwritten.is_empty() && !state.input_ended && !state.abandoned {
            state = self.wait(state);
        }
        let bytes = std::mem::take(&mut state.unwritten);
        self.changed.notify_all();
        (!bytes.is_empty() && !state.abandoned).then_some(bytes)
    }

    /// The reader thread.
    fn read_blocks(&self, stdout: Option<impl Read>) {
        let Some(mut stdout) = stdout else { return };
        let mut unfinished = Vec::new();
        let output = loop {
            let block = match read_some(&mut stdout, &mut unfinished) {
                Ok(0) => break Output::Ended,
                Ok(read) => whole_lines(&mut unfinished, read),
                Err(error) => break Output::Failed(error),
            };
            if !block.is_empty() && !self.add_block(block) {
                return;
            }
        };
        if !unfinished.is_empty() && !self.add_block(unfinished) {
            return;
        }
        self.lock().output = output;
        self.changed.notify_all();
    }

    /// Whether somebody still reads.
    fn add_block(&self, block: Vec<u8>) -> bool {
        let mut state = self.lock();
        while state.blocks_bytes >= BUFFERED_BYTES && !state.abandoned {
            state = self.wait(state);
        }
        state.blocks_bytes += block.len();
        state.blocks.push_back(block);
        self.changed.notify_all();
        !state.abandoned
    }

    /// The thread that passes stderr on.
    fn read_stderr(&self, stderr: Option<impl Read>) {
        let mut buffer = [0; 4096];
        let mut stderr = stderr;
        while let Some(Ok(read @ 1..)) = stderr.as_mut().map(|stderr| stderr.read(&mut buffer)) {
            // Nothing can be done where even stderr does not take it.
            let _ = io::stderr().write_all(&buffer[..read]);
            let mut state = self.lock();
            state.stderr.extend(&buffer[..read]);
            let surplus = state.stderr.len().saturating_sub(KEPT_STDERR);
            state.stderr.drain(..surplus);
        }
        self.lock().stderr_ended = true;
        self.changed.notify_all();
    }
}

/// The path of a program, found in the command's own PATH as `execvp` would find it. Given a path, the standard library
/// spawns without a copy of this process, which is the user's and may be large; given a name and another PATH, it forks.
fn locate(program: &OsStr, path: Option<&OsString>) -> io::Result<PathBuf> {
    if program.as_encoded_bytes().contains(&b'/') {
        return Ok(PathBuf::from(program));
    }
    let folders = path.map_or(OsStr::new(DEFAULT_PATH), OsString::as_os_str);
    let mut error = Errno::NOENT;
    for folder in std::env::split_paths(folders) {
        let found = Path::new(".").join(folder).join(program);
        if found.is_file() {
            match access(&found, Access::EXEC_OK) {
                Ok(()) => return Ok(found),
                Err(refused) => error = refused,
            }
        }
    }
    Err(error.into())
}

/// Appends what one call of `read` gives; how much was that?
fn read_some(input: &mut impl Read, buffer: &mut Vec<u8>) -> io::Result<usize> {
    let len = buffer.len();
    buffer.resize(len + BUFFERED_BYTES, 0);
    let read = loop {
        match input.read(&mut buffer[len..]) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => break other,
        }
    };
    buffer.truncate(len + *read.as_ref().unwrap_or(&0));
    read
}

/// Takes the lines that are complete out of a buffer whose last `read` bytes are new.
fn whole_lines(buffer: &mut Vec<u8>, read: usize) -> Vec<u8> {
    let new = buffer.len() - read;
    match memchr::memrchr(b'\n', &buffer[new..]) {
        Some(newline) => {
            let rest = buffer.split_off(new + newline + 1);
            std::mem::replace(buffer, rest)
        }
        None => Vec::new(),
    }
}

fn wait_on<'a>(
    changed: &Condvar,
    state: MutexGuard<'a, State>,
    limit: Duration,
) -> MutexGuard<'a, State> {
    let waited = changed.wait_timeout(state, limit);
    waited.map_or_else(|poisoned| poisoned.into_inner().0, |(state, _)| state)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start(script: &str) -> PipedCommand {
        let arguments = ["sh", "-c", script].map(OsString::from);
        PipedCommand::start(&arguments, HashMap::new()).unwrap()
    }

    /// Writes lines as long as the command wants any, and reads all that it gives.
    fn run(command: &mut PipedCommand, input: &mut impl Iterator<Item = String>) -> Vec<String> {
        let mut lines = Vec::new();
        loop {
            match command.step().unwrap() {
                Step::Line(line) => lines.push(String::from_utf8(line.to_vec()).unwrap()),
                Step::Push => match input.next() {
                    Some(line) => command.push_line(line.as_bytes()),
                    None => command.end_input(),
                },
                Step::Wait => command.wait(Duration::from_millis(50)),
                Step::End => return lines,
            }
        }
    }

    fn numbers(count: u32) -> impl Iterator<Item = String> {
        (0..count).map(|number| number.to_string())
    }

    #[test]
    fn more_than_both_buffers_hold_goes_through() {
        let lines = run(&mut start("cat"), &mut numbers(200_000));
        assert_eq!(lines, numbers(200_000).collect::<Vec<_>>());
    }

    #[test]
    fn all_input_may_come_before_any_output() {
        let lines = run(&mut start("sort -rn"), &mut numbers(50_000));
        assert_eq!(lines.len(), 50_000);
        assert_eq!(lines[0], "49999");
    }

    #[test]
    fn a_command_that_stops_reading_stops_the_input() {
        let mut input = (0..).map(|number: u64| number.to_string());
        assert_eq!(run(&mut start("head -n 2"), &mut input), ["0", "1"]);
    }

    #[test]
    fn the_last_line_needs_no_newline() {
        assert_eq!(run(&mut start("printf 'a\\n\\nb'"), &mut numbers(0)), ["a", "", "b"]);
    }

    #[test]
    fn a_line_may_be_longer_than_every_buffer() {
        let long = "x".repeat(5 * BUFFERED_BYTES);
        let lines = run(&mut start("cat"), &mut ["", &long, "short"].map(String::from).into_iter());
        assert_eq!(lines, ["", &long, "short"]);
    }

    #[test]
    fn the_end_of_stderr_is_kept() {
        let mut command = start("echo first >&2; yes | head -n 4000 >&2; echo last >&2");
        assert_eq!(run(&mut command, &mut numbers(0)), [""; 0]);
        let stderr = command.stderr();
        assert_eq!(stderr.len(), KEPT_STDERR);
        assert!(stderr.ends_with("y\nlast\n"));
    }

    #[test]
    fn a_program_is_found_in_the_path_that_the_command_has() {
        let path = |text: &str| Some(OsString::from(text));
        let found = |name: &str, path: Option<OsString>| locate(OsStr::new(name), path.as_ref());
        assert_eq!(found("sh", path("/nowhere::/bin")).unwrap(), Path::new("/bin/sh"));
        assert_eq!(found("/a/b", None).unwrap(), Path::new("/a/b"));
        assert!(found("sh", None).is_ok());
        let kind = |name: &str, path| found(name, path).unwrap_err().kind();
        assert_eq!(kind("sh", path("/nowhere")), io::ErrorKind::NotFound);
        assert_eq!(kind("passwd", path("/etc")), io::ErrorKind::PermissionDenied);
    }

    #[test]
    fn an_abandoned_command_is_killed() {
        let started = Instant::now();
        drop(start("sleep 1000"));
        assert!(started.elapsed() < Duration::from_secs(100));
    }
}
