//! When a batch is sent, and what of it is no longer worth it.

use std::time::Duration;

use crate::clock::{Time, add, millis_between, subtract};
use crate::store::Waiting;

/// The first wait after a batch that did not arrive; each further one is twice as long.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(300);

/// No batch waits for longer, whatever its channel asks for: one that seems to was put off before the clock was set back.
const LONGEST_ASKED: Duration = Duration::from_secs(3_600);

/// What is older is history, and no alert.
const TOO_OLD: Duration = Duration::from_secs(3 * 86_400);

/// How long the first message, and so all of them, has to wait; `None` when it is due.
pub(super) fn wait(waiting: &[Waiting], now: Time) -> Option<Duration> {
    let next_at = waiting.first()?.next_at;
    let is_ahead = next_at > now && next_at <= add(now, LONGEST_ASKED);
    is_ahead.then(|| Duration::from_millis(millis_between(now, next_at).unsigned_abs()))
}

/// How long a batch waits that did not arrive. It was tried as often as it says, and once more.
pub(super) fn back_off(waiting: &[Waiting]) -> Duration {
    let tried = waiting.first().map_or(0, |first| first.attempts);
    FIRST_WAIT.saturating_mul(1_u32.checked_shl(tried).unwrap_or(u32::MAX)).min(LONGEST_WAIT)
}

/// What is not sent any more. A batch that may have arrived stays whole: without some of its messages it would be another.
pub(super) fn too_old(waiting: &[Waiting], now: Time) -> Vec<&Waiting> {
    let too_old: Vec<&Waiting> = waiting.iter().filter(|waiting| waiting.made_at < subtract(now, TOO_OLD)).collect();
    let is_batch = waiting.first().is_some_and(|first| first.batch.is_some());
    if is_batch && too_old.len() < waiting.len() { Vec::new() } else { too_old }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::{Message, What};
    use crate::watch::support::{at, name};

    fn waiting(id: i64, made_at: i64, batch: Option<i64>) -> Waiting {
        let message = Message {
            key: id.to_string(),
            alert: name("credits-low"),
            series: String::new(),
            step: String::new(),
            job: None,
            kind: "below".to_owned(),
            severity: "page".to_owned(),
            what: What::Firing,
            value: None,
            threshold: None,
            unit: None,
            reason: "credits are low".to_owned(),
            why: Vec::new(),
            remedy: None,
            since: at(made_at),
            at: at(made_at),
            host: "ops-1".to_owned(),
        };
        Waiting { id, message, made_at: at(made_at), attempts: 0, next_at: at(made_at), batch }
    }

    #[test]
    fn waits_double_up_to_five_minutes() {
        let wait = |attempts| back_off(&[Waiting { attempts, ..waiting(1, 0, Some(1)) }]).as_secs();
        assert_eq!([0, 1, 2, 8, 9, 31, 32, u32::MAX].map(wait), [1, 2, 4, 256, 300, 300, 300, 300]);
    }

    #[test]
    fn what_is_behind_one_that_is_not_due_waits_as_well_but_never_for_more_than_an_hour() {
        let later = Waiting { next_at: add(at(0), Duration::from_secs(90)), ..waiting(1, 0, Some(1)) };
        assert_eq!(wait(&[later.clone(), waiting(2, 0, None)], at(0)), Some(Duration::from_secs(90)));
        assert_eq!(wait(std::slice::from_ref(&later), later.next_at), None);
        assert_eq!(wait(&[Waiting { next_at: at(5), ..later }], at(0)), None, "the clock was set back");
        assert_eq!(wait(&[], at(0)), None);
    }

    #[test]
    fn after_three_days_a_message_is_given_up_and_a_batch_as_a_whole() {
        let ids = |waiting: &[Waiting]| too_old(waiting, at(73)).iter().map(|old| old.id).collect::<Vec<_>>();
        assert_eq!(ids(&[waiting(1, 0, None), waiting(2, 1, None)]), [1]);
        assert_eq!(ids(&[waiting(1, 0, Some(1)), waiting(2, 1, Some(1))]), Vec::<i64>::new());
        assert_eq!(ids(&[waiting(1, 0, Some(1)), waiting(2, 0, Some(1))]), [1, 2]);
    }
}
