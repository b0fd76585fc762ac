use std::fs;
use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::call::failure::Failure;
use crate::call::files::{self, UploadFile};
use crate::call::{Forgetful, Ledger};
use crate::run::Kind;

fn folder_with(names: &[&str]) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for name in names {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, name).expect("a file");
    }
    folder
}

pub(super) async fn files(folder: &Path, glob: &str) -> Result<Vec<UploadFile>, Failure> {
    let ledger: Arc<dyn Ledger> = Arc::new(Forgetful);
    files::files(&ledger, folder, glob).await
}

async fn keys(folder: &Path, glob: &str) -> Vec<String> {
    files(folder, glob).await.expect(glob).into_iter().map(|file| file.key).collect()
}

async fn reason(folder: &Path, glob: &str) -> String {
    let failure = files(folder, glob).await.expect_err(glob);
    assert_eq!(failure.kind, Kind::Upload);
    failure.reason
}

#[tokio::test]
async fn the_files_of_a_glob_come_in_the_order_of_their_paths_below_the_folder() {
    let folder = folder_with(&["b.csv", "a.csv", "in/b.csv", "in/a/z.csv", "a.txt", ".hidden.csv", "in-2.csv"]);
    for (glob, expected) in [
        ("*.csv", vec!["a.csv", "b.csv", "in-2.csv"]),
        ("./*.txt", vec!["a.txt"]),
        ("in/*", vec!["in/b.csv"]),
        ("**/*.csv", vec!["a.csv", "b.csv", "in-2.csv", "in/a/z.csv", "in/b.csv"]),
        ("[ab].???", vec!["a.csv", "a.txt", "b.csv"]),
        ("none/*", vec![]),
        ("a.csv", vec!["a.csv"]),
        (".h*", vec![".hidden.csv"]),
        ("*/*/*", vec!["in/a/z.csv"]),
        ("in/../b.csv", vec!["in/../b.csv"]),
    ] {
        assert_eq!(keys(folder.path(), glob).await, expected, "{glob}");
    }
    assert_eq!(keys(&folder.path().join("in"), "../?.txt").await, ["../a.txt"]);
    let whole = folder.path().join("in/*.csv");
    assert_eq!(keys(folder.path(), whole.to_str().expect("UTF-8")).await, ["in/b.csv"]);
    let elsewhere = keys(&folder.path().join("in/a"), whole.to_str().expect("UTF-8")).await;
    assert_eq!(elsewhere, [folder.path().join("in/b.csv").to_str().expect("UTF-8")]);
}

#[tokio::test]
async fn a_file_has_its_length_and_fingerprint() {
    let folder = folder_with(&[]);
    fs::create_dir(folder.path().join("x [1]")).expect("a folder");
    fs::write(folder.path().join("x [1]/a\"b.bin"), "abc").expect("a file");
    fs::write(folder.path().join("x [1]/large.bin"), vec![0; 200_000]).expect("a file");
    let found = files(&folder.path().join("x [1]"), "*.bin").await.expect("files");
    // FIPS 180-2, appendix B.1.
    let sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad".to_owned();
    let expected = json!({"path": "a\"b.bin", "name": "a\"b.bin", "bytes": 3, "sha256": sha256.clone()});
    assert_eq!(Value::from(&found[0].as_json()), expected);
    let path = folder.path().join("x [1]/a\"b.bin");
    let (key, name) = ("a\"b.bin".to_owned(), "a\"b.bin".to_owned());
    assert_eq!(found[0], UploadFile { path, key, name, bytes: 3, sha256 });
    // As `head -c 200000 /dev/zero | sha256sum` says.
    assert_eq!((found[1].bytes, found[1].sha256.as_str()), (200_000, LARGE));
}

const LARGE: &str = "4cbbd9be0cba685835755f827758705db5a413c5494c34262cd25946a73e7582";

#[tokio::test]
async fn a_glob_that_is_none_is_named() {
    let folder = folder_with(&[]);
    let reason = reason(folder.path(), "in/[a").await;
    assert!(reason.starts_with("`in/[a` is not a glob: "), "{reason}");
}

#[cfg(unix)]
mod on_unix {
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::symlink;

    use super::*;

    #[tokio::test]
    async fn a_link_to_a_file_is_one_and_what_is_no_file_is_none() {
        let folder = folder_with(&["a.csv", "folder.csv/x"]);
        symlink("a.csv", folder.path().join("link.csv")).expect("a link");
        symlink("folder.csv", folder.path().join("link-to-folder.csv")).expect("a link");
        symlink("gone", folder.path().join("nobody-wants-me")).expect("a link");
        let _socket = std::os::unix::net::UnixListener::bind(folder.path().join("socket.csv")).expect("a socket");
        let found = files(folder.path(), "*.csv").await.expect("files");
        assert_eq!(found.iter().map(|file| file.key.as_str()).collect::<Vec<_>>(), ["a.csv", "link.csv"]);
        assert_eq!(found[0].sha256, found[1].sha256);
        assert_eq!(keys(folder.path(), "*/x").await, ["folder.csv/x", "link-to-folder.csv/x"]);
        symlink("..", folder.path().join("folder.csv/back")).expect("a link");
        assert_eq!(keys(folder.path(), "**/a.csv").await, ["a.csv"]);
    }

    #[tokio::test]
    async fn a_file_that_cannot_be_read_is_named() {
        let folder = folder_with(&["b.csv"]);
        symlink("gone", folder.path().join("a.csv")).expect("a link");
        let told = reason(folder.path(), "*.csv").await;
        assert!(told.starts_with("could not read `a.csv`, which is to be uploaded: "), "{told}");
    }

    #[tokio::test]
    async fn a_name_that_is_no_text_is_named() {
        let folder = folder_with(&[]);
        fs::write(folder.path().join(std::ffi::OsStr::from_bytes(b"a\xff.csv")), "a").expect("a file");
        let told = reason(folder.path(), "*.csv").await;
        assert!(told.contains(".csv` is not UTF-8; rename it"), "{told}");
    }
}
