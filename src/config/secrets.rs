//! Whether the secrets that a job file names can be read.

use std::collections::BTreeSet;
use std::path::Path;

use url::Url;

use super::place::{At, NamedSecret, Parsed, SecretUse};
use crate::job::{Absence, Address, Channel, ClientId, Grant, HeaderText, Job, Jobs, NextSecret, Target};
use crate::run::Name;
use crate::secret::{Environment, Secret, SecretError, Source};
use crate::token::check_target;

/// Looks at each secret of a file. One that is absent is a warning, since it may come later, unless it may be
/// absent; one that cannot be a secret is an error.
pub(in crate::config) fn look(file: &Parsed<'_>, environment: &Environment) {
    let mut seen = BTreeSet::new();
    for NamedSecret { source, path, use_, absence } in file.secrets.borrow().iter() {
        let found = read(source, *use_, environment);
        let is_absent = found.as_ref().is_err_and(SecretError::is_absence);
        if (is_absent && *absence == Absence::Allowed) || !seen.insert(source) {
            continue;
        }
        let at = At::of(file, path.clone());
        match found {
            Ok(value) if *use_ == SecretUse::Address => warn_of_address(&at, source, value.expose()),
            Ok(value) if *use_ == SecretUse::MailServer => warn_of_mail_server(&at, source, value.expose()),
            Ok(_) => {}
            Err(error @ SecretError::TooShort(_)) => at
                .error("bad-secret", error.to_string())
                .help("look whether it is the whole secret, and the right one")
                .report(),
            Err(SecretError::Unreadable { from, cause }) => at
                .warning("absent-secret", format!("could not read {from}: {cause}"))
                .help("see to it that the user of apicron may read it; without it no job that needs it starts")
                .report(),
            Err(error) => at
                .warning("absent-secret", error.to_string())
                .help("`serve` and `run` do not start without it: give it to them, or mend the name")
                .report(),
        }
        if let Source::File(path) | Source::EnvFile { path, .. } = source
            && *use_ != SecretUse::PlainText
            && let Some(mode) = mode_open_to_others(path)
        {
            at.warning("open-secret", format!("others may read {} (mode {mode:03o})", path.display()))
                .help(format!("run `chmod 600 {}`", path.display()))
                .report();
        }
    }
}

/// Warns of an address that will not be called. A text of it could be the secret, so none is shown.
fn warn_of_address(at: &At<'_>, source: &Source, text: &str) {
    let message = match Url::parse(text) {
        Ok(url) if check_target(&url).is_ok() => return,
        Ok(_) => {
            format!("the URL in {source} is neither `https` nor `http` to this machine, or is one that is never called")
        }
        Err(_) => format!("{source} holds no URL"),
    };
    at.warning("bad-url", message).help("put a whole URL there, beginning with `https://`").report();
}

/// Warns of the address of a mail server that will not be connected to. A text of it could be the secret, so none is
/// shown.
fn warn_of_mail_server(at: &At<'_>, source: &Source, text: &str) {
    let is_tls_required = |url: &Url| url.query_pairs().any(|(key, value)| key == "tls" && value == "required");
    let is_local = |url: &Url| {
        let host = url.host_str().map(|host| Url::parse(&format!("http://{host}")));
        host.is_some_and(|host| host.is_ok_and(|host| check_target(&host).is_ok()))
    };
    let message = match Url::parse(text) {
        Ok(url) if url.scheme() == "smtps" && url.has_host() => return,
        Ok(url) if url.scheme() == "smtp" && (is_tls_required(&url) || is_local(&url)) => return,
        Ok(url) if url.scheme() == "smtp" => {
            format!("the address in {source} would send mails and its password in the clear")
        }
        Ok(_) | Err(_) => format!("{source} holds no address of a mail server"),
    };
    at.warning("bad-url", message)
        .help("put `smtps://HOST:PORT` there, with user and password before the host; `smtp://` is for this machine, or with `?tls=required`")
        .report();
}

