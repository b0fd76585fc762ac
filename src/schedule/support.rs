//! Jobs for tests.

use std::collections::BTreeMap;
use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::Arc;
use std::time::Duration;

use chrono_tz::Tz;

use crate::clock::Time;
use crate::cron::Pattern;
use crate::job::{Api, CatchUp, Job, Jobs, Keep, Limits, Overlap, Redirects, Retry, Settings, StoreSettings};
use crate::run::{Name, Scopes};

const DAY: Duration = Duration::from_secs(86_400);

pub(crate) fn time(text: &str) -> Time {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

pub(crate) fn job(name: &str, schedule: &str, zone: Tz) -> Job {
    Job {
        name: Name::new(name).expect("a name"),
        description: None,
        schedule: Some(Pattern::parse(schedule).expect(schedule)),
        timezone: zone,
        enabled: true,
        scopes: Scopes::default(),
        api: Arc::new(api()),
        calls: Vec::new(),
        timeout: Duration::from_secs(30),
        deadline: Duration::from_secs(600),
        retry: Retry { attempts: NonZeroU32::MIN, backoff: Duration::ZERO, max_backoff: Duration::ZERO },
        overlap: Overlap::Skip,
        catch_up: CatchUp::None,
        catch_up_window: Duration::from_secs(86_400),
        jitter: Duration::ZERO,
        redirects: Redirects::None,
        after: None,
        config_hash: String::new(),
    }
}

pub(crate) fn jobs(jobs: impl IntoIterator<Item = Job>) -> Jobs {
    Jobs {
        file: "/srv/jobs.toml".into(),
        settings: Settings {
            concurrency: NonZeroUsize::MIN,
            drain: Duration::from_secs(30),
            store: StoreSettings {
                path: "apicron.db".into(),
                keep: Keep { runs: DAY, results: DAY, samples: DAY, diagnoses: DAY },
            },
            limits: Limits { body: 1024, pages: 10, items: 10 },
            redirects: Redirects::None,
            heartbeat: None,
        },
        credentials: BTreeMap::new(),
        apis: BTreeMap::new(),
        jobs: jobs.into_iter().map(|job| (job.name.clone(), Arc::new(job))).collect(),
        alerts: BTreeMap::new(),
        channels: BTreeMap::new(),
    }
}

fn api() -> Api {
    Api {
        name: Name::new("api").expect("a name"),
        base_url: "https://api.example.com".parse().expect("a URL"),
        credential: None,
        headers: Vec::new(),
        rate_limit: None,
        operations: Vec::new(),
    }
}
