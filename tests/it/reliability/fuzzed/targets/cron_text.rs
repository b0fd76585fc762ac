//! A cron text, a zone and an instant: it is refused with a reason, or its ticks come in order and can be gone back over.

use apicron::clock::Time;
use apicron::cron::Pattern;
use chrono_tz::Tz;

use super::parts;

/// Ticks that are walked. Some patterns fire once in 28 years.
const WALKED: usize = 12;

pub(crate) fn run(bytes: &[u8]) {
    let Some(input) = parts::text(bytes) else { return };
    let (text, rest) = parts::first_line(input);
    let (zone, after) = parts::first_line(rest);
    let zone: Tz = zone.trim().parse().unwrap_or(Tz::Europe__Berlin);
    let after = parts::time(after);
    match Pattern::parse(text) {
        Ok(pattern) => walk(&pattern, zone, after),
        Err(error) => assert!(!error.message.trim().is_empty(), "refused without a reason"),
    }
}

fn walk(pattern: &Pattern, zone: Tz, after: Time) {
    let words = pattern.describe();
    assert!(!words.is_empty() && !words.contains(char::is_control), "{words:?}");
    let next = |after| pattern.next_after(after, zone).map(|next| next.at);
    let ticks: Vec<Time> = std::iter::successors(next(after), |tick| next(*tick)).take(WALKED).collect();
    assert!(ticks.first().is_none_or(|first| *first > after), "the first tick is not after {after}");
    for pair in ticks.windows(2) {
        assert!(pair[0] < pair[1], "{pair:?} are out of order");
        let former = pattern.last_before(pair[1], zone).map(|former| former.at);
        assert_eq!(former, Some(pair[0]), "the way back from {}", pair[1]);
    }
    if let Some(last) = ticks.last() {
        assert_eq!(pattern.count_within(after, *last, zone), ticks.len() as u64, "ticks after {after} until {last}");
        if let Some(moved) = pattern.moved_within(after, zone, *last) {
            assert!(ticks.contains(&moved.at), "{} is moved and no tick", moved.at);
        }
    }
    _ = pattern.last_before(after, zone);
}