/// The secrets that are needed and cannot be read: of the named jobs, or of all that are enabled,
/// of the heartbeat and of the channels that alerts use. Each source is named once. One that may be absent is not needed then.
pub fn unreadable_secrets(jobs: &Jobs, environment: &Environment, only: Option<&[Name]>) -> Vec<SecretError> {
    let is_wanted = |job: &Job| only.map_or(job.enabled, |names| names.contains(&job.name));
    let mut needed: Vec<Needed<'_>> = Vec::new();
    for job in jobs.jobs.values().filter(|job| is_wanted(job)) {
        for secret in secrets_of(job) {
            if !needed.contains(&secret) {
                needed.push(secret);
            }
        }
    }
    let heartbeat =
        jobs.settings.heartbeat.as_ref().map(|heartbeat| Needed::always(&heartbeat.url, SecretUse::Address));
    needed.extend(heartbeat.filter(|secret| only.is_none() && !needed.contains(secret)));
    for secret in secrets_of_channels(jobs).filter(|_| only.is_none()) {
        if !needed.contains(&secret) {
            needed.push(secret);
        }
    }
    let problem = |needed: Needed<'_>| {
        let error = read(needed.source, needed.use_, environment).err()?;
        (needed.absence == Absence::Problem || !error.is_absence()).then_some(error)
    };
    needed.into_iter().filter_map(problem).collect()
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Needed<'j> {
    source: &'j Source,
    use_: SecretUse,
    absence: Absence,
}

impl<'j> Needed<'j> {
    fn always(source: &'j Source, use_: SecretUse) -> Needed<'j> {
        Needed { source, use_, absence: Absence::Problem }
    }
}

/// Of those that an alert uses.
fn secrets_of_channels(jobs: &Jobs) -> impl Iterator<Item = Needed<'_>> {
    let is_used = |channel: &&Channel| jobs.alerts.values().any(|alert| alert.channels.contains(&channel.name));
    jobs.channels.values().filter(is_used).filter_map(|channel| match &channel.target {
        Target::Webhook(source) | Target::Slack(source) | Target::Alertmanager(Address::Kept(source)) => {
            Some(Needed::always(source, SecretUse::Address))
        }
        Target::Alertmanager(Address::Plain(_)) => None,
        Target::Email(mailbox) => Some(Needed::always(&mailbox.smtp, SecretUse::MailServer)),
    })
}

fn secrets_of(job: &Job) -> Vec<Needed<'_>> {
    let mut secrets = Vec::new();
    match job.api.credential.as_ref().map(|credential| &credential.grant) {
        Some(Grant::ClientCredentials(client)) => {
            if let ClientId::From(source) = &client.client_id {
                secrets.push(Needed::always(source, SecretUse::PlainText));
            }
            secrets.push(Needed::always(&client.client_secret, SecretUse::Secret));
            if let Some(NextSecret { source, absence }) = &client.next_client_secret {
                secrets.push(Needed { source, use_: SecretUse::Secret, absence: *absence });
            }
        }
        Some(Grant::Bearer(source)) => secrets.push(Needed::always(source, SecretUse::Secret)),
        None => {}
    }
    let headers = job.api.headers.iter().chain(job.calls.iter().flat_map(|call| &call.headers));
    for header in headers {
        if let HeaderText::Secret(source) = &header.value {
            secrets.push(Needed::always(source, SecretUse::Secret));
        }
    }
    secrets
}

fn read(source: &Source, use_: SecretUse, environment: &Environment) -> Result<Secret, SecretError> {
    match use_ {
        SecretUse::Secret | SecretUse::Address | SecretUse::MailServer => source.read(environment),
        SecretUse::PlainText => source.read_text(environment),
    }
}

#[cfg(unix)]
fn mode_open_to_others(path: &Path) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::metadata(path).ok()?.permissions().mode() & 0o777;
    (mode & 0o077 != 0).then_some(mode)
}

#[cfg(not(unix))]
fn mode_open_to_others(_path: &Path) -> Option<u32> {
    None
}
