//! A request as the stand-in received it.

use axum::body::Bytes;
use axum::http::{HeaderMap, Method, Uri};

use super::form::Form;
use crate::clock::Time;

/// The header that names a repeatable request.
pub(super) const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// A request with its whole body, and when it came.
#[derive(Debug)]
pub(super) struct Visit {
    pub(super) method: Method,
    pub(super) uri: Uri,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    /// The body as a form with files; none when it is not one.
    pub(super) form: Option<Form>,
    /// The id that its reply carries.
    pub(super) id: String,
    pub(super) at: Time,
}

impl Visit {
    pub(super) fn path(&self) -> &str {
        self.uri.path()
    }

    pub(super) fn query(&self) -> &str {
        self.uri.query().unwrap_or_default()
    }

    /// The last value of a query parameter, decoded.
    pub(super) fn param(&self, name: &str) -> Option<String> {
        let pairs = url::form_urlencoded::parse(self.query().as_bytes());
        pairs.filter(|(key, _)| key == name).last().map(|(_, value)| value.into_owned())
    }

    /// A header's value; none when it is not text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    pub(super) fn is_token_request(&self) -> bool {
        is_token_path(self.path())
    }
}

/// Whether a path is the token endpoint: the short spelling, or Stytch's with a project in it.
pub(super) fn is_token_path(path: &str) -> bool {
    let project = path.strip_prefix("/v1/public/").and_then(|rest| rest.strip_suffix("/oauth2/token"));
    path == "/v1/oauth2/token" || project.is_some_and(|project| !project.is_empty() && !project.contains('/'))
}

/// A bare request, for unit tests.
#[cfg(test)]
pub(super) fn example(method: &str, uri: &str) -> Visit {
    Visit {
        method: method.parse().expect("a method"),
        uri: uri.parse().expect("a URI"),
        headers: HeaderMap::new(),
        body: Bytes::new(),
        form: None,
        id: "req-1".to_owned(),
        at: "2026-11-24T12:00:00Z".parse().expect("a time"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_of_the_token_endpoint_are_one() {
        assert!(is_token_path("/v1/oauth2/token"));
        assert!(is_token_path("/v1/public/project-live-1/oauth2/token"));
        assert!(!is_token_path("/v1/public/oauth2/token"));
        assert!(!is_token_path("/v1/public//oauth2/token"));
        assert!(!is_token_path("/v1/usage"));
    }

    #[test]
    fn query_parameters_are_decoded() {
        let visit = example("GET", "/v1/datasets?limit=2&cursor=a%2Bb");
        assert_eq!(visit.param("cursor").as_deref(), Some("a+b"));
        assert_eq!(visit.param("offset"), None);
    }
}
