//! How quickly something is used: mean and variance of the use in full buckets, and what follows from them.
//!
//! Bands are made of these increments, and not of a line through cumulative use: the points of such a line are not
//! independent of one another, and its band is far too narrow.

use statrs::distribution::{ContinuousCDF, StudentsT};

use super::ring::Cell;

/// One side of a band that holds 80 %.
const CONFIDENCE: f64 = 0.9;

/// With fewer full buckets there is no band.
pub(super) const FEWEST: usize = 5;

/// A bucket is full when this part of it lies between close readings.
const FULL: f64 = 0.9;

/// The pace of use over a window.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pace {
    /// How many buckets it goes back.
    pub span: usize,
    /// n: how many of them are full. Others keep what was used in them, and have no part in the variance.
    pub full: usize,
    /// m: what is used in a bucket.
    pub mean: f64,
    /// s²: its variance (n − 1).
    pub variance: f64,
    /// q: the one-sided quantile of Student's t.
    pub quantile: f64,
}

/// Two edges and what is most likely.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Band<T> {
    /// Hardly less, or earlier.
    pub lower: T,
    /// Most likely.
    pub middle: T,
    /// Hardly more, or later.
    pub upper: T,
}

/// When something runs out at some pace, in buckets from now.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Course {
    /// H_fast.
    pub(super) fast: f64,
    /// At the mean.
    pub(super) middle: f64,
    /// H_slow; `None` when it cannot yet be said that it will run out.
    pub(super) slow: Option<f64>,
}

impl Pace {
    /// The pace of some buckets, newest first. `None` when fewer than five of them are full.
    pub(super) fn of<'c>(cells: impl Iterator<Item = &'c Cell>, width: i64) -> Option<Pace> {
        let cells: Vec<&Cell> = cells.collect();
        let span = cells.iter().rposition(|cell| cell.known > 0)? + 1;
        let is_full = |cell: &&&Cell| number(cell.close) >= FULL * number(width);
        let of_full = |cell: &&Cell| cell.used * number(width) / number(cell.known);
        let full: Vec<f64> = cells.iter().filter(is_full).map(of_full).collect();
        if full.len() < FEWEST {
            return None;
        }
        let used: f64 = cells.iter().map(|cell| cell.used).sum();
        let known: i64 = cells.iter().map(|cell| cell.known).sum();
        let mean = used * number(width) / number(known);
        Some(Pace { span, full: full.len(), mean, variance: variance(&full), quantile: quantile(full.len()) })
    }

    /// What is used in `buckets`: m·H ± q·sqrt(s²·H + s²·H²/n).
    pub fn used_in(&self, buckets: f64) -> Band<f64> {
        let n = count(self.full);
        let spread = self.quantile * (self.variance * (buckets + buckets * buckets / n)).sqrt();
        let middle = self.mean * buckets;
        Band { lower: middle - spread, middle, upper: middle + spread }
    }

    /// The H at which what is used meets what remains: (m² − k/n)·H² − (2mR + k)·H + R² = 0 with k = q²·s².
    /// `None`: never at this pace.
    pub(super) fn runs_out(&self, remaining: f64) -> Option<Course> {
        let (m, r, n) = (self.mean, remaining, count(self.full));
        if r <= 0.0 {
            return Some(Course { fast: 0.0, middle: 0.0, slow: Some(0.0) });
        }
        if m <= 0.0 {
            return None;
        }
        let k = self.quantile * self.quantile * self.variance;
        let (a, b) = (m * m - k / n, 2.0 * m * r + k);
        // b² − 4ac with its great parts taken out, which are equal: it is never negative.
        let root = (k * (4.0 * m * r + k + 4.0 * r * r / n)).sqrt();
        // The smaller solution as 2c / (b + root): it is right as well where a is 0 or less.
        let fast = 2.0 * r * r / (b + root);
        let slow = (a > 0.0).then(|| (b + root) / (2.0 * a));
        Some(Course { fast, middle: r / m, slow })
    }
}

fn variance(values: &[f64]) -> f64 {
    let n = count(values.len());
    let mean = values.iter().sum::<f64>() / n;
    values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0)
}

/// One-sided, of n − 1 degrees of freedom.
fn quantile(n: usize) -> f64 {
    // Of fewer than two values nothing is known; no pace is made of so few.
    StudentsT::new(0.0, 1.0, count(n) - 1.0).map_or(f64::INFINITY, |student| student.inverse_cdf(CONFIDENCE))
}

