//! Names that lead to addresses that are never called, through the real binary with a `hosts` file of its own.

use crate::support::size::skipped;
use std::fs;
use std::net::TcpListener;
use std::process::{Command, Stdio};

use apicron::secret::Environment;
use tempfile::TempDir;

const HOSTS: &str = "127.0.0.1 localhost\n169.254.169.254 hidden.example\n::ffff:169.254.169.254 hidden.example\n\
                     169.254.169.254 both.example\n127.0.0.1 both.example\n192.0.2.1 away.localhost\n0.0.0.0 zero.example\n";

/// Runs a shell script where [`HOSTS`] is `/etc/hosts`; `None` where this machine lets nobody do that.
fn inside(folder: &TempDir, script: &str) -> Option<String> {
    fs::write(folder.path().join("hosts"), HOSTS).expect("the file written");
    let unshared = |script: &str| {
        let path = Environment::process().get("PATH").unwrap_or_default();
        let mut command = Command::new("unshare");
        command.args(["-rm", "sh", "-c", &format!("mount --bind hosts /etc/hosts && {{ {script}\n}}")]);
        command.current_dir(folder.path()).env_clear().env("PATH", path).env("SECRET", "canary-secret");
        command.stdin(Stdio::null()).output()
    };
    match unshared("true") {
        Ok(tried) if tried.status.success() => {}
        why => {
            skipped(&format!("`unshare -rm` with a mount over /etc/hosts does not work here: {why:?}"));
            return None;
        }
    }
    let ended = unshared(script).expect("the script ran");
    Some(format!("{}{}", String::from_utf8_lossy(&ended.stdout), String::from_utf8_lossy(&ended.stderr)))
}

/// What a job against these addresses ends with.
fn run(base_url: &str, token_url: Option<&str>) -> Option<String> {
    let folder = tempfile::tempdir().expect("a folder");
    let credential = token_url.map_or(String::new(), |url| {
        format!("[credentials.c]\ntoken_url = \"{url}\"\nclient_id = \"id\"\nclient_secret = {{ env = \"SECRET\" }}\n")
    });
    let key = if token_url.is_some() { "credential = \"c\"\n" } else { "" };
    let text = format!(
        "{credential}[apis.a]\nbase_url = \"{base_url}\"\n{key}[jobs.job]\napi = \"a\"\nretry = {{ attempts = 1 }}\n\
         [[jobs.job.calls]]\nname = \"call\"\nget = \"/x\"\n"
    );
    fs::write(folder.path().join("jobs.toml"), text).expect("the file written");
    let apicron = env!("CARGO_BIN_EXE_apicron");
    inside(&folder, &format!("{apicron} run job; {apicron} show 1 --json"))
}

#[test]
fn a_name_that_leads_to_an_address_that_is_never_called_is_refused_for_calls_and_for_tokens() {
    let Some(call) = run("https://hidden.example", None) else { return };
    assert!(call.contains("hidden.example leads to ") && call.contains("which is never called"), "{call}");
    assert!(call.contains("\"blocked_target\""), "{call}");
    let token = run("http://127.0.0.1:9", Some("https://hidden.example/token")).expect("as before");
    assert!(token.contains("hidden.example leads to ") && !token.contains("canary"), "{token}");
    let zero = run("https://zero.example", None).expect("as before");
    assert!(zero.contains("zero.example leads to ") && zero.contains("\"blocked_target\""), "{zero}");
    let local = run("http://away.localhost:9", None).expect("as before");
    assert!(local.contains("which is not this machine") && local.contains("\"blocked_target\""), "{local}");
}

#[test]
fn of_a_name_with_a_good_and_a_blocked_address_only_the_good_one_is_called() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let heard = std::thread::spawn(move || listener.accept().is_ok());
    let Some(call) = run(&format!("https://both.example:{port}"), None) else { return };
    // It hangs up before the TLS handshake: that it was called at all is the point.
    assert!(heard.join().expect("no panic"), "{call}");
    assert!(!call.contains("blocked_target"), "{call}");
}
