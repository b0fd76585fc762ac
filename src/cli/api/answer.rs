//! What came back, ready to be printed. Everything in it is scrubbed.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::value::RawValue;

use super::asked::JOB;
use super::{Look, pretty};
use crate::call::Performed;
use crate::cli::error::CliError;
use crate::cli::screen::{clean, clean_line};
use crate::filter::Json;
use crate::run::{CallRecord, CallState, Diagnosis, HeaderValue, Kind};
use crate::secret::Redactor;
use crate::token::LONGEST_BODY;

/// An answer, or that there was none.
pub(super) struct Answer {
    pub(super) record: CallRecord,
    pub(super) headers: BTreeMap<String, HeaderValue>,
    pub(super) body: Taken,
}

/// A body.
pub(super) enum Taken {
    /// None came, or an empty one.
    Nothing,
    /// JSON.
    Json {
        /// Its value.
        body: Json,
        /// Its text.
        text: String,
    },
    /// Something else; its first 64 KiB.
    Text(String),
}

/// An answer as `--json` prints it.
#[derive(Serialize)]
pub(super) struct Line<'a> {
    status: Option<u16>,
    headers: &'a BTreeMap<String, HeaderValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    values: Option<Vec<Box<RawValue>>>,
    duration_ms: u64,
    kind: Option<Kind>,
    reason: Option<&'a str>,
    diagnosis: Option<Found<'a>>,
}

#[derive(Serialize)]
struct Found<'a> {
    verdict: &'static str,
    summary: &'a str,
    remedy: String,
}

impl Answer {
    pub(super) fn new(performed: Performed, redactor: &Redactor) -> Answer {
        let Performed { record, body, headers, .. } = performed;
        let came = record.result.as_ref().map_or("", |result| &result.text);
        let body = match body {
            _ if came.is_empty() => Taken::Nothing,
            Some(body) => as_it_came(came, redactor).unwrap_or_else(|| without_secrets(&body, redactor)),
            None => as_it_came(came, redactor).unwrap_or_else(|| Taken::Text(came.to_owned())),
        };
        Answer { record, headers, body }
    }

    /// Whether the API took the request. An answer that is no JSON is one, too.
    pub(super) fn is_accepted(&self) -> bool {
        self.record.state == CallState::Succeeded || self.is_other_text()
    }

    /// Calls of jobs have JSON answers; this one takes what comes. A body that could not be unpacked did not.
    fn is_other_text(&self) -> bool {
        let record = &self.record;
        let is_fine = record.status.is_some_and(|status| (200..300).contains(&status));
        is_fine && record.result.is_some() && matches!(record.kind, Some(Kind::NotJson | Kind::Encoding))
    }

