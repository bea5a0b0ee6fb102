//! Starting and ending the daemon: the one clean Python process that forks the workers.
//!
//! Invariant: it is started without code of ours between fork and exec, so that the standard library can use
//! posix_spawn (a vfork, whatever the size of the user's process). Its standard input is our end's peer, its standard output our
//! stderr, or both its outputs are pipes of ours: what workers print never mixes with the driver's own output.

use super::connection::{Connection, Received};
use super::worker_output::WorkerOutput;
use crate::platform::inheritance::NotInherited;
use crate::platform::process::{end_child, watch};
use crate::protocol::{ExitStatus, FromDaemon, ToDaemon};
use mio::unix::SourceFd;
use mio::{Interest, Registry, Token};
use std::ffi::OsString;
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

/// How the daemon is called.
#[derive(Clone, Debug)]
pub struct DaemonCommand {
    /// The driver's `sys.executable`.
    pub python: String,
    /// The driver's `sys.path`.
    pub sys_path: Vec<String>,
    /// Variables on top of the driver's environment.
    pub environment: Vec<(OsString, OsString)>,
    /// The folder of a daemon that has nothing of the driver's but what is in here: `sys_path` then comes behind what the
    /// interpreter has itself, and of the driver's environment only [`INHERITED`] is left.
    pub private: Option<PathBuf>,
    /// For the thread pools of numeric libraries: `spark.task.cpus`.
    pub task_cpus: String,
    /// Where it and its workers print; `None` for our stderr.
    pub(super) output: Option<Arc<WorkerOutput>>,
}

/// `-m` would need firesteel on the path that the environment gives; the driver's own path is the right one, and
/// with `-P` the current folder is on it only if it is on the driver's.
const BOOTSTRAP: &str = "\
import json, os, sys
sys.path[:] = json.loads(os.environ.pop('FIRESTEEL_IMPORT_PATH'))
from firesteel.daemon import main
main()
";

/// The same with nothing of the driver's. The folder is changed here, for a spawn that does it may need a fork.
const PRIVATE_BOOTSTRAP: &str = "\
import json, os, sys
os.chdir(os.environ.pop('FIRESTEEL_WORKING_DIRECTORY'))
sys.path.insert(0, os.getcwd())
sys.path += [home for home in json.loads(os.environ.pop('FIRESTEEL_IMPORT_PATH')) if home not in sys.path]
from firesteel.daemon import main
main()
";

/// What any machine of a cluster has in its environment, and what tells a Python how to speak.
pub const INHERITED: [&str; 12] = [
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
    "TMPDIR",
    "TZ",
    "LANG",
    "LANGUAGE",
    "LC_ALL",
    "LC_CTYPE",
    "LD_LIBRARY_PATH",
];

/// The daemon ends as soon as it sees that its socket is closed; one that does not is stuck.
const END_GRACE: Duration = Duration::from_secs(2);

/// A running daemon.
#[derive(Debug)]
pub struct Daemon {
    child: Child,
    connection: Connection,
    /// Readable when the process ends, also while a child that the user forked keeps the socket open.
    watched: OwnedFd,
    is_killed: bool,
    _not_inherited: NotInherited,
}

impl Daemon {
    /// Starts it and does not wait. Its messages and its end come under the token.
    pub fn start(command: &DaemonCommand, registry: &Registry, token: Token) -> io::Result<Daemon> {
        let (ours, theirs) = UnixStream::pair()?;
        let connection = Connection::new(ours, registry, token)?;
        let spawned = command.prepare(theirs).spawn();
        let mut child = spawned.map_err(|error| {
            io::Error::new(error.kind(), format!("cannot run {}: {error}", command.python))
        })?;
        let watched = watch_in(registry, token, child.id()).inspect_err(|_| {
            // It has done nothing yet, and cannot be looked after.
            let _ = child.kill().and_then(|()| child.wait());
        })?;
        let not_inherited = NotInherited::register(watched.as_raw_fd());
        Ok(Daemon { child, connection, watched, is_killed: false, _not_inherited: not_inherited })
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends a message, with the worker's end of its socket pair for [`ToDaemon::Fork`].
    pub fn send(&mut self, message: &ToDaemon, descriptor: Option<OwnedFd>) -> io::Result<usize> {
        self.connection.send(message, descriptor)
    }

    /// Sends what waits.
    pub fn flush(&mut self) {
        self.connection.flush();
    }

    /// Receives all there is; `ended` also when the process is gone.
    pub fn receive(&mut self) -> Received<FromDaemon> {
        // First the process, then the stream: what it said before its end is still received.
        let gone = crate::platform::process::wait_for_end(&self.watched, Duration::ZERO);
        let mut received = self.connection.receive();
        received.ended |= gone.unwrap_or(false);
        received
    }

    /// Kills it, if it has not ended; its workers go with it. Whether it is the first time.
    pub fn kill(&mut self) -> bool {
        let _ = rustix::process::pidfd_send_signal(&self.watched, rustix::process::Signal::KILL);
        !std::mem::replace(&mut self.is_killed, true)
    }

    /// Orders it to kill its workers and go.
    pub fn dismiss(self, registry: &Registry) -> Dismissed {
        let Daemon { child, connection, watched, _not_inherited, .. } = self;
        connection.close(registry);
        // The only possible error is that it is not registered.
        let _ = registry.deregister(&mut SourceFd(&watched.as_raw_fd()));
        Dismissed { child, watched, _not_inherited }
    }
}

/// A daemon that has been told to go.
#[derive(Debug)]
pub struct Dismissed {
    child: Child,
    watched: OwnedFd,
    _not_inherited: NotInherited,
}

impl Dismissed {
    /// Waits until it has gone, and kills it if it does not.
    pub fn wait(mut self) -> Option<ExitStatus> {
        end_child(&mut self.child, &self.watched, END_GRACE)
    }
}

fn watch_in(registry: &Registry, token: Token, pid: u32) -> io::Result<OwnedFd> {
    let watched = watch(pid)?;
    registry.register(&mut SourceFd(&watched.as_raw_fd()), token, Interest::READABLE)?;
    Ok(watched)
}

impl DaemonCommand {
    fn prepare(&self, socket: UnixStream) -> Command {
        let mut command = Command::new(&self.python);
        match &self.private {
            Some(folder) => self.keep_to_itself(&mut command, folder),
            None => _ = command.args(["-P", "-c", BOOTSTRAP]),
        }
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.env("FIRESTEEL_IMPORT_PATH", serde_json::json!(self.sys_path).to_string());
        command.env("PYTHONHASHSEED", self.hash_seed());
        let threads = self.variable("OMP_NUM_THREADS");
        if threads.is_none() || self.private.is_some() && self.given("OMP_NUM_THREADS").is_none() {
            command.env("OMP_NUM_THREADS", &self.task_cpus);
        }
        command.stdin(OwnedFd::from(socket)).process_group(0);
        match &self.output {
            Some(output) => command.stdout(output.stdout()).stderr(output.stderr()),
            None => command.stdout(stderr_again()),
        };
        command
    }

