//! The steps of a walk.

use super::*;
use crate::token::testing::{jwt, token_reply};
use crate::token::{Fault, check_target};

const USAGE: &str = "{ get = \"/usage\" }";

#[tokio::test]
async fn a_live_path_is_well_at_each_step_and_costs_one_visit_one_token_and_one_call() {
    let server = Server::answering(|n, seen| if seen.uri == "/token" { token_reply(n, 3600) } else { ok() }).await;
    let jobs = jobs(&server, &(job("one", "scopes = [\"x\"]", USAGE) + &job("two", "scopes = [\"x\"]", USAGE)));
    let doctor = doctor();
    for name in ["one", "two"] {
        let findings = doctor.walk(&jobs, of(&jobs, name)).await;
        assert_eq!(findings.iter().map(|finding| finding.step).collect::<Vec<_>>(), Step::ALL);
        assert_eq!(wrong(&findings), "", "{findings:#?}");
    }
    let seen: Vec<_> = server.seen().iter().map(|seen| format!("{} {}", seen.method, seen.uri)).collect();
    assert_eq!(seen, ["HEAD /", "POST /token", "GET /v1/usage", "GET /v1/usage"]);
    assert_eq!(server.seen()[0].header("authorization"), None);
}

#[tokio::test]
async fn nobody_looks_beyond_the_first_step_that_is_wrong() {
    let server = Server::answering(|_, seen| match seen.uri.as_str() {
        "/token" => json_answer(401, &json!({ "error": "invalid_client" })),
        _ => ok(),
    })
    .await;
    let jobs = jobs(&server, &job("one", "scopes = [\"x\"]", USAGE));
    let lines = told(&doctor().walk(&jobs, of(&jobs, "one")).await);
    assert!(lines[5].starts_with("! token 401: ") && lines[5].contains("→"), "{lines:#?}");
    assert!(lines[5].contains("client-1") && lines[5].contains("environment variable SECRET"), "{lines:#?}");
    assert_eq!(lines[6..], ["- scopes not looked at", "- call not looked at"]);
    assert!(server.seen().iter().all(|seen| !seen.uri.starts_with("/v1")), "the API was left alone");
}

#[tokio::test]
async fn an_absent_secret_ends_the_walk_before_anything_is_sent() {
    let server = Server::answering(|_, _| ok()).await;
    let jobs = jobs(&server, &job("one", "", USAGE));
    let findings = doctor_with(Environment::default()).walk(&jobs, of(&jobs, "one")).await;
    assert!(wrong(&findings).starts_with("! file environment variable SECRET is not set → "), "{findings:#?}");
    assert_eq!(server.seen().len(), 0);
}

#[tokio::test]
async fn a_scope_that_was_not_granted_is_named_with_whom_to_ask() {
    let claims = json!({ "scope": "x", "iss": "https://auth.example.com", "aud": ["a", "b"] });
    let reply = json!({ "access_token": jwt(&claims), "token_type": "bearer", "expires_in": 60 });
    let server =
        Server::answering(move |_, seen| if seen.uri == "/token" { json_answer(200, &reply) } else { ok() }).await;
    let jobs = jobs(&server, &job("one", "scopes = [\"x\", \"y\"]", USAGE));
    let findings = doctor().walk(&jobs, of(&jobs, "one")).await;
    let lines = told(&findings);
    assert_eq!(
        lines[5],
        "+ token a token for client client-1, from https://auth.example.com, for a, b, until 2026-11-24T12:01:00.000Z"
    );
    assert_eq!(
        wrong(&findings),
        "! scopes not granted: y → Client client-1 is not granted y; assign it (Dashboard → Settings → API Access), \
         or drop it from `scopes` of job one."
    );
}

