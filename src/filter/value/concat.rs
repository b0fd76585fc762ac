//! Adding up and joining many values in time that is linear in them.

use jaq_core::ValR;
use jaq_json::Val;
use jaq_std::ValT as _;

use super::{Error, Grown, Metered, price};
use crate::filter::meter;

/// `null + first + second + …`. The sum so far is held by nobody else and grows in place.
pub(in crate::filter) fn sum(values: Val) -> ValR<Metered> {
    let mut values = jaq_core::ValT::values(Metered(values));
    values.try_fold(Metered(Val::Null), |sum, value| {
        let value = value?;
        meter::bytes(price::added(&sum.0, &value.0))?;
        sum.append(value)
    })
}

/// The elements' texts with `separator` between them, as jq's `join`: null is empty, numbers and
/// booleans are written out.
pub(in crate::filter) fn join(values: Val, separator: &Metered) -> ValR<Metered> {
    let separator = separator.0.as_utf8_bytes().ok_or_else(|| Error::typ(separator.clone(), "string"))?;
    meter::bytes(price::TEXT)?;
    let mut joined = Grown::with_room(0)?;
    for (n, value) in jaq_core::ValT::values(Metered(values)).enumerate() {
        let value = value?;
        let text = match &value.0 {
            Val::Null => Metered::text(""),
            Val::Arr(_) | Val::Obj(_) => return Err(Error::typ(value, "text to join")),
            _ => jaq_core::ValT::into_string(value),
        };
        let text = text.0.as_bytes().unwrap_or_default();
        meter::steps((text.len() + separator.len()) / 16)?;
        if n > 0 {
            joined.extend_from_slice(separator)?;
        }
        joined.extend_from_slice(text)?;
    }
    Ok(Metered(Val::utf8_str(joined.into_inner())))
}
