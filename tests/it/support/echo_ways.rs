//! The places of an answer at which something that was heard can come back.

use axum::body::{Body, Bytes};
use axum::http::Method;
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::echo::with_headers;

/// A text in each spelling in which a server may say it.
fn spelled(text: &str) -> Vec<String> {
    let percent = utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let quoted = Value::from(text).to_string();
    let json = quoted[1..quoted.len() - 1].to_owned();
    let letters: String = text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
    let numbers: String = text.chars().map(|c| format!("&#{};", u32::from(c))).collect();
    let html = text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;").replace('\'', "&#39;");
    let claims = json!({ "iss": "echo", "description": text }).to_string();
    let (head, payload) = (URL_SAFE_NO_PAD.encode("{\"alg\":\"none\"}"), URL_SAFE_NO_PAD.encode(&claims));
    vec![
        text.to_owned(),
        percent.replace('%', "%25"),
        percent.to_lowercase(),
        percent,
        url::form_urlencoded::byte_serialize(text.as_bytes()).collect(),
        json.replace('/', "\\/"),
        Value::from(quoted).to_string(),
        json,
        letters,
        numbers,
        html,
        STANDARD.encode(text),
        URL_SAFE_NO_PAD.encode(text),
        STANDARD.encode(format!("a: {text}\n")),
        format!("{head}.{payload}."),
        text.to_ascii_lowercase(),
        text.to_ascii_uppercase(),
    ]
}

fn all(heard: &[String]) -> Vec<String> {
    heard.iter().flat_map(|text| spelled(text)).collect()
}

/// Headers that say it: by values, and by names where it fits one.
fn headers(heard: &[String]) -> Vec<(String, String)> {
    let named = |name: &str, value: String| (name.to_owned(), value);
    let mut headers = vec![named("content-type", "application/json".to_owned())];
    for text in heard {
        headers.push(named("x-echo", spelled(text).join(" ").replace('\n', "%0A")));
        headers.push(named("set-cookie", format!("session={text}; HttpOnly")));
        headers.push(named("warning", format!("299 - \"{text}\"")));
        headers.push((format!("x-{text}"), "by name".to_owned()));
    }
    headers.extend(heard.first().map(|text| named("x-request-id", spelled(text).join(","))));
    headers
}

pub(super) fn answer(method: &Method, path: &str, heard: &[String]) -> Response {
    let way = path.trim_start_matches("/api/").split('/').next().unwrap_or_default();
    match way.parse() {
        Ok(status) => refused(status, heard),
        Err(_) => accepted(method, way, heard),
    }
}

fn accepted(method: &Method, way: &str, heard: &[String]) -> Response {
    let url = heard.iter().map(|text| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()).collect::<Vec<_>>();
    let url = format!("/api/more?next={}#{}", url.join("/"), url.join("-"));
    let body = json!({ "items": items(heard), "texts": heard, "next": heard.first(), "more": true }).to_string();
    let mut headers = headers(heard);
    match way {
        "redirect" => {
            headers.push(("location".to_owned(), url));
            with_headers(302, &headers, body)
        }
        "link" => {
            headers.push(("link".to_owned(), format!("<{url}>; rel=\"next\"")));
            with_headers(200, &headers, body)
        }
        "text" => with_headers(200, &headers, all(heard).join("\n")),
        "torn" => torn(heard, heard.len()),
        "halved" => torn(heard, 1),
        "long" => with_headers(200, &headers, format!("[{}", Value::from(all(heard).join(" ").repeat(40)))),
        "files" if *method == Method::POST => refused(422, heard),
        "heartbeat" => with_headers(500, &headers, body),
        _ => with_headers(200, &headers, body),
    }
}

/// Objects of which each part says it.
fn items(heard: &[String]) -> Vec<Value> {
    let object = |one: String| json!({ "id": one, "label": { one.as_str(): 1 }, "text": format!("<{one}>"), "n": 1 });
    all(heard).into_iter().map(object).collect()
}

/// An answer that breaks off in the middle of the last of these.
fn torn(heard: &[String], from: usize) -> Response {
    let said: Vec<String> = all(&heard[..from.min(heard.len())]);
    let last = heard.first().cloned().unwrap_or_default();
    let half = last.floor_char_boundary(last.len() * 3 / 4);
    let begun = format!("[{}, \"{}", Value::from(said.join(" ")), &last[..half]);
    let parts = [Ok(Bytes::from(begun)), Err(std::io::Error::other("broken off"))];
    let body = Body::from_stream(futures_util::stream::iter(parts));
    with_headers(200, &headers(heard), body)
}

pub(super) fn refused(status: u16, heard: &[String]) -> Response {
    let texts = all(heard);
    let detail = texts.join(" ");
    let mut headers = headers(heard);
    for text in heard {
        let quoted = spelled(text).join(" ").replace('\n', "%0A").replace('\\', "\\\\").replace('"', "\\\"");
        let challenge = format!("Bearer realm=\"{quoted}\", error=\"invalid_token\", error_description=\"{quoted}\"");
        headers.push(("www-authenticate".to_owned(), challenge));
    }
    let body = match status {
        // Nothing but text, and a page.
        402 => detail,
        404 => format!("<html><body><h1>Not found</h1><p>{detail}</p></body></html>"),
        _ => json!({ "title": texts.last(), "detail": detail, "error": texts.first(), "instance": texts.get(2),
            "error_description": detail, "errors": texts, "scope": heard.first() })
        .to_string(),
    };
    with_headers(status, &headers, body)
}

pub(super) fn token_refused(client: &str, heard: &[String]) -> Response {
    match client {
        "broken" => refused(500, heard),
        "html" => refused(404, heard),
        _ => {
            let detail = all(heard).join(" ");
            let body = json!({ "error": "invalid_client", "error_description": detail, "hint": heard });
            with_headers(401, &headers(heard), body.to_string())
        }
    }
}

/// A good answer, or one that is odd, with all that a token endpoint may say beside the token.
pub(super) fn token(client: &str, tokens: &[String], heard: &[String]) -> Response {
    let claims = json!({ "sub": heard.first(), "tokens": tokens, "heard": heard });
    let jwt = format!("e30.{}.", URL_SAFE_NO_PAD.encode(claims.to_string()));
    let kind = if client == "odd" { heard.first().map_or("mac", |text| text) } else { "Bearer" };
    let body = json!({ "access_token": tokens[0], "refresh_token": tokens[1], "id_token": tokens[2], "jwt": jwt,
        "token_type": kind, "expires_in": 300, "client": heard, "note": all(heard).join(" ") });
    with_headers(200, &headers(heard), body.to_string())
}
