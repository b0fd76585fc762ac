//! Jobs that come after others.

use std::collections::{BTreeMap, BTreeSet};

use super::section::{Named, Section};
use crate::config::file::Job;
use crate::config::place::At;
use crate::run::Name;

/// Where a job says whom it comes after, and whom.
struct Link<'j> {
    at: At<'j>,
    to: &'j str,
}

/// By the name of the job that comes after another.
type Links<'j> = BTreeMap<&'j str, Link<'j>>;

/// Reports jobs that come after one that does not exist, or after themselves by whatever way round.
pub(super) fn check(jobs: &Section<'_, &Job>) {
    let mut links = Links::new();
    let mut names = Vec::new();
    for Named { at, name, value } in &jobs.entries {
        let Some(to) = value.and_then(|job| at.get("after", &job.after)) else { continue };
        let at = at.key("after");
        jobs.find(&at, to);
        // Of a name that comes twice the first counts.
        let Some(name) = name.as_ref().map(Name::as_str).filter(|name| !links.contains_key(name)) else { continue };
        links.insert(name, Link { at, to });
        names.push(name);
    }
    report_cycles(&names, &links);
}

/// Each cycle once, at the job of it that stands first.
fn report_cycles(names: &[&str], links: &Links<'_>) {
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    for first in names {
        let mut way = Vec::new();
        let mut name = *first;
        // What was walked before ends, or is a cycle that was reported.
        while seen.insert(name) {
            way.push(name);
            match links.get(name) {
                Some(link) => name = link.to,
                None => break,
            }
        }
        if let Some(start) = way.iter().position(|walked| *walked == name && links.contains_key(name)) {
            report(way.get(start..).unwrap_or_default(), links);
        }
    }
}

fn report(cycle: &[&str], links: &Links<'_>) {
    let Some((first, others)) = cycle.split_first() else { return };
    let Some(link) = links.get(first) else { return };
    let message = match others {
        [] => format!("job `{first}` cannot come after itself"),
        _ => {
            let steps: Vec<String> = cycle.iter().map(|name| format!("`{name}`")).collect();
            format!("these jobs come after each other in a circle: {}, `{first}`", steps.join(", "))
        }
    };
    let mut draft = link.at.error("cycle", message).help("none of them would ever run: take `after` out of one");
    if others.is_empty() {
        draft = draft.help("it would never run: leave `after` out, or name another job");
    }
    for other in others.iter().filter_map(|name| links.get(name)) {
        draft = draft.related(other.at.as_related("and here"));
    }
    draft.report();
}
