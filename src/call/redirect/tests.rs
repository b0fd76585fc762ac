use std::time::Duration;

use bytes::Bytes;
use reqwest::header::HeaderValue;

use super::*;
use crate::secret::Secret;
use crate::token::Cut;
use crate::token::testing::noon;

const HERE: &str = "https://api.example.com/v1/usage?month=11";

fn reply(status: u16, locations: &[&[u8]]) -> Reply {
    let mut headers = HeaderMap::new();
    for location in locations {
        headers.append(LOCATION, HeaderValue::from_bytes(location).expect("a value"));
    }
    let url = HERE.parse().expect("a URL");
    Reply { url, status, headers, body: Bytes::new(), cut: Cut::Whole, at: noon(), took: Duration::ZERO }
}

fn lead(redirects: Redirects, method: &Method, reply: &Reply) -> Lead {
    let url = HERE.parse().expect("a URL");
    let asked = Asked { method, url: &url, redirects, followed: 0 };
    asked.lead(reply, &Expect::default(), &Redactor::new())
}

/// Where a GET goes on to.
fn followed(location: &str) -> Lead {
    lead(Redirects::SameOrigin, &Method::GET, &reply(302, &[location.as_bytes()]))
}

fn on(url: &str) -> Lead {
    Lead::On(url.parse().expect("a URL"))
}

fn reason(lead: Lead) -> String {
    match lead {
        Lead::Astray(failure) => {
            assert_eq!(failure.kind, Kind::Redirect);
            failure.reason
        }
        lead => panic!("not astray: {lead:?}"),
    }
}

#[test]
fn a_redirect_that_is_not_followed_names_its_target_without_user_query_and_fragment() {
    for (location, shown) in [
        ("https://other.example.com/login?state=canary", "https://other.example.com/login"),
        ("https://other.example.com/login#canary?", "https://other.example.com/login"),
        ("https://canary:canary@other.example.com/login", "https://other.example.com/login"),
        ("//canary@other.example.com", "https://other.example.com/"),
        (r"\\canary@other.example.com\a@b", "https://other.example.com/a@b"),
        ("https://other.example.com/@me", "https://other.example.com/@me"),
        ("/v2/usage?key=canary", "/v2/usage"),
        // Without slashes, or with too many, it is still a user for browsers and for the parser of addresses.
        ("https:canary:canary@other.example.com/login", "https://other.example.com/login"),
        ("http:canary@other.example.com/login", "http://other.example.com/login"),
        ("HTTPS:/canary:canary@OTHER.example.com:443/login", "https://other.example.com/login"),
        (r"https:\canary@other.example.com\login", "https://other.example.com/login"),
        ("https:////canary:c@nary@other.example.com", "https://other.example.com/"),
        ("ht\ttps:canary@other.example.com/login", "https://other.example.com/login"),
        ("app://canary@other.example.com/login", "app://other.example.com/login"),
        ("app:canary:canary@other.example.com/login", "app:…"),
        ("mailto:canary@example.com", "mailto:…"),
        ("https:canary:canary@[::1/login", "…@[::1/login"),
        ("https://canary:canary@other.example.com:99999/@me", "…@me"),
    ] {
        for redirects in [Redirects::None, Redirects::SameOrigin] {
            let (get, post) = (&Method::GET, &Method::POST);
            let method = if location.starts_with("/v2") { post } else { get };
            let reason = reason(lead(redirects, method, &reply(302, &[location.as_bytes()])));
            assert!(reason.starts_with("api.example.com answered 302 and redirects to "), "{reason}");
            assert!(reason.contains(&format!(" {shown},")) && !reason.contains("canary"), "{location}: {reason}");
        }
    }
}

#[test]
fn a_secret_is_taken_out_of_a_target_before_the_target_is_cut() {
    let redactor = Redactor::new();
    redactor.learn_secret(&Secret::new("canary?canary".to_owned()));
    let asked = HERE.parse().expect("a URL");
    assert_eq!(shown(&asked, "/a/canary?canary/b", &redactor), "/a/[redacted]/b");
    assert_eq!(shown(&asked, "https://canary?canary/b", &redactor), "https://[redacted]/b");
}

#[test]
fn what_would_be_followed_says_how() {
    let near = reason(lead(Redirects::None, &Method::GET, &reply(308, &[b"/v2/usage"])));
    assert!(near.ends_with("set `base_url` to the right address, or `redirects` to `\"same-origin\"`"), "{near}");
    let far = reason(lead(Redirects::None, &Method::GET, &reply(308, &[b"https://other.example.com/"])));
    assert!(far.ends_with("set `base_url` to the right address"), "{far}");
}

