//! jq filters over answers, and `{{ … }}` in strings.

use serde_json::Value;

/// A JSON value in the form that filters work on. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Json(Value);

/// Why bytes are no JSON that a filter can work on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotJson(pub String);

impl Json {
    /// Reads one JSON text, nested at most 128 levels.
    ///
    /// # Errors
    /// [`NotJson`] with the place.
    pub fn parse(bytes: &[u8]) -> Result<Json, NotJson> {
        serde_json::from_slice(bytes).map(Json).map_err(|error| NotJson(error.to_string()))
    }

    /// `null`.
    pub fn null() -> Json {
        Json(Value::Null)
    }
}

impl From<Value> for Json {
    fn from(value: Value) -> Json {
        Json(value)
    }
}

impl From<&Json> for Value {
    fn from(json: &Json) -> Value {
        json.0.clone()
    }
}

/// The variables that a filter may name. Those without a value are `null`.
#[derive(Clone, Debug, Default)]
pub struct Variables {
    /// `$run`: id, job, scheduled_for, trigger, now, window.start, window.end.
    pub run: Option<Json>,
    /// `$reply`: status, headers, duration_ms, bytes.
    pub reply: Option<Json>,
    /// `$calls`: earlier calls by name.
    pub calls: Option<Json>,
}

/// A variable of the filter language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variable {
    /// `$run`
    Run,
    /// `$reply`
    Reply,
    /// `$calls`
    Calls,
}

/// A compiled jq expression. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Filter {
    text: String,
}

/// Why a text is no filter of ours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct FilterError {
    /// What is wrong.
    pub message: String,
    /// What to use instead, where that is known.
    pub help: Option<String>,
    /// The bytes of the text that are wrong.
    pub span: std::ops::Range<usize>,
}

/// Why a filter gave no value when it ran.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("filter `{filter}` failed: {message}")]
pub struct FilterFailure {
    /// The filter's text.
    pub filter: String,
    /// What jq said, or which bound was passed.
    pub message: String,
}

impl Filter {
    /// Compiles a filter that may name the given variables.
    ///
    /// # Errors
    /// [`FilterError`].
    pub fn compile(text: &str, _allowed: &[Variable]) -> Result<Filter, FilterError> {
        Ok(Filter { text: text.to_owned() })
    }

    /// The text as written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Every value that the filter gives for `input`, in order. Output is capped.
    ///
    /// # Errors
    /// [`FilterFailure`].
    pub fn run(&self, _input: &Json, _variables: &Variables) -> Result<Vec<Json>, FilterFailure> {
        Ok(Vec::new())
    }

    /// Whether the filter looks at `.` or only at variables.
    pub fn uses_input(&self) -> bool {
        true
    }

    /// Names of calls `NAME` that it reads as `$calls.NAME`.
    pub fn calls_used(&self) -> Vec<String> {
        Vec::new()
    }
}

/// A string with `{{ filter }}` in it. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Template {
    text: String,
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
    pub fn compile(text: &str, _allowed: &[Variable]) -> Result<Template, FilterError> {
        Ok(Template { text: text.to_owned() })
    }

    /// The text as written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The JSON value: a string that is exactly one `{{ f }}` keeps the type of f's value.
    ///
    /// # Errors
    /// [`TemplateFailure`].
    pub fn to_json(&self, _variables: &Variables) -> Result<Value, TemplateFailure> {
        Ok(Value::Null)
    }

    /// The text: strings go in raw, other values as JSON.
    ///
    /// # Errors
    /// [`TemplateFailure`].
    pub fn to_text(&self, _variables: &Variables) -> Result<String, TemplateFailure> {
        Ok(String::new())
    }

    /// The text of a URL path: each value percent-encoded; one that brings in `/` or `..` is unfit.
    ///
    /// # Errors
    /// [`TemplateFailure`].
    pub fn to_path(&self, _variables: &Variables) -> Result<String, TemplateFailure> {
        Ok(String::new())
    }

    /// The text of a header's value: control characters are unfit.
    ///
    /// # Errors
    /// [`TemplateFailure`].
    pub fn to_header(&self, _variables: &Variables) -> Result<String, TemplateFailure> {
        Ok(String::new())
    }
}
