//! The real binary with standard error or standard output on a terminal.

use std::fs::File;
use std::io::Read;
use std::process::{Command, Stdio};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use super::binary::Folder;

/// What `apicron` wrote to standard error, a terminal, until it ended.
pub(crate) fn seen_on_terminal(folder: &Folder, arguments: &[&str]) -> String {
    seen(folder, arguments, |command, terminal| command.stdout(Stdio::null()).stderr(terminal))
}

/// What `apicron` wrote to standard output, a terminal, until it ended.
pub(crate) fn printed_on_terminal(folder: &Folder, arguments: &[&str]) -> String {
    seen(folder, arguments, |command, terminal| command.stdout(terminal).stderr(Stdio::null()))
}

fn seen(folder: &Folder, arguments: &[&str], connect: impl Fn(&mut Command, File) -> &mut Command) -> String {
    let controller = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
    grantpt(&controller).expect("granted");
    unlockpt(&controller).expect("unlocked");
    let name = ptsname(&controller, Vec::new()).expect("a name").into_string().expect("UTF-8");
    let terminal = File::options().read(true).write(true).open(name).expect("the terminal opened");
    let mut command = Command::new(env!("CARGO_BIN_EXE_apicron"));
    command.args(arguments).current_dir(folder.path()).env_clear().envs(folder.environment()).env("TERM", "xterm");
    connect(command.stdin(Stdio::null()), terminal);
    let mut child = command.spawn().expect("the program started");
    // Else this process would keep the terminal open, and its end would never be read.
    drop(command);
    let (mut seen, mut buffer) = (Vec::new(), [0; 4096]);
    let mut controller = File::from(controller);
    while let Ok(n @ 1..) = controller.read(&mut buffer) {
        seen.extend_from_slice(&buffer[..n]);
    }
    child.wait().expect("the process waited for");
    String::from_utf8_lossy(&seen).into_owned()
}
