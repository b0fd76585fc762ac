//! Handing over a mail (RFC 5321).

use std::time::Duration;

use lettre::Address;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::DEFAULT_MECHANISMS;
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters, TlsParametersBuilder};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailParameter};

use super::{Letter, Security, Server};
use crate::notify::Line;
use crate::notify::channel::{SendError, Step};
use crate::telemetry::clean_line;
use crate::token::{Fault, Resolver, cut};

/// How long all of it may take. More than an answer over HTTP: it is ten answers, and a server may wait some seconds
/// with its greeting on purpose.
const LIMIT: Duration = Duration::from_secs(30);

/// How long one of several addresses of a server may leave the others waiting.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);

/// How long a server that has the mail may take for its good-bye.
const QUIT_LIMIT: Duration = Duration::from_secs(1);

/// How much of what a server says an error shows.
const LONGEST_SHOWN: usize = 200;

/// Hands a mail over. Says who does not get it, where the server takes it for others.
pub(in super::super) async fn deliver(
    line: Line<'_>,
    server: Server,
    letter: Letter,
) -> Result<Vec<String>, SendError> {
    let tls = match server.security {
        Security::Local => None,
        Security::Wrapped | Security::Upgraded => Some(trusted(line, server.host.clone()).await?),
    };
    deliver_over(line, server, letter, tls).await
}

/// TLS with the certificates that the system trusts. They are read from files.
async fn trusted(line: Line<'_>, host: String) -> Result<TlsParameters, SendError> {
    let made = tokio::task::spawn_blocking(|| TlsParametersBuilder::new(host).build()).await;
    let made = made.map_err(|_| SendError::Unheard("setting up TLS was broken off".to_owned()))?;
    made.map_err(|error| failed(line, Step::Encryption, &error))
}

/// The same with TLS as it is given.
pub(in super::super) async fn deliver_over(
    line: Line<'_>,
    server: Server,
    letter: Letter,
    tls: Option<TlsParameters>,
) -> Result<Vec<String>, SendError> {
    let handed_over = line.clock.within(LIMIT, converse(line, server, letter, tls)).await;
    let (mut connection, left_out) =
        handed_over.unwrap_or_else(|| Err(SendError::Unheard(Fault::timeout(LIMIT).message)))?;
    // It has the mail, whatever it says to this.
    drop(line.clock.within(QUIT_LIMIT, connection.quit()).await);
    Ok(left_out)
}

async fn converse(
    line: Line<'_>,
    server: Server,
    letter: Letter,
    tls: Option<TlsParameters>,
) -> Result<(AsyncSmtpConnection, Vec<String>), SendError> {
    let mut connection = connected(line, server, tls).await?;
    let sender = sender(&connection, &letter)?;
    connection.command(sender).await.map_err(|error| failed(line, Step::Sender, &error))?;
    let left_out = recipients(line, &mut connection, letter.to).await?;
    connection.command(Data).await.map_err(|error| failed(line, Step::Content, &error))?;
    connection.message(&letter.text).await.map_err(|error| failed(line, Step::Content, &error))?;
    Ok((connection, left_out))
}

/// A connection that a mail may be named on: encrypted and logged in as far as its address says so.
async fn connected(
    line: Line<'_>,
    server: Server,
    tls: Option<TlsParameters>,
) -> Result<AsyncSmtpConnection, SendError> {
    let addresses = Resolver::lookup(&server.host, server.port).await;
    // What it says names the host.
    let addresses = addresses.map_err(|_| SendError::Unheard("the mail server's name leads nowhere".to_owned()))?;
    // No name of this machine: RFC 5321 section 4.1.4.
    let hello = ClientId::default();
    let wrapped = if server.security == Security::Wrapped { tls.clone() } else { None };
    let connection =
        AsyncSmtpConnection::connect_tokio1(&addresses[..], Some(CONNECT_LIMIT), &hello, wrapped, None).await;
    let mut connection = connection.map_err(|error| failed(line, Step::Greeting, &error))?;
    if let (Security::Upgraded, Some(tls)) = (server.security, tls) {
        connection.starttls(tls, &hello).await.map_err(|error| failed(line, Step::Encryption, &error))?;
    }
    if let Some(login) = &server.login {
        let answer = connection.auth(DEFAULT_MECHANISMS, login).await;
        answer.map_err(|error| failed(line, Step::Login, &error))?;
    }
    Ok(connection)
}

/// Addresses that are no ASCII need a server that takes them (RFC 6531).
fn sender(connection: &AsyncSmtpConnection, letter: &Letter) -> Result<Mail, SendError> {
    let is_ascii = |address: &Address| AsRef::<str>::as_ref(address).is_ascii();
    if is_ascii(&letter.from) && letter.to.iter().all(is_ascii) {
        return Ok(Mail::new(Some(letter.from.clone()), Vec::new()));
    }
    if !connection.server_info().supports_feature(Extension::SmtpUtfEight) {
        let said = "the server takes no address with letters beyond ASCII (SMTPUTF8)".to_owned();
        return Err(SendError::Mail { step: Step::Sender, code: None, said });
    }
    Ok(Mail::new(Some(letter.from.clone()), vec![MailParameter::SmtpUtfEight]))
}

/// Names the recipients. Good if one of them is taken: a wrong address must not keep a message from the others.
async fn recipients(
    line: Line<'_>,
    connection: &mut AsyncSmtpConnection,
    to: Vec<Address>,
) -> Result<Vec<String>, SendError> {
    let all = to.len();
    let (mut left_out, mut last) = (Vec::new(), None);
    for to in to {
        let Err(error) = connection.command(Rcpt::new(to.clone(), Vec::new())).await else { continue };
        if error.status().is_none() {
            return Err(failed(line, Step::Recipients, &error));
        }
        left_out.push(format!("{to}: {}", said(line, &error)));
        last = Some(error);
    }
    match last {
        Some(last) if left_out.len() == all => Err(SendError::Mail {
            step: Step::Recipients,
            code: last.status().map(u16::from),
            said: left_out.join("; "),
        }),
        _ => Ok(left_out),
    }
}

fn failed(line: Line<'_>, step: Step, error: &Error) -> SendError {
    SendError::Mail { step, code: error.status().map(u16::from), said: said(line, error) }
}

/// What the server said, or what else went wrong: scrubbed, since a server may repeat what it was sent.
fn said(line: Line<'_>, error: &Error) -> String {
    let source = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
    let text = match error.status() {
        Some(code) => format!("{code} {source}"),
        None if source.is_empty() => error.to_string(),
        None => source,
    };
    let text = line.redactor.scrub_owned(text).split_whitespace().collect::<Vec<_>>().join(" ");
    cut(clean_line(&text), LONGEST_SHOWN).0
}
