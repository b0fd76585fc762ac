//! Clocks that are set, and machines that sleep, while jobs are served: what runs is what a simple model of
//! the rules says, with the oracle's ticks.

use std::collections::BTreeMap;
use std::time::Duration;

use apicron::clock::{Time, rfc3339};
use apicron::standin::Standin;
use chrono::TimeDelta;
use chrono_tz::Tz;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};

use super::audited::auditor;
use super::oracle::{Asked, Days, Times, Weekdays};
use crate::line::driven::{Serving, time};
use crate::support::eventually::eventually;
use crate::support::jobs::usage_job;
use crate::support::size::{number, size};
use crate::support::{rows, standin};

/// What happens to the clocks.
#[derive(Clone, Copy, Debug)]
enum Event {
    /// Both go on, for so long.
    Pass(TimeDelta),
    /// The wall clock is set by so much.
    Set(TimeDelta),
    /// The process stands still while both go on.
    Still(TimeDelta),
}

struct Plan {
    name: String,
    keys: String,
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
            let keys = format!("schedule = \"{schedule}\"\ntimezone = \"{zone}\"\ncatch_up = \"{catch_up}\"");
            let is_interval = !matches!(&asked, Asked::Times(times) if !times.is_interval);
            let name = format!("{name}-{catch_up}");
            plans.push(Plan { name, keys, asked: asked.clone(), zone, is_interval, catch_up });
        }
    }
    plans
}

impl Plan {
    fn ticks(&self, after: Time, until: Time) -> Vec<Time> {
        if after >= until {
            return Vec::new();
        }
        self.asked.ticks(self.zone, after, until).into_iter().map(|tick| tick.at).collect()
    }
}

/// What became of ticks, by job.
type Rows = BTreeMap<(String, Time), Vec<String>>;

/// The rules, in the plainest form.
struct Model {
    plans: Vec<Plan>,
    /// Up to where the ticks of each job have come.
    reached: Vec<Time>,
    /// The furthest tick of each.
    furthest: Vec<Option<Time>>,
    /// Up to where any have come.
    highest: Time,
    rows: Rows,
}

impl Model {
    fn new(start: Time) -> Model {
        let plans = plans();
        let (reached, furthest) = (vec![start; plans.len()], vec![None; plans.len()]);
        Model { plans, reached, furthest, highest: start, rows: Rows::new() }
    }

    fn note(&mut self, plan: usize, tick: Time, what: &str) {
        self.rows.entry((self.plans[plan].name.clone(), tick)).or_default().push(what.to_owned());
        self.furthest[plan] = self.furthest[plan].max(Some(tick));
    }

    fn has(&self, plan: usize, tick: Time) -> bool {
        self.rows.contains_key(&(self.plans[plan].name.clone(), tick))
    }

