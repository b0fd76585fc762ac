//! Bad files, and what is said about them.
//!
//! Each case is a rule and a file that breaks it; the snapshots show what people see.

use super::{GOOD, check};

/// [`GOOD`] with one text replaced by another.
fn with(old: &str, new: &str) -> String {
    assert!(GOOD.contains(old), "{old}");
    GOOD.replacen(old, new, 1)
}

/// [`GOOD`] with more at its end, which is in the call of job `x`.
fn and(more: &str) -> String {
    format!("{GOOD}{more}\n")
}

#[test]
fn syntax() {
    check(
        "syntax",
        &[
            ("a text without quotes", with("\"*/5 * * * *\"", "hourly")),
            ("a time without quotes", and("[defaults]\ntimeout = 30s")),
            ("a filter with backslashes in double quotes", and("metrics = { a = \"\\(.x)\" }")),
            ("a text without an end, which is a secret", with("{ env = \"SECRET\" }", "\"hunter2-hunter2")),
            (
                "a secret of another program, whose help does not repeat it",
                format!("API_SECRET = hunter2hunter2\n{GOOD}"),
            ),
            ("a table that comes twice", and("[jobs.x]\napi = \"a\"")),
            ("a key that comes twice", with("api = \"a\"\n", "api = \"a\"\napi = \"b\"\n")),
            ("other problems are still shown", and("expct = {}\n[defaults]\ntimeout = 30s\ntimezone = \"UTX\"")),
            ("brackets without an end", format!("concurrency = {}\n", "[".repeat(100))),
            ("tables in tables without an end", format!("concurrency = {}\n", "{ a = ".repeat(90))),
            ("a key of very many parts", format!("concurrency{} = 1\n", ".a".repeat(100))),
            ("a header of very many parts", format!("[jobs{}]\n", ".a".repeat(100))),
            ("a number beyond all bounds", format!("concurrency = {}\n", "9".repeat(60))),
        ],
    );
}

#[test]
fn keys() {
    check(
        "keys",
        &[
            ("a misspelled key", with("schedule =", "shedule =")),
            ("an unknown key", with("schedule =", "frequency =")),
            ("a misspelled section", with("[apis.a]", "[api.a]")),
            ("an unknown key of an inner table", and("expect = { statuses = [200] }")),
            ("a key of the job after its calls", and("timezone = \"UTC\"")),
            ("a key of the file after a table", and("concurrency = 3")),
            ("a key of a call in the job", with("api = \"a\"\n", "api = \"a\"\nget = \"/x\"\n")),
            ("a key of retry in the job", with("api = \"a\"\n", "api = \"a\"\nattempts = 3\n")),
            ("a key of a job at the top", format!("schedule = \"@hourly\"\n{GOOD}")),
            ("a key of the call among its metrics", and("[jobs.x.calls.metrics]\nexpect = [200]")),
        ],
    );
}

#[test]
fn keys_of_later_versions() {
    check(
        "keys_of_later_versions",
        &[
            ("a whole table", and("[web]\nlisten = \"127.0.0.1:8080\"")),
            ("a key at the top", format!("web = true\n{GOOD}")),
        ],
    );
}

