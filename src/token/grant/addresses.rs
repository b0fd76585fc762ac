//! Addresses that are never called: link-local ones, those where machines read their own credentials, and those that
//! mean no machine in particular. Whoever may write a job file, or answer for a name, shall not. This is the one list.
//! Pure.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Names under which clouds have them.
const METADATA_NAMES: &[&str] =
    &["metadata.google.internal", "metadata.goog", "metadata", "instance-data", "instance-data.ec2.internal"];

/// RFC 6761 section 6.3: these names are for loopback.
pub(super) fn is_local_name(name: &str) -> bool {
    let name = without_root(name);
    name.eq_ignore_ascii_case("localhost") || name.to_ascii_lowercase().ends_with(".localhost")
}

/// Whether a name is that of a metadata service, wherever it leads.
pub(super) fn is_metadata_name(name: &str) -> bool {
    METADATA_NAMES.iter().any(|known| without_root(name).eq_ignore_ascii_case(known))
}

fn without_root(name: &str) -> &str {
    name.strip_suffix('.').unwrap_or(name)
}

/// Whether an address is this machine's own, also as IPv6 writes those of IPv4.
pub(super) fn is_loopback(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}

/// What an address is that is never called, the worse first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum Forbidden {
    /// A link-local address, or one where clouds hand out credentials.
    #[error("a link-local or cloud-metadata address")]
    Metadata,
    /// `0.0.0.0` and the like, which lead to this very machine without being loopback.
    #[error("an unspecified address, that is, this host")]
    Unspecified,
}

/// Why an address is never called; `None` for one that may be.
pub(super) fn forbidden(address: IpAddr) -> Option<Forbidden> {
    match address {
        IpAddr::V4(address) => forbidden_v4(address),
        IpAddr::V6(address) => forbidden_v6(address),
    }
}

/// Beside link-local (RFC 3927): "this host" (RFC 6890), and the metadata services of Alibaba, Oracle and Azure.
fn forbidden_v4(address: Ipv4Addr) -> Option<Forbidden> {
    match address.octets() {
        [0, ..] => Some(Forbidden::Unspecified),
        [100, 100, 100, 200] | [192, 0, 0, 192] | [168, 63, 129, 16] => Some(Forbidden::Metadata),
        _ => address.is_link_local().then_some(Forbidden::Metadata),
    }
}

/// Beside link-local (RFC 4291): the metadata services that have addresses of their own, and IPv4 in disguise.
fn forbidden_v6(address: Ipv6Addr) -> Option<Forbidden> {
    if address.is_unicast_link_local() || is_metadata_service(address) {
        return Some(Forbidden::Metadata);
    }
    if address.is_loopback() {
        return None;
    }
    embedded(address).filter_map(forbidden_v4).min()
}

fn is_metadata_service(address: Ipv6Addr) -> bool {
    matches!(
        address.segments(),
        // AWS has several services in this block.
        [0xfd00, 0xec2, ..]
            // Google, Oracle, Scaleway, Akamai, Alibaba.
            | [0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254]
            | [0xfd00, 0xc1, 0, 0, 0, 0, 0xa9fe, 0xa9fe]
            | [0xfd00, 0x42, 0, 0, 0, 0, 0, 0x42]
            | [0xfd00, 0xa9fe, 0xa9fe, 0, 0, 0, 0, 1]
            | [0xfd00, 0x100, 0, 0, 0, 0, 0x100, 0x200]
    )
}

/// The IPv4 addresses that an IPv6 address may lead to.
fn embedded(address: Ipv6Addr) -> impl Iterator<Item = Ipv4Addr> {
    let v4 = |high: u16, low: u16| Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low));
    let found = match address.segments() {
        // 6to4 (RFC 3056).
        [0x2002, high, low, ..] => [Some(v4(high, low)), None],
        // Teredo (RFC 4380): the server, and the client with its bits turned.
        [0x2001, 0, a, b, .., c, d] => [Some(v4(a, b)), Some(v4(!c, !d))],
        // NAT64 (RFC 6052, RFC 8215); compatible, mapped (RFC 4291 section 2.5.5); translated (RFC 2765);
        // ISATAP (RFC 5214).
        [0x64, 0xff9b, .., high, low]
        | [0, 0, 0, 0, 0, 0 | 0xffff, high, low]
        | [0, 0, 0, 0, 0xffff, 0, high, low]
        | [_, _, _, _, 0 | 0x200, 0x5efe, high, low] => [Some(v4(high, low)), None],
        _ => [None, None],
    };
    found.into_iter().flatten()
}