#[expect(clippy::cast_precision_loss, reason = "a handful of buckets")]
pub(super) fn count(of: usize) -> f64 {
    of as f64
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds of less than 300,000 years")]
pub(super) fn number(of: i64) -> f64 {
    of as f64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const WIDTH: i64 = 1_000;

    fn full(used: f64) -> Cell {
        Cell { used, known: WIDTH, close: WIDTH }
    }

    fn pace(cells: &[Cell]) -> Option<Pace> {
        Pace::of(cells.iter(), WIDTH)
    }

    #[test]
    fn the_quantile_is_that_of_the_tables() {
        // NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.2: t for 0.90.
        for (freedom, expected) in [(4, 1.533), (6, 1.440), (9, 1.383), (27, 1.314)] {
            assert!((quantile(freedom + 1) - expected).abs() < 0.0005, "{freedom}");
        }
    }

    #[test]
    fn mean_and_variance_are_those_of_the_full_buckets() {
        let pace = pace(&[2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0].map(full)).expect("a pace");
        assert_eq!((pace.full, pace.span, pace.mean), (8, 8, 5.0));
        assert!((pace.variance - 32.0 / 7.0).abs() < 1e-12);
    }

    #[test]
    fn a_bucket_with_a_gap_keeps_its_sum_and_leaves_the_variance() {
        let mut cells = [10.0; 6].map(full).to_vec();
        cells.insert(2, Cell { close: 100, ..full(80.0) });
        let pace = pace(&cells).expect("a pace");
        assert_eq!((pace.full, pace.span, pace.mean, pace.variance), (6, 7, 20.0, 0.0));
    }

    #[test]
    fn time_of_which_nothing_is_known_counts_neither_for_nor_against() {
        let mut cells = [10.0; 5].map(full).to_vec();
        cells[1] = Cell { used: 9.5, known: 950, close: 950 };
        cells.insert(1, Cell::default());
        cells.push(Cell::default());
        let pace = pace(&cells).expect("a pace");
        assert_eq!((pace.full, pace.span), (5, 6));
        assert!((pace.mean - 10.0).abs() < 1e-12 && pace.variance < 1e-12);
    }

    #[test]
    fn of_fewer_than_five_full_buckets_there_is_no_pace() {
        assert_eq!(pace(&[1.0; 4].map(full)), None);
        assert_eq!(pace(&[]), None);
    }

    #[test]
    fn steady_use_runs_out_at_one_time() {
        let course = pace(&[10.0; 7].map(full)).and_then(|pace| pace.runs_out(35.0)).expect("a course");
        assert_eq!(course, Course { fast: 3.5, middle: 3.5, slow: Some(3.5) });
    }

    #[test]
    fn what_is_not_used_never_runs_out_and_what_is_used_up_has() {
        let idle = pace(&[0.0; 7].map(full)).expect("a pace");
        assert_eq!(idle.runs_out(1.0), None);
        assert_eq!(idle.runs_out(0.0).map(|course| course.middle), Some(0.0));
        assert_eq!(pace(&[-1.0; 7].map(full)).and_then(|pace| pace.runs_out(1.0)), None);
    }

    #[test]
    fn use_that_scatters_too_much_has_no_slow_end() {
        let course = pace(&[0.0, 0.0, 0.0, 0.0, 100.0].map(full)).and_then(|pace| pace.runs_out(50.0)).expect("one");
        assert!(course.fast < course.middle && course.slow.is_none(), "{course:?}");
    }

    proptest! {
        #[test]
        fn at_the_ends_of_the_run_out_the_edges_of_use_meet_what_remains(
            used in prop::collection::vec(0.0_f64..1_000.0, 5..28),
            remaining in 0.001_f64..1e6,
        ) {
            let pace = pace(&used.into_iter().map(full).collect::<Vec<_>>()).expect("a pace");
            let course = pace.runs_out(remaining).expect("a course");
            let near = |one: f64| (one - remaining).abs() <= 1e-6 * remaining;
            prop_assert!(course.fast <= course.middle);
            prop_assert!(near(pace.used_in(course.fast).upper));
            prop_assert!(near(pace.used_in(course.middle).middle));
            if let Some(slow) = course.slow.filter(|slow| *slow < 1e6) {
                prop_assert!(course.middle <= slow * (1.0 + 1e-9));
                prop_assert!(near(pace.used_in(slow).lower), "{} {remaining}", pace.used_in(slow).lower);
            }
        }
    }
}
