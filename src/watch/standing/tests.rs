use proptest::prelude::*;

use super::*;
use crate::watch::support::{HOUR, at};

fn finding(holds: Holds, reading: i64) -> Finding {
    let reading = Some(at(reading));
    Finding {
        step: String::new(),
        severity: Severity::Page,
        holds,
        value: None,
        threshold: None,
        reason: String::new(),
        reading,
        budget: None,
    }
}

const AT_ONCE: Policy = Policy { readings: 1, hold: Duration::ZERO, once: Once::Episode };
const TWICE: Policy = Policy { readings: 2, ..AT_ONCE };

/// An instance that is judged again and again.
struct Instance {
    policy: Policy,
    standing: Option<Standing>,
    is_silenced: bool,
}

impl Instance {
    fn new(policy: Policy) -> Instance {
        Instance { policy, standing: None, is_silenced: false }
    }

    /// Judges a reading in the hour in which it is taken.
    fn sees(&mut self, holds: Holds, hour: i64) -> (State, Option<Turn>) {
        self.judged(finding(holds, hour), hour)
    }

    fn judged(&mut self, finding: Finding, hour: i64) -> (State, Option<Turn>) {
        let (standing, turn) = self.policy.next(self.standing.as_ref(), finding, self.is_silenced, at(hour));
        let state = standing.state;
        self.standing = Some(standing);
        (state, turn)
    }

    fn since(&self) -> Time {
        self.standing.as_ref().expect("a standing").since
    }
}

#[test]
fn it_fires_after_readings_in_a_row_and_resolves_at_the_first_that_does_not_hold() {
    let mut instance = Instance::new(TWICE);
    assert_eq!(instance.sees(Holds::No, 0), (State::Ok, None));
    assert_eq!(instance.sees(Holds::Yes, 1), (State::Pending, None));
    assert_eq!(instance.sees(Holds::No, 2), (State::Ok, None));
    assert_eq!(instance.sees(Holds::Yes, 3), (State::Pending, None));
    assert_eq!(instance.sees(Holds::Yes, 4), (State::Firing, Some(Turn::Fired)));
    assert_eq!(instance.sees(Holds::Yes, 5), (State::Firing, None));
    assert_eq!(instance.since(), at(4));
    assert_eq!(instance.sees(Holds::No, 6), (State::Ok, Some(Turn::Resolved)));
}

#[test]
fn the_clock_alone_is_no_reading() {
    let mut instance = Instance::new(TWICE);
    assert_eq!(instance.judged(finding(Holds::Yes, 1), 1).0, State::Pending);
    assert_eq!(instance.judged(finding(Holds::Yes, 1), 2).0, State::Pending);
    assert_eq!(instance.judged(finding(Holds::Yes, 3), 3).0, State::Firing);
}

#[test]
fn a_time_passes_by_the_clock_and_readings_must_hold_as_well() {
    let mut instance = Instance::new(Policy { hold: 3 * HOUR, ..TWICE });
    assert_eq!(instance.sees(Holds::Yes, 0).0, State::Pending);
    assert_eq!(instance.judged(finding(Holds::Yes, 0), 4).0, State::Pending, "one reading, but long enough");
    assert_eq!(instance.sees(Holds::Yes, 5).0, State::Firing);
    let mut instance = Instance::new(Policy { hold: 3 * HOUR, ..TWICE });
    assert_eq!(instance.sees(Holds::Yes, 0).0, State::Pending);
    assert_eq!(instance.sees(Holds::Yes, 1).0, State::Pending, "two readings, but not long enough");
    assert_eq!(instance.judged(finding(Holds::Yes, 1), 3).0, State::Firing);
}

