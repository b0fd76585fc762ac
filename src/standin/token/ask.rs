//! A token request, read from its body and its headers.

use std::collections::HashMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::Denied;
use crate::standin::knobs::BasicSpelling;
use crate::standin::visit::Visit;

/// What a token request asks for, and the credentials it shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ask {
    pub(super) client_id: String,
    pub(super) client_secret: String,
    pub(super) grant_type: Option<String>,
    pub(super) scope: Option<String>,
}

/// Where the credentials stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Via {
    Basic,
    Body,
}

impl Via {
    pub(super) fn of(visit: &Visit) -> Via {
        if visit.headers.contains_key("authorization") { Via::Basic } else { Via::Body }
    }
}

impl Ask {
    /// Reads a request with a form or a JSON body.
    pub(super) fn read(visit: &Visit, spelling: BasicSpelling) -> Result<Ask, Denied> {
        let mut fields = fields(visit)?;
        let in_body = (fields.remove("client_id"), fields.remove("client_secret"));
        let (client_id, client_secret) = match (Via::of(visit), in_body) {
            (Via::Body, (id, secret)) => (id.unwrap_or_default(), secret.unwrap_or_default()),
            // RFC 6749 section 2.3: a client uses one way to authenticate.
            (Via::Basic, (_, Some(_))) => return Err(malformed("credentials stand in the header and in the body")),
            (Via::Basic, (_, None)) => basic(visit.header("authorization").unwrap_or_default(), spelling)?,
        };
        let (grant_type, scope) = (fields.remove("grant_type"), fields.remove("scope"));
        Ok(Ask { client_id, client_secret, grant_type, scope })
    }
}

fn fields(visit: &Visit) -> Result<HashMap<String, String>, Denied> {
    let content_type = visit.header("content-type").unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match media_type.as_str() {
        "application/x-www-form-urlencoded" => form_fields(&visit.body),
        "application/json" => json_fields(&visit.body),
        _ => Err(malformed("the body is to be a form or JSON")),
    }
}

fn form_fields(body: &[u8]) -> Result<HashMap<String, String>, Denied> {
    let mut fields = HashMap::new();
    for (name, value) in url::form_urlencoded::parse(body) {
        // RFC 6749 section 3.2: parameters must not come more than once.
        if fields.insert(name.clone().into_owned(), value.into_owned()).is_some() {
            return Err(malformed(&format!("`{name}` comes twice")));
        }
    }
    Ok(fields)
}

fn json_fields(body: &[u8]) -> Result<HashMap<String, String>, Denied> {
    let Ok(Value::Object(members)) = serde_json::from_slice(body) else {
        return Err(malformed("the body is not a JSON object"));
    };
    // Stytch takes further fields of any type, for custom claims; they are ignored here.
    Ok(members.into_iter().filter_map(|(name, value)| Some((name, value.as_str()?.to_owned()))).collect())
}

/// The id and the secret of an `Authorization: Basic` header (RFC 7617).
fn basic(header: &str, spelling: BasicSpelling) -> Result<(String, String), Denied> {
    let denied = || Denied::new("invalid_client", "The Authorization header is not HTTP Basic.");
    let (scheme, encoded) = header.split_once(' ').ok_or_else(denied)?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return Err(denied());
    }
    let joined = STANDARD.decode(encoded.trim()).map_err(|_| denied())?;
    let joined = String::from_utf8(joined).map_err(|_| denied())?;
    let (id, secret) = joined.split_once(':').ok_or_else(denied)?;
    Ok(match spelling {
        BasicSpelling::Raw => (id.to_owned(), secret.to_owned()),
        BasicSpelling::Form => (form_decoded(id), form_decoded(secret)),
    })
}

fn form_decoded(text: &str) -> String {
    let spaced = text.replace('+', " ");
    percent_encoding::percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
}

fn malformed(what: &str) -> Denied {
    Denied::new("invalid_request", format!("The request is malformed: {what}."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::standin::visit;

    fn post(content_type: &'static str, body: &'static str) -> Visit {
        let mut visit = visit::example("POST", "/v1/oauth2/token");
        visit.headers.insert("content-type", content_type.parse().expect("a header"));
        visit.body = body.into();
        visit
    }

    #[test]
    fn a_form_and_json_say_the_same() {
        let form = post("application/x-www-form-urlencoded", "client_id=a%26b&client_secret=s+1&scope=x+y");
        let json =
            post("Application/JSON; charset=utf-8", r#"{"client_id":"a&b","client_secret":"s 1","scope":"x y"}"#);
        let read = |visit| Ask::read(&visit, BasicSpelling::Form).expect("read");
        let (form, json) = (read(form), read(json));
        assert_eq!(form, json);
        assert_eq!((form.client_id.as_str(), form.client_secret.as_str()), ("a&b", "s 1"));
        assert_eq!(form.grant_type, None);
    }

    #[test]
    fn basic_credentials_are_form_decoded_unless_the_knob_says_raw() {
        let header = format!("Basic {}", STANDARD.encode("a%3Ab:s+1%25"));
        let decoded = ("a:b".to_owned(), "s 1%".to_owned());
        assert_eq!(basic(&header, BasicSpelling::Form).expect("read"), decoded);
        let raw = ("a%3Ab".to_owned(), "s+1%25".to_owned());
        assert_eq!(basic(&header, BasicSpelling::Raw).expect("read"), raw);
    }

    #[test]
    fn nonsense_is_denied_with_the_error_that_fits() {
        for header in ["", "Basic", "Basic %%", "Bearer abc", "Basic YWJj", "Basic //79"] {
            assert_eq!(basic(header, BasicSpelling::Form).expect_err(header).error, "invalid_client");
        }
        for (content_type, body) in [
            ("application/json", "[1]"),
            ("application/json", "{"),
            ("text/plain", "grant_type=client_credentials"),
            ("application/x-www-form-urlencoded", "scope=a&scope=b"),
        ] {
            let denied = Ask::read(&post(content_type, body), BasicSpelling::Form).expect_err(body);
            assert_eq!(denied.error, "invalid_request", "{body}");
        }
    }

    #[test]
    fn credentials_in_two_places_are_one_too_many() {
        let mut visit = post("application/x-www-form-urlencoded", "client_id=a&client_secret=s");
        visit.headers.insert("authorization", "Basic YTpz".parse().expect("a header"));
        assert_eq!(Ask::read(&visit, BasicSpelling::Form).expect_err("twice").error, "invalid_request");
    }
}
