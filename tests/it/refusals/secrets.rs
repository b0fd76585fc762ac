//! Secrets that are no longer accepted.

use apicron::standin::{DATA, Knobs, OPS};

use super::told::{told, told_with_file};
use crate::support::jobs::usage_job;
use crate::support::{rows, standin};

#[tokio::test(flavor = "multi_thread")]
async fn a_rotated_secret_is_to_be_put_where_it_is_read_from() {
    let secrets = [("CLIENT_ID", OPS.id), ("CLIENT_SECRET", "the-secret-of-last-year")];
    let told = told(Knobs::default(), secrets, &usage_job("balance", "schedule = \"@hourly\"")).await;
    insta::assert_snapshot!(told.sentences(), @r"
    exit 4, refused: revoked_or_rotated_secret by T3
    400: the token endpoint does not accept the client (it says: Client authentication failed)
    → The token endpoint does not accept client standin-ops. 1 job waits for it. Put the current secret in environment variable CLIENT_SECRET and restart apicron.
    ");
    assert_eq!(told.requests("GET", "/v1/usage"), (1, 0));
    told.is_judged_anew_the_same().await;
    let incidents =
        "select credential, verdict, (closed_at is null) || '', probes || '', diagnosis_id || '' from v_incidents";
    let store = told.folder.path().join("apicron.db");
    assert_eq!(rows::rows(&store, incidents).await, [["standin", "revoked_or_rotated_secret", "1", "0", "1"]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn while_a_rotation_is_under_way_the_next_secret_takes_over() {
    let job = usage_job("balance", "").replace("usage:read", "datasets:read").replace("/usage", "/datasets");
    let job = job.replace("metrics = { credits_used = \".credits.used\" }", "");
    let secrets = [("CLIENT_ID", DATA.id), ("CLIENT_SECRET", "the-secret-of-last-year")];
    let text = format!("[credentials.standin.next_client_secret]\nfile = \"next\"\n{job}");
    let next = ("next", DATA.next_secret.expect("a rotation is under way"));
    let told = told_with_file(standin::start().await, secrets, &text, next);
    assert_eq!((told.code, told.run["state"].as_str()), (0, Some("succeeded")), "{}", told.stderr);
    assert_eq!(told.requests("GET", "/v1/datasets"), (2, 1), "the old one and the new one, once each");
    assert!(told.stderr.contains("next_client_secret"), "{}", told.stderr);
}
