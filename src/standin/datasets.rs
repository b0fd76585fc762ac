//! Datasets and their snapshots, with replay by `Idempotency-Key`.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use chrono::TimeDelta;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::reply::Problem;
use super::usage::iso;
use super::visit::{IDEMPOTENCY_KEY, Visit};
use crate::clock::Time;

/// Keys remembered for replay.
const KEYS_KEPT: usize = 10_000;
/// Snapshots listed of each dataset.
const SNAPSHOTS_KEPT: usize = 1_000;
const NOTES_MAX: usize = 2_000;

/// The datasets that every stand-in has: id, name, number of files.
const DATASETS: [(&str, &str, u32); 5] = [
    ("ds_demo1", "Handbook", 212),
    ("ds_demo2", "Support answers", 1_480),
    ("ds_demo3", "Price lists", 36),
    ("ds_demo4", "Release notes", 95),
    ("ds_demo5", "Empty shelf", 0),
];

/// All datasets with their snapshots.
#[derive(Debug)]
pub(super) struct Datasets {
    started: Time,
    made: Mutex<Made>,
}

#[derive(Debug, Default)]
struct Made {
    snapshots: HashMap<&'static str, Snapshots>,
    replies: HashMap<String, Remembered>,
    oldest_key_first: VecDeque<String>,
}

#[derive(Debug, Default)]
struct Snapshots {
    version: u64,
    kept: VecDeque<Value>,
}

/// The reply to a request with a key, and what that request said.
#[derive(Debug)]
struct Remembered {
    request: [u8; 32],
    snapshot: Value,
}

/// A snapshot, and whether this request made it.
#[derive(Debug, PartialEq)]
pub(super) enum Snapshot {
    New(Value),
    Replayed(Value),
}

impl Datasets {
    pub(super) fn new(started: Time) -> Datasets {
        Datasets { started, made: Mutex::default() }
    }

    pub(super) fn list(&self) -> Vec<Value> {
        DATASETS.iter().enumerate().map(|(place, dataset)| self.describe(place, dataset)).collect()
    }

    pub(super) fn get(&self, id: &str) -> Result<Value, Problem> {
        let mut datasets = DATASETS.iter().enumerate();
        let (place, dataset) = datasets.find(|(_, dataset)| dataset.0 == id).ok_or_else(|| unknown(id))?;
        Ok(self.describe(place, dataset))
    }

    /// The snapshots of a dataset, newest first.
    pub(super) fn snapshots(&self, id: &str) -> Result<Vec<Value>, Problem> {
        let (id, ..) = find(id)?;
        let made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(made.snapshots.get(id).map(|snapshots| snapshots.kept.iter().rev().cloned().collect()).unwrap_or_default())
    }

    /// Makes a snapshot, or finds the one that the same request with the same key made before.
    pub(super) fn snapshot(&self, id: &str, visit: &Visit) -> Result<Snapshot, Problem> {
        let (id, _, files) = find(id)?;
        check_notes(&visit.body)?;
        let request = fingerprint(visit);
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(key) = visit.header(IDEMPOTENCY_KEY) else {
            return Ok(Snapshot::New(made.add(id, files, visit.at)));
        };
        match made.replies.get(key) {
            Some(before) if before.request == request => Ok(Snapshot::Replayed(before.snapshot.clone())),
            Some(_) => Err(Problem::new(422, "Idempotency-Key was used before with another request.")),
            None => {
                let snapshot = made.add(id, files, visit.at);
                made.remember(key, Remembered { request, snapshot: snapshot.clone() });
                Ok(Snapshot::New(snapshot))
            }
        }
    }

    fn describe(&self, place: usize, (id, name, _): &(&str, &str, u32)) -> Value {
        let age = TimeDelta::days(i64::try_from(place).unwrap_or(0) + 1);
        let before = |by: TimeDelta| iso(self.started.checked_sub_signed(by).unwrap_or(self.started));
        json!({
            "id": id,
            "name": name,
            "description": null,
            "createdAt": before(age * 30),
            "updatedAt": before(age),
        })
    }
}

impl Made {
    fn add(&mut self, dataset: &'static str, files: u32, at: Time) -> Value {
        let snapshots = self.snapshots.entry(dataset).or_default();
        snapshots.version += 1;
        let snapshot = json!({
            "id": format!("snap_{dataset}_{}", snapshots.version),
            "datasetId": dataset,
            "version": snapshots.version,
            "recordCount": files,
            "status": "active",
            "createdAt": iso(at),
        });
        if snapshots.kept.len() == SNAPSHOTS_KEPT {
            snapshots.kept.pop_front();
        }
        snapshots.kept.push_back(snapshot.clone());
        snapshot
    }

