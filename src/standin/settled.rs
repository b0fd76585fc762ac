//! Knobs made ready for use: clients by id, and faults that count down.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use super::clients::{self, Client};
use super::fault::Fault;
use super::knobs::Knobs;
use super::visit::Visit;

/// The knobs in force. Replaced as a whole, so that a request sees one state from start to end.
#[derive(Debug)]
pub(super) struct Settled {
    knobs: Knobs,
    clients: HashMap<String, Arc<Client>>,
    /// What is left of each fault, in the order of `knobs.faults`.
    left: Vec<Left>,
}

/// How many requests a fault still spares, and how often it may strike then.
#[derive(Debug)]
struct Left {
    spared: AtomicU32,
    times: AtomicU32,
}

impl Settled {
    pub(super) fn new(knobs: Knobs) -> Settled {
        let clients = clients::index(&knobs.clients);
        let left = knobs.faults.iter().map(Left::of).collect();
        Settled { knobs, clients, left }
    }

    pub(super) fn knobs(&self) -> &Knobs {
        &self.knobs
    }

    pub(super) fn client(&self, id: &str) -> Option<&Arc<Client>> {
        self.clients.get(id)
    }

    /// The first fault that fits a request and is not used up. Using it uses one of its times.
    pub(super) fn strike(&self, visit: &Visit, client: Option<&str>) -> Option<&Fault> {
        let mut faults = self.knobs.faults.iter().zip(&self.left);
        faults.find(|(fault, left)| fault.fits(visit, client) && use_one(fault, left)).map(|(fault, _)| fault)
    }

    /// The knobs with what is left of their faults.
    pub(super) fn remaining(&self) -> Knobs {
        let mut knobs = self.knobs.clone();
        for (fault, left) in knobs.faults.iter_mut().zip(&self.left) {
            fault.after = left.spared.load(Ordering::Relaxed);
            fault.times = fault.times.map(|_| left.times.load(Ordering::Relaxed));
        }
        knobs.faults.retain(|fault| fault.times != Some(0));
        knobs
    }
}

impl Left {
    fn of(fault: &Fault) -> Left {
        Left { spared: AtomicU32::new(fault.after), times: AtomicU32::new(fault.times.unwrap_or(0)) }
    }
}

fn use_one(fault: &Fault, left: &Left) -> bool {
    !count_down(&left.spared) && (fault.times.is_none() || count_down(&left.times))
}

/// Whether there was something left.
fn count_down(left: &AtomicU32) -> bool {
    left.try_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::standin::visit;

    #[test]
    fn faults_of_a_path_strike_in_order_until_they_are_used_up() {
        let faults = vec![
            Fault::status("/v1/models", 502),
            Fault::status("/v1/usage", 503).times(2),
            Fault::status("/v1/*", 500).times(1),
        ];
        let settled = Settled::new(Knobs { faults, ..Knobs::default() });
        let visit = visit::example("GET", "/v1/usage");
        let statuses: Vec<_> = (0..4).map(|_| settled.strike(&visit, None).and_then(|fault| fault.status)).collect();
        assert_eq!(statuses, [Some(503), Some(503), Some(500), None]);
        assert_eq!(settled.remaining().faults, [Fault::status("/v1/models", 502)]);
    }

    #[test]
    fn a_fault_spares_as_many_requests_as_it_says_first() {
        let faults = vec![Fault::status("/v1/usage", 503).times(1).after(2)];
        let settled = Settled::new(Knobs { faults, ..Knobs::default() });
        let visit = visit::example("GET", "/v1/usage");
        let struck: Vec<_> = (0..4).map(|_| settled.strike(&visit, None).is_some()).collect();
        assert_eq!(struck, [false, false, true, false]);
    }

    #[test]
    fn a_fault_of_one_client_spares_the_others() {
        let faults = vec![Fault::status("/v1/usage", 429).of_client("a")];
        let settled = Settled::new(Knobs { faults, ..Knobs::default() });
        let visit = visit::example("GET", "/v1/usage");
        assert!(settled.strike(&visit, None).is_none());
        assert!(settled.strike(&visit, Some("b")).is_none());
        assert!(settled.strike(&visit, Some("a")).is_some());
    }
}
