//! Where a job file says what token endpoints are asked with, for problems that only they can tell of.

use std::collections::BTreeMap;

use super::place::{At, place};
use super::problem::{Place, Problem, Severity};
use super::sheet::Sheet;
use crate::job::Jobs;
use crate::run::Name;

/// Where a job file says what token endpoints are asked with.
#[derive(Clone, Debug)]
pub struct Places {
    file: Place,
    scopes: BTreeMap<Name, Place>,
    credentials: BTreeMap<Name, Place>,
}

impl Places {
    pub(in crate::config) fn of(sheets: &[Sheet<'_>], jobs: &Jobs) -> Places {
        let start = |sheet: &Sheet<'_>| place(&sheet.parsed, 0..0, "");
        let nowhere = || Place { file: jobs.file.clone(), line: 1, column: 1, span: 0..0, label: String::new() };
        let file = sheets.first().map_or_else(nowhere, start);
        let mut places = Places { file, scopes: BTreeMap::new(), credentials: BTreeMap::new() };
        for sheet in sheets {
            let at = sheet.at().key("jobs");
            for name in jobs.jobs.keys().filter(|name| at.has(name.as_str())) {
                places.scopes.insert(name.clone(), scopes_of(&at.key(name.as_str())));
            }
            let at = sheet.at().key("credentials");
            for name in jobs.credentials.keys().filter(|name| at.has(name.as_str())) {
                places.credentials.insert(name.clone(), at.key(name.as_str()).as_related(""));
            }
        }
        places
    }

    /// The `scopes` of a job; the job itself where it has none. The beginning of the file for an unknown one.
    pub fn scopes(&self, job: &Name) -> &Place {
        self.scopes.get(job).unwrap_or(&self.file)
    }

    /// A credential. The beginning of the file for an unknown one.
    pub fn credential(&self, name: &Name) -> &Place {
        self.credentials.get(name).unwrap_or(&self.file)
    }
}

fn scopes_of(job: &At<'_>) -> Place {
    if job.has("scopes") {
        let scopes = job.key("scopes");
        return place(scopes.file(), scopes.value_span(), "");
    }
    job.as_related("")
}

impl Problem {
    /// A problem that was found outside the file, at a place in it.
    pub fn at(place: &Place, severity: Severity, code: &'static str, message: String) -> Problem {
        Problem {
            severity,
            code,
            file: place.file.clone(),
            line: place.line,
            column: place.column,
            span: Some(place.span.clone()),
            message,
            label: None,
            help: None,
            related: Vec::new(),
        }
    }
}
