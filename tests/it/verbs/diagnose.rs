//! `apicron diagnose`.

use serde_json::{Value, json};

use crate::support::binary::Folder;
use crate::support::jobs::{folder, head, json_lines, usage_job};
use crate::support::standin;

const CASES: &str = include_str!("../../fixtures/diagnosis-cases.jsonl");

const MISSING_SCOPE: &str = r#"{"name": "a", "token": {"requested_scopes": [], "age_s": 90}, "response": {"status": 403, "body": "{\"detail\": \"Missing required scope: chat:invoke\"}"}}"#;

#[test]
fn each_case_of_a_file_gets_its_answer_in_order() {
    let ended = Folder::new().file("cases.jsonl", CASES).run(&["diagnose", "cases.jsonl"]);
    assert_eq!((ended.code(), ended.stderr.as_str()), (0, ""), "{ended:#?}");
    let cases: Vec<Value> = CASES.lines().map(|line| serde_json::from_str(line).expect("a case")).collect();
    let answers = json_lines(&ended);
    assert_eq!(answers.len(), cases.len());
    for (case, answer) in cases.iter().zip(&answers) {
        assert_eq!(answer["name"], case["name"]);
        for (member, expected) in case["expected"].as_object().expect("what is expected") {
            assert_eq!(&answer[member], expected, "{member} of {}", case["name"]);
        }
        let members: Vec<&str> = answer.as_object().expect("an object").keys().map(String::as_str).collect();
        let all = ["name", "verdict", "missing_scopes", "retry", "confidence", "rule", "summary", "remedy"];
        assert_eq!(members, all);
    }
}

#[test]
fn standard_input_is_read_without_an_argument_and_with_a_hyphen() {
    for arguments in [&["diagnose"][..], &["diagnose", "-"]] {
        let ended = Folder::new().run_with(arguments, MISSING_SCOPE.as_bytes());
        assert_eq!(ended.code(), 0, "{ended:#?}");
        assert_eq!(
            json_lines(&ended),
            [json!({
                "name": "a", "verdict": "missing_scope", "missing_scopes": ["chat:invoke"], "retry": false,
                "confidence": "stated", "rule": "S3",
                "summary": "403: the token lacks chat:invoke, which the job never asked for",
                "remedy": "Add chat:invoke to `scopes` of the job, and to the client in the dashboard.",
            })]
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_evidence_of_a_run_gives_the_stored_verdict_and_remedy_again() {
    let standin = standin::start().await;
    let job = usage_job("short", "").replace("usage:read", "datasets:read");
    let folder = folder(&(head(&standin) + &job));
    assert_eq!(folder.run(&["run", "short"]).code(), 4);
    let stored = json_lines(&folder.run(&["show", "1", "--json"])).remove(0)["diagnoses"].take();
    let evidence = folder.run(&["show", "1", "--evidence"]);
    let again = json_lines(&folder.run_with(&["diagnose"], evidence.stdout.as_bytes()));
    let [stored] = &stored.as_array().expect("the diagnoses")[..] else { panic!("one diagnosis: {stored}") };
    for member in ["verdict", "missing_scopes", "retry", "confidence", "rule", "summary", "remedy"] {
        assert_eq!(again[0][member], stored[member], "{member}");
    }
    assert_eq!(again[0]["verdict"], "missing_scope");
}

#[test]
fn a_line_is_answered_while_the_pipe_stays_open() {
    let mut running = Folder::new().spawn_fed(&["diagnose"]);
    running.feed(format!("{MISSING_SCOPE}\n").as_bytes());
    running.wait_for_stdout("\"name\":\"a\"");
    running.feed(MISSING_SCOPE.replace("\"a\"", "\"b\"").as_bytes());
    let ended = running.end();
    assert_eq!((ended.code(), ended.stdout.lines().count()), (0, 2), "{ended:#?}");
}

#[test]
fn lines_that_are_no_evidence_are_told_by_number_and_the_others_are_answered() {
    let input = format!("\u{feff}{{\"response\": {{\"status\": 403}}}}\r\n\n[1]\n{{\nno JSON\n5\n{MISSING_SCOPE}\n");
    let mut input = input.into_bytes();
    input.extend(b"{\"name\": \"\xff\", \"response\": {\"status\": 403}}\n{}\n");
    let ended = Folder::new().run_with(&["diagnose"], &input);
    assert_eq!(ended.code(), 1, "{ended:#?}");
    let names: Vec<Value> = json_lines(&ended).iter().map(|answer| answer["name"].clone()).collect();
    assert_eq!(names, [Value::Null, json!("a"), json!("\u{fffd}")]);
    insta::assert_snapshot!(ended.stderr);
}

#[test]
fn a_file_of_another_kind_is_not_told_line_by_line_for_ever() {
    let ended = Folder::new().file("other", &"no\n".repeat(1000)).run(&["diagnose", "other"]);
    assert_eq!((ended.code(), ended.stdout.as_str(), ended.stderr.lines().count()), (1, "", 21), "{ended:#?}");
    assert!(ended.stderr.ends_with("error: 980 more lines of other are no evidence\n"), "{}", ended.stderr);
}

#[test]
fn a_line_without_end_is_named_and_the_next_is_answered() {
    let input = format!("{}\n{MISSING_SCOPE}\n", "[".repeat(5 << 20));
    let ended = Folder::new().run_with(&["diagnose"], input.as_bytes());
    assert_eq!((ended.code(), ended.stdout.lines().count()), (1, 1));
    assert_eq!(ended.stderr, "error: line 1 of standard input is longer than 4 MiB, which no evidence is\n");
}

#[test]
fn nothing_of_the_evidence_drives_a_terminal() {
    let evil = "\u{1b}[2J\u{9b}2J\u{202e}\u{7f}";
    let line = json!({
        "name": evil, "token": {"age_s": 1, "requested_scopes": [evil]}, "context": {"job": evil, "api_host": evil},
        "response": {"status": 403, "body": json!({"detail": format!("Missing scope: a:b {evil}")}).to_string()},
    });
    let ended = Folder::new().run_with(&["diagnose"], line.to_string().as_bytes());
    assert_eq!(json_lines(&ended)[0]["name"], evil);
    assert!(!ended.stdout.chars().any(|c| c != '\n' && c.is_control() || c == '\u{202e}'), "{ended:#?}");
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let ended = Folder::new().run(&["diagnose", "none.jsonl"]);
    assert_eq!(ended.code(), 1, "{ended:#?}");
    assert!(ended.stderr.starts_with("error: could not read none.jsonl: "), "{ended:#?}");
}
