//! One run of the real binary against a token endpoint that goes wrong, and what it says.

use apicron::standin::{Fault, Knobs, OPS};
use serde_json::{Value, json};

use crate::support::jobs::{head, json_lines, usage_job};
use crate::support::redact::by_word;
use crate::support::standin;
use crate::support::{binary::Folder, rows, serving};

pub(super) const TOKEN: &str = "/v1/oauth2/token";
pub(super) const USAGE: &str = "/v1/usage";

/// Something that goes wrong, by name.
pub(super) struct Case {
    name: &'static str,
    knobs: Knobs,
    keys: &'static str,
}

/// A case with a job that tries twice and has ten seconds.
pub(super) fn case(name: &'static str, knobs: Knobs) -> Case {
    Case { name, knobs, keys: "deadline = \"10s\"\nretry = { attempts = 2, backoff = \"100ms\" }" }
}

impl Case {
    /// The same with other keys of the job.
    pub(super) fn with(self, keys: &'static str) -> Case {
        Case { keys, ..self }
    }
}

/// A token endpoint that answers so.
pub(super) fn refusing(fault: Fault) -> Knobs {
    Knobs { faults: vec![Fault { path: TOKEN.to_owned(), ..fault }, welcome()], ..Knobs::default() }
}

/// A token endpoint that answers 200 with this body; a text goes out as it is.
pub(super) fn replying(body: Value) -> Knobs {
    refusing(Fault { body: Some(body), ..Fault::status(TOKEN, 200) })
}

/// A token reply in which one field is another.
pub(super) fn reply_with(name: &str, value: Value) -> Knobs {
    let mut reply = json!({ "access_token": "a-token-of-the-test", "token_type": "bearer", "expires_in": 3600 });
    reply[name] = value;
    replying(reply)
}

/// A token reply in which one field is absent.
pub(super) fn reply_without(name: &str) -> Knobs {
    let mut reply = json!({ "access_token": "a-token-of-the-test", "token_type": "bearer", "expires_in": 3600 });
    reply.as_object_mut().expect("an object").remove(name);
    replying(reply)
}

/// An API that takes whatever token it is shown.
pub(super) fn welcome() -> Fault {
    Fault { body: Some(json!({ "credits": { "used": 1 } })), ..Fault::status(USAGE, 200) }
}

/// How a run ended, what was asked for it, and what it says: some lines.
pub(super) async fn told(case: Case) -> String {
    let standin = standin::start_with(case.knobs).await;
    let folder = Folder::new().file("jobs.toml", &(head(&standin) + &usage_job("balance", case.keys)));
    let folder = folder.env("CLIENT_ID", OPS.id).env("CLIENT_SECRET", OPS.secret);
    let (folder, ended) = tokio::task::spawn_blocking(move || {
        let ended = folder.run(&["run", "balance", "--json"]);
        (folder, ended)
    })
    .await
    .expect("no panic");
    assert!(!ended.stderr.contains("panicked"), "{}: {}", case.name, ended.stderr);
    let run = json_lines(&ended).swap_remove(0);
    let word = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let diagnosis = &run["diagnosis"];
    let counts = standin.counts();
    let life = "select coalesce(group_concat(distinct detail), '-') from v_token_events where event != 'failed'";
    let life = rows::only(&serving::store(&folder), life).await;
    let asked = counts.of("POST", TOKEN) + counts.of("GET", USAGE);
    assert_eq!(asked, counts.requests.values().sum::<u64>(), "{}: nobody else is asked: {counts:?}", case.name);
    let text = format!(
        "{}: exit {}, {} ({}), verdict {} by {}; {} token requests, {} API requests\n  {}\n  {}\n  → {}",
        case.name,
        ended.code(),
        word(&run["state"]),
        word(&run["kind"]),
        word(&diagnosis["verdict"]),
        word(&diagnosis["rule"]),
        counts.of("POST", TOKEN),
        counts.of("GET", USAGE),
        word(&run["reason"]),
        life,
        word(&diagnosis["remedy"]),
    );
    // A second more or less is the machine's.
    by_word(&text.replace(&standin.url(), "URL")).replace("in 10m <duration>s,", "in 10m,")
}

/// All of them, some at a time.
pub(super) async fn told_of_all(cases: Vec<Case>) -> String {
    use futures_util::{StreamExt, stream};
    let told: Vec<String> = stream::iter(cases).map(told).buffered(4).collect().await;
    told.join("\n\n")
}
