//! The answer of a token endpoint: status, headers, an empty line, body. It gives a token or a reason, and whatever is
//! said of it, the token is not in it.

use std::path::Path;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use apicron::config;
use apicron::job::Credential;
use apicron::secret::{Environment, Redactor, Secret};
use apicron::token::{Answer, Cut, Granted, TokenFailure, read_answer};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Map, Value};

use super::parts;
use super::well_formed::assert_well_formed;

/// Stands for each `TOKEN` of an input: nothing that apicron says by itself holds it.
const CANARY: &str = "cnry7Qx2Zp9kTOKENw4";

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

pub(crate) fn run(bytes: &[u8]) {
    let input = parts::lossy(bytes).replace("TOKEN", CANARY);
    let (head, body) = parts::halves(&input);
    let (status, headers) = parts::first_line(head);
    let answer = Answer {
        status: parts::status(status, 200),
        headers: read_headers(headers),
        body: Secret::new(body.to_owned()),
        cut: if status.ends_with(' ') { Cut::Cut } else { Cut::Whole },
    };
    let read = read_answer(&CREDENTIAL, &answer, &Redactor::new(), parts::time(""));
    let token = token(body);
    match read.expect("an OAuth client") {
        Ok(granted) => assert_usable(&granted),
        Err(failure) => assert_silent(&failure, token.as_deref()),
    }
}

fn assert_usable(granted: &Granted) {
    let token = granted.token.expose();
    assert!(!token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic()), "{token:?} fits no header");
    assert!(granted.life.usable.is_none_or(|life| !life.is_zero() && life <= DAY), "{:?}", granted.life);
    if token.contains(CANARY) {
        assert!(!format!("{:?} {:?}", granted.token, granted.life).contains(CANARY), "the token is shown");
    }
}

fn assert_silent(failure: &TokenFailure, token: Option<&str>) {
    let evidence = failure.evidence().expect("an answer leaves evidence");
    let judgement = apicron::diagnose::diagnose(evidence);
    assert_well_formed(&judgement);
    let sentence = failure.to_string();
    assert!(!sentence.contains(char::is_control), "{sentence:?}");
    let Some(token) = token.filter(|token| token.contains(CANARY)) else { return };
    let stored = &evidence.response;
    let lines = stored.headers.values().flat_map(apicron::run::HeaderValue::lines).map(String::as_str);
    let request_id = evidence.context.as_ref().and_then(|context| context.request_id.as_deref());
    let said = [&*sentence, &*judgement.summary, &*judgement.remedy, &*stored.body];
    for said in said.into_iter().chain(lines).chain(request_id) {
        assert!(!said.contains(token), "the token is in {said:?}");
    }
}

/// The token of a body, also of one that nobody may use.
fn token(body: &str) -> Option<String> {
    let fields: Map<String, Value> = serde_json::from_str(body).ok()?;
    fields.get("access_token")?.as_str().map(str::to_owned)
}

fn read_headers(lines: &str) -> HeaderMap {
    let line = |line: &str| {
        let (name, value) = line.split_once(':')?;
        Some((HeaderName::try_from(name.trim()).ok()?, HeaderValue::try_from(value.trim()).ok()?))
    };
    lines.lines().filter_map(line).take(64).collect()
}

static CREDENTIAL: LazyLock<Arc<Credential>> = LazyLock::new(|| {
    let text = r#"
[credentials.c]
token_url = "https://auth.example.com/token"
client_id = "id"
client_secret = { env = "SECRET" }
[apis.a]
base_url = "https://api.example.com"
credential = "c"
[jobs.j]
schedule = "@daily"
api = "a"
[[jobs.j.calls]]
get = "/x"
"#;
    let environment = Environment::fixed([("SECRET", "correct-horse-battery")]);
    let loaded = config::parse(Path::new("/nowhere/jobs.toml"), text, &environment).expect("a job file");
    loaded.jobs.credentials.into_values().next().expect("a credential")
});
