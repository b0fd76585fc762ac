//! What values take of memory: the prices that are charged before it is taken.
//!
//! Each is what the allocator gives out for it, rounded up, so that the bytes of a run's allowance are bytes of
//! memory. What a value holds is charged when that is made; what is held by several is charged for each of them.

use jaq_json::{Map, Num, Val};

/// An array's element, where it lies.
const ELEMENT: usize = size_of::<Val>();

/// An array without its elements.
pub(in crate::filter) const ARRAY: usize = 48;

/// A copy of a text: it shares the characters.
const SHARE: usize = 32;

/// A text of its own, beside the length of it.
pub(in crate::filter) const TEXT: usize = 80;

/// A number that is kept by its digits, beside those.
const DIGITS: usize = 64;

/// An object without its members.
const OBJECT: usize = 96;

/// A member of an object, where it lies.
const MEMBER: usize = 40;

/// What a value that was made takes beside the place where it lies, when it is put somewhere.
pub(in crate::filter) fn kept(value: &Val) -> usize {
    match value {
        Val::Null | Val::Bool(_) | Val::Num(Num::Int(_) | Num::Float(_)) | Val::Arr(_) | Val::Obj(_) => 0,
        Val::Num(Num::Dec(digits)) => DIGITS + digits.len(),
        Val::Num(Num::BigInt(whole)) => DIGITS + usize::try_from(whole.bits() / 8).unwrap_or(usize::MAX / 2),
        Val::BStr(_) | Val::TStr(_) => TEXT,
    }
}

/// What a copy of a value takes: of an array or object, one that shares what is inside.
pub(super) fn copy(value: &Val) -> usize {
    match value {
        Val::Null | Val::Bool(_) | Val::Num(_) => 0,
        Val::BStr(text) | Val::TStr(text) => TEXT + text.len(),
        Val::Arr(elements) => ARRAY + part(elements),
        Val::Obj(members) => {
            let values = members.values().map(share).sum::<usize>();
            map(members.len()) + members.len() * SHARE + values
        }
    }
}

/// What is taken as a value is added to a sum that grows in place: room for as much again, and a moment in which both
/// the small one and the large one are there.
pub(super) fn added(sum: &Val, value: &Val) -> usize {
    const GROWS: usize = 3;
    match (sum, value) {
        (Val::Obj(sum), Val::Obj(members)) => {
            let (before, after) = (map(sum.len()), map(sum.len() + members.len()));
            let table = if after > before { after } else { 0 };
            table + copy(value).saturating_sub(map(members.len()))
        }
        (Val::TStr(_), Val::TStr(text)) => GROWS * text.len(),
        (Val::Arr(_), Val::Arr(elements)) => GROWS * part(elements),
        // The first is shared until the second comes.
        _ => copy(value),
    }
}

/// What so many elements in a row take.
pub(super) fn part(elements: &[Val]) -> usize {
    size_of_val(elements) + elements.iter().map(share).sum::<usize>()
}

/// What a member of an object takes as it is put in.
pub(super) fn member(name: &Val, value: &Val) -> usize {
    kept(name) + kept(value)
}

/// An object with room for so many members.
pub(super) fn map(members: usize) -> usize {
    // Of the places of its table, an eighth stays free.
    let places = members.saturating_add(members / 7 + 1).max(4).next_power_of_two();
    OBJECT + (size_of::<usize>() + 1 + MEMBER).saturating_mul(places)
}

/// What a sort takes for each element, with one key of it: the copy, room to merge in, a list of keys.
pub(super) const SORTED: usize = ELEMENT + 96;

/// What one more key of an element takes beside itself.
pub(in crate::filter) const KEY: usize = 64;

/// What one value of two objects takes that are made one, with all that is inside.
pub(super) const MERGED: usize = 256;

/// A part of a split text, in a list that grows.
pub(super) const PIECE: usize = SHARE + 3 * ELEMENT;

/// What a key and its value take as an object, which shares them and its names.
pub(in crate::filter) fn entry() -> usize {
    map(2) + 4 * SHARE
}

/// What one group of a match takes, as an object whose names are not its own, but for what it is called.
pub(in crate::filter) fn group(called: Option<&str>) -> usize {
    let members = 3 + usize::from(called.is_some());
    map(members) + (members + 1) * SHARE + called.map_or(0, |name| TEXT + name.len())
}

fn share(value: &Val) -> usize {
    if matches!(value, Val::BStr(_) | Val::TStr(_)) { SHARE } else { 0 }
}

const _: () = assert!(size_of::<(usize, Val, Val)>() == MEMBER && size_of::<Map>() + 16 <= OBJECT);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_larger_value_is_never_cheaper() {
        let object = |count: usize| {
            Val::obj((0..count).map(|n| (Val::utf8_str(n.to_string().into_bytes()), Val::Null)).collect())
        };
        let prices = (0..200).map(|count| copy(&object(count)));
        assert!(prices.clone().zip(prices.skip(1)).all(|(small, large)| small <= large));
        assert_eq!(copy(&Val::from(1_usize)), 0);
        assert_eq!(copy(&object(3)), 96 + 4 * 49 + 3 * 32);
        let texts: Val = [Val::utf8_str("a"), Val::utf8_str("b")].into_iter().collect();
        assert_eq!(copy(&texts), 48 + 2 * (16 + 32));
    }

    #[test]
    fn numbers_that_keep_their_digits_cost_them() {
        let number = |text: &str| crate::filter::json::parse(text.as_bytes()).expect(text);
        assert_eq!(kept(&number("1")), 0);
        assert_eq!(kept(&number("1.25")), 64 + 4);
        assert!(kept(&number(&"9".repeat(900))) > 64 + 350);
    }
}
