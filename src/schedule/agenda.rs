//! What is due next, over all jobs.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::stretch::{MissedStretch, missed};
use super::{MILLISECOND, newest_ticks, next_after, pattern, tick};
use crate::clock::{Time, subtract};
use crate::cron::Pattern;
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

    /// Takes note of ticks later than its beginning that came before: the clock was set back while nothing
    /// ran. Each job has the furthest. It goes on as after [`Agenda::set_back`].
    pub fn came_ahead(&mut self, furthest: &BTreeMap<Name, Time>) {
        let next = std::mem::take(&mut self.next);
        for ((at, name), job) in next {
            let ahead = furthest.get(&name).copied().filter(|ahead| *ahead >= at);
            let is_interval = pattern(&job).is_some_and(Pattern::is_interval);
            match ahead {
                Some(ahead) if is_interval => {
                    self.again.insert(name, ahead);
                    self.put(&job, Some(at));
                }
                Some(ahead) => {
                    self.came(&name, ahead);
                    self.put(&job, next_after(&job, ahead));
                }
                None => self.put(&job, Some(at)),
            }
        }
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
