//! A secret that is replaced while jobs run.

use apicron::standin::OPS;

use crate::support::jobs::{folder, head, usage_job};
use crate::support::{rows, standin};

/// A job file whose credential has a next secret in the file `next`.
fn rotating(head: &str, keys: &str) -> String {
    let next = format!("next_client_secret = {{ file = \"next\"{keys} }}\nauth_method");
    head.replace("auth_method", &next) + &usage_job("usage", "")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_whose_secret_was_replaced_succeeds_with_the_next_one_and_says_where_to_put_it() {
    let standin = standin::start().await;
    let jobs = rotating(&head(&standin), ", optional = true");
    let folder = folder(&jobs).env("CLIENT_SECRET", "revoked-secret").file("next", OPS.secret);
    let ended = folder.run(&["run", "usage"]);
    assert_eq!(ended.code(), 0, "{ended:#?}");
    for part in ["put it in environment variable CLIENT_SECRET", "drop `next_client_secret`", "restart apicron"] {
        assert!(ended.stderr.contains(part), "{}", ended.stderr);
    }
    let counts = standin.counts();
    assert_eq!((counts.token_requests, counts.of("GET", "/v1/usage")), (2, 1));
    let detail = rows::only(&folder.path().join("apicron.db"), "select detail from v_token_events").await;
    assert!(detail.starts_with("made with `next_client_secret`, file ") && detail.ends_with("next"), "{detail}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_absent_next_secret_stops_a_run_unless_it_is_optional() {
    let standin = standin::start().await;
    for (keys, code) in [(", optional = true", 0), ("", 78)] {
        let folder = folder(&rotating(&head(&standin), keys));
        let ended = folder.run(&["run", "usage"]);
        assert_eq!(ended.code(), code, "{ended:#?}");
        assert_eq!(ended.stderr.contains("does not exist"), code == 78, "{}", ended.stderr);
    }
}
