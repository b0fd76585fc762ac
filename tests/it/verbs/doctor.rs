//! `apicron doctor`.

use std::net::TcpListener;

use apicron::standin::{Clocks, Fault, Knobs, NARROW, OPS, UnknownScope};
use serde_json::{Value, json};

use crate::support::binary::{Ended, Folder};
use crate::support::jobs::{folder, folder_as, head, head_at, json_lines, usage_job};
use crate::support::redact::by_word;
use crate::support::standin;

const TOKEN: &str = "/v1/oauth2/token";

/// What a job asks for beside `usage:read`.
fn asking(scope: &str) -> String {
    usage_job("usage", "").replace("\"usage:read\"", &format!("\"usage:read\", \"{scope}\""))
}

/// The one step that is wrong, as `--json` has it.
fn wrong(folder: &Folder) -> Value {
    let ended = folder.run(&["doctor", "usage", "--json"]);
    assert_eq!(ended.code(), 1, "{ended:#?}");
    let lines = json_lines(&ended);
    let wrong: Vec<_> = lines.iter().filter(|line| line["ok"] == json!(false)).collect();
    let [wrong] = wrong.as_slice() else { panic!("{ended:#?}") };
    (*wrong).clone()
}

fn shown(ended: &Ended) -> String {
    by_word(&ended.stdout)
}

