//! Evidence of a refusal, and what was found out from it.
//!
//! The evidence of a stored refusal has the form that `apicron diagnose` reads, so an old
//! failure can be judged anew and a user's failure becomes a test by saving one line.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::state::words;
use super::{Scopes, lenient};
use crate::clock::Time;

words! {
    /// Whose answer was judged.
    Phase {
        /// The token endpoint's.
        Mint = "mint",
        /// The API's.
        Api = "api",
    }
}

words! {
    /// How sure a diagnosis is.
    Confidence {
        /// By codes, clocks or a second try.
        Proven = "proven",
        /// By the server's own words.
        Stated = "stated",
        /// By what is left when nothing else fits.
        Inferred = "inferred",
    }
}

words! {
    /// What a refusal turned out to be.
    Verdict {
        /// Nothing was refused.
        Ok = "ok",
        /// The token lacks a scope.
        MissingScope = "missing_scope",
        /// The token endpoint does not give a scope to this client.
        ScopeNotAssignable = "scope_not_assignable",
        /// The token holds the scope that the API misses.
        ScopeContradiction = "scope_contradiction",
        /// The client's role is too low, or fields may be left out.
        RoleVisibility = "role_visibility",
        /// The token endpoint does not accept the client.
        RevokedOrRotatedSecret = "revoked_or_rotated_secret",
        /// The client may not use client credentials.
        ClientNotAllowed = "client_not_allowed",
        /// The token endpoint does not understand the request.
        TokenRequestMalformed = "token_request_malformed",
        /// The token endpoint's answer holds no token.
        TokenResponseInvalid = "token_response_invalid",
        /// The token endpoint does not answer properly.
        TokenEndpointDown = "token_endpoint_down",
        /// The token had ended.
        TokenExpired = "token_expired",
        /// A clock is wrong.
        ClockSkew = "clock_skew",
        /// The token died early, or was made before a scope was granted.
        StaleToken = "stale_token",
        /// The token was rejected, and a fresh one has not been tried yet.
        TokenRejected = "token_rejected",
        /// A fresh token is rejected too.
        FreshTokenRejected = "fresh_token_rejected",
        /// The token is for another audience.
        WrongAudience = "wrong_audience",
        /// The token comes from another environment.
        WrongEnvironment = "wrong_environment",
        /// No credentials arrived.
        CredentialsMissing = "credentials_missing",
        /// The API wants another type of token.
        TokenTypeMismatch = "token_type_mismatch",
        /// Something in front of the API answered.
        BlockedByEdge = "blocked_by_edge",
        /// The plan or the credits do not allow it.
        PlanLimit = "plan_limit",
        /// Too many requests.
        RateLimited = "rate_limited",
        /// The API is at fault.
        UpstreamError = "upstream_error",
        /// The resource is not shared with this client.
        ResourceForbidden = "resource_forbidden",
        /// Not a matter of authentication.
        NotAuth = "not_auth",
    }
}

/// Whether a diagnosis is of a call that succeeded all the same: it is worth a remark and refuses nothing.
pub fn is_remark(verdict: Verdict, status: u16) -> bool {
    verdict == Verdict::RoleVisibility && (200..300).contains(&status)
}

impl Diagnosis {
    /// Whether the token endpoint refuses the client itself, whatever scopes it asks for, so that every job
    /// of the credential has to wait until a person has mended something.
    pub fn refuses_the_client(&self) -> bool {
        self.phase == Phase::Mint
            && !self.healed
            && self.verdict.refuses()
            && self.verdict != Verdict::ScopeNotAssignable
    }
}

impl Verdict {
    /// Whether a run with this as its last verdict is `refused`: a person must mend something.
    /// The others fail the run, or (`ok`, and `role_visibility` on a 2xx) leave it be.
    pub const fn refuses(self) -> bool {
        !matches!(
            self,
            Verdict::Ok
                | Verdict::NotAuth
                | Verdict::RateLimited
                | Verdict::UpstreamError
                | Verdict::TokenEndpointDown
                | Verdict::TokenResponseInvalid
        )
    }
}

/// All that is known about one refused answer.
///
/// Reading is lenient: a field that is absent or absurd is one that is not known, and fields that
/// are not known here are passed over.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// A name for a case; absent in stored evidence.
    #[serde(default, deserialize_with = "lenient::optional_text", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The token that was refused, or the request for one.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub token: TokenEvidence,
    /// The answer.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub response: ResponseEvidence,
    /// The status after one forced new token; `None` when that was not tried.
    #[serde(default, deserialize_with = "lenient::optional_status")]
    pub second_attempt_status: Option<u16>,
    /// The server's `Date` less the local clock: positive when the server is ahead.
    #[serde(default, deserialize_with = "lenient::optional_number")]
    pub server_date_skew_s: Option<i64>,
    /// What fills the blanks of a remedy.
    #[serde(default, deserialize_with = "lenient::or_none", skip_serializing_if = "Option::is_none")]
    pub context: Option<Context>,
}

