//! What is looked at before anything is sent somewhere.

use std::net::{IpAddr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use super::addresses::{is_local_name, is_loopback, is_metadata, is_metadata_name};

/// Why an address is not called.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Blocked {
    /// Neither `https`, nor `http` to this machine.
    #[error("{0} is not https, and plain http is only for loopback addresses")]
    Plain(String),
    /// A link-local address, or one where clouds hand out credentials.
    #[error("{0} is a link-local or cloud-metadata address, which is never called")]
    Metadata(String),
    /// A name that leads to such an address, and to no other.
    #[error(
        "{name} leads to {address}, a link-local or cloud-metadata address, which is never called; \
         correct the URL, or what the name resolves to"
    )]
    Leads {
        /// The name.
        name: String,
        /// Where it leads.
        address: IpAddr,
    },
    /// A name of this machine that leads to another.
    #[error("{name} leads to {address}, which is not this machine; correct what the name resolves to")]
    NotLocal {
        /// The name.
        name: String,
        /// Where it leads.
        address: IpAddr,
    },
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
        Host::Domain(name) => (is_local_name(name), is_metadata_name(name)),
        Host::Ipv4(address) => (is_loopback(address.into()), is_metadata(address.into())),
        Host::Ipv6(address) => (is_loopback(address.into()), is_metadata(address.into())),
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

impl Resolver {
    /// The addresses of a host that may be called, for what is not HTTP.
    ///
    /// # Errors
    /// What the operating system says, or [`Blocked`] when the name leads to nothing that may be called.
    pub async fn lookup(host: &str, port: u16) -> Result<Vec<SocketAddr>, Box<dyn std::error::Error + Send + Sync>> {
        let found: Vec<SocketAddr> = tokio::net::lookup_host((host, port)).await?.collect();
        Ok(callable(host, &found)?)
    }
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = Resolver::lookup(name.as_str(), 0).await?;
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

/// Those of the addresses of a name that may be called. What is connected to is what came out of here: a name that
/// leads elsewhere when it is asked again, leads there in vain.
///
/// Plain http is allowed to a local name, so such a name must really lead to this machine.
fn callable(name: &str, found: &[SocketAddr]) -> Result<Vec<SocketAddr>, Blocked> {
    let is_local = is_local_name(name);
    let is_fit = |address: IpAddr| if is_local { is_loopback(address) } else { !is_metadata(address) };
    let callable: Vec<SocketAddr> = found.iter().copied().filter(|address| is_fit(address.ip())).collect();
    match found.first() {
        Some(first) if callable.is_empty() => {
            let (name, address) = (name.to_owned(), first.ip());
            Err(if is_local { Blocked::NotLocal { name, address } } else { Blocked::Leads { name, address } })
        }
        _ => Ok(callable),
    }
}

#[cfg(test)]
mod tests;
