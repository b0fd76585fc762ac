//! Values on their way into SQL.

use serde::{Serialize, Serializer};

use crate::clock::Time;

/// Rows as one JSON text, which a statement takes apart with `json_each`: one statement writes a
/// whole batch, and costs little more than one row would.
pub(super) fn json<T: Serialize + ?Sized>(rows: &T) -> Result<String, sqlx::Error> {
    serde_json::to_string(rows).map_err(|error| sqlx::Error::Encode(Box::new(error)))
}

/// Milliseconds since the Unix epoch. Times that no view could show as text (before the year 0 or
/// after 9999, such as the end of a token that never ends) become the nearest that one can.
pub(super) fn millis(time: Time) -> i64 {
    const YEAR_0: i64 = -62_167_219_200_000;
    const END_OF_9999: i64 = 253_402_300_799_999;
    time.timestamp_millis().clamp(YEAR_0, END_OF_9999)
}

/// A whole number as SQLite can keep it: at most 2^63 - 1. No count comes near; what an API asks
/// to wait may.
pub(super) fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A time in a row, as [`millis`].
#[derive(Clone, Copy)]
pub(super) struct Millis(pub(super) Time);

impl Serialize for Millis {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(millis(self.0))
    }
}
