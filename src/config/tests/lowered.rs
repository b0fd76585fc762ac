//! What a file without a problem becomes.

use std::time::Duration;

use super::{GOOD, loaded};
use crate::job::{
    Absence, AuthMethod, Body, CatchUp, ClientId, Grant, HeaderText, Heartbeat, Job, JsonBody, Keep, Method,
};
use crate::job::{NextSecret, Overlap, Period, Redirects, TokenBody};
use crate::run::MetricKind;
use crate::secret::Source;

fn job(text: &str) -> Job {
    let loaded = loaded(text);
    loaded.jobs.jobs.values().next().map(|job| Job::clone(job)).expect("a job")
}

fn hours(hours: u64) -> Duration {
    Duration::from_hours(hours)
}

fn days(days: u64) -> Duration {
    hours(24 * days)
}

#[test]
fn what_is_absent_has_its_default() {
    let loaded = loaded(GOOD);
    let settings = &loaded.jobs.settings;
    assert_eq!((settings.concurrency.get(), settings.drain), (64, Duration::from_secs(30)));
    let keep = Keep { runs: days(90), results: days(14), samples: days(400), diagnoses: days(400) };
    assert_eq!((settings.store.keep, settings.limits.body), (keep, 10 << 20));
    assert_eq!(settings.heartbeat, None);
    assert!(settings.store.path.is_absolute() && settings.store.path.ends_with("apicron.db"));
    let job = job(GOOD);
    assert_eq!((job.timezone, job.enabled), (chrono_tz::UTC, true));
    assert_eq!((job.timeout, job.deadline), (Duration::from_secs(30), Duration::from_mins(10)));
    let (attempts, backoff, longest) = (job.retry.attempts.get(), job.retry.backoff, job.retry.max_backoff);
    assert_eq!((attempts, backoff, longest), (4, Duration::from_secs(1), Duration::from_mins(1)));
    assert_eq!((job.overlap, job.catch_up, job.catch_up_window), (Overlap::Skip, CatchUp::Latest, hours(24)));
    assert_eq!((job.jitter, &job.after), (Duration::ZERO, &None));
    let call = &job.calls[0];
    assert_eq!((call.name.as_str(), call.method, call.idempotency_key), ("call1", Method::Get, true));
    assert!(call.expect.accepts(204) && !call.expect.accepts(304));
    let Some(Grant::ClientCredentials(client)) = job.api.credential.as_ref().map(|credential| &credential.grant) else {
        panic!("a client")
    };
    assert_eq!((client.auth_method, client.token_body), (AuthMethod::Basic, TokenBody::Form));
    assert_eq!(client.default_ttl, Duration::from_mins(5));
    assert!(matches!(&client.client_id, ClientId::Text(id) if id == "id"));
    assert_eq!(client.client_secret, Source::Env("SECRET".to_owned()));
    assert_eq!(client.next_client_secret, None);
}

#[test]
fn a_job_wins_over_the_defaults_and_they_over_what_is_built_in() {
    let defaults =
        "[defaults]\ntimezone = \"Europe/Berlin\"\ntimeout = \"5s\"\nretry = { attempts = 2, backoff = \"2s\" }\n";
    let text = format!(
        "{defaults}{}",
        GOOD.replace("api = \"a\"\n", "api = \"a\"\ntimeout = \"7s\"\nretry = { attempts = 1 }\n")
    );
    let job = job(&text);
    assert_eq!((job.timezone, job.timeout), (chrono_tz::Europe::Berlin, Duration::from_secs(7)));
    assert_eq!((job.retry.attempts.get(), job.retry.backoff), (1, Duration::from_secs(2)));
    assert_eq!((job.retry.max_backoff, job.deadline), (Duration::from_mins(1), Duration::from_mins(10)));
}

