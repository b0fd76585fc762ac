//! Redirects of a stand-in API, through the real binary.

use apicron::standin::{Fault, Knobs, Seen, Standin};
use serde_json::Value;

use crate::support::jobs::{folder, head, json_lines};
use crate::support::standin::{start, start_with};

const USAGE: &str = "/v1/usage";
const SAME_ORIGIN: &str = "redirects = \"same-origin\"\n";

fn redirect(path: &str, status: u16, location: &str) -> Fault {
    Fault { location: Some(location.to_owned()), ..Fault::status(path, status) }
}

async fn with(faults: Vec<Fault>) -> Standin {
    start_with(Knobs { faults, ..Knobs::default() }).await
}

/// A job with one call that carries a key of its own, and is not made again.
fn job(standin: &Standin, keys: &str, call: &str) -> String {
    format!(
        "{}headers = {{ X-Key = \"own-key\" }}\n[jobs.job]\nscopes = [\"usage:read\"]\napi = \"standin\"\n\
         retry = {{ attempts = 1 }}\n{keys}[[jobs.job.calls]]\nname = \"call\"\n{call}\n",
        head(standin)
    )
}

/// The call of the one run of a job, with the run's reason.
fn run(text: &str) -> Value {
    let folder = folder(text);
    folder.run(&["run", "job"]);
    let shown = folder.run(&["show", "1", "--json"]);
    let mut run = json_lines(&shown).remove(0);
    let mut call = run["calls"][0].take();
    call["reason"] = run["reason"].take();
    call
}

fn requests(standin: &Standin) -> Vec<(String, String)> {
    let api = |seen: &Seen| seen.path != "/v1/oauth2/token";
    standin.journal().into_iter().filter(api).map(|seen| (seen.method, seen.path)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_within_the_origin_is_followed_only_where_the_job_says_so() {
    for (keys, state, asked) in [("", "failed", 1), (SAME_ORIGIN, "succeeded", 3)] {
        let standin = with(vec![redirect("/v1/old", 301, "/v1/older"), redirect("/v1/older", 308, USAGE)]).await;
        let call = run(&job(&standin, keys, "get = \"/old\""));
        assert_eq!((call["state"].as_str(), requests(&standin).len()), (Some(state), asked), "{call:#}");
        let kind = if keys.is_empty() { Some("redirect") } else { None };
        assert_eq!(call["kind"].as_str(), kind, "{call:#}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_origin_gets_no_request_whatever_the_job_says() {
    let other = start().await;
    for keys in ["", SAME_ORIGIN] {
        for status in [301, 302, 303, 307, 308] {
            let target = format!("{}/v1/usage?code=canary", other.url());
            let standin = with(vec![redirect(USAGE, status, &target)]).await;
            let call = run(&job(&standin, keys, "get = \"/usage\""));
            assert_eq!(call["kind"], "redirect", "{call:#}");
            let reason = call["reason"].as_str().expect("a reason");
            assert!(reason.contains(&other.url()) && !reason.contains("canary"), "{reason}");
            assert_eq!(requests(&standin).len(), 1);
        }
    }
    assert_eq!(other.journal().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_without_end_is_four_requests() {
    let standin = with(vec![redirect(USAGE, 302, USAGE)]).await;
    let call = run(&job(&standin, SAME_ORIGIN, "get = \"/usage\""));
    assert_eq!((call["kind"].as_str(), requests(&standin).len()), (Some("redirect"), 4), "{call:#}");
    assert_eq!(call["attempts"].as_u64(), Some(4), "each is an attempt: {call:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_post_is_never_made_a_get() {
    for (status, asked) in [(301, 1), (302, 1), (303, 1), (307, 2), (308, 2)] {
        let standin = with(vec![redirect("/v1/snapshots", status, "/v1/elsewhere")]).await;
        let call = run(&job(&standin, SAME_ORIGIN, "post = \"/snapshots\"\njson = { a = 1 }"));
        let seen = requests(&standin);
        assert_eq!(seen.len(), asked, "{status}: {seen:?} {call:#}");
        assert!(seen.iter().all(|(method, _)| method == "POST"), "{status}: {seen:?}");
        let same =
            standin.journal().into_iter().filter(|seen| seen.method == "POST" && seen.path != "/v1/oauth2/token");
        let mut same: Vec<_> = same.map(|seen| (seen.key, seen.body)).collect();
        same.dedup();
        assert_eq!(same.len(), 1, "one key and one body: {same:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn apicron_api_goes_by_the_defaults_of_the_file() {
    for (defaults, asked) in [("", 1), ("[defaults]\nredirects = \"same-origin\"\n", 2)] {
        let standin = with(vec![redirect("/v1/old", 307, USAGE)]).await;
        let folder = folder(&format!("{defaults}{}", head(&standin)));
        folder.run(&["api", "standin", "get", "/old", "--scopes", "usage:read"]);
        assert_eq!(requests(&standin).len(), asked, "{defaults}");
    }
}
