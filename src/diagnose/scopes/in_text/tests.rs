use super::*;

fn names(text: &str) -> String {
    in_text(text, &Scopes::parse("read write usage:read"), Speaker::Api).join(" ")
}

#[test]
fn a_token_endpoint_names_what_it_does_not_give_in_many_ways() {
    let names = |text| in_text(text, &Scopes::parse("admin usage:read a:b"), Speaker::TokenEndpoint).join(" ");
    for (text, expected) in [
        ("invalid scope: a:b c:d", "a:b c:d"),
        ("Scope 'a:b' is not allowed", "a:b"),
        ("Unknown scope(s): a:b", "a:b"),
        ("a:b: no such scope", "a:b"),
        ("Requested scopes [a:b] are not allowed for this client", "a:b"),
        ("The provided value for the input parameter 'scope' is not valid. The scope a:b is not valid.", "a:b"),
        ("The following scopes are not assigned: a:b", "a:b"),
        ("Policy evaluation failed: a:b cannot be granted", "a:b"),
        ("Invalid scopes: a:b. Allowed scopes: usage:read", "a:b"),
        ("Scope a:b is not in the allowed list: usage:read, c:d", "a:b"),
        ("Client is only allowed usage:read", ""),
        ("Valid scopes: usage:read", ""),
        ("The requested scope is invalid, unknown, or malformed", ""),
        ("admin is not a valid scope", "admin"),
        ("Scope admin is not assigned to this client", "admin"),
        ("not assigned: admin", "admin"),
    ] {
        assert_eq!(names(text), expected, "{text}");
    }
}

#[test]
fn names_are_found_where_servers_put_them() {
    for (text, expected) in [
        ("Missing required scope: datasets:read", "datasets:read"),
        ("Missing required scope: datasets:read.", "datasets:read"),
        ("Missing required scopes: a:b, c:d and e:f", "a:b c:d e:f"),
        ("Scope 'datasets:admin' is not assigned to this client", "datasets:admin"),
        ("The scope `files:write` is required", "files:write"),
        ("This call requires the files:read and files:write scopes", "files:read files:write"),
        ("insufficient_scope: requires scope=files:read", "files:read"),
        ("Required scopes: [\"a:b\",\"c:d\"]", "a:b c:d"),
        ("Missing required scope: https://www.googleapis.com/auth/drive", "https://www.googleapis.com/auth/drive"),
        ("Missing scope: User.Read.All", "User.Read.All"),
        ("Requires 'admin' scope", "admin"),
        ("Missing required scope: admin", "admin"),
        ("Missing required scope: admin.", "admin"),
        ("Missing scopes: read write", "read write"),
        ("Insufficient scope for files:read at 12:30:00 (see https://docs.test/scopes)", "files:read"),
        ("Missing scope: datasets:read on dataset:ds_123", "datasets:read"),
        ("Missing scope: datasets:*", "datasets:*"),
    ] {
        assert_eq!(names(text), expected, "{text}");
    }
}

#[test]
fn what_the_token_has_is_not_what_it_lacks() {
    for (text, expected) in [
        ("Token has scope usage:read, but requires scope files:read", "files:read"),
        ("Insufficient scope: have [usage:read], need [files:read]", "files:read"),
        ("The token does not have the scope files:read", "files:read"),
        ("Scope files:read has not been granted", "files:read"),
        ("The client has not been granted scope files:read", "files:read"),
        ("It has scopes usage:read and write:all but not files:read", "files:read"),
        ("Required scopes: files:read. Provided scopes: usage:read.", "files:read"),
    ] {
        assert_eq!(names(text), expected, "{text}");
    }
}

#[test]
fn where_no_name_is_certain_there_is_none() {
    for text in [
        "Insufficient scope",
        "Missing scope: please contact support",
        "Insufficient scope: see https://docs.test/scopes for help",
        "The scope of this token is too small",
        "Insufficient scope (https://docs.test/scopes)",
        "Insufficient OAuth2.0 scope",
        "Out of the scope of api.example.test",
        "Missing scope: \u{1}\u{7f}",
        "Missing scope: ä:b",
        "scope",
        "scopes:",
        "",
    ] {
        assert_eq!(names(text), "", "{text}");
    }
}

#[test]
fn a_scope_token_has_no_blank_quote_or_backslash() {
    for good in ["a", "a:b", "https://x/y", "!", "~", "[x]"] {
        assert!(is_scope_token(good), "{good}");
    }
    for bad in ["", "a b", "a\"", "a\\b", "é", "\u{7f}", &"x".repeat(300)] {
        assert!(!is_scope_token(bad), "{bad}");
    }
}
