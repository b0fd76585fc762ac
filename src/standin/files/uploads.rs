//! Files that were uploaded. Their contents are not kept.

use std::collections::{HashMap, VecDeque};
use std::fmt::Write;
use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::FileKnobs;
use super::walk::Walk;
use crate::clock::{self, Time};
use crate::standin::datasets::Datasets;
use crate::standin::form::{Form, Sent};
use crate::standin::reply::Problem;
use crate::standin::usage::iso;
use crate::standin::visit::Visit;

/// Uploaded files that are known; after that the oldest are forgotten.
const UPLOADS_KEPT: usize = 100_000;
/// Characters of a file's name.
const NAME_MAX: usize = 255;

/// What was uploaded, oldest first.
#[derive(Debug, Default)]
pub(in crate::standin) struct Uploads(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    /// How many there ever were.
    count: u64,
    oldest_first: VecDeque<Upload>,
    /// How many of those that are kept have this content.
    contents: HashMap<String, u64>,
}

#[derive(Debug)]
struct Upload {
    number: u64,
    name: String,
    content_type: String,
    size: usize,
    sha256: String,
    standing: Standing,
    resource: Option<(String, String)>,
    at: Time,
    looks: u64,
    /// When it was last looked at while it was under way.
    looked_at: Time,
}

/// Whether its content was there before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    First,
    Duplicate,
}

impl Uploads {
    /// Takes the file of a form in.
    pub(super) fn take(&self, visit: &Visit, datasets: &Datasets, knobs: &FileKnobs) -> Result<Value, Problem> {
        let form = visit.form.as_ref();
        let form = form.ok_or_else(|| Problem::invalid(["body", ""], "Input should be multipart/form-data"))?;
        let sent = form.file("file").ok_or_else(|| Problem::invalid(["body", "file"], "Field required"))?;
        check_name(&sent.name, knobs)?;
        let resource = resource(form, datasets)?;
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let upload = kept.add(sent, resource, visit.at);
        Ok(upload.describe(knobs, visit.at))
    }

    pub(super) fn list(&self, knobs: &FileKnobs, now: Time) -> Vec<Value> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.oldest_first.iter().map(|upload| upload.describe(knobs, now)).collect()
    }

    /// One file, after one more look at it.
    pub(super) fn look(&self, id: &str, knobs: &FileKnobs, now: Time) -> Option<Value> {
        let number: u64 = id.strip_prefix("file_upload")?.parse().ok()?;
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let oldest = kept.oldest_first.front()?.number;
        let upload = kept.oldest_first.get_mut(usize::try_from(number.checked_sub(oldest)?).ok()?)?;
        if !upload.walk(knobs, now).is_over() {
            upload.looks += 1;
            upload.looked_at = now;
        }
        Some(upload.describe(knobs, now))
    }
}

impl Kept {
    fn add(&mut self, sent: &Sent, resource: Option<(String, String)>, at: Time) -> &Upload {
        if self.oldest_first.len() == UPLOADS_KEPT
            && let Some(oldest) = self.oldest_first.pop_front()
        {
            self.forget(&oldest.sha256);
        }
        self.count += 1;
        let sha256 = sha256(&sent.content);
        let same = self.contents.entry(sha256.clone()).or_default();
        let standing = if *same > 0 { Standing::Duplicate } else { Standing::First };
        *same += 1;
        let upload = Upload {
            number: self.count,
            name: sent.name.clone(),
            content_type: sent.content_type.chars().take(NAME_MAX).collect(),
            size: sent.content.len(),
            sha256,
            standing,
            resource,
            at,
            looks: 0,
            looked_at: at,
        };
        self.oldest_first.push_back_mut(upload)
    }

    fn forget(&mut self, sha256: &str) {
        if let Some(same) = self.contents.get_mut(sha256) {
            *same -= 1;
            if *same == 0 {
                self.contents.remove(sha256);
            }
        }
    }
}

impl Upload {
    fn walk(&self, knobs: &FileKnobs, now: Time) -> Walk {
        Walk::new(knobs, self.looks, u64::try_from((now - self.at).num_seconds()).unwrap_or(0))
    }

    fn describe(&self, knobs: &FileKnobs, now: Time) -> Value {
        let walk = self.walk(knobs, now);
        let fails = contains_any(&self.name, &knobs.fail);
        let error = (fails && walk.is_over()).then(|| format!("The stand-in was told that {} fails.", self.name));
        let over_at = knobs
            .seconds
            .map_or(self.looked_at, |seconds| clock::add(self.at, std::time::Duration::from_secs(seconds)));
        let created = iso(self.at);
        let associations: Vec<Value> = self
            .resource
            .iter()
            .map(|(kind, id)| json!({ "resourceType": kind, "resourceId": id, "createdAt": created }))
            .collect();
        json!({
            "id": format!("file_upload{}", self.number),
            "filename": self.name,
            "contentType": self.content_type,
            "sizeBytes": self.size,
            "sha256": self.sha256,
            "status": walk.status(if fails { "failed" } else { "ready" }),
            "isDuplicate": self.standing == Standing::Duplicate,
            "storageCharged": if self.standing == Standing::Duplicate { 0 } else { self.size },
            "createdAt": created,
            "processedAt": walk.is_over().then(|| iso(over_at)),
            "processingStatus": { "progress": walk.progress(), "error": error },
            "associations": associations,
            "source": "api",
        })
    }
}

/// The SHA-256 of a content, in hexadecimal digits.
pub(super) fn sha256(content: &[u8]) -> String {
    Sha256::digest(content).iter().fold(String::with_capacity(64), |mut text, byte| {
        // Writing to a text does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn check_name(name: &str, knobs: &FileKnobs) -> Result<(), Problem> {
    if name.is_empty() || name.chars().count() > NAME_MAX {
        return Err(Problem::invalid(["body", "file"], "A file's name should have 1 to 255 characters"));
    }
    if contains_any(name, &knobs.refuse) {
        return Err(Problem::invalid(["body", "file"], &format!("The stand-in was told to refuse {name}")));
    }
    Ok(())
}

fn contains_any(name: &str, parts: &[String]) -> bool {
    parts.iter().any(|part| name.contains(part.as_str()))
}

/// What the file is to belong to: its kind and id.
fn resource(form: &Form, datasets: &Datasets) -> Result<Option<(String, String)>, Problem> {
    match (form.field("resource_type"), form.field("resource_id")) {
        (None, None) => Ok(None),
        (Some("dataset"), Some(id)) => {
            datasets.find(id)?;
            Ok(Some(("dataset".to_owned(), id.to_owned())))
        }
        (Some("chat"), Some(id)) => Ok(Some(("chat".to_owned(), id.chars().take(NAME_MAX).collect()))),
        (Some(_), Some(_)) => Err(Problem::invalid(["body", "resource_type"], "Input should be 'chat' or 'dataset'")),
        _ => Err(Problem::invalid(["body", "resource_id"], "resource_type and resource_id go together")),
    }
}

#[cfg(test)]
mod tests;
