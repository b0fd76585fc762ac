//! From an answer that denies a call to its diagnosis.

use super::ledger::Ledger;
use super::send::Reply;
use crate::clock::{Clock, Time};
use crate::diagnose::{Judgement, diagnose};
use crate::job::{Credential, Grant, Job};
use crate::run::{Context, Diagnosis, Evidence, Phase, ResponseEvidence, TokenEvidence, Verdict};
use crate::secret::Redactor;
use crate::token::{self, Bearer, Cut, LONGEST_BODY, TokenFailure, cut, date_skew, header_lines, request_id};

/// A token younger than this holds whatever was granted a moment ago.
const YOUNG_S: i64 = 60;

/// What the refusal of one job's call is judged with.
pub(super) struct Bench<'a> {
    pub(super) job: &'a Job,
    pub(super) clock: &'a Clock,
    pub(super) redactor: &'a Redactor,
    pub(super) ledger: &'a dyn Ledger,
}

/// Whether a refusal was overcome in the course of its call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Healed {
    Yes,
    No,
}

impl Bench<'_> {
    /// All that is known about an answer that came just now, to a request with `bearer`.
    pub(super) fn evidence(&self, reply: &Reply, credential: &Credential, bearer: &Bearer) -> Evidence {
        let text = reply.scrubbed(self.redactor);
        let id = request_id(|name| reply.header(name).map(str::to_owned), &text);
        let (body, end) = cut(text, LONGEST_BODY);
        Evidence {
            name: None,
            token: self.token(credential, bearer),
            response: ResponseEvidence {
                status: reply.status,
                headers: header_lines(&reply.headers, self.redactor),
                body,
                truncated: end == Cut::Cut || reply.cut == Cut::Cut,
            },
            second_attempt_status: None,
            server_date_skew_s: reply.header("date").and_then(|date| date_skew(date, reply.at)),
            context: Some(Context {
                job: Some(self.job.name.to_string()),
                api_host: self.job.api.base_url.host_str().map(str::to_owned),
                request_id: id.map(|id| self.redactor.scrub_owned(id)),
                waiting_jobs: self.ledger.jobs_with(&credential.name),
                ..token::context(credential, bearer.client_id())
            }),
        }
    }

    fn token(&self, credential: &Credential, bearer: &Bearer) -> TokenEvidence {
        let known = bearer.evidence(self.clock);
        let fixed = matches!(credential.grant, Grant::Bearer(_));
        TokenEvidence {
            ttl_assumed: !fixed && known.expires_in_s.is_none(),
            jwt_claims: known.jwt_claims.and_then(|claims| self.scrubbed(claims)),
            ..known
        }
    }

    /// Claims without secrets: `None` when nothing would be left of them.
    fn scrubbed(&self, claims: serde_json::Value) -> Option<serde_json::Value> {
        let text = claims.to_string();
        let scrubbed = self.redactor.scrub(&text);
        if scrubbed == text { Some(claims) } else { serde_json::from_str(&scrubbed).ok() }
    }

    /// The diagnosis of an answer of the token endpoint; `None` when it gave none.
    pub(super) fn of_token(&self, failure: &TokenFailure) -> Option<Diagnosis> {
        let mut evidence = failure.evidence()?.clone();
        let context = evidence.context.get_or_insert_default();
        context.job = Some(self.job.name.to_string());
        let credential = self.job.api.credential.as_ref();
        context.waiting_jobs = credential.and_then(|credential| self.ledger.jobs_with(&credential.name));
        let judgement = diagnose(&evidence);
        Some(diagnosis(evidence, judgement, Phase::Mint, Healed::No, self.clock.now()))
    }

    /// The diagnosis of an answer of the API.
    pub(super) fn of_api(&self, evidence: Evidence, healed: Healed) -> Diagnosis {
        let judgement = diagnose(&evidence);
        diagnosis(evidence, judgement, Phase::Api, healed, self.clock.now())
    }
}

/// Whether another token is worth a try. After a 401, and at the end of the refused one, when another may help;
/// after a 403, when somebody may just have granted the scope that the refused one lacks.
///
/// The source of a fixed bearer is looked at after each 401: that costs no request, and who replaced the bearer
/// need not have done so for the reason that the API gives.
pub(super) fn is_worth_a_token(diagnosis: &Diagnosis, grant: &Grant) -> bool {
    if diagnosis.status == 401 {
        return diagnosis.retry || matches!(grant, Grant::Bearer(_));
    }
    let has_ended = matches!(diagnosis.verdict, Verdict::TokenExpired | Verdict::ClockSkew) && diagnosis.retry;
    if has_ended {
        return true;
    }
    let (token, missing) = (&diagnosis.evidence.token, &diagnosis.missing_scopes);
    let was_asked_for = !missing.is_empty() && missing.without(&token.requested_scopes).is_empty();
    let is_young = token.age_s.is_none_or(|age| age < YOUNG_S);
    diagnosis.verdict == Verdict::MissingScope && was_asked_for && !is_young
}

fn diagnosis(evidence: Evidence, judgement: Judgement, phase: Phase, healed: Healed, at: Time) -> Diagnosis {
    Diagnosis { healed: healed == Healed::Yes, ..judgement.into_diagnosis(evidence, phase, at) }
}