/// The token part of [`Evidence`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TokenEvidence {
    /// What was asked for.
    #[serde(default, deserialize_with = "lenient::scopes")]
    pub requested_scopes: Scopes,
    /// The `scope` of the token reply; `None` when it had none.
    #[serde(default, deserialize_with = "lenient::optional_scopes")]
    pub granted_scopes: Option<Scopes>,
    /// Seconds since the token request left; `None` when no token exists, so that the answer is
    /// the token endpoint's.
    #[serde(default, deserialize_with = "lenient::optional_age")]
    pub age_s: Option<i64>,
    /// The life that the token reply promised; `None` when it did not.
    #[serde(default, deserialize_with = "lenient::optional_number")]
    pub expires_in_s: Option<i64>,
    /// The claims of a token that is a JWT, unverified (RFC 9068): the client may look, not rely.
    #[serde(default)]
    pub jwt_claims: Option<serde_json::Value>,
    /// Its number among those of its scopes, as attempts name it.
    #[serde(default, deserialize_with = "lenient::optional_count", skip_serializing_if = "Option::is_none")]
    pub generation: Option<u64>,
    /// Whether its life is that of the job file, since the token reply had none.
    #[serde(default, deserialize_with = "lenient::flag", skip_serializing_if = "std::ops::Not::not")]
    pub ttl_assumed: bool,
    /// Whether another one was asked for, and the same came: no second try was made.
    #[serde(default, deserialize_with = "lenient::flag", skip_serializing_if = "std::ops::Not::not")]
    pub given_again: bool,
}

/// The answer's part of [`Evidence`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ResponseEvidence {
    /// The status.
    #[serde(default, deserialize_with = "lenient::status")]
    pub status: u16,
    /// Headers by lower-case name, scrubbed.
    #[serde(default, deserialize_with = "lenient::headers")]
    pub headers: BTreeMap<String, HeaderValue>,
    /// The body, scrubbed, at most 64 KiB.
    #[serde(default, deserialize_with = "lenient::body")]
    pub body: String,
    /// Whether the body was cut.
    #[serde(default, deserialize_with = "lenient::flag", skip_serializing_if = "std::ops::Not::not")]
    pub truncated: bool,
}

/// One header line, or several of the same name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum HeaderValue {
    /// One line.
    One(String),
    /// Several lines in order.
    Several(Vec<String>),
}

impl HeaderValue {
    /// The lines in order.
    pub fn lines(&self) -> &[String] {
        match self {
            HeaderValue::One(line) => std::slice::from_ref(line),
            HeaderValue::Several(lines) => lines,
        }
    }
}

/// Words that fill the blanks of a remedy. A blank without a value becomes plain words.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Context {
    /// The job.
    #[serde(deserialize_with = "lenient::optional_text", skip_serializing_if = "Option::is_none")]
    pub job: Option<String>,
    /// The credential's name.
    #[serde(deserialize_with = "lenient::optional_text", skip_serializing_if = "Option::is_none")]
    pub credential: Option<String>,
    /// The client's id.
    #[serde(deserialize_with = "lenient::optional_text", skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// Where the secret is kept, in words.
    #[serde(deserialize_with = "lenient::optional_text", skip_serializing_if = "Option::is_none")]
    pub secret_source: Option<String>,
    /// The API's host.
    #[serde(deserialize_with = "lenient::optional_text", skip_serializing_if = "Option::is_none")]
    pub api_host: Option<String>,
    /// The token endpoint's host.
    #[serde(deserialize_with = "lenient::optional_text", skip_serializing_if = "Option::is_none")]
    pub token_host: Option<String>,
    /// `basic`, `basic-raw` or `body`.
    #[serde(deserialize_with = "lenient::optional_text", skip_serializing_if = "Option::is_none")]
    pub auth_method: Option<String>,
    /// `form` or `json`.
    #[serde(deserialize_with = "lenient::optional_text", skip_serializing_if = "Option::is_none")]
    pub token_body: Option<String>,
    /// The answer's request id.
    #[serde(deserialize_with = "lenient::optional_text", skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// Hosts that the request was sent on to.
    #[serde(deserialize_with = "lenient::texts", skip_serializing_if = "Vec::is_empty")]
    pub redirects: Vec<String>,
    /// How many jobs wait for this credential.
    #[serde(deserialize_with = "lenient::optional_count", skip_serializing_if = "Option::is_none")]
    pub waiting_jobs: Option<u64>,
}

/// What was found out about one refusal, as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub struct Diagnosis {
    /// When.
    pub at: Time,
    /// Whose answer.
    pub phase: Phase,
    /// The answer's status.
    pub status: u16,
    /// What it is.
    pub verdict: Verdict,
    /// The row of the decision table.
    pub rule: &'static str,
    /// How sure.
    pub confidence: Confidence,
    /// Whether trying again by itself, with nobody changing anything, may help.
    pub retry: bool,
    /// Whether it was mended within the run.
    pub healed: bool,
    /// What happened, in one sentence.
    pub summary: String,
    /// What to do, in one sentence.
    pub remedy: String,
    /// Scopes that the rejected token lacks.
    pub missing_scopes: Scopes,
    /// What it was judged by. Holds the requested and the granted scopes.
    pub evidence: Evidence,
}
