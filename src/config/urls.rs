//! URLs that requests with a credential may go to.

use url::Url;

use super::place::{At, Draft};
use crate::token::{Blocked, Forbidden, check_target};

/// What a URL is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::config) enum Use {
    /// Paths are appended to it, so it has neither a query nor a fragment.
    Base,
    /// A token endpoint, which may have a query (RFC 6749 section 3.2).
    TokenEndpoint,
}

/// Names that a host for tests has somewhere.
const STAGING_WORDS: &[&str] = &["test", "sandbox", "staging", "stage", "dev"];

/// Reads a URL; all that is wrong with it is reported.
pub(in crate::config) fn checked(at: &At<'_>, text: &str, use_: Use) -> Option<Url> {
    let mut url = match Url::parse(text) {
        Ok(url) => url,
        Err(url::ParseError::RelativeUrlWithoutBase) => {
            at.error("bad-url", "this is not a whole URL").help("begin it with `https://`").report();
            return None;
        }
        Err(error) => {
            at.error("bad-url", format!("this is not a URL: {error}"))
                .help("write a fixed address, such as `https://api.example.com/v1`: templates go into paths")
                .report();
            return None;
        }
    };
    let refused = refused(at, &url, use_);
    if !refused.is_empty() {
        refused.into_iter().for_each(Draft::report);
        return None;
    }
    if use_ == Use::Base {
        let path = url.path().trim_end_matches('/').to_owned();
        url.set_path(&path);
    }
    Some(url)
}

/// All that is wrong with a URL.
fn refused<'f>(at: &At<'f>, url: &Url, use_: Use) -> Vec<Draft<'f>> {
    let error = |message: &str, help: &str| at.error("bad-url", message).help(help);
    let mut refused = Vec::new();
    match check_target(url) {
        Ok(()) => {}
        Err(Blocked::NoHost) => return vec![error("this URL has no host", "write one: `https://HOST/…`")],
        Err(Blocked::Never { what: Forbidden::Unspecified, .. }) => {
            let message = "this address is unspecified: it means this host, whichever that is, and no job may call it";
            return vec![error(
                message,
                "write the address of the API, or of its token endpoint; for this machine `localhost`, 127.0.0.1 or [::1]",
            )];
        }
        Err(Blocked::Never { .. } | Blocked::Leads { .. } | Blocked::NotLocal { .. }) => {
            let message = "this address is that of the machine's own metadata, which no job may call";
            return vec![error(message, "write the address of the API, or of its token endpoint")];
        }
        Err(Blocked::Plain(_)) if url.scheme() == "http" => refused.push(error(
            "`http` would send tokens in the clear",
            "write `https://`; `http://` is only for this machine (localhost, 127.0.0.1, [::1])",
        )),
        Err(Blocked::Plain(_)) => refused
            .push(error("a URL here begins with `https://`", "write `https://` in the place of what it begins with")),
    }
    if !url.username().is_empty() || url.password().is_some() {
        let help = "leave it out: a credential has the `client_id` and the `client_secret`, or a `bearer`";
        refused.push(error("a URL must not hold a user or a password", help));
    }
    if url.fragment().is_some() {
        refused.push(error("a URL here has no `#`", "leave out `#` and what comes after it"));
    }
    if use_ == Use::Base && url.query().is_some() {
        refused.push(error("a base URL has no query", "give each call its `query`"));
    }
    refused
}

/// Whether a host looks like one for tests.
pub(in crate::config) fn looks_like_staging(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().to_ascii_lowercase();
    host.split(['.', '-']).any(|word| STAGING_WORDS.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(text: &str) -> Url {
        Url::parse(text).expect(text)
    }

    #[test]
    fn a_staging_host_has_a_word_that_says_so() {
        assert!(looks_like_staging(&host("https://test.stytch.com/v1")));
        assert!(looks_like_staging(&host("https://api-staging.example.com/")));
        assert!(!looks_like_staging(&host("https://latest.example.com/")));
    }
}
