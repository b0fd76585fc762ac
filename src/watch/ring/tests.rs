use proptest::prelude::*;

use super::*;
use crate::watch::increments::Flag;
use crate::watch::support::{HOUR, at};

fn used(from: Time, to: Time, amount: f64) -> Increment {
    Increment { from, to, amount, flag: Flag::Plain }
}

fn minutes(minutes: i64) -> Time {
    at(0) + chrono::TimeDelta::minutes(minutes)
}

fn amounts(ring: &Ring) -> Vec<f64> {
    ring.cells.iter().map(|cell| cell.used).collect()
}

#[test]
fn what_was_used_is_spread_over_the_cells_that_its_stretch_touches() {
    let mut ring = Ring::new(HOUR, 10);
    ring.add(&used(minutes(30), minutes(150), 8.0), true);
    assert_eq!(amounts(&ring), [2.0, 4.0, 2.0]);
    assert_eq!(ring.closed(minutes(150)).map(|cell| cell.used).collect::<Vec<_>>(), [4.0, 2.0]);
}

#[test]
fn cells_that_are_too_old_are_forgotten() {
    let mut ring = Ring::new(HOUR, 2);
    for hour in 0..5_i32 {
        ring.add(&used(at(hour.into()), at(i64::from(hour) + 1), hour.into()), true);
    }
    assert_eq!(amounts(&ring), [3.0, 4.0]);
    ring.add(&used(at(5), at(1005), 1000.0), false);
    assert_eq!(amounts(&ring), [1.0, 1.0]);
}

#[test]
fn a_stretch_begins_in_a_part_of_a_cell() {
    let mut ring = Ring::new(HOUR, 10);
    ring.add(&used(at(0), at(4), 8.0), true);
    let half = ring.since(minutes(90));
    assert_eq!((half.used, half.known), (5.0, 150 * 60_000));
}

#[test]
fn time_of_which_nothing_is_known_is_not_use_of_nothing() {
    let mut ring = Ring::new(HOUR, 10);
    ring.add(&used(at(0), at(1), 2.0), true);
    ring.pass(&used(at(1), at(2), 0.0));
    ring.add(&used(at(2), at(3), 2.0), true);
    let all = ring.all();
    assert_eq!((all.used, all.known), (4.0, 2 * 3_600_000));
}

proptest! {
    #[test]
    fn what_was_added_is_there_as_long_as_the_ring_reaches(
        steps in prop::collection::vec((1_i64..5_000, 0_u32..1_000_000), 1..40),
        width in 600_u64..100_000,
    ) {
        let mut ring = Ring::new(Duration::from_secs(width), 25_000);
        let (mut minute, mut total) = (0, 0.0);
        for (step, amount) in steps {
            ring.add(&used(minutes(minute), minutes(minute + step), amount.into()), true);
            minute += step;
            total += f64::from(amount);
            prop_assert!((ring.all().used - total).abs() <= 1e-9 * (1.0 + total));
            prop_assert_eq!(ring.all().known, minute * 60_000);
        }
        let since = ring.since(at(-100));
        prop_assert!((since.used - total).abs() <= 1e-9 * (1.0 + total) && since.known == ring.all().known);
    }
}
