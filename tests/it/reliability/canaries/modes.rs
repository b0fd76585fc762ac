//! Who may read what apicron writes: its owner alone, whatever the umask says.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use rustix::process::{Signal, kill_process};

use crate::support::binary::Folder;

const JOBS: &str = "[apis.open]\nbase_url = \"http://127.0.0.1:1\"\n[jobs.job]\napi = \"open\"\nretry = { attempts = 1 }\n\
                    calls = [{ get = \"/\" }]\n";

/// Runs lines in a shell under a umask; `apicron` is `$A`.
fn under(folder: &Folder, umask: &str, lines: &str) {
    let script = format!("umask {umask}; A={}; {lines}", env!("CARGO_BIN_EXE_apicron"));
    let ended = Command::new("/bin/sh").args(["-c", &script]).current_dir(folder.path()).output().expect("a shell");
    assert!(ended.status.success(), "{ended:?}");
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap_or_else(|error| panic!("{}: {error}", path.display())).permissions().mode() & 0o777
}

#[test]
fn the_store_its_log_and_its_copy_are_their_owners_alone_under_any_umask() {
    for umask in ["000", "022", "077"] {
        let folder = Folder::new().file("jobs.toml", JOBS);
        // A failed run, a copy, and a server that is killed: its log stays.
        under(&folder, umask, "\"$A\" run job >out 2>&1; test $? = 1 && \"$A\" backup copy.db >out 2>&1");
        under(&folder, umask, "\"$A\" serve >out 2>serve.log & echo $! >pid");
        let log = folder.path().join("serve.log");
        let ready = || std::fs::read_to_string(&log).unwrap_or_default();
        crate::support::eventually::eventually_blocking("ready", ready, |text| text.contains("apicron is ready"));
        let pid = std::fs::read_to_string(folder.path().join("pid")).expect("a pid").trim().parse().expect("a number");
        kill_process(rustix::process::Pid::from_raw(pid).expect("a pid"), Signal::KILL).expect("killed");
        for file in ["apicron.db", "apicron.db-wal", "apicron.db-shm", "copy.db"] {
            assert_eq!(mode(&folder.path().join(file)), 0o600, "{file} under {umask}");
        }
    }
}

#[test]
fn a_store_that_others_could_read_is_its_owners_alone_once_it_is_opened_to_write() {
    let folder = Folder::new().file("jobs.toml", JOBS);
    let files = ["apicron.db", "apicron.db-wal", "apicron.db-shm"];
    let open = |file: &str| {
        let path = folder.path().join(file);
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o644)).expect("a mode");
    };
    // A server that is killed leaves all three.
    let serve = crate::support::serving::serve(&folder);
    kill_process(serve.pid(), Signal::KILL).expect("killed");
    serve.end();
    files.iter().for_each(|file| open(file));
    let serve = crate::support::serving::serve(&folder);
    for file in files {
        assert_eq!(mode(&folder.path().join(file)), 0o600, "{file}");
    }
    kill_process(serve.pid(), Signal::KILL).expect("killed");
    serve.end();
}
