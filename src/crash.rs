//! Points at which a test can have the process die, as by `kill -9` or a loss of power, or panic.
//!
//! They exist only with the feature `crash-points`, which only the project's own tests turn on: without
//! it [`reach`] is nothing, and no point can be armed.

/// Where in a piece of work a point is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// Nothing of it is done.
    Before,
    /// Some of it is done, and none of it is kept yet.
    Within,
    /// It is done, and nobody knows of it yet.
    After,
}

/// The process is at this point of a piece of work. It dies or panics here if the point is armed.
#[inline]
pub fn reach(moment: Moment, work: &str) {
    #[cfg(feature = "crash-points")]
    armed::reach(moment, work);
    #[cfg(not(feature = "crash-points"))]
    let _ = (moment, work);
}

#[cfg(feature = "crash-points")]
pub use armed::arm;

#[cfg(feature = "crash-points")]
mod armed {
    use std::io::Write;
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::Moment;

    static ARMED: OnceLock<Point> = OnceLock::new();

    /// A point, how many times the process still comes past it, and what becomes of it then.
    struct Point {
        end: End,
        moment: Moment,
        work: String,
        left: AtomicU32,
    }

    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    enum End {
        Death,
        Panic,
    }

    /// Arms a point of this process: `after claim ticks` for the first time it is reached, `after claim
    /// ticks:7` for the seventh; with `panic ` before it, it is a panic. What is no such text arms nothing.
    pub fn arm(text: &str) {
        if let Some(point) = parse(text) {
            let _ = ARMED.set(point);
        }
    }

    fn parse(text: &str) -> Option<Point> {
        let (end, text) = text.strip_prefix("panic ").map_or((End::Death, text), |rest| (End::Panic, rest));
        let (moment, work) = text.split_once(' ')?;
        let (work, times) = work.rsplit_once(':').unwrap_or((work, "1"));
        let moment = match moment {
            "before" => Moment::Before,
            "within" => Moment::Within,
            "after" => Moment::After,
            _ => return None,
        };
        Some(Point { end, moment, work: work.to_owned(), left: AtomicU32::new(times.parse().ok()?) })
    }

    pub(super) fn reach(moment: Moment, work: &str) {
        let Some(point) = ARMED.get() else { return };
        if point.moment == moment && point.work == work && point.left.fetch_sub(1, Ordering::SeqCst) == 1 {
            end(point);
        }
    }

    #[expect(clippy::panic, reason = "a test asked for it")]
    fn end(Point { end, moment, work, .. }: &Point) {
        match end {
            End::Panic => panic!("panics here: {moment:?} `{work}`"),
            End::Death => {
                // No destructor runs and nothing is flushed.
                let _ = writeln!(std::io::stderr(), "dies here: {moment:?} `{work}`");
                std::process::abort();
            }
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn a_point_is_a_moment_of_a_work_and_how_often_it_is_passed() {
            let parsed = |text| {
                let Point { end, moment, work, left } = parse(text)?;
                Some((end, moment, work, left.into_inner()))
            };
            let (claim, open) = ("claim ticks".to_owned(), "open".to_owned());
            assert_eq!(parsed("after claim ticks"), Some((End::Death, Moment::After, claim, 1)));
            assert_eq!(parsed("panic before open:12"), Some((End::Panic, Moment::Before, open, 12)));
            for wrong in ["", "after", "later claim ticks", "after claim ticks:x"] {
                assert_eq!(parsed(wrong), None, "{wrong}");
            }
        }
    }
}
