//! The token endpoint.

use apicron::clock::Clock;
use apicron::standin::{BasicSpelling, Client, Clocks, DATA, DemoClient, ExpiresIn, Fault, Knobs, OPS, UnknownScope};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::eventually::eventually;
use crate::support::standin::{Answer, Caller, send, start, start_at, start_with};

const TOKEN: &str = "/v1/oauth2/token";

fn claims(answer: &Answer) -> Value {
    let token = answer.json()["access_token"].as_str().expect("a token").to_owned();
    let payload = token.split('.').nth(1).expect("a payload");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).expect("base64url")).expect("claims")
}

#[tokio::test]
async fn a_form_json_and_basic_all_get_a_token_with_every_scope_of_the_client() {
    let standin = start().await;
    let caller = Caller::of(&standin);
    let fields = json!({ "grant_type": "client_credentials", "client_id": OPS.id, "client_secret": OPS.secret });
    let bare = [("grant_type", "client_credentials")];
    for path in [TOKEN, "/v1/public/project-live-1/oauth2/token"] {
        let post = || caller.request(Method::POST, path);
        for request in
            [post().json(&fields), post().form(&fields), post().basic_auth(OPS.id, Some(OPS.secret)).form(&bare)]
        {
            let answer = send(request).await;
            assert_eq!(answer.status, 200, "{answer:?}");
            assert_eq!(answer.json()["expires_in"], 3600);
            assert_eq!(answer.json()["token_type"], "bearer");
            assert_eq!(answer.json().get("scope"), None);
            assert_eq!(answer.header("cache-control"), "no-store");
            assert_eq!(answer.json()["request_id"], answer.header("x-request-id"));
            assert_eq!(claims(&answer)["scope"], OPS.scopes.join(" "));
            assert_eq!(claims(&answer)["sub"], OPS.id);
        }
    }
    assert_eq!(standin.counts().token_requests, 6);
}

#[tokio::test]
async fn both_secrets_open_while_a_rotation_is_under_way() {
    let standin = start().await;
    let caller = Caller::of(&standin);
    let next = DemoClient { secret: DATA.next_secret.expect("a second secret"), ..DATA };
    assert_eq!(caller.ask_token(DATA, None).await.status, 200);
    assert_eq!(caller.ask_token(next, None).await.status, 200);
}

#[tokio::test]
async fn a_scope_the_client_lacks_is_refused_or_silently_left_out() {
    let standin = start().await;
    let caller = Caller::of(&standin);
    let refused = caller.ask_token(OPS, Some("usage:read org:admin")).await;
    assert_eq!((refused.status, &refused.json()["error"]), (400, &json!("invalid_scope")));
    standin.set(Knobs { unknown_scope: UnknownScope::Narrow, ..Knobs::default() });
    let narrowed = caller.ask_token(OPS, Some("usage:read org:admin")).await;
    assert_eq!((narrowed.status, &claims(&narrowed)["scope"]), (200, &json!("usage:read")));
}

#[tokio::test]
async fn a_wrong_secret_is_400_or_401_as_the_knob_says() {
    let standin = start().await;
    let caller = Caller::of(&standin);
    let wrong = DemoClient { secret: "not-the-secret", ..OPS };
    let bare = [("grant_type", "client_credentials")];
    let by_header = || send(caller.request(Method::POST, TOKEN).basic_auth(OPS.id, Some("wrong")).form(&bare));
    let answer = caller.ask_token(wrong, None).await;
    assert_eq!((answer.status, &answer.json()["error"]), (400, &json!("invalid_client")));
    assert_eq!(by_header().await.status, 400);
    standin.set(Knobs { bad_client_status: 401, ..Knobs::default() });
    let answer = caller.ask_token(wrong, None).await;
    assert_eq!((answer.status, answer.header("www-authenticate")), (401, ""));
    let answer = by_header().await;
    assert_eq!((answer.status, answer.header("www-authenticate")), (401, "Basic realm=\"stand-in\""));
}

#[tokio::test]
async fn a_client_with_an_awkward_secret_is_let_in_by_the_spelling_it_uses() {
    let awkward = Client::new("a:b", "p+ss w%rd:", &["usage:read"]);
    let knobs = Knobs { clients: vec![awkward.clone()], ..Knobs::default() };
    let standin = start_with(knobs.clone()).await;
    let caller = Caller::of(&standin);
    let bare = [("grant_type", "client_credentials")];
    let with =
        |id: &str, secret: &str| send(caller.request(Method::POST, TOKEN).basic_auth(id, Some(secret)).form(&bare));
    assert_eq!(with("a%3Ab", "p%2Bss+w%25rd%3A").await.status, 200);
    assert_eq!(with("a:b", "p+ss w%rd:").await.status, 400);
    let plain = Client { id: "ab".to_owned(), ..awkward };
    standin.set(Knobs { basic: BasicSpelling::Raw, clients: vec![plain], ..knobs });
    assert_eq!(with("ab", "p+ss w%rd:").await.status, 200);
    assert_eq!(with("ab", "p%2Bss+w%25rd%3A").await.status, 400);
}