    /// Ticks that come in their time.
    fn come(&mut self, until: Time) {
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
    fn pass_over(&mut self, over: Time) {
        for plan in 0..self.plans.len() {
            let mut gone = self.plans[plan].ticks(self.reached[plan], over);
            gone.retain(|tick| !self.has(plan, *tick));
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

    fn set_back(&mut self, to: Time) {
        for plan in 0..self.plans.len() {
            let furthest = self.furthest[plan].filter(|_| !self.plans[plan].is_interval);
            self.reached[plan] = furthest.map_or(to, |furthest| furthest.max(to));
        }
    }

    fn count(&self) -> usize {
        self.rows.values().map(Vec::len).sum()
    }

    /// The next tick of any job on the wall.
    fn landing(&self, after: Time, until: Time) -> Time {
        let first = self.plans.iter().filter_map(|plan| plan.ticks(after, until).first().copied());
        first.min().unwrap_or(until)
    }
}

/// An engine beside the model of it.
struct Trial {
    serving: Serving,
    model: Model,
    _standin: Standin,
}

impl Trial {
    async fn begin(start: &str) -> Trial {
        let standin = standin::start().await;
        let model = Model::new(time(start));
        let jobs: String = model.plans.iter().map(|plan| usage_job(&plan.name, &plan.keys)).collect();
        let serving = Serving::begin(start, &jobs, &standin).await;
        Trial { serving, model, _standin: standin }
    }

    fn now(&self) -> Time {
        self.serving.place.clock.now()
    }

    fn advance_to(&self, to: Time) {
        self.serving.hands.advance((to - self.now()).to_std().expect("a later time"));
    }

    async fn happen(&mut self, event: Event) {
        match event {
            Event::Pass(by) => self.pass(self.now() + by).await,
            Event::Still(by) => {
                let to = self.now() + by;
                self.advance_to(to);
                self.model.pass_over(to - TimeDelta::milliseconds(1500));
                self.model.come(to);
                self.settle().await;
            }
            Event::Set(by) => {
                let to = self.now() + by;
                self.serving.hands.set_wall(to);
                if by >= TimeDelta::milliseconds(1500) {
                    self.model.pass_over(to);
                } else if by <= TimeDelta::milliseconds(-1500) {
                    self.model.set_back(to);
                }
                self.serving.hands.advance(Duration::from_secs(1));
                self.model.come(to + TimeDelta::seconds(1));
                self.settle().await;
            }
        }
    }

    /// From tick to tick, so that each comes in its time.
    async fn pass(&mut self, until: Time) {
        while self.now() < until {
            let next = self.model.landing(self.now(), until);
            self.advance_to(next);
            self.model.come(next);
            self.settle().await;
        }
    }

    /// Waits until what the model knows of has happened. A few hundredths of a second pass.
    async fn settle(&mut self) {
        let expected = self.model.count();
        let ended = "select coalesce(sum(ticks), 0) || '' from v_runs where finished_at is not null";
        let what = format!("{expected} ticks that came up to {}", self.now());
        let seen = async || {
            self.serving.hands.advance(Duration::from_millis(10));
            self.serving.rows(ended).await[0].parse::<usize>().expect("a number")
        };
        eventually(&what, seen, |&seen| seen >= expected).await;
    }

    async fn rows(&self) -> Rows {
        let sql = "select job, scheduled_for, coalesce(through, scheduled_for), cast(ticks as text),
                          case state when 'missed' then 'missed' else trigger || ' ' || state end
                   from v_runs order by id";
        let mut all = Rows::new();
        for row in rows::rows(&self.serving.place.store_file(), sql).await {
            let plan = self.model.plans.iter().find(|plan| plan.name == row[0]).expect("a job");
            let ticks = plan.ticks(time(&row[1]) - TimeDelta::milliseconds(1), time(&row[2]));
            assert_eq!(ticks.len().to_string(), row[3], "a row counts its ticks: {row:?}");
            for tick in ticks {
                all.entry((row[0].clone(), tick)).or_default().push(row[4].clone());
            }
        }
        all
    }

    /// All rows are the model's, and `audit` finds nothing.
    async fn end(self, events: &[Event]) -> usize {
        let rows = self.rows().await;
        for (key, expected) in &self.model.rows {
            assert_eq!(rows.get(key), Some(expected), "{key:?} after {events:?}");
        }
        for key in rows.keys() {
            assert!(self.model.rows.contains_key(key), "{key:?} ran, after {events:?}");
        }
        let (count, highest) = (self.model.count(), self.model.highest);
        let place = self.serving.stop().await;
        let folder = auditor(&place.store_file());
        let audit = folder.run(&["audit", "--to", &rfc3339(highest)]);
        assert_eq!(audit.code(), 0, "{events:?}: {audit:#?}");
        assert!(!audit.stderr.contains("checked 0 ticks"), "{audit:#?}");
        count
    }
}

async fn try_out(start: &str, events: &[Event]) {
    let mut trial = Trial::begin(start).await;
    for event in events {
        trial.happen(*event).await;
    }
    println!("{} rows of ticks after {events:?}", trial.end(events).await);
}

const fn minutes(minutes: i64) -> TimeDelta {
    TimeDelta::minutes(minutes)
}

const SECOND: TimeDelta = TimeDelta::seconds(1);

#[tokio::test(flavor = "multi_thread")]
async fn an_hour_forward_and_an_hour_back() {
    let events = [
        Event::Pass(minutes(70)),
        Event::Set(minutes(60)),
        Event::Pass(minutes(45)),
        Event::Set(minutes(-60)),
        Event::Pass(minutes(100)),
    ];
    try_out("2025-06-10T22:50:00Z", &events).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_forward_and_a_second_back_right_at_a_tick_bring_none_twice() {
    let to_tick = TimeDelta::milliseconds(10 * 60_000 - 500);
    let events =
        [Event::Pass(to_tick), Event::Set(SECOND), Event::Set(-SECOND), Event::Pass(minutes(40)), Event::Set(-SECOND)];
    try_out("2025-06-10T23:50:00Z", &events).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_back() {
    let events = [Event::Pass(minutes(90)), Event::Set(minutes(-24 * 60)), Event::Pass(minutes(90))];
    try_out("2025-06-10T23:50:00Z", &events).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn forward_over_a_gap_and_back_into_a_fold() {
    let spring = [Event::Pass(minutes(30)), Event::Set(minutes(150)), Event::Pass(minutes(60))];
    try_out("2025-03-30T00:10:00Z", &spring).await;
    let autumn = [Event::Pass(minutes(115)), Event::Set(minutes(-60)), Event::Pass(minutes(90))];
    try_out("2025-10-25T23:50:00Z", &autumn).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lid_that_is_closed_for_eight_hours_whichever_clock_counts_them() {
    let night = minutes(8 * 60);
    try_out("2025-06-10T22:50:00Z", &[Event::Pass(minutes(15)), Event::Set(night), Event::Pass(minutes(45))]).await;
    try_out("2025-06-10T22:50:00Z", &[Event::Pass(minutes(15)), Event::Still(night), Event::Pass(minutes(45))]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_happens_to_the_clocks_each_tick_has_its_rows() {
    let seed = number("APICRON_SEED", rand::random());
    println!("APICRON_SEED={seed}");
    let mut random = StdRng::seed_from_u64(seed);
    for _ in 0..size(2, 60) {
        let starts = ["2025-03-29T23:10:00Z", "2025-10-25T23:10:00Z", "2025-06-10T22:10:00Z"];
        let start = starts.choose(&mut random).expect("a start");
        let any = |random: &mut StdRng| {
            let by = minutes(random.random_range(3..150)) + TimeDelta::seconds(random.random_range(0..60));
            match random.random_range(0..4) {
                0 => Event::Set(by),
                1 => Event::Set(-by),
                2 => Event::Still(by),
                _ => Event::Pass(by / 2),
            }
        };
        let events: Vec<Event> = (0..8).map(|_| any(&mut random)).collect();
        println!("{start} {events:?}");
        try_out(start, &events).await;
    }
}
