//! The operators `+ - * / %`, charged before they are worked out.

use std::ops::{Add, Div, Mul, Neg, Rem, Sub};
use std::sync::Arc;

use jaq_core::{ValR, ops::Math, val::Range};
use jaq_json::{Num, Val};
use jaq_std::ValT as _;

use super::{Error, Grown, Metered, compare, lift, price};
use crate::filter::meter::{self, Spent};

/// Bits of a whole number. More are no amount of anything, and squaring doubles them each time.
const BITS: u64 = 8_192;

impl From<bool> for Metered {
    fn from(truth: bool) -> Self {
        Metered(Val::Bool(truth))
    }
}

impl From<isize> for Metered {
    fn from(whole: isize) -> Self {
        Metered(Val::from(whole))
    }
}

impl From<usize> for Metered {
    fn from(whole: usize) -> Self {
        Metered(Val::from(whole))
    }
}

impl From<f64> for Metered {
    fn from(real: f64) -> Self {
        Metered(Val::from(real))
    }
}

impl From<String> for Metered {
    fn from(text: String) -> Self {
        // A spent run fails at its end. Here are only the texts of a filter itself, and times.
        _ = meter::bytes(text.len());
        Metered::text(text)
    }
}

impl From<Range<Self>> for Metered {
    fn from(range: Range<Self>) -> Self {
        let range = range.start.map(|start| start.0)..range.end.map(|end| end.0);
        Metered(Val::from(range))
    }
}

impl FromIterator<Self> for Metered {
    fn from_iter<I: IntoIterator<Item = Self>>(values: I) -> Self {
        // A spent run fails at its end, whatever comes out here.
        Metered::array(values).unwrap_or(Metered(Val::Null))
    }
}

impl Add for Metered {
    type Output = ValR<Self>;

    fn add(self, other: Self) -> ValR<Self> {
        match (self.0, other.0) {
            (Val::TStr(left), Val::TStr(right)) => texts(&left, &right),
            (Val::Arr(left), Val::Arr(right)) => arrays(&left, &right),
            (left @ Val::Obj(_), right @ Val::Obj(_)) => {
                meter::bytes(price::copy(&left).saturating_add(price::added(&left, &right)))?;
                Metered(left).append(Metered(right))
            }
            (left, right) => Metered(left).append(Metered(right)),
        }
    }
}

fn texts(left: &[u8], right: &[u8]) -> ValR<Metered> {
    meter::bytes(price::TEXT)?;
    let mut both = Grown::with_room(left.len() + right.len())?;
    both.extend_from_slice(left)?;
    both.extend_from_slice(right)?;
    Ok(Metered(Val::utf8_str(both.into_inner())))
}

fn arrays(left: &[Val], right: &[Val]) -> ValR<Metered> {
    meter::bytes(price::ARRAY + price::part(left).saturating_add(price::part(right)))?;
    Ok(Metered(Val::Arr(Arc::new([left, right].concat()))))
}

impl Metered {
    /// `+` without its price, for a left side that nobody else holds.
    pub(super) fn append(self, other: Self) -> ValR<Self> {
        match (&self.0, &other.0) {
            (Val::Null, _) => Ok(other),
            (_, Val::Null) => Ok(self),
            (Val::Num(_), Val::Num(_))
            | (Val::TStr(_), Val::TStr(_))
            | (Val::Arr(_), Val::Arr(_))
            | (Val::Obj(_), Val::Obj(_)) => Ok(Metered(lift(self.0 + other.0)?)),
            _ => Err(Error::math(self, Math::Add, other)),
        }
    }
}

impl Sub for Metered {
    type Output = ValR<Self>;

    fn sub(self, other: Self) -> ValR<Self> {
        match (&self.0, &other.0) {
            (Val::Num(_), Val::Num(_)) => Ok(Metered(lift(self.0 - other.0)?)),
            (Val::Arr(left), Val::Arr(right)) => {
                meter::steps(self.weigh()? + other.weigh()?)?;
                meter::bytes(price::copy(&self.0).saturating_add(price::copy(&other.0)))?;
                Ok(without(left, right)?)
            }
            _ => Err(Error::math(self, Math::Sub, other)),
        }
    }
}

