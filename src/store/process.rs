//! Which process this is, and whether another of this host still lives.
//!
//! A pid is given out again, so a process is known by its pid and start time, within one boot.
//! Where `/proc` does not tell (another machine or boot, other systems than Linux) nothing is known,
//! and its lease decides.

use std::io::ErrorKind;

/// `PROC_PID_INIT_INO` in the kernel's `proc_ns.h`.
const NUMBERS_OF_THE_MACHINE: &str = "pid:[4026531836]";

/// What tells a process from any other.
///
/// Containers of one machine may bear one name, and each has a process 1: whoever has another `/proc` than
/// this process is as far away as another machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Process {
    /// The name of its machine.
    pub(super) host: String,
    /// Changes with every boot of the machine, and tells one numbering of processes from another.
    pub(super) boot_id: Option<String>,
    /// Its number, unique in that numbering while it lives.
    pub(super) pid: u32,
    /// When it began, in clock ticks since the boot.
    pub(super) started: Option<i64>,
}

/// Whether a process still lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Life {
    Alive,
    Dead,
    /// It is of another host or boot, or this system does not tell.
    Unknown,
}

impl Process {
    /// This process.
    pub(super) fn current() -> Process {
        let pid = std::process::id();
        Process {
            host: gethostname::gethostname().to_string_lossy().into_owned(),
            boot_id: read_boot_id(),
            pid,
            started: std::fs::read_to_string(stat_path(pid)).ok().and_then(|stat| parse_stat(&stat)?.started),
        }
    }

    /// Whether `other` still lives, as far as this process can tell.
    pub(super) fn life_of(&self, other: &Process) -> Life {
        let same_machine = other.host == self.host && self.boot_id.is_some() && other.boot_id == self.boot_id;
        if !same_machine || other.started.is_none() {
            return Life::Unknown;
        }
        match std::fs::read_to_string(stat_path(other.pid)) {
            Ok(stat) => judge(&stat, other.started),
            Err(error) if error.kind() == ErrorKind::NotFound => Life::Dead,
            Err(_) => Life::Unknown,
        }
    }
}

fn judge(stat: &str, started: Option<i64>) -> Life {
    match parse_stat(stat) {
        Some(Stat { state: 'Z' | 'X', .. }) => Life::Dead,
        Some(stat) if stat.started == started => Life::Alive,
        Some(_) => Life::Dead,
        None => Life::Unknown,
    }
}

fn read_boot_id() -> Option<String> {
    let text = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let id = Some(text.trim().to_owned()).filter(|id| !id.is_empty())?;
    Some(id + &within_container())
}

/// Where processes are numbered apart from those of the machine (pid_namespaces(7)), which numbering that is.
fn within_container() -> String {
    let numbering = std::fs::read_link("/proc/self/ns/pid").unwrap_or_default();
    match numbering.to_string_lossy() {
        own if own.is_empty() || own == NUMBERS_OF_THE_MACHINE => String::new(),
        own => format!(" {own}"),
    }
}

fn stat_path(pid: u32) -> String {
    format!("/proc/{pid}/stat")
}

#[derive(Debug, PartialEq)]
struct Stat {
    state: char,
    started: Option<i64>,
}

/// Fields 3 and 22 of `/proc/PID/stat` (proc_pid_stat(5)). Field 2, the program's name in
/// parentheses, may hold spaces and parentheses itself, so fields count from the last one.
fn parse_stat(stat: &str) -> Option<Stat> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_ascii_whitespace();
    let state = fields.next()?.chars().next()?;
    Some(Stat { state, started: fields.nth(18)?.parse().ok() })
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAT: &str = "4711 (a ) b) S 1 4711 4711 0 -1 4194560 1 0 0 0 1 2 0 0 20 0 3 0 987654 1 2 3";

    #[test]
    fn the_start_time_is_field_22_whatever_the_program_is_called() {
        assert_eq!(parse_stat(STAT), Some(Stat { state: 'S', started: Some(987_654) }));
        assert_eq!(parse_stat("4711 (x"), None);
        assert_eq!(parse_stat(""), None);
    }

    #[test]
    fn a_pid_with_another_start_time_is_another_process_and_a_zombie_is_dead() {
        assert_eq!(judge(STAT, Some(987_654)), Life::Alive);
        assert_eq!(judge(STAT, Some(987_655)), Life::Dead);
        assert_eq!(judge(&STAT.replace(" S ", " Z "), Some(987_654)), Life::Dead);
    }

    #[test]
    fn only_processes_of_this_host_and_boot_are_judged() {
        let me = Process { host: "a".to_owned(), boot_id: Some("b1".to_owned()), pid: 1, started: Some(1) };
        let elsewhere = Process { host: "b".to_owned(), ..me.clone() };
        let before_boot = Process { boot_id: Some("b0".to_owned()), ..me.clone() };
        let untold = Process { started: None, ..me.clone() };
        assert_eq!(me.life_of(&elsewhere), Life::Unknown);
        assert_eq!(me.life_of(&before_boot), Life::Unknown);
        assert_eq!(me.life_of(&untold), Life::Unknown);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn this_process_lives() {
        let me = Process::current();
        assert_eq!(me.life_of(&me), Life::Alive);
    }
}