#[test]
fn values() {
    check(
        "values",
        &[
            ("a number for a time", and("[defaults]\ntimeout = 30")),
            ("a word that is none for redirects", and("[defaults]\nredirects = \"same_origin\"")),
            ("a time without a unit", and("[defaults]\ntimeout = \"30\"")),
            ("no time at all", and("[defaults]\ndeadline = \"0s\"")),
            ("a number for a size", and("[limits]\nbody = 1000")),
            ("a text that is no size", and("[limits]\nbody = \"10 megs\"")),
            ("a text for a number", format!("concurrency = \"many\"\n{GOOD}")),
            ("a number out of bounds", format!("concurrency = 0\n{GOOD}")),
            ("a text for a list", with("[\"usage:read\"]", "\"usage:read\"")),
            ("a text for a table", and("expect = \"ok\"")),
            ("a date for a table", and("expect = 2026-01-01")),
            ("a table for a list of tables", with("[[jobs.x.calls]]", "[jobs.x.calls]")),
            ("a text for a boolean", with("api = \"a\"\n", "api = \"a\"\nenabled = \"yes\"\n")),
            ("a word that is not in the list", with("client_id =", "auth_method = \"bodi\"\nclient_id =")),
            (
                "words of policies that are not in the list",
                with("api = \"a\"\n", "api = \"a\"\noverlap = \"que\"\ncatch_up = \"newest\"\n"),
            ),
            ("a window of no length", and("[defaults]\ncatch_up_window = \"0s\"")),
            ("a delay without a unit", and("[defaults]\njitter = 30")),
            ("too many attempts", and("[defaults]\nretry = { attempts = 1000 }")),
            ("no attempt at all", and("[defaults]\nretry = { attempts = 0 }")),
            ("a first wait beyond the longest", and("[defaults]\nretry = { backoff = \"2m\" }")),
            ("a zone that does not exist", and("[defaults]\ntimezone = \"Europe/Berln\"")),
            ("another database", and("[store]\nurl = \"postgres://localhost/apicron\"")),
            ("a database in memory", and("[store]\nurl = \"sqlite::memory:\"")),
            ("a status that is none", and("expect = { status = [200, 2000] }")),
            ("one status without brackets", and("expect = { status = 201 }")),
        ],
    );
}

#[test]
fn credentials() {
    check(
        "credentials",
        &[
            ("a literal secret", with("{ env = \"SECRET\" }", "\"hunter2-hunter2\"")),
            (
                "a literal bearer",
                with(
                    "token_url = \"https://auth.example.com/token\"\nclient_id = \"id\"\nclient_secret = { env = \"SECRET\" }",
                    "bearer = \"hunter2-hunter2\"",
                ),
            ),
            (
                "a misspelled key with a secret",
                with("client_secret = { env = \"SECRET\" }", "clent_secret = \"hunter2-hunter2\""),
            ),
            ("a secret for the name of a variable", with("\"SECRET\"", "\"hunter2-hunter2\"")),
            ("two sources", with("env = \"SECRET\"", "env = \"SECRET\", file = \"x\"")),
            ("no source", with("{ env = \"SECRET\" }", "{}")),
            ("a key without a file", with("env = \"SECRET\"", "env = \"SECRET\", key = \"K\"")),
            ("a client and a bearer", with("client_id =", "bearer = { env = \"SECRET\" }\nclient_id =")),
            ("neither a client nor a bearer", with("token_url = \"https://auth.example.com/token\"\n", "")),
            ("a client without an id", with("client_id = \"id\"\n", "")),
            ("a field that has its own place", with("client_id =", "extra = { scope = \"x\" }\nclient_id =")),
            ("a secret that is too short", with("env = \"SECRET\"", "env = \"SHORT\"")),
        ],
    );
}

#[test]
fn urls() {
    let base = |url: &str| with("https://api.example.com/v1", url);
    check(
        "urls",
        &[
            ("no scheme", base("api.example.com/v1")),
            ("http to another machine", base("http://api.example.com/v1")),
            ("another scheme", base("ftp://api.example.com/v1")),
            ("a query", base("https://api.example.com/v1?a=b")),
            ("a fragment", base("https://api.example.com/v1#a")),
            ("a user and a password, which are not shown", base("https://me:hunter2-hunter2@example.com/v1")),
            ("cloud metadata, written as a number", base("https://2852039166/")),
            ("this host, whichever it is", base("http://0/")),
            ("no host", base("https://")),
            ("http to this machine is right", base("http://127.0.0.1:8080/v1/")),
            ("http for tokens", with("https://auth.", "http://auth.")),
        ],
    );
}

