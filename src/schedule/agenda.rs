//! What is due next, over all jobs.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::stretch::{MissedStretch, missed};
use super::{MILLISECOND, newest_ticks, next_after, pattern, tick};
use crate::clock::{Time, subtract};
use crate::job::{Job, Jobs};
use crate::run::{Name, Tick};

/// How many ticks of one job [`Agenda::take_due`] gives singly. Of more, as after a long suspend,
/// the older ones are told as one stretch.
pub const MOST_DUE_AT_ONCE: usize = 1_000;

/// The next tick of each enabled job that has a schedule, soonest first.
///
/// It only ever moves forward, but for [`Agenda::set_back`].
#[derive(Clone, Debug, Default)]
pub struct Agenda {
    /// By time, then by name, so that what is due together comes in a fixed order.
    next: BTreeMap<(Time, Name), Arc<Job>>,
    /// Jobs whose ticks come again because the clock was set back, each with the last such tick.
    again: BTreeMap<Name, Time>,
    /// The furthest tick of each job that came or was stepped over.
    furthest: BTreeMap<Name, Time>,
}

/// What has come due.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Due {
    /// Oldest first; ticks of one instant by the name of their job.
    pub ticks: Vec<Tick>,
    /// Ticks that came before already, until the clock was set back; in the same order.
    pub again: Vec<Tick>,
    /// Ticks that were too many to give singly, older than those of the same job in `ticks`.
    pub missed: Vec<(Name, MissedStretch)>,
}

impl Due {
    /// Whether nothing is due.
    pub fn is_empty(&self) -> bool {
        self.ticks.is_empty() && self.again.is_empty() && self.missed.is_empty()
    }
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

    /// The agenda of another job file. A job whose schedule and zone are as before keeps its next tick;
    /// every other one is at its first tick after `now`.
    pub fn replaced(&self, jobs: &Jobs, now: Time) -> Agenda {
        let kept: BTreeMap<&Name, (Time, &Job)> =
            self.next.iter().map(|((at, name), job)| (name, (*at, job.as_ref()))).collect();
        let mut agenda = Agenda::default();
        for job in jobs.jobs.values() {
            let kept = kept.get(&job.name).filter(|(_, former)| comes_alike(former, job)).map(|(at, _)| *at);
            if kept.is_some() {
                let marks = [(&self.again, &mut agenda.again), (&self.furthest, &mut agenda.furthest)];
                for (former, present) in marks {
                    present.extend(former.get(&job.name).map(|at| (job.name.clone(), *at)));
                }
            }
            agenda.put(job, kept.or_else(|| next_after(job, now)));
        }
        agenda
    }

    /// Takes note that the clock was set back to `to`. Intervals go on at once: their ticks after that
    /// come again. Fixed times come once: those that have not come yet are still to come.
    pub fn set_back(&mut self, to: Time) {
        let next = std::mem::take(&mut self.next);
        for ((at, name), job) in next {
            let Some(pattern) = pattern(&job) else { continue };
            if !pattern.is_interval() {
                let furthest = self.furthest.get(&name).map_or(to, |furthest| to.max(*furthest));
                self.put(&job, next_after(&job, furthest));
                continue;
            }
            let former = pattern.last_before(at, job.timezone).map(|former| former.at);
            match former.filter(|former| *former > to) {
                Some(former) => {
                    let again = self.again.entry(name).or_insert(former);
                    *again = former.max(*again);
                    self.put(&job, next_after(&job, to));
                }
                None => self.put(&job, Some(at)),
            }
        }
    }

    /// Takes note that the clock was set forward past `over`: the ticks up to there did not come in their
    /// time. They are counted, not walked. Those that came before the clock was set back are left out:
    /// each has its row.
    pub fn step_over(&mut self, over: Time) -> Vec<(Name, MissedStretch)> {
        let mut gone = Vec::new();
        while let Some(first) = self.next.first_entry().filter(|first| first.key().0 <= over) {
            let ((at, name), job) = first.remove_entry();
            let before = subtract(at, MILLISECOND);
            let after = self.again.get(&name).map_or(before, |again| before.max(*again));
            self.put(&job, next_after(&job, over));
            if let Some(stretch) = missed(&job, after, over) {
                self.again.remove(&name);
                self.came(&name, stretch.last);
                gone.push((name, stretch));
            }
        }
        gone
    }

