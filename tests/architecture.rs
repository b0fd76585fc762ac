//! The house stands: who may use whom, and what may be touched where.
//!
//! Reads the sources as text. Comments and string literals do not count; test code does.

#[path = "architecture/arrows.rs"]
mod arrows;
#[path = "architecture/code.rs"]
mod code;
#[path = "architecture/places.rs"]
mod places;

use std::path::{Path, PathBuf};
use std::{fs, io};

use code::code_of;

/// The most lines of a file, its tests included: what can be read in one sitting.
const LONGEST_FILE: usize = 350;

/// Every breach of a rule by one file, as `path:line: what`. `path` is from the top of the
/// repository, with `/`.
fn breaches(path: &str, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let lines = text.lines().count();
    if lines > LONGEST_FILE {
        found.push(format!("{path}: has {lines} lines; split it, {LONGEST_FILE} are the most"));
    }
    if path.starts_with("src/") {
        let code = code_of(text);
        found.extend(arrows::breaches(path, &code));
        found.extend(places::breaches(path, &code));
    }
    found
}

#[test]
fn the_house_stands() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = rust_files(&top.join("src")).expect("the sources");
    files.extend(rust_files(&top.join("tests")).expect("the tests"));
    assert!(files.len() > 20, "only {} files found under {}", files.len(), top.display());
    let mut found = Vec::new();
    for file in files {
        let path = file.strip_prefix(top).expect("a path below the top").to_string_lossy().replace('\\', "/");
        found.extend(breaches(&path, &fs::read_to_string(&file).expect(&path)));
    }
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

fn rust_files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for found in fs::read_dir(folder)? {
        let path = found?.path();
        if path.is_dir() {
            files.extend(rust_files(&path)?);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// The one breach of a file, which says `expected`.
#[track_caller]
fn check_caught(path: &str, text: &str, expected: &str) {
    let found = breaches(path, text);
    assert!(found.len() == 1 && found[0].contains(expected), "{expected:?} is not what was found: {found:#?}");
}

#[track_caller]
fn check_fine(path: &str, text: &str) {
    assert_eq!(breaches(path, text), Vec::<String>::new(), "{path}: {text}");
}

#[test]
fn an_arrow_that_goes_up_is_caught() {
    check_caught(
        "src/cron/mod.rs",
        "use crate::engine::Loop;",
        "src/cron/mod.rs:1: `cron` (floor 1) uses `engine` (floor 6)",
    );
    check_caught("src/job/api.rs", "\n\nfn f() { crate::store::open() }", "src/job/api.rs:3: `job`");
    check_caught("src/clock.rs", "pub(crate) use crate::web as pages;", "`clock` (floor 1) uses `web` (floor 7)");
    check_fine("src/engine/mod.rs", "use crate::cron::Pattern;\nuse crate::engine::tick;");
}

#[test]
fn an_arrow_in_a_group_is_caught() {
    let group = "use crate::{\n    clock::{Time, add},\n    run::{self, Name},\n    config,\n};";
    check_caught("src/schedule/mod.rs", group, "src/schedule/mod.rs:4: `schedule` (floor 3) uses `config` (floor 4)");
    check_fine("src/audit/mod.rs", group);
}

#[test]
fn an_arrow_in_test_code_is_caught() {
    check_caught(
        "src/token/cache.rs",
        "#[cfg(test)]\nmod tests {\n    use crate::standin::Server;\n}",
        "cache.rs:3: `token`",
    );
}

#[test]
fn an_arrow_to_a_neighbour_is_caught_but_for_those_agreed() {
    check_caught("src/config/mod.rs", "use crate::store::Store;", "`config` (floor 4) uses `store` (floor 4)");
    check_caught("src/secret/mod.rs", "use crate::telemetry::Log;", "`secret` (floor 1) uses `telemetry` (floor 1)");
    check_fine("src/telemetry/mod.rs", "use crate::secret::Redactor;");
    check_fine("src/run/mod.rs", "use crate::clock::Time;");
    check_fine("src/call/mod.rs", "use crate::diagnose::judge;");
}

#[test]
fn words_in_comments_and_texts_are_no_arrows() {
    check_fine("src/cron/mod.rs", "//! [`crate::engine`] uses this.\n/* crate::web /* nested */ sqlx */");
    check_fine(
        "src/cron/mod.rs",
        r####"const A: &str = "crate::web"; const B: &str = r#"a " sqlx"#; const C: char = '"';"####,
    );
    check_caught("src/cron/mod.rs", "const Q: char = '\"'; use crate::web::Page;", "uses `web`");
    check_caught("src/cron/mod.rs", "fn f<'a>(x: &'a str) { crate::web::show(x) }", "uses `web`");
}

#[test]
fn a_module_without_a_floor_is_caught() {
    check_caught("src/attic/mod.rs", "", "`attic` has no floor; give it one in tests/architecture/arrows.rs");
    check_caught("src/cli/mod.rs", "use crate::attic::Trunk;", "uses `attic`, which has no floor");
    check_fine("src/lib.rs", "pub mod cron;\npub mod engine;");
    check_fine("src/main.rs", "fn main() { apicron::cli::main() }");
}

#[test]
fn a_crate_outside_its_place_is_caught() {
    check_caught("src/engine/mod.rs", "use sqlx::SqlitePool;", "src/engine/mod.rs:1: `sqlx` belongs into src/store");
    check_caught("src/token/cache.rs", "fn f(client: &reqwest::Client) {}", "`reqwest`");
    check_caught("src/config/mod.rs", "use lettre::Address;", "`lettre` belongs into src/notify");
    check_caught("src/cli/mod.rs", "use tokio_cron_scheduler::JobScheduler;", "`tokio_cron_scheduler`");
    check_caught("src/job/api.rs", "#[derive(serde::Serialize)]\nstruct A;", "`serde`");
    check_fine("src/store/sqlite/claim.rs", "use sqlx::SqlitePool;");
    check_fine("src/store.rs", "use sqlx::SqlitePool;");
    check_fine("src/token/grant.rs", "use reqwest::Client;");
    check_fine("src/job/call.rs", "use serde_json::Value;");
}

#[test]
fn a_clock_or_an_environment_read_outside_its_place_is_caught() {
    check_caught("src/engine/tick.rs", "let now = chrono::Utc::now();", "`Utc::now`");
    check_caught("src/engine/tick.rs", "let now = Instant::now();", "`Instant::now`");
    check_caught("src/engine/tick.rs", "tokio::time::sleep(second).await;", "`time::sleep`");
    check_caught("src/cli/mod.rs", "std::env::var(\"HOME\")", "`env::var`");
    check_fine("src/clock.rs", "let now = Utc::now();");
    check_fine("src/secret/source.rs", "std::env::var(name)");
    check_fine("src/cli/mod.rs", "#[arg(long, env = \"APICRON_FILE\")]\nfile: PathBuf,");
}

#[test]
fn a_file_that_is_too_long_is_caught() {
    check_caught("tests/it/run.rs", &"\n".repeat(351), "has 351 lines");
    check_fine("tests/it/run.rs", &"\n".repeat(350));
}
