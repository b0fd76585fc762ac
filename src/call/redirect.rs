//! Where an answer redirects a call, and whether the call goes there. Pure.

use reqwest::Method;
use reqwest::header::{HeaderMap, LOCATION};
use url::{ParseError, Url};

use super::failure::Failure;
use super::send::Reply;
use crate::job::{Expect, Redirects};
use crate::run::Kind;
use crate::secret::{Redactor, bare_address, bare_url};

/// Redirects of one attempt that are followed.
const MOST: u32 = 3;

/// Where an answer leads its call.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Lead {
    /// Nowhere: it is to be judged.
    Nowhere,
    /// To another address of the same server, where the same request goes.
    On(Url),
    /// To an address where nothing goes.
    Astray(Failure),
}

/// What was asked, and what may be done about a redirect.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) method: &'a Method,
    pub(super) url: &'a Url,
    pub(super) redirects: Redirects,
    /// Redirects of this attempt that were followed already.
    pub(super) followed: u32,
}

impl Asked<'_> {
    /// Where the answer leads.
    ///
    /// The client follows nothing by itself: on the way to another host it would take only some well-known
    /// headers off, and a key in another one would travel.
    pub(super) fn lead(self, reply: &Reply, expect: &Expect, redactor: &Redactor) -> Lead {
        // "Not Modified" is about a copy that the caller has, not about a place.
        if !(300..=399).contains(&reply.status) || reply.status == 304 || expect.accepts(reply.status) {
            return Lead::Nowhere;
        }
        match self.target(reply, redactor) {
            Ok(url) => Lead::On(url),
            Err(why) => {
                let host = self.url.host_str().unwrap_or("the API");
                let reason = format!("{host} answered {} and redirects {why}", reply.status);
                Lead::Astray(Failure::new(Kind::Redirect, reason))
            }
        }
    }

    fn target(self, reply: &Reply, redactor: &Redactor) -> Result<Url, String> {
        let Some(location) = location(&reply.headers) else {
            return Err("to nowhere: its `Location` is missing, or says two things".to_owned());
        };
        let shown = shown(self.url, &location, redactor);
        let target = resolved(self.url, &location);
        if self.redirects == Redirects::None {
            let or = match target {
                Ok(target) if is_within(self.url, &target) => ", or `redirects` to `\"same-origin\"`",
                _ => "",
            };
            return Err(format!("to {shown}, which is not followed; set `base_url` to the right address{or}"));
        }
        let mut target = target.map_err(|error| format!("to {shown}, which is no address: {error}"))?;
        if !is_within(self.url, &target) {
            return Err(format!(
                "to {shown}, which is another origin: nothing goes there; set `base_url` to the right address"
            ));
        }
        if !keeps_method(reply.status, self.method) {
            return Err(format!(
                "to {shown}, which is not followed: a {} would become something else there. It may have taken effect; \
                 if that is how this API says so, put {} into `expect`",
                self.method, reply.status
            ));
        }
        if self.followed >= MOST {
            return Err(format!("to {shown}, further than the {MOST} redirects that are followed"));
        }
        target.set_fragment(None);
        Ok(target)
    }
}

/// Whether the same request goes to the new address (RFC 9110 section 15.4). 307 and 308 promise it. After the
/// others most clients go on with a GET, which a GET is already. The rest of the class has no one target.
fn keeps_method(status: u16, method: &Method) -> bool {
    match status {
        307 | 308 => true,
        301..=303 => *method == Method::GET,
        _ => false,
    }
}

/// Whether an address is on a server, by scheme, host and port. One with a user or a password in it is not: it
/// would speak in another's name.
///
/// [`Url::origin`] would also take a `blob:` address for one of the server that it names.
pub(super) fn is_within(server: &Url, url: &Url) -> bool {
    url.scheme() == server.scheme()
        && url.host() == server.host()
        && url.port_or_known_default() == server.port_or_known_default()
        && url.username().is_empty()
        && url.password().is_none()
}

/// The one target that an answer names. Bytes beyond ASCII are taken for UTF-8, as servers mean them.
fn location(headers: &HeaderMap) -> Option<String> {
    let mut lines = headers.get_all(LOCATION).iter();
    let first = lines.next()?;
    if lines.any(|line| line != first) {
        return None;
    }
    let text = String::from_utf8_lossy(first.as_bytes()).trim().to_owned();
    (!text.is_empty()).then_some(text)
}

/// The address that a target means. One with a scheme speaks for itself: the standard for URLs would take
/// `https:user@host/path` for a path of the same server, and the user for a part of it.
fn resolved(asked: &Url, location: &str) -> Result<Url, ParseError> {
    match Url::parse(location) {
        Err(ParseError::RelativeUrlWithoutBase) => asked.join(location),
        whole => whole,
    }
}

/// A target as far as a reason may show it: on the same server as a path, and without what carries secrets. It is
/// scrubbed first: of a secret that is cut, half would stay.
fn shown(asked: &Url, location: &str, redactor: &Redactor) -> String {
    let text = redactor.scrub(location);
    match resolved(asked, &text) {
        Ok(url) if is_within(asked, &url) => url.path().to_owned(),
        Ok(url) => bare_url(url),
        Err(_) => bare_address(&text),
    }
}

#[cfg(test)]
mod tests;
