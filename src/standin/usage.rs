//! `GET /v1/usage`: a report that moves as time passes.

use chrono::{Datelike, Months, NaiveDate, NaiveTime, SecondsFormat, TimeDelta};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::clock::Time;

/// What the usage report says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct UsageKnobs {
    /// Credits used when the stand-in starts; a new month begins with none.
    pub used: u64,
    /// Credits used in an hour, spread evenly but for a little unrest.
    pub per_hour: u64,
    /// Seed of that unrest.
    pub seed: u64,
    /// Credits of the plan; 0 or null as on unlimited plans.
    pub limit: Option<u64>,
    /// Whether the plan ends at its limit; else what goes beyond is overage.
    pub hard_cap: bool,
    /// Bought credits, which only administrators see.
    pub purchased: u64,
    /// Bytes stored when the stand-in starts; they grow with the credits used.
    pub storage_used: u64,
    /// Bytes that may be stored.
    pub storage_limit: u64,
    /// Whether the report has what the newer documentation adds: overage and the tier's limits.
    pub newer_fields: bool,
}

impl Default for UsageKnobs {
    fn default() -> UsageKnobs {
        UsageKnobs {
            used: 42_000,
            per_hour: 18_000,
            seed: 1,
            limit: Some(100_000),
            hard_cap: false,
            purchased: 5_000,
            storage_used: 1_200_000,
            storage_limit: 1_073_741_824,
            newer_fields: true,
        }
    }
}

/// How much of a report its reader may see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reader {
    Member,
    Administrator,
}

/// The report at `now`, of a stand-in that began at `started`. The same times give the same report.
pub(super) fn report(knobs: &UsageKnobs, started: Time, now: Time, reader: Reader) -> Value {
    let consumed = consumed(knobs, started, now);
    let tier = if knobs.hard_cap { ("free", "Free") } else { ("pro", "Pro") };
    let mut report = json!({
        "storage": {
            "used": knobs.storage_used.saturating_add(consumed.since_start.saturating_mul(100)),
            "limit": knobs.storage_limit,
        },
        "credits": credits(knobs, consumed.in_period, now, reader),
        "plan": { "tier": tier.0, "name": tier.1, "billingCycle": "monthly" },
    });
    if let (true, Some(members)) = (knobs.newer_fields, report.as_object_mut()) {
        members.insert("limits".to_owned(), json!({ "modelTierAccess": "standard,premium" }));
    }
    report
}

fn credits(knobs: &UsageKnobs, consumed: u64, now: Time, reader: Reader) -> Map<String, Value> {
    // On an unlimited plan there is nothing to exceed.
    let ceiling = knobs.limit.filter(|&limit| limit > 0).unwrap_or(u64::MAX);
    let used = if knobs.hard_cap { consumed.min(ceiling) } else { consumed };
    let overage = used.saturating_sub(ceiling);
    let available = knobs.limit.map(|limit| limit.saturating_sub(used));
    let (start, end) = period(now);
    let mut credits = Map::new();
    let mut put = |name: &str, value: Value| credits.insert(name.to_owned(), value);
    put("used", used.into());
    put("limit", knobs.limit.into());
    put("available", available.into());
    if knobs.newer_fields {
        put("overageCredits", overage.into());
        put("isInOverage", (overage > 0).into());
    }
    put("hardCap", knobs.hard_cap.into());
    if reader == Reader::Administrator {
        put("purchasedBalance", knobs.purchased.into());
        put("totalAvailable", available.map(|available| available.saturating_add(knobs.purchased)).into());
    }
    put("billingPeriod", "monthly".into());
    put("periodStart", iso(start).into());
    put("periodEnd", iso(end).into());
    credits
}

/// A time as the API spells it.
pub(super) fn iso(at: Time) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

struct Consumed {
    in_period: u64,
    since_start: u64,
}

fn consumed(knobs: &UsageKnobs, started: Time, now: Time) -> Consumed {
    let (period_start, _) = period(now);
    let since_start = steady(knobs, started, now);
    let in_period =
        if started >= period_start { knobs.used.saturating_add(since_start) } else { steady(knobs, period_start, now) };
    Consumed { in_period, since_start }
}

/// Credits used between two moments: never falls as time passes.
fn steady(knobs: &UsageKnobs, from: Time, now: Time) -> u64 {
    let seconds = u64::try_from((now - from).num_seconds()).unwrap_or(0);
    let even = u128::from(knobs.per_hour) * u128::from(seconds) / 3600;
    // Less than what each second adds at least, so that the unrest never makes the sum fall.
    let unrest = scatter(knobs.seed ^ seconds).checked_rem(knobs.per_hour / 3600).unwrap_or(0);
    u64::try_from(even).unwrap_or(u64::MAX).saturating_add(unrest)
}

