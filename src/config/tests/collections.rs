//! Who writes a collection, and who walks it, over all calls and files.

use super::included::load_files;
use super::{GOOD, check};

fn and(more: &str) -> String {
    format!("{GOOD}{more}\n")
}

const WRITES: &str = "records = { into = \"datasets\", key = \".id\" }\n";

fn other(keys: &str) -> String {
    format!("[jobs.y]\napi = \"a\"\n[[jobs.y.calls]]\nget = \"/y\"\n{keys}\n")
}

#[test]
fn collections() {
    check(
        "collections",
        &[
            ("two calls of a job that write one", and(&format!("{WRITES}[[jobs.x.calls]]\nget = \"/y\"\n{WRITES}"))),
            ("calls of two jobs that write one", and(&(WRITES.to_owned() + &other(WRITES)))),
            ("a misspelled one", and(&(WRITES.to_owned() + &other("for_each = { records = \"datasest\" }")))),
            ("one that nobody writes", and("for_each = { records = \"datasets\" }")),
            ("no name", and("for_each = { records = \"Data Sets\" }")),
        ],
    );
}

#[test]
fn another_job_may_walk_what_a_job_writes() {
    let walks = other("for_each = { records = \"datasets\" }");
    assert_eq!(super::problems(&and(&(WRITES.to_owned() + &walks))), []);
}

#[test]
fn files_that_are_included_count() {
    let main = format!("include = [\"y.toml\"]\n{GOOD}{WRITES}");
    let (loaded, said) =
        load_files(&[("jobs.toml", &main), ("y.toml", &other("for_each = { records = \"datasets\" }"))]);
    assert!(loaded.is_ok(), "{said}");
    let (loaded, said) = load_files(&[("jobs.toml", &main), ("y.toml", &other(WRITES))]);
    assert!(loaded.is_err());
    assert!(said.contains("DIR/y.toml:5:20") && said.contains("DIR/jobs.toml:15:13"), "{said}");
}