#[test]
fn names() {
    check(
        "names",
        &[
            ("a name with capitals", GOOD.replace("jobs.x", "jobs.X")),
            (
                "what lacks under a bad name is not said as well",
                and("[jobs.\"日本\"]\n[apis.B]\n[credentials.C]\nbearer = { env = \"SECRET\" }\nclient_id = \"id\""),
            ),
            (
                "what is wrong under a bad name is said, with no other name than that",
                and(
                    "[jobs.\"日本\"]\napi = \"B\"\nschedule = \"61 * * * *\"\nscopes = [\"a b\"]\n[apis.B]\nbase_url = \"http://b.example.com\"\n[apis.C]\nbase_url = \"https://c.example.com\"\ncredential = \"c\"",
                ),
            ),
            ("a reserved job", GOOD.replace("jobs.x", "jobs.credential")),
            ("a reserved metric", and("metrics = { up = \".x\" }")),
            (
                "a metric twice in a job",
                and("metrics = { n = \".x\" }\n[[jobs.x.calls]]\nget = \"/y\"\nmetrics = { n = \".x\" }"),
            ),
            ("a call twice in a job", and("name = \"n\"\n[[jobs.x.calls]]\nget = \"/y\"\nname = \"n\"")),
            ("a call with a bad name", and("name = \"My Call\"")),
            ("an API that does not exist", with("api = \"a\"", "api = \"b\"")),
            ("a misspelled API", GOOD.replace("[apis.a]", "[apis.cuadra]").replace("api = \"a\"", "api = \"caudra\"")),
            ("a credential that does not exist", with("credential = \"c\"", "credential = \"production\"")),
            (
                "an API with a wrong name is found all the same",
                GOOD.replace("[apis.a]", "[apis.A]").replace("api = \"a\"", "api = \"A\""),
            ),
        ],
    );
}

/// A job that comes after another.
fn job_after(name: &str, after: &str) -> String {
    format!("[jobs.{name}]\napi = \"a\"\nafter = {after:?}\ncalls = [{{ get = \"/\" }}]\n")
}

#[test]
fn after() {
    let x_after = |name: &str| with("api = \"a\"\n", &format!("api = \"a\"\nafter = {name:?}\n"));
    check(
        "after",
        &[
            ("a job that exists is right", and(&job_after("y", "x"))),
            ("a misspelled job", and(&job_after("usage-report", "x")) + &job_after("z", "usage-raport")),
            ("a job that does not exist", x_after("production")),
            ("itself", x_after("x")),
            ("each other", x_after("y") + &job_after("y", "x")),
            (
                "a circle of three, and one that leads into it and is not blamed",
                x_after("y") + &job_after("v", "y") + &job_after("y", "z") + &job_after("z", "x"),
            ),
            ("two circles are two problems", x_after("x") + &job_after("y", "z") + &job_after("z", "y")),
            ("not a name", with("api = \"a\"\n", "api = \"a\"\nafter = [\"y\"]\n")),
            ("a job that is wrong itself", and("[jobs.z]\nafter = \"nobody\"\ncalls = []")),
            ("a default is no job's", and("[defaults]\nafter = \"x\"")),
        ],
    );
}

#[test]
fn heartbeat() {
    check(
        "heartbeat",
        &[
            ("a literal address, which is not shown", and("[heartbeat]\nurl = \"https://ping.example.com/hunter2\"")),
            ("no address", and("[heartbeat]\nevery = \"1m\"")),
            ("too often", and("[heartbeat]\nurl = { env = \"SECRET\" }\nevery = \"500ms\"")),
            ("an absent address", and("[heartbeat]\nurl = { env = \"GONE\" }")),
            ("another key", and("[heartbeat]\nurl = { env = \"SECRET\" }\nevry = \"2m\"")),
            ("no table", format!("heartbeat = \"https://ping.example.com/hunter2\"\n{GOOD}")),
        ],
    );
}