#[test]
fn what_is_not_known_is_told_once_and_is_never_well() {
    let mut instance = Instance::new(AT_ONCE);
    assert_eq!(instance.sees(Holds::Unknown, 0), (State::Unknown, None), "it was never known");
    assert_eq!(instance.sees(Holds::No, 1), (State::Ok, None));
    assert_eq!(instance.sees(Holds::Unknown, 2), (State::Unknown, Some(Turn::Lost)));
    assert_eq!(instance.sees(Holds::Unknown, 3), (State::Unknown, None));
    assert_eq!(instance.sees(Holds::No, 4), (State::Ok, Some(Turn::Resolved)));
    assert_eq!(instance.sees(Holds::No, 5), (State::Ok, None));
}

#[test]
fn what_fired_and_was_lost_goes_on_without_another_message() {
    let mut instance = Instance::new(TWICE);
    instance.sees(Holds::Yes, 0);
    assert_eq!(instance.sees(Holds::Yes, 1), (State::Firing, Some(Turn::Fired)));
    assert_eq!(instance.sees(Holds::Unknown, 2), (State::Unknown, Some(Turn::Lost)));
    assert_eq!(instance.sees(Holds::Yes, 3), (State::Firing, None));
    assert_eq!(instance.sees(Holds::Unknown, 4), (State::Unknown, Some(Turn::Lost)));
    assert_eq!(instance.sees(Holds::No, 5), (State::Ok, Some(Turn::Resolved)));
}

#[test]
fn what_is_pending_begins_again_after_it_was_not_known() {
    let mut instance = Instance::new(TWICE);
    instance.sees(Holds::Yes, 0);
    instance.sees(Holds::Unknown, 1);
    assert_eq!(instance.sees(Holds::Yes, 2).0, State::Pending);
}

#[test]
fn what_would_fire_while_silenced_fires_when_the_silence_ends_if_it_still_holds() {
    let mut instance = Instance::new(AT_ONCE);
    instance.is_silenced = true;
    assert_eq!(instance.sees(Holds::Yes, 0), (State::Silenced, None));
    assert_eq!(instance.sees(Holds::Unknown, 1), (State::Unknown, None));
    assert_eq!(instance.sees(Holds::Yes, 2), (State::Silenced, None));
    instance.is_silenced = false;
    assert_eq!(instance.judged(finding(Holds::Yes, 2), 3), (State::Firing, Some(Turn::Fired)));

    let mut instance = Instance::new(AT_ONCE);
    instance.is_silenced = true;
    assert_eq!(instance.sees(Holds::Yes, 0), (State::Silenced, None));
    assert_eq!(instance.sees(Holds::No, 1), (State::Ok, None));
    instance.is_silenced = false;
    assert_eq!(instance.sees(Holds::No, 2), (State::Ok, None));
}

#[test]
fn what_is_pending_while_silenced_is_pending() {
    let mut instance = Instance::new(TWICE);
    instance.is_silenced = true;
    assert_eq!(instance.sees(Holds::Yes, 0).0, State::Pending);
    assert_eq!(instance.sees(Holds::Yes, 1).0, State::Silenced);
}

#[test]
fn what_fires_is_quiet_under_a_silence_and_tells_when_it_is_over_with_either() {
    let mut instance = Instance::new(AT_ONCE);
    instance.sees(Holds::Yes, 0);
    instance.is_silenced = true;
    assert_eq!(instance.sees(Holds::Yes, 1), (State::Silenced, None));
    assert_eq!(instance.sees(Holds::No, 2), (State::Ok, Some(Turn::Resolved)));
    let mut instance = Instance::new(AT_ONCE);
    instance.sees(Holds::Yes, 0);
    instance.is_silenced = true;
    instance.sees(Holds::Yes, 1);
    instance.is_silenced = false;
    assert_eq!(instance.sees(Holds::Yes, 2), (State::Firing, Some(Turn::Fired)));
}

fn in_period(instance: &mut Instance, holds: Holds, hour: i64, period: i64, limit: f64) -> (State, Option<Turn>) {
    let budget = Some(Budget { period: at(period), limit: Some(limit) });
    instance.judged(Finding { budget, ..finding(holds, hour) }, hour)
}