#[test]
fn what_becomes_of_ticks_is_said_by_the_job_else_by_the_defaults() {
    let defaults = "[defaults]\noverlap = \"queue\"\ncatch_up = \"all\"\ncatch_up_window = \"2h\"\njitter = \"20s\"\n";
    let by_default = job(&format!("{defaults}{GOOD}"));
    assert_eq!((by_default.overlap, by_default.catch_up), (Overlap::Queue, CatchUp::All));
    assert_eq!((by_default.catch_up_window, by_default.jitter), (hours(2), Duration::from_secs(20)));
    let keys = "api = \"a\"\noverlap = \"allow\"\ncatch_up = \"none\"\ncatch_up_window = \"1h\"\njitter = \"0s\"\n";
    let by_itself = job(&format!("{defaults}{}", GOOD.replace("api = \"a\"\n", keys)));
    assert_eq!((by_itself.overlap, by_itself.catch_up), (Overlap::Allow, CatchUp::None));
    assert_eq!((by_itself.catch_up_window, by_itself.jitter), (hours(1), Duration::ZERO));
}

#[test]
fn redirects_are_followed_where_the_job_or_the_defaults_say_so_and_api_goes_by_the_defaults() {
    let defaults = "[defaults]\nredirects = \"same-origin\"\n";
    assert_eq!(job(GOOD).redirects, Redirects::None);
    assert_eq!(job(&format!("{defaults}{GOOD}")).redirects, Redirects::SameOrigin);
    let own = GOOD.replace("api = \"a\"\n", "api = \"a\"\nredirects = \"none\"\n");
    assert_eq!(job(&format!("{defaults}{own}")).redirects, Redirects::None);
    let settings = |text: &str| loaded(text).jobs.settings.redirects;
    assert_eq!(settings(&format!("{defaults}{own}")), Redirects::SameOrigin);
    assert_eq!(settings(&own.replace("none", "same-origin")), Redirects::None);
}

#[test]
fn a_job_may_come_after_another_wherever_that_stands() {
    let text = format!("[jobs.a-first]\nafter = \"x\"\napi = \"a\"\ncalls = [{{ get = \"/\" }}]\n{GOOD}");
    assert_eq!(job(&text).after.as_ref().map(crate::run::Name::as_str), Some("x"));
}

#[test]
fn the_store_keeps_as_long_as_the_file_says_and_the_heartbeat_goes_where_it_says() {
    let keep = "[store]\nkeep_runs = \"1d\"\nkeep_results = \"2d\"\nkeep_samples = \"3d\"\nkeep_diagnoses = \"4d\"\n";
    let settings =
        loaded(&format!("{keep}[heartbeat]\nurl = {{ env = \"SECRET\" }}\nevery = \"2m\"\n{GOOD}")).jobs.settings;
    let expected = Keep { runs: days(1), results: days(2), samples: days(3), diagnoses: days(4) };
    assert_eq!(settings.store.keep, expected);
    let url = Source::Env("SECRET".to_owned());
    assert_eq!(settings.heartbeat, Some(Heartbeat { url: url.clone(), every: Duration::from_mins(2) }));
    let settings = loaded(&format!("[heartbeat]\nurl = {{ env = \"SECRET\" }}\n{GOOD}")).jobs.settings;
    assert_eq!(settings.heartbeat, Some(Heartbeat { url, every: Duration::from_mins(1) }));
}

