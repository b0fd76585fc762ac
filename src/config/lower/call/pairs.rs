//! Names with templates: the parameters of a query, the fields of a form.

use super::super::filters::{self, Uses};
use super::super::secretlike;
use crate::config::file::{Entries, Field, QueryValue};
use crate::config::place::At;
use crate::filter::{Template, Variable};

/// The pairs of the table under a key, in order; a list gives its name once for each element.
pub(super) fn pairs<'f>(
    at: &At<'f>,
    key: &str,
    field: &Field<Entries<QueryValue>>,
    allowed: &'static [Variable],
    uses: &mut Vec<Uses<'f>>,
) -> Vec<(String, Template)> {
    let Some(written) = at.get(key, field) else { return Vec::new() };
    let at = at.key(key);
    let mut read = Reader { allowed, uses, pairs: Vec::new() };
    for (name, field) in &written.0 {
        read.value(&at.key(name), name, field);
    }
    read.pairs
}

struct Reader<'u, 'f> {
    allowed: &'static [Variable],
    uses: &'u mut Vec<Uses<'f>>,
    pairs: Vec<(String, Template)>,
}

impl<'f> Reader<'_, 'f> {
    fn value(&mut self, at: &At<'f>, name: &str, field: &Field<QueryValue>) {
        match at.value(field) {
            Some(QueryValue::One(text)) => {
                secretlike::warn(at, name, text);
                if let Some(template) = filters::noted_template(at, text, self.allowed, self.uses) {
                    self.pairs.push((name.to_owned(), template));
                }
            }
            Some(QueryValue::Many(values)) => {
                for (n, value) in values.iter().enumerate() {
                    self.value(&at.index(n), name, value);
                }
            }
            None => {}
        }
    }
}