    /// Takes every tick with `scheduled_for` not after `now`, and moves its job past `now`.
    pub fn take_due(&mut self, now: Time) -> Due {
        let mut due = Due::default();
        while let Some(first) = self.next.first_entry().filter(|first| first.key().0 <= now) {
            let ((at, name), job) = first.remove_entry();
            let (ticks, stretch, next) = due_of(&job, at, now);
            let again = self.again.get(&name).copied();
            let last = ticks.last().map_or(at, |tick| tick.scheduled_for);
            let (came, fresh) = ticks.into_iter().partition(|tick: &Tick| again >= Some(tick.scheduled_for));
            due.again.extend::<Vec<Tick>>(came);
            due.ticks.extend::<Vec<Tick>>(fresh);
            if again < next {
                self.again.remove(&name);
            }
            self.came(&name, last);
            due.missed.extend(stretch.map(|stretch| (name, stretch)));
            self.put(&job, next);
        }
        for ticks in [&mut due.ticks, &mut due.again] {
            ticks.sort_by(|one, other| (one.scheduled_for, &one.job).cmp(&(other.scheduled_for, &other.job)));
        }
        due
    }

    fn came(&mut self, job: &Name, at: Time) {
        match self.furthest.get_mut(job) {
            Some(furthest) => *furthest = at.max(*furthest),
            None => drop(self.furthest.insert(job.clone(), at)),
        }
    }

    fn put(&mut self, job: &Arc<Job>, next: Option<Time>) {
        if let Some(at) = next {
            self.next.insert((at, job.name.clone()), Arc::clone(job));
        }
    }
}

