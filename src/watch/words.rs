//! Forecasts and numbers in words, for the page and the messages.

#[cfg(test)]
mod tests;

use std::time::Duration;

use chrono::{DateTime, Datelike, TimeDelta};
use chrono_tz::Tz;

use super::forecast::{Basis, Forecast, RunoutEdges};
use super::pace::Pace;
use super::plan::Bucket;
use crate::clock::Time;

/// What is further ahead has no date.
const FAR: TimeDelta = TimeDelta::days(10 * 365);

/// A band that is narrower is told by the hour.
const NARROW: TimeDelta = TimeDelta::days(2);

impl Forecast {
    /// When it runs out, in words: "at the pace of the last 28 days between 6 June and 2 July, most likely 12 June".
    /// `None` when it is not known what is left.
    pub fn sentence(&self, zone: Tz) -> Option<String> {
        let runout = self.runout()?;
        if self.remaining == Some(0.0) {
            return Some("nothing is left".to_owned());
        }
        let pace = self.pace_in_words();
        let edges = runout.edges.unwrap_or(RunoutEdges { fast: runout.middle, slow: runout.middle });
        let Some(fast) = edges.fast else { return Some(format!("{pace} it does not run out")) };
        let is_narrow = !self.is_early() && edges.slow.is_some_and(|slow| slow - fast < NARROW);
        let dates = Dates { from: self.at, zone, is_narrow };
        let end = runout.period_end;
        let is_in_period = |at: &Time| end.is_none_or(|end| *at < end);
        if !is_in_period(&fast) {
            let end = end.map(|end| dates.shown(end)).unwrap_or_default();
            return Some(format!("{pace} it does not run out before the period ends on {end}"));
        }
        if fast - self.at > FAR {
            return Some(format!("{pace} it does not run out within ten years"));
        }
        let likely = runout.middle.filter(is_in_period).map(|middle| dates.shown(middle));
        if self.is_early() {
            return Some(format!("{pace}, with no range yet: most likely {}", dates.shown(fast)));
        }
        let likely = likely.map_or("most likely not".to_owned(), |likely| format!("most likely {likely}"));
        let fast = dates.shown(fast);
        Some(match (edges.slow.filter(is_in_period), end) {
            (Some(slow), _) => format!("{pace} between {fast} and {}, {likely}", dates.shown(slow)),
            (None, Some(end)) => {
                let end = dates.shown(end);
                format!("{pace} from {fast} on, {likely}, or not before the period ends on {end}")
            }
            (None, None) => format!("{pace} from {fast} on, {likely}; it cannot yet be said that it will run out"),
        })
    }

    /// How much is used by the end of the period, in words. `None` when no period is known.
    pub fn end_in_words(&self, zone: Tz) -> Option<String> {
        let end = self.at_end()?;
        let by = Dates { from: self.at, zone, is_narrow: self.bucket == Bucket::Hour }.shown(end.end);
        let of = self.limit.map(|limit| format!(" of {}", figure(limit))).unwrap_or_default();
        let (pace, middle) = (self.pace_in_words(), figure(end.middle));
        Some(match end.edges {
            Some((lower, upper)) => {
                let (lower, upper) = (figure(lower), figure(upper));
                format!("{pace} between {lower} and {upper}{of} are used by {by}, most likely {middle}")
            }
            None => format!("{pace}, with no range yet: most likely {middle}{of} are used by {by}"),
        })
    }

    /// Why the forecast is what it is: the formulas with their values, a line each.
    pub fn formula(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if let Some(remaining) = self.remaining {
            lines.push(format!("R = {} is left", figure(remaining)));
        }
        let unit = self.bucket.as_str();
        match &self.basis {
            Basis::Early { buckets, mean } => {
                let known = figure(*buckets);
                lines.push(format!(
                    "m = {} per {unit}, from {known} {unit}s; a band needs five full ones",
                    figure(*mean)
                ));
                lines.push("run-out: the H where m·H = R".to_owned());
            }
            Basis::Band { long, short } => {
                lines.extend([Some(long), short.as_ref()].into_iter().flatten().map(|pace| self.values(pace)));
                lines.push("use(H) = m·H ± q·√(s²·H + s²·H²/n); run-out: the H where use(H) = R".to_owned());
                lines.push("the edges are the outermost of all windows, the middle is that of the longest".to_owned());
            }
        }
        if let Some((end, used)) = self.period_end.zip(self.used) {
            let (used, buckets) = (figure(used), figure(self.buckets_until(end)));
            lines.push(format!("at the end of the period: {used} used + use(H), H = {buckets}"));
        }
        lines
    }

