//! Files: those that were uploaded, and some that every dataset has from the start.

mod shelf;
mod uploads;
mod walk;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::datasets::Datasets;
use super::reply::Problem;
use super::visit::Visit;

pub(super) use self::uploads::Uploads;

/// What becomes of files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FileKnobs {
    /// An uploaded file is done at this `GET /v1/files/{id}`: it is `uploading` when it was sent, then `uploaded`,
    /// `processing`, `ready`. With 0 it is done at once. Lists do not count as looks.
    pub looks: u64,
    /// Or it is done after so many seconds of the stand-in's clock, however often one looks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seconds: Option<u64>,
    /// Files with one of these in their name end as `failed`.
    pub fail: Vec<String>,
    /// Files with one of these in their name are refused with 422 when they are sent.
    pub refuse: Vec<String>,
    /// How many files each dataset has from the start; absent: none to three.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_dataset: Option<u64>,
}

impl Default for FileKnobs {
    fn default() -> FileKnobs {
        FileKnobs { looks: 3, seconds: None, fail: Vec::new(), refuse: Vec::new(), per_dataset: None }
    }
}

/// All files, as a request sees them.
#[derive(Debug)]
pub(super) struct Files<'a> {
    pub(super) uploads: &'a Uploads,
    pub(super) datasets: Datasets,
    pub(super) knobs: &'a FileKnobs,
}

impl Files<'_> {
    /// The files that a request asks for with `resourceType`, `resourceId` and `statusFilter`. Without `resourceId`:
    /// what was uploaded, and the files of the first hundred datasets.
    pub(super) fn list(&self, visit: &Visit) -> Vec<Value> {
        let wanted = Wanted {
            resource_type: visit.param("resourceType"),
            resource_id: visit.param("resourceId"),
            status: visit.param("statusFilter"),
        };
        let mut files = self.uploads.list(self.knobs, visit.at);
        if wanted.resource_type.as_deref().is_none_or(|kind| kind == "dataset") {
            files.extend(shelf::list(&self.datasets, self.knobs, wanted.resource_id.as_deref()));
        }
        files.retain(|file| wanted.fits(file));
        files
    }

    /// One file. Of an uploaded one this counts as a look.
    pub(super) fn get(&self, id: &str, visit: &Visit) -> Result<Value, Problem> {
        let found = self.uploads.look(id, self.knobs, visit.at).or_else(|| shelf::get(&self.datasets, self.knobs, id));
        found.ok_or_else(|| Problem::new(404, format!("File {id} not found.")))
    }

    /// Takes an uploaded file in.
    pub(super) fn upload(&self, visit: &Visit) -> Result<Value, Problem> {
        self.uploads.take(visit, &self.datasets, self.knobs)
    }
}

struct Wanted {
    resource_type: Option<String>,
    resource_id: Option<String>,
    status: Option<String>,
}

impl Wanted {
    fn fits(&self, file: &Value) -> bool {
        let fits = |wanted: &Option<String>, found: &Value| wanted.as_deref().is_none_or(|wanted| found == wanted);
        let resource = &file["associations"][0];
        fits(&self.status, &file["status"])
            && fits(&self.resource_type, &resource["resourceType"])
            && fits(&self.resource_id, &resource["resourceId"])
    }
}
