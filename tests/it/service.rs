//! The systemd unit that comes with the program.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::process::Command;
use std::time::Duration;

const UNIT: &str = include_str!("../../contrib/apicron.service");

/// The values of each key of a unit; a key may come more than once.
fn keys(unit: &str) -> BTreeMap<&str, Vec<&str>> {
    let mut keys: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for line in unit.lines().filter(|line| !line.starts_with(['#', '['])) {
        if let Some((key, value)) = line.split_once('=') {
            keys.entry(key).or_default().push(value);
        }
    }
    keys
}

#[test]
fn the_unit_says_how_apicron_is_started_watched_reloaded_and_stopped() {
    let keys = keys(UNIT);
    for (key, value) in [
        ("Type", "notify"),
        ("NotifyAccess", "main"),
        ("WatchdogSec", "30"),
        ("ExecStart", "/usr/local/bin/apicron --file /etc/apicron/jobs.toml serve"),
        ("ExecReload", "/bin/kill -HUP $MAINPID"),
        ("Restart", "on-failure"),
        ("RestartPreventExitStatus", "2 78"),
        ("StateDirectory", "apicron"),
        ("UMask", "0077"),
        ("ProtectSystem", "strict"),
        ("NoNewPrivileges", "yes"),
        ("PrivateTmp", "yes"),
        ("MemoryDenyWriteExecute", "yes"),
        ("CapabilityBoundingSet", ""),
        ("RestrictAddressFamilies", "AF_INET AF_INET6 AF_UNIX"),
    ] {
        assert_eq!(keys.get(key).map(Vec::as_slice), Some(&[value][..]), "{key}");
    }
    assert!(keys["SystemCallFilter"].contains(&"@system-service"), "{keys:?}");
    assert!(UNIT.contains("#LoadCredential="), "how secrets come in is shown");
}

#[test]
fn a_stop_waits_longer_than_the_drain_of_a_file_that_says_nothing() {
    let drain = Duration::from_secs(30);
    let stop = keys(UNIT)["TimeoutStopSec"][0].parse().map(Duration::from_secs).expect("seconds");
    assert!(stop > drain, "{stop:?}");
}

#[test]
fn whether_others_on_the_store_live_can_be_seen_from_inside_the_service() {
    // It is read from /proc/PID/stat of other users and from /proc/sys/kernel/random/boot_id.
    let keys = keys(UNIT);
    for hides in ["ProtectProc", "ProcSubset", "PrivatePIDs"] {
        assert!(!keys.contains_key(hides), "{hides}");
    }
}

#[test]
fn systemd_finds_nothing_wrong_with_the_unit() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("apicron.service");
    let installed = UNIT.replace("/usr/local/bin/apicron", env!("CARGO_BIN_EXE_apicron"));
    std::fs::write(&path, installed).expect("the unit");
    match Command::new("systemd-analyze").arg("verify").arg(&path).output() {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            eprintln!("SKIPPED: there is no systemd-analyze on this machine, so the unit was not verified");
        }
        verified => {
            let verified = verified.expect("systemd-analyze runs");
            let said = String::from_utf8_lossy(&verified.stderr);
            // What it says of other units of the machine is not ours.
            let ours: Vec<&str> = said.lines().filter(|line| line.contains("apicron.service")).collect();
            assert_eq!(ours, [""; 0], "{said}");
            if !verified.status.success() {
                eprintln!("SKIPPED: systemd-analyze cannot verify units on this machine: {said}");
            }
        }
    }
}
