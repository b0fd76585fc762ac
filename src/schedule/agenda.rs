//! What is due next, over all jobs.

use std::collections::{BTreeMap, VecDeque};
use std::iter;
use std::sync::Arc;
use std::time::Duration;

use super::stretch::{MissedStretch, missed};
use super::{next_after, pattern, tick};
use crate::clock::{Time, add, subtract};
use crate::job::{Job, Jobs};
use crate::run::{Name, Tick};

/// How many ticks of one job [`Agenda::take_due`] gives singly. Of more, as after a long suspend,
/// the older ones are told as one stretch.
pub const MOST_DUE_AT_ONCE: usize = 1_000;

/// The next tick of each enabled job that has a schedule, soonest first.
///
/// It only ever moves forward: a clock that is set back makes no tick come twice.
#[derive(Clone, Debug, Default)]
pub struct Agenda {
    /// By time, then by name, so that what is due together comes in a fixed order.
    next: BTreeMap<(Time, Name), Arc<Job>>,
}

/// What has come due.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Due {
    /// Oldest first; ticks of one instant by the name of their job.
    pub ticks: Vec<Tick>,
    /// Ticks that were too many to give singly, older than those of the same job in `ticks`.
    pub missed: Vec<(Name, MissedStretch)>,
}

impl Agenda {
    /// The agenda of all enabled jobs with a schedule, each at its first tick after `after`.
    pub fn new(jobs: &Jobs, after: Time) -> Agenda {
        let mut agenda = Agenda::default();
        for job in jobs.jobs.values() {
            agenda.put(job, next_after(job, after));
        }
        agenda
    }

    /// When the next tick is due; `None` when none ever is.
    pub fn next_due(&self) -> Option<Time> {
        self.next.first_key_value().map(|((at, _), _)| *at)
    }

    /// Takes every tick with `scheduled_for` not after `now`, and moves its job past `now`.
    pub fn take_due(&mut self, now: Time) -> Due {
        let mut due = Due::default();
        while let Some(first) = self.next.first_entry().filter(|first| first.key().0 <= now) {
            let ((at, name), job) = first.remove_entry();
            let (ticks, stretch, next) = due_of(&job, at, now);
            due.ticks.extend(ticks);
            due.missed.extend(stretch.map(|stretch| (name, stretch)));
            self.put(&job, next);
        }
        due.ticks.sort_by(|one, other| (one.scheduled_for, &one.job).cmp(&(other.scheduled_for, &other.job)));
        due
    }

    fn put(&mut self, job: &Arc<Job>, next: Option<Time>) {
        if let Some(at) = next {
            self.next.insert((at, job.name.clone()), Arc::clone(job));
        }
    }
}

/// The ticks of one job from `first` up to and with `now`, what was too much of them, and the
/// next tick after `now`.
fn due_of(job: &Job, first: Time, now: Time) -> (Vec<Tick>, Option<MissedStretch>, Option<Time>) {
    let mut times = vec![first];
    let mut next = next_after(job, first);
    while let Some(at) = next.filter(|next| *next <= now) {
        if times.len() == MOST_DUE_AT_ONCE {
            return newest_due_of(job, first, now);
        }
        times.push(at);
        next = next_after(job, at);
    }
    (times.into_iter().map(|at| tick(job, at)).collect(), None, next)
}

fn newest_due_of(job: &Job, first: Time, now: Time) -> (Vec<Tick>, Option<MissedStretch>, Option<Time>) {
    let last = |before: Time| Some(pattern(job)?.last_before(before, job.timezone)?.at);
    let newest: VecDeque<Time> = iter::successors(last(add(now, MILLISECOND)), |at| last(*at))
        .take(MOST_DUE_AT_ONCE)
        .fold(VecDeque::new(), |mut newest, at| {
            newest.push_front(at);
            newest
        });
    let before_newest = newest.front().map_or(now, |oldest| subtract(*oldest, MILLISECOND));
    let older = missed(job, subtract(first, MILLISECOND), before_newest);
    (newest.into_iter().map(|at| tick(job, at)).collect(), older, next_after(job, now))
}

