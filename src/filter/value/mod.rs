//! The values that jaq works on: JSON whose use is charged to the run's allowance.
//!
//! The jq language in jaq-core is generic over its values. This one wraps jaq-json's and puts a
//! price on everything whose cost grows with its operands; nothing of what it does is left to
//! jaq-json where that would copy a whole array or object, or compare without a total order.

mod compare;
mod concat;
mod grown;
mod ops;
pub(super) mod price;

use std::fmt;
use std::sync::Arc;

use jaq_core::val::Range;
use jaq_core::{Exn, ValR, ValX, path};
use jaq_json::{Map, Num, Val};
use jaq_std::ValT as _;

use super::json::{self, Clipped};
use super::meter::{self, Spent};

pub(super) use compare::compare;
pub(super) use concat::{join, sum};
pub(super) use grown::Grown;

/// A value inside a run.
#[derive(Clone, Debug)]
pub(super) struct Metered(pub(super) Val);

/// A failure inside a run.
pub(super) type Error = jaq_core::Error<Metered>;

/// Characters of a value that a message shows.
const SHOWN: usize = 120;

impl From<Spent> for Error {
    fn from(spent: Spent) -> Error {
        Error::str(spent.as_str())
    }
}

impl Metered {
    /// The values inside, one by one, without a copy of the whole.
    fn inside(self) -> Result<Inside, Error> {
        meter::value()?;
        match &self.0 {
            Val::Arr(_) | Val::Obj(_) => Ok(Inside { of: self.0, next: 0 }),
            _ => Err(Error::typ(self, "iterable (array or object)")),
        }
    }

    pub(super) fn text(text: impl Into<String>) -> Metered {
        Metered(Val::utf8_str(text.into().into_bytes()))
    }

    /// How many values are inside, itself counted; a step is charged for each.
    pub(super) fn weigh(&self) -> Result<usize, Spent> {
        fn weigh(value: &Val) -> Result<usize, Spent> {
            let weight = match value {
                Val::Null | Val::Bool(_) | Val::Num(_) => 1,
                Val::BStr(bytes) | Val::TStr(bytes) => 1 + bytes.len() / 16,
                Val::Arr(elements) => 1 + weigh_all(elements.iter())?,
                Val::Obj(members) => 1 + members.len() + weigh_all(members.values())?,
            };
            meter::steps(1_u64).map(|()| weight)
        }
        fn weigh_all<'a>(mut values: impl Iterator<Item = &'a Val>) -> Result<usize, Spent> {
            values.try_fold(0, |sum, value| Ok(sum + weigh(value)?))
        }
        let weight = weigh(&self.0)?;
        meter::steps(weight).map(|()| weight)
    }

    /// As JSON text, charged before it is written.
    pub(super) fn to_json(&self) -> Result<String, Spent> {
        self.weigh()?;
        let length = json::length(&self.0);
        meter::bytes(price::TEXT + length)?;
        let mut text = String::with_capacity(length);
        // Writing to a String cannot fail.
        _ = json::write(&self.0, &mut text);
        Ok(text)
    }

    /// An array of values, charged as it grows.
    pub(super) fn array(values: impl IntoIterator<Item = Metered>) -> Result<Metered, Spent> {
        let values = values.into_iter();
        meter::bytes(price::ARRAY)?;
        let mut elements = Grown::with_room(values.size_hint().0)?;
        for value in values {
            meter::bytes(price::kept(&value.0))?;
            elements.push(value.0)?;
        }
        Ok(Metered(Val::Arr(Arc::new(elements.into_inner()))))
    }
}

/// Walks an array or object that others may share.
struct Inside {
    of: Val,
    next: usize,
}

impl Iterator for Inside {
    /// The key or index, and the value.
    type Item = Result<(Val, Metered), Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let pair = match &self.of {
            Val::Arr(elements) => (Val::from(self.next), elements.get(self.next)?.clone()),
            Val::Obj(members) => members.get_index(self.next).map(|(name, value)| (name.clone(), value.clone()))?,
            _ => return None,
        };
        if let Err(spent) = meter::value() {
            // The rest is not worth walking: the run has failed.
            self.of = Val::Null;
            return Some(Err(spent.into()));
        }
        self.next += 1;
        Some(Ok((pair.0, Metered(pair.1))))
    }
}

impl jaq_core::ValT for Metered {
    fn from_num(digits: &str) -> ValR<Self> {
        Ok(Metered(lift(<Val as jaq_core::ValT>::from_num(digits))?))
    }

    fn from_map<I: IntoIterator<Item = (Self, Self)>>(members: I) -> ValR<Self> {
        let mut map = Map::default();
        let mut paid = price::map(0);
        meter::bytes(paid)?;
        for (name, value) in members {
            let price = price::map(map.len() + 1);
            meter::bytes(price - paid + price::member(&name.0, &value.0))?;
            paid = price;
            if !matches!(name.0, Val::TStr(_)) {
                return Err(Error::typ(name, "the name of an object's member: it must be a string"));
            }
            map.insert(name.0, value.0);
        }
        Ok(Metered(Val::obj(map)))
    }

    fn key_values(self) -> Box<dyn Iterator<Item = Result<(Self, Self), Error>>> {
        match self.inside() {
            Ok(inside) => Box::new(inside.map(|pair| pair.map(|(key, value)| (Metered(key), value)))),
            Err(error) => Box::new(std::iter::once(Err(error))),
        }
    }

