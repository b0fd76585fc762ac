//! The jobs of an ordeal: sixty that are due each second, of each kind that a crash could harm.

use apicron::standin::Standin;

use crate::support::lists;

/// Where jobs post to.
pub(crate) const SNAPSHOTS: &str = "/v1/datasets/ds_demo1/snapshots";

/// How many datasets there are to be mirrored: ten pages.
pub(crate) const DATASETS: u64 = 1_000;

/// Post under an idempotency key.
const KEYED: usize = 30;
/// Post without one, so that nothing tells the API that it is the same again.
const UNSAFE: usize = 14;
/// Read a number.
const READING: usize = 15;

/// What a crash may do to a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Nature {
    /// A tick of it may be sent twice under its key.
    Keyed,
    /// A tick of it may be sent once.
    Unsafe,
    /// A tick of it may be read twice.
    Reading,
    /// It reads a list of several pages, and goes on in the middle.
    Mirror,
}

/// All jobs, with their nature.
pub(crate) fn names() -> impl Iterator<Item = (String, Nature)> {
    let numbered = |word: &'static str, count, nature| (0..count).map(move |n| (format!("{word}-{n}"), nature));
    numbered("keyed", KEYED, Nature::Keyed)
        .chain(numbered("unsafe", UNSAFE, Nature::Unsafe))
        .chain(numbered("reading", READING, Nature::Reading))
        .chain([("mirror".to_owned(), Nature::Mirror)])
}

pub(crate) fn job_file(standin: &Standin) -> String {
    let text: String = names().map(|(name, nature)| job(&name, nature)).collect();
    lists::job_file(standin, &text)
}

/// The body of a post names its tick.
fn job(name: &str, nature: Nature) -> String {
    let post = |keys: &str| {
        format!(
            r#"
[jobs.{name}]
schedule = "@every 1s"
scopes   = ["datasets:write"]
api      = "standin"

[[jobs.{name}.calls]]
name = "snapshot"
post = "/datasets/ds_demo1/snapshots"
json = {{ notes = "{{{{ $run.job }}}} {{{{ $run.scheduled_for }}}}" }}
{keys}
"#
        )
    };
    match nature {
        Nature::Keyed => post(""),
        Nature::Unsafe => post("idempotency_key = false"),
        Nature::Reading => format!(
            r#"
[jobs.{name}]
schedule = "@every 1s"
scopes   = ["datasets:read"]
api      = "standin"

[[jobs.{name}.calls]]
name     = "datasets"
get      = "/datasets"
query    = {{ limit = 1 }}
metrics  = {{ read = ".items | length" }}
remember = {{ last = ".items[0].id" }}
"#
        ),
        Nature::Mirror => lists::mirror("schedule = \"@every 1s\""),
    }
}
