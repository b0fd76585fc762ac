//! Addresses that are never called: link-local ones, and those where machines read their own credentials. Whoever may
//! write a job file, or answer for a name, shall not. This is the one list. Pure.

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

/// Whether an address is never called.
pub(super) fn is_metadata(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_metadata_v4(address),
        IpAddr::V6(address) => is_metadata_v6(address),
    }
}

/// Beside link-local (RFC 3927): what leads to this very machine without being loopback, and the metadata services
/// of Alibaba, Oracle and Azure.
fn is_metadata_v4(address: Ipv4Addr) -> bool {
    address.is_link_local()
        || address.octets()[0] == 0
        || matches!(address.octets(), [100, 100, 100, 200] | [192, 0, 0, 192] | [168, 63, 129, 16])
}

/// Beside link-local (RFC 4291): the metadata services that have addresses of their own, and IPv4 in disguise.
fn is_metadata_v6(address: Ipv6Addr) -> bool {
    address.is_unicast_link_local()
        || address.is_unspecified()
        || is_metadata_service(address)
        || (!address.is_loopback() && embedded(address).any(is_metadata_v4))
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
