//! A folder with a secret at each place where one can be, and jobs that carry all of them to an API that says them back.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::canary::Canary;
use crate::support::binary::Folder;

/// Its value is no secret, and goes the ways of those that are.
pub(super) const CONTROL: &str = "control";

/// What each API of the scenario sends back.
const WAYS: [&str; 13] =
    ["report", "stale", "text", "redirect", "link", "torn", "halved", "long", "400", "401", "402", "403", "404"];

pub(super) struct Scenario {
    pub(super) folder: Folder,
    pub(super) canaries: Vec<Canary>,
    pub(super) control: Canary,
}

/// Where a client's secret is, what is special in it, and how it is presented.
const CLIENTS: [(&str, &str, Place, &str); 12] = [
    ("quoted", "\"\\/", Place::Env, "auth_method = \"body\"\ntoken_body = \"json\""),
    ("addressed", "%+& =", Place::File(""), "auth_method = \"basic\""),
    ("raw", ".", Place::EnvFile, "auth_method = \"basic-raw\""),
    ("form", "%2F/é😀", Place::Env, "auth_method = \"body\""),
    ("lines", "\n", Place::File("\n"), "auth_method = \"body\"\ntoken_body = \"json\""),
    ("spaced", "_", Place::File(" \n\n"), "auth_method = \"body\"\ntoken_body = \"json\""),
    ("markup", "<'&\">", Place::Env, "auth_method = \"body\"\nextra = { resource = \"echo\" }"),
    ("turned", "-", Place::Env, "auth_method = \"basic\"\nnext_client_secret = { file = \"next\" }"),
    ("refused", "\"", Place::Env, "auth_method = \"body\"\ntoken_body = \"json\""),
    ("html", "&", Place::Env, "auth_method = \"basic\""),
    ("broken", "/", Place::Env, "auth_method = \"body\""),
    ("odd", "=", Place::Env, "auth_method = \"body\""),
];

/// In the keys that each API has of its own.
const SPECIAL: [&str; 7] = ["", "\\u002f", "&amp;", "%25", "'", "{}", "\\\""];

/// Jobs that run by themselves; the others are asked for.
const TICKING: [&str; 3] = ["quoted-report", "quoted-stale", "refused-report"];

#[derive(Clone, Copy)]
enum Place {
    Env,
    /// With this after it.
    File(&'static str),
    EnvFile,
}

impl Scenario {
    pub(super) fn new(echo: &str) -> Scenario {
        let control = Canary::at(CONTROL, "/\"& ");
        let mut scenario = Scenario { folder: Folder::new(), canaries: Vec::new(), control };
        let mut text = String::from(
            "[limits]\nbody = \"128KiB\"\n[heartbeat]\nurl = { env = \"HEARTBEAT\" }\nevery = \"10s\"\n\
             [defaults]\nretry = { attempts = 1 }\ndeadline = \"20s\"\n",
        );
        scenario = scenario.env("HEARTBEAT", &format!("{echo}/api/heartbeat/"), "-");
        for (name, special, place, keys) in CLIENTS {
            let source = scenario.put(name, special, place);
            write!(
                text,
                "[credentials.{name}]\ntoken_url = \"{echo}/token/{name}\"\nclient_id = {{ env = \"ID\" }}\n\
                 client_secret = {source}\n{keys}\n"
            )
            .expect("written");
        }
        scenario.folder = scenario.folder.env("ID", "the-client");
        scenario = scenario.file("next", "Next", "-", "\n").file("session", "", "~", "\n").env("PERSONAL", "", "_");
        text += "[credentials.session]\nbearer = { file = \"session\" }\n";
        text += "[credentials.personal]\nbearer = { env = \"PERSONAL\" }\n";
        scenario = scenario.env("KEY", "", "\"/").file("key", "", "=&", "\r\n").env("SCHEME", "Token ", "+");
        scenario = scenario.env("CALL_KEY", "", "%").file("call_key", "", ";", "");
        let pair = format!("the-user:{}", scenario.canary("password of Basic", "."));
        scenario.folder = scenario.folder.env("BASIC", &format!("Basic {}", STANDARD.encode(pair)));
        let names = CLIENTS.map(|(name, ..)| name).into_iter().chain(["session", "personal"]);
        for (n, name) in names.enumerate() {
            let special = SPECIAL[n % SPECIAL.len()];
            scenario = scenario.env(&format!("OWN_{}", name.to_uppercase()), "", special);
            text += &scenario.api(echo, name, n == 0);
        }
        scenario.folder = scenario.folder.file("jobs.toml", &text).file("out/a.txt", "content");
        scenario
    }

