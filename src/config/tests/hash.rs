//! The fingerprint of a job: it changes with each effective key, and with nothing else.

use std::collections::BTreeSet;

use super::loaded;

/// A file whose first job has every key of lists, elements and waits.
pub(super) const LISTS: &str = r#"
[credentials.c]
bearer = { env = "SECRET" }
secret_issued = 2026-10-01
rotate_after = "80d"
[apis.a]
base_url = "https://api.example.com/v1"
credential = "c"
rate_limit = { requests = 60, per = "1m" }
[apis.a.pages]
by = "cursor"
items = ".items"
cursor = ".next"
more = ".more"
param = "after"
size = { param = "limit", value = 100 }
[jobs.x]
api = "a"
[[jobs.x.calls]]
name = "list"
get = "/list"
pages = true
records = { into = "list", key = ".id", gone = "mark", columns = { a = ".a", b = ".b" } }
remember = { newest = ".newest", oldest = ".oldest" }
[[jobs.x.calls]]
name = "numbered"
for_each = { records = "list" }
each_key = ".key"
concurrency = 2
on_error = "continue"
when = "$state.on"
get = "/numbered"
pages = { by = "page", param = "page", first = 0 }
timeout = "7s"
retry = { attempts = 2 }
[[jobs.x.calls]]
name = "wait"
for_each = '$calls.numbered[]'
get = "/wait"
until = ".done"
failed = ".error"
every = "4s"
within = "3m"
[[jobs.x.calls]]
name = "linked"
get = "/linked"
pages = { by = "link", cursor = ".url" }
[[jobs.x.calls]]
name = "form"
post = "/form"
form = { a = "1", c = "2" }
[[jobs.x.calls]]
name = "text"
put = "/text"
text = "words"
content_type = "text/csv"
[[jobs.x.calls]]
name = "upload"
post = "/upload"
upload = { files = "*.pdf", field = "document", fields = { kind = "pdf" } }
[jobs.z]
api = "a"
calls = [{ get = "/z", records = { into = "other", key = ".id" } }]
"#;

const FILE: &str = r#"
[defaults]
timeout = "30s"
[credentials.c]
token_url = "https://auth.example.com/token"
client_id = "id"
client_secret = { env = "SECRET" }
next_client_secret = { file = "next", optional = true }
auth_method = "body"
token_body = "json"
default_ttl = "5m"
audience = "aud"
extra = { a = "1", b = "2" }
[apis.a]
base_url = "https://api.example.com/v1"
credential = "c"
headers = { Accept = "application/json", X-Key = { env = "SECRET" } }
[jobs.x]
description = "what it does"
schedule = "*/5 * * * *"
timezone = "UTC"
scopes = ["usage:read", "files:read"]
api = "a"
deadline = "10m"
retry = { attempts = 4, backoff = "1s", max_backoff = "1m" }
enabled = true
overlap = "skip"
catch_up = "latest"
catch_up_window = "24h"
jitter = "10s"
after = "y"
[[jobs.x.calls]]
name = "one"
post = "/usage"
query = { a = "1", b = "2" }
headers = { X-A = "1", X-B = "2" }
json = { a = 1, b = [true, "x"] }
idempotency_key = true
metrics = { m = { value = ".m", kind = "counter", unit = "u", limit = ".l", period = { start = ".s", end = ".e" } }, n = ".n" }
expect = { status = [200, 201], that = ".ok" }
[[jobs.x.calls]]
name = "two"
get = "/two"
[jobs.y]
api = "a"
calls = [{ get = "/y" }]
[jobs.z]
api = "a"
calls = [{ get = "/y" }]
"#;

/// Nothing of it is sent: it only says what `check` is to compare.
#[test]
fn what_is_known_of_operations_changes_nothing() {
    let operations = "credential = \"c\"\noperations = [{ method = \"GET\", path = \"/two\" }]\nheaders";
    assert_eq!(changed("credential = \"c\"\nheaders", operations), hash(FILE));
}

fn hash(text: &str) -> String {
    loaded(text).jobs.jobs.values().next().expect("a job").config_hash.clone()
}

fn changed(old: &str, new: &str) -> String {
    assert_eq!(FILE.matches(old).count(), 1, "{old}");
    hash(&FILE.replace(old, new))
}

