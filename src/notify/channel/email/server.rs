//! The address of a mail server, from text.

use lettre::transport::smtp::authentication::Credentials;
use url::{Host, Url};

use crate::notify::address::{decoded, kept_url};
use crate::notify::{AddressError, Line};
use crate::secret::Source;
use crate::token::check_target;

/// A mail server and the way to it.
pub(in super::super) struct Server {
    /// Its name or its IP address.
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) security: Security,
    /// What to log in with, where that is wanted.
    pub(super) login: Option<Credentials>,
}

/// What keeps others from reading along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Security {
    /// TLS from the first byte: `smtps://`.
    Wrapped,
    /// STARTTLS, without which nothing is sent: `smtp://…?tls=required`.
    Upgraded,
    /// Nothing, since it is this machine.
    Local,
}

impl Security {
    /// The port of an address that has none (RFC 8314 section 3.3, RFC 6409, RFC 5321).
    const fn port(self) -> u16 {
        match self {
            Security::Wrapped => 465,
            Security::Upgraded => 587,
            Security::Local => 25,
        }
    }
}

/// Reads the address of a mail server where it is kept.
pub(in super::super) async fn server(line: Line<'_>, source: &Source) -> Result<Server, AddressError> {
    read(&kept_url(line, source).await?, source)
}

fn read(address: &Url, source: &Source) -> Result<Server, AddressError> {
    let no_server = || AddressError::NoMailServer(source.clone());
    let security = match (address.scheme(), address.query()) {
        ("smtps", None) => Security::Wrapped,
        ("smtp", Some("tls=required")) => Security::Upgraded,
        ("smtp", None) => Security::Local,
        _ => return Err(no_server()),
    };
    if !matches!(address.path(), "" | "/") || address.fragment().is_some() {
        return Err(no_server());
    }
    let host = host(address, security).ok_or_else(no_server)?;
    check_target(&host).map_err(|_| AddressError::BlockedMailServer(source.clone()))?;
    let host = match host.host().ok_or_else(no_server)? {
        Host::Domain(name) => name.to_owned(),
        Host::Ipv4(address) => address.to_string(),
        Host::Ipv6(address) => address.to_string(),
    };
    let password = || decoded(address.password().unwrap_or_default()).into_owned();
    let is_login = !address.username().is_empty();
    let login = is_login.then(|| Credentials::new(decoded(address.username()).into_owned(), password()));
    Ok(Server { host, port: address.port().unwrap_or(security.port()), security, login })
}

/// The host as an address of HTTP has it: with every spelling of an IP address understood, and with the same rule on
/// what may be called, and what only in secret.
fn host(address: &Url, security: Security) -> Option<Url> {
    let scheme = if security == Security::Local { "http" } else { "https" };
    Url::parse(&format!("{scheme}://{}/", address.host_str()?)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_read(address: &str) -> Result<(String, u16, Security, bool), AddressError> {
        let server = read(&address.parse().expect("a URL"), &Source::Env("SMTP_URL".to_owned()))?;
        Ok((server.host, server.port, server.security, server.login.is_some()))
    }

    #[test]
    fn an_address_says_who_and_how() {
        for (address, host, port, security, has_login) in [
            ("smtps://u:p%40ss@mail.example.com", "mail.example.com", 465, Security::Wrapped, true),
            ("smtps://mail.example.com:2465/", "mail.example.com", 2465, Security::Wrapped, false),
            ("smtp://u:p@mail.example.com?tls=required", "mail.example.com", 587, Security::Upgraded, true),
            ("smtp://[2001:db8::1]:25?tls=required", "2001:db8::1", 25, Security::Upgraded, false),
            ("smtp://localhost", "localhost", 25, Security::Local, false),
            ("smtp://127.1:1025", "127.0.0.1", 1025, Security::Local, false),
            ("smtp://u:p@[::1]", "::1", 25, Security::Local, true),
        ] {
            let expected = (host.to_owned(), port, security, has_login);
            assert_eq!(is_read(address).expect(address), expected, "{address}");
        }
    }

    #[test]
    fn mail_goes_nowhere_in_the_open_and_to_no_address_that_is_never_called() {
        for address in [
            "smtp://mail.example.com",
            "smtp://10.0.0.1:25",
            "smtps://169.254.169.254",
            "smtps://0xa9fea9fe",
            "smtp://metadata.google.internal?tls=required",
        ] {
            let error = is_read(address).expect_err(address);
            assert!(matches!(error, AddressError::BlockedMailServer(_)), "{address}: {error}");
        }
    }

    #[test]
    fn what_is_no_mail_server_is_said_to_be_none() {
        for address in [
            "https://mail.example.com",
            "smtp://mail.example.com?tls=opportunistic",
            "smtps://mail.example.com?tls=none",
            "smtps://mail.example.com/box",
            "smtps://mail.example.com#x",
            "smtps:///",
            "smtps:mail.example.com",
        ] {
            let error = is_read(address).expect_err(address);
            assert!(matches!(error, AddressError::NoMailServer(_)), "{address}: {error}");
        }
    }
}
