//! Paths, of calls and of operations.

use crate::config::place::At;
use crate::filter::Template;

/// What has a path.
#[derive(Clone, Copy, Debug)]
pub(super) enum Owner {
    Call,
    Operation,
}

impl Owner {
    const fn in_words(self) -> &'static str {
        match self {
            Owner::Call => "a call",
            Owner::Operation => "an operation",
        }
    }

    const fn help_about_queries(self) -> &'static str {
        match self {
            Owner::Call => "write `query = { name = \"value\" }`",
            Owner::Operation => "leave it out: an operation is known by its method and its path",
        }
    }
}

/// Whether a path is one, as far as its fixed text goes: `fixed` is it without what is filled in later.
pub(super) fn is_sound(at: &At<'_>, path: &str, fixed: &str, owner: Owner) -> bool {
    if path.contains("://") && !path.starts_with('/') {
        at.error("bad-path", format!("{} has a path, not a whole URL", owner.in_words()))
            .help("the API's `base_url` has the host; write what comes after it, beginning with `/`")
            .report();
        return false;
    }
    if !path.starts_with('/') || path.starts_with("//") {
        at.error("bad-path", "a path begins with one `/`")
            .help(format!("write `\"/{}\"`", path.trim_start_matches('/')))
            .report();
        return false;
    }
    if fixed.contains('?') {
        at.error("bad-path", "a path has no query").help(owner.help_about_queries()).report();
        return false;
    }
    if fixed.contains(['#', '\\']) || fixed.chars().any(|c| c.is_whitespace() || c.is_control()) {
        at.error("bad-path", "a path holds no spaces, control characters, `#` or `\\`")
            .help("percent-encode what belongs to it: `%20` for a space")
            .report();
        return false;
    }
    if matches!(owner, Owner::Call) && fixed.contains(['{', '}']) {
        at.error("bad-path", "a path holds no `{` or `}` but those of `{{ … }}`")
            .help("write a value in its place, such as `{{ $each.id }}`, or percent-encode the braces: `%7B` and `%7D`")
            .report();
        return false;
    }
    if Template::has_dots(fixed) {
        at.error("bad-path", "a path holds no `.` or `..`, percent-encoded or not")
            .help("write the path that it leads to")
            .report();
        return false;
    }
    true
}
