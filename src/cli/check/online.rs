//! What token endpoints have to say about a job file.

use crate::cli::Context;
use crate::cli::error::CliError;
use crate::cli::screen::clean_line;
use crate::config::{Loaded, Place, Places, Problem, Severity, unreadable_secrets};
use crate::doctor::{Granted, ScopeSet, Seat, Trouble, scope_sets};
use crate::run::Name;
use crate::telemetry::chain;

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

const ABSENT: &str = "absent-secret";

/// What an answer tells that is wrong.
fn problem(set: &ScopeSet, answer: &Result<Granted, Trouble>, places: &Places) -> Option<Problem> {
    let name = &set.credential.name;
    match answer {
        Ok(granted) => {
            let lack = granted.suffices(set.jobs.first()).err()?;
            let message = format!("credential `{name}`: {}", lack.detail);
            at_scopes(set, places, Severity::Warning, "scope-not-granted", &lack, message)
        }
        Err(trouble) => {
            let (code, message) = match trouble.lies_in {
                Seat::Secret => (ABSENT, trouble.detail.clone()),
                Seat::Scopes | Seat::Elsewhere => ("token-refused", format!("credential `{name}`: {}", trouble.detail)),
            };
            match trouble.lies_in {
                Seat::Scopes => at_scopes(set, places, Severity::Error, code, trouble, message),
                Seat::Secret | Seat::Elsewhere => {
                    let place = places.credential(name)?;
                    Some(with_remedy(Problem::at(place, Severity::Error, code, clean_line(&message)), trouble))
                }
            }
        }
    }
}

/// A problem at the `scopes` of the first job; the others are named beside it.
fn at_scopes(
    set: &ScopeSet,
    places: &Places,
    severity: Severity,
    code: &'static str,
    trouble: &Trouble,
    message: String,
) -> Option<Problem> {
    let (first, others) = set.jobs.split_first()?;
    let jobs = set.jobs.iter().map(|job| format!("`{job}`")).collect::<Vec<_>>().join(", ");
    let noun = if others.is_empty() { "job" } else { "jobs" };
    let message = clean_line(&format!("{message}, for {noun} {jobs}"));
    let problem = Problem::at(places.scopes(first)?, severity, code, message);
    let related = |job: &Name| {
        let label = "asks for the same".to_owned();
        places.scopes(job).map(|place| Place { label, ..place.clone() })
    };
    let related = others.iter().filter_map(related).collect();
    Some(Problem { related, ..with_remedy(problem, trouble) })
}

fn with_remedy(problem: Problem, trouble: &Trouble) -> Problem {
    Problem { help: trouble.remedy.as_deref().map(clean_line), ..problem }
}

/// Two scope sets of one client are refused for one reason; an absent secret was told of already.
fn is_known(problems: &[Problem], found: &Problem) -> bool {
    problems.iter().any(|known| {
        let is_same = known.code == found.code && known.message == found.message && known.line == found.line;
        is_same || (found.code == ABSENT && known.code == ABSENT && found.message.contains(&known.message))
    })
}
