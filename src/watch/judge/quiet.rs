//! What does not come: `idle`, `stale`.

use std::time::Duration;

use super::{Asked, Series, series_name};
use crate::clock::Time;
use crate::job::Stale;
use crate::watch::standing::{Finding, Holds};
use crate::watch::words::duration;

pub(super) fn idle(asked: &Asked<'_>, series: &Series<'_>, idle: Duration) -> Finding {
    let (None, Some((used_at, latest))) = (asked.unknown(series), series.track.used_at().zip(series.track.latest()))
    else {
        return asked.finding(Holds::Unknown, asked.unknown(series).unwrap_or_default());
    };
    let quiet = between(used_at, latest.at);
    let name = series_name(series.metric, series.label);
    let reason = format!("{name}: nothing was used for {}", duration(quiet));
    asked.finding(holds(quiet, idle), reason).measured(quiet.as_secs_f64(), idle.as_secs_f64())
}

pub(super) fn stale(asked: &Asked<'_>, series: &Series<'_>, stale: Stale) -> Finding {
    let name = series_name(series.metric, series.label);
    let latest = series.track.latest();
    let silence = between(latest.map_or(series.watched_since, |latest| latest.at), asked.now);
    if let Some(silent) = stale.silent {
        let (holds, reason) = match (holds(silence, silent), latest) {
            (holds, Some(_)) => (holds, format!("{name} was last read {} ago", duration(silence))),
            (Holds::Yes, None) => (Holds::Yes, format!("{name} was never read in {}", duration(silence))),
            (_, None) => (Holds::Unknown, format!("{name} was not read yet")),
        };
        if holds != Holds::No || stale.same.is_none() {
            return asked.finding(holds, reason).measured(silence.as_secs_f64(), silent.as_secs_f64());
        }
    }
    let (Some(same), None, Some((since, latest))) =
        (stale.same, asked.unknown(series), series.track.same_since().zip(latest))
    else {
        return asked.finding(Holds::Unknown, asked.unknown(series).unwrap_or_default());
    };
    let unchanged = between(since, latest.at);
    let reason = format!("{name} is read, and has been {} for {}", latest.value, duration(unchanged));
    asked.finding(holds(unchanged, same), reason).measured(unchanged.as_secs_f64(), same.as_secs_f64())
}

fn holds(time: Duration, threshold: Duration) -> Holds {
    if time >= threshold { Holds::Yes } else { Holds::No }
}

fn between(from: Time, to: Time) -> Duration {
    (to - from).to_std().unwrap_or_default()
}