/// The finest difference between two times.
const MILLISECOND: Duration = Duration::from_millis(1);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schedule::support::{job, jobs, time};
    use chrono_tz::Tz;

    fn shown(due: &Due) -> Vec<String> {
        due.ticks.iter().map(|tick| format!("{} {}", tick.scheduled_for.format("%H:%M"), tick.job)).collect()
    }

    #[test]
    fn ticks_come_once_oldest_first_and_by_name_when_together() {
        let jobs = jobs([
            job("quarterly", "*/15 * * * *", Tz::UTC),
            job("hourly", "@hourly", Tz::UTC),
            job("berlin", "0 14 * * *", Tz::Europe__Berlin),
        ]);
        let mut agenda = Agenda::new(&jobs, time("2026-11-24T12:30:00Z"));
        assert_eq!(agenda.next_due(), Some(time("2026-11-24T12:45:00Z")));
        let due = agenda.take_due(time("2026-11-24T13:15:00Z"));
        assert_eq!(
            shown(&due),
            ["12:45 quarterly", "13:00 berlin", "13:00 hourly", "13:00 quarterly", "13:15 quarterly",]
        );
        assert_eq!(agenda.take_due(time("2026-11-24T13:15:00Z")), Due::default());
        assert_eq!(agenda.next_due(), Some(time("2026-11-24T13:30:00Z")));
    }

    #[test]
    fn nothing_comes_twice_when_the_clock_is_set_back() {
        let mut agenda = Agenda::new(&jobs([job("hourly", "@hourly", Tz::UTC)]), time("2026-11-24T12:30:00Z"));
        assert_eq!(agenda.take_due(time("2026-11-24T13:00:00Z")).ticks.len(), 1);
        assert_eq!(agenda.take_due(time("2026-11-24T12:59:00Z")), Due::default());
        assert_eq!(agenda.take_due(time("2026-11-24T13:00:00Z")), Due::default());
    }

    #[test]
    fn jobs_without_ticks_are_not_on_the_agenda() {
        let mut manual = job("manual", "@hourly", Tz::UTC);
        manual.schedule = None;
        let mut disabled = job("disabled", "@hourly", Tz::UTC);
        disabled.enabled = false;
        assert_eq!(Agenda::new(&jobs([manual, disabled]), time("2026-11-24T12:00:00Z")).next_due(), None);
    }

    #[test]
    fn of_more_than_a_thousand_ticks_the_older_ones_are_one_stretch() {
        let start = time("2026-11-24T12:00:00Z");
        for text in ["@every 1s", "* * * * * *"] {
            let mut agenda = Agenda::new(&jobs([job("often", text, Tz::UTC)]), start);
            let now = add(start, Duration::from_secs(365 * 86_400));
            let due = agenda.take_due(now);
            assert_eq!(due.ticks.len(), 1_000, "{text}");
            assert_eq!(due.ticks.last().map(|tick| tick.scheduled_for), Some(now), "{text}");
            let [(name, stretch)] = due.missed.as_slice() else { panic!("{text}: {:?}", due.missed) };
            assert_eq!(name.as_str(), "often");
            assert_eq!(stretch.first, add(start, Duration::from_secs(1)), "{text}");
            assert_eq!(add(stretch.last, Duration::from_secs(1)), due.ticks[0].scheduled_for, "{text}");
            assert_eq!(stretch.count, 365 * 86_400 - 1_000, "{text}");
            assert_eq!(agenda.next_due(), Some(add(now, Duration::from_secs(1))), "{text}");
        }
    }

    #[test]
    fn a_thousand_ticks_are_given_singly() {
        let start = time("2026-11-24T12:00:00Z");
        let mut agenda = Agenda::new(&jobs([job("often", "@every 1s", Tz::UTC)]), start);
        let due = agenda.take_due(add(start, Duration::from_secs(1_000)));
        assert_eq!((due.ticks.len(), due.missed.len()), (1_000, 0));
    }

    #[test]
    fn ten_thousand_jobs_due_together_are_taken_together() {
        let many = (0..10_000).map(|n| job(&format!("job-{n}"), "0 5 * * *", Tz::Europe__Berlin));
        let mut agenda = Agenda::new(&jobs(many), time("2026-11-24T00:00:00Z"));
        assert_eq!(agenda.take_due(time("2026-11-24T03:59:59.999Z")), Due::default());
        assert_eq!(agenda.take_due(time("2026-11-24T04:00:00Z")).ticks.len(), 10_000);
        assert_eq!(agenda.next_due(), Some(time("2026-11-25T04:00:00Z")));
    }
}
