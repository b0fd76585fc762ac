//! Steps of the wall clock.

use std::time::Duration;

use crate::clock::{Time, millis_between, subtract};

/// Clocks that are slewed drift by less than this between two looks.
const TOLERANCE_MS: i64 = 1_500;

/// Ticks that are late by less than this came in their time.
const TOLERANCE: Duration = Duration::from_millis(1_500);

/// Looks come every second. After this much the process stood still: it was stopped, or held up.
const STILL: Duration = Duration::from_millis(2_500);

/// Compares how far the wall clock and the monotonic clock moved between two looks.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    wall: Time,
    elapsed: Duration,
}

/// What the wall clock did between two looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// It went with the monotonic clock.
    None,
    /// It went with the monotonic clock, and the process did not: nobody looked for that long.
    Still {
        /// How long.
        by: Duration,
        /// Ticks up to here did not come in their time.
        over: Time,
    },
    /// It went ahead: it was set, or the machine slept.
    Forward {
        /// How far.
        by: Duration,
        /// Ticks up to here were stepped over; later ones came in their time.
        over: Time,
    },
    /// It was set back.
    Backward {
        /// How far.
        by: Duration,
        /// Ticks up to here came before it was.
        to: Time,
    },
}

impl Pace {
    /// The first look.
    pub fn new(wall: Time, elapsed: Duration) -> Pace {
        Pace { wall, elapsed }
    }

    /// The next look.
    pub fn look(&mut self, wall: Time, elapsed: Duration) -> Step {
        let passed = elapsed.saturating_sub(self.elapsed);
        let ahead = millis_between(self.wall, wall) - i64::try_from(passed.as_millis()).unwrap_or(i64::MAX);
        *self = Pace { wall, elapsed };
        let by = Duration::from_millis(ahead.unsigned_abs());
        let late = if passed >= STILL { TOLERANCE } else { passed };
        match ahead {
            TOLERANCE_MS.. => Step::Forward { by, over: subtract(wall, late) },
            ..=-1_500 => Step::Backward { by, to: subtract(wall, passed) },
            _ if passed >= STILL => Step::Still { by: passed, over: subtract(wall, late) },
            _ => Step::None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schedule::support::time;

    fn look(wall: &str, elapsed_s: u64) -> Step {
        let mut pace = Pace::new(time("2026-11-24T12:00:00Z"), Duration::ZERO);
        pace.look(time(wall), Duration::from_secs(elapsed_s))
    }

    #[test]
    fn clocks_that_go_together_within_a_second_and_a_half_are_no_step() {
        assert_eq!(look("2026-11-24T12:00:01Z", 1), Step::None);
        assert_eq!(look("2026-11-24T12:00:02.400Z", 1), Step::None);
        assert_eq!(look("2026-11-24T12:00:02Z", 2), Step::None);
    }

    #[test]
    fn a_process_that_did_not_look_for_long_stood_still_and_so_it_did_in_a_step() {
        let over = time("2026-11-24T12:59:58.500Z");
        let hour = Duration::from_secs(3600);
        assert_eq!(look("2026-11-24T13:00:00Z", 3600), Step::Still { by: hour, over });
        assert_eq!(look("2026-11-24T13:00:00Z", 1800), Step::Forward { by: hour / 2, over });
    }

    #[test]
    fn a_step_forward_says_how_far_and_which_ticks_it_stepped_over() {
        let by = Duration::from_secs(3600);
        let over = time("2026-11-24T13:00:00Z");
        assert_eq!(look("2026-11-24T13:00:01Z", 1), Step::Forward { by, over });
    }

    #[test]
    fn a_step_backward_says_how_far() {
        let to = time("2026-11-24T11:00:00Z");
        assert_eq!(look("2026-11-24T11:00:01Z", 1), Step::Backward { by: Duration::from_secs(3600), to });
    }
}
