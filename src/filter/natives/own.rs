//! Functions over whole values. jaq-json has the like, but only for values that are not metered.

use jaq_core::native::{self, Fun, bome, run, unary, v};
use jaq_core::{RunPtr, ValR, ValXs};
use jaq_json::{Num, Val};
use jaq_std::ValT as _;

use super::Data;
use crate::filter::json;
use crate::filter::meter::{self, Spent};
use crate::filter::value::{Error, Grown, Metered, compare, join, price, sum};

pub(super) fn functions() -> impl Iterator<Item = Fun<Data>> {
    let functions: Vec<native::Filter<RunPtr<Data>>> = vec![
        ("_step", v(0), |cv| while_within(meter::value(), cv.1)),
        ("_weigh", v(0), |cv| while_within(cv.1.weigh().map(drop), cv.1)),
        ("_key", v(0), |cv| while_within(key(&cv.1), cv.1)),
        ("empty", v(0), |_| Box::new(std::iter::empty())),
        ("_sum", v(0), |cv| bome(sum(cv.1.0))),
        ("_join", v(1), |mut cv| {
            let separator = cv.0.pop_var();
            bome(join(cv.1.0, &separator))
        }),
        ("to_entries", v(0), |cv| bome(to_entries(cv.1))),
        ("_flatten", v(1), |cv| unary(cv, |value, depth| flatten(value, depth.0.as_isize()))),
        ("_date", v(0), |cv| bome(date(cv.1))),
        ("implode", v(0), |cv| bome(implode(cv.1))),
        ("length", v(0), |cv| bome(length(cv.1))),
        ("type", v(0), |cv| bome(Ok(Metered::text(type_of(&cv.1.0))))),
        ("tojson", v(0), |cv| bome(cv.1.to_json().map(Metered::text).map_err(Error::from))),
        ("fromjson", v(0), |cv| bome(from_json(cv.1))),
        ("has", v(1), |cv| unary(cv, |value, key| has(&value, &key))),
        ("contains", v(1), |cv| unary(cv, |value, other| Ok(Metered::from(contains(&value.0, &other.0)?)))),
        ("indices", v(1), |cv| unary(cv, |value, part| indices(&value, &part))),
    ];
    functions.into_iter().map(run::<Data>)
}

/// The value as long as the allowance lasts; nothing after, so that generators run dry.
pub(super) fn while_within<'a>(charged: Result<(), Spent>, value: Metered) -> ValXs<'a, Metered> {
    Box::new(charged.ok().map(|()| Ok(value)).into_iter())
}

/// Charges a key that an element is to be sorted by.
fn key(value: &Metered) -> Result<(), Spent> {
    meter::bytes(price::KEY + price::kept(&value.0))?;
    value.weigh().map(drop)
}

fn length(value: Metered) -> ValR<Metered> {
    Ok(Metered(match &value.0 {
        Val::Null => Val::from(0_usize),
        Val::Num(_) if compare(&value.0, &Val::from(0_usize)).is_lt() => return -value,
        Val::Num(_) => value.0,
        Val::BStr(bytes) => Val::from(bytes.len()),
        Val::TStr(bytes) => {
            meter::steps(bytes.len() / 16)?;
            Val::from(String::from_utf8_lossy(bytes).chars().count())
        }
        Val::Arr(elements) => Val::from(elements.len()),
        Val::Obj(members) => Val::from(members.len()),
        Val::Bool(_) => return Err(Error::str(format_args!("{value} has no length"))),
    }))
}

fn to_entries(value: Metered) -> ValR<Metered> {
    let entry = |pair: Result<(Metered, Metered), Error>| -> ValR<Metered> {
        let (key, value) = pair?;
        meter::bytes(price::entry())?;
        let members = [(Val::utf8_str("key"), key.0), (Val::utf8_str("value"), value.0)];
        Ok(Metered(Val::obj(members.into_iter().collect())))
    };
    jaq_core::ValT::key_values(value).map(entry).collect()
}

/// Elements of arrays inside, down to so many levels; all the way down when that is negative.
fn flatten(value: Metered, depth: Option<isize>) -> ValR<Metered> {
    fn into(flat: &mut Grown<Val>, value: Val, depth: isize) -> Result<(), Error> {
        for inner in jaq_core::ValT::values(Metered(value)) {
            let inner = inner?.0;
            if depth != 0 && matches!(inner, Val::Arr(_)) {
                into(flat, inner, depth - 1)?;
            } else {
                meter::bytes(price::kept(&inner))?;
                flat.push(inner)?;
            }
        }
        Ok(())
    }
    meter::bytes(price::ARRAY)?;
    let mut flat = Grown::with_room(0)?;
    into(&mut flat, value.0, depth.unwrap_or(-1).max(-1))?;
    Ok(Metered(flat.into_inner().into_iter().collect()))
}

