//! Values of filters ⇄ values of serde_json.

use jaq_json::{Num, Val};
use serde_json::{Number, Value};

use super::Json;

impl From<Value> for Json {
    fn from(value: Value) -> Json {
        Json(from_value(value))
    }
}

/// Whole numbers beyond 64 bits lose digits here, as `serde_json::Value` cannot hold them.
impl From<&Json> for Value {
    fn from(json: &Json) -> Value {
        to_value(&json.0)
    }
}

fn from_value(value: Value) -> Val {
    match value {
        Value::Null => Val::Null,
        Value::Bool(truth) => Val::Bool(truth),
        Value::Number(number) => Val::Num(from_number(&number)),
        Value::String(text) => Val::utf8_str(text.into_bytes()),
        Value::Array(elements) => elements.into_iter().map(from_value).collect(),
        Value::Object(members) => Val::obj(
            members.into_iter().map(|(name, value)| (Val::utf8_str(name.into_bytes()), from_value(value))).collect(),
        ),
    }
}

fn from_number(number: &Number) -> Num {
    match (number.as_i64(), number.as_u64()) {
        (Some(whole), _) => Num::from_integral(whole),
        (None, Some(whole)) => Num::from_integral(whole),
        (None, None) => Num::Float(number.as_f64().unwrap_or(f64::NAN)),
    }
}

fn to_value(value: &Val) -> Value {
    match value {
        Val::Null => Value::Null,
        Val::Bool(truth) => Value::Bool(*truth),
        Val::Num(number) => to_number(number).map_or(Value::Null, Value::Number),
        Val::BStr(_) | Val::TStr(_) => Value::String(text(value)),
        Val::Arr(elements) => Value::Array(elements.iter().map(to_value).collect()),
        Val::Obj(members) => Value::Object(members.iter().map(|(name, value)| (text(name), to_value(value))).collect()),
    }
}

/// `None` for what JSON has no word for.
fn to_number(number: &Num) -> Option<Number> {
    match number {
        Num::Int(whole) => Some(Number::from(i64::try_from(*whole).ok()?)),
        Num::BigInt(whole) => {
            let digits = whole.to_string();
            let small = digits.parse::<u64>().ok().map(Number::from);
            small.or_else(|| Number::from_f64(digits.parse().ok()?))
        }
        Num::Float(real) => exact_whole(*real).map(Number::from).or_else(|| Number::from_f64(*real)),
        Num::Dec(digits) => Number::from_f64(digits.parse().ok()?),
    }
}

/// The whole number that a float stands for, where no other whole number has the same float.
pub(super) fn exact_whole(real: f64) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0; // 2^53
    let is_exact = real.fract() == 0.0 && real.abs() < EXACT;
    #[expect(clippy::cast_possible_truncation, reason = "it is whole and below 2^53")]
    is_exact.then_some(real as i64)
}

/// The text of a string, with replacement characters for what is no UTF-8.
pub(super) fn text(value: &Val) -> String {
    match value {
        Val::BStr(bytes) | Val::TStr(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        other => Json(other.clone()).to_string(),
    }
}