#[test]
fn a_target_is_resolved_within_scheme_host_and_port() {
    for (location, target) in [
        ("/v2/usage", "https://api.example.com/v2/usage"),
        ("usage/all", "https://api.example.com/v1/usage/all"),
        ("?month=12", "https://api.example.com/v1/usage?month=12"),
        ("//api.example.com/x", "https://api.example.com/x"),
        ("HTTPS://API.EXAMPLE.COM:443/x#there", "https://api.example.com/x"),
        (" /spaces ", "https://api.example.com/spaces"),
        ("/caf\u{e9}", "https://api.example.com/caf%C3%A9"),
    ] {
        assert_eq!(followed(location), on(target), "{location}");
    }
}

#[test]
fn another_origin_in_whatever_form_is_not_followed() {
    for location in [
        "https://evil.example.com/v1/usage",
        "//evil.example.com/",
        r"\\evil.example.com\x",
        r"/\evil.example.com",
        "http://api.example.com/v1/usage",
        "https://api.example.com:444/",
        "https://api.example.com./v1/usage",
        "https://api.example.com@evil.example.com/",
        "https://user@api.example.com/v1/usage",
        "https://user:word@api.example.com/v1/usage",
        "https:user:word@api.example.com/v1/usage",
        "https:user@evil.example.com",
        "https://api.example.com.evil.example.com/",
        "https://127.0.0.1/",
        "https://169.254.169.254/latest/meta-data",
        "blob:https://api.example.com/1",
        "data:application/json,{}",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "mailto:a@api.example.com",
    ] {
        let reason = reason(followed(location));
        assert!(reason.contains("another origin"), "{location}: {reason}");
    }
}

#[test]
fn a_target_that_is_missing_or_none_is_a_failure() {
    let lead_of = |locations: &[&[u8]]| lead(Redirects::SameOrigin, &Method::GET, &reply(302, locations));
    for none in [&[][..], &[b"" as &[u8]], &[b"  "], &[b"/a", b"/b"]] {
        assert!(reason(lead_of(none)).contains("redirects to nowhere"), "{none:?}");
    }
    assert_eq!(lead_of(&[b"/a", b"/a"]), on("https://api.example.com/a"));
    for bad in [b"https://" as &[u8], b"https://[::1", b"https://a:b:c/", b"https://a:99999/", b"//[fe80::1%25eth0]/"] {
        assert!(reason(lead_of(&[bad])).contains("which is no address"), "{bad:?}");
    }
    assert!(matches!(lead_of(&[b"/\xff"]), Lead::On(_)));
}

/// RFC 9110 section 15.4.
#[test]
fn a_get_goes_on_as_a_get_and_only_307_and_308_take_anything_else_along() {
    let go = |method: &Method, status| lead(Redirects::SameOrigin, method, &reply(status, &[b"/new"]));
    let target = on("https://api.example.com/new");
    for method in [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
        for status in 300..=399 {
            let found = go(&method, status);
            match status {
                304 => assert_eq!(found, Lead::Nowhere),
                307 | 308 => assert_eq!(found, target, "{method} {status}"),
                301..=303 if method == Method::GET => assert_eq!(found, target, "{status}"),
                _ => assert!(reason(found).contains(&format!("{status}")), "{method} {status}"),
            }
        }
    }
}

#[test]
fn an_answer_that_is_expected_or_no_redirect_leads_nowhere() {
    for redirects in [Redirects::None, Redirects::SameOrigin] {
        for status in [200, 201, 299, 304, 400, 401, 500] {
            assert_eq!(lead(redirects, &Method::GET, &reply(status, &[b"/new"])), Lead::Nowhere, "{status}");
        }
        let url: Url = HERE.parse().expect("a URL");
        let asked = Asked { method: &Method::POST, url: &url, redirects, followed: 0 };
        let expect = Expect { status: vec![303], that: None };
        assert_eq!(asked.lead(&reply(303, &[b"/new"]), &expect, &Redactor::new()), Lead::Nowhere);
    }
}

#[test]
fn three_are_followed_and_a_fourth_is_a_failure() {
    let url: Url = HERE.parse().expect("a URL");
    for followed in 0..6 {
        let asked = Asked { method: &Method::GET, url: &url, redirects: Redirects::SameOrigin, followed };
        let lead = asked.lead(&reply(302, &[b"/new"]), &Expect::default(), &Redactor::new());
        match followed {
            0..=2 => assert_eq!(lead, on("https://api.example.com/new")),
            _ => assert!(reason(lead).contains("further than the 3 redirects")),
        }
    }
}