/// Seconds or a broken-down time that jaq-std's arithmetic cannot overflow on.
fn date(value: Metered) -> ValR<Metered> {
    const YEAR_9999: f64 = 253_402_300_800.0;
    let fits = match &value.0 {
        Val::Arr(parts) => parts.get(1).and_then(Val::as_isize).is_some_and(|month| (0..12).contains(&month)),
        number => number.as_f64().is_some_and(|seconds| seconds.abs() < YEAR_9999),
    };
    if fits { Ok(value) } else { Err(Error::typ(value, "a time")) }
}

fn implode(value: Metered) -> ValR<Metered> {
    let Val::Arr(codes) = &value.0 else { return Err(Error::typ(value, "array")) };
    // A character takes four bytes at most, and the text has to be twice there as it grows.
    meter::bytes(price::TEXT + codes.len().saturating_mul(8))?;
    let character = |code: &Val| code.as_isize().and_then(|code| char::from_u32(u32::try_from(code).ok()?));
    let text = codes.iter().map(character).collect::<Option<String>>();
    text.map(Metered::text).ok_or_else(|| Error::typ(value.clone(), "an array of characters"))
}

fn type_of(value: &Val) -> &'static str {
    match value {
        Val::Null => "null",
        Val::Bool(_) => "boolean",
        Val::Num(_) => "number",
        Val::BStr(_) | Val::TStr(_) => "string",
        Val::Arr(_) => "array",
        Val::Obj(_) => "object",
    }
}

fn from_json(value: Metered) -> ValR<Metered> {
    let Some(bytes) = value.0.as_utf8_bytes() else { return Err(Error::typ(value, "string")) };
    meter::steps(bytes.len() / 2)?;
    meter::bytes(json::weight(bytes))?;
    json::parse(bytes).map(Metered).map_err(|error| Error::str(format_args!("cannot read {value} as JSON: {error}")))
}

fn has(value: &Metered, key: &Metered) -> ValR<Metered> {
    match (&value.0, &key.0) {
        (Val::Obj(members), Val::TStr(_)) => Ok(Metered::from(members.contains_key(&key.0))),
        (Val::Arr(elements), Val::Num(Num::Int(index))) => {
            Ok(Metered::from(usize::try_from(*index).is_ok_and(|index| index < elements.len())))
        }
        _ => Err(Error::index(value.clone(), key.clone())),
    }
}

/// Whether `part` is in `whole`: a substring, or each element in some element, or each member in
/// the member of its name; else whether they are equal.
fn contains(whole: &Val, part: &Val) -> Result<bool, Spent> {
    meter::steps(1_u64)?;
    match (whole, part) {
        (Val::TStr(whole), Val::TStr(part)) => {
            meter::steps(whole.len() / 4)?;
            Ok(String::from_utf8_lossy(whole).contains(&*String::from_utf8_lossy(part)))
        }
        (Val::Arr(whole), Val::Arr(parts)) => {
            all(parts.iter(), |part| any(whole.iter(), |whole| contains(whole, part)))
        }
        (Val::Obj(whole), Val::Obj(parts)) => {
            all(parts.iter(), |(name, part)| whole.get(name).map_or(Ok(false), |whole| contains(whole, part)))
        }
        _ => Ok(compare(whole, part).is_eq()),
    }
}

fn any<T>(values: impl Iterator<Item = T>, is: impl Fn(T) -> Result<bool, Spent>) -> Result<bool, Spent> {
    for value in values {
        if is(value)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn all<T>(values: impl Iterator<Item = T>, is: impl Fn(T) -> Result<bool, Spent>) -> Result<bool, Spent> {
    any(values, |value| is(value).map(|is| !is)).map(|found| !found)
}

/// Where `part` begins in `whole`: characters of a text, elements of an array.
fn indices(whole: &Metered, part: &Metered) -> ValR<Metered> {
    match (&whole.0, &part.0) {
        (Val::Null, _) => Ok(Metered(Val::Null)),
        (Val::TStr(text), Val::TStr(part)) => {
            let (text, part) = (String::from_utf8_lossy(text), String::from_utf8_lossy(part));
            meter::steps(text.len().saturating_mul(1 + part.len() / 16))?;
            let starts = text.char_indices().enumerate().filter(|(_, (at, _))| {
                !part.is_empty() && text.get(*at..).is_some_and(|rest| rest.starts_with(&*part))
            });
            Ok(starts.map(|(nth, _)| Metered::from(nth)).collect())
        }
        (Val::Arr(whole), Val::Arr(part)) if !part.is_empty() => {
            let is_part = |window: &[Val]| window.iter().zip(part.iter()).all(|(l, r)| compare(l, r).is_eq());
            Ok(positions(whole.windows(part.len()), is_part))
        }
        (Val::Arr(_), Val::Arr(_)) => Ok(Metered(Val::Null)),
        (Val::Arr(whole), part) => Ok(positions(whole.iter(), |value| compare(value, part).is_eq())),
        _ => Err(Error::index(whole.clone(), part.clone())),
    }
}

fn positions<T>(values: impl Iterator<Item = T>, is: impl Fn(T) -> bool) -> Metered {
    let within = values.take_while(|_| meter::spent().is_none()).enumerate();
    within.filter_map(|(nth, value)| is(value).then(|| Metered::from(nth))).collect()
}
