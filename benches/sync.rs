//! Times the sync of a long list into records, against the stand-in API.
//!
//! `cargo bench --bench sync` runs the release binary over 10,000 and over 1,000,000 datasets, in pages of 100, twice
//! each: the first listing finds everything new, the second nothing changed. It prints one table of medians.
//!
//! - *records per second* are the records of a listing by the seconds that `run` itself counts.
//! - *peak memory* is `VmHWM`, read again and again while the process lives.
//! - *MiB written* is `write_bytes` of `/proc/PID/io` once the process has ended and before it is reaped: what it made
//!   the kernel write to disk, database and WAL together, each page once for each time that it went out. The folder is
//!   in `target`, since this counts nothing where the temporary folder is in memory.

#![expect(clippy::print_stdout, reason = "the table is what this program is for")]

mod support;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use comfy_table::Table;
use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};
use serde_json::Value;
use support::{Api, Killed, Result, add, apicron, credential, mebibytes, summary};
use tempfile::TempDir;

/// How many datasets, and how often that is measured.
const SIZES: [(u64, usize); 2] = [(10_000, 5), (1_000_000, 1)];
const MEMORY_READ_EVERY: Duration = Duration::from_millis(2);
const MEBIBYTE: f64 = 1024.0 * 1024.0;

fn main() -> Result<()> {
    // `cargo bench` says so; whoever else starts this program only wants to know that it can.
    if !std::env::args().any(|argument| argument == "--bench") {
        return Ok(());
    }
    let api = Api::start()?;
    let mut table = Table::new();
    table.set_header(["measure", "median", "of"]);
    for (datasets, repetitions) in SIZES {
        let syncs: Vec<Sync> = (0..repetitions).map(|_| Sync::measure(&api.url, datasets)).collect::<Result<_>>()?;
        for (name, of) in [("all new", (|sync| &sync.new) as fn(&Sync) -> &Listing), ("unchanged", |sync| &sync.same)] {
            let what = format!("{datasets} datasets, {name}");
            add(&mut table, &format!("{what}: records per second"), &syncs, |sync| of(sync).per_second);
            add(&mut table, &format!("{what}: peak memory MiB"), &syncs, |sync| of(sync).peak_mib);
            add(&mut table, &format!("{what}: MiB written"), &syncs, |sync| of(sync).written_mib);
        }
        add(&mut table, &format!("{datasets} datasets: database MiB"), &syncs, |sync| sync.stored_mib);
    }
    println!("{table}");
    Ok(())
}

/// Two listings of the same datasets.
struct Sync {
    new: Listing,
    same: Listing,
    stored_mib: f64,
}

