//! An API that says everything back, and no secret at any place that apicron writes to.

use std::collections::BTreeMap;
use std::path::Path;

use rustix::process::{Signal, kill_process};

use super::canary::{Canary, Found, Search};
use super::scenario::{CONTROL, Scenario};
use crate::support::echo::Echo;
use crate::support::serving::until_runs;

/// Verbs that print something of what happened, and whether what is no secret must be in it.
const VERBS: &[(&[&str], Control)] = &[
    (&["check"], Control::Maybe),
    (&["run", "quoted-report", "--dry-run"], Control::There),
    (&["status"], Control::There),
    (&["status", "--json"], Control::There),
    (&["runs", "-n", "300"], Control::Maybe),
    (&["runs", "-n", "300", "--json"], Control::There),
    (&["show", "quoted-401"], Control::There),
    (&["show", "quoted-kept"], Control::There),
    (&["show", "quoted-number"], Control::There),
    (&["show", "refused-report"], Control::Maybe),
    (&["show", "quoted-stale", "--json"], Control::There),
    (&["show", "quoted-403", "--json"], Control::There),
    (&["show", "quoted-403", "--evidence"], Control::There),
    (&["show", "refused-report", "--evidence"], Control::Maybe),
    (&["show", "odd-report", "--evidence"], Control::Maybe),
    (&["show", "quoted-kept", "--curl"], Control::There),
    (&["show", "quoted-report", "--config"], Control::Maybe),
    (&["api", "quoted", "GET", "/report", "--include", "--log", "trace"], Control::There),
    (&["api", "addressed", "GET", "/403", "--include"], Control::There),
    (&["api", "form", "GET", "/stale", "--jq", ".texts[]", "--raw"], Control::There),
    (&["api", "lines", "GET", "/text"], Control::There),
    (&["api", "personal", "GET", "/torn"], Control::Maybe),
    (&["api", "session", "GET", "/redirect", "--json"], Control::There),
    (&["token"], Control::Maybe),
    (&["token", "--fetch", "--log", "trace"], Control::Maybe),
    (&["doctor", "quoted-403", "--log", "trace"], Control::There),
    (&["doctor", "refused-report", "--json"], Control::Maybe),
    (&["audit"], Control::Maybe),
    (&["audit", "--json"], Control::Maybe),
    (&["repeat", "1", "--json"], Control::Maybe),
    (&["export", "runs"], Control::There),
    (&["export", "results"], Control::There),
    (&["export", "results", "--format", "csv"], Control::There),
    (&["export", "samples"], Control::Maybe),
    (&["export", "records"], Control::There),
    (&["export", "records", "--format", "csv"], Control::There),
    (&["backup", "copy.db"], Control::Maybe),
];

/// Whether the control must be at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Control {
    There,
    Maybe,
}

/// Everything that apicron wrote, by where it did.
#[derive(Default)]
struct Places(BTreeMap<String, (Vec<u8>, Control)>);

impl Places {
    fn add(&mut self, name: &str, bytes: Vec<u8>, control: Control) {
        let former = self.0.insert(name.to_owned(), (bytes, control));
        assert!(former.is_none(), "{name} is there twice");
    }

    /// `log` says whether the control must be in the write-ahead log, if there is one.
    fn add_files(&mut self, folder: &Path, when: &str, log: Control) {
        for (file, control) in [
            ("apicron.db", Control::Maybe),
            ("apicron.db-wal", log),
            ("apicron.db-shm", Control::Maybe),
            ("copy.db", Control::There),
        ] {
            if let Ok(bytes) = std::fs::read(folder.join(file)) {
                self.add(&format!("{file} {when}"), bytes, control);
            }
        }
    }

    /// Runs a verb, which may fail as the API says, and may not break.
    fn add_verb(&mut self, echo: &Echo, scenario: &Scenario, line: &[&str], control: Control) {
        echo.forget_refused();
        let ended = scenario.folder.run(line);
        let name = line.join(" ");
        assert!(matches!(ended.code(), 0 | 1 | 4), "{name}: {ended:#?}");
        assert!(!ended.stderr.contains("panicked"), "{name}: {}", ended.stderr);
        self.add(&name, (ended.stdout + &ended.stderr).into_bytes(), control);
    }
}

/// Serves until each job has run, and is killed: its write-ahead log stays as it is.
async fn serve(echo: &Echo, scenario: &Scenario, places: &mut Places) {
    let serve = scenario.folder.spawn(&["serve", "--log", "trace", "--log-format", "json"]);
    serve.wait_for_stderr("apicron is ready");
    places.add_verb(echo, scenario, &["run", "--all", "--json"], Control::There);
    until_runs(&scenario.folder, 3, "trigger = 'schedule' and state in ('failed', 'refused', 'succeeded')").await;
    kill_process(serve.pid(), Signal::KILL).expect("killed");
    let ended = serve.end();
    places.add("serve", (ended.stdout + &ended.stderr).into_bytes(), Control::There);
    places.add_files(scenario.folder.path(), "after a crash", Control::There);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_anywhere_that_apicron_writes_to_and_what_is_none_is_where_it_is_said() {
    let echo = Echo::start().await;
    let scenario = Scenario::new(&echo.url);
    let mut places = Places::default();
    serve(&echo, &scenario, &mut places).await;
    places.add_verb(&echo, &scenario, &["run", "--all", "--here", "--log", "trace"], Control::There);
    for (line, control) in VERBS {
        places.add_verb(&echo, &scenario, line, *control);
    }
    // What a log has by then is what came since it was last checked into the store.
    places.add_files(scenario.folder.path(), "at the end", Control::Maybe);
    let tokens = echo.tokens().into_iter().enumerate();
    let tokens: Vec<Canary> = tokens.map(|(n, value)| Canary { place: format!("token {n}"), value }).collect();

    let control = std::slice::from_ref(&scenario.control);
    let search = Search::new(&[control, &scenario.canaries, &tokens].concat());
    let is_control = |one: &(&str, Found)| one.1.canary == CONTROL;
    let (said, found): (Vec<_>, Vec<_>) = found(&search, &places).into_iter().partition(is_control);
    let to_be_said = places.0.iter().filter(|(_, (_, control))| *control == Control::There).map(|(name, _)| name);
    let to_be_said: Vec<&String> = to_be_said.collect();
    let is_said = |name: &String| said.iter().any(|(place, _)| place == name);
    println!(
        "R8: {} canaries and {} tokens, {} places, {:.1} MB searched, {} found; control found in {} of {} places",
        scenario.canaries.len(),
        tokens.len(),
        places.0.len(),
        places.0.values().map(|(bytes, _)| bytes.len()).sum::<usize>() as f64 / 1e6,
        found.len(),
        to_be_said.iter().filter(|name| is_said(name)).count(),
        to_be_said.len(),
    );
    assert!(found.is_empty(), "{} found: {:#?}", found.len(), &found[..found.len().min(30)]);
    let missing: Vec<_> = to_be_said.iter().filter(|name| !is_said(name)).collect();
    assert!(missing.is_empty(), "the search proves nothing: the control is not in {missing:#?}");
    assert!(scenario.canaries.len() >= 30 && tokens.len() >= 100);
}

fn found<'a>(search: &Search, places: &'a Places) -> Vec<(&'a str, Found)> {
    let in_each = places.0.iter().map(|(name, (bytes, _))| (name.as_str(), search.find(bytes)));
    in_each.flat_map(|(name, found)| found.into_iter().map(move |one| (name, one))).collect()
}
