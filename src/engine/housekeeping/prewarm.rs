//! Tokens for the ticks of the next minute, fetched ahead: when a hundred jobs are due at once, none of
//! them waits for a token.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DurationRound, TimeDelta};
use futures_util::future::join_all;

use super::super::Engine;
use crate::clock::{Time, add, subtract};
use crate::job::{Credential, Jobs};
use crate::run::{Name, Scopes};
use crate::schedule::{self, MILLISECOND};

const MINUTE: Duration = Duration::from_secs(60);

type Needed = BTreeMap<(Name, Scopes), Arc<Credential>>;

impl Engine {
    /// Fetches the tokens that the ticks of the next minute need. A failure is the run's to report.
    pub(super) async fn prewarm(&self) {
        let mut needed = needed(&self.jobs(), self.0.clock.now());
        needed.retain(|(credential, _), _| !self.is_refused(credential));
        join_all(needed.iter().map(async |((name, scopes), credential)| {
            if let Err(failure) = self.0.tokens.have_ready(credential, scopes).await {
                tracing::debug!("no token of `{name}` could be had ahead: {failure}");
            }
        }))
        .await;
    }
}

/// What the ticks of the minute after that of `now` need.
fn needed(jobs: &Jobs, now: Time) -> Needed {
    let begin = add(now.duration_trunc(TimeDelta::minutes(1)).unwrap_or(now), MINUTE);
    let (after, until) = (subtract(begin, MILLISECOND), subtract(add(begin, MINUTE), MILLISECOND));
    let due = jobs.jobs.values().filter(|job| schedule::ticks_between(job, after, until).next().is_some());
    due.filter_map(|job| {
        let credential = job.api.credential.as_ref()?;
        Some(((credential.name.clone(), job.scopes.clone()), Arc::clone(credential)))
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::{Api, Grant, Job};
    use crate::schedule::support::{job, jobs, time};
    use crate::secret::Source;
    use chrono_tz::Tz;

    fn with_credential(name: &str, schedule: &str, scopes: &str) -> Job {
        let job = job(name, schedule, Tz::UTC);
        let grant = Grant::Bearer(Source::Env("TOKEN".to_owned()));
        let credential = Credential::new(Name::new("c").expect("a name"), grant);
        let api = Api { credential: Some(Arc::new(credential)), ..job.api.as_ref().clone() };
        Job { api: Arc::new(api), scopes: Scopes::parse(scopes), ..job }
    }

    #[test]
    fn only_the_ticks_of_the_next_minute_count_and_each_credential_with_its_scopes_once() {
        let jobs = jobs([
            with_credential("a", "0 13 * * *", "usage:read"),
            with_credential("b", "0 13 * * *", "usage:read"),
            with_credential("c", "59 0 13 * * *", "usage:write"),
            with_credential("later", "1 13 * * *", "files:read"),
            with_credential("now", "59 12 * * *", "files:write"),
            job("none", "0 13 * * *", Tz::UTC),
        ]);
        let needed = needed(&jobs, time("2026-11-24T12:59:45.250Z"));
        let scopes: Vec<String> = needed.keys().map(|(_, scopes)| scopes.to_string()).collect();
        assert_eq!(scopes, ["usage:read", "usage:write"]);
    }
}
