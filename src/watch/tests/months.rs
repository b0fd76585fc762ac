//! Months as they may be: how much is used on each day, by one of four habits.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// Days of a simulated month.
pub(super) const DAYS: usize = 30;

/// Days before it that are known.
pub(super) const BEFORE: usize = 28;

/// How use goes.
#[derive(Clone, Copy, Debug)]
pub(super) enum Habit {
    /// Days differ by a tenth.
    Steady,
    /// Days differ by half and more, and some are far higher.
    Noisy,
    /// On Saturdays and Sundays a quarter of the other days.
    Weekly,
    /// Twice as much at the end of the month as at its beginning.
    Growing,
}

impl Habit {
    pub(super) const ALL: [Habit; 4] = [Habit::Steady, Habit::Noisy, Habit::Weekly, Habit::Growing];

    /// What is used on each day of a month and of those before it.
    pub(super) fn days(self, seed: u64) -> Vec<f64> {
        let mut random = StdRng::seed_from_u64(seed);
        let first = random.random_range(0..7);
        (0..BEFORE + DAYS).map(|day| 100.0 * self.level(day, first) * self.scatter(&mut random)).collect()
    }

    /// What is used in a month on average.
    pub(super) fn expected(self) -> f64 {
        (BEFORE..BEFORE + DAYS).map(|day| 100.0 * self.level(day, 0)).sum()
    }

    fn level(self, day: usize, first_weekday: usize) -> f64 {
        match self {
            Habit::Steady | Habit::Noisy => 1.0,
            Habit::Weekly => {
                if (day + first_weekday) % 7 < 5 {
                    1.0
                } else {
                    0.25
                }
            }
            #[expect(clippy::cast_precision_loss, reason = "a day of two months")]
            Habit::Growing => 2.0_f64.powf((day as f64 - BEFORE as f64) / DAYS as f64),
        }
    }

    /// Lognormal about a mean of 1.
    fn scatter(self, random: &mut StdRng) -> f64 {
        let sigma: f64 = match self {
            Habit::Steady | Habit::Growing => 0.1,
            Habit::Weekly => 0.15,
            Habit::Noisy => 0.6,
        };
        (sigma * normal(random) - sigma * sigma / 2.0).exp()
    }
}

/// Box and Muller.
fn normal(random: &mut StdRng) -> f64 {
    let (one, other): (f64, f64) = (1.0 - random.random::<f64>(), random.random());
    (-2.0 * one.ln()).sqrt() * (std::f64::consts::TAU * other).cos()
}
