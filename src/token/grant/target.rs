//! What is looked at before anything is sent somewhere.

use std::net::{IpAddr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use super::addresses::{Forbidden, forbidden, is_local_name, is_loopback, is_metadata_name};

/// Why an address is not called.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Blocked {
    /// Neither `https`, nor `http` to this machine.
    #[error("{0} is not https, and plain http is only for loopback addresses")]
    Plain(String),
    /// An address that is never called.
    #[error("{host} is {what}, which is never called")]
    Never {
        /// The address, or a name that is known for it.
        host: String,
        /// What it is.
        what: Forbidden,
    },
    /// A name that leads to such an address, and to no other.
    #[error(
        "{name} leads to {address}, {what}, which is never called; \
         correct the URL, or what the name resolves to"
    )]
    Leads {
        /// The name.
        name: String,
        /// Where it leads.
        address: IpAddr,
        /// What is there.
        what: Forbidden,
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
    let (loopback, forbidden) = match url.host().ok_or(Blocked::NoHost)? {
        Host::Domain(name) => (is_local_name(name), is_metadata_name(name).then_some(Forbidden::Metadata)),
        Host::Ipv4(address) => (is_loopback(address.into()), forbidden(address.into())),
        Host::Ipv6(address) => (is_loopback(address.into()), forbidden(address.into())),
    };
    let host = url.host_str().unwrap_or_default().to_owned();
    match (forbidden, url.scheme()) {
        (Some(what), _) => Err(Blocked::Never { host, what }),
        (None, "https") => Ok(()),
        (None, "http") if loopback => Ok(()),
        (None, _) => Err(Blocked::Plain(host)),
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
    let refused = |address: IpAddr| {
        let name = || name.to_owned();
        if is_local {
            (!is_loopback(address)).then(|| Blocked::NotLocal { name: name(), address })
        } else {
            forbidden(address).map(|what| Blocked::Leads { name: name(), address, what })
        }
    };
    let callable: Vec<SocketAddr> = found.iter().copied().filter(|found| refused(found.ip()).is_none()).collect();
    match found.first().and_then(|first| refused(first.ip())) {
        Some(why) if callable.is_empty() => Err(why),
        _ => Ok(callable),
    }
}

#[cfg(test)]
mod tests;
