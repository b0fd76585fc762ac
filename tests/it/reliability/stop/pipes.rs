//! Whoever read the output has gone.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Stdio};

use apicron::clock::Clock;
use rustix::process::{Pid, Signal, kill_process};

use super::took;
use crate::support::binary::Folder;
use crate::support::each_second::{LIVE, audit, end, folder, jobs, rewrite, slow_by, until_each_succeeded};
use crate::support::eventually::eventually_blocking;
use crate::support::serving::{count, serve, until_runs};

const JOBS: usize = 10;

fn ended(child: &mut Child) -> Option<i32> {
    let status = eventually_blocking("the end", || child.try_wait().expect("a child"), Option::is_some);
    status.expect("ended").code()
}

/// Reads its first line and closes the pipe.
fn first_line_of(pipe: impl Read) -> String {
    let mut line = String::new();
    BufReader::with_capacity(1, pipe).read_line(&mut line).expect("a line");
    line
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_whose_log_nobody_reads_any_more_serves_on() {
    let standin = slow_by(20).await;
    let folder = folder("", &standin, &jobs(JOBS, ""));
    let mut serve = folder.command(&["serve"]);
    let mut serve = serve.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("a server");
    drop(serve.stdout.take());
    let said = first_line_of(serve.stderr.take().expect("a pipe"));
    assert!(!said.is_empty());
    let (clock, pid) = (Clock::system(), Pid::from_child(&serve));
    until_runs(&folder, JOBS, "state = 'succeeded'").await;
    // It has something to say about this, and nobody to say it to.
    rewrite(&folder, "jobs = 7");
    kill_process(pid, Signal::HUP).expect("the signal sent");
    until_each_succeeded(&folder, JOBS, clock.now()).await;
    let until = clock.now();
    let began = clock.elapsed();
    kill_process(pid, Signal::TERM).expect("the signal sent");
    assert_eq!(ended(&mut serve), Some(0));
    took("a server whose pipes were closed", clock.elapsed() - began);
    assert_eq!(count(&folder, LIVE).await, 0);
    rewrite(&folder, &(crate::support::jobs::head(&standin) + &jobs(JOBS, "")));
    audit(&folder, until);
}

/// Runs a verb, reads one line, and closes its standard output. Gives back how it ended and what it said.
fn cut_short(folder: &Folder, arguments: &[&str]) -> (Option<i32>, String) {
    let mut verb = folder.command(arguments);
    let mut verb = verb.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("a verb");
    let line = first_line_of(verb.stdout.take().expect("a pipe"));
    assert!(!line.is_empty(), "{arguments:?}");
    let code = ended(&mut verb);
    let mut said = String::new();
    verb.stderr.take().expect("a pipe").read_to_string(&mut said).expect("a text");
    (code, said)
}

#[tokio::test(flavor = "multi_thread")]
async fn verbs_whose_output_goes_to_head_end_quietly() {
    let standin = slow_by(5).await;
    let folder = folder("", &standin, &jobs(JOBS, ""));
    let serve = serve(&folder);
    // More than a pipe holds.
    until_runs(&folder, JOBS * 8, "state = 'succeeded'").await;
    let verbs: [&[&str]; 9] = [
        &["runs", "--follow"],
        &["runs", "--follow", "--json"],
        &["runs", "--json", "-n", "1000"],
        &["runs", "-n", "1000"],
        &["export", "runs"],
        &["export", "runs", "--format", "csv"],
        &["export", "results"],
        &["next", "-n", "5000"],
        &["schema"],
    ];
    for verb in verbs {
        let (code, said) = cut_short(&folder, verb);
        assert_eq!((code, said.as_str()), (Some(0), ""), "{verb:?}");
    }
    serve.terminate();
    let (ended, _) = end(serve);
    assert_eq!(ended.code(), 0, "{ended:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_whose_output_nobody_reads_is_made_to_its_end() {
    let standin = slow_by(300).await;
    let folder = folder("", &standin, &jobs(3, ""));
    for arguments in [&["run", "--all", "--here"][..], &["run", "--all", "--here", "--json"]] {
        let mut run = folder.command(arguments);
        let mut run = run.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("a run");
        drop((run.stdout.take(), run.stderr.take()));
        let code = ended(&mut run);
        assert!(code == Some(0), "{arguments:?}: {code:?}");
    }
    assert_eq!(count(&folder, "state = 'succeeded'").await, 6);
    assert_eq!(count(&folder, LIVE).await, 0);
}
