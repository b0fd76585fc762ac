//! What a test or a demo can change about the stand-in while it runs.

use serde::{Deserialize, Serialize};

use super::clients::Client;
use super::datasets::DatasetKnobs;
use super::fault::Fault;
use super::files::FileKnobs;
use super::paging::PagingKnobs;
use super::usage::UsageKnobs;

/// Everything that can be turned. The default behaves as the API does on a good day.
///
/// As JSON each key may be left out; an unknown key is an error.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Knobs {
    /// How long a token is accepted, in seconds. What was given out keeps the life it was given.
    pub token_life_s: u64,
    /// How a token reply spells the life.
    pub expires_in: ExpiresIn,
    /// The `token_type` of a token reply, spelt exactly so.
    pub token_type: String,
    /// Whether a token reply also has a `scope` field.
    pub scope_field: bool,
    /// Wait before a token reply, in milliseconds.
    pub token_delay_ms: u64,
    /// How far its clock is ahead, in seconds; negative for behind. Shows in the `Date` of its answers and in
    /// the times of its tokens.
    pub clock_offset_s: i64,
    /// What happens to a scope that the client does not hold.
    pub unknown_scope: UnknownScope,
    /// Status of `invalid_client`: 400 as Stytch answers, or 401 as RFC 6749 section 5.2 allows.
    pub bad_client_status: u16,
    /// How HTTP Basic credentials are read.
    pub basic: BasicSpelling,
    /// Every token dies once it was accepted this many times; a client can have a limit of its own.
    pub revoke_after_requests: Option<u64>,
    /// Whether problem bodies have a `type`.
    pub problem_type: bool,
    /// Clients beside the built-in ones; a built-in id replaces that client.
    pub clients: Vec<Client>,
    /// What goes wrong; the first that fits a request and is not used up applies.
    pub faults: Vec<Fault>,
    /// What `GET /v1/usage` reports.
    pub usage: UsageKnobs,
    /// Which datasets there are.
    pub datasets: DatasetKnobs,
    /// How all lists are paged.
    pub paging: PagingKnobs,
    /// What becomes of files.
    pub files: FileKnobs,
}

impl Default for Knobs {
    fn default() -> Knobs {
        Knobs {
            token_life_s: 3600,
            expires_in: ExpiresIn::Number,
            token_type: "bearer".to_owned(),
            scope_field: false,
            token_delay_ms: 0,
            clock_offset_s: 0,
            unknown_scope: UnknownScope::Refuse,
            bad_client_status: 400,
            basic: BasicSpelling::Form,
            revoke_after_requests: None,
            problem_type: true,
            clients: Vec::new(),
            faults: Vec::new(),
            usage: UsageKnobs::default(),
            datasets: DatasetKnobs::default(),
            paging: PagingKnobs::default(),
            files: FileKnobs::default(),
        }
    }
}

/// How `expires_in` is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExpiresIn {
    /// `3600`
    Number,
    /// `"3600"`, as some servers do.
    Text,
    /// Not at all; RFC 6749 section 5.1 only recommends it.
    Absent,
}

/// What a token request gets for a scope that its client does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnknownScope {
    /// 400 `invalid_scope`.
    Refuse,
    /// A token without it.
    Narrow,
}

/// How the id and the secret of HTTP Basic are spelt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BasicSpelling {
    /// Form-encoded before they are joined (RFC 6749 section 2.3.1).
    Form,
    /// As they are, which many servers expect.
    Raw,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knobs_survive_a_round_trip_and_absent_keys_mean_the_default() {
        let knobs = Knobs { faults: vec![Fault::status("/v1/usage", 429)], ..Knobs::default() };
        let text = serde_json::to_string(&knobs).expect("JSON");
        assert_eq!(serde_json::from_str::<Knobs>(&text).expect("knobs"), knobs);
        assert_eq!(serde_json::from_str::<Knobs>("{}").expect("knobs"), Knobs::default());
    }

    #[test]
    fn an_unknown_knob_is_an_error_that_names_it() {
        let error = serde_json::from_str::<Knobs>(r#"{"token_live_s": 3}"#).expect_err("unknown");
        assert!(error.to_string().contains("token_live_s"), "{error}");
    }
}
