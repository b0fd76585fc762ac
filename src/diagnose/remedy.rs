//! What a person should do, a sentence or two for each verdict.

mod fixed_bearer;

use serde_json::Value;

use super::blanks::{capital, list};
use super::clean::clean;
use super::facts::Facts;
use super::rows::NOT_YET_VALID;
use super::{Decided, Judgement};
use crate::run::{Scopes, Verdict};
use crate::secret::bare_address;

/// The remedy of what the table decided.
pub(super) fn of(decided: &Decided<'_>) -> String {
    fixed_bearer::of(decided).unwrap_or_else(|| of_a_client(decided))
}

fn of_a_client(decided: &Decided<'_>) -> String {
    let facts = decided.facts;
    match decided.row.verdict {
        Verdict::Ok => "Nothing to do.".to_owned(),
        Verdict::NotAuth => "Not a matter of credentials: check the call itself.".to_owned(),
        Verdict::UpstreamError => format!("The API is at fault; wait{} before the next try.", facts.wait()),
        Verdict::MissingScope => missing_scope(decided),
        Verdict::ScopeNotAssignable => scope_not_assignable(decided),
        Verdict::ScopeContradiction => scope_contradiction(facts),
        Verdict::RoleVisibility => role_visibility(decided),
        Verdict::RevokedOrRotatedSecret => revoked_or_rotated_secret(facts),
        Verdict::ClientNotAllowed => {
            format!("{} may not use client_credentials; enable the grant or the client.", capital(&facts.client()))
        }
        Verdict::TokenRequestMalformed => token_request_malformed(facts),
        Verdict::TokenResponseInvalid | Verdict::TokenEndpointDown => {
            format!(
                "No usable answer from {}; the last token, if there is one, serves until its end.",
                facts.token_host()
            )
        }
        Verdict::TokenExpired => token_expired(decided),
        Verdict::ClockSkew => clock_skew(decided),
        Verdict::StaleToken => stale_token(decided),
        Verdict::TokenRejected => "Rejected in mid-life, renewing once.".to_owned(),
        Verdict::FreshTokenRejected => fresh_token_rejected(facts),
        Verdict::WrongAudience => wrong_audience(facts),
        Verdict::WrongEnvironment => wrong_environment(facts),
        Verdict::CredentialsMissing => credentials_missing(facts),
        Verdict::TokenTypeMismatch => format!("API wants {} tokens.", wanted_scheme(facts)),
        Verdict::BlockedByEdge => format!(
            "{} answered before the API did{}; check proxy, WAF or IP allow-list.",
            facts.in_between(),
            facts.ray()
        ),
        Verdict::PlanLimit => plan_limit(facts),
        Verdict::RateLimited => rate_limited(facts),
        Verdict::ResourceForbidden => resource(facts, "this client"),
    }
}

/// The remedy when the token endpoint gave the refused token again, from that of the table.
pub(super) fn when_given_again(judgement: &Judgement, asked: &Scopes) -> String {
    let then = "Wait until the token ends, and check the credential with another process.";
    let (remedy, missing) = (&judgement.remedy, &judgement.missing_scopes);
    match judgement.verdict {
        // Their remedy is the renewal, which came to nothing.
        Verdict::TokenRejected | Verdict::TokenExpired => then.to_owned(),
        // Another token would be a part of it.
        Verdict::StaleToken | Verdict::ScopeContradiction => format!("{remedy} {then}"),
        Verdict::ClockSkew if judgement.rule != NOT_YET_VALID => format!("{remedy} {then}"),
        Verdict::MissingScope if !missing.is_empty() && missing.without(asked).is_empty() => format!("{remedy} {then}"),
        _ => remedy.clone(),
    }
}

/// The scheme that the first challenge asks for.
pub(super) fn wanted_scheme(facts: &Facts<'_>) -> String {
    facts.challenges.first().map_or_else(|| "other".to_owned(), |challenge| clean(challenge.scheme()))
}