    fn remember(&mut self, key: &str, reply: Remembered) {
        if self.oldest_key_first.len() == KEYS_KEPT
            && let Some(oldest) = self.oldest_key_first.pop_front()
        {
            self.replies.remove(&oldest);
        }
        self.oldest_key_first.push_back(key.to_owned());
        self.replies.insert(key.to_owned(), reply);
    }
}

fn find(id: &str) -> Result<(&'static str, &'static str, u32), Problem> {
    DATASETS.into_iter().find(|dataset| dataset.0 == id).ok_or_else(|| unknown(id))
}

fn unknown(id: &str) -> Problem {
    Problem::new(404, format!("Dataset {id} not found."))
}

/// What makes two requests the same: where they go and what they say.
fn fingerprint(visit: &Visit) -> [u8; 32] {
    let digest = Sha256::new().chain_update(visit.uri.path()).chain_update([0]).chain_update(&visit.body);
    digest.finalize().into()
}

/// The body may be absent; else it is an object, perhaps with `notes`.
fn check_notes(body: &[u8]) -> Result<(), Problem> {
    if body.is_empty() {
        return Ok(());
    }
    let Ok(Value::Object(members)) = serde_json::from_slice(body) else {
        return Err(Problem::invalid(["body", ""], "Input should be a JSON object"));
    };
    match members.get("notes") {
        None | Some(Value::Null) => Ok(()),
        Some(Value::String(notes)) if notes.chars().count() <= NOTES_MAX => Ok(()),
        Some(_) => Err(Problem::invalid(["body", "notes"], "Input should be a string with at most 2000 characters")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::standin::visit;

    const PATH: &str = "/v1/datasets/ds_demo1/snapshots";

    fn post(key: Option<&str>, body: &'static str) -> Visit {
        let mut visit = visit::example("POST", PATH);
        if let Some(key) = key {
            visit.headers.insert(IDEMPOTENCY_KEY, key.parse().expect("a header"));
        }
        visit.body = body.into();
        visit
    }

    fn datasets() -> Datasets {
        Datasets::new("2026-11-24T12:00:00Z".parse().expect("a time"))
    }

    #[test]
    fn the_same_request_with_the_same_key_makes_one_snapshot() {
        let datasets = datasets();
        let Ok(Snapshot::New(first)) = datasets.snapshot("ds_demo1", &post(Some("k"), "{}")) else {
            panic!("the first is new");
        };
        assert_eq!(datasets.snapshot("ds_demo1", &post(Some("k"), "{}")), Ok(Snapshot::Replayed(first.clone())));
        assert_eq!(datasets.snapshots("ds_demo1").expect("a list"), [first]);
    }

    #[test]
    fn a_key_with_another_request_is_refused() {
        let datasets = datasets();
        datasets.snapshot("ds_demo1", &post(Some("k"), "{}")).expect("made");
        let problem = datasets.snapshot("ds_demo1", &post(Some("k"), r#"{"notes":"n"}"#)).expect_err("refused");
        assert_eq!(problem.status, 422);
    }

    #[test]
    fn versions_count_up_in_each_dataset() {
        let datasets = datasets();
        for id in ["ds_demo1", "ds_demo1", "ds_demo2"] {
            datasets.snapshot(id, &post(None, "")).expect("made");
        }
        let versions = |id| -> Vec<u64> {
            datasets.snapshots(id).expect("a list").iter().filter_map(|one| one["version"].as_u64()).collect()
        };
        assert_eq!((versions("ds_demo1"), versions("ds_demo2")), (vec![2, 1], vec![1]));
    }

    #[test]
    fn what_cannot_be_is_refused_and_makes_nothing() {
        let datasets = datasets();
        assert_eq!(datasets.snapshot("ds_none", &post(None, "")).expect_err("unknown").status, 404);
        for body in ["[]", "{", r#"{"notes":7}"#] {
            assert_eq!(datasets.snapshot("ds_demo1", &post(None, body)).expect_err(body).status, 422);
        }
        assert!(datasets.snapshots("ds_demo1").expect("a list").is_empty());
    }

    #[test]
    fn only_the_newest_keys_are_remembered() {
        let datasets = datasets();
        for n in 0..=KEYS_KEPT {
            datasets.snapshot("ds_demo1", &post(Some(&n.to_string()), "{}")).expect("made");
        }
        assert!(matches!(datasets.snapshot("ds_demo1", &post(Some("1"), "{}")), Ok(Snapshot::Replayed(_))));
        assert!(matches!(datasets.snapshot("ds_demo1", &post(Some("0"), "{}")), Ok(Snapshot::New(_))));
        assert_eq!(datasets.snapshots("ds_demo1").expect("a list").len(), SNAPSHOTS_KEPT);
    }
}
