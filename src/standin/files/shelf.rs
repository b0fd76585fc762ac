//! The files that datasets have from the start, made up from their places when they are asked for.

use serde_json::{Value, json};

use super::FileKnobs;
use crate::standin::datasets::{self, Datasets, Place};

/// Without a dataset's id the files of so many datasets are listed.
const DATASETS_LISTED: u64 = 100;
/// Files of one dataset at the most, whatever the knob says.
const FILES_MAX: u64 = 10_000;

pub(super) fn list(datasets: &Datasets, knobs: &FileKnobs, dataset: Option<&str>) -> Vec<Value> {
    let places: Vec<Place> = match dataset {
        Some(id) => datasets.find(id).into_iter().collect(),
        None => (0..datasets.len().min(DATASETS_LISTED)).map(|rank| datasets.at(rank)).collect(),
    };
    let files = |place| (0..count(place, knobs)).map(move |n| (place, n));
    places.into_iter().flat_map(files).map(|(place, n)| describe(datasets, place, n)).collect()
}

pub(super) fn get(datasets: &Datasets, knobs: &FileKnobs, file: &str) -> Option<Value> {
    let (dataset, n) = file.strip_prefix("file_")?.rsplit_once('_')?;
    let (place, n) = (datasets.find(dataset).ok()?, n.parse::<u64>().ok()?.checked_sub(1)?);
    let described = (n < count(place, knobs)).then(|| describe(datasets, place, n))?;
    // One file has one spelling.
    (described["id"] == file).then_some(described)
}

fn count(place: Place, knobs: &FileKnobs) -> u64 {
    knobs.per_dataset.unwrap_or(place.0 % 4).min(FILES_MAX)
}

fn describe(datasets: &Datasets, place: Place, n: u64) -> Value {
    let dataset = datasets::id(place);
    let id = format!("file_{dataset}_{}", n.saturating_add(1));
    let created = &datasets.describe(place)["createdAt"];
    let size = 10_000 + place.0.wrapping_add(n) % 90_000;
    let (status, processed, error) = match place.0.wrapping_add(n) % 10 {
        8 => ("processing", &Value::Null, Value::Null),
        9 => ("failed", created, "The file holds no text.".into()),
        _ => ("ready", created, Value::Null),
    };
    json!({
        "id": id,
        "filename": format!("{dataset}-{}.pdf", n.saturating_add(1)),
        "contentType": "application/pdf",
        "sizeBytes": size,
        "sha256": super::uploads::sha256(id.as_bytes()),
        "status": status,
        "isDuplicate": false,
        "storageCharged": size,
        "createdAt": created,
        "processedAt": processed,
        "processingStatus": { "progress": if status == "processing" { 50 } else { 100 }, "error": error },
        "associations": [{ "resourceType": "dataset", "resourceId": dataset, "createdAt": created }],
        "source": "api",
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::standin::DatasetKnobs;

    fn datasets(count: u64) -> Datasets {
        let started = "2026-11-24T12:00:00Z".parse().expect("a time");
        Datasets::new(&DatasetKnobs { count, ..DatasetKnobs::default() }, started)
    }

    #[test]
    fn each_dataset_has_as_many_files_as_the_knob_says_and_each_is_found() {
        let (all, some) = (datasets(1_000_000), FileKnobs { per_dataset: Some(7), ..FileKnobs::default() });
        assert_eq!(list(&all, &some, Some("ds_1000000")).len(), 7);
        for (id, count) in [("ds_demo1", 0), ("ds_demo4", 3), ("ds_0999999", 2), ("ds_none", 0)] {
            let files = list(&all, &FileKnobs::default(), Some(id));
            assert_eq!(files.len(), count, "{id}");
            for file in files {
                let id = file["id"].as_str().expect("an id");
                assert_eq!(get(&all, &FileKnobs::default(), id), Some(file.clone()));
            }
        }
        for id in ["file_ds_demo4_4", "file_ds_demo4_0", "file_ds_demo4_01", "file_ds_none_1", "file_", ""] {
            assert_eq!(get(&all, &FileKnobs::default(), id), None, "{id}");
        }
    }

    #[test]
    fn without_a_dataset_only_the_files_of_the_first_hundred_are_listed() {
        assert_eq!(list(&datasets(1_000_000), &FileKnobs::default(), None).len(), 150);
    }
}
