//! Warnings about secrets that are to be replaced.

use super::place::At;
use super::sheet::Sheet;
use crate::clock::Time;
use crate::job::{Credential, Jobs};

/// Warns of each credential whose secret is older at `now` than it is to become, or of a day to come.
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
    let is_too_old = |age: std::time::Duration| age > credential.rotate_after;
    if !u64::try_from(days).is_ok_and(|days| is_too_old(std::time::Duration::from_hours(24 * days))) {
        return;
    }
    let longest = humantime::format_duration(credential.rotate_after);
    at.warning("old-secret", format!("the secret of `{}` is {days} days old", credential.name))
        .label(format!("to be replaced after {longest}"))
        .help("replace it where it is kept, and write the new day here")
        .report();
}
