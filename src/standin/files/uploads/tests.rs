use chrono::TimeDelta;

use super::*;
use crate::standin::{DatasetKnobs, form, visit};

fn now() -> Time {
    "2026-11-24T12:00:00Z".parse().expect("a time")
}

fn knobs() -> FileKnobs {
    FileKnobs { fail: vec!["bad".to_owned()], refuse: vec!["worse".to_owned()], ..FileKnobs::default() }
}

fn post(uploads: &Uploads, name: &str, content: &str, fields: &[(&str, &str)]) -> Result<Value, u16> {
    let mut visit = visit::example("POST", "/v1/files");
    visit.form = Some(form::example(name, content, fields));
    let datasets = Datasets::new(&DatasetKnobs::default(), now());
    uploads.take(&visit, &datasets, &knobs()).map_err(|problem| problem.status)
}

const RESOURCE: [(&str, &str); 2] = [("resource_type", "dataset"), ("resource_id", "ds_demo1")];

#[test]
fn a_file_is_described_as_it_was_sent() {
    let file = post(&Uploads::default(), "a.txt", "abc", &RESOURCE).expect("taken");
    assert_eq!(
        (&file["filename"], &file["sizeBytes"], &file["status"]),
        (&json!("a.txt"), &json!(3), &json!("uploading"))
    );
    assert_eq!(file["sha256"], "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_eq!(file["associations"][0]["resourceId"], "ds_demo1");
}

#[test]
fn each_look_takes_a_file_further_until_it_is_done() {
    let uploads = Uploads::default();
    let id = post(&uploads, "a.txt", "abc", &RESOURCE).expect("taken")["id"].as_str().expect("an id").to_owned();
    let look = |minutes| uploads.look(&id, &knobs(), now() + TimeDelta::minutes(minutes)).expect("found");
    let looks = [1, 2, 3, 4].map(look);
    assert_eq!(looks.each_ref().map(|file| file["status"].clone()), ["uploaded", "processing", "ready", "ready"]);
    assert_eq!(looks[1]["processedAt"], Value::Null);
    assert_eq!(looks[3]["processedAt"], "2026-11-24T12:03:00Z");
    assert_eq!(uploads.list(&knobs(), now())[0]["status"], "ready");
}

#[test]
fn a_list_is_no_look() {
    let uploads = Uploads::default();
    post(&uploads, "a.txt", "abc", &RESOURCE).expect("taken");
    for _ in 0..9 {
        assert_eq!(uploads.list(&knobs(), now())[0]["status"], "uploading");
    }
}

#[test]
fn a_file_that_is_to_fail_says_why_at_its_end() {
    let uploads = Uploads::default();
    let id = post(&uploads, "bad.txt", "abc", &[]).expect("taken")["id"].as_str().expect("an id").to_owned();
    let looks = [1, 2, 3].map(|_| uploads.look(&id, &knobs(), now()).expect("found"));
    assert_eq!(looks[1]["processingStatus"], json!({ "progress": 66, "error": null }));
    assert_eq!(looks[2]["status"], "failed");
    assert_eq!(looks[2]["processingStatus"]["error"], "The stand-in was told that bad.txt fails.");
}

#[test]
fn the_same_content_again_is_a_duplicate_that_costs_nothing() {
    let uploads = Uploads::default();
    let charged = ["abc", "abd", "abc"].map(|content| {
        let file = post(&uploads, "a.txt", content, &[]).expect("taken");
        (file["isDuplicate"].clone(), file["storageCharged"].clone())
    });
    assert_eq!(charged, [(json!(false), json!(3)), (json!(false), json!(3)), (json!(true), json!(0))]);
}

#[test]
fn what_cannot_be_is_refused_and_makes_nothing() {
    let uploads = Uploads::default();
    let long = "x".repeat(NAME_MAX + 1);
    for (name, fields, status) in [
        ("worse.txt", &RESOURCE[..], 422),
        ("", &RESOURCE[..], 422),
        (&long, &RESOURCE[..], 422),
        ("a.txt", &[("resource_type", "dataset"), ("resource_id", "ds_none")][..], 404),
        ("a.txt", &[("resource_type", "shelf"), ("resource_id", "x")][..], 422),
        ("a.txt", &RESOURCE[..1], 422),
        ("a.txt", &RESOURCE[1..], 422),
    ] {
        assert_eq!(post(&uploads, name, "abc", fields), Err(status), "{name} {fields:?}");
    }
    let datasets = Datasets::new(&DatasetKnobs::default(), now());
    let no_form = visit::example("POST", "/v1/files");
    assert_eq!(uploads.take(&no_form, &datasets, &knobs()).expect_err("refused").status, 422);
    assert!(uploads.list(&knobs(), now()).is_empty());
}

#[test]
fn only_the_newest_are_known() {
    let uploads = Uploads::default();
    let (once, sent) = (form::example("a.txt", "once", &[]), form::example("a.txt", "often", &[]));
    let mut kept = uploads.0.lock().expect("a lock");
    for form in std::iter::once(&once).chain(std::iter::repeat_n(&sent, UPLOADS_KEPT)) {
        kept.add(form.file("file").expect("a file"), None, now());
    }
    assert_eq!((kept.oldest_first.len(), kept.contents.len()), (UPLOADS_KEPT, 1));
    drop(kept);
    for (id, known) in
        [("file_upload1", false), ("file_upload2", true), ("file_upload100001", true), ("file_upload100002", false)]
    {
        assert_eq!(uploads.look(id, &knobs(), now()).is_some(), known, "{id}");
    }
}
