//! `apicron api`.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;

use apicron::standin::{Fault, Knobs, NARROW, OPS};
use serde_json::{Value, json};

use crate::support::jobs::{folder, folder_as, head, json_lines, usage_job};
use crate::support::standin;

#[tokio::test(flavor = "multi_thread")]
async fn the_body_is_printed_as_it_came_and_how_it_went_is_not_mixed_into_it() {
    let standin = standin::start().await;
    let folder = folder(&(head(&standin) + &usage_job("balance", "")));
    let ended = folder.run(&["api", "standin", "get", "/usage", "--scopes", "usage:read"]);
    assert_eq!(ended.code(), 0, "{ended:#?}");
    let body: Value = serde_json::from_str(&ended.stdout).expect("JSON");
    assert!(body["credits"]["used"].is_number(), "{body}");
    let says = format!("GET {}/v1/usage: 200 in ", standin.url());
    assert!(ended.stderr.starts_with(&says), "{ended:#?}");
    assert!(!folder.path().join("apicron.db").exists(), "it needs no store, and makes none");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_gives_a_line_for_each_value_and_texts_can_come_as_they_are() {
    let standin = standin::start().await;
    let folder = folder(&head(&standin));
    let line = ["api", "standin", "GET", "/models", "--jq", r#""a\"b", {n: 9007199254740993}"#];
    let ended = folder.run(&line);
    assert_eq!((ended.code(), ended.stdout.as_str()), (0, "\"a\\\"b\"\n{\"n\":9007199254740993}\n"), "{ended:#?}");
    let ended = folder.run(&[&line[..], &["--raw"]].concat());
    assert_eq!(ended.stdout, "a\"b\n{\"n\":9007199254740993}\n");
    let ended = folder.run(&["api", "standin", "GET", "/models", "--jq", r#""\u001b[31m\u009b", """#, "--raw"]);
    assert_eq!(ended.stdout, "\u{1b}[31m\u{9b}\n\n", "no terminal, so as it is");
    let ended = folder.run(&["api", "standin", "GET", "/models", "--jq", ".a |"]);
    assert_eq!(ended.code(), 2, "{ended:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn query_headers_and_body_are_sent_and_templates_are_those_of_the_job_file() {
    let standin = standin::start().await;
    let folder = folder(&head(&standin));
    let query = ["--query", "limit=1", "--query", "day={{ $run.now[0:4] }}"];
    let ended = folder.run(&[&["api", "standin", "get", "/datasets?a=b%20c"][..], &query].concat());
    assert_eq!(ended.code(), 0, "{ended:#?}");
    let journal = standin.journal();
    let query = journal.iter().find(|seen| seen.path == "/v1/datasets").map(|seen| seen.query.as_str());
    assert!(query.is_some_and(|query| query.starts_with("a=b+c&limit=1&day=20")), "{query:?}");
    let ended = folder.run(&["api", "standin", "post", "/datasets", "--data", r#"{"name": "x{{ 1 + 1 }}"}"#]);
    let journal = standin.journal();
    let body = journal.iter().find(|seen| seen.method == "POST" && seen.path == "/v1/datasets");
    assert_eq!(body.map(|seen| seen.body.as_str()), Some(r#"{"name":"x2"}"#), "{ended:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_are_sent_with_all_their_digits() {
    let standin = standin::start().await;
    let folder = folder(&head(&standin));
    let sent = r#"{"name":"x","n":[12345678901234567890123,-1e400,0.1000000000000000055,5.0000000000000000000001,1.50,-7,1.5],"none":null}"#;
    let ended = folder.run(&["api", "standin", "post", "/datasets", "--data", sent]);
    let journal = standin.journal();
    let body = journal.iter().find(|seen| seen.method == "POST" && seen.path == "/v1/datasets");
    assert_eq!(body.map(|seen| seen.body.as_str()), Some(sent), "{ended:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_says_what_is_missing_and_what_to_do_and_exits_with_4() {
    let standin = standin::start().await;
    let folder = folder_as(NARROW, &head(&standin));
    let ended = folder.run(&["api", "standin", "get", "/usage", "--scopes", "models:read"]);
    assert_eq!(ended.code(), 4, "{ended:#?}");
    assert!(
        ended.stderr.contains("usage:read") && ended.stderr.contains("→ Add usage:read to `--scopes`"),
        "{ended:#?}"
    );
    let lines = json_lines(&folder.run(&["api", "standin", "get", "/usage", "--scopes", "models:read", "--json"]));
    assert_eq!((&lines[0]["status"], &lines[0]["diagnosis"]["verdict"]), (&json!(403), &json!("missing_scope")));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_scopes_none_is_asked_for_and_the_token_has_what_its_client_has() {
    let standin = standin::start().await;
    let folder = folder(&head(&standin));
    assert_eq!(folder.run(&["api", "standin", "get", "/usage"]).code(), 0);
    assert_eq!(folder.run(&["api", "standin", "get", "/models"]).code(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_no_json_is_printed_and_a_failure_exits_with_1() {
    let page = Fault { body: Some("<p>hello</p>".to_owned().into()), ..Fault::status("/v1/models", 200) };
    let knobs = Knobs { faults: vec![page, Fault::status("/v1/usage", 404)], ..Knobs::default() };
    let standin = standin::start_with(knobs).await;
    let folder = folder(&head(&standin));
    let ended = folder.run(&["api", "standin", "get", "/models"]);
    assert_eq!((ended.code(), ended.stdout.as_str()), (0, "<p>hello</p>\n"), "{ended:#?}");
    let ended = folder.run(&["api", "standin", "get", "/models", "--jq", "."]);
    assert_eq!(ended.code(), 1, "{ended:#?}");
    let ended = folder.run(&["api", "standin", "get", "/usage"]);
    assert_eq!(ended.code(), 1, "{ended:#?}");
    assert!(ended.stderr.contains("404"), "{ended:#?}");
}

/// Answers each request `/N` with the status N and a body that says it is packed and is not.
fn answer_with_broken_bodies(listener: &TcpListener) {
    for stream in listener.incoming() {
        let mut stream = stream.expect("a connection");
        let mut line = String::new();
        let mut lines = BufReader::new(stream.try_clone().expect("a stream"));
        lines.read_line(&mut line).expect("a line");
        while lines.read_line(&mut String::new()).expect("a header") > 2 {}
        let status = line.split(['/', ' ']).nth(2).expect("a path");
        let head = "content-encoding: gzip\r\ncontent-length: 4\r\nconnection: close";
        write!(stream, "HTTP/1.1 {status} So\r\n{head}\r\n\r\nnope").expect("written");
    }
}

#[test]
fn a_body_that_cannot_be_unpacked_is_a_failure_whatever_the_status() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || answer_with_broken_bodies(&listener));
    let folder = folder(&format!("[apis.broken]\nbase_url = \"http://{address}\"\n"));
    for status in ["200", "500"] {
        let ended = folder.run(&["api", "broken", "get", &format!("/{status}")]);
        assert_eq!((ended.code(), ended.stdout.as_str()), (1, ""), "{ended:#?}");
        assert!(ended.stderr.lines().count() > 1, "it says why: {ended:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn json_has_status_headers_body_and_time_and_include_puts_the_head_first() {
    let standin = standin::start().await;
    let folder = folder(&head(&standin));
    let lines = json_lines(&folder.run(&["api", "standin", "get", "/usage", "--json"]));
    let [answer] = lines.as_slice() else { panic!("{lines:#?}") };
    assert_eq!((&answer["status"], &answer["headers"]["content-type"]), (&json!(200), &json!("application/json")));
    assert!(answer["body"]["credits"]["used"].is_number() && answer["duration_ms"].is_u64(), "{answer:#?}");
    let ended = folder.run(&["api", "standin", "get", "/usage", "--include"]);
    let (head, body) = ended.stdout.split_once("\n\n").expect("a head");
    assert!(head.starts_with("HTTP 200\n") && head.contains("content-type: application/json"), "{head}");
    assert!(serde_json::from_str::<Value>(body).is_ok(), "{body}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_body_is_printed_whole_and_an_echoed_secret_is_not() {
    let long = format!(r#"{{"said": "{}", "n": 1e400, "long": "{}"}}"#, OPS.secret, "x".repeat(200_000));
    let echo = Fault { body: Some(long.into()), ..Fault::status("/v1/models", 200) };
    let standin = standin::start_with(Knobs { faults: vec![echo], ..Knobs::default() }).await;
    let folder = folder(&head(&standin));
    for more in [&[][..], &["--jq", "."], &["--json"]] {
        let ended = folder.run(&[&["api", "standin", "get", "/models"][..], more].concat());
        assert_eq!(ended.code(), 0, "{more:?}");
        assert!(ended.stdout.len() > 200_000 && ended.stdout.contains("1e400"), "{more:?}");
        assert!(ended.stdout.contains("[redacted]") && !ended.stdout.contains(OPS.secret), "{more:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_in_another_spelling_or_put_together_by_a_filter_is_not_printed() {
    let escaped: String = OPS.secret.chars().map(|c| format!("\\u{:04x}", u32::from(c))).collect();
    let (one, two) = OPS.secret.split_at(OPS.secret.len() / 2);
    let body = json!({ "one": one, "two": two }).to_string().replace('}', &format!(", \"said\": \"{escaped}\"}}"));
    let echo = Fault { body: Some(body.into()), ..Fault::status("/v1/models", 200) };
    let standin = standin::start_with(Knobs { faults: vec![echo], ..Knobs::default() }).await;
    let folder = folder(&head(&standin));
    let together = ["--jq", ".one + .two, [.one + .two]"];
    for more in [
        &[][..],
        &["--json"],
        &["--jq", "."],
        &["--jq", ".said", "--raw"],
        &together,
        &["--jq", ".one + .two", "--raw"],
    ] {
        let ended = folder.run(&[&["api", "standin", "get", "/models"][..], more].concat());
        assert_eq!(ended.code(), 0, "{more:?}: {ended:#?}");
        assert!(ended.stdout.contains("[redacted]"), "{more:?}: {ended:#?}");
        assert!(!ended.stdout.contains(OPS.secret) && !ended.stdout.contains(&escaped), "{more:?}: {ended:#?}");
    }
}

/// Answers each request with this body and 200.
fn answer_with(listener: &TcpListener, body: &[u8]) {
    for stream in listener.incoming() {
        let mut stream = stream.expect("a connection");
        let mut lines = BufReader::new(stream.try_clone().expect("a stream"));
        let mut line = String::new();
        while lines.read_line(&mut line).expect("a line") > 2 {
            line.clear();
        }
        let head = format!("content-length: {}\r\nconnection: close", body.len());
        write!(stream, "HTTP/1.1 200 So\r\n{head}\r\n\r\n").expect("written");
        stream.write_all(body).expect("written");
    }
}

#[test]
fn an_answer_that_is_not_printed_as_it_came_exits_with_1_and_says_why() {
    let cases: [(Vec<u8>, i32, &str); 7] = [
        (vec![b'x'; 70_000], 1, "only its first 64 KiB are shown"),
        (vec![b'x'; 64 * 1024], 0, ""),
        (b"\x89PNG\r\n\xff\xfe".to_vec(), 1, "not text in UTF-8"),
        (b"{\"a\": \"\xff\"}".to_vec(), 1, "not text in UTF-8"),
        (vec![0xff; 70_000], 1, "not text in UTF-8"),
        ("a \u{fffd} as such".into(), 0, ""),
        ("{\"a\": \"\u{fffd}\"}".into(), 0, ""),
    ];
    for (body, code, says) in cases {
        let begin = String::from_utf8_lossy(&body).chars().take(20).collect::<String>();
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        std::thread::spawn(move || answer_with(&listener, &body));
        let folder = folder(&format!("[apis.raw]\nbase_url = \"http://{address}\"\n"));
        for more in [&[][..], &["--json"]] {
            let ended = folder.run(&[&["api", "raw", "get", "/"][..], more].concat());
            assert_eq!(ended.code(), code, "{begin} {}", ended.stderr);
            assert!(!ended.stdout.is_empty() && ended.stderr.contains(says), "{begin} {}", ended.stderr);
            assert_eq!(ended.stderr.lines().count(), if says.is_empty() { 1 } else { 2 }, "{begin} {}", ended.stderr);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_command_line_says_what_to_write() {
    let standin = standin::start().await;
    let folder = folder(&head(&standin));
    let wrong: [(&[&str], &str); 8] = [
        (&["api", "stanin", "get", "/usage"], "it has standin"),
        (&["api", "standin", "get", "usage"], "a path begins with one `/`"),
        (&["api", "standin", "get", "/../usage"], "no `.` or `..`"),
        (&["api", "standin", "get", "/%2e%2e/usage"], "no `.` or `..`"),
        (&["api", "standin", "get", "/a/.%2E"], "no `.` or `..`"),
        (&["api", "standin", "look", "/usage"], "write get, post, put, patch or delete"),
        (&["api", "standin", "get", "/usage", "--data", "{}"], "a GET has no body"),
        (&["api", "standin", "get", "/usage", "--header", "Authorization: x"], "the API's credential makes it"),
    ];
    for (line, says) in wrong {
        let ended = folder.run(line);
        assert_eq!(ended.code(), 2, "{ended:#?}");
        assert!(ended.stderr.contains(says), "{ended:#?}");
    }
    assert_eq!(standin.counts().token_requests, 0);
}
