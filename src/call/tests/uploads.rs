use std::fs;
use std::path::Path;
use std::time::Duration;

use futures_util::StreamExt;
use tempfile::TempDir;

use super::files::files;
use super::kit::{Kit, post, template, usage};
use crate::call::failure::Failure;
use crate::call::files::UploadFile;
use crate::call::judge::Judged;
use crate::call::request::Prepared;
use crate::call::send::send;
use crate::filter::Json;
use crate::job::{Body, Header, HeaderText};
use crate::run::Kind;
use crate::token::testing::{Server, answer};

/// An upload of the one file in a folder.
struct Scene {
    api: Server,
    kit: Kit,
    folder: TempDir,
    file: UploadFile,
}

impl Scene {
    async fn new(api: Server, name: &str, bytes: &[u8]) -> Scene {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join(name), bytes).expect("a file");
        let file = files(folder.path(), "*").await.expect("files").remove(0);
        let mut kit = Kit::new(&api.url).await;
        kit.variables.each = Some(file.as_json());
        kit.variables.calls = Some(Json::string("two\nlines"));
        kit.call = post("/files");
        let fields = vec![("note".to_owned(), template("{{ $calls }}")), ("kind".to_owned(), template("csv"))];
        kit.call.body = Some(Body::Upload { field: "file".to_owned(), fields });
        Scene { api, kit, folder, file }
    }

    fn path(&self) -> &Path {
        &self.file.path
    }

    async fn prepared(&self) -> Prepared {
        let making = self.kit.making(Some(&self.file.key));
        Prepared::new(&self.kit.call, &making, Some(&self.file)).await.expect("a request")
    }

    async fn attempt(&self, prepared: &Prepared) -> Result<Judged, Failure> {
        let request = prepared.to(&prepared.url, None).await?;
        let (http, clock) = (&self.kit.caller.http, crate::clock::Clock::system());
        let answer = send(http, &clock, request, Duration::from_secs(60), 1 << 20).await;
        Ok(Judged::new(answer, &self.kit.call.expect, prepared.repeatable(), "api"))
    }
}

/// What went wrong, before or while it was sent.
fn failure(judged: Result<Judged, Failure>) -> Failure {
    match judged {
        Err(failure) | Ok(Judged::Failed(failure)) => failure,
        Ok(other) => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn every_attempt_sends_the_same_bytes_the_fields_first_and_the_file_last() {
    let api = Server::answering(|n, _| if n < 3 { answer(503, &[], "") } else { usage() }).await;
    let bytes: Vec<u8> = (0..=255).cycle().take(200_000).collect();
    let scene = Scene::new(api, "a \"b\".csv", &bytes).await;
    let prepared = scene.prepared().await;
    for attempt in 1..=3 {
        let judged = scene.attempt(&prepared).await.expect("a file");
        assert_eq!(matches!(judged, Judged::Accepted(_)), attempt == 3, "{judged:?}");
    }
    let seen = scene.api.seen();
    let content_type = seen[0].header("content-type").expect("a content type");
    let boundary = content_type.strip_prefix("multipart/form-data; boundary=").expect("a boundary");
    let head = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\ntwo\nlines\r\n\
         --{boundary}\r\nContent-Disposition: form-data; name=\"kind\"\r\n\r\ncsv\r\n\
         --{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a %22b%22.csv\"\r\n\
         Content-Type: text/csv\r\n\r\n"
    );
    let expected = [head.as_bytes(), &bytes, format!("\r\n--{boundary}--\r\n").as_bytes()].concat();
    assert_eq!(seen.len(), 3);
    for seen in &seen {
        assert!(seen.raw == expected, "{}", seen.body);
        assert_eq!(seen.header("content-type"), Some(content_type));
        assert_eq!(seen.header("content-length"), Some(expected.len().to_string().as_str()));
        assert_eq!(seen.header("transfer-encoding"), None);
        assert_eq!(seen.header("idempotency-key"), prepared.idempotency_key.as_deref());
    }
    let (repeat, _) = (scene.prepared().await, scene.folder);
    assert_eq!(repeat.idempotency_key, prepared.idempotency_key);
}

#[tokio::test]
async fn a_large_file_is_never_in_memory_as_a_whole() {
    let scene = Scene::new(Server::answering(|_, _| usage()).await, "large.bin", b"").await;
    let large = fs::File::create(scene.folder.path().join("larger.bin")).expect("a file");
    large.set_len(8 << 20).expect("a sparse file");
    let file = files(scene.folder.path(), "larger.bin").await.expect("files").remove(0);
    let making = scene.kit.making(Some(&file.key));
    let prepared = Prepared::new(&scene.kit.call, &making, Some(&file)).await.expect("a request");
    let mut request = prepared.to(&prepared.url, None).await.expect("a file");
    let length = request.headers()["content-length"].to_str().expect("text").parse::<usize>().expect("a number");
    let body = request.body_mut().take().expect("a body");
    let mut chunks = axum::body::Body::new(body).into_data_stream();
    let mut sent = 0;
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.expect("a chunk").len();
        assert!(chunk <= 1 << 16, "{chunk}");
        sent += chunk;
    }
    assert!(sent == length && sent > 8 << 20, "{sent} of {length}");
}

