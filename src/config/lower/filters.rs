//! Filters and templates, with the place of what is wrong in them.

use std::ops::Range;

use crate::config::place::At;
use crate::config::spans;
use crate::filter::{CallsUsed, Filter, FilterError, Template, Variable};

/// What a filter or a template reads of earlier calls.
#[derive(Debug)]
pub(super) struct Uses<'f> {
    /// Where it stands.
    pub at: At<'f>,
    /// What it reads.
    pub calls: CallsUsed,
}

impl<'f> Uses<'f> {
    pub(super) fn of_template(at: &At<'f>, template: &Template) -> Uses<'f> {
        Uses { at: at.clone(), calls: template.calls_used() }
    }
}

/// A filter that is not of a call.
pub(super) fn filter(at: &At<'_>, text: &str, allowed: &'static [Variable]) -> Option<Filter> {
    at.file().compiled.filter(text, allowed).map_err(|error| report(at, "bad-filter", text, error)).ok()
}

pub(super) fn template(at: &At<'_>, text: &str, allowed: &'static [Variable]) -> Option<Template> {
    at.file().compiled.template(text, allowed).map_err(|error| report(at, "bad-template", text, error)).ok()
}

/// [`filter`] whose reading of earlier calls is noted.
pub(super) fn noted_filter<'f>(
    at: &At<'f>,
    text: &str,
    allowed: &'static [Variable],
    uses: &mut Vec<Uses<'f>>,
) -> Option<Filter> {
    let filter = filter(at, text, allowed)?;
    uses.push(Uses { at: at.clone(), calls: filter.calls_used().clone() });
    Some(filter)
}

/// [`template`] whose reading of earlier calls is noted.
pub(super) fn noted_template<'f>(
    at: &At<'f>,
    text: &str,
    allowed: &'static [Variable],
    uses: &mut Vec<Uses<'f>>,
) -> Option<Template> {
    let template = template(at, text, allowed)?;
    uses.push(Uses::of_template(at, &template));
    Some(template)
}

fn report(at: &At<'_>, code: &'static str, text: &str, error: FilterError) {
    let FilterError { message, help, span } = error;
    let help = help.or_else(|| {
        has_escapes(at).then(|| "filters with quotes or backslashes go in single-quoted TOML: `'…'`".to_owned())
    });
    at.error(code, message).at_span(place_of(at, text, &span)).maybe_help(help).report();
}

/// The bytes in the file of some bytes of the value; `None` where the value has escapes.
fn place_of(at: &At<'_>, text: &str, span: &Range<usize>) -> Option<Range<usize>> {
    spans::inside(at.file().text, &at.value_span(), text, span)
}

fn has_escapes(at: &At<'_>) -> bool {
    let written = at.file().text.get(at.value_span()).unwrap_or_default();
    written.starts_with('"') && written.contains('\\')
}
