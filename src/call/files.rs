//! A glob → the files that an upload is made for, each with its fingerprint.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};

use sha2::{Digest, Sha256};

use super::failure::Failure;
use super::ledger::Ledger;
use crate::files::{Glob, What};
use crate::filter::Json;
use crate::run::Kind;

/// Bytes of a file that are in memory at once.
pub(super) const CHUNK: usize = 1 << 16;

/// A file to upload, as it was when it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct UploadFile {
    /// Where it is on disk.
    pub(super) path: PathBuf,
    /// Its path relative to the folder of the job file, with `/`; its whole path if it is not below it.
    pub(super) key: String,
    /// The last part of its path.
    pub(super) name: String,
    /// How long it was.
    pub(super) bytes: u64,
    /// SHA-256 of its bytes in hexadecimal.
    pub(super) sha256: String,
}

impl UploadFile {
    /// As filters see it.
    pub(super) fn as_json(&self) -> Json {
        Json::object([
            ("path", Json::string(&self.key)),
            ("name", Json::string(&self.name)),
            ("bytes", Json::from(self.bytes)),
            ("sha256", Json::string(&self.sha256)),
        ])
    }
}

/// The regular files that a glob finds, also behind links, sorted by key. The glob is relative to
/// `folder`, or whole; without `**` it looks no deeper than it has parts. Files of the ledger itself are none. Files are
/// looked for and read off the async threads; that ends soon after the last one waiting for it has gone.
///
/// # Errors
/// [`Kind::Upload`], with the file that could not be read.
pub(super) async fn files(ledger: &Arc<dyn Ledger>, folder: &Path, glob: &str) -> Result<Vec<UploadFile>, Failure> {
    let waiting = Arc::new(());
    let (ledger, waited_for) = (Arc::clone(ledger), Arc::downgrade(&waiting));
    let search = Search { ledger, folder: folder.to_owned(), glob: glob.to_owned(), waited_for };
    let found = tokio::task::spawn_blocking(move || {
        search.find()?.into_iter().map(|(key, path)| look_at(key, path, &search.waited_for)).collect()
    });
    let found = found.await;
    drop(waiting);
    found.unwrap_or_else(|_| Err(Failure::new(Kind::Panic, "looking for files ended in a fault; please report it")))
}

/// A fingerprint as it is kept.
pub(super) fn in_hex(digest: Sha256) -> String {
    digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A search for files, which ends when nobody waits for it any more.
struct Search {
    ledger: Arc<dyn Ledger>,
    folder: PathBuf,
    glob: String,
    waited_for: Weak<()>,
}

impl Search {
    /// The paths of regular files by their keys.
    fn find(&self) -> Result<BTreeMap<String, PathBuf>, Failure> {
        let (folder, glob) = (&self.folder, &self.glob);
        let wanted = Glob::new(folder, glob)
            .map_err(|error| Failure::new(Kind::Upload, format!("`{glob}` is not a glob: {}", error.msg)))?;
        let mut files = BTreeMap::new();
        for found in wanted.find(|_| self.waited_for.strong_count() > 0) {
            let found = found.map_err(|unseen| {
                let path = unseen.path.strip_prefix(folder).unwrap_or(&unseen.path).display();
                unreadable(&path, &unseen.source)
            })?;
            if found.what != What::File {
                continue;
            }
            if self.ledger.has_file(&found.path) {
                self.pass_over(&wanted, &found.path)?;
            } else {
                files.insert(key(folder, &found.path)?, found.path);
            }
        }
        if self.waited_for.strong_count() == 0 {
            return Err(Failure::new(Kind::Stopped, "nobody waits for the files any more"));
        }
        if files.is_empty() && !wanted.has_wildcards() {
            return Err(Failure::new(Kind::Upload, format!("there is no file `{glob}`")));
        }
        Ok(files)
    }

    /// A file of the open store is not read. Whoever names it is told; whoever means all that is in a folder does
    /// not mean it.
    fn pass_over(&self, wanted: &Glob, path: &Path) -> Result<(), Failure> {
        if wanted.has_wildcards() {
            tracing::debug!(
                "{} matches `{}`, and is not uploaded: it is a file of the store",
                path.display(),
                self.glob
            );
            return Ok(());
        }
        let glob = &self.glob;
        let reason = format!(
            "`{glob}` is a file of the store that is open, and cannot be uploaded: name a copy that `apicron backup` made"
        );
        Err(Failure::new(Kind::Upload, reason))
    }
}

fn key(folder: &Path, path: &Path) -> Result<String, Failure> {
    let below = text(path.strip_prefix(folder).unwrap_or(path))?;
    Ok(below.replace(std::path::MAIN_SEPARATOR, "/"))
}

fn text(path: &Path) -> Result<&str, Failure> {
    path.to_str().ok_or_else(|| {
        let reason = format!("the name of `{}` is not UTF-8; rename it, or narrow the glob", path.display());
        Failure::new(Kind::Upload, reason)
    })
}

fn look_at(key: String, path: PathBuf, waited_for: &Weak<()>) -> Result<UploadFile, Failure> {
    let (bytes, sha256) = fingerprint(&path, waited_for).map_err(|error| unreadable(&key, &error))?;
    let name = key.rsplit('/').next().unwrap_or(&key).to_owned();
    Ok(UploadFile { path, key, name, bytes, sha256 })
}

/// The length of a file and its fingerprint, in one reading.
fn fingerprint(path: &Path, waited_for: &Weak<()>) -> io::Result<(u64, String)> {
    let mut file = File::open(path)?;
    let (mut digest, mut chunk, mut bytes) = (Sha256::new(), vec![0; CHUNK], 0);
    loop {
        if waited_for.strong_count() == 0 {
            return Err(io::Error::other("nobody waits for it any more"));
        }
        match file.read(&mut chunk) {
            Ok(0) => return Ok((bytes, in_hex(digest))),
            Ok(read) => {
                digest.update(chunk.get(..read).unwrap_or_default());
                bytes += read as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

fn unreadable(file: &impl Display, error: &io::Error) -> Failure {
    Failure::new(Kind::Upload, format!("could not read `{file}`, which is to be uploaded: {error}"))
}
