//! Snapshots of datasets.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};

use super::datasets::{self, Place};
use super::reply::Problem;
use super::usage::iso;
use super::visit::Visit;

/// Snapshots listed, of all datasets together.
const SNAPSHOTS_KEPT: usize = 10_000;
const NOTES_MAX: usize = 2_000;

/// The newest snapshots.
#[derive(Debug, Default)]
pub(super) struct Snapshots(Mutex<Made>);

#[derive(Debug, Default)]
struct Made {
    versions: HashMap<u64, u64>,
    kept: VecDeque<(Place, Value)>,
}

impl Snapshots {
    /// The snapshots of a dataset, newest first.
    pub(super) fn of(&self, dataset: Place) -> Vec<Value> {
        let made = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let newest_first = made.kept.iter().rev();
        newest_first.filter(|(place, _)| *place == dataset).map(|(_, snapshot)| snapshot.clone()).collect()
    }

    pub(super) fn make(&self, dataset: Place, visit: &Visit) -> Result<Value, Problem> {
        check_notes(&visit.body)?;
        let mut made = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let version = made.versions.entry(dataset.0).or_default();
        *version += 1;
        let id = datasets::id(dataset);
        let snapshot = json!({
            "id": format!("snap_{id}_{version}"),
            "datasetId": id,
            "version": *version,
            "recordCount": datasets::records(dataset),
            "status": "active",
            "createdAt": iso(visit.at),
        });
        if made.kept.len() == SNAPSHOTS_KEPT {
            made.kept.pop_front();
        }
        made.kept.push_back((dataset, snapshot.clone()));
        Ok(snapshot)
    }
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

    const ONE: Place = Place(0);
    const OTHER: Place = Place(7);

    fn post(body: &'static str) -> Visit {
        let mut visit = visit::example("POST", "/v1/datasets/ds_demo1/snapshots");
        visit.body = body.into();
        visit
    }

    #[test]
    fn versions_count_up_in_each_dataset() {
        let snapshots = Snapshots::default();
        for dataset in [ONE, ONE, OTHER] {
            snapshots.make(dataset, &post("")).expect("made");
        }
        let versions = |of| -> Vec<u64> { snapshots.of(of).iter().filter_map(|one| one["version"].as_u64()).collect() };
        assert_eq!((versions(ONE), versions(OTHER)), (vec![2, 1], vec![1]));
    }

    #[test]
    fn what_cannot_be_is_refused_and_makes_nothing() {
        let snapshots = Snapshots::default();
        for body in ["[]", "{", r#"{"notes":7}"#] {
            assert_eq!(snapshots.make(ONE, &post(body)).expect_err(body).status, 422);
        }
        assert!(snapshots.of(ONE).is_empty());
    }

    #[test]
    fn only_the_newest_are_kept_and_versions_go_on() {
        let snapshots = Snapshots::default();
        for _ in 0..=SNAPSHOTS_KEPT {
            snapshots.make(ONE, &post("{}")).expect("made");
        }
        let kept = snapshots.of(ONE);
        assert_eq!((kept.len(), &kept[0]["version"]), (SNAPSHOTS_KEPT, &json!(SNAPSHOTS_KEPT + 1)));
    }
}
