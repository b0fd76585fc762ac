//! How much effort the filters in some work may make, all of them together.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::meter::{self, Bounds};

/// Steps of work that is brief: at most some milliseconds.
const BRIEF: u64 = 100_000;

/// Does work in which all filters together make little effort, for a thread that others wait for.
/// `None` when that was not enough: what the work gave then is not what its filters give, and it
/// is to be done again elsewhere.
pub fn briefly<T>(work: impl FnOnce() -> T) -> Option<T> {
    let (done, left) = meter::within(Bounds { steps: Some(BRIEF), ..Bounds::default() }, work);
    (left != Some(0)).then_some(done)
}

/// Does work whose filters fail within milliseconds once `switch` is thrown.
pub fn breakable<T>(switch: &BreakOff, work: impl FnOnce() -> T) -> T {
    let broken_off = Some(Arc::clone(&switch.0));
    meter::within(Bounds { broken_off, ..Bounds::default() }, work).0
}

/// Breaks off filters that run on another thread. Clones are one switch.
#[derive(Clone, Debug, Default)]
pub struct BreakOff(Arc<AtomicBool>);

impl BreakOff {
    /// Throws the switch, for good.
    pub fn throw(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::{Filter, FilterFailure, Json, Variables};

    const ENDLESS: &str =
        r#"("a" * 20000 | split("")) as $x | [$x[] | select(. as $y | any($x[]; . == "b"))] | length"#;

    fn run(text: &str) -> Result<Vec<Json>, FilterFailure> {
        Filter::compile(text, &[]).expect(text).run(&Json::null(), &Variables::default())
    }

    #[test]
    fn what_is_brief_is_done_and_what_is_not_is_given_up_soon() {
        assert_eq!(briefly(|| run("1 + 1")), Some(Ok(vec![Json::from(2_i64)])));
        assert!(briefly(|| run(".x.y | error")).is_some_and(|done| done.is_err()));
        assert_eq!(briefly(|| run(ENDLESS)), None);
        assert_eq!(briefly(|| run(&format!("first({ENDLESS})?, 1"))), None);
        assert_eq!(
            briefly(|| (0..1_000).map(|_| run("[(1, 2, 3, 4) | (1, 2, 3, 4)] | length")).collect::<Vec<_>>()),
            None
        );
    }

    #[test]
    fn a_filter_stops_soon_after_it_is_broken_off() {
        let switch = BreakOff::default();
        let running = std::thread::spawn({
            let switch = switch.clone();
            move || breakable(&switch, || std::iter::repeat_with(|| run(ENDLESS)).find(is_broken_off))
        });
        switch.throw();
        assert!(running.join().expect("no panic").is_some());
    }

    /// Any other end is only that of one allowance, and the next begins.
    fn is_broken_off(done: &Result<Vec<Json>, FilterFailure>) -> bool {
        done.as_ref().is_err_and(|failure| failure.message == "it was broken off")
    }
}
