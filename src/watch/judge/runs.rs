//! What runs come to: `failures`, `missed`, `slower_than`, `refused`.

use std::num::NonZeroU32;
use std::time::Duration;

use super::levels::Bad;
use super::{Asked, Credential, Secret};
use crate::clock::{Time, add, subtract};
use crate::job::RunRule;
use crate::run::RunState;
use crate::watch::runs::{Ended, Runs};
use crate::watch::standing::{Finding, Holds};
use crate::watch::words::{duration, moment};

const DAY: Duration = Duration::from_secs(86_400);

/// The steps of `refused` by a credential.
const INCIDENT: &str = "incident";
const SECRET: &str = "secret";

pub(super) fn of_job(asked: &Asked<'_>, rule: RunRule, runs: &Runs) -> Finding {
    match rule {
        RunRule::Failures(most) => failures(asked, runs, most),
        RunRule::Missed => missed(asked, runs),
        RunRule::SlowerThan(limit) => slower(asked, runs, limit),
        RunRule::Refused => refused(asked, runs),
    }
}

fn failures(asked: &Asked<'_>, runs: &Runs, most: NonZeroU32) -> Finding {
    let Some(last) = runs.last() else { return no_run_yet(asked) };
    let (failures, most) = (runs.failures(), most.get());
    let reason = match failures {
        0 => "the last run succeeded".to_owned(),
        1 => format!("the last run {}{}", last.state, why(last)),
        _ => format!("{failures} runs in a row did not succeed; the last one {}{}", last.state, why(last)),
    };
    let holds = if failures >= most { Holds::Yes } else { Holds::No };
    asked.finding(holds, reason).measured(failures.into(), most.into()).read(last.finished_at)
}

fn missed(asked: &Asked<'_>, runs: &Runs) -> Finding {
    let Some((ticks, reason)) = runs.missed_ticks() else {
        return asked.finding(Holds::No, "no tick was missed since the last run".to_owned());
    };
    let reason = match ticks.ticks {
        1 => format!("a tick was missed: {reason}"),
        many => format!("{many} ticks were missed: {reason}"),
    };
    #[expect(clippy::cast_precision_loss, reason = "a number of ticks")]
    let value = ticks.ticks as f64;
    asked.finding(Holds::Yes, reason).measured(value, 1.0).read(ticks.last)
}

/// The run under way counts as soon as it takes too long, and the last one otherwise.
fn slower(asked: &Asked<'_>, runs: &Runs, limit: Duration) -> Finding {
    let between = |started: Time, until: Time| (until - started).to_std().unwrap_or_default();
    let running =
        runs.running_since().map(|started| (started, between(started, asked.now), "the run under way has taken"));
    let running = running.filter(|(_, took, _)| *took > limit);
    let last = || {
        let (started, finished) = runs.last().and_then(|last| Some((last.started_at?, last.finished_at)))?;
        Some((started, between(started, finished), "the last run took"))
    };
    let Some((started, took, which)) = running.or_else(last) else { return no_run_yet(asked) };
    let holds = asked.passes("", Bad::Over, took.as_secs_f64(), limit.as_secs_f64());
    let reason = format!("{which} {}; more than {} is too slow", duration(took), duration(limit));
    asked.finding(holds, reason).measured(took.as_secs_f64(), limit.as_secs_f64()).read(started)
}

fn refused(asked: &Asked<'_>, runs: &Runs) -> Finding {
    let Some(last) = runs.last() else { return no_run_yet(asked) };
    if last.state != RunState::Refused {
        return asked.finding(Holds::No, "the last run was not refused".to_owned()).read(last.finished_at);
    }
    let remedy = last.remedy.as_ref().map(|remedy| format!("; what to do: {remedy}")).unwrap_or_default();
    let reason = format!("the last run was refused{}{remedy}", why(last));
    asked.finding(Holds::Yes, reason).read(last.finished_at)
}

/// An incident, and a secret that will soon be too old.
pub(super) fn of_credential(asked: &Asked<'_>, credential: &Credential<'_>) -> Vec<Finding> {
    let of = |step: &str, holds, reason| asked.step(step.to_owned(), asked.alert.severity, holds, reason);
    let name = credential.name;
    let incident = match credential.incident {
        Some(incident) => {
            let waiting = incident.waiting_jobs;
            let wait = if waiting == 1 { "1 job waits".to_owned() } else { format!("{waiting} jobs wait") };
            let (summary, remedy) = (&incident.summary, &incident.remedy);
            let reason = format!("credential `{name}` is refused, and {wait} for it: {summary}; what to do: {remedy}");
            of(INCIDENT, Holds::Yes, reason).read(incident.opened_at)
        }
        None => of(INCIDENT, Holds::No, format!("credential `{name}` is not refused")),
    };
    let secret = credential.secret.map(|secret| {
        let Secret { issued, rotate_after } = secret;
        let rotate_at = add(issued, rotate_after);
        let is_near = asked.now >= subtract(rotate_at, lead(rotate_after));
        let left = (rotate_at - asked.now).to_std().ok();
        let age = match left {
            Some(left) => format!("is to be rotated in {}, by {}", duration(left), moment(rotate_at, credential.zone)),
            None => format!("was to be rotated by {}", moment(rotate_at, credential.zone)),
        };
        let holds = if is_near { Holds::Yes } else { Holds::No };
        let left = left.unwrap_or_default().as_secs_f64();
        of(SECRET, holds, format!("the secret of credential `{name}` {age}"))
            .measured(left, lead(rotate_after).as_secs_f64())
    });
    [incident].into_iter().chain(secret).collect()
}

/// How long before its time a secret is told of: the last tenth of its life, and at least a day.
fn lead(rotate_after: Duration) -> Duration {
    (rotate_after / 10).max(DAY)
}

fn why(last: &Ended) -> String {
    last.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default()
}

fn no_run_yet(asked: &Asked<'_>) -> Finding {
    asked.finding(Holds::Unknown, "there was no run yet".to_owned())
}

impl Finding {
    fn read(self, at: Time) -> Finding {
        Finding { reading: Some(at), ..self }
    }
}