#[test]
fn a_call_has_all_that_its_table_says_in_the_order_of_the_file() {
    let text = GOOD.replace("get = \"/usage\"\n", r#"name = "snap"
post = "/datasets/{{ $run.id }}/snapshots"
query = { z = "1", a = 2, list = ["x", true] }
headers = { Accept = "application/json", X-Key = { file = "key" } }
json = { notes = "nightly {{ $run.now }}", at = 2026-01-02T03:04:05Z, n = [1, 2.5, false], b = {} }
idempotency_key = false
metrics = { version = ".version", used = { value = ".used", kind = "counter", unit = "B", limit = ".limit", period = { start = ".s", end = ".e" } } }
expect = { status = [200, 201], that = ".version > 0" }
"#);
    let job = job(&text);
    let call = &job.calls[0];
    assert_eq!((call.name.as_str(), call.method, call.idempotency_key), ("snap", Method::Post, false));
    assert_eq!(call.path.text(), "/datasets/{{ $run.id }}/snapshots");
    let query: Vec<(&str, &str)> = call.query.iter().map(|(name, value)| (name.as_str(), value.text())).collect();
    assert_eq!(query, [("z", "1"), ("a", "2"), ("list", "x"), ("list", "true")]);
    assert!(matches!(&call.headers[1].value, HeaderText::Secret(Source::File(path)) if path.is_absolute()));
    let Some(Body::Json(JsonBody::Object(members))) = &call.body else { panic!("an object") };
    let keys: Vec<&str> = members.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(keys, ["notes", "at", "n", "b"]);
    assert!(matches!(&members[1].1, JsonBody::Text(text) if text.text() == "2026-01-02T03:04:05Z"));
    assert!(matches!(&members[2].1, JsonBody::Array(elements) if elements.len() == 3));
    let used = call.metrics.iter().find(|metric| metric.name == "used").expect("the metric");
    assert_eq!((used.kind, used.unit.as_deref()), (MetricKind::Counter, Some("B")));
    assert_eq!(used.limit.as_ref().map(crate::filter::Filter::text), Some(".limit"));
    assert!(matches!(&used.period, Some(Period::Reported { end, .. }) if end.text() == ".e"));
    assert!(call.expect.accepts(201) && !call.expect.accepts(204) && call.expect.that.is_some());
}

#[test]
fn the_path_of_a_base_url_has_no_slash_at_its_end() {
    let url = |text: &str| job(&GOOD.replace("https://api.example.com/v1", text)).api.base_url.to_string();
    assert_eq!(url("https://api.example.com/v1/"), "https://api.example.com/v1");
    assert_eq!(url("http://localhost:80"), "http://localhost/");
}

#[test]
fn a_job_without_a_schedule_and_an_api_without_a_credential_are_right() {
    let text = "[apis.a]\nbase_url = \"https://api.example.com\"\n[jobs.x]\napi = \"a\"\n[[jobs.x.calls]]\nget = \"/\"\nheaders = { Authorization = { env = \"SECRET\" } }\n";
    let job = job(text);
    assert!(job.schedule.is_none() && job.api.credential.is_none() && job.scopes.is_empty());
}

#[test]
fn a_next_secret_is_needed_unless_the_file_says_that_it_is_optional() {
    for (optional, expected) in
        [("", Absence::Problem), (", optional = false", Absence::Problem), (", optional = true", Absence::Allowed)]
    {
        let next = format!("next_client_secret = {{ env = \"NEXT\"{optional} }}\nclient_id =");
        let loaded = loaded(&GOOD.replace("client_id =", &next));
        let credential = loaded.jobs.credentials.values().next().expect("a credential");
        let Grant::ClientCredentials(client) = &credential.grant else { panic!("a client") };
        let NextSecret { source, absence } = client.next_client_secret.clone().expect("a next secret");
        assert_eq!((source, absence), (Source::Env("NEXT".to_owned()), expected), "{optional}");
    }
}

#[test]
fn a_credential_may_be_a_bearer_that_something_else_renews() {
    let text = GOOD.replace(
        "token_url = \"https://auth.example.com/token\"\nclient_id = \"id\"\nclient_secret = { env = \"SECRET\" }",
        "bearer = { file = \"x.env\", key = \"TOKEN\" }",
    );
    let loaded = loaded(&text);
    let credential = loaded.jobs.credentials.values().next().expect("a credential");
    let Grant::Bearer(Source::EnvFile { path, key }) = &credential.grant else { panic!("a bearer") };
    assert!(path.ends_with("x.env") && key == "TOKEN");
}
