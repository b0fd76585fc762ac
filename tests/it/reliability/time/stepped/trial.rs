//! An engine whose clocks are set, beside the model.

use std::time::Duration;

use apicron::clock::{Time, rfc3339};
use apicron::standin::Standin;
use chrono::{TimeDelta, Timelike};

use super::super::audited::auditor;
use super::model::{Event, Model, Rows, count};
use crate::line::driven::{Serving, time};
use crate::support::eventually::eventually;
use crate::support::jobs::usage_job;
use crate::support::{rows, standin};

/// A time near this one at which no tick is near: when the engine looks after a step, and with it up to where ticks
/// were stepped over, is open by some seconds. Ticks come at whole minutes.
fn off_ticks(time: Time) -> Time {
    if (10..50).contains(&time.second()) { time } else { time + TimeDelta::seconds(20) }
}

/// An engine beside the model of it.
pub(super) struct Trial {
    /// None only while it restarts.
    serving: Option<Serving>,
    jobs: String,
    model: Model,
    standin: Standin,
}

impl Trial {
    pub(super) async fn begin(start: &str) -> Trial {
        let standin = standin::start().await;
        let model = Model::new(time(start));
        let jobs: String = model.plans.iter().map(|plan| usage_job(&plan.name, &plan.keys)).collect();
        let serving = Serving::begin(start, &jobs, &standin).await;
        Trial { serving: Some(serving), jobs, model, standin }
    }

    fn serving(&self) -> &Serving {
        self.serving.as_ref().expect("it serves")
    }

    fn now(&self) -> Time {
        self.serving().place.clock.now()
    }

    fn advance_to(&self, to: Time) {
        self.serving().hands.advance((to - self.now()).to_std().expect("a later time"));
    }

    pub(super) async fn happen(&mut self, event: Event) {
        match event {
            Event::Pass(by) => self.pass(self.now() + by).await,
            Event::Still(by) => {
                let to = off_ticks(self.now() + by);
                self.advance_to(to);
                self.serving().until_looked().await;
                self.model.pass_over(to - TimeDelta::milliseconds(1500));
                self.model.come(self.now());
                self.settle().await;
            }
            Event::Restart(by) => {
                let place = self.serving.take().expect("it serves").stop().await;
                let to = place.clock.now() + by;
                place.hands.set_wall(to);
                if by > TimeDelta::zero() {
                    self.model.be_away(to);
                } else {
                    self.model.set_back(to);
                }
                self.serving = Some(place.serve(&self.jobs, &self.standin).await);
                self.settle().await;
            }
            Event::Set(by) => {
                let is_step = by.abs() >= TimeDelta::milliseconds(1500);
                let to = if is_step { off_ticks(self.now() + by) } else { self.now() + by };
                self.serving().hands.set_wall(to);
                if by >= TimeDelta::milliseconds(1500) {
                    self.model.pass_over(to);
                } else if by <= TimeDelta::milliseconds(-1500) {
                    self.model.set_back(to);
                }
                self.serving().until_looked().await;
                self.model.come(self.now());
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
        let expected = count(&self.model.expected());
        let living = "select count(*) || '' from v_runs where finished_at is null";
        let what = format!("{expected} ticks that came up to {}, and none that lives", self.now());
        let seen = async || {
            self.serving().hands.advance(Duration::from_millis(10));
            let came = count(&self.model.owed(self.rows().await));
            (came, self.serving().rows(living).await)
        };
        eventually(&what, seen, |(came, living)| *came >= expected && *living == ["0"]).await;
    }

    async fn rows(&self) -> Rows {
        let sql = "select job, scheduled_for, coalesce(through, scheduled_for), cast(ticks as text),
                          case state when 'missed' then 'missed' else trigger || ' ' || state end
                   from v_runs order by id";
        let mut all = Rows::new();
        for row in rows::rows(&self.serving().place.store_file(), sql).await {
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
    pub(super) async fn end(self, events: &[Event]) -> usize {
        let rows = self.rows().await;
        for (key, became) in &rows {
            let firsts = became.iter().filter(|what| !what.starts_with("repeat ")).count();
            assert_eq!(firsts, 1, "{key:?} {became:?} after {events:?}");
        }
        let (rows, expected) = (self.model.owed(rows), self.model.expected());
        for (key, became) in &expected {
            assert_eq!(rows.get(key), Some(became), "{key:?} after {events:?}");
        }
        for key in rows.keys() {
            assert!(expected.contains_key(key), "{key:?} ran, after {events:?}");
        }
        let (count, highest) = (count(&expected), self.model.highest);
        let is_all_from_before = expected.keys().all(|(_, tick)| *tick <= self.model.first);
        let place = self.serving.expect("it serves").stop().await;
        let folder = auditor(&place.store_file());
        let audit = folder.run(&["audit", "--to", &rfc3339(highest)]);
        assert_eq!(audit.code(), 0, "{events:?}: {audit:#?}");
        assert_eq!(audit.stderr.contains("checked 0 ticks"), is_all_from_before, "{events:?}: {audit:#?}");
        count
    }
}
