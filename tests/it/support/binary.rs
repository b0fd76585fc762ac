//! The real binary, as a person runs it: in a folder of its own, with files and an environment.

use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use apicron::secret::Environment;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};
use tempfile::TempDir;

use super::eventually::eventually_blocking;

const APICRON: &str = env!("CARGO_BIN_EXE_apicron");

/// A fresh folder in which `apicron` runs. It is removed when dropped.
///
/// The environment has only `PATH`, `APICRON` and what [`Folder::env`] adds. A test that runs a stand-in in
/// its own process needs `#[tokio::test(flavor = "multi_thread")]`, since running blocks.
#[derive(Debug)]
pub(crate) struct Folder {
    place: TempDir,
    environment: Vec<(String, String)>,
}

impl Folder {
    pub(crate) fn new() -> Folder {
        Folder { place: tempfile::tempdir().expect("a temporary folder"), environment: Vec::new() }
    }

    /// Puts a file into the folder.
    pub(crate) fn file(self, name: &str, text: &str) -> Folder {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder for the file");
        std::fs::write(path, text).expect("the file written");
        self
    }

    /// Sets an environment variable for every run.
    pub(crate) fn env(mut self, name: &str, value: &str) -> Folder {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn path(&self) -> &Path {
        self.place.path()
    }

    /// What [`Folder::env`] added.
    pub(crate) fn environment(&self) -> impl Iterator<Item = (&str, &str)> {
        self.environment.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Runs to the end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        self.spawn(arguments).end()
    }

    /// Runs to the end with these bytes on standard input.
    pub(crate) fn run_with(&self, arguments: &[&str], input: &[u8]) -> Ended {
        let mut running = self.spawn_fed(arguments);
        running.feed(input);
        running.end()
    }

    /// Starts and goes on.
    pub(crate) fn spawn(&self, arguments: &[&str]) -> Running {
        self.spawn_in(&[], arguments)
    }

    /// The same with more environment variables.
    pub(crate) fn spawn_in(&self, environment: &[(&str, &str)], arguments: &[&str]) -> Running {
        self.spawn_program(Path::new(APICRON), environment, arguments, Stdio::null())
    }

    /// Starts with a pipe for its standard input, and goes on.
    pub(crate) fn spawn_fed(&self, arguments: &[&str]) -> Running {
        self.spawn_program(Path::new(APICRON), &[], arguments, Stdio::piped())
    }

    /// Starts what a script for the shell says, which finds the binary in `$APICRON`.
    pub(crate) fn shell(&self, script: &str) -> Running {
        self.spawn_program(Path::new("/bin/sh"), &[], &["-c", script], Stdio::null())
    }

    /// The binary, for a test that sees to its pipes itself.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        self.command_of(Path::new(APICRON), arguments)
    }

    fn command_of(&self, program: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(self.path()).env_clear();
        let path = Environment::process().get("PATH").unwrap_or_default();
        command.env("PATH", path).env("APICRON", APICRON).envs(self.environment());
        command
    }

    /// Starts in a pid namespace of its own, as in a container. SIGKILL to what is returned is SIGTERM to the
    /// binary. `None` where that is not allowed.
    pub(crate) fn spawn_contained(&self, arguments: &[&str]) -> Option<Running> {
        let contained = ["--pid", "--fork", "--mount-proc", "--kill-child=TERM"];
        let unshare = Path::new("unshare");
        let tried = self.command_of(unshare, &contained).arg("true").output();
        if !tried.is_ok_and(|tried| tried.status.success()) {
            return None;
        }
        let arguments = [&contained[..], &[APICRON], arguments].concat();
        Some(self.spawn_program(unshare, &[], &arguments, Stdio::null()))
    }

    fn spawn_program(&self, program: &Path, environment: &[(&str, &str)], arguments: &[&str], input: Stdio) -> Running {
        let mut command = self.command_of(program, arguments);
        command.envs(environment.iter().copied());
        command.stdin(input).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program started");
        let stdout = Gathered::from(child.stdout.take().expect("a pipe"));
        let stderr = Gathered::from(child.stderr.take().expect("a pipe"));
        Running { child, stdout, stderr }
    }
}

/// A process that runs. Killed when dropped.
#[derive(Debug)]
pub(crate) struct Running {
    child: Child,
    stdout: Gathered,
    stderr: Gathered,
}

/// What a process left behind.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ended {
    /// The exit code; a panic when a signal ended the process.
    pub(crate) fn code(&self) -> i32 {
        self.status.code().unwrap_or_else(|| panic!("ended by a signal: {self:#?}"))
    }
}

