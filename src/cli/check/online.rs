//! What token endpoints have to say about a job file.

use crate::cli::Context;
use crate::cli::error::CliError;
use crate::cli::screen::clean_line;
use crate::config::{Loaded, Place, Places, Problem, Severity, unreadable_secrets};
use crate::doctor::{Granted, ScopeSet, Seat, Trouble, scope_sets};
use crate::run::Name;
use crate::telemetry::chain;

/// As `config` calls a secret that cannot be read.
const ABSENT: &str = "absent-secret";

/// Asks for a token of each scope set of the enabled jobs, and adds to the warnings what is wrong. Gives how many
/// sets there are.
pub(super) async fn ask(context: &Context, loaded: &mut Loaded, places: &Places) -> Result<usize, CliError> {
    let enabled = loaded.jobs.jobs.values().map(AsRef::as_ref).filter(|job| job.enabled);
    let sets = scope_sets(enabled);
    let answers = context.doctor(&loaded.jobs)?.ask_each(&sets).await;
    require_secrets(context, loaded);
    for (set, answer) in sets.iter().zip(&answers) {
        let found = problem(set, answer, places).filter(|found| !is_known(&loaded.warnings, found));
        loaded.warnings.extend(found);
    }
    Ok(sets.len())
}

/// A secret that is absent may come later; who asks now needs it now.
fn require_secrets(context: &Context, loaded: &mut Loaded) {
    let needed: Vec<String> =
        unreadable_secrets(&loaded.jobs, &context.environment, None).iter().map(|error| chain(error)).collect();
    for warning in loaded.warnings.iter_mut().filter(|warning| warning.code == ABSENT) {
        if needed.contains(&warning.message) {
            warning.severity = Severity::Error;
        }
    }
}

/// What an answer tells that is wrong.
fn problem(set: &ScopeSet, answer: &Result<Granted, Trouble>, places: &Places) -> Option<Problem> {
    let name = &set.credential.name;
    let (severity, code, trouble) = match answer {
        Ok(granted) => (Severity::Warning, "scope-not-granted", granted.suffices(set.jobs.first()).err()?),
        Err(trouble) if trouble.lies_in == Seat::Secret => (Severity::Error, ABSENT, trouble.clone()),
        Err(trouble) => (Severity::Error, "no-token", trouble.clone()),
    };
    let said = format!("credential `{name}`: {}", trouble.detail);
    let (place, message) = match (trouble.lies_in, set.jobs.first()) {
        (Seat::Scopes, Some(first)) => (places.scopes(first), format!("{said}, for {}", in_words(set))),
        (Seat::Secret, _) => (places.credential(name), trouble.detail.clone()),
        (Seat::Scopes | Seat::Elsewhere, _) => (places.credential(name), said),
    };
    let related = if trouble.lies_in == Seat::Scopes { others(set, places) } else { Vec::new() };
    let help = trouble.remedy.as_deref().map(clean_line);
    Some(Problem { help, related, ..Problem::at(place, severity, code, clean_line(&message)) })
}

/// Who asks.
fn in_words(set: &ScopeSet) -> String {
    let names: Vec<String> = set.jobs.iter().map(|job| format!("`{job}`")).collect();
    let noun = if names.len() == 1 { "job" } else { "jobs" };
    format!("{noun} {}", names.join(", "))
}

/// The `scopes` of the other jobs of a set.
fn others(set: &ScopeSet, places: &Places) -> Vec<Place> {
    let place = |job: &Name| Place { label: "asks for the same".to_owned(), ..places.scopes(job).clone() };
    set.jobs.iter().skip(1).map(place).collect()
}

/// Two scope sets of one client are refused for one reason; an absent secret was told of already.
fn is_known(problems: &[Problem], found: &Problem) -> bool {
    problems.iter().filter(|known| known.code == found.code).any(|known| {
        let is_same = known.message == found.message && known.line == found.line;
        is_same || (found.code == ABSENT && found.message.contains(&known.message))
    })
}