    /// What the shown text lacks of the body that came, as a sentence; `None` when it is all there.
    pub(super) fn lack(&self) -> Option<&'static str> {
        match (self.is_changed(), self.is_cut()) {
            (true, true) => {
                Some("the body is longer, and not text in UTF-8: only its beginning is shown, with bytes replaced")
            }
            (true, false) => Some("the body is not text in UTF-8: what is shown has bytes replaced"),
            (false, true) => Some("the body is longer and no JSON: only its first 64 KiB are shown"),
            (false, false) => None,
        }
    }

    /// Whether there is more of the body than what can be shown.
    fn is_cut(&self) -> bool {
        let kept = self.kept().len();
        if self.record.bytes == kept as u64 {
            return false;
        }
        // It is cut between two characters, so up to three bytes may be wanting.
        matches!(&self.body, Taken::Text(text) if text.len() == kept) && kept + 3 >= LONGEST_BODY
    }

    /// Whether bytes that are no UTF-8 were replaced.
    fn is_changed(&self) -> bool {
        self.record.kind == Some(Kind::Encoding) && self.record.result.is_some()
    }

    /// The text that the record has.
    fn kept(&self) -> &str {
        self.record.result.as_ref().map_or("", |result| &result.text)
    }

    /// Of the last request.
    pub(super) fn duration_ms(&self) -> u64 {
        self.record.attempts.last().map_or(0, |attempt| attempt.duration_ms)
    }

    /// The one that ended it.
    pub(super) fn diagnosis(&self) -> Option<&Diagnosis> {
        self.record.diagnoses.iter().rfind(|diagnosis| !diagnosis.healed)
    }

    /// What to do, in words of this command line where a diagnosis speaks of the job file.
    pub(super) fn remedy(&self, diagnosis: &Diagnosis) -> String {
        diagnosis.remedy.replace(&format!("`scopes` of job {JOB}"), "`--scopes`")
    }

    /// The status and the headers, a line each.
    pub(super) fn head(&self) -> Vec<String> {
        let status = self.record.status.map(|status| format!("HTTP {status}"));
        let lines = |(name, value): (&String, &HeaderValue)| -> Vec<String> {
            value.lines().iter().map(|line| clean_line(&format!("{name}: {line}"))).collect()
        };
        status.into_iter().chain(self.headers.iter().flat_map(lines)).collect()
    }

    /// The body. On a terminal its control characters are made visible.
    pub(super) fn text(&self, look: Look) -> String {
        match (&self.body, look) {
            (Taken::Nothing, _) => String::new(),
            (Taken::Json { text, .. } | Taken::Text(text), Look::AsItCame) => text.clone(),
            (Taken::Json { body, .. }, Look::Pretty) => clean(&pretty::pretty(&body.to_string())),
            (Taken::Text(text), Look::Pretty) => clean(&text.replace("\r\n", "\n")),
        }
    }

    /// For `--json`. `values` are what a filter gave, which then take the place of the body.
    pub(super) fn object(&self, values: Option<&[Json]>) -> Result<Line<'_>, CliError> {
        let raw = |text: String| RawValue::from_string(text).map_err(|error| CliError::Output(error.into()));
        let body = match &self.body {
            Taken::Nothing => raw("null".to_owned())?,
            Taken::Json { body, .. } => raw(body.to_string())?,
            Taken::Text(text) => raw(Json::string(text).to_string())?,
        };
        let values = values.map(|values| values.iter().map(|value| raw(value.to_string())).collect());
        let failed = !self.is_accepted();
        let diagnosis = self.diagnosis().map(|diagnosis| Found {
            verdict: diagnosis.verdict.as_str(),
            summary: &diagnosis.summary,
            remedy: self.remedy(diagnosis),
        });
        Ok(Line {
            status: self.record.status,
            headers: &self.headers,
            body: values.is_none().then_some(body),
            values: values.transpose()?,
            duration_ms: self.duration_ms(),
            kind: self.record.kind.filter(|_| failed),
            reason: self.record.reason.as_deref().filter(|_| failed),
            diagnosis,
        })
    }
}

/// The text that the record has, where it is whole and JSON. JSON has several spellings of one text, such as `\/`,
/// and a secret is found in its plain one only: where there is one, the text is not left as it came.
fn as_it_came(text: &str, redactor: &Redactor) -> Option<Taken> {
    let body = Json::parse(text.trim_start_matches('\u{feff}').trim_ascii().as_bytes()).ok()?;
    let plain = body.to_string();
    if redactor.scrub(&plain) != plain {
        return Some(without_secrets(&body, redactor));
    }
    Some(Taken::Json { body, text: text.to_owned() })
}

/// What a filter gave. It can put a secret together that the body has in parts or in another form.
pub(super) fn scrubbed(value: Json, redactor: &Redactor) -> Json {
    if let Some(text) = value.as_str() {
        return Json::string(&redactor.scrub(text));
    }
    let plain = value.to_string();
    let text = redactor.scrub(&plain);
    if text == plain {
        return value;
    }
    Json::parse(text.as_bytes()).unwrap_or_else(|_| Json::string(&text))
}

/// A body in the spelling in which secrets are found.
fn without_secrets(body: &Json, redactor: &Redactor) -> Taken {
    let text = redactor.scrub_owned(body.to_string());
    match Json::parse(text.as_bytes()) {
        Ok(body) => Taken::Json { body, text },
        Err(_) => Taken::Text(text),
    }
}