    fn env(mut self, name: &str, before: &str, special: &str) -> Scenario {
        let value = self.canary(&format!("environment variable {name}"), special);
        self.folder = self.folder.env(name, &(before.to_owned() + &value));
        self
    }

    fn file(mut self, name: &str, before: &str, special: &str, after: &str) -> Scenario {
        let value = self.canary(&format!("file {name}"), special);
        self.folder = self.folder.file(name, &format!("{before}{value}{after}"));
        self
    }

    fn canary(&mut self, place: &str, special: &str) -> String {
        let canary = Canary::at(place, special);
        self.canaries.push(canary.clone());
        canary.value
    }

    /// Puts a secret there, and gives its source as a job file says it.
    fn put(&mut self, name: &str, special: &str, place: Place) -> String {
        let value = self.canary(&format!("secret of client {name}"), special);
        let folder = std::mem::replace(&mut self.folder, Folder::new());
        let upper = name.to_uppercase();
        let (folder, source) = match place {
            Place::Env => (folder.env(&upper, &value), format!("{{ env = \"{upper}\" }}")),
            Place::File(after) => {
                (folder.file(&format!("{name}.key"), &(value + after)), format!("{{ file = \"{name}.key\" }}"))
            }
            Place::EnvFile => {
                let lines = format!("# keys\nexport {upper}=\"{value}\"\n");
                (folder.file("keys.env", &lines), format!("{{ file = \"keys.env\", key = \"{upper}\" }}"))
            }
        };
        self.folder = folder;
        source
    }

    /// An API with one credential, and its jobs: a call for each way.
    fn api(&self, echo: &str, name: &str, is_full: bool) -> String {
        let control = serde_json::Value::from(self.control.value.as_str());
        let mut text = format!(
            "[apis.{name}]\nbase_url = \"{echo}/api\"\ncredential = \"{name}\"\n[apis.{name}.headers]\n\
             X-Control = {control}\nX-Key = {{ env = \"KEY\" }}\nX-File-Key = {{ file = \"key\" }}\n\
             X-Scheme = {{ env = \"SCHEME\" }}\nX-Basic = {{ env = \"BASIC\" }}\nX-Own = {{ env = \"OWN_{}\" }}\n",
            name.to_uppercase()
        );
        let ways = if is_full { &WAYS[..] } else { &WAYS[..2] };
        for way in ways {
            text += &job(name, way, &keys(way));
        }
        if is_full {
            text += &job(name, "files", "")
                .replace("get = \"/files\"", "post = \"/files\"\nupload = { files = \"out/*\" }");
            for (way, keys) in FILTERS {
                text += &job(name, way, keys);
            }
        }
        text
    }
}

/// Where a job puts what it read, and filters that fail over it.
const FILTERS: [(&str, &str); 6] = [
    ("number", "metrics = { n = \".texts[0] | tonumber\" }"),
    ("whole", "metrics = { n = \".\" }"),
    ("regexp", "metrics = { n = '.texts[0] as $t | .texts[1] | test($t)' }"),
    ("expected", "expect = { that = \".texts[0]\" }"),
    ("kept", KEPT),
    (
        "cursor",
        "pages = { by = \"cursor\", items = \".items\", cursor = \".next\", more = \".more\", param = \"cursor\" }",
    ),
];

const KEPT: &str = r#"records = { into = "kept", key = ".id", columns = { id = ".id", text = ".text" } }
pages = { by = "page", items = ".items", param = "page", size = { param = "limit", value = 100000 } }
metrics = { labels = 'map(.label) | add' }
remember = { first = ".[0].id", all = "." }
on_error = "continue"

[[jobs.JOB.calls]]
name = "each"
for_each = '$calls.call[0:6][]'
each_key = ".id"
get = "/each/{{ $each.id }}"
query = { q = "{{ $each.text }}" }
headers = { X-Said = "{{ $each.n }}" }
metrics = { n = ".items[0].n" }
on_error = "continue"
"#;

fn keys(way: &str) -> String {
    let call = "headers = { X-Call-Key = { env = \"CALL_KEY\" }, X-Call-File = { file = \"call_key\" } }\n";
    let more = match way {
        "link" => "pages = { by = \"link\", items = \".items\" }",
        _ => "",
    };
    format!("{call}{more}")
}

fn job(api: &str, way: &str, keys: &str) -> String {
    let name = format!("{api}-{way}");
    let keys = keys.replace("JOB", &name);
    let schedule = if TICKING.contains(&name.as_str()) { "schedule = \"* * * * * *\"\n" } else { "" };
    format!(
        "[jobs.{name}]\napi = \"{api}\"\nscopes = [\"{way}:read\"]\n{schedule}\
         [[jobs.{name}.calls]]\nname = \"call\"\nget = \"/{way}\"\n{keys}\n"
    )
}
