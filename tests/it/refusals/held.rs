//! One dead secret, one incident.

use std::fmt::Write as _;

use apicron::standin::{Knobs, OPS, Standin};

use crate::line::driven::{Place, Serving};
use crate::support::jobs::{head, usage_job};
use crate::support::standin;

/// So many jobs every five minutes, by a secret in a file.
fn jobs(count: usize, keys: &str) -> String {
    (0..count).fold(String::new(), |mut text, n| {
        let job = usage_job(&format!("job-{n:02}"), &format!("schedule = \"*/5 * * * *\"\n{keys}"));
        write!(text, "{job}").expect("a text takes it");
        text
    })
}

/// Serves jobs whose secret is in the file `secret`, which holds a dead one at first.
async fn serve_dead(standin: &Standin, text: &str) -> Serving {
    let place = Place::at("2026-11-24T12:00:30Z");
    write_secret(&place, "the-secret-of-last-year");
    let head = head(standin).replace("{ env = \"CLIENT_SECRET\" }", "{ file = \"secret\" }");
    let jobs = place.parse(&(head + text));
    place.serve_jobs(jobs).await
}

fn write_secret(place: &Place, secret: &str) {
    std::fs::write(place.folder.path().join("secret"), secret).expect("written");
}

const STATES: &str = "select state, count(*), sum(ticks) from v_runs group by state order by state";

async fn states(serving: &Serving) -> Vec<String> {
    serving.rows(STATES).await
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_jobs_on_a_dead_secret_for_an_hour_are_one_incident_and_run_when_it_is_mended() {
    let standin = standin::start_with(Knobs::default()).await;
    let serving = serve_dead(&standin, &jobs(50, "")).await;
    for minute in 1..=66 {
        serving.advance(60);
        // Each minute is seen, as one that passes is.
        serving.until("the loop to turn", STATES, |seen| minute < 5 || !seen.is_empty()).await;
    }
    let incidents = "select credential, verdict, closed_at is null, probes, waiting_jobs from v_incidents";
    let open = serving.until("three probes", incidents, |seen| seen.iter().any(|row| row.contains(" 3 "))).await;
    assert_eq!(open, ["standin revoked_or_rotated_secret 1 3 50"]);
    let held = serving.until("all ticks to wait", STATES, |seen| seen == &["held 50 650"]).await;
    assert_eq!(held, ["held 50 650"]);
    let counts = standin.counts();
    assert_eq!((counts.of("POST", "/v1/oauth2/token"), counts.of("GET", "/v1/usage")), (4, 0));
    assert_eq!(serving.rows("select count(*) from v_diagnoses").await, ["1"]);

    write_secret(&serving.place, OPS.secret);
    serving.advance(6);
    serving.until("all jobs to run", STATES, |seen| seen.iter().any(|row| row == "succeeded 50 50")).await;
    assert_eq!(states(&serving).await, ["missed 50 600", "succeeded 50 50"]);
    assert_eq!(standin.counts().of("POST", "/v1/oauth2/token"), 5);
    let closed = serving.rows("select closed_at is null, probes, waiting_jobs from v_incidents").await;
    assert_eq!(closed, ["0 4 50"]);
    serving.stop().await;
}