#[test]
fn jobs_and_calls() {
    check(
        "jobs_and_calls",
        &[
            ("a job without an API", with("api = \"a\"\n", "")),
            ("a job without calls", with("[[jobs.x.calls]]\nget = \"/usage\"\n", "")),
            ("a call without a method", with("get = \"/usage\"", "name = \"x\"")),
            ("a call with two methods", and("post = \"/y\"")),
            ("a whole URL for a path", with("\"/usage\"", "\"https://api.example.com/v1/usage\"")),
            ("a path without its slash", with("\"/usage\"", "\"usage\"")),
            ("a path with a query", with("\"/usage\"", "\"/usage?limit=1\"")),
            ("a path that climbs", with("\"/usage\"", "\"/a/../usage\"")),
            ("a path that climbs, encoded", with("\"/usage\"", "\"/s/%2e%2E/.%2e\"")),
            ("a GET with a body", and("json = { a = 1 }")),
            ("a GET with an idempotency key", and("idempotency_key = true")),
            ("a number that JSON cannot say", with("get = \"/usage\"", "post = \"/usage\"\njson = { a = [1, nan] }")),
            ("two scopes in one text", with("\"usage:read\"", "\"usage:read files:read\"")),
            ("scopes for an API without a credential", with("credential = \"c\"\n", "")),
            ("a metric without a value", and("metrics = { n = { kind = \"counter\" } }")),
            ("a metric of an unknown kind", and("metrics = { n = { value = \".x\", kind = \"guage\" } }")),
            ("a period by name", and("metrics = { n = { value = \".x\", period = \"monht\" } }")),
            ("half a period", and("metrics = { n = { value = \".x\", period = { start = \".x\" } } }")),
        ],
    );
}

#[test]
fn headers() {
    check(
        "headers",
        &[
            ("authorization is the credential's", and("headers = { Authorization = { env = \"SECRET\" } }")),
            ("a literal secret", with("credential = \"c\"\n", "headers = { X-Api-Key = \"hunter2-hunter2\" }\n")),
            ("what the connection makes", and("headers = { Content-Length = \"3\" }")),
            ("a name that is none", and("headers = { \"a b\" = \"3\" }")),
            ("a name twice", and("headers = { Accept = \"a\", accept = \"b\" }")),
            ("control characters", and("headers = { X = \"a\\nb\" }")),
            ("a number", and("headers = { X = 3 }")),
        ],
    );
}

#[test]
fn warnings() {
    let two_hosts = "[apis.b]\nbase_url = \"https://api.example.org\"\ncredential = \"c\"";
    check(
        "warnings",
        &[
            ("an absent secret", with("env = \"SECRET\"", "env = \"GONE\"")),
            ("an absent client id", with("client_id = \"id\"", "client_id = { env = \"GONE\" }")),
            ("a credential for two hosts", and(two_hosts)),
            ("tokens of a test system for another one", with("https://auth.", "https://auth-staging.")),
            ("a scope that may do anything", with("\"usage:read\"", "\"org:admin\"")),
            ("a delay that may reach the next tick", with("api = \"a\"\n", "api = \"a\"\njitter = \"5m\"\n")),
            (
                "such a delay by default, and a job that has none",
                and(
                    "[defaults]\njitter = \"10m\"\n[jobs.y]\napi = \"a\"\nschedule = \"@every 1m\"\njitter = \"0s\"\ncalls = [{ get = \"/\" }]\n[jobs.z]\napi = \"a\"\nschedule = \"@hourly\"\ncalls = [{ get = \"/\" }]",
                ),
            ),
            ("an inline table over several lines", and("expect = {\n  status = [\n    200,\n  ]\n}")),
            ("a comma before the end of an inline table", and("expect = { status = [200], }")),
            ("an escape of TOML 1.1", with("client_id = \"id\"", "client_id = \"i\\x64\"")),
        ],
    );
}

#[test]
fn eight_different_mistakes_are_eight_problems_in_order() {
    let text = r#"concurrency = 0
[credentials.c]
token_url = "http://auth.example.com/token"
client_id = "id"
client_secret = "hunter2-hunter2"
[apis.a]
base_url = "https://api.example.com/v1"
credential = "d"
[web]
[jobs.x]
timeuot = "30s"
api = "a"
[[jobs.x.calls]]
get = "usage"
schedule = "@hourly"
"#;
    let problems = super::problems(text);
    let lines: Vec<u32> = problems.iter().map(|problem| problem.line).collect();
    assert_eq!(lines, [1, 3, 5, 8, 9, 11, 14, 15]);
    let mut codes: Vec<_> = problems.iter().map(|problem| problem.code).collect();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), 8, "{codes:?}");
    check("eight_mistakes", &[("eight different mistakes", text.to_owned())]);
}
