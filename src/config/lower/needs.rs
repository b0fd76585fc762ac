//! What the calls of a job need, compared with the scopes that it asks for.

use crate::config::file::{Field, Job as Written};
use crate::config::names::listed;
use crate::config::place::At;
use crate::job::{Call, Credential, Grant, Job, Operation};
use crate::run::Scopes;

/// What the operations of an API say of a job.
struct Needs<'j> {
    job: &'j Job,
    /// By call; `None` for a call that is no operation.
    operations: Vec<Option<&'j Operation>>,
    /// By all operations together.
    needed: Scopes,
}

/// Warns of scopes that calls of a job need and it does not ask for, and of those that it asks for and no call
/// needs. Both come from the operations of its API.
pub(super) fn warn(at: &At<'_>, written: &Written, job: &Job) {
    if job.api.credential.as_deref().is_some_and(has_a_fixed_bearer) {
        // It was made with its scopes: what the job asks for changes nothing.
        return;
    }
    let needs = Needs::of(job);
    if !matches!(written.scopes, Field::Wrong(_)) && !at.has_misspelled("scopes") {
        needs.warn_of_missing(&at.key("calls"));
    }
    if let Field::Written(asked) = &written.scopes {
        needs.warn_of_unneeded(&at.key("scopes"), asked);
    }
}

fn has_a_fixed_bearer(credential: &Credential) -> bool {
    matches!(credential.grant, Grant::Bearer(_))
}

impl<'j> Needs<'j> {
    fn of(job: &'j Job) -> Needs<'j> {
        let operation = |call: &'j Call| job.api.operation(call.method, &call.path);
        let operations: Vec<_> = job.calls.iter().map(|call| operation(call)).collect();
        let needed = operations.iter().flatten().flat_map(|operation| operation.scopes.iter());
        Needs { job, needed: needed.map(str::to_owned).collect(), operations }
    }

    /// Each scope is told of at the first call that needs it.
    fn warn_of_missing(&self, at: &At<'_>) {
        let job = self.job;
        let mut told = job.scopes.clone();
        for ((n, call), operation) in job.calls.iter().enumerate().zip(&self.operations) {
            let Some(operation) = operation else { continue };
            let missing = operation.scopes.without(&told);
            if missing.is_empty() {
                continue;
            }
            let names = listed(&missing.iter().collect::<Vec<_>>());
            at.index(n)
                .key(&call.method.as_str().to_ascii_lowercase())
                .warning(
                    "missing-scope",
                    format!("call `{}` needs {names}, which job `{}` does not ask for", call.name, job.name),
                )
                .label(format!("`{} {}` of API `{}`", operation.method, operation.path.text(), job.api.name))
                .help(self.help())
                .report();
            told = told.iter().chain(missing.iter()).map(str::to_owned).collect();
        }
    }

    fn help(&self) -> String {
        if self.job.api.credential.is_none() {
            return format!("API `{}` has no `credential`, so the call carries no token", self.job.api.name);
        }
        let missing = self.needed.without(&self.job.scopes);
        let kept = self.job.scopes.iter().filter(|scope| !self.is_unneeded(scope));
        let right: Vec<String> = kept.chain(missing.iter()).map(|scope| format!("\"{scope}\"")).collect();
        format!("write `scopes = [{}]`, and see to it that the client may have them", right.join(", "))
    }

    fn warn_of_unneeded(&self, at: &At<'_>, asked: &[Field<String>]) {
        for (n, field) in asked.iter().enumerate() {
            let Field::Written(scope) = field else { continue };
            if self.is_unneeded(scope) {
                at.index(n)
                    .warning("unneeded-scope", format!("no call of job `{}` needs `{scope}`", self.job.name))
                    .label(format!("says `operations` of API `{}`", self.job.api.name))
                    .help("leave it out: a token that may do less does less harm in wrong hands")
                    .report();
            }
        }
    }

    /// Whether no call needs a scope. A call of which nothing is known may need any.
    fn is_unneeded(&self, scope: &str) -> bool {
        let alone = Scopes::parse(scope);
        self.operations.iter().all(Option::is_some) && !self.needed.iter().any(|needed| alone.cover(needed))
    }
}