impl Running {
    /// Waits for a text on standard output; gives back all that came so far.
    pub(crate) fn wait_for_stdout(&self, text: &str) -> String {
        self.stdout.wait_for(text)
    }

    /// Waits for a text on standard error; gives back all that came so far.
    pub(crate) fn wait_for_stderr(&self, text: &str) -> String {
        self.stderr.wait_for(text)
    }

    /// Writes to its standard input, which stays open until [`Running::end`].
    pub(crate) fn feed(&mut self, bytes: &[u8]) {
        self.child.stdin.as_mut().expect("a pipe for input").write_all(bytes).expect("the input written");
    }

    /// Sends SIGTERM.
    pub(crate) fn terminate(&self) {
        self.signal(Signal::TERM);
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).expect("the signal sent");
    }

    /// Sends SIGSTOP and returns once all of its threads stand still: until then one of them may still take a lock,
    /// which the process then keeps.
    pub(crate) fn stop(&self) {
        self.signal(Signal::STOP);
        waitid(WaitId::Pid(self.pid()), WaitIdOptions::STOPPED).expect("the process waited for");
    }

    pub(crate) fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// What it runs, where that is one process.
    pub(crate) fn only_child(&self) -> Pid {
        let pid = self.pid().as_raw_nonzero();
        let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).expect("its children");
        Pid::from_raw(children.trim().parse().expect("one child")).expect("a pid")
    }

    /// Waits for the end.
    pub(crate) fn end(mut self) -> Ended {
        drop(self.child.stdin.take());
        let status = self.child.wait().expect("the process waited for");
        Ended { status, stdout: self.stdout.whole(), stderr: self.stderr.whole() }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Both fail only when it has ended already.
        drop(self.child.kill());
        drop(self.child.wait());
        if std::thread::panicking() {
            // The harness keeps no output of other processes, and this one's tells why a wait was in vain.
            drop(writeln!(std::io::stderr(), "what {} said:\n{}", self.child.id(), self.stderr.so_far()));
        }
    }
}

/// What a pipe brought so far. A thread reads it, so that a full pipe never stops the process.
#[derive(Debug)]
struct Gathered {
    text: Arc<Mutex<Vec<u8>>>,
    reader: Option<JoinHandle<()>>,
}

impl Gathered {
    fn from(mut pipe: impl Read + Send + 'static) -> Gathered {
        let text = Arc::new(Mutex::new(Vec::new()));
        let reader = std::thread::spawn({
            let text = Arc::clone(&text);
            move || {
                let mut buffer = [0; 4096];
                while let Ok(n @ 1..) = pipe.read(&mut buffer) {
                    text.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(&buffer[..n]);
                }
            }
        });
        Gathered { text, reader: Some(reader) }
    }

    fn so_far(&self) -> String {
        String::from_utf8_lossy(&self.text.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }

    fn wait_for(&self, text: &str) -> String {
        eventually_blocking(&format!("`{text}`"), || self.so_far(), |so_far| so_far.contains(text))
    }

    fn whole(&mut self) -> String {
        if let Some(reader) = self.reader.take() {
            reader.join().expect("the reading thread ended");
        }
        self.so_far()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_binary_runs_and_ends() {
        assert_eq!(Folder::new().run(&["--help"]).code(), 0);
        assert!(Folder::new().spawn(&["--help"]).end().status.success());
    }

    #[test]
    fn a_process_sees_its_files_and_only_the_environment_it_was_given() {
        let folder = Folder::new().file("sub/a.txt", "hello").env("GIVEN", "yes");
        let ended = folder.shell("cat sub/a.txt; echo \" $GIVEN ${HOME-none}\"; echo oops >&2; exit 3").end();
        assert_eq!((ended.stdout.as_str(), ended.stderr.as_str()), ("hello yes none\n", "oops\n"));
        assert_eq!(ended.code(), 3);
    }

    #[test]
    fn a_signal_reaches_a_process_once_it_is_ready() {
        let folder = Folder::new();
        let script = "trap 'echo bye; exit 0' TERM; echo up; echo ready >&2; while :; do sleep 0.01; done";
        let running = folder.shell(script);
        assert_eq!(running.wait_for_stdout("up"), "up\n");
        running.wait_for_stderr("ready");
        running.terminate();
        let ended = running.end();
        assert_eq!((ended.code(), ended.stdout.as_str()), (0, "up\nbye\n"));
    }
}
