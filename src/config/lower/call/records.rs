//! What does not go with the records of a call.

use super::sees::is_there;
use crate::config::file::Call as Written;
use crate::config::place::At;
use crate::job::Method;

/// Reports records of a call that has many answers, of which only the last is the one meant.
pub(super) fn check_fits(at: &At<'_>, written: &Written) {
    if is_there(&written.until) {
        at.key("records")
            .key_error("conflicting-keys", "`records` does not go with `until`")
            .related(at.key("until").as_related("the wait"))
            .help("keep the records in a later call")
            .report();
    }
}

/// Reports a `gone` that marks, where what an answer does not have is not gone.
pub(super) fn check_marks(at: &At<'_>, written: &Written, method: Option<Method>) {
    let here = at.key("records").key("gone");
    let is_upload = is_there(&written.upload);
    let message = match method {
        _ if is_upload => "an upload is made for new files only, so its answers never have all records".to_owned(),
        Some(method) if !method.is_safe() => format!("a {method} is not sure to answer with a whole list"),
        _ => return warn_of_conditions(at, written),
    };
    here.error("conflicting-keys", message)
        .label("nothing is gone because it is not in such an answer")
        .help("write `gone = \"keep\"`, or leave it out")
        .report();
}

fn warn_of_conditions(at: &At<'_>, written: &Written) {
    if is_there(&written.for_each) && is_there(&written.when) {
        at.key("records")
            .key("gone")
            .warning("unmarked-gone", "records that are gone are not marked while `when` leaves out an element")
            .related(at.key("when").as_related("the condition"))
            .help("leave out elements in `for_each` instead, or write `gone = \"keep\"`")
            .report();
    }
}
