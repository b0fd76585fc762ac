//! `apicron run` beside a serving process.

use apicron::standin::{Fault, Knobs, Standin};
use rustix::process::{Signal, kill_process};

use crate::support::binary::{Folder, Running};
use crate::support::eventually::eventually;
use crate::support::jobs::{folder, head, json_lines, usage_job};
use crate::support::serving::{count, serve, stand_still, store, until_runs};
use crate::support::{rows, standin};

async fn slow_standin() -> Standin {
    standin::start_with(Knobs { faults: vec![Fault::slow("/v1/usage", 60_000)], ..Knobs::default() }).await
}

fn slow_job() -> String {
    usage_job("slow", "timeout = \"5m\"")
}

/// The process that a run is of, as the last part of `HOST/PID`.
async fn process_of(folder: &Folder, run: &str) -> String {
    let process = rows::only(&store(folder), &format!("select process from v_runs where id = {run}")).await;
    process.rsplit('/').next().unwrap_or_default().to_owned()
}

fn pid(running: &Running) -> String {
    running.pid().as_raw_nonzero().to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_beside_a_serving_process_is_that_process_s_and_shares_its_token() {
    let standin = standin::start().await;
    let folder = folder(&(head(&standin) + &usage_job("balance", "") + &usage_job("other", "")));
    let serve = serve(&folder);
    for job in ["balance", "other", "balance"] {
        let ended = folder.run(&["run", job, "--json"]);
        assert_eq!(ended.code(), 0, "{ended:#?}");
        let lines = json_lines(&ended);
        assert_eq!((&lines[0]["state"], &lines[0]["trigger"]), (&"succeeded".into(), &"manual".into()));
        assert_eq!(lines[0]["metrics"].as_object().map(serde_json::Map::len), Some(1), "{lines:#?}");
        assert_eq!(lines[1]["summary"]["by_state"], serde_json::json!({ "succeeded": 1 }));
        let run = lines[0]["id"].to_string();
        assert_eq!(process_of(&folder, &run).await, pid(&serve));
    }
    assert_eq!(standin.counts().token_requests, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_handed_over_needs_no_secret_of_its_own() {
    let standin = standin::start().await;
    let jobs = head(&standin) + &usage_job("balance", "");
    let folder = folder(&jobs);
    let _serve = serve(&folder);
    let bare =
        Folder::new().file("jobs.toml", &format!("[store]\nurl = \"sqlite:{}\"\n{jobs}", store(&folder).display()));
    let ended = bare.run(&["run", "balance"]);
    assert_eq!(ended.code(), 0, "{ended:#?}");
    assert_eq!(bare.run(&["run", "balance", "--here"]).code(), 78);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_handed_over_reads_as_one_that_ran_here() {
    let standin = standin::start().await;
    let folder = folder(&(head(&standin) + &usage_job("balance", "")));
    let keys = |value: &serde_json::Value| value.as_object().expect("an object").keys().cloned().collect::<Vec<_>>();
    let here = folder.run(&["run", "balance", "--json"]);
    let _serve = serve(&folder);
    let elsewhere = folder.run(&["run", "balance", "--json"]);
    let (here, elsewhere) = (&json_lines(&here)[0], &json_lines(&elsewhere)[0]);
    assert_eq!(keys(here), keys(elsewhere));
    assert_eq!(keys(&here["metrics"]), keys(&elsewhere["metrics"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn token_requests_are_counted_unless_all_runs_were_handed_over() {
    let standin = standin::start().await;
    let folder = folder(&(head(&standin) + &usage_job("balance", "")));
    let _serve = serve(&folder);
    let elsewhere = folder.run(&["run", "balance"]).stderr;
    assert!(elsewhere.ends_with(", 1 succeeded\n"), "{elsewhere}");
    let here = folder.run(&["run", "balance", "--here"]).stderr;
    assert!(here.ends_with(", 1 succeeded; 1 token request\n"), "{here}");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_form_of_the_job_runs_here_and_says_why() {
    let standin = standin::start().await;
    let text = |seconds: u8| head(&standin) + &usage_job("balance", &format!("timeout = \"{seconds}s\""));
    let folder = folder(&text(3));
    let serve = serve(&folder);
    std::fs::write(folder.path().join("jobs.toml"), text(4)).expect("the file written");
    let ended = folder.run(&["run", "balance", "--json"]);
    assert_eq!(ended.code(), 0, "{ended:#?}");
    assert!(ended.stderr.contains("`balance`: a serving apicron has another form of it: runs here"), "{ended:#?}");
    let run = json_lines(&ended)[0]["id"].to_string();
    assert_ne!(process_of(&folder, &run).await, pid(&serve));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_told_to_run_here_does() {
    let standin = standin::start().await;
    let folder = folder(&(head(&standin) + &usage_job("balance", "")));
    let serve = serve(&folder);
    for flags in [&["--here"][..], &["--concurrency", "2"]] {
        let ended = folder.run(&[&["run", "balance", "--json"], flags].concat());
        assert_eq!((ended.code(), ended.stderr.as_str()), (0, ""), "{ended:#?}");
        let run = json_lines(&ended)[0]["id"].to_string();
        assert_ne!(process_of(&folder, &run).await, pid(&serve));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_no_serving_process_takes_within_5_s_runs_here() {
    let standin = standin::start().await;
    let folder = folder(&(head(&standin) + &usage_job("balance", "")));
    let serve = serve(&folder);
    stand_still(&folder, &serve).await;
    let ended = folder.run(&["run", "balance", "--json"]);
    kill_process(serve.pid(), Signal::CONT).expect("the signal sent");
    assert_eq!(ended.code(), 0, "{ended:#?}");
    let lines = json_lines(&ended);
    let seconds = lines[1]["summary"]["seconds"].as_f64().expect("a number");
    assert!((5.0..15.0).contains(&seconds), "{lines:#?}");
    assert_ne!(process_of(&folder, &lines[0]["id"].to_string()).await, pid(&serve));
    assert_eq!(count(&folder, "1").await, 1, "one run, taken once");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_stops_following_is_told_which_run_goes_on() {
    let standin = slow_standin().await;
    let folder = folder(&(head(&standin) + &slow_job()));
    let _serve = serve(&folder);
    let run = folder.spawn(&["run", "slow"]);
    eventually("a request", async || standin.counts().of("GET", "/v1/usage"), |&seen| seen >= 1).await;
    kill_process(run.pid(), Signal::INT).expect("the signal sent");
    let ended = run.end();
    assert_eq!(ended.code(), 75, "{ended:#?}");
    let told = "run 1 of `slow` is left to the serving process: `apicron cancel 1` ends it";
    assert!(ended.stderr.contains(told), "{ended:#?}");
    assert_eq!(count(&folder, "state = 'running'").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_beside_a_living_one_of_the_serving_process_is_skipped_and_says_which() {
    let standin = slow_standin().await;
    let folder = folder(&(head(&standin) + &slow_job()));
    let _serve = serve(&folder);
    let _first = folder.spawn(&["run", "slow"]);
    until_runs(&folder, 1, "state = 'running'").await;
    let ended = folder.run(&["run", "slow", "--json"]);
    assert_eq!(ended.code(), 75, "{ended:#?}");
    let line = &json_lines(&ended)[0];
    assert_eq!((&line["state"], &line["reason"]), (&"skipped".into(), &"run 1 still runs".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_job_is_skipped_also_by_the_serving_process() {
    let standin = standin::start().await;
    let folder = folder(&(head(&standin) + &usage_job("balance", "")));
    let _serve = serve(&folder);
    assert_eq!(folder.run(&["pause", "balance", "--reason", "they move house"]).code(), 0);
    let ended = folder.run(&["run", "balance", "--json"]);
    assert_eq!(ended.code(), 75, "{ended:#?}");
    let lines = json_lines(&ended);
    assert_eq!(lines[0]["state"], "skipped");
    assert!(lines[0]["reason"].as_str().is_some_and(|reason| reason.contains("they move house")), "{lines:#?}");
    assert_eq!(lines[1]["summary"]["by_state"], serde_json::json!({ "skipped": 1 }));
    assert_eq!(standin.counts().token_requests, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_left_before_a_process_took_it_can_be_cancelled() {
    let standin = standin::start().await;
    let folder = folder(&(head(&standin) + &usage_job("balance", "")));
    let serve = serve(&folder);
    stand_still(&folder, &serve).await;
    let run = folder.spawn(&["run", "balance"]);
    until_runs(&folder, 1, "state = 'waiting' and process is null").await;
    kill_process(run.pid(), Signal::INT).expect("the signal sent");
    let ended = run.end();
    assert_eq!(ended.code(), 75, "{ended:#?}");
    assert!(ended.stderr.contains("`apicron cancel 1` ends it"), "{ended:#?}");
    let ended = folder.run(&["cancel", "1"]);
    kill_process(serve.pid(), Signal::CONT).expect("the signal sent");
    let said = "run 1 of `balance` is interrupted: it had not begun\n";
    assert_eq!((ended.code(), ended.stdout.as_str()), (0, said), "{ended:#?}");
    assert_eq!(count(&folder, "state = 'interrupted'").await, 1);
}