#[test]
fn once_a_period_is_once_until_the_next_one_or_a_higher_limit() {
    let mut instance = Instance::new(Policy { once: Once::Period, ..AT_ONCE });
    let mut see = |holds, hour, period, limit| in_period(&mut instance, holds, hour, period, limit);
    assert_eq!(see(Holds::Yes, 1, 0, 100.0), (State::Firing, Some(Turn::Fired)));
    assert_eq!(see(Holds::No, 2, 0, 100.0), (State::Ok, Some(Turn::Resolved)));
    assert_eq!(see(Holds::Yes, 3, 0, 100.0), (State::Firing, None), "it fires, and was told");
    assert_eq!(see(Holds::No, 4, 0, 100.0), (State::Ok, None), "nobody was told of this one");
    assert_eq!(see(Holds::Yes, 5, 0, 90.0), (State::Firing, None), "the limit was lowered");
    assert_eq!(see(Holds::No, 6, 0, 200.0), (State::Ok, None));
    assert_eq!(see(Holds::Yes, 7, 0, 200.0), (State::Firing, Some(Turn::Fired)), "the limit was raised");
    assert_eq!(see(Holds::No, 8, 0, 200.0), (State::Ok, Some(Turn::Resolved)));
    assert_eq!(see(Holds::Yes, 10, 9, 200.0), (State::Firing, Some(Turn::Fired)), "another period");
}

#[test]
fn an_episode_is_told_each_time() {
    let mut instance = Instance::new(AT_ONCE);
    let mut see = |holds, hour| in_period(&mut instance, holds, hour, 0, 100.0).1;
    assert_eq!(see(Holds::Yes, 1), Some(Turn::Fired));
    see(Holds::No, 2);
    assert_eq!(see(Holds::Yes, 3), Some(Turn::Fired));
}

#[test]
fn every_word_leads_back_to_its_value() {
    for state in State::ALL {
        assert_eq!(State::from_word(state.as_str()), Some(*state));
    }
    for turn in [Turn::Fired, Turn::Resolved, Turn::Lost] {
        assert_eq!(Turn::from_word(turn.as_str()), Some(turn));
    }
    assert_eq!((State::from_word("fine"), Turn::from_word("ok")), (None, None));
}

fn holds() -> impl Strategy<Value = Holds> {
    prop_oneof![Just(Holds::Yes), Just(Holds::No), Just(Holds::Unknown)]
}

proptest! {
    #[test]
    fn messages_of_an_instance_make_sense_one_after_another(
        steps in prop::collection::vec((holds(), prop::bool::ANY, 0_i64..3), 1..60),
        readings in 1_u32..4,
        is_once in prop::bool::ANY,
    ) {
        let once = if is_once { Once::Period } else { Once::Episode };
        let mut instance = Instance::new(Policy { readings, once, ..AT_ONCE });
        let (mut last, mut fired, mut was_silenced) = (None, Vec::new(), false);
        for (hour, (holds, is_silenced, period)) in (0..).zip(steps) {
            instance.is_silenced = is_silenced;
            let (state, turn) = in_period(&mut instance, holds, hour, period, 1.0);
            match turn {
                // Nothing resolves that was not told to be otherwise, and nothing unknown or silenced is told to fire.
                Some(Turn::Resolved) => prop_assert!(state == State::Ok && last.is_some_and(|last| last != Turn::Resolved)),
                Some(Turn::Fired) => {
                    prop_assert!(state == State::Firing && !is_silenced);
                    prop_assert!(last != Some(Turn::Fired) || was_silenced);
                    fired.push(period);
                }
                Some(Turn::Lost) => prop_assert!(state == State::Unknown && !is_silenced),
                None => {}
            }
            prop_assert_eq!(state == State::Unknown, holds == Holds::Unknown);
            was_silenced = state == State::Silenced;
            last = turn.or(last);
        }
        if is_once {
            let repeats = fired.windows(2).any(|pair| pair[0] == pair[1]);
            prop_assert!(!repeats, "{fired:?}");
        }
    }
}