fn missing_scope(decided: &Decided<'_>) -> String {
    let (facts, missing) = (decided.facts, decided.missing);
    let is_asked = |scope: &&str| facts.scopes.asked.cover(scope);
    let asked: Scopes = missing.iter().filter(is_asked).map(str::to_owned).collect();
    let unasked = missing.without(&asked);
    let add = |scopes: &str| {
        format!("Add {scopes} to `scopes` of {}, and to {} in the dashboard.", facts.job(), facts.client())
    };
    let assign = || {
        let client = capital(&facts.client());
        let scopes = list(&asked);
        format!(
            "{client} is not granted {scopes}; assign it (Dashboard → Settings → API Access). The next token picks it up."
        )
    };
    match (asked.is_empty(), unasked.is_empty()) {
        (true, true) => add("the scope that the API's documentation asks for"),
        (true, false) => add(&list(&unasked)),
        (false, true) => assign(),
        (false, false) => format!("{} {}", add(&list(&unasked)), assign()),
    }
}

fn scope_not_assignable(decided: &Decided<'_>) -> String {
    let facts = decided.facts;
    let (scopes, client, job) = (list(decided.missing), facts.client(), facts.job());
    format!("The token endpoint refuses {scopes} for {client}: assign it or drop it from {job}.")
}

fn scope_contradiction(facts: &Facts<'_>) -> String {
    let needed = list(&facts.scopes.held());
    let id = facts.request_id().unwrap_or_else(|| "the time of the request".to_owned());
    format!("The token holds {needed} yet the API says it does not; send {id} to support.")
}

fn role_visibility(decided: &Decided<'_>) -> String {
    let facts = decided.facts;
    if facts.is_success() {
        format!("Reply accepted, but fields reserved for {} may be absent.", list(decided.missing))
    } else if facts.scopes.are_complete() && !facts.calls_the_token_invalid() {
        "The client's role is too low; scopes are complete.".to_owned()
    } else {
        "The client's role is too low.".to_owned()
    }
}

fn revoked_or_rotated_secret(facts: &Facts<'_>) -> String {
    let (client, source) = (facts.client(), facts.where_the_secret_is());
    let waiting = facts.waiting_jobs();
    // The environment of a running process cannot change.
    if facts.keeps_the_secret_in_the_environment() {
        let waiting = waiting.map(|jobs| format!(" {jobs} for it.")).unwrap_or_default();
        format!(
            "The token endpoint does not accept {client}.{waiting} Put the current secret {source} and restart apicron."
        )
    } else {
        let waiting = waiting.map(|jobs| format!("; {jobs} for it")).unwrap_or_default();
        format!("The token endpoint does not accept {client}. Put the current secret {source}{waiting}.")
    }
}

fn token_request_malformed(facts: &Facts<'_>) -> String {
    if let (300..=399, Some(location)) = (facts.status(), facts.header("location")) {
        let location = clean(&bare_address(location));
        return format!(
            "The token endpoint redirects to {location}, which is not followed; set `token_url` to its final address."
        );
    }
    let context = facts.evidence.context.as_ref();
    let part = |text: Option<&String>| text.map_or_else(|| "unknown".to_owned(), |text| clean(text));
    let auth = part(context.and_then(|context| context.auth_method.as_ref()));
    match context.and_then(|context| context.token_body.as_deref()) {
        Some(format @ ("form" | "json")) => {
            let other = if format == "form" { "json" } else { "form" };
            format!(
                "The token request has the wrong shape (format {format}, auth {auth}); try `token_body = \"{other}\"`."
            )
        }
        _ => "The token request has the wrong shape; try another `token_body` or `auth_method`.".to_owned(),
    }
}

fn token_expired(decided: &Decided<'_>) -> String {
    let clocks = &decided.facts.clocks;
    let healed = decided.facts.is_healed();
    if healed && clocks.life_s.is_none() && clocks.expired_since_s().is_none() {
        return format!("No `expires_in`; set `default_ttl` ≤ {} s.", clocks.age_s);
    }
    let renewal = match (healed, decided.retry) {
        (true, _) => "Renewed.",
        (false, true) => "Renewing.",
        (false, false) => "A fresh token did not help; see the next answer.",
    };
    match (clocks.past_life_s().or(clocks.expired_since_s()), clocks.life_s) {
        (Some(late), _) => format!("Expired {late} s before use. {renewal}"),
        (None, Some(life)) => format!("Expired at {} s of {life} s. {renewal}", clocks.age_s),
        (None, None) => format!("Expired at {} s. {renewal}", clocks.age_s),
    }
}

