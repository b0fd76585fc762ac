//! What globs find, and how far they look for it.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::Path;

use tempfile::TempDir;

use super::{Glob, Step};

/// What a walk found below a folder, and how far it looked.
#[derive(Debug, Default)]
struct Seen {
    found: Vec<String>,
    unseen: Vec<String>,
    paths: usize,
    links: usize,
}

fn folder_with(names: &[&str]) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for name in names {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, name).expect("a file");
    }
    folder
}

fn link(folder: &TempDir, name: &str, to: &str) {
    symlink(to, folder.path().join(name)).expect("a link");
}

fn look(folder: &TempDir, glob: &str) -> Seen {
    let (mut seen, mut paths, mut links) = (Seen::default(), 0, 0);
    let below = |text: String| text.replace(&format!("{}/", folder.path().display()), "");
    let wanted = Glob::new(folder.path(), glob).expect(glob);
    for found in wanted.find(|step| {
        match step {
            Step::Path => paths += 1,
            Step::LinkToFolder => links += 1,
        }
        true
    }) {
        match found {
            Ok(found) => seen.found.push(below(found.path.display().to_string())),
            Err(unseen) => seen.unseen.push(below(unseen.to_string())),
        }
    }
    Seen { paths, links, ..seen }
}

#[track_caller]
fn check_finds(folder: &TempDir, glob: &str, expected: &[&str]) -> Seen {
    let seen = look(folder, glob);
    assert_eq!(seen.found, expected, "{glob}: {seen:?}");
    assert!(seen.unseen.is_empty(), "{glob}: {seen:?}");
    seen
}

#[test]
fn a_name_is_looked_at_and_its_neighbours_are_not() {
    let folder = folder_with(&["in/a.toml", "in/b.toml", "other.toml"]);
    let whole = folder.path().join("in/a.toml").display().to_string();
    for (glob, expected) in
        [("other.toml", "other.toml"), ("in/a.toml", "in/a.toml"), ("in/../other.toml", "in/../other.toml")]
    {
        assert_eq!(check_finds(&folder, glob, &[expected]).paths, 0, "{glob}");
    }
    assert_eq!(check_finds(&folder, &whole, &["in/a.toml"]).paths, 0);
    for nothing in ["gone.toml", "gone/a.toml", "other.toml/a.toml", "", "."] {
        check_finds(&folder, nothing, &[]);
    }
}

#[test]
fn a_wildcard_reads_its_folder_and_no_folder_that_no_part_is_left_for() {
    let folder = folder_with(&["jobs/a.toml", "jobs/b.toml", "jobs/c.md"]);
    for n in 0..100 {
        fs::create_dir_all(folder.path().join("jobs/large.toml")).expect("a folder");
        fs::write(folder.path().join(format!("jobs/large.toml/{n}.toml")), "").expect("a file");
    }
    assert_eq!(check_finds(&folder, "jobs/*.toml", &["jobs/a.toml", "jobs/b.toml", "jobs/large.toml"]).paths, 4);
    let seen = check_finds(&folder, "jobs/c*/*.toml", &[]);
    assert_eq!(seen.paths, 4, "a file is no folder, and `large.toml` is not named so");
}

#[test]
fn a_folder_whose_name_does_not_match_is_left_alone_and_so_is_what_is_beside_a_name() {
    let folder = folder_with(&["conf-a/x.toml", "conf-a/y.toml", "conf-b/z.toml", "other/x.toml", "other/y/x.toml"]);
    link(&folder, "round", "round");
    link(&folder, "conf-gone", "nowhere");
    link(&folder, "conf-round", "round");
    assert_eq!(check_finds(&folder, "conf-*/x.toml", &["conf-a/x.toml"]).paths, 6);
    assert_eq!(check_finds(&folder, "*/x.toml", &["conf-a/x.toml", "other/x.toml"]).paths, 6);
    assert_eq!(check_finds(&folder, "*/*/x.toml", &["other/y/x.toml"]).paths, 11);
}

#[test]
fn what_is_wanted_and_leads_nowhere_is_told_with_its_path_once() {
    let folder = folder_with(&["jobs/a.toml"]);
    link(&folder, "jobs/gone.toml", "nowhere");
    link(&folder, "jobs/round.toml", "round.toml");
    link(&folder, "jobs/unwanted", "nowhere");
    let gone = "jobs/gone.toml: No such file or directory (os error 2)";
    for glob in ["jobs/*.toml", "jobs/**/*.toml", "**/*.toml"] {
        let seen = look(&folder, glob);
        assert_eq!(seen.found, ["jobs/a.toml"], "{glob}");
        assert_eq!(seen.unseen.len(), 2, "{seen:?}");
        assert_eq!(seen.unseen[0], gone);
        assert!(seen.unseen[1].starts_with("jobs/round.toml: Too many levels of symbolic links"), "{seen:?}");
    }
    assert_eq!(look(&folder, "jobs/gone.toml").unseen, [gone]);
    check_finds(&folder, "jobs/unwanted/x.toml", &[]);
    check_finds(&folder, "jobs/unwanted/*.toml", &[]);
    check_finds(&folder, "jobs/round.toml/*.toml", &[]);
}