    fn values(&self, pace: &Pace) -> String {
        let (unit, n) = (self.bucket.as_str(), pace.full);
        let (m, s, q) = (figure(pace.mean), figure(pace.variance.sqrt()), figure(pace.quantile));
        let ends = self.remaining.map(|remaining| match pace.runs_out(remaining) {
            None => "never".to_owned(),
            Some(course) => match course.slow {
                Some(slow) => format!("H from {} to {}", figure(course.fast), figure(slow)),
                None => format!("H from {}, no slow end", figure(course.fast)),
            },
        });
        let ends = ends.map(|ends| format!(": {ends}")).unwrap_or_default();
        format!("last {} {unit}s: n = {n}, m = {m} per {unit}, s = {s}, q = {q}{ends}", pace.span)
    }

    fn pace_in_words(&self) -> String {
        match &self.basis {
            Basis::Early { buckets, .. } => {
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a handful of buckets")]
                let whole = *buckets as usize;
                format!("by an early estimate from {}", buckets_in_words(whole, self.bucket))
            }
            Basis::Band { long, .. } => {
                format!("at the pace of the last {}", buckets_in_words(long.span, self.bucket))
            }
        }
    }
}

fn buckets_in_words(buckets: usize, bucket: Bucket) -> String {
    let plural = if buckets == 1 { "" } else { "s" };
    format!("{buckets} {}{plural}", bucket.as_str())
}

/// How dates are told.
struct Dates {
    /// Its year goes without saying.
    from: Time,
    zone: Tz,
    is_narrow: bool,
}

impl Dates {
    fn shown(&self, at: Time) -> String {
        if at - self.from > FAR {
            return "a day more than ten years ahead".to_owned();
        }
        let local = at.with_timezone(&self.zone);
        let is_this_year = local.year() == self.from.with_timezone(&self.zone).year();
        let day = local.format(if is_this_year { "%-d %B" } else { "%-d %B %Y" }).to_string();
        if self.is_narrow { format!("{day}, {}", local.format("%H:%M")) } else { day }
    }
}

/// A moment for a message, to the minute.
pub(super) fn moment(at: Time, zone: Tz) -> String {
    let local: DateTime<Tz> = at.with_timezone(&zone);
    local.format("%Y-%m-%d %H:%M %Z").to_string()
}

/// A duration to the two greatest units that say something, as the job file writes it.
pub(super) fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let coarse = match seconds {
        0..60 if duration.subsec_millis() > 0 => {
            Duration::from_millis(u64::try_from(duration.as_millis()).unwrap_or(0))
        }
        0..3_600 => Duration::from_secs(seconds),
        3_600..86_400 => Duration::from_secs(seconds - seconds % 60),
        _ => Duration::from_secs(seconds - seconds % 3_600),
    };
    humantime::format_duration(coarse).to_string()
}

/// A number for people: groups of three digits, and at most four of all that count where it has a fraction.
pub(super) fn figure(number: f64) -> String {
    let digits = match number.abs() {
        0.0..1.0 => return short(number),
        1.0..10.0 => 3,
        10.0..100.0 => 2,
        100.0..1_000.0 => 1,
        _ => 0,
    };
    // Whole numbers beyond this have no digits to tell apart.
    if number.abs() >= 1e15 {
        return format!("{number:.3e}");
    }
    let text = format!("{number:.digits$}");
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let fraction = fraction.trim_end_matches('0');
    let dot = if fraction.is_empty() { "" } else { "." };
    format!("{}{dot}{fraction}", grouped(whole))
}

/// A number under one.
fn short(number: f64) -> String {
    if number == 0.0 {
        return "0".to_owned();
    }
    if number.abs() < 0.001 { format!("{number:.1e}") } else { format!("{number:.3}").trim_end_matches('0').to_owned() }
}

fn grouped(whole: &str) -> String {
    let (sign, digits) = whole.strip_prefix('-').map_or(("", whole), |digits| ("-", digits));
    let mut text = sign.to_owned();
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
