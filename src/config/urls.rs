//! URLs that requests with a credential may go to.

use std::net::{Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

use super::place::{At, Draft};

/// What a URL is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::config) enum Use {
    /// Paths are appended to it, so it has neither a query nor a fragment.
    Base,
    /// A token endpoint, which may have a query (RFC 6749 section 3.2).
    TokenEndpoint,
}

/// Where cloud machines read their own credentials. Whoever may write a job file shall not.
const METADATA_HOSTS: &[&str] =
    &["metadata.google.internal", "metadata.goog", "metadata", "instance-data", "instance-data.ec2.internal"];

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
    let Some(host) = url.host() else { return vec![error("this URL has no host", "write one: `https://HOST/…`")] };
    if is_metadata(&host) {
        let message = "this address is that of the machine's own metadata, which no job may call";
        return vec![error(message, "write the address of the API, or of its token endpoint")];
    }
    let mut refused = Vec::new();
    match url.scheme() {
        "https" => {}
        "http" if is_loopback(&host) => {}
        "http" => refused.push(error(
            "`http` would send tokens in the clear",
            "write `https://`; `http://` is only for this machine (localhost, 127.0.0.1, [::1])",
        )),
        _ => refused
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

/// Whether this is an address that apicron calls: `https`, or `http` to this machine, and not the
/// machine's own metadata.
pub(in crate::config) fn may_be_called(url: &Url) -> bool {
    let Some(host) = url.host() else { return false };
    let is_safe = url.scheme() == "https" || (url.scheme() == "http" && is_loopback(&host));
    is_safe && !is_metadata(&host)
}

fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => name.trim_end_matches('.').eq_ignore_ascii_case("localhost"),
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => {
            address.is_loopback() || address.to_ipv4_mapped().is_some_and(|address| address.is_loopback())
        }
    }
}

/// Link-local addresses and those of cloud metadata, however they are written: [`Url`] has already
/// made one of `169.254.169.254`, `0xA9FEA9FE` and `2852039166`.
fn is_metadata(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => METADATA_HOSTS.iter().any(|known| name.trim_end_matches('.').eq_ignore_ascii_case(known)),
        Host::Ipv4(address) => is_metadata_v4(*address),
        Host::Ipv6(address) => is_metadata_v6(*address),
    }
}

fn is_metadata_v4(address: Ipv4Addr) -> bool {
    const ALIBABA: Ipv4Addr = Ipv4Addr::new(100, 100, 100, 200);
    address.is_link_local() || address == ALIBABA
}

fn is_metadata_v6(address: Ipv6Addr) -> bool {
    const EC2: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);
    // IPv4 inside IPv6: mapped (RFC 4291 section 2.5.5.2), compatible (2.5.5.1), NAT64 (RFC 6052).
    let segments = address.segments();
    let has_v4 = matches!(segments, [0, 0, 0, 0, 0, 0 | 0xffff, ..] | [0x64, 0xff9b, 0, 0, 0, 0, ..]);
    let [.., high, low] = segments;
    let [a, b] = high.to_be_bytes();
    let [c, d] = low.to_be_bytes();
    address.is_unicast_link_local() || address == EC2 || (has_v4 && is_metadata_v4(Ipv4Addr::new(a, b, c, d)))
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
    fn link_local_and_metadata_addresses_are_known_however_they_are_written() {
        for text in [
            "https://169.254.169.254/",
            "https://0xA9FEA9FE/",
            "https://2852039166/",
            "https://0251.0376.0251.0376/",
            "https://[::ffff:169.254.169.254]/",
            "https://[::a9fe:a9fe]/",
            "https://[64:ff9b::169.254.169.254]/",
            "https://[fe80::1]/",
            "https://[febf::1]/",
            "https://[fd00:ec2::254]/",
            "https://100.100.100.200/",
            "https://Metadata.Google.Internal./",
        ] {
            assert!(is_metadata(&host(text).host().expect("a host")), "{text}");
        }
        for text in
            ["https://169.253.0.1/", "https://[fd00::1]/", "https://api.cuadra.ai/", "https://[2001:db8::a9fe:a9fe]/"]
        {
            assert!(!is_metadata(&host(text).host().expect("a host")), "{text}");
        }
    }

    #[test]
    fn loopback_is_localhost_and_its_addresses() {
        for (text, expected) in [
            ("http://localhost:80/", true),
            ("http://LOCALHOST./", true),
            ("http://127.9.9.9/", true),
            ("http://[::1]/", true),
            ("http://[::ffff:127.0.0.1]/", true),
            ("http://localhost.example.com/", false),
            ("http://0.0.0.0/", false),
            ("http://10.0.0.1/", false),
        ] {
            assert_eq!(is_loopback(&host(text).host().expect("a host")), expected, "{text}");
        }
    }

    #[test]
    fn a_staging_host_has_a_word_that_says_so() {
        assert!(looks_like_staging(&host("https://test.stytch.com/v1")));
        assert!(looks_like_staging(&host("https://api-staging.example.com/")));
        assert!(!looks_like_staging(&host("https://latest.example.com/")));
    }
}