#[tokio::test]
async fn a_missing_or_foreign_grant_type_and_another_method_are_refused() {
    let standin = start().await;
    let caller = Caller::of(&standin);
    for (grant_type, error) in [(None, "invalid_request"), (Some("password"), "unsupported_grant_type")] {
        let fields = json!({ "grant_type": grant_type, "client_id": OPS.id, "client_secret": OPS.secret });
        let answer = send(caller.request(Method::POST, TOKEN).json(&fields)).await;
        assert_eq!((answer.status, &answer.json()["error"]), (400, &json!(error)));
    }
    let answer = send(caller.request(Method::GET, TOKEN)).await;
    assert_eq!((answer.status, answer.header("allow")), (405, "POST"));
}

#[tokio::test]
async fn the_reply_is_spelt_as_the_knobs_say() {
    let standin = start().await;
    let caller = Caller::of(&standin);
    let spelt = Knobs {
        token_life_s: 60,
        expires_in: ExpiresIn::Text,
        token_type: "Bearer".to_owned(),
        scope_field: true,
        ..Knobs::default()
    };
    standin.set(spelt.clone());
    let reply = caller.ask_token(OPS, Some("usage:read")).await.json();
    assert_eq!((&reply["expires_in"], &reply["token_type"]), (&json!("60"), &json!("Bearer")));
    assert_eq!(reply["scope"], "usage:read");
    standin.set(Knobs { expires_in: ExpiresIn::Absent, ..spelt });
    assert_eq!(caller.ask_token(OPS, None).await.json().get("expires_in"), None);
}

#[tokio::test]
async fn the_next_token_requests_fail_in_the_other_shape_with_and_without_retry_after() {
    let faults = vec![Fault::status(TOKEN, 429).times(1).retry_after(7), Fault::status(TOKEN, 429).times(1)];
    let standin = start_with(Knobs { faults, ..Knobs::default() }).await;
    let caller = Caller::of(&standin);
    for retry_after in ["7", ""] {
        let answer = caller.ask_token(OPS, None).await;
        assert_eq!((answer.status, answer.header("retry-after")), (429, retry_after));
        assert_eq!(answer.json()["error_type"], "too_many_requests");
        assert_eq!(answer.json()["error_message"], "Too many requests have been made.");
    }
    assert_eq!(caller.ask_token(OPS, None).await.status, 200);
}

#[tokio::test]
async fn a_delayed_token_comes_when_the_clock_has_moved() {
    let (clock, hands) = Clock::manual("2026-11-24T12:00:00Z".parse().expect("a time"));
    let standin = start_at(clock, Knobs { token_delay_ms: 60_000, ..Knobs::default() }).await;
    let caller = Caller::of(&standin);
    let asking = tokio::spawn(async move { caller.ask_token(OPS, None).await });
    eventually("the request", async || standin.counts().token_requests, |&requests| requests == 1).await;
    assert!(!asking.is_finished());
    let answered = async || {
        // Again and again, since the wait may not have begun at the first move.
        hands.advance(std::time::Duration::from_secs(60));
        asking.is_finished()
    };
    eventually("the token", answered, |&finished| finished).await;
    assert_eq!(asking.await.expect("no panic").status, 200);
}

#[tokio::test]
async fn a_clock_that_is_ahead_of_the_apis_makes_tokens_of_the_future_and_one_behind_it_does_no_harm() {
    let now: apicron::clock::Time = "2026-11-24T12:00:00Z".parse().expect("a time");
    for (ahead_s, date, status) in
        [(600, "Tue, 24 Nov 2026 12:10:00 GMT", 401), (-600, "Tue, 24 Nov 2026 11:50:00 GMT", 200)]
    {
        let standin =
            start_at(Clock::manual(now).0, Knobs { clocks: Clocks { token_s: ahead_s, api_s: 0 }, ..Knobs::default() })
                .await;
        let answer = Caller::of(&standin).ask_token(OPS, None).await;
        assert_eq!(answer.header("date"), date);
        assert_eq!(claims(&answer)["iat"], now.timestamp() + ahead_s);
        let token = answer.json()["access_token"].as_str().expect("a token").to_owned();
        assert_eq!(Caller::of(&standin).get("/v1/usage", &token).await.status, status, "{ahead_s}");
    }
}
