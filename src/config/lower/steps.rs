//! Values that are one or a list, each with its place.

use crate::config::file::{Field, OneOrMore, Table};
use crate::config::place::At;

/// The elements under a key. One of the wrong form is reported and left out, and so is a list of none.
pub(super) fn each<'f, 'v, T>(at: &At<'f>, key: &str, field: &'v Field<OneOrMore<T>>) -> Vec<(At<'f>, &'v T)> {
    let Some(written) = at.get(key, field) else { return Vec::new() };
    let at = at.key(key);
    match written {
        OneOrMore::One(value) => vec![(at, value)],
        OneOrMore::More(fields) => {
            if fields.is_empty() {
                at.error("wrong-value", format!("`{key}` is an empty list"))
                    .help("write one, or leave the key out")
                    .report();
            }
            let element = |(n, field)| {
                let at = at.index(n);
                at.value(field).map(|value| (at, value))
            };
            fields.iter().enumerate().filter_map(element).collect()
        }
    }
}

/// [`each`] of tables: what each comes to; `None` where one is wrong or there is none. Two that are told apart by
/// nothing but their severity are the same.
pub(super) fn lowered<'f, T, U>(
    at: &At<'f>,
    key: &str,
    field: &Field<OneOrMore<Table<T>>>,
    lower: impl Fn(&At<'f>, &T) -> Option<U>,
    are_same: fn(&U, &U) -> bool,
) -> Option<Vec<U>> {
    let steps = each(at, key, field);
    let wanted = match field {
        Field::Written(OneOrMore::More(fields)) => fields.len(),
        _ => 1,
    };
    // Each is looked at before the first that is wrong ends it.
    let lowered: Vec<Option<U>> = steps.iter().map(|(at, Table(written))| lower(at, written)).collect();
    let lowered: Vec<U> = lowered.into_iter().collect::<Option<_>>()?;
    for (n, (at, _)) in steps.iter().enumerate() {
        let is_second = lowered.get(n).is_some_and(|step| lowered.iter().take(n).any(|former| are_same(former, step)));
        if is_second {
            at.error("duplicate-name", format!("`{key}` has this step twice")).help("leave one of them out").report();
        }
    }
    (lowered.len() == wanted && !lowered.is_empty()).then_some(lowered)
}
