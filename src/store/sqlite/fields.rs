//! Columns of a row as checked types.

use serde::de::DeserializeOwned;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, TypeInfo, ValueRef};

use super::history::from_millis;
use crate::clock::Time;
use crate::run::{Name, Number, RunId};

/// A row of a view.
#[derive(Clone, Copy)]
pub(super) struct Fields<'r>(pub(super) &'r SqliteRow);

impl Fields<'_> {
    pub(super) fn text(self, column: &str) -> Result<String, sqlx::Error> {
        self.0.try_get(column)
    }

    pub(super) fn optional_text(self, column: &str) -> Result<Option<String>, sqlx::Error> {
        self.0.try_get(column)
    }

    /// A word of a closed list.
    pub(super) fn word<T>(self, column: &str, from_word: fn(&str) -> Option<T>) -> Result<T, sqlx::Error> {
        let word: String = self.0.try_get(column)?;
        from_word(&word).ok_or_else(|| unknown(column, &word))
    }

    pub(super) fn optional_word<T>(
        self,
        column: &str,
        from_word: fn(&str) -> Option<T>,
    ) -> Result<Option<T>, sqlx::Error> {
        let word: Option<String> = self.0.try_get(column)?;
        word.map(|word| from_word(&word).ok_or_else(|| unknown(column, &word))).transpose()
    }

    pub(super) fn name(self, column: &str) -> Result<Name, sqlx::Error> {
        self.word(column, Name::new)
    }

    pub(super) fn time(self, column: &str) -> Result<Time, sqlx::Error> {
        self.word(column, |text| text.parse().ok())
    }

    pub(super) fn optional_time(self, column: &str) -> Result<Option<Time>, sqlx::Error> {
        self.optional_word(column, |text| text.parse().ok())
    }

    /// A time as tables have it, and not views.
    pub(super) fn instant(self, column: &str) -> Result<Time, sqlx::Error> {
        from_millis(self.0.try_get(column)?)
    }

    pub(super) fn optional_instant(self, column: &str) -> Result<Option<Time>, sqlx::Error> {
        let millis: Option<i64> = self.0.try_get(column)?;
        millis.map(from_millis).transpose()
    }

    /// A number that need not be exact.
    pub(super) fn optional_real(self, column: &str) -> Result<Option<f64>, sqlx::Error> {
        self.0.try_get(column)
    }

    /// A whole number that is not negative and fits.
    pub(super) fn whole<T: TryFrom<i64>>(self, column: &str) -> Result<T, sqlx::Error> {
        let number: i64 = self.0.try_get(column)?;
        T::try_from(number).map_err(|_| unknown(column, &number.to_string()))
    }

    pub(super) fn optional_whole<T: TryFrom<i64>>(self, column: &str) -> Result<Option<T>, sqlx::Error> {
        let number: Option<i64> = self.0.try_get(column)?;
        number.map(|_| self.whole(column)).transpose()
    }

    pub(super) fn run(self, column: &str) -> Result<RunId, sqlx::Error> {
        self.0.try_get(column).map(RunId)
    }

    pub(super) fn optional_run(self, column: &str) -> Result<Option<RunId>, sqlx::Error> {
        let id: Option<i64> = self.0.try_get(column)?;
        Ok(id.map(RunId))
    }

    /// A number as it was stored, whole or real.
    pub(super) fn number(self, column: &str) -> Result<Number, sqlx::Error> {
        let is_real = self.0.try_get_raw(column)?.type_info().name() == "REAL";
        if is_real { self.0.try_get(column).map(Number::Real) } else { self.0.try_get(column).map(Number::Whole) }
    }

    pub(super) fn optional_number(self, column: &str) -> Result<Option<Number>, sqlx::Error> {
        let is_null = self.0.try_get_raw(column)?.is_null();
        if is_null { Ok(None) } else { self.number(column).map(Some) }
    }

    pub(super) fn json<T: DeserializeOwned>(self, column: &str) -> Result<T, sqlx::Error> {
        let text: String = self.0.try_get(column)?;
        serde_json::from_str(&text).map_err(|error| undecoded(column, error.into()))
    }

    pub(super) fn optional_json<T: DeserializeOwned>(self, column: &str) -> Result<Option<T>, sqlx::Error> {
        let text: Option<String> = self.0.try_get(column)?;
        text.map(|_| self.json(column)).transpose()
    }
}

fn unknown(column: &str, value: &str) -> sqlx::Error {
    undecoded(column, format!("`{value}` is not known to this version").into())
}

fn undecoded(column: &str, source: Box<dyn std::error::Error + Send + Sync>) -> sqlx::Error {
    sqlx::Error::ColumnDecode { index: column.to_owned(), source }
}
