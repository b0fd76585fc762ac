//! URLs that requests with a credential may go to.

use url::Url;

use super::place::{At, Draft};
use crate::token::{Blocked, check_target};

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
            at.error("bad-url", format!("this is not a URL: {error}")).report();
            return None;
        }
    };
    if let Some(draft) = refused(at, &url, use_) {
        draft.report();
        return None;
    }
    if use_ == Use::Base {
        let path = url.path().trim_end_matches('/').to_owned();
        url.set_path(&path);
    }
    Some(url)
}

fn refused<'f>(at: &At<'f>, url: &Url, use_: Use) -> Option<Draft<'f>> {
    let error = |message: &str| Some(at.error("bad-url", message));
    match check_target(url) {
        Ok(()) => {}
        Err(Blocked::NoHost) => return error("this URL has no host"),
        Err(Blocked::Plain(_)) if url.scheme() == "http" => {
            let draft = at.error("bad-url", "`http` would send tokens in the clear");
            return Some(
                draft.help("write `https://`; `http://` is only for this machine (localhost, 127.0.0.1, [::1])"),
            );
        }
        Err(Blocked::Plain(_)) => return error("a URL here begins with `https://`"),
        Err(Blocked::Metadata(_) | Blocked::Leads { .. } | Blocked::NotLocal { .. }) => {
            return error("this address is that of the machine's own metadata, which no job may call");
        }
    }
    if !url.username().is_empty() || url.password().is_some() {
        return error("a URL must not hold a user or a password");
    }
    if url.fragment().is_some() {
        return error("a URL here has no `#`");
    }
    if use_ == Use::Base && url.query().is_some() {
        return Some(at.error("bad-url", "a base URL has no query").help("give each call its `query`"));
    }
    None
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
