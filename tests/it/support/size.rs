//! How much a test does: a part in CI, all of it in the long run (`tests/long`).

use std::fmt::Display;
use std::io::Write;

use apicron::secret::Environment;

/// `in_ci`, or with `APICRON_LONG` set `in_full`.
pub(crate) fn size(in_ci: u64, in_full: u64) -> u64 {
    if Environment::process().get("APICRON_LONG").is_some() { in_full } else { in_ci }
}

/// A number of the environment, or another.
pub(crate) fn number(name: &str, otherwise: u64) -> u64 {
    Environment::process().get(name).map_or(otherwise, |text| text.parse().expect(name))
}

/// A figure for the table of `docs/reliability.md`, after the number of its row. `tests/long` shows it.
#[expect(clippy::print_stdout, reason = "the harness keeps it, unless it is told not to")]
pub(crate) fn figure(row: &str, what: impl Display) {
    println!("{row}: {what}");
}

/// Says that a test does nothing here, and why: past the harness, which shows what failed alone.
pub(crate) fn skipped(why: &str) {
    let name = std::thread::current().name().unwrap_or("a test").to_owned();
    drop(writeln!(std::io::stderr(), "SKIPPED {name}: {why}"));
}