impl Sync {
    fn measure(api: &str, datasets: u64) -> Result<Sync> {
        patch_knobs(api, &format!(r#"{{"datasets":{{"count":{datasets}}}}}"#))?;
        let folder = folder(api)?;
        let new = Listing::measure(folder.path(), datasets, datasets)?;
        let same = Listing::measure(folder.path(), datasets, 0)?;
        Ok(Sync { new, same, stored_mib: stored_mib(folder.path())? })
    }
}

/// One run of the job.
struct Listing {
    per_second: f64,
    peak_mib: f64,
    written_mib: f64,
}

impl Listing {
    /// Runs the job; an error unless it sees so many datasets, and so many of them for the first time.
    fn measure(folder: &Path, seen: u64, new: u64) -> Result<Listing> {
        let mut command = apicron(folder, &["run", "datasets", "--json"]);
        let mut process = Killed(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?);
        let (stdout, stderr) = (process.0.stdout.take(), process.0.stderr.take());
        let (stdout, stderr) = (stdout.ok_or("no standard output")?, stderr.ok_or("no standard error")?);
        let pid = Pid::from_child(&process.0);
        let (output, complaints) = (thread::spawn(|| read(stdout)), thread::spawn(|| read(stderr)));
        let (peak_mib, written_mib) = watch(pid)?;
        let output = output.join().map_err(|_| "reading standard output failed")??;
        let complaints = complaints.join().map_err(|_| "reading standard error failed")??;
        if !process.0.wait()?.success() {
            return Err(format!("`run` failed: {output}{complaints}").into());
        }
        check(&output, seen, new)?;
        let summary = summary(&output)?;
        let seconds = summary["seconds"].as_f64().ok_or_else(|| format!("no `seconds` in {summary}"))?;
        Ok(Listing { per_second: whole(seen)? / seconds, peak_mib, written_mib })
    }
}

fn read(mut from: impl Read) -> std::io::Result<String> {
    let mut text = String::new();
    from.read_to_string(&mut text)?;
    Ok(text)
}

/// Waits until a process has ended, but leaves it to be reaped. Its peak memory and what it wrote, in MiB.
fn watch(pid: Pid) -> Result<(f64, f64)> {
    let mut peak_mib = None;
    let has_ended = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
    while waitid(WaitId::Pid(pid), has_ended)?.is_none() {
        // A process that is ending has no memory to tell of any more; then the reading before it counts.
        let status = std::fs::read_to_string(format!("/proc/{pid}/status", pid = pid.as_raw_nonzero()))?;
        peak_mib = mebibytes(&status, "VmHWM:").ok().or(peak_mib);
        thread::sleep(MEMORY_READ_EVERY);
    }
    let io = std::fs::read_to_string(format!("/proc/{pid}/io", pid = pid.as_raw_nonzero()))?;
    let written = io.lines().find_map(|line| line.strip_prefix("write_bytes: ")).ok_or("no write_bytes")?;
    Ok((peak_mib.ok_or("it ended before its memory was read")?, written.parse::<f64>()? / MEBIBYTE))
}

/// The run of the output saw what it should have seen.
fn check(output: &str, seen: u64, new: u64) -> Result<()> {
    let run: Value = serde_json::from_str(output.lines().next().unwrap_or_default())?;
    let metrics = &run["metrics"];
    let is = |name: &str, number: u64| metrics[name].as_f64() == whole(number).ok();
    if is("seen", seen) && is("new", new) && is("changed", 0) && is("gone", 0) {
        return Ok(());
    }
    Err(format!("the run should have seen {seen} datasets, {new} of them new: {run}").into())
}

fn whole(number: u64) -> Result<f64> {
    Ok(f64::from(u32::try_from(number)?))
}

/// What the database takes on disk, its WAL included if there is one left.
fn stored_mib(folder: &Path) -> Result<f64> {
    let mut bytes = 0;
    for file in std::fs::read_dir(folder)? {
        let file = file?;
        if file.file_name().to_string_lossy().starts_with("sync.db") {
            bytes += file.metadata()?.len() / 1024;
        }
    }
    Ok(whole(bytes)? / 1024.0)
}

/// Turns the stand-in's knobs.
fn patch_knobs(api: &str, patch: &str) -> Result<()> {
    let address = api.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address)?;
    let length = patch.len();
    write!(stream, "PATCH /_standin/knobs HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n")?;
    write!(stream, "Content-Length: {length}\r\n\r\n{patch}")?;
    let reply = read(stream)?;
    if reply.starts_with("HTTP/1.1 200 ") { Ok(()) } else { Err(format!("the knobs stay: {reply}").into()) }
}

/// A fresh folder with a job file of one job that lists all datasets.
fn folder(api: &str) -> Result<TempDir> {
    let credential = credential(api);
    let file = format!(
        r#"[store]
url = "sqlite:sync.db"
{credential}
[apis.standin.pages]
by     = "cursor"
items  = ".items"
cursor = ".nextCursor"
more   = ".hasMore"
param  = "cursor"
size   = {{ param = "limit", value = 100 }}

[jobs.datasets]
scopes   = ["datasets:read"]
api      = "standin"
deadline = "1h"

[[jobs.datasets.calls]]
get     = "/datasets"
pages   = true
records = {{ into = "datasets", key = ".id", gone = "mark" }}
metrics = {{ seen = "$items.seen", new = "$items.new", changed = "$items.changed", gone = "$items.gone" }}
"#
    );
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    std::fs::write(folder.path().join("jobs.toml"), file)?;
    Ok(folder)
}
