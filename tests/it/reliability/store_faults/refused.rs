//! Writing is refused: by the disk, by the system, by permissions, by what is in the place of the store.

use super::{Ground, VERBS, without_deed};
use crate::support::disk::Disk;
use crate::support::rows;
use crate::support::size::skipped;

const STORE: &str = "disk/apicron.db";

#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_the_system_breaks_off_stops_a_server_with_a_clear_error() {
    let ground = Ground::new().await;
    ground.serve_a_while().await;
    let known = ground.succeeded_so_far().await;
    // A file may not grow beyond so many blocks: SQLite takes it for a fault of the disk.
    let blocks = std::fs::metadata(&ground.store).expect("the store").len() / 512 + 100;
    let ended = ground.folder.shell(&format!("ulimit -f {blocks}; exec \"$APICRON\" serve")).end();
    insta::assert_snapshot!(without_deed(&ground.said(&ended)), @r#"error: could not …: the disk that holds HERE/apicron.db does not read or write it as it should; look at the disk, at the limits of this process and at the log of the system: SQLite says `disk I/O error` (code 778)"#);
    assert!(ended.stderr.lines().count() <= 5, "{ended:#?}");
    ground.check_nothing_lost(&known).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_becomes_read_only_is_named_as_such() {
    let ground = Ground::with_store_at(STORE).await;
    let Some(disk) = Disk::mount(ground.folder.path().join("disk"), 4096) else { return };
    ground.serve_a_while().await;
    let known = ground.succeeded_so_far().await;
    disk.make_read_only();
    let requests = ground.standin.journal().len();
    let said = ground.refused(&["serve"]);
    insta::assert_snapshot!(said, @r#"error: could not open HERE/disk/apicron.db; its folder has to exist, and this user has to be able to write both: SQLite says `unable to open database file` (code 14)"#);
    for verb in VERBS {
        assert_eq!(ground.refused(verb), said, "{verb:?}");
    }
    assert_eq!(ground.standin.journal().len(), requests);
    disk.make_writable();
    ground.check_nothing_lost(&known).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_may_only_be_read_is_named_as_such() {
    let ground = Ground::new().await;
    ground.serve_a_while().await;
    let known = ground.succeeded_so_far().await;
    let Some(unprivileged) = Unprivileged::of(&ground) else { return };
    unprivileged.may(0o444, 0o777);
    let said = ground.said(&unprivileged.run("run left"));
    insta::assert_snapshot!(said, @r#"error: could not open the store: HERE/apicron.db and its folder have to be writable for this user: SQLite says `attempt to write a readonly database` (code 8)"#);
    assert_eq!(ground.said(&unprivileged.run("serve")), said);

    unprivileged.may(0o600, 0o777);
    ground.until_closed().await;
    unprivileged.may(0o444, 0o555);
    let said = ground.said(&unprivileged.run("run left"));
    insta::assert_snapshot!(said, @r#"error: could not open the store: HERE/apicron.db and its folder have to be writable for this user: SQLite says `attempt to write a readonly database` (code 1544)"#);
    assert_eq!(ground.said(&unprivileged.run("serve")), said);
    assert_eq!(ground.said(&unprivileged.run("status")), said);
    unprivileged.may(0o600, 0o700);
    ground.check_nothing_lost(&known).await;
}

/// Another user than root, or the one who tests, for whom permissions bind.
struct Unprivileged<'g> {
    ground: &'g Ground,
    prefix: &'static str,
}

impl<'g> Unprivileged<'g> {
    fn of(ground: &'g Ground) -> Option<Unprivileged<'g>> {
        let prefix = if rustix::process::geteuid().is_root() {
            "setpriv --reuid=65534 --regid=65534 --clear-groups "
        } else {
            ""
        };
        let able = ground.folder.shell(&format!("exec {prefix}true")).end();
        if able.status.success() {
            return Some(Unprivileged { ground, prefix });
        }
        skipped("this machine has no `setpriv`, with which root becomes another user");
        None
    }

    fn may(&self, file: u32, folder: u32) {
        use std::os::unix::fs::PermissionsExt;
        let set = |path: &std::path::Path, mode| {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("the mode set");
        };
        set(&self.ground.store, file);
        set(self.ground.folder.path(), folder);
    }

    fn run(&self, arguments: &str) -> crate::support::binary::Ended {
        self.ground.folder.shell(&format!("exec {}\"$APICRON\" {arguments}", self.prefix)).end()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_is_missing_and_a_folder_in_the_files_place_are_named_as_such() {
    let ground = Ground::with_store_at("no/apicron.db").await;
    insta::assert_snapshot!(ground.refused(&["serve"]), @r#"error: could not open HERE/no/apicron.db; its folder has to exist, and this user has to be able to write both: No such file or directory (os error 2)"#);
    std::fs::create_dir_all(&ground.store).expect("a folder");
    let said = ground.refused(&["serve"]);
    insta::assert_snapshot!(said, @r#"error: could not open HERE/no/apicron.db; its folder has to exist, and this user has to be able to write both: a folder has its name"#);
    for verb in VERBS {
        assert_eq!(ground.refused(verb), said, "{verb:?}");
    }
    assert!(ground.standin.journal().is_empty());
    std::fs::remove_dir(&ground.store).expect("the folder removed");
    ground.serve_a_while().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_onto_a_full_disk_or_over_a_file_leaves_all_as_it_was() {
    let ground = Ground::new().await;
    let Some(disk) = Disk::mount(ground.folder.path().join("disk"), 256) else { return };
    ground.serve_a_while().await;
    let known = ground.succeeded_so_far().await;
    insta::assert_snapshot!(ground.refused(&["backup", "disk/copy.db"]), @r#"error: could not write the backup: the disk that holds HERE/disk/copy.db is full; make room: SQLite says `database or disk is full` (code 13)"#);
    assert_eq!(std::fs::read_dir(ground.folder.path().join("disk")).expect("the disk").count(), 0);
    disk.grow(8192);
    assert_eq!(ground.folder.run(&["backup", "disk/copy.db"]).code(), 0);
    let copy = ground.folder.path().join("disk/copy.db");
    assert_eq!(rows::rows(&copy, "pragma integrity_check").await, [["ok"]]);

    let ended = ground.folder.run(&["backup", "disk/copy.db"]);
    assert_eq!(ended.code(), 1, "the store is well: {ended:#?}");
    insta::assert_snapshot!(ended.stderr.replace(ground.folder.path().to_str().expect("UTF-8"), "HERE"), @r#"error: HERE/disk/copy.db exists and is left as it is; name another file for the backup"#);
    ground.check_nothing_lost(&known).await;
}