    fn values(self) -> Box<dyn Iterator<Item = ValR<Self>>> {
        match self.inside() {
            Ok(inside) => Box::new(inside.map(|pair| pair.map(|(_, value)| value))),
            Err(error) => Box::new(std::iter::once(Err(error))),
        }
    }

    fn index(self, index: &Self) -> ValR<Self> {
        match (&self.0, &index.0) {
            (Val::Arr(_), Val::Arr(_)) => Err(Error::index(self, index.clone())),
            // jaq takes only whole numbers; jq cuts a fraction off.
            (Val::Arr(elements), Val::Num(number @ (Num::Float(_) | Num::Dec(_)))) => {
                Ok(Metered(at(elements, floor(number))))
            }
            _ => {
                if matches!(index.0, Val::Obj(_)) {
                    charge_slice(&self.0)?;
                }
                let found = jaq_core::ValT::index(self.0.clone(), &index.0);
                found.map(Metered).map_err(|_| Error::index(self, index.clone()))
            }
        }
    }

    fn range(self, range: Range<&Self>) -> ValR<Self> {
        charge_slice(&self.0)?;
        let range = range.start.map(|start| &start.0)..range.end.map(|end| &end.0);
        let slice = jaq_core::ValT::range(self.0.clone(), range);
        slice.map(Metered).map_err(|_| Error::typ(self, "something to take that slice of"))
    }

    fn map_values<'a, I: Iterator<Item = ValX<'a, Self>>>(self, _: path::Opt, _: impl Fn(Self) -> I) -> ValX<'a, Self> {
        no_updates()
    }

    fn map_index<'a, I: Iterator<Item = ValX<'a, Self>>>(
        self,
        _: &Self,
        _: path::Opt,
        _: impl Fn(Self) -> I,
    ) -> ValX<'a, Self> {
        no_updates()
    }

    fn map_range<'a, I: Iterator<Item = ValX<'a, Self>>>(
        self,
        _: Range<&Self>,
        _: path::Opt,
        _: impl Fn(Self) -> I,
    ) -> ValX<'a, Self> {
        no_updates()
    }

    fn as_bool(&self) -> bool {
        !matches!(self.0, Val::Null | Val::Bool(false))
    }

    fn into_string(self) -> Self {
        match &self.0 {
            Val::BStr(_) | Val::TStr(_) => self,
            // A spent run fails at its end, whatever comes out here.
            _ => Metered::text(self.to_json().unwrap_or_default()),
        }
    }
}

impl jaq_std::ValT for Metered {
    fn into_seq<S: FromIterator<Self>>(self) -> Result<S, Self> {
        match &self.0 {
            // jaq sorts them then, by keys that it makes.
            Val::Arr(elements) if charge_sort(elements).is_ok() => Ok(elements.iter().cloned().map(Metered).collect()),
            _ => Err(self),
        }
    }

    fn is_int(&self) -> bool {
        matches!(self.0, Val::Num(Num::Int(_) | Num::BigInt(_)))
    }

    fn as_isize(&self) -> Option<isize> {
        self.0.as_isize()
    }

    fn as_f64(&self) -> Option<f64> {
        self.0.as_f64()
    }

    fn is_utf8_str(&self) -> bool {
        self.0.is_utf8_str()
    }

    fn as_bytes(&self) -> Option<&[u8]> {
        self.0.as_bytes()
    }

    fn as_sub_str(&self, sub: &[u8]) -> Self {
        Metered(self.0.as_sub_str(sub))
    }

    /// The definitions in `language.jq` charge it beforehand.
    fn from_utf8_bytes(bytes: impl AsRef<[u8]> + Send + 'static) -> Self {
        Metered(Val::from_utf8_bytes(bytes))
    }
}

/// Carries a failure of jaq-json over to ours. It would write its operands out whole, so they are
/// looked at before, and this is only for what cannot happen.
fn lift<T>(result: Result<T, jaq_json::Error>) -> Result<T, Error> {
    result.map_err(|error| Error::new(Metered(error.into_val())))
}

fn charge_sort(elements: &[Val]) -> Result<(), Spent> {
    meter::bytes(price::part(elements).saturating_add(elements.len().saturating_mul(price::SORTED)))
}

/// Text is walked to find its characters; a slice of an array is a copy.
fn charge_slice(value: &Val) -> Result<(), Spent> {
    match value {
        Val::BStr(bytes) | Val::TStr(bytes) => meter::steps(bytes.len() / 16),
        Val::Arr(_) => meter::bytes(price::copy(value)),
        _ => Ok(()),
    }
}

fn floor(number: &Num) -> Option<isize> {
    let whole = Val::Num(number.clone()).as_f64()?.floor();
    #[expect(clippy::cast_possible_truncation, reason = "a cast saturates, and no array is that long")]
    (!whole.is_nan()).then_some(whole as isize)
}

fn at(elements: &Arc<Vec<Val>>, index: Option<isize>) -> Val {
    let index = index.and_then(|index| match usize::try_from(index) {
        Ok(index) => Some(index),
        Err(_) => elements.len().checked_sub(index.unsigned_abs()),
    });
    index.and_then(|index| elements.get(index)).cloned().unwrap_or_default()
}

fn no_updates<'a>() -> ValX<'a, Metered> {
    Err(Exn::from(Error::str("updates are not part of the filter language")))
}

impl fmt::Display for Metered {
    /// Only for messages: cut, so that a failure over a large body stays readable and cheap.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&Clipped::of(SHOWN, &json::Json(self.0.clone())))
    }
}
