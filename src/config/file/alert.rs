//! Alerts as they are written.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Field, OneOrMore, Percentage, Span, SpanOr, Table};

/// When somebody is to be told, and who. Exactly one of its keys says what fires.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields, extend("oneOf" = [
    { "required": ["below"] },
    { "required": ["above"] },
    { "required": ["percent"] },
    { "required": ["runout"] },
    { "required": ["forecast"] },
    { "required": ["burn"] },
    { "required": ["idle"] },
    { "required": ["stale"] },
    { "required": ["failures"] },
    { "required": ["missed"] },
    { "required": ["slower_than"] },
    { "required": ["refused"] },
    { "required": ["when"] },
]))]
pub(in crate::config) struct Alert {
    /// The metric that is watched: "JOB.METRIC", or "credential.NAME.secret_age_days". Each series of it counts alone.
    pub metric: Field<String>,
    /// The job whose runs are watched. Without it and `jobs` all are.
    pub job: Field<String>,
    /// The jobs whose runs are watched.
    pub jobs: Field<Vec<Field<String>>>,
    /// Fires when the value is under this.
    pub below: Field<f64>,
    /// Fires when the value is over this.
    pub above: Field<f64>,
    /// Fires when this much of the limit is used, in percent; each of a list by itself.
    pub percent: Field<OneOrMore<f64>>,
    /// Fires when what is left runs out soon.
    pub runout: Field<OneOrMore<Table<Runout>>>,
    /// Fires when more than the limit will be used by the end of the period.
    pub forecast: Field<OneOrMore<Table<Forecast>>>,
    /// Fires when use is quicker than the limit allows for the period.
    pub burn: Field<OneOrMore<Table<Burn>>>,
    /// Fires when nothing was used for this long.
    pub idle: Field<Span>,
    /// Fires when there was no new reading for this long.
    pub stale: Field<SpanOr<Stale>>,
    /// Fires when this many runs in a row failed or were refused.
    #[schemars(range(min = 1, max = 1_000))]
    pub failures: Field<i64>,
    /// Fires when a tick was missed.
    #[schemars(extend("enum" = [true]))]
    pub missed: Field<bool>,
    /// Fires when a run takes longer than this.
    pub slower_than: Field<Span>,
    /// Fires when a run was refused, when its credential is, and when a secret is soon too old.
    #[schemars(extend("enum" = [true]))]
    pub refused: Field<bool>,
    /// A jq filter over an object from metric to value of one run; fires when it gives neither `false` nor `null`.
    pub when: Field<String>,
    /// How many readings in a row must hold. Default: 2; with `for` 1.
    #[schemars(range(min = 1, max = 1_000))]
    pub readings: Field<i64>,
    /// How long they must have held.
    #[serde(rename = "for")]
    pub hold: Field<Span>,
    /// How far back behind its threshold a value must be to end what fires, as a part of the threshold. Default: "5%".
    pub clear: Field<Percentage>,
    /// How often it tells of the same. Default: "period" for `percent`, otherwise "episode".
    #[schemars(extend("enum" = ["period", "episode"]))]
    pub once: Field<String>,
    /// How bad it is. Default: "notice".
    #[schemars(extend("enum" = ["notice", "page"]))]
    pub severity: Field<String>,
    /// The channels that its messages go to. Without any it is only shown.
    pub channels: Field<OneOrMore<String>>,
}

/// Fires when an edge of the run-out is near.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields, extend("required" = ["within"]))]
pub(in crate::config) struct Runout {
    /// How near.
    pub within: Field<Span>,
    /// Which edge of the band: hardly earlier, most likely, hardly later. Default: "middle".
    #[schemars(extend("enum" = ["fast", "middle", "slow"]))]
    pub edge: Field<String>,
    /// How bad that is. Default: that of the alert.
    #[schemars(extend("enum" = ["notice", "page"]))]
    pub severity: Field<String>,
}

/// Fires when an edge of the projected use is over the limit.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub(in crate::config) struct Forecast {
    /// Which edge of the band: hardly less, most likely, hardly more. Default: "middle".
    #[schemars(extend("enum" = ["lower", "middle", "upper"]))]
    pub edge: Field<String>,
    /// How bad that is. Default: that of the alert.
    #[schemars(extend("enum" = ["notice", "page"]))]
    pub severity: Field<String>,
}

/// Fires when the pace over a window, and over its last twelfth, is a multiple of the even pace.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields, extend("required" = ["window", "rate"]))]
pub(in crate::config) struct Burn {
    /// The window.
    pub window: Field<Span>,
    /// The multiple of the pace at which the limit lasts just for the period.
    #[schemars(range(min = 0))]
    pub rate: Field<f64>,
    /// How bad that is. Default: that of the alert.
    #[schemars(extend("enum" = ["notice", "page"]))]
    pub severity: Field<String>,
}

/// When readings are stale; a time alone is short for `silent`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields, extend("minProperties" = 1))]
pub(in crate::config) struct Stale {
    /// There was no new one for this long.
    pub silent: Field<Span>,
    /// They came, and had the same value for this long.
    pub same: Field<Span>,
}
