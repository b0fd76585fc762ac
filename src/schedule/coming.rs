//! What will be due, for people.

use std::collections::BTreeMap;

use chrono_tz::Tz;

use super::pattern;
use crate::clock::Time;
use crate::cron::Occurrence;
use crate::job::Job;
use crate::run::Name;

/// A tick that will be due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coming {
    /// Whose tick it is.
    pub job: Name,
    /// When, and whether a change of offset moved it.
    pub at: Occurrence,
    /// The job's zone.
    pub zone: Tz,
}

/// The next `n` ticks after `after` over the given jobs, soonest first; those of one instant by
/// the name of their job. Fewer only when fewer come at all.
pub fn coming<'a>(jobs: impl Iterator<Item = &'a Job>, after: Time, n: usize) -> Vec<Coming> {
    let next = |job: &Job, after| pattern(job)?.next_after(after, job.timezone);
    let mut queue = BTreeMap::new();
    for job in jobs {
        if let Some(at) = next(job, after) {
            queue.insert((at.at, &job.name), (job, at));
        }
    }
    let mut coming = Vec::new();
    while coming.len() < n
        && let Some((_, (job, at))) = queue.pop_first()
    {
        if let Some(at) = next(job, at.at) {
            queue.insert((at.at, &job.name), (job, at));
        }
        coming.push(Coming { job: job.name.clone(), at, zone: job.timezone });
    }
    coming
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cron::Moved;
    use crate::schedule::support::{job, time};

    #[test]
    fn the_ticks_of_all_jobs_come_in_one_order() {
        let jobs = [job("b", "0 */6 * * *", Tz::UTC), job("a", "0 12 * * *", Tz::UTC)];
        let coming = coming(jobs.iter(), time("2026-11-24T05:00:00Z"), 4);
        let shown: Vec<String> =
            coming.iter().map(|next| format!("{} {}", next.at.at.format("%d %H"), next.job)).collect();
        assert_eq!(shown, ["24 06 b", "24 12 a", "24 12 b", "24 18 b"]);
    }

    #[test]
    fn a_moved_tick_is_marked() {
        let jobs = [job("nightly", "30 2 * * *", Tz::Europe__Berlin)];
        let coming = coming(jobs.iter(), time("2026-03-28T12:00:00Z"), 2);
        let at = |text, moved| Occurrence { at: time(text), moved };
        let expected = [at("2026-03-29T01:00:00Z", Some(Moved::Gap)), at("2026-03-30T00:30:00Z", None)];
        assert_eq!(coming.iter().map(|next| next.at).collect::<Vec<_>>(), expected);
        assert!(coming.iter().all(|next| next.zone == Tz::Europe__Berlin));
    }

    #[test]
    fn jobs_without_ticks_do_not_come() {
        let mut disabled = job("disabled", "@hourly", Tz::UTC);
        disabled.enabled = false;
        assert_eq!(coming([&disabled].into_iter(), time("2026-11-24T05:00:00Z"), 3), []);
        assert_eq!(coming(std::iter::empty(), time("2026-11-24T05:00:00Z"), 3), []);
    }
}