fn without(left: &[Val], right: &[Val]) -> Result<Metered, Spent> {
    let mut taken: Vec<&Val> = right.iter().collect();
    taken.sort_by(|left, right| compare(left, right));
    let stays = |value: &&Val| taken.binary_search_by(|taken| compare(taken, value)).is_err();
    Metered::array(left.iter().filter(stays).cloned().map(Metered))
}

impl Mul for Metered {
    type Output = ValR<Self>;

    fn mul(self, other: Self) -> ValR<Self> {
        match (&self.0, &other.0) {
            (Val::Num(left), Val::Num(right)) if bits(left) + bits(right) > BITS => {
                Err(Error::str("the product has too many digits"))
            }
            (Val::Num(_), Val::Num(_)) => Ok(Metered(lift(self.0 * other.0)?)),
            (Val::Num(times), Val::TStr(text)) | (Val::TStr(text), Val::Num(times)) => repeat(text, as_count(times)),
            (Val::Obj(_), Val::Obj(_)) => {
                meter::bytes((self.weigh()? + other.weigh()?).saturating_mul(price::MERGED))?;
                Ok(Metered(lift(self.0 * other.0)?))
            }
            _ => Err(Error::math(self, Math::Mul, other)),
        }
    }
}

/// As in jq, no times is null.
fn repeat(text: &[u8], times: usize) -> ValR<Metered> {
    meter::bytes(text.len().saturating_mul(times).saturating_add(price::TEXT))?;
    Ok(Metered(if times == 0 { Val::Null } else { Val::utf8_str(text.repeat(times)) }))
}

fn bits(number: &Num) -> u64 {
    match number {
        Num::BigInt(whole) => whole.bits(),
        _ => 64,
    }
}

fn as_count(times: &Num) -> usize {
    match Val::Num(times.clone()).as_f64() {
        Some(times) if times < 1.0 => 0,
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at least 1, and a cast saturates")]
        Some(times) => times as usize,
        None => 0,
    }
}

impl Div for Metered {
    type Output = ValR<Self>;

    fn div(self, other: Self) -> ValR<Self> {
        match (&self.0, &other.0) {
            (Val::Num(_), Val::Num(_)) if other.0.as_f64() != Some(0.0) => Ok(Metered(lift(self.0 / other.0)?)),
            (Val::TStr(text), Val::TStr(separator)) => {
                charge_parts(text, separator)?;
                Ok(Metered(lift(self.0 / other.0)?))
            }
            _ => Err(Error::math(self, Math::Div, other)),
        }
    }
}

/// A part of a split text is a view with an allocation of its own.
fn charge_parts(text: &[u8], separator: &[u8]) -> Result<(), Spent> {
    meter::steps(text.len() / 4)?;
    let parts = match (std::str::from_utf8(text), std::str::from_utf8(separator)) {
        (Ok(text), Ok(separator)) => text.matches(separator).count(),
        _ => text.len() / separator.len().max(1),
    };
    meter::bytes(parts.saturating_add(1).saturating_mul(price::PIECE))
}

impl Rem for Metered {
    type Output = ValR<Self>;

    fn rem(self, other: Self) -> ValR<Self> {
        match (&self.0, &other.0) {
            (Val::Num(_), Val::Num(_)) if other.0.as_f64() != Some(0.0) => Ok(Metered(lift(self.0 % other.0)?)),
            _ => Err(Error::math(self, Math::Rem, other)),
        }
    }
}

impl Neg for Metered {
    type Output = ValR<Self>;

    fn neg(self) -> ValR<Self> {
        match self.0 {
            Val::Num(number) => Ok(Metered(Val::Num(-number))),
            _ => Err(Error::typ(self, "number")),
        }
    }
}
