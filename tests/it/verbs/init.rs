//! `apicron init` and `apicron schema`.

use crate::support::binary::Folder;

#[test]
fn init_writes_a_file_that_check_accepts_and_never_overwrites() {
    let folder = Folder::new();
    assert_eq!(folder.run(&["init"]).code(), 0);
    let written = std::fs::read_to_string(folder.path().join("jobs.toml")).expect("a job file");
    let checked = folder.run(&["check"]);
    assert_eq!(checked.code(), 0, "{checked:#?}");

    let again = folder.run(&["init"]);
    assert_eq!(again.code(), 1);
    assert_eq!(again.stderr, "error: jobs.toml exists and is left as it is: name another with --file\n");
    assert_eq!(std::fs::read_to_string(folder.path().join("jobs.toml")).expect("a job file"), written);
}

#[test]
fn schema_prints_the_file_that_the_project_ships() {
    let ended = Folder::new().run(&["schema"]);
    assert_eq!(
        ended.stdout,
        include_str!("../../../jobs.schema.json"),
        "write it anew: cargo run -- schema > jobs.schema.json"
    );
}

#[test]
fn a_verb_of_a_later_version_is_named_as_such() {
    let ended = Folder::new().run(&["chart"]);
    assert_eq!((ended.code(), ended.stderr.as_str()), (2, "error: `chart` is not in this version yet\n"));
}
