//! Strings with `{{ filter }}` in them.

mod fit;
mod split;

use std::sync::Arc;

use super::{CallsUsed, Filter, FilterError, FilterFailure, Json, Variable, Variables};
use split::{Piece, pieces};

/// A string with `{{ filter }}` in it. Cheap to clone.
///
/// `{{` runs to the `}}` that balances it outside jq strings; a `}}` alone is text. Who wants `{{`
/// itself writes `{{ "{{" }}`.
#[derive(Clone, Debug)]
pub struct Template {
    text: Arc<str>,
    parts: Arc<[Part]>,
}

#[derive(Clone, Debug)]
enum Part {
    Literal(String),
    Filter(Filter),
}

/// Why a template gave no text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateFailure {
    /// No value, null or several values.
    #[error("`{{{{ {filter} }}}}` gives {found}, and exactly one value is needed")]
    MissingValue {
        /// The filter's text.
        filter: String,
        /// "no value", "null", "3 values".
        found: String,
    },
    /// The filter failed.
    #[error(transparent)]
    Filter(#[from] FilterFailure),
    /// The text may not stand where it would go.
    #[error("{0}")]
    Unfit(String),
}

impl Template {
    /// Reads a string and compiles the filters in it.
    ///
    /// # Errors
    /// [`FilterError`], its span counted in `text`.
    pub fn compile(text: &str, allowed: &[Variable]) -> Result<Template, FilterError> {
        let part = |piece| match piece {
            Piece::Literal(literal) => Ok(Part::Literal(literal.to_owned())),
            Piece::Filter { start, filter } => compile_at(start, filter, allowed).map(Part::Filter),
        };
        let parts = pieces(text)?.into_iter().map(part).collect::<Result<Vec<_>, _>>()?;
        Ok(Template { text: text.into(), parts: parts.into() })
    }

    /// Whether the text of a URL path has a segment `.` or `..`, percent-encoded or not, which leads to
    /// another path (RFC 3986 section 5.2.4).
    pub fn has_dots(path: &str) -> bool {
        fit::walks(path)
    }

    /// The text as written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it is plain text, with no filter in it.
    pub fn is_literal(&self) -> bool {
        !self.parts.iter().any(|part| matches!(part, Part::Filter(_)))
    }

    /// The text with something else in the place of each filter.
    pub fn with_filters_as(&self, stand_in: &str) -> String {
        let text = |part: &Part| match part {
            Part::Literal(literal) => literal.clone(),
            Part::Filter(_) => stand_in.to_owned(),
        };
        self.parts.iter().map(text).collect()
    }

    /// The calls that its filters read as `$calls.NAME` or `$calls["NAME"]`, or all.
    pub fn calls_used(&self) -> CallsUsed {
        let mut used = CallsUsed::None;
        for part in &*self.parts {
            if let Part::Filter(filter) = part {
                used.add_all(filter.calls_used());
            }
        }
        used
    }

    /// The JSON value: a string that is exactly one `{{ f }}` keeps the type of f's value, and a number its
    /// digits.
    ///
    /// # Errors
    /// [`TemplateFailure`].
    pub fn to_json(&self, variables: &Variables) -> Result<Json, TemplateFailure> {
        match &*self.parts {
            [Part::Filter(filter)] => value(filter, variables),
            _ => self.to_text(variables).map(|text| Json::string(&text)),
        }
    }

    /// The text: strings go in raw, other values as JSON.
    ///
    /// # Errors
    /// [`TemplateFailure`].
    pub fn to_text(&self, variables: &Variables) -> Result<String, TemplateFailure> {
        self.fill(variables, |_, text| Ok(text))
    }

    /// The text of a URL path: the text between the filters as it stands, each value
    /// percent-encoded (RFC 3986 section 2.1). A value that is empty, holds `/`, `\` or control
    /// characters, or makes a segment `.` or `..`, is unfit.
    ///
    /// # Errors
    /// [`TemplateFailure`].
    pub fn to_path(&self, variables: &Variables) -> Result<String, TemplateFailure> {
        fit::path(self.text(), self.fill(variables, |filter, text| fit::segment(filter, &text))?)
    }

    /// The text of a header's value (RFC 9110 section 5.5): printable ASCII only.
    ///
    /// # Errors
    /// [`TemplateFailure`].
    pub fn to_header(&self, variables: &Variables) -> Result<String, TemplateFailure> {
        fit::header(self.text(), self.to_text(variables)?)
    }

    fn fill(
        &self,
        variables: &Variables,
        fit: impl Fn(&Filter, String) -> Result<String, TemplateFailure>,
    ) -> Result<String, TemplateFailure> {
        self.parts.iter().try_fold(String::new(), |text, part| match part {
            Part::Literal(literal) => Ok(text + literal),
            Part::Filter(filter) => Ok(text + &fit(filter, value(filter, variables)?.to_text())?),
        })
    }
}

fn compile_at(start: usize, filter: &str, allowed: &[Variable]) -> Result<Filter, FilterError> {
    let trimmed = filter.trim();
    let start = start + (filter.len() - filter.trim_start().len());
    Filter::compile(trimmed, allowed)
        .map_err(|error| FilterError { span: error.span.start + start..error.span.end + start, ..error })
}

/// The one value of a filter in a template. There is no input, only variables.
fn value(filter: &Filter, variables: &Variables) -> Result<Json, TemplateFailure> {
    let mut values = filter.run(&Json::null(), variables)?;
    let found = match (values.len(), values.pop()) {
        (1, Some(value)) if !value.is_null() => return Ok(value),
        (1, _) => "null".to_owned(),
        (0, _) => "no value".to_owned(),
        (several, _) => format!("{several} values"),
    };
    Err(TemplateFailure::MissingValue { filter: filter.text().to_owned(), found })
}

#[cfg(test)]
mod tests;
