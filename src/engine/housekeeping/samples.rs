//! Credentials, watched also while no token comes.

use super::super::{Engine, credentials};

impl Engine {
    /// Notes how long the tokens that are held live on, and how old the secrets are.
    pub(super) fn sample_credentials(&self) {
        let (held, at) = (self.0.tokens.held(), self.0.clock.now());
        self.0.store.samples(credentials::now(&self.jobs(), &held, at));
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;
    use std::sync::Arc;

    use serde_json::{Map, Value, json};

    use crate::clock::Clock;
    use crate::engine::{Engine, Parts, Unobserved};
    use crate::job::{Credential, Grant, Jobs};
    use crate::run::{Name, Scopes};
    use crate::schedule::support::{jobs, time};
    use crate::secret::{Environment, Redactor, Source};
    use crate::shutdown::Shutdown;
    use crate::store::{Access, Store, StoreError, Table};
    use crate::token::testing::jwt;

    /// The credential `session`: a fixed bearer.
    fn session() -> Arc<Credential> {
        let grant = Grant::Bearer(Source::Env("SESSION".to_owned()));
        let plain = Credential::new(Name::new("session").expect("a name"), grant);
        Arc::new(Credential { secret_issued: Some("2026-11-01".parse().expect("a day")), ..plain })
    }

    #[tokio::test]
    async fn a_fixed_bearer_that_a_job_used_and_its_age_are_sampled_though_no_token_comes() {
        let folder = tempfile::tempdir().expect("a folder");
        let noon = time("2026-11-24T12:00:00Z");
        let (clock, _hands) = Clock::manual(noon);
        let store = Store::open(&folder.path().join("apicron.db"), Access::Write, &clock).await.expect("a store");
        let session = session();
        let parts = Parts {
            jobs: Jobs { credentials: [(session.name.clone(), Arc::clone(&session))].into(), ..jobs([]) },
            store: store.clone(),
            environment: Environment::fixed([("SESSION", jwt(&json!({"exp": noon.timestamp() + 600})))]),
            redactor: Redactor::new(),
            clock,
            shutdown: Shutdown::new(),
            concurrency: NonZeroUsize::MIN,
        };
        let engine = Engine::new(parts, Arc::new(Unobserved)).expect("an engine");
        engine.0.tokens.bearer(&session, &Scopes::parse("usage:read")).await.expect("a bearer");
        engine.sample_credentials();
        store.flush().await.expect("written");
        let (left, age) = ("credential.session.seconds_left", "credential.session.secret_age_days");
        assert_eq!(exported(&store).await, [json!([left, "usage:read", 600, null]), json!([age, "", 23, null])]);
    }

    /// Metric, label, value and run of each sample.
    async fn exported(store: &Store) -> Vec<Value> {
        let mut rows = Vec::new();
        let each = |row: Map<String, Value>| {
            rows.push(["metric", "label", "value", "run_id"].map(|column| row[column].clone()).to_vec().into());
            Ok::<(), StoreError>(())
        };
        store.export(Table::Samples, each).await.expect("rows");
        rows
    }
}