fn clock_skew(decided: &Decided<'_>) -> String {
    let clocks = &decided.facts.clocks;
    match clocks.not_yet_valid_for_s() {
        Some(gap) if decided.row.id == NOT_YET_VALID => {
            // Whether anyone does wait is the run's to say: its deadline may come first.
            let then = if decided.retry { "wait that long" } else { "a later try worked" };
            format!("The API's clock is behind the issuer's by {gap} s; {then}.")
        }
        _ => format!("This host's clock is {} s off; start time sync.", clocks.skew_s.unsigned_abs()),
    }
}

fn stale_token(decided: &Decided<'_>) -> String {
    let facts = decided.facts;
    if facts.status() == 403 || facts.scopes.server.spoken_of {
        return "Scope was granted after this token was made. Renewed.".to_owned();
    }
    let life = facts.clocks.life_s.map(|life| format!(" of {life} s")).unwrap_or_default();
    format!("Died early at {} s{life}. Does another process use {}?", facts.clocks.age_s, facts.client())
}

fn fresh_token_rejected(facts: &Facts<'_>) -> String {
    format!("A fresh token is rejected too (the first was {} s old): {}", facts.clocks.age_s, checks(facts))
}

fn checks(facts: &Facts<'_>) -> String {
    let id = facts.request_id().map(|id| format!("; {id}")).unwrap_or_default();
    format!("check base_url, organisation and API status{id}.")
}

fn wrong_audience(facts: &Facts<'_>) -> String {
    if facts.is_minting() {
        return "The token endpoint does not know the audience; correct `audience` of the credential.".to_owned();
    }
    let audience = facts.claimed("aud").unwrap_or_else(|| "another audience".to_owned());
    format!("Token is for {audience}, not for {}.", facts.api_host())
}

fn wrong_environment(facts: &Facts<'_>) -> String {
    if facts.is_minting() {
        return "There is no token endpoint at this address; check `token_url`.".to_owned();
    }
    let issuer = facts.claimed("iss").unwrap_or_else(|| "another environment".to_owned());
    format!("Token comes from {issuer}; use credentials of the environment behind {}.", facts.api_host())
}

fn credentials_missing(facts: &Facts<'_>) -> String {
    match facts.redirects() {
        Some(chain) => format!("No Authorization header arrived. Redirects: {chain}. Set base_url to the last host."),
        None => "No Authorization header arrived. Check that base_url is the final address and that no proxy drops it."
            .to_owned(),
    }
}

fn plan_limit(facts: &Facts<'_>) -> String {
    let amounts = match (facts.amount(&["required"]), facts.amount(&["available"])) {
        (Some(required), Some(available)) => format!("Needs {required}, has {available}."),
        (Some(required), None) => format!("Needs {required}."),
        _ => "The plan or its credits do not allow this.".to_owned(),
    };
    let end = facts.amount(&["periodEnd", "period_end"]).unwrap_or_else(|| "the next period".to_owned());
    format!("{amounts} Upgrade, top up, or wait for {end}.")
}

fn rate_limited(facts: &Facts<'_>) -> String {
    let sharers = match facts.evidence.context.as_ref().and_then(|context| context.waiting_jobs) {
        Some(n) if n > 1 => format!("{n} jobs"),
        _ if facts.has_fixed_bearer() => "all jobs of this token".to_owned(),
        _ => "all jobs of this client".to_owned(),
    };
    format!("Wait{}; budget shared by {sharers}.", facts.wait())
}

fn resource(facts: &Facts<'_>, holder: &str) -> String {
    if facts.status() == 403 && facts.calls_the_token_invalid() {
        return format!("The API calls the token invalid with a 403: {}", checks(facts));
    }
    let resource = facts.member("instance").and_then(Value::as_str).map(clean);
    let resource = resource.filter(|resource| !resource.is_empty()).unwrap_or_else(|| "the resource".to_owned());
    if facts.scopes.are_complete() {
        format!("Scopes are complete; {resource} is not shared with {holder}.")
    } else {
        capital(&format!("{resource} is not shared with {holder}."))
    }
}
