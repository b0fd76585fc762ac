//! What systemd hears of `apicron serve`.

use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use rustix::process::{Signal, kill_process};

use crate::support::binary::Folder;
use crate::support::jobs::{folder, head, usage_job};
use crate::support::standin;

/// A folder with a job file, and the socket that a service manager would listen to.
async fn folder_of_a_service() -> (Folder, UnixDatagram) {
    let standin = standin::start().await;
    let folder = folder(&(head(&standin) + &usage_job("balance", "")));
    let path = folder.path().join("notify");
    let socket = UnixDatagram::bind(&path).expect("a socket");
    socket.set_read_timeout(Some(Duration::from_secs(30))).expect("a limit");
    (folder.env("NOTIFY_SOCKET", &path.display().to_string()), socket)
}

/// The next message that begins with a text; those before it are gone.
fn wait_for(socket: &UnixDatagram, begin: &str) -> String {
    loop {
        let message = receive(socket).unwrap_or_else(|error| panic!("{error} while waiting for {begin}"));
        if message.starts_with(begin) {
            return message;
        }
    }
}

fn receive(socket: &UnixDatagram) -> std::io::Result<String> {
    let mut buffer = [0; 4096];
    let length = socket.recv(&mut buffer)?;
    Ok(String::from_utf8_lossy(&buffer[..length]).into_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_manager_hears_that_the_server_is_ready_alive_and_stopping() {
    let (folder, socket) = folder_of_a_service().await;
    let folder = folder.env("WATCHDOG_USEC", "1000000");
    let serve = folder.spawn(&["serve"]);
    let ready = wait_for(&socket, "READY=1");
    assert!(ready.contains("STATUS=1 job, no tick to come, store /"), "{ready}");
    wait_for(&socket, "WATCHDOG=1");
    wait_for(&socket, "WATCHDOG=1");
    serve.terminate();
    wait_for(&socket, "STOPPING=1");
    assert_eq!(serve.end().code(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_manager_hears_of_a_reload_and_of_its_end_also_when_the_file_is_wrong() {
    let (folder, socket) = folder_of_a_service().await;
    let serve = folder.spawn(&["serve"]);
    wait_for(&socket, "READY=1");
    std::fs::write(folder.path().join("jobs.toml"), "jobs = 7").expect("the file written");
    kill_process(serve.pid(), Signal::HUP).expect("the signal sent");
    let reloading = wait_for(&socket, "RELOADING=1");
    assert!(reloading.contains("MONOTONIC_USEC="), "{reloading}");
    wait_for(&socket, "READY=1");
    serve.terminate();
    assert_eq!(serve.end().code(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_sign_of_life_is_sent_that_nobody_watches_for() {
    let (folder, socket) = folder_of_a_service().await;
    let serve = folder.spawn(&["serve"]);
    serve.wait_for_stderr("apicron is ready");
    serve.terminate();
    assert_eq!(serve.end().code(), 0);
    socket.set_nonblocking(true).expect("no wait");
    let heard: String = std::iter::from_fn(|| receive(&socket).ok()).collect();
    assert!(heard.contains("READY=1") && !heard.contains("WATCHDOG"), "{heard}");
}