#[test]
fn it_changes_with_each_effective_key() {
    let mut seen = BTreeSet::from([hash(FILE)]);
    for (old, new) in [
        ("timeout = \"30s\"", "timeout = \"31s\""),
        ("/token\"", "/token2\""),
        ("\"id\"", "\"id2\""),
        ("client_id = \"id\"", "client_id = { env = \"SECRET\" }"),
        ("\nclient_secret = { env = \"SECRET\" }", "\nclient_secret = { env = \"CUADRA_CLIENT_SECRET\" }"),
        ("file = \"next\"", "file = \"next2\""),
        (", optional = true", ""),
        ("\"body\"", "\"basic\""),
        ("\"json\"", "\"form\""),
        ("\"5m\"", "\"6m\""),
        ("\"aud\"", "\"aud2\""),
        ("extra = { a = \"1\"", "extra = { a = \"2\""),
        ("api.example.com/v1", "api.example.com/v2"),
        ("application/json", "text/json"),
        ("Accept", "Accept-Language"),
        ("X-Key = { env = \"SECRET\" }", "X-Key = { file = \"x\" }"),
        ("what it does", "what else it does"),
        ("*/5 * * * *", "*/6 * * * *"),
        ("\"UTC\"", "\"Europe/Berlin\""),
        ("\"files:read\"", "\"files:write\""),
        ("\"10m\"", "\"11m\""),
        ("attempts = 4", "attempts = 5"),
        ("backoff = \"1s\"", "backoff = \"2s\""),
        ("max_backoff = \"1m\"", "max_backoff = \"2m\""),
        ("enabled = true", "enabled = false"),
        ("overlap = \"skip\"", "overlap = \"queue\""),
        ("overlap = \"skip\"", "overlap = \"allow\""),
        ("catch_up = \"latest\"", "catch_up = \"none\""),
        ("catch_up = \"latest\"", "catch_up = \"all\""),
        ("\"24h\"", "\"23h\""),
        ("\"10s\"", "\"11s\""),
        ("jitter = \"10s\"", "jitter = \"10s\"\nredirects = \"same-origin\""),
        ("after = \"y\"", "after = \"z\""),
        ("after = \"y\"\n", ""),
        ("\"one\"", "\"uno\""),
        ("post = \"/usage\"", "post = \"/use\""),
        ("get = \"/two\"", "post = \"/two\""),
        ("query = { a = \"1\"", "query = { a = \"3\""),
        ("X-A = \"1\"", "X-A = \"3\""),
        ("json = { a = 1", "json = { a = 2"),
        ("[true, \"x\"]", "[\"x\", true]"),
        ("idempotency_key = true", "idempotency_key = false"),
        ("\".m\"", "\".mm\""),
        ("kind = \"counter\"", "kind = \"gauge\""),
        ("unit = \"u\"", "unit = \"v\""),
        ("\".l\"", "\".ll\""),
        ("\".s\"", "\".ss\""),
        ("\".e\"", "\".ee\""),
        (", n = \".n\"", ""),
        ("[200, 201]", "[200]"),
        ("\".ok\"", "\".okay\""),
        ("name = \"two\"\nget = \"/two\"\n", "get = \"/two\"\n"),
    ] {
        assert!(seen.insert(changed(old, new)), "{old} -> {new}");
    }
}

#[test]
fn it_changes_with_the_period_of_a_metric() {
    let mut seen = BTreeSet::from([hash(FILE)]);
    for period in [
        "\"month\"",
        "\"week\"",
        "{ every = \"month\", anchor = 2 }",
        "{ every = \"month\", timezone = \"Europe/Berlin\" }",
    ] {
        assert!(seen.insert(changed("{ start = \".s\", end = \".e\" }", period)), "{period}");
    }
    assert_eq!(
        changed("{ start = \".s\", end = \".e\" }", "{ every = \"month\", anchor = 1 }"),
        changed("{ start = \".s\", end = \".e\" }", "\"month\"")
    );
}

