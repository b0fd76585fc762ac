//! Secrets: types that cannot be printed, where they come from, and their removal by value.
//!
//! The only module that reads the process environment.

mod address;
mod finder;
mod forms;
mod redact;
mod source;
mod unescaped;

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

pub use address::{bare_address, bare_url};
pub use redact::Redactor;
pub use source::{Environment, SecretError, Source};

/// What stands where a secret was.
pub const REDACTED: &str = "[redacted]";

/// Fewer characters than this are no secret: redaction by value would tear up ordinary text.
pub const SHORTEST: usize = 8;

/// A secret or a token. It cannot be printed, and its memory is wiped when it is dropped.
///
/// ```
/// let secret = apicron::secret::Secret::new("hunter2-hunter2".to_owned());
/// assert_eq!(format!("{secret:?}"), "[redacted]");
/// ```
#[derive(Clone)]
pub struct Secret(SecretString);

impl Secret {
    /// Takes a text into custody.
    pub fn new(text: String) -> Secret {
        Secret(SecretString::from(text))
    }

    /// The text itself: only for the request that carries it, a fingerprint, or redaction.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}
