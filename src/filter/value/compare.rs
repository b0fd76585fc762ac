//! The order of values, as jq has it: null, booleans, numbers, strings, arrays, objects.
//!
//! Unlike jaq-json's it is total: Rust's sort may panic on one that is not. There, not-a-number
//! is smaller than itself, and 2^53 and 2^53 + 1 both equal the float 2^53.

use std::cmp::Ordering;

use jaq_json::{Num, Val};
use jaq_std::ValT as _;

use super::Metered;
use crate::filter::meter;

/// Charges a step for each pair of values that is looked at.
pub(in crate::filter) fn compare(left: &Val, right: &Val) -> Ordering {
    // A spent run fails at its end; a comparison under way goes on, to stay a total order.
    _ = meter::steps(1_u64);
    match (left, right) {
        (Val::Bool(left), Val::Bool(right)) => left.cmp(right),
        (Val::Num(left), Val::Num(right)) => compare_numbers(left, right),
        (Val::BStr(left) | Val::TStr(left), Val::BStr(right) | Val::TStr(right)) => {
            _ = meter::steps(left.len().min(right.len()) / 16);
            left.cmp(right)
        }
        (Val::Arr(left), Val::Arr(right)) => {
            let elements = left.iter().zip(right.iter());
            first_difference(elements).unwrap_or_else(|| left.len().cmp(&right.len()))
        }
        (Val::Obj(left), Val::Obj(right)) => {
            let (left, right) = (sorted(left), sorted(right));
            let names = left.iter().zip(&right).map(|(left, right)| (left.0, right.0));
            let values = left.iter().zip(&right).map(|(left, right)| (left.1, right.1));
            let by_names = first_difference(names).unwrap_or_else(|| left.len().cmp(&right.len()));
            by_names.then_with(|| first_difference(values).unwrap_or(Ordering::Equal))
        }
        _ => rank(left).cmp(&rank(right)),
    }
}

fn first_difference<'a>(mut pairs: impl Iterator<Item = (&'a Val, &'a Val)>) -> Option<Ordering> {
    pairs.find_map(|(left, right)| Some(compare(left, right)).filter(|order| order.is_ne()))
}

fn sorted(members: &jaq_json::Map) -> Vec<(&Val, &Val)> {
    _ = meter::steps(members.len());
    let mut members: Vec<_> = members.iter().collect();
    members.sort_by(|(left, _), (right, _)| compare(left, right));
    members
}

fn rank(value: &Val) -> u8 {
    match value {
        Val::Null => 0,
        Val::Bool(_) => 1,
        Val::Num(_) => 2,
        Val::BStr(_) | Val::TStr(_) => 3,
        Val::Arr(_) => 4,
        Val::Obj(_) => 5,
    }
}

fn compare_numbers(left: &Num, right: &Num) -> Ordering {
    match (left, right) {
        (Num::Int(left), Num::Int(right)) => left.cmp(right),
        (Num::Int(_) | Num::BigInt(_), Num::Int(_) | Num::BigInt(_)) => left.cmp(right),
        (Num::Int(_) | Num::BigInt(_), Num::Float(_) | Num::Dec(_)) => compare_whole_with_float(left, float(right)),
        (Num::Float(_) | Num::Dec(_), Num::Int(_) | Num::BigInt(_)) => {
            compare_whole_with_float(right, float(left)).reverse()
        }
        (Num::Float(_) | Num::Dec(_), Num::Float(_) | Num::Dec(_)) => compare_floats(float(left), float(right)),
    }
}

/// Not-a-number is smaller than every number, and equal to itself.
fn compare_floats(left: f64, right: f64) -> Ordering {
    left.partial_cmp(&right).unwrap_or_else(|| right.is_nan().cmp(&left.is_nan()))
}

fn compare_whole_with_float(whole: &Num, real: f64) -> Ordering {
    if !real.is_finite() {
        return compare_floats(0.0, real);
    }
    // All digits of the float's whole part: exact, where a cast of the other side is not.
    let floor = Num::from_str_radix(&format!("{:.0}", real.floor()), 10).unwrap_or(Num::Int(0));
    let beyond = if real.fract() == 0.0 { Ordering::Equal } else { Ordering::Less };
    whole.cmp(&floor).then(beyond)
}

fn float(number: &Num) -> f64 {
    Val::Num(number.clone()).as_f64().unwrap_or(f64::NAN)
}

impl PartialEq for Metered {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            // Most values differ in length; telling that needs no walk.
            (Val::Arr(left), Val::Arr(right)) if left.len() != right.len() => false,
            (Val::Obj(left), Val::Obj(right)) if left.len() != right.len() => false,
            (left, right) => compare(left, right).is_eq(),
        }
    }
}

impl Eq for Metered {}

impl PartialOrd for Metered {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Metered {
    fn cmp(&self, other: &Self) -> Ordering {
        compare(&self.0, &other.0)
    }
}
