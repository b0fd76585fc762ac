//! Warnings about secrets that are to be replaced.

use std::time::Duration;

use super::place::At;
use super::sheet::Sheet;
use crate::clock::Time;
use crate::job::{Credential, Jobs};

/// Long enough to make a new secret in working hours.
const NOTICE: Duration = Duration::from_hours(14 * 24);

const DAY: Duration = Duration::from_hours(24);

const WHAT_TO_DO: &str = "replace it where it is kept, and write the new day here";

/// Warns of each credential whose secret is older at `now` than it is to become, or soon will be, or is of a day to
/// come.
pub(in crate::config) fn warn(sheets: &[Sheet<'_>], jobs: &Jobs, now: Time) {
    for sheet in sheets {
        let at = sheet.at().key("credentials");
        for credential in jobs.credentials.values().filter(|credential| at.has(credential.name.as_str())) {
            warn_of(&at.key(credential.name.as_str()).key("secret_issued"), credential, now);
        }
    }
}

fn warn_of(at: &At<'_>, credential: &Credential, now: Time) {
    let Some(issued) = credential.secret_issued else { return };
    let days = now.date_naive().signed_duration_since(issued).num_days();
    // Where the secret was issued it may be a day later than in UTC.
    if days < -1 {
        at.warning("future-secret", format!("the secret of `{}` is issued on a day to come", credential.name))
            .label(format!("in {} days", -days))
            .help("write the day on which the secret was made: until then nobody is told of its age")
            .report();
        return;
    }
    let Ok(days) = u64::try_from(days) else { return };
    let age = DAY.saturating_mul(u32::try_from(days).unwrap_or(u32::MAX));
    let longest = credential.rotate_after;
    let about = format!("the secret of `{}` is {} old", credential.name, count(days));
    if age > longest {
        let label = format!("to be replaced after {}", in_words(longest));
        at.warning("old-secret", about).label(label).help(WHAT_TO_DO).report();
    } else if longest - age <= notice(longest) {
        let left = (longest - age).as_secs() / DAY.as_secs();
        let message = format!("{about} and is to be replaced after {}", in_words(longest));
        at.warning("ageing-secret", message).label(format!("{} left", count(left))).help(WHAT_TO_DO).report();
    }
}

/// How long before its end a secret is told of; at most half its life, or one that is short would always be.
fn notice(longest: Duration) -> Duration {
    NOTICE.min(longest / 2)
}

fn in_words(time: Duration) -> String {
    match time.as_secs() % DAY.as_secs() {
        0 => count(time.as_secs() / DAY.as_secs()),
        _ => humantime::format_duration(time).to_string(),
    }
}

fn count(days: u64) -> String {
    format!("{days} {}", if days == 1 { "day" } else { "days" })
}