#[tokio::test(flavor = "multi_thread")]
async fn when_all_is_well_each_step_says_so_and_nothing_is_stored() {
    let standin = standin::start().await;
    let folder = folder(&(head(&standin) + &usage_job("usage", "")));
    let ended = folder.run(&["doctor"]);
    assert_eq!(ended.code(), 0, "{ended:#?}");
    insta::assert_snapshot!(shown(&ended));
    assert_eq!(ended.stderr, "1 job: nothing is wrong\n");
    let counts = standin.counts();
    assert_eq!((counts.token_requests, counts.journal_dropped), (1, 0));
    assert!(!folder.path().join("apicron.db").exists());

    let lines = json_lines(&folder.run(&["doctor", "usage", "--json"]));
    let steps: Vec<_> = lines.iter().map(|line| line["step"].as_str().expect("a step")).collect();
    assert_eq!(steps, ["file", "dns", "connect", "tls", "clock", "token", "scopes", "call"]);
    assert!(lines.iter().all(|line| line["ok"] == json!(true) && line["remedy"].is_null()), "{lines:#?}");
    let keys: Vec<_> = lines[0].as_object().expect("an object").keys().map(String::as_str).collect();
    assert_eq!(keys, ["job", "step", "ok", "detail", "remedy"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_secret_ends_the_walk_with_where_the_current_one_goes() {
    let standin = standin::start().await;
    let text = head(&standin) + &usage_job("usage", "");
    let folder = Folder::new().file("jobs.toml", &text).env("CLIENT_ID", OPS.id).env("CLIENT_SECRET", "an-old-secret");
    let ended = folder.run(&["doctor"]);
    assert_eq!(ended.code(), 1, "{ended:#?}");
    insta::assert_snapshot!(shown(&ended));
    let counts = standin.counts();
    assert_eq!(counts.token_requests, 1);
    assert!(!standin.journal().iter().any(|seen| seen.path == "/v1/usage"), "the API was left alone");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scope_that_the_client_may_not_have_is_named_whether_it_is_refused_or_left_out() {
    for (unknown_scope, step) in [(UnknownScope::Refuse, "token"), (UnknownScope::Narrow, "scopes")] {
        let standin = standin::start_with(Knobs { unknown_scope, ..Knobs::default() }).await;
        let wrong = wrong(&folder(&(head(&standin) + &asking("org:admin"))));
        assert_eq!(wrong["step"], step, "{wrong:#}");
        let (detail, remedy) = (wrong["detail"].as_str().expect("one"), wrong["remedy"].as_str().expect("one"));
        assert!(detail.contains("org:admin") && !detail.contains("usage:read"), "{detail}");
        assert!(remedy.contains("org:admin") && remedy.contains("job usage") && remedy.contains(OPS.id), "{remedy}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scope_that_was_never_asked_for_is_found_by_the_call() {
    let standin = standin::start().await;
    let text = usage_job("usage", "").replace("usage:read", "models:read");
    let wrong = wrong(&folder_as(NARROW, &(head(&standin) + &text)));
    assert_eq!(wrong["step"], "call", "{wrong:#}");
    assert!(wrong["remedy"].as_str().expect("one").starts_with("Add usage:read to `scopes` of job usage"), "{wrong:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_ten_minutes_off_is_told_and_whose_it_is() {
    let ahead = standin::start_with(Knobs { clocks: Clocks { token_s: 600, api_s: 600 }, ..Knobs::default() }).await;
    let ours = wrong(&folder(&(head(&ahead) + &usage_job("usage", ""))));
    assert_eq!(ours["step"], "clock", "{ours:#}");
    let detail = ours["detail"].as_str().expect("one");
    assert!(detail.starts_with("this host's clock is ") && detail.contains(" s behind 127.0.0.1:"), "{detail}");
    assert!(ours["remedy"].as_str().expect("one").contains("Start time sync"), "{ours:#}");
    let calls = ahead.counts().of("GET", "/v1/usage");
    assert_eq!(calls, 1, "what comes after the clock is looked at");

    let right = standin::start().await;
    let behind = standin::start_with(Knobs { clocks: Clocks { token_s: -600, api_s: -600 }, ..Knobs::default() }).await;
    let text = head(&right).replace(&format!("\"{}/v1\"", right.url()), &format!("\"{}/v1\"", behind.url()));
    let ended = folder(&(text + &usage_job("usage", ""))).run(&["doctor", "usage", "--json"]);
    let lines = json_lines(&ended);
    let ok: Vec<_> = lines[4..].iter().map(|line| line["ok"].clone()).collect();
    assert_eq!(ok, [json!(false), json!(true), json!(true), json!(false)], "clock, token, scopes, call: {lines:#?}");
    let detail = lines[4]["detail"].as_str().expect("one");
    let host = behind.url().replace("http://", "");
    assert!(detail.starts_with(&format!("the clock of {host} is ")) && detail.contains(" s behind"), "{detail}");
}

#[test]
fn a_closed_port_and_a_name_that_leads_nowhere_are_told_apart() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let closed = format!("http://{}", listener.local_addr().expect("an address"));
    drop(listener);
    let connect = wrong(&folder(&(head_at(&closed) + &usage_job("usage", ""))));
    assert_eq!(connect["step"], "connect", "{connect:#}");
    assert!(connect["detail"].as_str().expect("one").contains("refused"), "{connect:#}");

    let dns = wrong(&folder(&(head_at("https://nowhere.invalid") + &usage_job("usage", ""))));
    assert_eq!(dns["step"], "dns", "{dns:#}");
    assert!(dns["detail"].as_str().expect("one").starts_with("nowhere.invalid leads nowhere: "), "{dns:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_that_a_server_does_not_speak_is_told_as_such() {
    let standin = standin::start().await;
    let secured = standin.url().replace("http://", "https://");
    let tls = wrong(&folder(&(head_at(&secured) + &usage_job("usage", ""))));
    assert_eq!(tls["step"], "tls", "{tls:#}");
    assert!(tls["remedy"].as_str().expect("one").contains("speaks TLS"), "{tls:#}");
    assert_eq!(standin.counts().token_requests, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_absent_secret_is_named_and_nothing_is_sent() {
    let standin = standin::start().await;
    let text = head(&standin) + &usage_job("usage", "");
    let folder = Folder::new().file("jobs.toml", &text).env("CLIENT_ID", OPS.id);
    let file = wrong(&folder);
    assert_eq!(
        (&file["step"], &file["detail"]),
        (&json!("file"), &json!("environment variable CLIENT_SECRET is not set"))
    );
    assert_eq!(standin.journal().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_a_server_reaches_a_terminal_unescaped_and_no_secret_is_echoed() {
    let hostile = json!({
        "error": "invalid_client\u{1b}[2J",
        "error_description": format!("\u{1b}]0;x\u{7}\u{202e}{} \u{9b}31m\r\nok ✓ call", OPS.secret),
    });
    let fault = Fault { body: Some(hostile), ..Fault::status(TOKEN, 401) };
    let standin = standin::start_with(Knobs { faults: vec![fault], ..Knobs::default() }).await;
    let folder = folder(&(head(&standin) + &usage_job("usage", "")));
    for verb in [&["doctor"][..], &["token", "--fetch"], &["check", "--online"]] {
        let ended = folder.run(verb);
        assert_eq!(ended.code(), 1, "{ended:#?}");
        let is_hostile = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
        assert!(!ended.stdout.contains(is_hostile) && !ended.stderr.contains(is_hostile), "{ended:#?}");
        assert!(!ended.stdout.contains(OPS.secret), "{ended:#?}");
        assert!(!ended.stdout.lines().any(|line| line.starts_with("ok")), "{ended:#?}");
        let json = folder.run(&[verb, &["--json"]].concat());
        assert!(!json.stdout.contains(is_hostile) && !json.stdout.contains(OPS.secret), "{json:#?}");
        assert!(!json_lines(&json).is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_enabled_jobs_are_walked_unless_one_is_named_and_an_unknown_one_has_a_nearest_name() {
    let standin = standin::start().await;
    let text = head(&standin) + &usage_job("usage", "") + &usage_job("off", "enabled = false");
    let folder = folder(&text);
    assert_eq!(json_lines(&folder.run(&["doctor", "--json"])).len(), 8);
    assert_eq!(folder.run(&["doctor", "off"]).code(), 0);
    let unknown = folder.run(&["doctor", "usaeg"]);
    assert_eq!(unknown.code(), 2, "{unknown:#?}");
    assert!(unknown.stderr.contains("did you mean `usage`?"), "{unknown:#?}");
}
