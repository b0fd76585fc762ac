//! Where a secret comes from, and reading it there.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{SHORTEST, Secret};

/// The largest file that is read for a secret. A private key takes a few thousand bytes.
const LONGEST: u64 = 1 << 20;

/// Where a secret is kept. Read when used, never stored.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Source {
    /// An environment variable of this process.
    Env(String),
    /// The whole of a file, less one trailing line end.
    File(PathBuf),
    /// One `KEY=value` line of a file.
    EnvFile {
        /// The file.
        path: PathBuf,
        /// The name before the `=`.
        key: String,
    },
}

/// Why a secret could not be read. Names the source, never a value.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The environment variable does not exist, or is empty.
    #[error("environment variable {0} is not set")]
    NotSet(String),
    /// The file does not exist.
    #[error("file {} does not exist", .0.display())]
    NoFile(PathBuf),
    /// The env-file has no line for the key.
    #[error("{key} is not in file {}", path.display())]
    NoKey {
        /// The file.
        path: PathBuf,
        /// What was looked for.
        key: String,
    },
    /// The file, or the key's value in it, is empty.
    #[error("{0} is empty")]
    Empty(Source),
    /// Shorter than eight characters.
    #[error("{0} holds fewer than {SHORTEST} characters, which cannot be a secret")]
    TooShort(Source),
    /// The file cannot be read.
    #[error("could not read {from}")]
    Unreadable {
        /// The source that was asked.
        from: Source,
        /// What the operating system said.
        #[source]
        cause: std::io::Error,
    },
    /// The value is not UTF-8.
    #[error("{0} is not valid UTF-8")]
    NotText(Source),
}

impl SecretError {
    /// Whether there is nothing at all, rather than something that cannot be used.
    pub fn is_absence(&self) -> bool {
        match self {
            SecretError::NotSet(_) | SecretError::NoFile(_) | SecretError::NoKey { .. } | SecretError::Empty(_) => true,
            SecretError::TooShort(_) | SecretError::Unreadable { .. } | SecretError::NotText(_) => false,
        }
    }
}

impl Source {
    /// Reads the secret.
    ///
    /// # Errors
    /// [`SecretError`] when there is none, it is too short to be one, or its file cannot be read.
    pub fn read(&self, environment: &Environment) -> Result<Secret, SecretError> {
        let secret = self.read_text(environment)?;
        if secret.expose().chars().count() < SHORTEST {
            return Err(SecretError::TooShort(self.clone()));
        }
        Ok(secret)
    }

    /// Reads a value that is not secret, such as a client id: any length but empty.
    ///
    /// # Errors
    /// [`SecretError`] when there is none or its file cannot be read.
    pub fn read_text(&self, environment: &Environment) -> Result<Secret, SecretError> {
        let text = match self {
            Source::Env(name) => environment.get(name).ok_or_else(|| SecretError::NotSet(name.clone()))?,
            Source::File(path) => without_line_end(self.read_file(path)?),
            Source::EnvFile { path, key } => value_of(&self.read_file(path)?, key)
                .ok_or_else(|| SecretError::NoKey { path: path.clone(), key: key.clone() })?,
        };
        if text.is_empty() { Err(SecretError::Empty(self.clone())) } else { Ok(Secret::new(text)) }
    }

    fn read_file(&self, path: &Path) -> Result<String, SecretError> {
        let bytes = read_regular(path).map_err(|cause| match cause.kind() {
            std::io::ErrorKind::NotFound => SecretError::NoFile(path.to_owned()),
            _ => SecretError::Unreadable { from: self.clone(), cause },
        })?;
        let text = String::from_utf8(bytes).map_err(|_| SecretError::NotText(self.clone()))?;
        // Some editors put a mark in front, which is no part of what was written.
        Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Env(name) => write!(f, "environment variable {name}"),
            Source::File(path) => write!(f, "file {}", path.display()),
            Source::EnvFile { path, key } => write!(f, "{key} in file {}", path.display()),
        }
    }
}

/// The bytes of a regular file. Looked at before it is opened: opening a pipe waits for someone who writes into it,
/// and a device may never end.
fn read_regular(path: &Path) -> std::io::Result<Vec<u8>> {
    let metadata = std::fs::metadata(path)?;
    if !metadata.is_file() && !metadata.is_dir() {
        return Err(std::io::Error::other("it is a pipe or a device, not a regular file"));
    }
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(LONGEST + 1).read_to_end(&mut bytes)?;
    match bytes.len() as u64 > LONGEST {
        true => Err(std::io::Error::other(format!("it is larger than {} MiB", LONGEST >> 20))),
        false => Ok(bytes),
    }
}

fn without_line_end(mut text: String) -> String {
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    text
}

/// The value of `key` in the lines of an env-file: `KEY=value`, `export KEY="value"`, `# comment`.
/// The last one wins, as in a shell.
fn value_of(text: &str, key: &str) -> Option<String> {
    text.lines()
        .map(str::trim)
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.strip_prefix("export ").map_or(line, str::trim_start))
        .filter_map(|line| line.split_once('='))
        .filter(|(name, _)| name.trim_end() == key)
        .map(|(_, value)| without_quotes(value.trim()).to_owned())
        .next_back()
}

