use bytes::Bytes;
use reqwest::header::HeaderMap;

use super::*;
use crate::token::testing::noon;

fn reply(status: u16, retry_after: Option<&str>, body: &str) -> Reply {
    let mut headers = HeaderMap::new();
    if let Some(text) = retry_after {
        headers.insert("retry-after", text.parse().expect("a value"));
    }
    let body = Bytes::from(body.to_owned());
    let url = "https://api.example.com/v1/usage".parse().expect("a URL");
    Reply { url, status, headers, body, cut: Cut::Whole, at: noon(), took: Duration::ZERO }
}

fn judged(reply: Reply, repeatable: Repeatable) -> Judged {
    Judged::new(Ok(reply), &Expect::default(), repeatable, "api.example.com")
}

fn seconds(judged: &Judged) -> Option<u64> {
    match judged {
        Judged::Again { at_least, .. } => Some(at_least.as_secs()),
        _ => None,
    }
}

#[test]
fn what_may_pass_by_itself_is_asked_again_and_what_does_not_is_not() {
    for status in [408, 429, 500, 502, 503, 504] {
        assert_eq!(seconds(&judged(reply(status, None, ""), Repeatable::Yes)), Some(0), "{status}");
    }
    for status in [400, 404, 409, 410, 418, 422, 501, 505] {
        let judged = judged(reply(status, Some("1"), ""), Repeatable::Yes);
        assert!(matches!(judged, Judged::Failed(failure) if failure.kind == Kind::Status), "{status}");
    }
}

#[test]
fn a_call_that_may_have_taken_effect_is_asked_again_only_when_the_api_says_that_it_did_not() {
    for (status, retry_after, again) in [
        (429, None, true),
        (503, Some("5"), true),
        (503, None, false),
        (503, Some("soon"), false),
        (500, Some("5"), false),
        (504, None, false),
        (408, None, false),
    ] {
        let judged = judged(reply(status, retry_after, ""), Repeatable::No);
        assert_eq!(seconds(&judged).is_some(), again, "{status} {retry_after:?}");
    }
}

#[test]
fn a_call_without_an_answer_is_sent_again_unless_it_may_have_taken_effect() {
    let judged = |kind, repeatable| {
        let fault = Fault { kind, message: "no".to_owned() };
        Judged::new(Err(Unheard { fault, status: None }), &Expect::default(), repeatable, "api.example.com")
    };
    for kind in [Kind::Dns, Kind::Connect, Kind::Tls] {
        assert!(seconds(&judged(kind, Repeatable::No)).is_some(), "{kind}");
    }
    for kind in [Kind::Timeout, Kind::Reset, Kind::Protocol] {
        assert!(seconds(&judged(kind, Repeatable::Yes)).is_some(), "{kind}");
        let Judged::Failed(failure) = judged(kind, Repeatable::No) else { panic!("{kind}") };
        assert!(failure.reason.contains("may have taken effect"), "{}", failure.reason);
    }
    for kind in [Kind::BlockedTarget, Kind::Encoding] {
        assert!(matches!(judged(kind, Repeatable::Yes), Judged::Failed(_)), "{kind}");
    }
}

#[test]
fn a_status_that_is_expected_is_accepted_whatever_it_is() {
    let expect = Expect { status: vec![404, 429], that: None };
    for status in [404, 429] {
        let judged = Judged::new(Ok(reply(status, None, "")), &expect, Repeatable::Yes, "api.example.com");
        assert!(matches!(judged, Judged::Accepted(_)));
    }
    let judged = Judged::new(Ok(reply(200, None, "")), &expect, Repeatable::Yes, "api.example.com");
    assert!(matches!(judged, Judged::Failed(failure) if failure.reason == "api.example.com answered 200"));
}

#[test]
fn the_reason_repeats_what_the_api_says() {
    let Judged::Failed(failure) = judged(reply(422, None, r#"{"detail": "No such period."}"#), Repeatable::Yes) else {
        panic!("not failed")
    };
    assert_eq!(failure.reason, "api.example.com answered 422: No such period");
}
