//! A caller, a token endpoint and an API, and a job between them.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use axum::response::Response;
use serde_json::json;
use url::Url;
use uuid::Uuid;

use crate::call::request::Making;
use crate::call::{Around, Caller, Forgetful, Halt, Ledger, Made, Performed, http_client};
use crate::filter::{Filter, Template, Variable, Variables};
use crate::job::{Api, Call, CatchUp, Credential, Job, Limits, Method, Metric, Overlap, Redirects, Retry};
use crate::run::{MetricKind, Occasion, Run, RunId, Scopes, Tick, Trigger};
use crate::secret::Environment;
use crate::shutdown::Shutdown;
use crate::token::testing::{Bench, SECRET, Seen, Server, client, credential, json_answer, name, noon, token_reply};

const LONG: Duration = Duration::from_secs(60 * 60);
const RETRY: Retry =
    Retry { attempts: NonZeroU32::MIN.saturating_add(2), backoff: Duration::ZERO, max_backoff: Duration::ZERO };
pub(super) const API_KEY: &str = "canary-api-key";

pub(super) struct Kit {
    pub(super) auth: Server,
    pub(super) bench: Bench,
    pub(super) caller: Caller,
    pub(super) shutdown: Shutdown,
    pub(super) job: Job,
    pub(super) call: Call,
    pub(super) run: Run,
    pub(super) variables: Variables,
    pub(super) body_limit: u64,
    pub(super) page_limit: u64,
    pub(super) item_limit: u64,
    pub(super) halt: Halt,
}

impl Kit {
    /// A job with a credential; three attempts without waits between them.
    pub(super) async fn new(api: &Url) -> Kit {
        Kit::with_tokens(api, |n, _| token_reply(n, 3600)).await
    }

    pub(super) async fn with_tokens(
        api: &Url,
        tokens: impl Fn(usize, &Seen) -> Response + Clone + Send + Sync + 'static,
    ) -> Kit {
        let (auth, bench, shutdown) = (Server::answering(tokens).await, Bench::new(), Shutdown::new());
        let caller = Caller::new(
            http_client().expect("a client"),
            bench.tokens.clone(),
            bench.clock.clone(),
            Environment::fixed([("SECRET", SECRET), ("API_KEY", API_KEY)]),
            bench.redactor.clone(),
            shutdown.clone(),
            Arc::new(Forgetful),
        );
        let job = job(api, Some(credential(client(&auth))));
        let variables = Variables::default();
        Kit {
            auth,
            bench,
            caller,
            shutdown,
            job,
            call: get("/usage"),
            run: run(),
            variables,
            body_limit: 1 << 20,
            page_limit: 10_000,
            item_limit: 100_000,
            halt: Halt::new(),
        }
    }

    /// What a request of the call is made from, for an element or for none.
    pub(super) fn making<'a>(&'a self, element: Option<&'a str>) -> Making<'a> {
        Making {
            job: &self.job,
            run: &self.run,
            variables: &self.variables,
            store_id: Uuid::nil(),
            element,
            environment: &self.caller.environment,
            redactor: &self.caller.redactor,
        }
    }

    pub(super) fn change_api(&mut self, change: impl FnOnce(&mut Api)) {
        change(Arc::make_mut(&mut self.job.api));
    }

    pub(super) fn keep_in(&mut self, ledger: impl Ledger + 'static) {
        self.caller.ledger = Arc::new(ledger);
    }

    pub(super) async fn perform(&self) -> Performed {
        self.caller.perform(&self.job, &self.call, self.around()).await
    }

    pub(super) async fn make(&self) -> Made {
        self.caller.make(&self.job, &self.call, self.around()).await
    }

    fn around(&self) -> Around<'_> {
        Around {
            run: &self.run,
            seq: 0,
            limits: Limits { body: self.body_limit, pages: self.page_limit, items: self.item_limit },
            variables: &self.variables,
            store_id: Uuid::nil(),
            halt: &self.halt,
            over_by: self.job.deadline,
        }
    }

    /// Performs while time passes, a second at a time. How much has passed before an answer comes
    /// depends on the machine: tests look at the time between the end of one attempt and the next.
    pub(super) async fn perform_in_time(&self) -> Performed {
        let mut performed = std::pin::pin!(self.perform());
        loop {
            let step = crate::clock::Clock::system().within(Duration::from_millis(5), &mut performed).await;
            match step {
                Some(performed) => return performed,
                None => self.bench.pass(1),
            }
        }
    }
}

pub(super) fn job(api: &Url, credential: Option<Arc<Credential>>) -> Job {
    Job {
        name: name("credits"),
        description: None,
        schedule: None,
        timezone: chrono_tz::UTC,
        enabled: true,
        scopes: Scopes::parse("usage:read"),
        api: Arc::new(Api {
            name: name("cuadra"),
            base_url: api.join("/v1").expect("a URL"),
            credential,
            headers: Vec::new(),
            rate_limit: None,
            operations: Vec::new(),
        }),
        calls: Vec::new(),
        timeout: LONG,
        deadline: 2 * LONG,
        retry: RETRY,
        overlap: Overlap::Skip,
        catch_up: CatchUp::None,
        catch_up_window: Duration::from_secs(86_400),
        jitter: Duration::ZERO,
        redirects: Redirects::None,
        after: None,
        config_hash: String::new(),
    }
}

pub(super) fn run() -> Run {
    let tick = Tick { job: name("credits"), scheduled_for: noon() };
    Run { id: RunId(7), tick, trigger: Trigger::Schedule, claimed_at: noon(), occasion: Occasion::Tick }
}

pub(super) fn get(path: &str) -> Call {
    Call::new("usage", Method::Get, template(path), LONG, RETRY)
}

pub(super) fn post(path: &str) -> Call {
    Call { method: Method::Post, ..get(path) }
}

pub(super) fn template(text: &str) -> Template {
    Template::compile(text, &[Variable::Run, Variable::Calls, Variable::Each]).expect("a template")
}

pub(super) fn filter(text: &str) -> Filter {
    Filter::compile(text, &[Variable::Run, Variable::Reply, Variable::Calls, Variable::Items]).expect("a filter")
}

pub(super) fn metric(name: &str, value: &str) -> Metric {
    let (name, value) = (name.to_owned(), filter(value));
    Metric { name, value, kind: MetricKind::Gauge, unit: None, limit: None, period: None }
}

/// The bearer of a request.
pub(super) fn bearer(seen: &Seen) -> &str {
    seen.header("authorization").and_then(|value| value.strip_prefix("Bearer ")).unwrap_or("none")
}

pub(super) fn unauthorized() -> Response {
    json_answer(401, &json!({"title": "Unauthorized", "status": 401, "detail": "Invalid or expired token."}))
}

pub(super) fn usage() -> Response {
    json_answer(200, &json!({"credits": {"used": 910, "available": 90}}))
}
