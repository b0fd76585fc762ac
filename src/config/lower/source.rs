//! Where secrets are kept.

use crate::config::file::{Field, NextSecret, Secret, TextOr};
use crate::config::place::{At, NamedSecret, SecretUse};
use crate::job::{self, Absence};
use crate::secret::Source;

/// The source under a key whose value must not stand in the file.
pub(super) fn of_secret(at: &At<'_>, field: &Field<TextOr<Secret>>) -> Option<Source> {
    guarded(at, field, SecretUse::Secret)
}

/// [`of_secret`] where the secret is an address that is called.
pub(super) fn of_address(at: &At<'_>, field: &Field<TextOr<Secret>>) -> Option<Source> {
    guarded(at, field, SecretUse::Address)
}

/// [`of_secret`] where the secret is the address of a mail server.
pub(super) fn of_mail_server(at: &At<'_>, field: &Field<TextOr<Secret>>) -> Option<Source> {
    guarded(at, field, SecretUse::MailServer)
}

fn guarded(at: &At<'_>, field: &Field<TextOr<Secret>>, use_: SecretUse) -> Option<Source> {
    match at.value(field)? {
        TextOr::Table(table) => of_table(at, table, use_),
        TextOr::Text(_) => {
            literal(at);
            None
        }
    }
}

/// [`of_secret`] for the one that may be absent.
pub(super) fn of_next(at: &At<'_>, field: &Field<TextOr<NextSecret>>) -> Option<job::NextSecret> {
    let table = match at.value(field)? {
        TextOr::Table(table) => table,
        TextOr::Text(_) => {
            literal(at);
            return None;
        }
    };
    let absence = match at.get("optional", &table.optional) {
        Some(true) => Absence::Allowed,
        Some(false) | None => Absence::Problem,
    };
    let NextSecret { env, file, key, optional: _ } = table;
    let source = of_places(at, &Places { env, file, key }, SecretUse::Secret, absence)?;
    Some(job::NextSecret { source, absence })
}

/// Reports a secret that stands in the file. The value is not in the problem.
pub(super) fn literal(at: &At<'_>) {
    at.error("literal-secret", "a secret must not stand in the file")
        .label("in reach of everyone who may read the file")
        .help("write `{ env = \"NAME\" }` or `{ file = \"path\" }`, and change the secret if this file was shared")
        .report();
}

/// The source that a table names; remembered so that it can be looked at.
pub(super) fn of_table(at: &At<'_>, written: &Secret, use_: SecretUse) -> Option<Source> {
    let Secret { env, file, key } = written;
    of_places(at, &Places { env, file, key }, use_, Absence::Problem)
}

/// What a table says about the place of a secret.
struct Places<'w> {
    env: &'w Field<String>,
    file: &'w Field<String>,
    key: &'w Field<String>,
}

fn of_places(at: &At<'_>, written: &Places<'_>, use_: SecretUse, absence: Absence) -> Option<Source> {
    let env = at.get("env", written.env).and_then(|name| variable(&at.key("env"), name));
    let file = at.get("file", written.file).and_then(|path| not_empty(&at.key("file"), path));
    let key = at.get("key", written.key).and_then(|key| not_empty(&at.key("key"), key));
    let source = match (written.env, written.file, written.key) {
        (Field::Absent, Field::Absent, _) => {
            if !at.has_misspelled("env") && !at.has_misspelled("file") {
                wrong(at, "a secret's source names `env` or `file`");
            }
            None
        }
        (Field::Absent, _, Field::Absent) => Some(Source::File(at.file().folder.join(file?))),
        (Field::Absent, ..) => Some(Source::EnvFile { path: at.file().folder.join(file?), key: key?.to_owned() }),
        (_, Field::Absent, Field::Absent) => Some(Source::Env(env?.to_owned())),
        (_, Field::Absent, _) => {
            wrong(&at.key("key"), "`key` goes with `file` only");
            None
        }
        _ => {
            wrong(at, "a secret has one source: either `env` or `file`");
            None
        }
    }?;
    let named = NamedSecret { source: source.clone(), path: at.path().to_vec(), use_, absence };
    at.file().secrets.borrow_mut().push(named);
    Some(source)
}

fn wrong(at: &At<'_>, message: &str) {
    at.error("bad-secret", message)
        .help("write `{ env = \"NAME\" }`, `{ file = \"path\" }` or `{ file = \"x.env\", key = \"NAME\" }`")
        .report();
}

/// A name that an environment variable can have. A wrong one is not repeated: it may be the secret.
fn variable<'n>(at: &At<'_>, name: &'n str) -> Option<&'n str> {
    let is_name = !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if !is_name {
        at.error("bad-secret", "this cannot be the name of an environment variable")
            .help("write the name of a variable that holds the secret, such as `CUADRA_CLIENT_SECRET`")
            .report();
    }
    is_name.then_some(name)
}

fn not_empty<'t>(at: &At<'_>, text: &'t str) -> Option<&'t str> {
    if text.trim().is_empty() || text.contains('\0') {
        at.error("bad-secret", "this is empty").help("write the path of the file, or the key in it").report();
        return None;
    }
    Some(text)
}
