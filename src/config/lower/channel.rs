//! Channels.

use std::collections::BTreeSet;

use url::Url;

use super::section::{Named, Section};
use super::source;
use super::steps::each;
use crate::config::file::{Alert as WrittenAlert, Channel as Written, Email, Field, OneOrMore, Secret, Table, TextOr};
use crate::config::names::listed;
use crate::config::place::{At, Draft, SecretUse};
use crate::job::{Address, Channel, Mailbox, Target};
use crate::run::Name;
use crate::token::{Blocked, Forbidden, check_target};

/// RFC 5321 section 4.5.3.1.3, less its brackets.
const LONGEST_ADDRESS: usize = 254;

pub(super) fn lower(at: &At<'_>, name: &Name, written: &Written) -> Option<Channel> {
    let there = [
        ("webhook", is_there(&written.webhook)),
        ("slack", is_there(&written.slack)),
        ("alertmanager", is_there(&written.alertmanager)),
        ("email", is_there(&written.email)),
    ];
    let keys = there.map(|(key, _)| key);
    let there: Vec<&str> = there.into_iter().filter_map(|(key, is_there)| is_there.then_some(key)).collect();
    if there.is_empty() && !keys.into_iter().any(|key| at.has_misspelled(key)) {
        at.key_error("missing-key", format!("channel `{name}` does not say what stands at its end"))
            .help(format!("write one of {}", listed(&keys).replace(" and ", " or ")))
            .report();
    }
    let targets = [
        source::of_address(&at.key("webhook"), &written.webhook).map(Target::Webhook),
        source::of_address(&at.key("slack"), &written.slack).map(Target::Slack),
        address(&at.key("alertmanager"), &written.alertmanager).map(Target::Alertmanager),
        email(at, &written.email).map(Target::Email),
    ];
    if let [first, others @ ..] = there.as_slice()
        && !others.is_empty()
    {
        let message = format!("{} stand in one channel, which may have one of them only", listed(&there));
        let draft = at.key(first).key_error("conflicting-keys", message).help("make a channel of each");
        others.iter().map(|key| at.key(key).as_related("and here")).fold(draft, Draft::related).report();
        return None;
    }
    let target = targets.into_iter().flatten().next()?;
    Some(Channel { name: name.clone(), target })
}

fn is_there<T>(field: &Field<T>) -> bool {
    !matches!(field, Field::Absent)
}

/// An address that may stand in the file, since it holds no secret.
fn address(at: &At<'_>, field: &Field<TextOr<Secret>>) -> Option<Address> {
    match at.value(field)? {
        TextOr::Table(table) => source::of_table(at, table, SecretUse::Address).map(Address::Kept),
        TextOr::Text(text) => plain(at, text).map(Address::Plain),
    }
}

fn plain(at: &At<'_>, text: &str) -> Option<Url> {
    const EXAMPLE: &str = "write for example `\"https://alerts.example.com\"` or `\"http://127.0.0.1:9093\"`";
    let Ok(mut url) = Url::parse(text) else {
        at.error("bad-url", "this is not a whole URL").help(EXAMPLE).report();
        return None;
    };
    let mut refused = Vec::new();
    let mut refuse = |message: &str, help: &str| refused.push(at.error("bad-url", message).help(help));
    match check_target(&url) {
        Ok(()) => {}
        Err(Blocked::Plain(_)) if url.scheme() == "http" => refuse(
            "`http` would send messages in the clear",
            "write `https://`; `http://` is only for this machine (localhost, 127.0.0.1, [::1])",
        ),
        Err(Blocked::Plain(_) | Blocked::NoHost) => refuse("a URL here begins with `https://`", EXAMPLE),
        Err(Blocked::Never { what: Forbidden::Unspecified, .. }) => {
            refuse("this address is unspecified: it means this host, whichever that is, and is never called", EXAMPLE);
        }
        Err(Blocked::Never { .. } | Blocked::Leads { .. } | Blocked::NotLocal { .. }) => {
            refuse("this address is that of the machine's own metadata, which is never called", EXAMPLE);
        }
    }
    if !url.username().is_empty() || url.password().is_some() {
        refuse(
            "a URL must not hold a user or a password",
            "keep the whole URL elsewhere: `{ env = \"NAME\" }` or `{ file = \"path\" }`",
        );
    }
    if url.query().is_some() || url.fragment().is_some() {
        refuse("a base URL has neither `?` nor `#`", "leave out what comes after it: `/api/v2/alerts` is appended");
    }
    if !refused.is_empty() {
        refused.into_iter().for_each(Draft::report);
        return None;
    }
    let path = url.path().trim_end_matches('/').to_owned();
    url.set_path(&path);
    Some(url)
}

