//! What comes with the program: the starter, the example, the schema.

use std::path::PathBuf;

use super::loaded;
use crate::config::{STARTER, load, schema};
use crate::secret::Environment;

/// Method, path, scope: `-` for none, `?` for one that is not known.
const ENDPOINTS: &str = include_str!("../../../tests/fixtures/cuadra-endpoints.tsv");

fn top(file: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(file)
}

fn example() -> String {
    std::fs::read_to_string(top("jobs.example.toml")).expect("the example")
}

#[test]
fn the_example_loads_without_a_problem() {
    let loaded = loaded(&example());
    assert_eq!(loaded.warnings, []);
    let names: Vec<&str> = loaded.jobs.jobs.keys().map(crate::run::Name::as_str).collect();
    let expected = [
        "api-liveness",
        "credit-balance",
        "credit-burn-rate",
        "dataset-files-reconcile",
        "dataset-inventory",
        "dataset-snapshot",
        "dataset-upload",
        "file-failures",
        "model-catalog-watch",
        "storage-quota",
    ];
    assert_eq!(names, expected);
    let alerts: Vec<&str> = loaded.jobs.alerts.keys().map(crate::run::Name::as_str).collect();
    let expected = [
        "api-down",
        "api-slow",
        "credits-burn",
        "credits-forecast",
        "credits-gone",
        "credits-low",
        "credits-nearly-gone",
        "credits-overage",
        "credits-runout",
        "failing",
        "files-failed",
        "refusals",
        "storage-high",
        "storage-nearly-full",
        "usage-stale",
    ];
    assert_eq!(alerts, expected);
}

/// Of the endpoints in the table that the scope of is known.
#[test]
fn the_example_lists_each_operation_of_the_api_with_its_scope() {
    let loaded = loaded(&example());
    let api = loaded.jobs.apis.values().find(|api| api.name.as_str() == "cuadra").expect("the API");
    let base = api.base_url.path();
    let listed = api.operations.iter().map(|operation| {
        let path = format!("{base}{}", operation.path.text());
        (operation.method.to_string(), path, operation.scopes.to_string())
    });
    let known = ENDPOINTS.lines().skip(1).filter_map(|line| {
        let mut columns = line.split('\t').map(str::to_owned);
        let (method, path, scope) = (columns.next()?, columns.next()?, columns.next()?);
        (scope != "?").then(|| (method, path, if scope == "-" { String::new() } else { scope }))
    });
    let known: Vec<_> = known.collect();
    assert_eq!(known.len(), 51);
    assert_eq!(listed.collect::<Vec<_>>(), known);
}

/// So that `check` has something to say of each of them.
#[test]
fn each_call_of_the_examples_jobs_is_an_operation() {
    let loaded = loaded(&example());
    for job in loaded.jobs.jobs.values().filter(|job| job.api.credential.is_some()) {
        for call in &job.calls {
            assert!(job.api.operation(call.method, &call.path).is_some(), "{} {}", job.name, call.name);
        }
    }
}

#[test]
fn the_starter_loads_with_nothing_missing_but_its_secrets() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("jobs.toml");
    std::fs::write(&path, STARTER).expect("a file");
    let loaded = load(&path, &Environment::fixed([("", "")])).expect("it loads");
    assert!(loaded.warnings.iter().all(|warning| warning.code == "absent-secret"), "{:?}", loaded.warnings);
    let secrets = [("MY_CLIENT_ID", "id"), ("MY_CLIENT_SECRET", "correct horse")];
    assert_eq!(load(&path, &Environment::fixed(secrets)).expect("it loads").warnings, []);
}

/// To write it anew: `APICRON_BLESS=1 cargo test the_schema_in_the_repository_is_fresh`.
#[test]
fn the_schema_in_the_repository_is_fresh() {
    let fresh = format!("{:#}\n", schema());
    if Environment::process().get("APICRON_BLESS").is_some() {
        std::fs::write(top("jobs.schema.json"), &fresh).expect("the schema is written");
    }
    let committed = std::fs::read_to_string(top("jobs.schema.json")).unwrap_or_default();
    assert!(committed == fresh, "jobs.schema.json is not what `apicron schema` prints");
}