    fn keep_to_itself(&self, command: &mut Command, folder: &Path) {
        command.args(["-P", "-c", PRIVATE_BOOTSTRAP]);
        command.env_clear();
        command.envs(INHERITED.iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
        command.env("PWD", folder).env("FIRESTEEL_WORKING_DIRECTORY", folder);
    }

    /// A number, so that a daemon that has to be started again hashes as the first one did.
    fn hash_seed(&self) -> String {
        let seed = self.variable("PYTHONHASHSEED");
        let seed = seed.and_then(|seed| seed.into_string().ok());
        seed.filter(|seed| seed.parse::<u32>().is_ok()).unwrap_or_else(|| "0".to_owned())
    }

    fn variable(&self, name: &str) -> Option<OsString> {
        self.given(name).or_else(|| std::env::var_os(name))
    }

    fn given(&self, name: &str) -> Option<OsString> {
        let given = self.environment.iter().rev().find(|(given, _)| given == name);
        given.map(|(_, value)| value.clone())
    }
}

fn stderr_again() -> Stdio {
    io::stderr().as_fd().try_clone_to_owned().map_or_else(|_| Stdio::null(), Stdio::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(environment: &[(&str, &str)]) -> DaemonCommand {
        let owned = |(name, value): &(&str, &str)| (OsString::from(name), OsString::from(value));
        DaemonCommand {
            python: "python3".to_owned(),
            sys_path: vec!["/a \"quoted\"".to_owned()],
            environment: environment.iter().map(owned).collect(),
            task_cpus: "2".to_owned(),
            private: None,
            output: None,
        }
    }

    fn variable(environment: &[(&str, &str)], name: &str) -> String {
        let (_, theirs) = UnixStream::pair().unwrap();
        let prepared = command(environment).prepare(theirs);
        let value = prepared.get_envs().find(|(given, _)| *given == name).unwrap().1;
        value.unwrap().to_str().unwrap().to_owned()
    }

    #[test]
    fn the_hash_seed_is_always_a_number() {
        assert_eq!(variable(&[("PYTHONHASHSEED", "random")], "PYTHONHASHSEED"), "0");
        assert_eq!(variable(&[("PYTHONHASHSEED", "7")], "PYTHONHASHSEED"), "7");
    }

    #[test]
    fn the_user_decides_about_threads() {
        assert_eq!(variable(&[("OMP_NUM_THREADS", "5")], "OMP_NUM_THREADS"), "5");
    }

    #[test]
    fn a_private_daemon_inherits_what_any_machine_has() {
        let (_, theirs) = UnixStream::pair().unwrap();
        let private = Some(PathBuf::from("/executor-0"));
        let prepared = DaemonCommand { private, ..command(&[("A", "1")]) }.prepare(theirs);
        let ours = ["A", "PWD", "PYTHONHASHSEED", "OMP_NUM_THREADS"];
        let is_ours = |name: &str| ours.contains(&name) || name.starts_with("FIRESTEEL_");
        let names: Vec<_> = prepared.get_envs().filter_map(|(name, _)| name.to_str()).collect();
        assert!(ours.iter().all(|name| names.contains(name)), "{names:?}");
        let strange = names.iter().find(|name| !is_ours(name) && !INHERITED.contains(name));
        assert_eq!(strange, None);
    }

    #[test]
    fn the_path_travels_as_json() {
        assert_eq!(variable(&[], "FIRESTEEL_IMPORT_PATH"), r#"["/a \"quoted\""]"#);
    }
}