fn email(at: &At<'_>, field: &Field<Table<Email>>) -> Option<Mailbox> {
    let written = &at.get("email", field)?.0;
    let at = at.key("email");
    at.require("to", &written.to, "`email`");
    let wanted = match &written.to {
        Field::Written(OneOrMore::More(fields)) => fields.len(),
        _ => 1,
    };
    let to: Vec<String> =
        each(&at, "to", &written.to).into_iter().filter_map(|(at, text)| mail_address(&at, text)).collect();
    let from = at.require("from", &written.from, "`email`").and_then(|text| mail_address(&at.key("from"), text));
    at.require("smtp", &written.smtp, "`email`");
    let smtp = source::of_mail_server(&at.key("smtp"), &written.smtp);
    let to = (to.len() == wanted && !to.is_empty()).then_some(to);
    Some(Mailbox { to: to?, from: from?, smtp: smtp? })
}

/// Looked at lightly: which addresses there are, only mail servers know.
fn mail_address(at: &At<'_>, text: &str) -> Option<String> {
    let has_parts = text.rsplit_once('@').is_some_and(|(local, domain)| {
        let is_plain =
            |part: &str| !part.is_empty() && !part.starts_with('.') && !part.ends_with('.') && !part.contains("..");
        is_plain(local) && is_plain(domain) && !local.contains('@')
    });
    let is_plain = text.chars().all(|c| !c.is_whitespace() && !c.is_control() && !"<>,;:\"()[]\\".contains(c));
    if has_parts && is_plain && text.len() <= LONGEST_ADDRESS {
        return Some(text.to_owned());
    }
    at.error("wrong-value", "this is not a mail address")
        .help("write the address alone, without a name: `\"ops@example.com\"`; several go into a list")
        .report();
    None
}

/// Warns of channels that no alert uses.
pub(super) fn warn_of_unused(channels: &Section<'_, Channel>, alerts: &Section<'_, &WrittenAlert>) {
    if alerts.entries.is_empty()
        && channels.entries.iter().any(|channel| At::root(channel.at.file()).has_misspelled("alerts"))
    {
        return;
    }
    let used: BTreeSet<&str> = alerts.entries.iter().filter_map(|alert| alert.value).flat_map(named_by).collect();
    for Named { at, name, .. } in &channels.entries {
        if let Some(name) = name.as_ref().filter(|name| !used.contains(name.as_str())) {
            at.key_warning("unused-channel", format!("no alert uses channel `{name}`"))
                .help(format!("write `channels = [\"{name}\"]` into an alert, or leave the channel out"))
                .report();
        }
    }
}

fn named_by(alert: &WrittenAlert) -> Vec<&str> {
    match &alert.channels {
        Field::Written(OneOrMore::One(text)) => vec![text],
        Field::Written(OneOrMore::More(fields)) => fields.iter().filter_map(text_of).collect(),
        Field::Absent | Field::Wrong(_) => Vec::new(),
    }
}

fn text_of(field: &Field<String>) -> Option<&str> {
    match field {
        Field::Written(text) => Some(text),
        Field::Absent | Field::Wrong(_) => None,
    }
}
