//! A glob → the files that an upload is made for, each with its fingerprint.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Weak};

use glob::{MatchOptions, Pattern};
use sha2::{Digest, Sha256};
use walkdir::WalkDir;

use super::failure::Failure;
use crate::filter::Json;
use crate::run::Kind;

/// Bytes of a file that are in memory at once.
pub(super) const CHUNK: usize = 1 << 16;

/// As shells match: `*` stays within a folder and finds no hidden files, which are seldom meant.
const LIKE_A_SHELL: MatchOptions =
    MatchOptions { case_sensitive: true, require_literal_separator: true, require_literal_leading_dot: true };

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
/// `folder`, or whole; without `**` it looks no deeper than it has parts. Files are looked for and read off
/// the async threads; that ends soon after the last one waiting for it has gone.
///
/// # Errors
/// [`Kind::Upload`], with the file that could not be read.
pub(super) async fn files(folder: &Path, glob: &str) -> Result<Vec<UploadFile>, Failure> {
    let waiting = Arc::new(());
    let (folder, glob, waited_for) = (folder.to_owned(), glob.to_owned(), Arc::downgrade(&waiting));
    let found = tokio::task::spawn_blocking(move || {
        find(&folder, &glob, &waited_for)?.into_iter().map(|(key, path)| look_at(key, path, &waited_for)).collect()
    });
    let found = found.await;
    drop(waiting);
    found.unwrap_or_else(|_| Err(Failure::new(Kind::Panic, "looking for files ended in a fault; please report it")))
}

/// A fingerprint as it is kept.
pub(super) fn in_hex(digest: Sha256) -> String {
    digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The paths of regular files by their keys.
fn find(folder: &Path, glob: &str, waited_for: &Weak<()>) -> Result<BTreeMap<String, PathBuf>, Failure> {
    let (base, wanted) = parted(folder, glob);
    let pattern = Pattern::new(&wanted.to_string_lossy())
        .map_err(|error| Failure::new(Kind::Upload, format!("`{glob}` is not a glob: {}", error.msg)))?;
    let deepest = if glob.contains("**") { usize::MAX } else { wanted.components().count() };
    // A name that is no text has to match too, or its file would be passed over in silence.
    let is_wanted = |path: &Path| {
        path != base
            && path.strip_prefix(&base).is_ok_and(|below| pattern.matches_with(&below.to_string_lossy(), LIKE_A_SHELL))
    };
    let mut found = BTreeMap::new();
    for seen in WalkDir::new(&base).follow_links(true).min_depth(1).max_depth(deepest) {
        if waited_for.strong_count() == 0 {
            return Err(Failure::new(Kind::Stopped, "nobody waits for the files any more"));
        }
        match seen {
            Ok(seen) if seen.file_type().is_file() && is_wanted(seen.path()) => {
                found.insert(key(folder, seen.path())?, seen.into_path());
            }
            Ok(_) => {}
            Err(error) if is_nothing(&error, is_wanted) => {}
            Err(error) => return Err(unseen(folder, error)),
        }
    }
    if found.is_empty() && !glob.contains(['?', '*', '[']) {
        return Err(Failure::new(Kind::Upload, format!("there is no file `{glob}`")));
    }
    Ok(found)
}

/// Where to look, and what is wanted below that.
fn parted(folder: &Path, glob: &str) -> (PathBuf, PathBuf) {
    let parts: Vec<Component<'_>> = Path::new(glob).components().collect();
    let is_plain = |part: &&Component<'_>| !part.as_os_str().to_string_lossy().contains(['?', '*', '[']);
    let plain = parts.iter().take_while(is_plain).count().min(parts.len().saturating_sub(1));
    let (above, below) = parts.split_at(plain);
    (folder.join(above.iter().collect::<PathBuf>()), below.iter().collect())
}

/// Whether what could not be looked at is no loss: a link back to where the walk came from, or a path that
/// leads nowhere, or round in a circle, and is not wanted.
fn is_nothing(error: &walkdir::Error, is_wanted: impl Fn(&Path) -> bool) -> bool {
    let leads_nowhere = error.io_error().is_some_and(|error| error.kind() == io::ErrorKind::NotFound);
    let is_link = error.path().is_some_and(Path::is_symlink);
    error.loop_ancestor().is_some() || ((leads_nowhere || is_link) && !error.path().is_some_and(is_wanted))
}

fn unseen(folder: &Path, error: walkdir::Error) -> Failure {
    let path = error.path().unwrap_or(folder);
    let path = path.strip_prefix(folder).unwrap_or(path).display().to_string();
    unreadable(&path, &error.into())
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
