//! What has to be kept of a series, so that its alerts can be judged.

use std::time::Duration;

use chrono::TimeDelta;
use chrono_tz::Tz;

use crate::clock::{Time, add};
use crate::cron::Pattern;
use crate::job::{MetricRule, Stale};
use crate::run::MetricKind;

const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(24 * 3_600);

/// Readings further apart than this many polls are a gap; and a reading older than that is old.
const POLLS: u32 = 3;

/// A run itself takes time: no reading is old sooner.
const NEVER_OLD_BEFORE: Duration = Duration::from_secs(60);

/// How old a reading of a job without a schedule may be.
const OLD_WITHOUT_SCHEDULE: Duration = DAY;

/// How far ahead the ticks of a schedule are looked at, and how many at most.
const LOOK_AHEAD: Duration = Duration::from_secs(8 * 24 * 3_600);
const MOST_TICKS: usize = 3_000;

/// The stretch of time over which use is added up before its mean and variance are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bucket {
    /// For periods of a day or two.
    Hour,
    /// For longer ones, and where no period is known.
    Day,
}

impl Bucket {
    /// The bucket for a period.
    pub fn of(period: Option<(Time, Time)>) -> Bucket {
        match period {
            Some((start, end)) if end - start <= TimeDelta::days(2) => Bucket::Hour,
            _ => Bucket::Day,
        }
    }

    /// How long it is.
    pub const fn length(self) -> Duration {
        match self {
            Bucket::Hour => HOUR,
            Bucket::Day => DAY,
        }
    }

    /// The word for one of them.
    pub const fn as_str(self) -> &'static str {
        match self {
            Bucket::Hour => "hour",
            Bucket::Day => "day",
        }
    }
}

/// What has to be kept of a series.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    pub(super) kind: MetricKind,
    pub(super) bucket: Bucket,
    pub(super) poll: Option<Duration>,
    /// Windows of `burn`, each once.
    pub(super) burns: Vec<Duration>,
    /// A reading that is older says nothing of how things stand.
    pub(super) old_after: Duration,
    /// How far back it must be known since when a value is the same, and nothing was used.
    pub(super) quiet: Duration,
}

impl Plan {
    /// The plan for the series of a metric.
    ///
    /// `poll` is the [longest poll](longest_poll) of its job; `None` for one without a schedule. `period` is that of
    /// the newest reading, if there is one. `rules` are those of all alerts on the metric.
    pub fn new<'r>(
        kind: MetricKind,
        poll: Option<Duration>,
        period: Option<(Time, Time)>,
        rules: impl IntoIterator<Item = &'r MetricRule>,
    ) -> Plan {
        let (bucket, old_after) = (Bucket::of(period), old_after(poll));
        let mut plan = Plan { kind, bucket, poll, burns: Vec::new(), old_after, quiet: Duration::ZERO };
        for rule in rules {
            plan.provide_for(rule);
        }
        plan
    }

    fn provide_for(&mut self, rule: &MetricRule) {
        match rule {
            MetricRule::Burn(steps) => {
                for step in steps {
                    if !self.burns.contains(&step.window) {
                        self.burns.push(step.window);
                    }
                }
            }
            MetricRule::Idle(idle) => self.quiet = self.quiet.max(*idle),
            MetricRule::Stale(Stale { silent, same }) => {
                // Whoever says when readings are stale knows it better than the schedule.
                self.old_after = silent.unwrap_or(self.old_after);
                self.quiet = self.quiet.max(same.unwrap_or_default());
            }
            MetricRule::Below(_)
            | MetricRule::Above(_)
            | MetricRule::Percent(_)
            | MetricRule::Runout(_)
            | MetricRule::Forecast(_) => {}
        }
    }

    /// Whether readings are further apart than they should be.
    pub(super) fn is_gap(&self, from: Time, to: Time) -> bool {
        self.poll.is_some_and(|poll| to > add(from, poll.saturating_mul(POLLS)))
    }
}

/// How old what a job reads may be, if nobody says otherwise: three of its [longest polls](longest_poll), or a day where
/// it has no schedule.
pub fn old_after(poll: Option<Duration>) -> Duration {
    poll.map_or(OLD_WITHOUT_SCHEDULE, |poll| poll.saturating_mul(POLLS).max(NEVER_OLD_BEFORE))
}

/// The longest time between two successive ticks of a schedule in the coming week: a job that rests at night is not
/// late in the morning. `None` when it has no two ticks in that time.
pub fn longest_poll(schedule: &Pattern, zone: Tz, now: Time) -> Option<Duration> {
    let until = add(now, LOOK_AHEAD);
    let mut longest = None;
    let mut former = schedule.next_after(now, zone)?.at;
    for _ in 0..MOST_TICKS {
        let Some(next) = schedule.next_after(former, zone).filter(|next| next.at <= until) else { break };
        longest = longest.max((next.at - former).to_std().ok());
        former = next.at;
    }
    longest.or_else(|| (schedule.next_after(former, zone)?.at - former).to_std().ok())
}

#[cfg(test)]
mod tests {
    use chrono_tz::UTC;

    use super::*;
    use crate::watch::support::{DAY, at, month};

    fn poll(schedule: &str) -> Option<Duration> {
        longest_poll(&Pattern::parse(schedule).expect(schedule), UTC, at(12))
    }

    #[test]
    fn a_job_that_rests_at_night_and_on_sundays_is_polled_as_seldom_as_it_rests() {
        assert_eq!(poll("*/5 * * * *"), Some(Duration::from_secs(300)));
        assert_eq!(poll("*/5 8-17 * * *"), Some(Duration::from_secs(14 * 3_600 + 300)));
        assert_eq!(poll("0 6 * * 1-6"), Some(2 * DAY));
        assert_eq!(poll("@every 1s"), Some(Duration::from_secs(1)));
    }

    #[test]
    fn a_job_that_comes_less_than_once_a_week_is_polled_from_its_next_tick_to_the_one_after() {
        assert_eq!(poll("0 0 1 * *"), Some(31 * DAY));
    }

    #[test]
    fn use_in_a_period_of_a_day_is_added_up_by_the_hour() {
        assert_eq!(Bucket::of(Some((at(0), at(25)))), Bucket::Hour);
        assert_eq!(Bucket::of(Some(month(at(0)))), Bucket::Day);
        assert_eq!(Bucket::of(None), Bucket::Day);
    }

    #[test]
    fn readings_are_old_after_three_polls_or_when_the_file_says() {
        let plan = |rules: &[MetricRule]| Plan::new(MetricKind::Counter, Some(HOUR), None, rules).old_after;
        assert_eq!(plan(&[]), 3 * HOUR);
        assert_eq!(plan(&[MetricRule::Stale(Stale { silent: Some(DAY), same: None })]), DAY);
        assert_eq!(plan(&[MetricRule::Stale(Stale { silent: None, same: Some(DAY) })]), 3 * HOUR);
    }
}
