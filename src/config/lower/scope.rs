//! The scopes of a job.

use crate::config::file::Job as Written;
use crate::config::place::At;
use crate::job::Api;
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
            let draft = draft.help("a scope has no spaces, quotes or `\\`, and is not empty");
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
