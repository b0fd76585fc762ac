//! What kind of text a body is, and its JSON even when it was cut off.

use serde_json::Value;

use super::json::read_beginning;

/// A body, read once.
#[derive(Debug)]
pub(super) enum Body {
    /// JSON, perhaps mended where it was cut.
    Json(Value),
    /// A page for people: something other than an API wrote it. What one can read of it.
    Html(String),
    /// Anything else.
    Text(String),
}

impl Body {
    /// Reads a body. What it looks like counts for more than what its content type says.
    pub(super) fn read(text: &str, content_type: &str) -> Body {
        let text = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}').trim_end();
        let media_type = content_type.split(';').next().unwrap_or_default().trim();
        if looks_like_html(text) {
            Body::Html(readable(text))
        } else if let Some(json) = json(text) {
            Body::Json(json)
        } else if ["text/html", "application/xhtml+xml"].iter().any(|html| media_type.eq_ignore_ascii_case(html)) {
            Body::Html(readable(text))
        } else if media_type.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            Body::Json(form(text))
        } else {
            Body::Text(text.to_owned())
        }
    }
}

/// Tags that a page begins with (WHATWG MIME Sniffing section 7.1).
const TAGS: &[&str] = &[
    "!doctype html",
    "html",
    "head",
    "script",
    "iframe",
    "h1",
    "div",
    "font",
    "table",
    "a",
    "style",
    "title",
    "b",
    "body",
    "br",
    "p",
    "center",
    "meta",
];

fn looks_like_html(text: &str) -> bool {
    let mut rest = text;
    // What may stand before the document: an XML declaration, comments.
    for (open, close) in [("<?xml", "?>"), ("<!--", "-->")] {
        while let Some((_, after)) = rest.strip_prefix(open).and_then(|inner| inner.split_once(close)) {
            rest = after.trim_start();
        }
    }
    let tag = rest.strip_prefix('<').unwrap_or_default();
    let begins = |name: &&str| {
        let (head, after) = tag.split_at_checked(name.len()).unwrap_or_default();
        head.eq_ignore_ascii_case(name)
            && (after.is_empty() || after.starts_with(['>', '/']) || after.starts_with(char::is_whitespace))
    };
    TAGS.iter().any(begins)
}

/// Text between tags, without scripts and styles.
fn readable(page: &str) -> String {
    let mut shown = String::new();
    let mut rest = page;
    while let Some((text, tag)) = rest.split_once('<') {
        shown.push_str(text);
        shown.push(' ');
        let hidden = ["script", "style"].into_iter().find(|name| begins_with(tag, name));
        let end = hidden.map_or_else(|| tag.find('>').map(|at| at + 1), |name| tag.find(&format!("</{name}")));
        rest = end.and_then(|end| tag.get(end..)).unwrap_or_default();
    }
    shown.push_str(rest);
    shown
}

fn begins_with(tag: &str, name: &str) -> bool {
    tag.get(..name.len()).is_some_and(|head| head.eq_ignore_ascii_case(name))
}

fn json(text: &str) -> Option<Value> {
    text.starts_with(['{', '[', '"']).then(|| read_beginning(text)).flatten()
}

/// The members of a form (some token endpoints answer in the format they were asked in).
fn form(text: &str) -> Value {
    let pairs = url::form_urlencoded::parse(text.as_bytes());
    Value::Object(pairs.map(|(name, value)| (name.into_owned(), Value::String(value.into_owned()))).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn json_of(text: &str) -> Value {
        match Body::read(text, "application/json") {
            Body::Json(value) => value,
            other => panic!("{text} is {other:?}"),
        }
    }

    #[test]
    fn json_that_was_cut_keeps_what_came_before_the_cut() {
        for (cut, kept) in [
            (r#"{"error":"invalid_client","error_descr"#, json!({"error": "invalid_client", "error_descr": null})),
            (r#"{"error":"invalid_client""#, json!({"error": "invalid_client"})),
            (r#"{"error":"invalid_client","n":tr"#, json!({"error": "invalid_client", "n": null})),
            (r#"{"error":"a","b":"#, json!({"error": "a", "b": null})),
            (r#"{"a":[1,{"b":"c\"#, json!({"a": [1, {"b": "c"}]})),
            (r#"{"a":"x\u00"#, json!({"a": "x"})),
            (r#"{"a":"x\u00e9y"#, json!({"a": "xéy"})),
            (r#"{"detail":"Missing required scope: files:re"#, json!({"detail": "Missing required scope: files:re"})),
            (r#"{"a":[1,2],"#, json!({"a": [1, 2]})),
        ] {
            assert_eq!(json_of(cut), kept, "{cut}");
        }
    }

    #[test]
    fn json_that_is_broken_otherwise_is_text() {
        for text in ["{'a': 1}", "{]", "[403] Missing required scope: a:b", "[x"] {
            assert!(matches!(Body::read(text, "application/json"), Body::Text(_)));
        }
    }

    #[test]
    fn html_is_known_by_its_looks_whatever_the_content_type_says() {
        for page in [
            "<!DOCTYPE html><title>x</title>",
            " \u{feff}<HTML>",
            "<?xml version=\"1.0\"?>\n<!DOCTYPE html>",
            "<!-- a --><body>",
            "<h1>403 Forbidden</h1>",
            "<html",
        ] {
            assert!(matches!(Body::read(page, "application/json"), Body::Html(_)), "{page}");
        }
        assert!(matches!(Body::read("", "text/html; charset=utf-8"), Body::Html(_)));
        assert!(matches!(Body::read(r#"{"error":"x"}"#, "text/html"), Body::Json(_)));
        assert!(matches!(Body::read("<Error><Code>AccessDenied</Code></Error>", "application/xml"), Body::Text(_)));
    }

    #[test]
    fn of_a_page_the_text_is_kept_without_tags_scripts_and_styles() {
        let text = |page: &str| match Body::read(page, "") {
            Body::Html(text) => text.split_whitespace().collect::<Vec<_>>().join(" "),
            other => panic!("{page} is {other:?}"),
        };
        let page = "<html><style>p{}</style><script>rate limit<b></script><h1 class=x>You are</h1>rate limited</html>";
        assert_eq!(text(page), "You are rate limited");
        for cut in ["<html", "<html><script>x", "<html><style", "<html>x<", "<html><sCRIPT"] {
            text(cut);
        }
    }

    #[test]
    fn a_form_is_read_as_members() {
        let read = Body::read("error=invalid_client&error_description=a+b", "application/x-www-form-urlencoded");
        assert!(
            matches!(read, Body::Json(value) if value == json!({"error": "invalid_client", "error_description": "a b"}))
        );
    }
}
