//! Clocks that are set, and machines that sleep, while jobs are served: what runs is what a simple model of
//! the rules says, with the oracle's ticks.

mod model;
mod trial;

use chrono::TimeDelta;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};

use crate::support::size::{figure, number, size};
use model::Event;
use trial::Trial;

async fn try_out(start: &str, events: &[Event]) {
    let mut trial = Trial::begin(start).await;
    for event in events {
        trial.happen(*event).await;
    }
    figure("R10", format!("{} rows of ticks after {events:?}", trial.end(events).await));
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
async fn a_clock_that_is_put_right_while_nothing_runs_is_as_one_that_is_set_back_in_service() {
    let ahead = [Event::Pass(minutes(15)), Event::Set(minutes(180)), Event::Pass(minutes(30))];
    let right = [Event::Restart(minutes(-200)), Event::Pass(minutes(120)), Event::Restart(minutes(70))];
    try_out("2025-06-10T22:50:00Z", &[ahead, right].concat()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ticks_that_have_their_rows_do_not_hide_those_after_them_that_are_stepped_over() {
    let twice = [Event::Restart(minutes(4)), Event::Restart(minutes(124)), Event::Set(minutes(-73))];
    let later = [Event::Pass(minutes(32)), Event::Set(minutes(-4)), Event::Still(minutes(142))];
    try_out("2025-03-29T23:10:00Z", &[twice, later].concat()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_happens_to_the_clocks_each_tick_has_its_rows() {
    let seed = number("APICRON_SEED", rand::random());
    figure("R10", format!("APICRON_SEED={seed}"));
    let mut random = StdRng::seed_from_u64(seed);
    for _ in 0..size(2, 60) {
        let starts = ["2025-03-29T23:10:00Z", "2025-10-25T23:10:00Z", "2025-06-10T22:10:00Z"];
        let start = starts.choose(&mut random).expect("a start");
        let any = |random: &mut StdRng| {
            let by = minutes(random.random_range(3..150)) + TimeDelta::seconds(random.random_range(0..60));
            match random.random_range(0..6) {
                0 => Event::Set(by),
                1 => Event::Set(-by),
                2 => Event::Still(by),
                3 => Event::Restart(by),
                4 => Event::Restart(-by),
                _ => Event::Pass(by / 2),
            }
        };
        let events: Vec<Event> = (0..8).map(|_| any(&mut random)).collect();
        figure("R10", format!("{start} {events:?}"));
        try_out(start, &events).await;
    }
}