/// Spreads a number over all 64 bits (the finalizer of SplitMix64).
fn scatter(seed: u64) -> u64 {
    let mut bits = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

/// First and last second of the month of `now`, UTC.
fn period(now: Time) -> (Time, Time) {
    let first = NaiveDate::from_ymd_opt(now.year(), now.month(), 1).unwrap_or_else(|| now.date_naive());
    let midnight = |date: NaiveDate| date.and_time(NaiveTime::MIN).and_utc();
    let next = first.checked_add_months(Months::new(1)).map_or(Time::MAX_UTC, midnight);
    (midnight(first), next.checked_sub_signed(TimeDelta::seconds(1)).unwrap_or(next))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;
    use crate::clock;

    fn time(text: &str) -> Time {
        text.parse().expect("a time")
    }

    fn at(knobs: &UsageKnobs, now: &str) -> Value {
        report(knobs, time("2026-11-24T12:00:00Z"), time(now), Reader::Member)
    }

    #[test]
    fn the_period_is_the_month_up_to_its_last_second() {
        let report = at(&UsageKnobs::default(), "2028-02-10T00:00:00Z");
        assert_eq!(report["credits"]["periodStart"], "2028-02-01T00:00:00Z");
        assert_eq!(report["credits"]["periodEnd"], "2028-02-29T23:59:59Z");
    }

    #[test]
    fn a_new_month_begins_with_no_credits_used() {
        let knobs = UsageKnobs { per_hour: 60, ..UsageKnobs::default() };
        assert_eq!(at(&knobs, "2026-11-24T12:00:00Z")["credits"]["used"], 42_000);
        assert_eq!(at(&knobs, "2026-11-24T13:00:00Z")["credits"]["used"], 42_060);
        assert_eq!(at(&knobs, "2026-12-01T00:00:00Z")["credits"]["used"], 0);
        assert_eq!(at(&knobs, "2026-12-01T02:00:00Z")["credits"]["used"], 120);
    }

    #[test]
    fn beyond_the_limit_is_overage_unless_the_cap_is_hard() {
        let soft = UsageKnobs { used: 130, limit: Some(100), ..UsageKnobs::default() };
        let credits = at(&soft, "2026-11-24T12:00:00Z")["credits"].clone();
        assert_eq!(
            (&credits["used"], &credits["overageCredits"], &credits["isInOverage"]),
            (&json!(130), &json!(30), &json!(true))
        );
        assert_eq!(credits["available"], 0);
        let credits = at(&UsageKnobs { hard_cap: true, ..soft }, "2026-11-24T12:00:00Z")["credits"].clone();
        assert_eq!((&credits["used"], &credits["isInOverage"]), (&json!(100), &json!(false)));
    }

    #[test]
    fn an_unlimited_plan_has_a_limit_of_zero_or_null_and_no_overage() {
        for limit in [Some(0), None] {
            let credits = at(&UsageKnobs { limit, ..UsageKnobs::default() }, "2026-11-24T12:00:00Z")["credits"].clone();
            assert_eq!(credits["limit"], json!(limit));
            assert_eq!(credits["isInOverage"], false);
        }
    }

    #[test]
    fn only_administrators_see_bought_credits() {
        let (knobs, now) = (UsageKnobs::default(), time("2026-11-24T12:00:00Z"));
        let member = report(&knobs, now, now, Reader::Member);
        assert_eq!(member["credits"].get("purchasedBalance"), None);
        assert_eq!(member["credits"].get("totalAvailable"), None);
        let admin = report(&knobs, now, now, Reader::Administrator);
        assert_eq!(admin["credits"]["totalAvailable"], 63_000);
    }

    proptest! {
        #[test]
        fn within_a_month_use_never_falls(seed: u64, per_hour in 0..1_000_000_u64, from in 0..600_000_u64, more in 0..1_000_u64) {
            let knobs = UsageKnobs { seed, per_hour, ..UsageKnobs::default() };
            let started = time("2026-11-01T00:00:00Z");
            let used = |seconds| consumed(&knobs, started, clock::add(started, Duration::from_secs(seconds))).in_period;
            prop_assert!(used(from) <= used(from + more));
        }

        #[test]
        fn no_knob_and_no_time_makes_it_panic(used: u64, per_hour: u64, limit: Option<u64>, hard_cap: bool, seconds: i32) {
            let knobs = UsageKnobs { used, per_hour, limit, hard_cap, purchased: u64::MAX, storage_used: u64::MAX, ..UsageKnobs::default() };
            let started = time("2026-11-01T00:00:00Z");
            report(&knobs, started, started + TimeDelta::seconds(seconds.into()), Reader::Administrator);
            report(&knobs, Time::MIN_UTC, Time::MAX_UTC, Reader::Administrator);
            report(&knobs, Time::MAX_UTC, Time::MIN_UTC, Reader::Administrator);
        }
    }
}