/// Whether the ticks of two versions of a job are the same.
fn comes_alike(former: &Job, job: &Job) -> bool {
    pattern(former) == pattern(job) && former.timezone == job.timezone
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
    let newest = newest_ticks(job, subtract(first, MILLISECOND), now, MOST_DUE_AT_ONCE);
    let before_newest = newest.front().map_or(now, |oldest| subtract(*oldest, MILLISECOND));
    let older = missed(job, subtract(first, MILLISECOND), before_newest);
    (newest.into_iter().map(|at| tick(job, at)).collect(), older, next_after(job, now))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::clock::add;
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
    fn intervals_go_on_at_once_when_the_clock_is_set_back_and_fixed_times_come_once() {
        let jobs = jobs([job("fixed", "0 13 * * *", Tz::UTC), job("often", "*/20 * * * *", Tz::UTC)]);
        let mut agenda = Agenda::new(&jobs, time("2026-11-24T12:30:00Z"));
        assert_eq!(
            shown(&agenda.take_due(time("2026-11-24T13:05:00Z"))),
            ["12:40 often", "13:00 fixed", "13:00 often"]
        );
        agenda.set_back(time("2026-11-24T12:35:00Z"));
        let due = agenda.take_due(time("2026-11-24T13:25:00Z"));
        assert_eq!(shown(&due), ["13:20 often"]);
        assert_eq!(shown(&Due { ticks: due.again, ..Due::default() }), ["12:40 often", "13:00 often"]);
        assert_eq!(agenda.next_due(), Some(time("2026-11-24T13:40:00Z")));
        assert!(agenda.again.is_empty());
    }

    #[test]
    fn fixed_times_that_have_not_come_yet_come_when_the_clock_is_set_back_before_them() {
        let fixed = jobs([job("fixed", "0 13 * * *", Tz::UTC)]);
        let mut agenda = Agenda::new(&fixed, time("2026-11-24T13:05:00Z"));
        agenda.set_back(time("2026-11-24T12:35:00Z"));
        assert_eq!(shown(&agenda.take_due(time("2026-11-24T13:05:00Z"))), ["13:00 fixed"]);
        agenda.set_back(time("2026-11-24T12:35:00Z"));
        assert_eq!(agenda.next_due(), Some(time("2026-11-25T13:00:00Z")));
        let mut agenda = agenda.replaced(&fixed, time("2026-11-24T12:40:00Z"));
        agenda.set_back(time("2026-11-24T12:35:00Z"));
        assert_eq!(agenda.next_due(), Some(time("2026-11-25T13:00:00Z")));
    }

    #[test]
    fn ticks_that_are_stepped_over_are_one_stretch_of_their_job_and_later_ones_are_due() {
        let mut agenda = Agenda::new(&jobs([job("often", "*/15 * * * *", Tz::UTC)]), time("2026-11-24T12:00:00Z"));
        let stretch =
            MissedStretch { first: time("2026-11-24T12:15:00Z"), last: time("2026-11-24T12:45:00Z"), count: 3 };
        let gone = agenda.step_over(time("2026-11-24T12:59:59Z"));
        assert_eq!(gone, [(Name::new("often").expect("a name"), stretch)]);
        assert_eq!(shown(&agenda.take_due(time("2026-11-24T13:00:01Z"))), ["13:00 often"]);
    }

    #[test]
    fn ticks_that_came_before_the_clock_was_set_back_are_not_stepped_over() {
        let mut agenda = Agenda::new(&jobs([job("often", "@every 15m", Tz::UTC)]), time("2026-11-24T12:00:00Z"));
        assert_eq!(agenda.take_due(time("2026-11-24T12:30:00Z")).ticks.len(), 2);
        agenda.set_back(time("2026-11-24T12:10:00Z"));
        let gone = agenda.step_over(time("2026-11-24T13:00:00Z"));
        let (first, last) = (time("2026-11-24T12:45:00Z"), time("2026-11-24T13:00:00Z"));
        assert_eq!(gone.into_iter().map(|gone| gone.1).collect::<Vec<_>>(), [MissedStretch { first, last, count: 2 }]);
    }

    #[test]
    fn a_night_of_ten_thousand_jobs_that_are_due_each_minute_is_stepped_over_by_counting() {
        let start = time("2026-11-24T22:00:00Z");
        let many = (0..10_000).map(|n| job(&format!("job-{n}"), "* * * * *", Tz::Europe__Berlin));
        let mut agenda = Agenda::new(&jobs(many), start);
        let gone = agenda.step_over(add(start, Duration::from_secs(8 * 3600)));
        assert!(gone.len() == 10_000 && gone.iter().all(|(_, stretch)| stretch.count == 480));
    }

    #[test]
    fn a_clock_that_is_set_back_within_a_pause_between_two_ticks_brings_none_again() {
        let mut agenda = Agenda::new(&jobs([job("hourly", "@every 1h", Tz::UTC)]), time("2026-11-24T12:30:00Z"));
        agenda.set_back(time("2026-11-24T12:10:00Z"));
        let due = agenda.take_due(time("2026-11-24T13:00:00Z"));
        assert_eq!((shown(&due).as_slice(), due.again.len()), (["13:00 hourly".to_owned()].as_slice(), 0));
    }

    #[test]
    fn with_another_file_unchanged_schedules_keep_their_next_tick_and_others_begin_now() {
        let kept = job("kept", "@hourly", Tz::UTC);
        let former = jobs([kept.clone(), job("changed", "@hourly", Tz::UTC), job("removed", "@hourly", Tz::UTC)]);
        let agenda = Agenda::new(&former, time("2026-11-24T12:30:00Z"));
        let kept = Job { description: Some("another".to_owned()), ..kept };
        let now = time("2026-11-24T13:05:00Z");
        let present = jobs([kept, job("changed", "@hourly", Tz::Asia__Kolkata), job("added", "*/30 * * * *", Tz::UTC)]);
        let mut agenda = agenda.replaced(&present, now);
        let due = agenda.take_due(time("2026-11-24T13:30:00Z"));
        assert_eq!(shown(&due), ["13:00 kept", "13:30 added", "13:30 changed"]);
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