#[test]
fn it_changes_with_each_key_of_lists_elements_and_waits() {
    let mut seen = BTreeSet::from([hash(LISTS)]);
    for (old, new) in [
        ("2026-10-01", "2026-10-02"),
        ("\"80d\"", "\"81d\""),
        ("requests = 60", "requests = 61"),
        ("per = \"1m\"", "per = \"2m\""),
        ("rate_limit = { requests = 60, per = \"1m\" }\n", ""),
        ("by = \"cursor\"", "by = \"offset\"\n#"),
        ("\".items\"", "\".data\""),
        ("\".next\"", "\".after\""),
        ("\".more\"", "\".further\""),
        ("\"after\"", "\"cursor\""),
        ("param = \"limit\"", "param = \"size\""),
        ("value = 100", "value = 101"),
        ("pages = true", "pages = false"),
        ("into = \"list\"", "into = \"things\""),
        ("{ into = \"list\", key = \".id\"", "{ into = \"list\", key = \".id2\""),
        ("gone = \"mark\"", "gone = \"mark-empty\""),
        ("gone = \"mark\"", "gone = \"keep\""),
        ("a = \".a\", b = \".b\"", "b = \".b\", a = \".a\""),
        ("a = \".a\"", "a = \".c\""),
        (", b = \".b\"", ""),
        ("\".newest\"", "\".new\""),
        ("newest =", "latest ="),
        ("{ records = \"list\" }", "'$calls.list[]'"),
        ("each_key = \".key\"\n", ""),
        ("each_key = \".key\"", "each_key = \".name\""),
        ("concurrency = 2", "concurrency = 3"),
        ("on_error = \"continue\"", "on_error = \"fail\""),
        ("$state.on", "$state.off"),
        ("first = 0", "first = 1"),
        ("param = \"page\"", "param = \"p\""),
        ("timeout = \"7s\"", "timeout = \"8s\""),
        ("timeout = \"7s\"\n", ""),
        ("attempts = 2", "attempts = 3"),
        ("'$calls.numbered[]'", "'$calls.list[]'"),
        ("\".done\"", "\".ready\""),
        ("\".error\"", "\".failed\""),
        ("\"4s\"", "\"3s\""),
        ("\"3m\"", "\"4m\""),
        (", cursor = \".url\"", ""),
        ("form = { a = \"1\"", "form = { a = \"3\""),
        ("form = { a = \"1\", c = \"2\" }", "json = { a = \"1\", c = \"2\" }"),
        ("\"words\"", "\"other words\""),
        ("text/csv", "text/plain"),
        ("put =", "patch ="),
        ("*.pdf", "*.doc"),
        ("\"document\"", "\"file\""),
        ("kind = \"pdf\"", "kind = \"doc\""),
    ] {
        let text = match new {
            "into = \"things\"" => LISTS.replace("records = \"list\"", "records = \"things\""),
            "by = \"offset\"\n#" => LISTS.replace("cursor = \".next\"\n", ""),
            _ => LISTS.to_owned(),
        };
        assert_eq!(text.matches(old).count(), 1, "{old}");
        assert!(seen.insert(hash(&text.replace(old, new))), "{old} -> {new}");
    }
}

#[test]
fn what_a_call_says_as_its_api_or_its_job_says_it_changes_nothing() {
    for (old, new) in [
        ("pages = true", "pages = {}"),
        ("pages = true", "pages = { by = \"cursor\", items = \".items\", size = { param = \"limit\", value = 100 } }"),
        ("form = { a = \"1\", c = \"2\" }", "form = { c = \"2\", a = \"1\" }"),
        ("newest = \".newest\", oldest = \".oldest\"", "oldest = \".oldest\", newest = \".newest\""),
        ("name = \"linked\"", "name = \"linked\"\ntimeout = \"30s\"\nretry = {}\non_error = \"fail\""),
        ("into = \"other\"", "into = \"another\""),
    ] {
        assert_eq!(LISTS.matches(old).count(), 1, "{old}");
        assert_eq!(hash(&LISTS.replace(old, new)), hash(LISTS), "{old} -> {new}");
    }
}

#[test]
fn it_stays_when_the_same_is_said_otherwise() {
    for (old, new) in [
        ("timeout = \"30s\"", "timeout = \"30000ms\" # half a minute"),
        ("\"10m\"", "\"600 seconds\""),
        ("*/5 * * * *", " */5  * * * *"),
        ("[\"usage:read\", \"files:read\"]", "[\"files:read\", \"usage:read\", \"usage:read\"]"),
        ("extra = { a = \"1\", b = \"2\" }", "extra = { b = \"2\", a = \"1\" }"),
        ("query = { a = \"1\", b = \"2\" }", "query = { b = \"2\", a = \"1\" }"),
        ("headers = { X-A = \"1\", X-B = \"2\" }", "headers = { x-b = \"2\", x-a = \"1\" }"),
        ("json = { a = 1, b = [true, \"x\"] }", "json = { b = [true, \"x\"], a = 1 }"),
        ("[200, 201]", "[201, 200, 200]"),
        ("api.example.com/v1", "API.example.com:443/v1/"),
        ("enabled = true\noverlap = \"skip\"\ncatch_up = \"latest\"\ncatch_up_window = \"24h\"\n", ""),
        ("\"24h\"", "\"1day\""),
        ("jitter = \"10s\"", "jitter = \"10s\"\nredirects = \"none\""),
        (
            "[defaults]\n",
            "[store]\nkeep_runs = \"1d\"\n[credentials.other]\nbearer = { env = \"SECRET\" }\n[defaults]\n",
        ),
    ] {
        assert_eq!(changed(old, new), hash(FILE), "{old} -> {new}");
    }
}

#[test]
fn it_is_sixteen_hex_digits_and_the_same_for_ever() {
    // A new version that changes this makes every running `serve` look as if it had another file.
    assert_eq!(hash(super::GOOD), "d742898628a53d78");
}
