//! The address that is called while all is well.

use std::time::Duration;

use apicron::job::Heartbeat;
use apicron::secret::Source;

use super::driven::Place;
use crate::support::eventually::eventually;
use crate::support::jobs::usage_job;
use crate::support::standin;

#[tokio::test(flavor = "multi_thread")]
async fn the_heartbeat_is_called_while_the_lease_holds() {
    let (standin, place) = (standin::start().await, Place::at("2026-11-24T12:00:00Z"));
    let address = place.folder.path().join("heartbeat");
    std::fs::write(&address, format!("{}/heartbeat/canary", standin.url())).expect("written");
    let mut jobs = place.jobs(&usage_job("job", "schedule = \"@hourly\""), &standin);
    jobs.settings.heartbeat = Some(Heartbeat { url: Source::File(address), every: Duration::from_secs(10) });
    let serving = place.serve_jobs(jobs).await;
    let pinged = async || standin.counts().of("GET", "/heartbeat/canary");
    eventually("a ping", pinged, |&pings| pings == 1).await;
    // By its own clock: no second ping comes before ten seconds have passed there.
    let in_time = async || {
        serving.hands.advance(Duration::from_millis(100));
        pinged().await
    };
    eventually("another ping", in_time, |&pings| pings >= 2).await;
    serving.stop().await;
}
