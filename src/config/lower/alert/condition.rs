//! A condition over the samples of one run.

use super::super::filters;
use super::Around;
use super::watched::check_is_of;
use crate::config::file::Alert as Written;
use crate::config::place::At;
use crate::job::Condition;
use crate::run::Name;

const BY_NAME: &str =
    "write `.METRIC` for each that it looks at: where a run lacks one, it is not known whether it holds";

pub(super) fn lower(at: &At<'_>, name: &Name, written: &Written, around: Around<'_, '_>) -> Option<Condition> {
    let job = at.require("job", &written.job, &format!("alert `{name}`"));
    let job = job.and_then(|text| around.jobs.find(&at.key("job"), text));
    let text = at.get("when", &written.when)?;
    let at = at.key("when");
    let filter = filters::filter(&at, text, &[])?;
    let Some(members) = filter.members() else {
        at.error("bad-filter", "a condition looks at metrics by their names, and this one looks at `.` as a whole")
            .help(BY_NAME)
            .report();
        return None;
    };
    if members.named.is_empty() {
        at.error("bad-filter", "this looks at no metric, so it always says the same").help(BY_NAME).report();
        return None;
    }
    let job = job?;
    let known = members.named.iter().filter_map(|metric| check_is_of(&at, &job, metric)).count();
    (known == members.named.len()).then(|| Condition { job: job.name.clone(), filter, reads: members.needed })
}
