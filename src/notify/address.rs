//! Addresses that are secret: read when they are used, and known to redaction from then on.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use url::{Position, Url};

use super::Line;
use crate::secret::{Redactor, Secret, SecretError, Source};
use crate::token::check_target;

/// A part of a path or a query that is shorter is taken for a word: redaction by value would tear up ordinary text.
const LONGER_THAN_WORDS: usize = 16;

/// A password that is shorter is none that redaction could know.
const SHORTEST_PASSWORD: usize = 8;

/// Why an address could not be used. None of these holds it.
#[derive(Debug, thiserror::Error)]
pub enum AddressError {
    /// It could not be read.
    #[error("could not read its address")]
    Unreadable(#[source] SecretError),
    /// Reading it was broken off.
    #[error("reading its address from {0} was broken off")]
    BrokenOff(Source),
    /// What its source holds is no URL.
    #[error("{0} holds no URL")]
    NoUrl(Source),
    /// What its source holds is no address that is called.
    #[error("the URL in {0} is neither https nor http to this machine, or is one that is never called")]
    Blocked(Source),
    /// What its source holds is no mail server.
    #[error("{0} holds no address of a mail server: write smtps://USER:PASSWORD@HOST, or smtp://…?tls=required")]
    NoMailServer(Source),
    /// What its source holds is a mail server that is not called, or not like this.
    #[error(
        "the mail server in {0} is never called, or mail would go to it in the open: write smtps://, or smtp:// to this \
         machine or with ?tls=required"
    )]
    BlockedMailServer(Source),
}

/// The URL that a source holds, fit to be called over HTTP.
pub(super) async fn http_address(line: Line<'_>, source: &Source) -> Result<Url, AddressError> {
    let address = kept_url(line, source).await?;
    check_target(&address).map_err(|_| AddressError::Blocked(source.clone()))?;
    Ok(address)
}

/// The URL that a source holds, whatever it leads to. Reads it off the async threads: its file may be on a disk that
/// hangs.
pub(super) async fn kept_url(line: Line<'_>, source: &Source) -> Result<Url, AddressError> {
    let (asked, environment) = (source.clone(), line.environment.clone());
    let secret = tokio::task::spawn_blocking(move || asked.read(&environment)).await;
    let secret = secret.map_err(|_| AddressError::BrokenOff(source.clone()))?.map_err(AddressError::Unreadable)?;
    line.redactor.learn_secret(&secret);
    let address = Url::parse(secret.expose()).map_err(|_| AddressError::NoUrl(source.clone()))?;
    learn_parts(line.redactor, &address);
    Ok(address)
}

/// What of an address is secret by itself, since a server may say it in other words than the whole: its user, its
/// password, its path, and what is too long to be a word of its path or query.
fn learn_parts(redactor: &Redactor, address: &Url) {
    let learn = |part: Cow<'_, str>, shortest: usize| {
        if part.chars().count() >= shortest {
            redactor.learn_secret(&Secret::new(part.into_owned()));
        }
    };
    learn(decoded(address.password().unwrap_or_default()), SHORTEST_PASSWORD);
    learn(decoded(address.username()), LONGER_THAN_WORDS);
    learn(address[Position::BeforePath..Position::AfterQuery].into(), LONGER_THAN_WORDS);
    address.path().split('/').for_each(|segment| learn(decoded(segment), LONGER_THAN_WORDS));
    address.query_pairs().for_each(|(_, value)| learn(value, LONGER_THAN_WORDS));
}

/// A part of a URL without its percent-encoding.
pub(super) fn decoded(part: &str) -> Cow<'_, str> {
    percent_decode_str(part).decode_utf8_lossy()
}
