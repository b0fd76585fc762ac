//! The rules about clocks that are set, in the plainest form.

use std::collections::BTreeMap;

use apicron::clock::Time;
use chrono::TimeDelta;
use chrono_tz::Tz;

use super::super::oracle::{Asked, Days, Times, Weekdays};

/// What happens to the clocks.
#[derive(Clone, Copy, Debug)]
pub(super) enum Event {
    /// Both go on, for so long.
    Pass(TimeDelta),
    /// The wall clock is set by so much.
    Set(TimeDelta),
    /// The process stands still while both go on.
    Still(TimeDelta),
    /// A restart, between whose stop and start the wall clock moves by so much.
    Restart(TimeDelta),
}

/// A job, and what its schedule asks for.
pub(super) struct Plan {
    pub(super) name: String,
    pub(super) keys: String,
    asked: Asked,
    zone: Tz,
    is_interval: bool,
    catch_up: &'static str,
}

fn at(minutes: &[u32], hours: &[u32], is_interval: bool) -> Asked {
    let bits = |values: &[u32]| values.iter().fold(0, |bits, value| bits | 1 << value);
    Asked::Times(Times {
        seconds: 1,
        minutes: bits(minutes),
        hours: if hours.is_empty() { u64::MAX } else { bits(hours) },
        months: u64::MAX,
        days: Days::Of(u64::MAX),
        weekdays: Weekdays::Of(u64::MAX),
        either_day: false,
        is_interval,
        step: TimeDelta::minutes(1),
    })
}

/// Five schedules, each with each policy.
fn plans() -> Vec<Plan> {
    let schedules = [
        ("fixed", "30 1-4,12 * * *", Tz::Europe__Berlin, at(&[30], &[1, 2, 3, 4, 12], false)),
        ("halves", "0,30 2 * * *", Tz::Europe__Berlin, at(&[0, 30], &[2], false)),
        ("hourly", "0 * * * *", Tz::UTC, at(&[0], &[], true)),
        ("pace", "@every 20m", Tz::UTC, Asked::Every(1200)),
        ("quarters", "*/15 2 * * *", Tz::Europe__Berlin, at(&[0, 15, 30, 45], &[2], true)),
    ];
    let mut plans = Vec::new();
    for (name, schedule, zone, asked) in schedules {
        for catch_up in ["none", "latest", "all"] {
            // Those that are caught up may still live when the next one comes in its time.
            let keys = format!(
                "schedule = \"{schedule}\"\ntimezone = \"{zone}\"\ncatch_up = \"{catch_up}\"\noverlap = \"allow\""
            );
            let is_interval = !matches!(&asked, Asked::Times(times) if !times.is_interval);
            let name = format!("{name}-{catch_up}");
            plans.push(Plan { name, keys, asked: asked.clone(), zone, is_interval, catch_up });
        }
    }
    plans
}

impl Plan {
    pub(super) fn ticks(&self, after: Time, until: Time) -> Vec<Time> {
        if after >= until {
            return Vec::new();
        }
        self.asked.ticks(self.zone, after, until).into_iter().map(|tick| tick.at).collect()
    }
}

/// What became of ticks, by job.
pub(super) type Rows = BTreeMap<(String, Time), Vec<String>>;

/// As many rows have these ticks.
pub(super) fn count(rows: &Rows) -> usize {
    rows.values().map(Vec::len).sum()
}

/// The rules, in the plainest form.
pub(super) struct Model {
    pub(super) plans: Vec<Plan>,
    /// Up to where the ticks of each job have come.
    reached: Vec<Time>,
    /// The furthest tick of each.
    furthest: Vec<Option<Time>>,
    /// Up to where any have come.
    pub(super) highest: Time,
    rows: Rows,
    /// Since when the jobs are served.
    pub(super) first: Time,
}

impl Model {
    pub(super) fn new(start: Time) -> Model {
        let plans = plans();
        let (reached, furthest) = (vec![start; plans.len()], vec![None; plans.len()]);
        Model { plans, reached, furthest, highest: start, rows: Rows::new(), first: start }
    }

    fn note(&mut self, plan: usize, tick: Time, what: &str) {
        self.rows.entry((self.plans[plan].name.clone(), tick)).or_default().push(what.to_owned());
        self.furthest[plan] = self.furthest[plan].max(Some(tick));
    }

    fn has(&self, plan: usize, tick: Time) -> bool {
        self.rows.contains_key(&(self.plans[plan].name.clone(), tick))
    }

    /// An interval's ticks from before the jobs were first served are owed no row: where the clock was set back to
    /// there they run if they come in their time, and if they are stepped over they may.
    fn is_owed(&self, plan: usize, tick: Time) -> bool {
        !self.plans[plan].is_interval || tick > self.first
    }

    /// The part of these rows that the rules say all of.
    pub(super) fn owed(&self, mut rows: Rows) -> Rows {
        rows.retain(|(name, tick), _| {
            self.plans.iter().position(|plan| plan.name == *name).is_some_and(|plan| self.is_owed(plan, *tick))
        });
        rows
    }

    /// Ticks that come in their time.
    pub(super) fn come(&mut self, until: Time) {
        self.highest = self.highest.max(until);
        for plan in 0..self.plans.len() {
            for tick in self.plans[plan].ticks(self.reached[plan], until) {
                let what = if self.has(plan, tick) { "repeat succeeded" } else { "schedule succeeded" };
                self.note(plan, tick, what);
            }
            self.reached[plan] = self.reached[plan].max(until);
        }
    }

    /// Ticks that did not.
    pub(super) fn pass_over(&mut self, over: Time) {
        for plan in 0..self.plans.len() {
            let mut gone = self.plans[plan].ticks(self.reached[plan], over);
            gone.retain(|tick| self.is_owed(plan, *tick) && !self.has(plan, *tick));
            let newest = gone.last().copied();
            for tick in gone {
                let runs = match self.plans[plan].catch_up {
                    "all" => true,
                    "latest" => Some(tick) == newest,
                    _ => false,
                };
                self.note(plan, tick, if runs { "catch_up succeeded" } else { "missed" });
            }
            self.reached[plan] = self.reached[plan].max(over);
        }
    }

    /// Ticks that came while nothing ran. Before the jobs were first served they had none.
    pub(super) fn be_away(&mut self, until: Time) {
        self.highest = self.highest.max(until);
        let first = self.first.min(until);
        for reached in &mut self.reached {
            *reached = first.max(*reached);
        }
        self.pass_over(until);
    }

    pub(super) fn set_back(&mut self, to: Time) {
        for plan in 0..self.plans.len() {
            let furthest = self.furthest[plan].filter(|_| !self.plans[plan].is_interval);
            self.reached[plan] = furthest.map_or(to, |furthest| furthest.max(to));
        }
    }

    /// What has to have become of the ticks that came.
    pub(super) fn expected(&self) -> Rows {
        self.owed(self.rows.clone())
    }

    /// The next tick of any job on the wall.
    pub(super) fn landing(&self, after: Time, until: Time) -> Time {
        let first = self.plans.iter().filter_map(|plan| plan.ticks(after, until).first().copied());
        first.min().unwrap_or(until)
    }
}
