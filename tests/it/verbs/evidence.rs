//! `apicron show RUN --evidence`, and that what is stored is judged alike by whoever reads it.

use apicron::diagnose::diagnose;
use apicron::run::Evidence;
use apicron::standin::{Fault, Knobs, NARROW, OPS, UnknownScope};

use crate::support::binary::Folder;
use crate::support::jobs::{folder, folder_as, head, json_lines, usage_job};
use crate::support::{redact, standin};

/// Judges the evidence of a run anew, and compares that with what is stored. Gives the rules.
fn judged_alike(folder: &Folder, run: &str) -> Vec<String> {
    let ended = folder.run(&["show", run, "--evidence"]);
    assert_eq!((ended.code(), ended.stderr.as_str()), (0, ""), "{ended:#?}");
    let stored = json_lines(&folder.run(&["show", run, "--json"]));
    let stored = stored[0]["diagnoses"].as_array().expect("diagnoses").clone();
    assert_eq!(ended.stdout.lines().count(), stored.len());
    std::fs::write(folder.path().join("evidence.jsonl"), &ended.stdout).expect("written");
    for (judged, stored) in json_lines(&folder.run(&["diagnose", "evidence.jsonl"])).iter().zip(&stored) {
        assert_eq!((&judged["verdict"], &judged["remedy"]), (&stored["verdict"], &stored["remedy"]));
    }
    let judged = ended.stdout.lines().zip(&stored).map(|(line, stored)| {
        let evidence: Evidence = serde_json::from_str(line).expect("evidence");
        let again = diagnose(&evidence);
        let judgement = serde_json::to_value(&again).expect("JSON");
        for part in ["verdict", "rule", "confidence", "retry", "summary", "remedy", "missing_scopes"] {
            assert_eq!(judgement[part], stored[part], "{part} of {stored:#}");
        }
        again.rule.to_owned()
    });
    judged.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_stored_of_a_refusal_by_the_api_is_judged_alike() {
    let html = Fault { html: true, ..Fault::status("/v1/usage", 403) };
    for (fault, rules) in [
        (Fault::status("/v1/usage", 401), ["U3"]),
        (Fault::out_of_credits("/v1/usage", 402), ["G2"]),
        (Fault::out_of_credits("/v1/usage", 403), ["F3"]),
        (html, ["G9"]),
        (Fault { detail: Some("token is for another audience".into()), ..Fault::status("/v1/usage", 403) }, ["E1"]),
        (Fault { body: Some("{\"a\u{9b}\":".into()), ..Fault::status("/v1/usage", 403) }, ["F7"]),
        (Fault::status("/v1/usage", 401).times(1), ["U7"]),
    ] {
        let standin = standin::start_with(Knobs { faults: vec![fault.clone()], ..Knobs::default() }).await;
        let folder = folder(&(head(&standin) + &usage_job("balance", "")));
        folder.run(&["run", "balance"]);
        assert_eq!(judged_alike(&folder, "balance"), rules, "{fault:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_stored_of_a_failed_token_request_is_judged_alike() {
    let standin = standin::start().await;
    let jobs = head(&standin) + &usage_job("balance", "");
    let unknown =
        Folder::new().file("jobs.toml", &jobs).env("CLIENT_ID", OPS.id).env("CLIENT_SECRET", "not-the-secret");
    let not_granted = folder_as(NARROW, &jobs);
    for (folder, rule) in [(unknown, "T3"), (not_granted, "T4")] {
        assert_eq!(folder.run(&["run", "balance"]).code(), 4);
        assert_eq!(judged_alike(&folder, "1"), [rule]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_evidence_of_a_refusal_is_one_line_of_json() {
    let standin = standin::start().await;
    let job = usage_job("balance", "").replace("usage:read", "models:read");
    let folder = folder_as(NARROW, &(head(&standin) + &job));
    folder.run(&["run", "balance"]);
    let ended = folder.run(&["show", "balance", "--evidence"]);
    assert_eq!(ended.stdout.lines().count(), 1);
    let mut evidence = json_lines(&ended).remove(0);
    // They differ from run to run.
    for claim in ["exp", "iat", "nbf", "jti"] {
        evidence["token"]["jwt_claims"].as_object_mut().expect("claims").remove(claim);
    }
    for header in ["date", "x-request-id"] {
        evidence["response"]["headers"].as_object_mut().expect("headers").remove(header);
    }
    evidence["token"]["age_s"] = 0.into();
    evidence["server_date_skew_s"] = 0.into();
    insta::assert_snapshot!(redact::by_word(&serde_json::to_string_pretty(&evidence).expect("JSON")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_without_a_diagnosis_says_so_and_exits_with_1() {
    let standin = standin::start().await;
    let folder = folder(&(head(&standin) + &usage_job("balance", "")));
    folder.run(&["run", "balance"]);
    let ended = folder.run(&["show", "balance", "--evidence"]);
    assert_eq!((ended.code(), ended.stdout.as_str()), (1, ""));
    assert!(ended.stderr.contains("run 1 of `balance` (succeeded) has no diagnosis, so no evidence"), "{ended:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_200_that_may_lack_something_is_told_by_run_and_show_and_the_run_succeeds() {
    let standin = standin::start_with(Knobs { unknown_scope: UnknownScope::Narrow, ..Knobs::default() }).await;
    let job = usage_job("balance", "").replace("\"usage:read\"", "\"usage:read\", \"datasets:write\"");
    let job = job.replace(".credits.used\"", ".credits.used\", left = \".credits.left_over\"");
    let folder = folder(&(head(&standin) + &job));
    let remedy = "Reply accepted, but fields reserved for datasets:write may be absent.";
    let ran = folder.run(&["run", "balance"]);
    assert_eq!(ran.code(), 0, "{ran:#?}");
    assert!(
        ran.stdout.contains(&format!("not granted. {remedy}")) && ran.stdout.contains("no value for left"),
        "{ran:#?}"
    );
    let note = "metric `left` has no value: `.credits.left_over` is absent (null) in the reply; \
                an asked scope was not granted: datasets:write";
    assert!(ran.stderr.contains(remedy) && ran.stderr.contains(note), "{ran:#?}");
    let shown = folder.run(&["show", "1"]);
    assert!(shown.stdout.contains(&format!("→ {remedy}")) && shown.stdout.contains(note), "{shown:#?}");
    assert!(shown.stdout.contains("balance.credits_used = "), "{shown:#?}");
    assert!(!shown.stdout.contains("balance.left = "), "{shown:#?}");
    assert_eq!(judged_alike(&folder, "1"), ["G5"]);
}