#[tokio::test]
async fn an_api_without_a_credential_and_a_job_without_a_get_have_less_to_look_at() {
    let server = Server::answering(|_, _| ok()).await;
    let text = job("one", "", "{ post = \"/x\" }").replace("\"a\"", "\"open\"");
    let jobs = jobs(&server, &text);
    let lines = told(&doctor().walk(&jobs, of(&jobs, "one")).await);
    assert_eq!(lines[5], "+ token the API asks for no credential");
    assert_eq!(lines[7], "+ call no harmless call to make");
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn the_call_is_the_first_that_reads_and_needs_nothing_of_others_and_is_one_page() {
    let more = json!({ "items": [{ "id": 1 }], "next": "more" });
    let server = Server::answering(move |n, seen| match seen.uri.as_str() {
        "/token" => token_reply(n, 3600),
        "/" => ok(),
        _ => json_answer(200, &more),
    })
    .await;
    let pages = "pages = { by = \"cursor\", items = \".items\", cursor = \".next\", param = \"after\", \
                 size = { param = \"limit\", value = 7 } }, records = { into = \"r\", key = \".nothing\" }";
    let calls = format!(
        "{{ name = \"p\", post = \"/p\" }}, {{ get = \"/{{{{ $calls.p.id }}}}\" }}, {{ get = \"/list\", {pages} }}"
    );
    let jobs = jobs(&server, &job("one", "", &calls));
    let lines = told(&doctor().walk(&jobs, of(&jobs, "one")).await);
    assert!(lines[7].starts_with("+ call GET /list: 200 in "), "{lines:#?}");
    let seen: Vec<_> = server.seen().iter().map(|seen| seen.uri.clone()).filter(|uri| uri.contains("v1")).collect();
    assert_eq!(seen, ["/v1/list?limit=7"]);
}

#[tokio::test]
async fn a_call_that_is_refused_or_fails_says_what_to_do_and_is_made_once() {
    let server = Server::answering(|n, seen| match seen.uri.as_str() {
        "/token" => token_reply(n, 3600),
        "/v1/denied" => json_answer(403, &json!({ "detail": "Missing required scope: usage:read" })),
        "/v1/broken" => answer(503, &[], &format!("{SECRET}\x1b[2J")),
        _ => ok(),
    })
    .await;
    let text = job("denied", "", "{ get = \"/denied\" }") + &job("broken", "", "{ get = \"/broken\" }");
    let jobs = jobs(&server, &text);
    let doctor = doctor();
    let denied = wrong(&doctor.walk(&jobs, of(&jobs, "denied")).await);
    assert!(denied.starts_with("! call GET /denied: 403: ") && denied.contains("→ Add usage:read"), "{denied}");
    let broken = wrong(&doctor.walk(&jobs, of(&jobs, "broken")).await);
    assert!(broken.starts_with("! call GET /broken: ") && broken.contains("503"), "{broken}");
    assert!(
        broken.ends_with("→ `apicron api a get /broken` shows the whole answer.") || broken.contains('→'),
        "{broken}"
    );
    assert!(!broken.contains(SECRET), "{broken}");
    assert_eq!(server.seen().iter().filter(|seen| seen.uri == "/v1/broken").count(), 1);
}

#[tokio::test]
async fn a_server_that_is_silent_for_the_timeout_of_the_job_is_not_waited_for_longer() {
    let server = Server::start(|_, _| std::future::pending()).await;
    let jobs = jobs(&server, &job("one", "timeout = \"30s\"", USAGE));
    let (clock, hands) = Clock::manual(noon());
    let doctor = Doctor::new(clock, environment(), Redactor::new(), jobs.settings.limits).expect("a doctor");
    let walk = doctor.walk(&jobs, of(&jobs, "one"));
    let push = async {
        server.requests(1).await;
        hands.advance(std::time::Duration::from_secs(30));
    };
    let (findings, ()) = tokio::join!(walk, push);
    let line = wrong(&findings);
    assert!(line.starts_with("! connect ") && line.contains("no whole answer within 30s"), "{line}");
}

#[tokio::test]
async fn the_clock_of_this_host_is_held_against_the_date_of_its_servers() {
    let date = "Tue, 24 Nov 2026 12:10:00 GMT";
    for (headers, expected) in [
        (vec![("date", date)], "! clock this host's clock is 600 s behind 127.0.0.1:"),
        (vec![("date", "Tue, 24 Nov 2026 11:59:01 GMT")], ""),
        (vec![("date", date), ("age", "600")], ""),
        (vec![("date", "once")], ""),
    ] {
        let server = Server::answering(move |n, seen| match seen.uri.as_str() {
            "/token" => token_reply(n, 3600),
            _ => answer(200, &headers, "{}"),
        })
        .await;
        let jobs = jobs(&server, &job("one", "", USAGE));
        let line = wrong(&doctor().walk(&jobs, of(&jobs, "one")).await);
        assert!(line.starts_with(expected) && (line.is_empty() == expected.is_empty()), "{line}");
    }
}

#[tokio::test]
async fn a_clock_that_is_off_is_told_and_the_walk_goes_on_to_the_first_other_step_that_is_wrong() {
    let ahead = [("date", "Tue, 24 Nov 2026 12:10:00 GMT")];
    let server = Server::answering(move |n, seen| match seen.uri.as_str() {
        "/token" => token_reply(n, 3600),
        "/v1/denied" => json_answer(403, &json!({ "detail": "Missing required scope: usage:read" })),
        _ => answer(200, &ahead, "{}"),
    })
    .await;
    let text = job("well", "", USAGE) + &job("denied", "", "{ get = \"/denied\" }");
    let jobs = jobs(&server, &text);
    let doctor = doctor();
    let marks = async |name: &str| {
        let lines = told(&doctor.walk(&jobs, of(&jobs, name)).await);
        assert!(lines[4].contains("→ Start time sync"), "{lines:#?}");
        lines.iter().map(|line| line[..1].to_owned()).collect::<String>()
    };
    assert_eq!((marks("well").await, marks("denied").await), ("++++!+++".to_owned(), "++++!++!".to_owned()));
}

#[tokio::test]
async fn names_are_resolved_as_calls_are_and_addresses_that_are_never_called_say_so() {
    use crate::doctor::reach::Origin;
    let doctor = doctor();
    let limit = std::time::Duration::from_secs(30);
    let resolved = async |url: &str| {
        let found = doctor.resolve(&Origin::of(&url.parse().expect("a URL")), limit).await;
        found.unwrap_or_else(|trouble| format!("! {}", trouble.detail))
    };
    assert!(resolved("https://169.254.169.254/latest").await.starts_with("! 169.254.169.254 is a link-local"));
    assert!(resolved("http://api.example.com/").await.starts_with("! api.example.com is not https"));
    assert_eq!(resolved("https://192.0.2.7:8443/v1").await, "192.0.2.7 is an address");
    assert!(resolved("http://localhost:1/").await.starts_with("localhost is "));
    assert!(resolved("https://nowhere.invalid/").await.starts_with("! nowhere.invalid leads nowhere: "));
}

#[test]
fn what_stands_between_is_told_apart_by_kind() {
    use crate::doctor::reach::{Origin, connect_trouble, tls_trouble};
    let origin = Origin::of(&"https://api.example.com/v1".parse().expect("a URL"));
    let fault = |kind, message: &str| Fault { kind, message: message.to_owned() };
    let tls = fault(crate::run::Kind::Tls, "invalid peer certificate: Expired");
    assert_eq!(connect_trouble(&origin, &tls), None);
    let trouble = tls_trouble(&origin, &tls);
    assert_eq!(trouble.detail, "api.example.com: invalid peer certificate: Expired");
    assert!(trouble.remedy.expect("one").contains("certificate"));
    assert!(connect_trouble(&origin, &fault(crate::run::Kind::Reset, "broken")).is_some());
    assert!(check_target(&"https://api.example.com/".parse().expect("a URL")).is_ok());
}
