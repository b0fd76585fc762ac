//! What the program says is due, against the oracle.

use apicron::clock::Time;
use apicron::cron::{Moved, Occurrence, Pattern};
use chrono::{SecondsFormat, TimeDelta};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::oracle::{Asked, Tick};
use super::texts::{self, Pace};
use super::windows::{self, Window};
use crate::support::binary::Folder;
use crate::support::jobs::json_lines;
use crate::support::size::{figure, number, size};

fn tick(occurrence: Occurrence) -> Tick {
    let moved = occurrence.moved.map(|moved| match moved {
        Moved::Gap => "gap",
        Moved::Fold => "fold",
    });
    Tick { at: occurrence.at, moved }
}

/// A schedule in a window, and what the oracle says of it.
#[derive(Debug)]
struct Case {
    text: String,
    window: Window,
    expected: Vec<Tick>,
}

impl Case {
    /// `None` for a text that never fires.
    fn by_chance(random: &mut StdRng, pace: Pace) -> Option<(Case, Pattern)> {
        let (text, asked) = texts::any(random, pace);
        let window = match (pace, &asked) {
            (Pace::Seldom, _) => windows::long(random),
            (Pace::Daily, Asked::Times(times)) if times.step >= TimeDelta::minutes(1) => windows::any(random),
            (Pace::Daily, _) => windows::any(random).narrowed(),
        };
        let pattern = match Pattern::parse(&text) {
            Ok(pattern) => pattern,
            Err(error) => {
                assert!(error.message.contains("never fires"), "`{text}`: {error}");
                assert!(never_fires(&asked), "`{text}` has days, and is said to have none");
                return None;
            }
        };
        let expected = asked.ticks(window.zone, window.after, window.until);
        Some((Case { text, window, expected }, pattern))
    }

    fn check_whole(&self, pattern: &Pattern) {
        let Window { zone, after, until, .. } = self.window;
        let next = |after: Time| pattern.next_after(after, zone).map(tick).filter(|tick| tick.at <= until);
        let said: Vec<Tick> = std::iter::successors(next(after), |former| next(former.at)).collect();
        assert_eq!(said, self.expected, "{self:?}");
        let counted = pattern.count_within(after, until, zone);
        assert_eq!(counted, self.expected.len() as u64, "{self:?}");
        let moved = self.expected.iter().find(|tick| tick.moved.is_some()).copied();
        assert_eq!(pattern.moved_within(after, zone, until).map(tick), moved, "{self:?}");
    }

    /// From any moment, forward and back: also from within a gap's edge or a fold's second pass.
    fn check_from_anywhere(&self, pattern: &Pattern, random: &mut StdRng) {
        let Window { zone, after, until, .. } = self.window;
        for _ in 0..10 {
            let at = after + TimeDelta::milliseconds(random.random_range(0..=(until - after).num_milliseconds()));
            let later = self.expected.iter().find(|tick| tick.at > at);
            let next = pattern.next_after(at, zone).map(tick).filter(|tick| tick.at <= until);
            assert_eq!(next.as_ref(), later, "after {at}: {self:?}");
            let earlier = self.expected.iter().rfind(|tick| tick.at < at);
            let last = pattern.last_before(at, zone).map(tick).filter(|tick| tick.at > after);
            assert_eq!(last.as_ref(), earlier, "before {at}: {self:?}");
            let counted = self.expected.iter().filter(|tick| tick.at > at).count();
            assert_eq!(pattern.count_within(at, until, zone), counted as u64, "counted after {at}: {self:?}");
        }
    }
}

/// Looks at each day of a cycle of the calendar.
fn never_fires(asked: &Asked) -> bool {
    let Asked::Times(times) = asked else { return false };
    let first = chrono::NaiveDate::from_ymd_opt(2000, 1, 1).expect("a date");
    !first.iter_days().take(146_097).any(|date| times.is_on(date))
}

fn seeded() -> (u64, StdRng) {
    let seed = number("APICRON_SEED", rand::random());
    (seed, StdRng::seed_from_u64(seed))
}

#[test]
fn ticks_are_those_that_somebody_would_note_who_watched_the_clock_on_the_wall() {
    let (seed, mut random) = seeded();
    let cases = size(300, 20_000);
    figure("R10", format!("APICRON_SEED={seed}"));
    let (mut ticks, mut gaps, mut folds) = (0, 0, 0);
    for _ in 0..cases {
        let Some((case, pattern)) = Case::by_chance(&mut random, Pace::Daily) else { continue };
        case.check_whole(&pattern);
        case.check_from_anywhere(&pattern, &mut random);
        ticks += case.expected.len();
        gaps += case.expected.iter().filter(|tick| tick.moved == Some("gap")).count();
        folds += case.expected.iter().filter(|tick| tick.moved == Some("fold")).count();
    }
    println!("{cases} schedules, {ticks} ticks; moved by a gap: {gaps}, by a fold: {folds}");
    assert!(ticks > 0 && gaps > 0 && folds > 0, "nothing was tried");
}

#[test]
fn so_are_those_of_schedules_that_seldom_fire_over_leap_days_and_year_ends() {
    let (seed, mut random) = seeded();
    let cases = size(12, 1000);
    figure("R10", format!("APICRON_SEED={seed}"));
    let mut ticks = 0;
    for _ in 0..cases {
        let Some((case, pattern)) = Case::by_chance(&mut random, Pace::Seldom) else { continue };
        case.check_whole(&pattern);
        case.check_from_anywhere(&pattern, &mut random);
        ticks += case.expected.len();
    }
    figure("R10", format!("{cases} schedules that seldom fire, {ticks} ticks"));
}

#[test]
fn next_says_them_and_which_a_change_moved() {
    let (seed, mut random) = seeded();
    let (cases, folder) = (size(100, 2000), Folder::new());
    figure("R10", format!("APICRON_SEED={seed}"));
    let mut asked = 0;
    while asked < cases {
        let Some((case, _)) = Case::by_chance(&mut random, Pace::Daily) else { continue };
        let n = case.expected.len().min(40);
        if n == 0 {
            continue;
        }
        asked += 1;
        check_next(&folder, &case, n);
    }
    figure("R10", format!("{asked} schedules asked of the binary"));
}

fn check_next(folder: &Folder, case: &Case, n: usize) {
    let after = case.window.after.to_rfc3339_opts(SecondsFormat::Millis, true);
    let (zone, n) = (case.window.zone, n.to_string());
    let arguments =
        ["next", "--json", "--schedule", &case.text, "--timezone", zone.name(), "--after", &after, "-n", &n];
    let ended = folder.run(&arguments);
    assert_eq!(ended.code(), 0, "{case:?}: {ended:#?}");
    let said: Vec<_> = json_lines(&ended);
    assert_eq!(said.len().to_string(), n, "{case:?}");
    for (line, tick) in said.iter().zip(&case.expected) {
        let at: Time = line["scheduled_for"].as_str().expect("a time").parse().expect("a time");
        assert_eq!((at, line["moved"].as_str()), (tick.at, tick.moved), "{case:?}");
        assert_eq!(line["local"], tick.at.with_timezone(&zone).to_rfc3339_opts(SecondsFormat::AutoSi, false));
    }
}