#[tokio::test]
async fn an_empty_file_is_a_file() {
    let scene = Scene::new(Server::answering(|_, _| usage()).await, "none.txt", b"").await;
    scene.attempt(&scene.prepared().await).await.expect("a file");
    assert!(scene.api.seen()[0].body.contains("Content-Type: text/plain\r\n\r\n\r\n--"));
}

#[tokio::test]
async fn a_content_type_of_the_job_file_does_not_hide_the_boundary() {
    let mut scene = Scene::new(Server::answering(|_, _| usage()).await, "a.csv", b"1").await;
    let value = HeaderText::Template(template("multipart/form-data"));
    scene.kit.call.headers = vec![Header { name: "Content-Type".to_owned(), value }];
    scene.attempt(&scene.prepared().await).await.expect("a file");
    let seen = scene.api.seen().remove(0);
    assert!(seen.header("content-type").is_some_and(|found| found.contains("; boundary=")), "{:?}", seen.headers);
    assert_eq!(seen.headers.iter().filter(|(name, _)| name == "content-type").count(), 1);
}

#[tokio::test]
async fn a_file_of_another_length_than_it_was_found_with_is_not_sent() {
    let scene = Scene::new(Server::answering(|_, _| usage()).await, "a.csv", b"123").await;
    let prepared = scene.prepared().await;
    for bytes in ["12", "1234"] {
        fs::write(scene.path(), bytes).expect("a file");
        let failure = failure(scene.attempt(&prepared).await);
        assert_eq!(failure.kind, Kind::Upload);
        assert!(failure.reason.starts_with("`a.csv` changed after it was found"), "{}", failure.reason);
    }
    fs::remove_file(scene.path()).expect("a file");
    let failure = failure(scene.attempt(&prepared).await);
    assert_eq!(failure.kind, Kind::Upload);
    assert!(failure.reason.starts_with("could not read `a.csv`, which is to be uploaded: "), "{}", failure.reason);
    assert_eq!(scene.api.seen().len(), 0);
}

#[tokio::test]
async fn a_file_with_other_bytes_than_it_was_found_with_never_arrives_whole_and_is_not_tried_again() {
    let scene = Scene::new(Server::answering(|_, _| usage()).await, "a.csv", &[1; 300_000]).await;
    let prepared = scene.prepared().await;
    fs::write(scene.path(), [2; 300_000]).expect("a file");
    let failure = failure(scene.attempt(&prepared).await);
    assert_eq!(failure.kind, Kind::Upload);
    assert!(failure.reason.starts_with("`a.csv` changed after it was found"), "{}", failure.reason);
    assert_eq!(scene.api.seen().len(), 0);
}

#[tokio::test]
async fn a_file_that_changed_since_the_last_run_has_another_key() {
    let mut scene = Scene::new(Server::answering(|_, _| usage()).await, "a.csv", b"1").await;
    let former = scene.prepared().await.idempotency_key.expect("a key");
    fs::write(scene.path(), "2").expect("a file");
    scene.file = files(scene.folder.path(), "*").await.expect("files").remove(0);
    assert_ne!(scene.prepared().await.idempotency_key.expect("a key"), former);
}