fn without_quotes(value: &str) -> &str {
    ['"', '\''].iter().find_map(|&quote| value.strip_prefix(quote)?.strip_suffix(quote)).unwrap_or(value)
}

/// The environment variables that secrets may come from.
#[derive(Clone, Default)]
pub struct Environment(Option<Arc<BTreeMap<String, String>>>);

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            None => f.write_str("the environment of the process"),
            Some(fixed) => write!(f, "{} variables", fixed.len()),
        }
    }
}

impl Environment {
    /// The environment of this process.
    pub fn process() -> Environment {
        Environment(None)
    }

    /// A fixed set of variables, for the demo and for tests.
    pub fn fixed<N: Into<String>, V: Into<String>>(variables: impl IntoIterator<Item = (N, V)>) -> Environment {
        let variables = variables.into_iter().map(|(name, value)| (name.into(), value.into()));
        Environment(Some(Arc::new(variables.collect())))
    }

    /// The value of one variable; `None` when it is absent, empty or not UTF-8.
    pub fn get(&self, name: &str) -> Option<String> {
        let value = match &self.0 {
            Some(fixed) => fixed.get(name).cloned(),
            None => process_variable(name),
        };
        value.filter(|value| !value.is_empty())
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
fn process_variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment() -> Environment {
        Environment::fixed([("LONG", "correct horse"), ("SHORT", "horse"), ("EMPTY", "")])
    }

    fn env(name: &str) -> Source {
        Source::Env(name.to_owned())
    }

    fn file(text: &str) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("secret");
        std::fs::write(&path, text).expect("a file");
        (folder, path)
    }

    #[test]
    fn an_absent_or_empty_variable_is_named() {
        for name in ["GONE", "EMPTY"] {
            let error = env(name).read(&environment()).expect_err("absent");
            assert!(error.is_absence());
            assert_eq!(error.to_string(), format!("environment variable {name} is not set"));
        }
    }

    fn why(source: &Source) -> String {
        source.read(&environment()).expect_err("no secret").to_string()
    }

    #[test]
    fn a_file_that_does_not_exist_or_is_empty_is_named_as_a_file() {
        let (_folder, path) = file("\n");
        let shown = path.display();
        assert_eq!(why(&Source::File(path.clone())), format!("file {shown} is empty"));
        let gone = path.with_extension("gone");
        let sentence = format!("file {} does not exist", gone.display());
        assert_eq!(why(&Source::File(gone.clone())), sentence);
        assert_eq!(why(&Source::EnvFile { path: gone, key: "KEY".to_owned() }), sentence);
    }

    #[test]
    fn a_key_that_its_env_file_lacks_or_leaves_empty_is_named_with_the_file() {
        let (_folder, path) = file("OTHER=other-value\nEMPTY=\n");
        let shown = path.display().to_string();
        let key = |key: &str| Source::EnvFile { path: path.clone(), key: key.to_owned() };
        assert_eq!(why(&key("KEY")), format!("KEY is not in file {shown}"));
        assert_eq!(why(&key("EMPTY")), format!("EMPTY in file {shown} is empty"));
    }

    #[test]
    fn a_secret_of_fewer_than_eight_characters_is_refused_but_a_client_id_may_be_short() {
        let error = env("SHORT").read(&environment()).expect_err("too short");
        assert!(!error.is_absence());
        assert!(error.to_string().contains("fewer than 8 characters"), "{error}");
        assert_eq!(env("SHORT").read_text(&environment()).expect("an id").expose(), "horse");
    }

    #[test]
    fn a_file_loses_one_trailing_line_end_and_no_more() {
        let (_folder, path) = file("correct horse \r\n");
        assert_eq!(Source::File(path).read(&environment()).expect("a secret").expose(), "correct horse ");
        let (_folder, path) = file("\u{feff}correct horse\n");
        assert_eq!(Source::File(path).read(&environment()).expect("a secret").expose(), "correct horse", "a mark");
        let (_folder, path) = file("correct horse\n\n");
        assert_eq!(Source::File(path).read(&environment()).expect("a secret").expose(), "correct horse\n");
    }

    #[test]
    #[cfg(unix)]
    fn what_never_ends_is_no_secret_and_is_not_waited_for() {
        assert_eq!(cause_of(Path::new("/dev/zero")), "it is a pipe or a device, not a regular file");
        let (folder, path) = file("");
        std::fs::File::create(&path).expect("a file").set_len(LONGEST + 1).expect("its length");
        assert_eq!(cause_of(&path), "it is larger than 1 MiB");
        assert!(cause_of(folder.path()).contains("directory"));
    }

    fn cause_of(path: &Path) -> String {
        match Source::File(path.to_owned()).read(&environment()) {
            Err(SecretError::Unreadable { cause, .. }) => cause.to_string(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_env_file_gives_the_last_value_of_its_key() {
        let (_folder, path) = file("# A=comment-comment\nA=first-value\nexport A = \"second value\"\nAB=other-value\n");
        let source = Source::EnvFile { path, key: "A".to_owned() };
        assert_eq!(source.read(&environment()).expect("a secret").expose(), "second value");
    }
}
