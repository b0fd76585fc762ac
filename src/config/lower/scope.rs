//! The scopes of a job, and what its calls need of them.

use super::super::file::{Field, Job as Written};
use crate::config::place::At;
use crate::job::{Api, Call, Grant, Job, Operation};
use crate::run::Scopes;

/// The scopes of a job. What of them can be checked without asking anyone is checked.
pub(super) fn lower(at: &At<'_>, written: &Written, api: Option<&Api>) -> Scopes {
    let Some(fields) = at.get("scopes", &written.scopes) else { return Scopes::default() };
    let at = at.key("scopes");
    if let Some(api) = api.filter(|api| api.credential.is_none() && !fields.is_empty()) {
        let message = format!("API `{}` has no credential, so scopes mean nothing to it", api.name);
        at.key_error("conflicting-keys", message).help("leave `scopes` out, or give the API a `credential`").report();
    }
    let mut scopes = Vec::new();
    for (n, field) in fields.iter().enumerate() {
        let at = at.index(n);
        let Some(scope) = at.value(field) else { continue };
        if !is_one(scope) {
            let draft = at.error("wrong-value", format!("`{}` is not one scope", scope.escape_default()));
            let help = scope.split_ascii_whitespace().count() > 1;
            let parts = scope.split_ascii_whitespace().map(|part| format!("\"{part}\"")).collect::<Vec<_>>().join(", ");
            draft.maybe_help(help.then(|| format!("write each as its own text: `{parts}`"))).report();
        }
        if scope == "org:admin" {
            at.warning("wide-scope", "`org:admin` may do anything: prefer the scopes that the calls need").report();
        }
        scopes.push(scope.clone());
    }
    scopes.into_iter().collect()
}

/// `scope-token` of RFC 6749 section 3.3.
pub(super) fn is_one(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e))
}

/// Warns of scopes that calls of a job need and it does not ask for, and of those that it asks for and no call
/// needs. Both come from the operations of its API.
pub(super) fn warn(at: &At<'_>, written: &Written, job: &Job) {
    let is_fixed = |grant: &Grant| matches!(grant, Grant::Bearer(_));
    if job.api.credential.as_ref().is_some_and(|credential| is_fixed(&credential.grant)) {
        // Such a bearer was made with its scopes: what the job asks for changes nothing.
        return;
    }
    let known: Vec<Option<&Operation>> =
        job.calls.iter().map(|call| job.api.operation(call.method, &call.path)).collect();
    if !matches!(written.scopes, Field::Wrong(_)) && !at.has_misspelled("scopes") {
        warn_of_missing(at, job, &known);
    }
    if let Some(known) = known.into_iter().collect::<Option<Vec<_>>>() {
        warn_of_unneeded(at, written, job, &known);
    }
}

/// Each scope is told of at the first call that needs it.
fn warn_of_missing(at: &At<'_>, job: &Job, known: &[Option<&Operation>]) {
    let mut told = job.scopes.clone();
    for ((n, call), operation) in job.calls.iter().enumerate().zip(known) {
        let Some(operation) = operation else { continue };
        let missing = operation.scopes.without(&told);
        if missing.is_empty() {
            continue;
        }
        let message =
            format!("call `{}` needs {}, which job `{}` does not ask for", call.name, all(&missing), job.name);
        let help = match &job.api.credential {
            Some(_) => {
                let wanted = job.scopes.iter().chain(missing.iter()).map(|scope| format!("\"{scope}\""));
                let wanted = wanted.collect::<Vec<_>>().join(", ");
                format!("write `scopes = [{wanted}]`, and see to it that the client may have them")
            }
            None => format!("API `{}` has no `credential`, so the call carries no token", job.api.name),
        };
        place(&at.key("calls").index(n), call)
            .warning("missing-scope", message)
            .label(format!("`{} {}` of API `{}`", operation.method, operation.path.text(), job.api.name))
            .help(help)
            .report();
        told = told.iter().chain(missing.iter()).map(str::to_owned).collect();
    }
}

fn warn_of_unneeded(at: &At<'_>, written: &Written, job: &Job, known: &[&Operation]) {
    let Field::Written(fields) = &written.scopes else { return };
    let needed: Scopes = known.iter().flat_map(|operation| operation.scopes.iter()).map(str::to_owned).collect();
    for (n, field) in fields.iter().enumerate() {
        let Field::Written(scope) = field else { continue };
        let alone: Scopes = std::iter::once(scope.clone()).collect();
        if !needed.iter().any(|needed| alone.cover(needed)) {
            at.key("scopes")
                .index(n)
                .warning("unneeded-scope", format!("no call of job `{}` needs `{scope}`", job.name))
                .label(format!("says `operations` of API `{}`", job.api.name))
                .help("leave it out: a token that may do less does less harm in wrong hands")
                .report();
        }
    }
}

/// Where a call says its path.
fn place<'f>(at: &At<'f>, call: &Call) -> At<'f> {
    at.key(&call.method.as_str().to_ascii_lowercase())
}

fn all(scopes: &Scopes) -> String {
    let scopes: Vec<&str> = scopes.iter().collect();
    crate::config::names::listed(&scopes)
}
