//! Times the whole line through the public command line, against the stand-in API.
//!
//! `cargo bench --bench line` runs the release binary and prints one table of medians:
//!
//! - 2,000 jobs of one usage call each by `run --all --concurrency 16`;
//! - start-up and memory of `serve` with 1,000 hourly jobs.

#![expect(clippy::print_stdout, reason = "the table is what this program is for")]

mod support;

use std::fmt::Write;
use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;

use apicron::clock::Clock;
use comfy_table::Table;
use rustix::process::{Pid, Signal, kill_process};
use support::{Api, Killed, Result, add, apicron, credential, mebibytes, summary};
use tempfile::TempDir;

const REPETITIONS: usize = 5;
const JOBS_TO_RUN: usize = 2_000;
const JOBS_TO_SERVE: usize = 1_000;

fn main() -> Result<()> {
    // `cargo bench` says so; whoever else starts this program only wants to know that it can.
    if !std::env::args().any(|argument| argument == "--bench") {
        return Ok(());
    }
    let api = Api::start()?;
    let runs = repeat(|| Runs::measure(&api.url))?;
    let serves = repeat(|| Serve::measure(&api.url))?;
    let mut table = Table::new();
    table.set_header(["measure", "median", "of"]);
    add(&mut table, "runs per second, its own count", &runs, |runs| runs.per_second);
    add(&mut table, "runs per second, whole process", &runs, |runs| runs.per_second_of_process);
    add(&mut table, "token requests of 2,000 runs", &runs, |runs| runs.token_requests);
    add(&mut table, "serve, 1,000 jobs: ready after ms", &serves, |serve| serve.ready_ms);
    add(&mut table, "serve, 1,000 jobs: VmRSS MiB", &serves, |serve| serve.rss_mib);
    add(&mut table, "serve, 1,000 jobs: VmHWM MiB", &serves, |serve| serve.peak_mib);
    println!("{table}");
    Ok(())
}

fn repeat<T>(measure: impl Fn() -> Result<T>) -> Result<Vec<T>> {
    (0..REPETITIONS).map(|_| measure()).collect()
}

/// `run --all` over 2,000 jobs.
struct Runs {
    per_second: f64,
    per_second_of_process: f64,
    token_requests: f64,
}

impl Runs {
    fn measure(api: &str) -> Result<Runs> {
        let folder = folder(api, JOBS_TO_RUN, "")?;
        let clock = Clock::system();
        let began = clock.elapsed();
        let output = apicron(folder.path(), &["run", "--all", "--concurrency", "16", "--json"]).output()?;
        let took = (clock.elapsed() - began).as_secs_f64();
        if !output.status.success() {
            return Err(format!("`run` failed: {}", String::from_utf8_lossy(&output.stderr)).into());
        }
        let summary = summary(&String::from_utf8(output.stdout)?)?;
        let number = |name: &str| summary[name].as_f64().ok_or_else(|| format!("no `{name}` in {summary}"));
        let (runs, succeeded) = (number("runs")?, summary["by_state"]["succeeded"].as_f64());
        if succeeded != Some(runs) {
            return Err(format!("not all runs succeeded: {summary}").into());
        }
        Ok(Runs {
            per_second: runs / number("seconds")?,
            per_second_of_process: runs / took,
            token_requests: number("token_requests")?,
        })
    }
}

/// `serve` with 1,000 jobs of which none is due.
struct Serve {
    ready_ms: f64,
    rss_mib: f64,
    peak_mib: f64,
}

impl Serve {
    fn measure(api: &str) -> Result<Serve> {
        let folder = folder(api, JOBS_TO_SERVE, "schedule = \"@hourly\"\n")?;
        let clock = Clock::system();
        let began = clock.elapsed();
        let mut command = apicron(folder.path(), &["serve", "--no-web"]);
        let mut process = Killed(command.stderr(Stdio::piped()).stdout(Stdio::null()).spawn()?);
        let stderr = process.0.stderr.take().ok_or("no standard error")?;
        let mut stderr = BufReader::new(stderr);
        wait_until_ready(&mut stderr)?;
        let ready_ms = (clock.elapsed() - began).as_secs_f64() * 1000.0;
        let status = std::fs::read_to_string(format!("/proc/{}/status", process.0.id()))?;
        let (rss_mib, peak_mib) = (mebibytes(&status, "VmRSS:")?, mebibytes(&status, "VmHWM:")?);
        kill_process(Pid::from_child(&process.0), Signal::TERM)?;
        // Read to the end, or a full pipe could keep the process from ending.
        let mut rest = String::new();
        stderr.read_to_string(&mut rest)?;
        if !process.0.wait()?.success() {
            return Err(format!("`serve` did not end well: {rest}").into());
        }
        Ok(Serve { ready_ms, rss_mib, peak_mib })
    }
}

fn wait_until_ready(stderr: &mut impl BufRead) -> Result<()> {
    let mut said = String::new();
    loop {
        let before = said.len();
        if stderr.read_line(&mut said)? == 0 {
            return Err(format!("`serve` ended before it was ready: {said}").into());
        }
        if said.get(before..).is_some_and(|line| line.contains("ready")) {
            return Ok(());
        }
    }
}

/// A fresh folder with a job file of `jobs` jobs, each of one usage call.
fn folder(api: &str, jobs: usize, more_keys: &str) -> Result<TempDir> {
    let mut file = format!("[store]\nurl = \"sqlite:line.db\"\n{}", credential(api));
    for n in 1..=jobs {
        write!(
            file,
            r#"
[jobs.usage-{n:04}]
{more_keys}scopes = ["usage:read"]
api    = "standin"

[[jobs.usage-{n:04}.calls]]
get     = "/usage"
metrics = {{ credits_used = ".credits.used" }}
"#
        )?;
    }
    let folder = tempfile::tempdir()?;
    std::fs::write(folder.path().join("jobs.toml"), file)?;
    Ok(folder)
}