#[test]
fn folders_in_folders_are_each_looked_into_once_and_hidden_ones_are_not() {
    let folder = folder_with(&[".git/a.toml", ".b.toml", "a.toml", "in/.c/a.toml", "in/a.toml", "in/deep/a.toml"]);
    link(&folder, "in/.round.toml", ".round.toml");
    let all = ["a.toml", "in/a.toml", "in/deep/a.toml"];
    for glob in ["**/*.toml", "**/**/*.toml", "**/a.toml", "**/a*", "**/[a].toml"] {
        assert_eq!(check_finds(&folder, glob, &all).paths, 9, "{glob}");
    }
    for glob in ["**", "**/**", "**/*"] {
        check_finds(&folder, glob, &["a.toml", "in", "in/a.toml", "in/deep", "in/deep/a.toml"]);
    }
    check_finds(&folder, "in/**/deep/**", &["in/deep/a.toml"]);
    check_finds(&folder, "**/deep/**/*.toml", &["in/deep/a.toml"]);
    check_finds(&folder, ".g*/*", &[".git/a.toml"]);
    check_finds(&folder, "**/.b*", &[".b.toml"]);
    check_finds(&folder, "**/.git/*", &[".git/a.toml"]);
    check_finds(&folder, "**/.c/a.toml", &["in/.c/a.toml"]);
}

#[test]
fn links_count_where_they_are_looked_into() {
    let folder = folder_with(&["real/a.toml", "real/deep/a.toml"]);
    for name in ["one", "two", "three"] {
        link(&folder, name, "real");
    }
    assert_eq!(check_finds(&folder, "*.toml", &[]).links, 0);
    let seen = check_finds(&folder, "t*/a.toml", &["three/a.toml", "two/a.toml"]);
    assert_eq!((seen.paths, seen.links), (4, 2));
    assert_eq!(look(&folder, "**/deep/a.toml").links, 3);
}

#[test]
fn a_folder_that_the_walk_is_in_already_is_not_looked_into_once_more() {
    let folder = folder_with(&["jobs/in/a.toml"]);
    link(&folder, "jobs/in/back", "..");
    link(&folder, "jobs/here", ".");
    link(&folder, "up", "jobs");
    let seen = check_finds(&folder, "jobs/**/*.toml", &["jobs/in/a.toml"]);
    assert_eq!((seen.paths, seen.links), (4, 0));
    check_finds(&folder, "up/**/*.toml", &["up/in/a.toml"]);
}

#[test]
fn the_folder_above_is_that_above_each_folder_that_matches() {
    let folder = folder_with(&["a/x.toml", "b/x.toml", "x.toml"]);
    check_finds(&folder, "*/../x.toml", &["a/../x.toml", "b/../x.toml"]);
    check_finds(&folder, "a/../*/x.toml", &["a/../a/x.toml", "a/../b/x.toml"]);
}

#[test]
fn what_is_found_comes_in_the_order_of_names() {
    let folder = folder_with(&["b/z", "b/a", "a", "c", "b.x/y"]);
    check_finds(&folder, "**", &["a", "b", "b/a", "b/z", "b.x", "b.x/y", "c"]);
}

#[test]
fn a_name_that_is_no_text_is_found() {
    let folder = folder_with(&[]);
    let name = OsStr::from_bytes(b"a\xff.csv");
    fs::create_dir(folder.path().join("in")).expect("a folder");
    fs::write(folder.path().join("in").join(name), "a").expect("a file");
    for glob in ["*/*.csv", "**/a?.csv", "in/a*"] {
        check_finds(&folder, glob, &["in/a\u{fffd}.csv"]);
    }
}

#[test]
fn a_walk_that_may_not_go_on_keeps_nothing_more() {
    let folder = folder_with(&["1", "2", "3", "in/4", "in/5"]);
    for glob in ["*", "**", "*/*"] {
        let mut asked = 0;
        let wanted = Glob::new(folder.path(), glob).expect(glob);
        let found = wanted.find(|_| {
            asked += 1;
            asked < 3
        });
        assert_eq!(found.count(), 0, "{glob}");
        assert_eq!(asked, 3, "{glob}");
    }
}

#[test]
fn without_a_folder_the_walk_is_where_the_process_is() {
    let found = |glob: &str| -> Vec<_> {
        let wanted = Glob::new(Path::new(""), glob).expect(glob);
        wanted.find(|_| true).map(|found| found.expect(glob).path.display().to_string()).collect()
    };
    assert_eq!(found("Cargo.tom?"), ["Cargo.toml"]);
    assert_eq!(found("Cargo.toml"), ["Cargo.toml"]);
    assert_eq!(found("sr*/files/tests.r?"), ["src/files/tests.rs"]);
}
