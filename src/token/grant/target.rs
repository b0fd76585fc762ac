//! Addresses that are never called.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

/// Why an address is not called.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Blocked {
    /// Neither `https`, nor `http` to this machine.
    #[error("{0} is not https, and plain http is only for loopback addresses")]
    Plain(String),
    /// A link-local address, or one where clouds hand out credentials.
    #[error("{0} is a link-local or cloud-metadata address, which is never called")]
    Metadata(String),
    /// A URL without a host.
    #[error("the address has no host")]
    NoHost,
}

/// Checks a URL before anything is sent to it. An address that hides behind a name is found by
/// [`Resolver`].
///
/// # Errors
/// [`Blocked`].
pub fn check_target(url: &Url) -> Result<(), Blocked> {
    let (loopback, blocked) = match url.host().ok_or(Blocked::NoHost)? {
        Host::Domain(name) => (is_local_name(name), false),
        Host::Ipv4(address) => (address.is_loopback(), is_metadata(address.into())),
        Host::Ipv6(address) => (address.is_loopback(), is_metadata(address.into())),
    };
    let host = url.host_str().unwrap_or_default();
    match url.scheme() {
        _ if blocked => Err(Blocked::Metadata(host.to_owned())),
        "https" => Ok(()),
        "http" if loopback => Ok(()),
        _ => Err(Blocked::Plain(host.to_owned())),
    }
}

/// Resolves names by the operating system and leaves out addresses that are never called.
#[derive(Clone, Debug, Default)]
pub struct Resolver;

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let name = name.as_str();
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name, 0)).await?.collect();
            let callable: Vec<SocketAddr> =
                found.iter().copied().filter(|address| is_callable(name, address.ip())).collect();
            if callable.is_empty() && !found.is_empty() {
                return Err(Blocked::Metadata(name.to_owned()).into());
            }
            Ok(Box::new(callable.into_iter()) as Addrs)
        })
    }
}

/// Plain http is allowed to a local name, so such a name must really lead to this machine.
fn is_callable(name: &str, address: IpAddr) -> bool {
    if is_local_name(name) { address.is_loopback() } else { !is_metadata(address) }
}

/// RFC 6761 section 6.3: these names are for loopback.
fn is_local_name(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    name.eq_ignore_ascii_case("localhost") || name.to_ascii_lowercase().ends_with(".localhost")
}

fn is_metadata(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_metadata_v4(address),
        IpAddr::V6(address) => is_metadata_v6(address),
    }
}

/// Beside link-local (RFC 3927): the metadata services of Alibaba, Oracle and Azure.
fn is_metadata_v4(address: Ipv4Addr) -> bool {
    address.is_link_local()
        || address.is_unspecified()
        || matches!(address.octets(), [100, 100, 100, 200] | [192, 0, 0, 192] | [168, 63, 129, 16])
}

/// Beside link-local (RFC 4291): the metadata service of AWS, and IPv4 addresses in disguise
/// (mapped, compatible, NAT64 of RFC 6052, 6to4 of RFC 3056).
fn is_metadata_v6(address: Ipv6Addr) -> bool {
    let embedded = match address.segments() {
        [0x2002, high, low, ..] => Some((high, low)),
        [0x64, 0xff9b, .., high, low] | [0, 0, 0, 0, 0, 0 | 0xffff, high, low] => Some((high, low)),
        _ => None,
    };
    let embedded = embedded.filter(|_| !address.is_loopback()).map(|(high, low)| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        Ipv4Addr::new(a, b, c, d)
    });
    address.is_unicast_link_local()
        || address.is_unspecified()
        || address.segments() == [0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254]
        || embedded.is_some_and(is_metadata_v4)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(url: &str) -> Result<(), Blocked> {
        check_target(&url.parse().expect("a URL"))
    }

    #[test]
    fn https_may_go_anywhere_and_http_only_to_loopback() {
        for good in ["https://api.example.com/v1", "http://127.0.0.1:8080", "http://[::1]:1", "http://localhost:9"] {
            assert_eq!(checked(good), Ok(()), "{good}");
        }
        for bad in ["http://api.example.com", "http://10.0.0.1", "ftp://localhost/", "http://localhost.example.com"] {
            assert!(matches!(checked(bad), Err(Blocked::Plain(_))), "{bad}");
        }
    }

    #[test]
    fn a_metadata_address_is_refused_however_it_is_written() {
        for url in [
            "https://169.254.169.254/latest",
            "https://2852039166/",
            "https://0xa9fea9fe/",
            "https://0251.0376.0251.0376/",
            "https://[fe80::1]/",
            "https://[::ffff:169.254.169.254]/",
            "https://[::a9fe:a9fe]/",
            "https://[64:ff9b::a9fe:a9fe]/",
            "https://[2002:a9fe:a9fe::1]/",
            "https://[fd00:ec2::254]/",
            "https://100.100.100.200/",
            "https://0.0.0.0/",
        ] {
            assert!(matches!(checked(url), Err(Blocked::Metadata(_))), "{url}");
        }
    }

    #[test]
    fn a_local_name_that_leads_elsewhere_is_not_followed() {
        assert!(is_callable("localhost", Ipv4Addr::LOCALHOST.into()));
        assert!(!is_callable("localhost", Ipv4Addr::new(192, 0, 2, 1).into()));
        assert!(is_callable("api.example.com", Ipv4Addr::new(192, 0, 2, 1).into()));
        assert!(!is_callable("metadata.example.com", Ipv4Addr::new(169, 254, 169, 254).into()));
    }
}