#[test]
fn the_example_and_the_starter_fit_the_schema() {
    let validator = jsonschema::validator_for(&schema()).expect("a schema");
    // What is read here has dates as tables.
    let alerts = super::documented::shown(include_str!("../../../docs/alerts.md")).concat();
    let alerts = alerts.replace("2026-10-01", "\"2026-10-01\"");
    for text in [example(), STARTER.to_owned(), super::GOOD.to_owned(), alerts] {
        let file: serde_json::Value = toml::from_str(&text).expect("TOML");
        let errors: Vec<String> = validator.iter_errors(&file).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:?}");
    }
}

#[test]
fn the_schema_refuses_what_the_program_refuses() {
    let validator = jsonschema::validator_for(&schema()).expect("a schema");
    for bad in [
        "concurrency = \"many\"",
        "concurency = 1",
        "[heartbeat]\nurl = \"https://ping.example.com/x\"",
        "[heartbeat]\nevery = \"1m\"",
        "drain = 30",
        "[jobs.x]\napi = \"a\"",
        "[jobs.x]\napi = \"a\"\ncalls = []",
        "[credentials.c]\nclient_secret = \"hunter2-hunter2\"",
        "[jobs.x]\noverlap = \"queued\"\napi = \"a\"\ncalls = [{ get = \"/\" }]",
        "[alerts.a]\nmetric = \"x.y\"",
        "[alerts.a]\nmetric = \"x.y\"\nbelow = 1\nabove = 2",
        "[alerts.a]\nbelow = \"1\"",
        "[alerts.a]\npercent = []",
        "[alerts.a]\nrunout = {}",
        "[alerts.a]\nforecast = [{ edge = \"slow\" }]",
        "[alerts.a]\nburn = [{ window = \"1d\" }]",
        "[alerts.a]\nstale = {}",
        "[alerts.a]\nmissed = false",
        "[alerts.a]\nrefused = true\nclear = 5",
        "[channels.c]",
        "[channels.c]\nwebhook = \"https://hooks.example.com\"",
        "[channels.c]\nemail = { to = \"a@example.com\" }",
        "[jobs.x]\napi = \"a\"\ncalls = [{ get = \"/\", metrics = { n = { value = \".n\", period = \"monht\" } } }]",
        "[jobs.x]\napi = \"a\"\ncalls = [{ get = \"/\", metrics = { n = { value = \".n\", period = {} } } }]",
        "[apis.a]\nheaders = { x = 1 }\nbase_url = \"https://x\"",
    ] {
        let file: serde_json::Value = toml::from_str(bad).expect("TOML");
        assert!(!validator.is_valid(&file), "{bad}");
    }
}

#[test]
fn the_table_of_keys_says_what_the_schema_says() {
    let schema = schema();
    for table in crate::config::keys::TABLES {
        let mut at = &schema;
        for step in table.pattern {
            at = inner(&schema, at, step);
        }
        let at = resolve(&schema, at);
        let mut keys: Vec<&str> = at["properties"].as_object().expect("a table").keys().map(String::as_str).collect();
        let mut in_force = table.in_force.to_vec();
        keys.sort_unstable();
        in_force.sort_unstable();
        assert_eq!(keys, in_force, "{:?}", table.pattern);
    }
}

type Value = serde_json::Value;

/// The schema one step below: of a key, of any name, or of an element.
fn inner<'s>(root: &'s Value, at: &'s Value, step: &str) -> &'s Value {
    let (written, at) = (at, resolve(root, at));
    match step {
        "*" if at.get("items").is_some() => &at["items"],
        "*" if of_list(written).is_some() => of_list(written).unwrap_or(written),
        "*" => &at["additionalProperties"],
        key => &at["properties"][key],
    }
}

/// The elements of what may be a list or the only element of one.
fn of_list(at: &Value) -> Option<&Value> {
    at["anyOf"].get(0)?.get("items")
}

/// Follows references, and takes the table of what may be a text or a table.
fn resolve<'s>(root: &'s Value, at: &'s Value) -> &'s Value {
    if let Some(reference) = at["$ref"].as_str() {
        return resolve(root, root.pointer(reference.trim_start_matches('#')).expect("it leads somewhere"));
    }
    let inner = at["allOf"].get(0).or_else(|| at["anyOf"].get(1));
    inner.map_or(at, |inner| resolve(root, inner))
}
