//! Words of a request, as people write them on a command line.

use crate::filter::Json;
use crate::job::Method;

/// A method, in capitals or not.
pub(super) fn parse_method(text: &str) -> Result<Method, String> {
    let methods = [Method::Get, Method::Post, Method::Put, Method::Patch, Method::Delete];
    let known = methods.into_iter().find(|method| method.as_str().eq_ignore_ascii_case(text));
    known.ok_or_else(|| "not a method: write get, post, put, patch or delete".to_owned())
}

/// `name=value`.
pub(super) fn parse_pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("not a query parameter: write name=value".to_owned()),
    }
}

/// `name: value`.
pub(super) fn parse_header(text: &str) -> Result<(String, String), String> {
    match text.split_once(':') {
        Some((name, value)) if !name.trim().is_empty() => Ok((name.trim().to_owned(), value.trim().to_owned())),
        _ => Err("not a header: write 'name: value'".to_owned()),
    }
}

/// A JSON text.
pub(super) fn parse_json(text: &str) -> Result<Json, String> {
    Json::parse(text.as_bytes()).map_err(|error| format!("not JSON: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_method_may_be_in_small_letters() {
        assert_eq!(parse_method("get"), Ok(Method::Get));
        assert_eq!(parse_method("DELETE"), Ok(Method::Delete));
        assert!(parse_method("head").is_err());
    }

    #[test]
    fn the_first_sign_parts_a_name_from_its_value() {
        let pair = |name: &str, value: &str| Ok((name.to_owned(), value.to_owned()));
        assert_eq!(parse_pair("a=b=c"), pair("a", "b=c"));
        assert_eq!(parse_pair("a="), pair("a", ""));
        assert!(parse_pair("a").is_err() && parse_pair("=a").is_err());
        assert_eq!(parse_header("x-time: 12:30"), pair("x-time", "12:30"));
        assert!(parse_header("x-time").is_err());
    }
}
