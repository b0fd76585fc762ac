//! Exit codes, all in one place.

use std::process::ExitCode;

/// How the command ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done.
    Done,
    /// What was asked about failed: a run, a `check`.
    Failed,
    /// Wrong command line.
    Usage,
    /// Warnings only, with `--strict`.
    Warnings,
    /// A run ended `refused`.
    Refused,
    /// The store: locked, corrupt, from a newer version, disk full.
    Store,
    /// Not done now: the job's former run still lives, it is paused, or a run goes on elsewhere.
    NotNow,
    /// The job file cannot be loaded.
    JobFile,
    /// A second signal cut runs off.
    Signal(u8),
}

impl Exit {
    /// The number that the shell sees.
    pub const fn code(self) -> u8 {
        match self {
            Exit::Done => 0,
            Exit::Failed => 1,
            Exit::Usage => 2,
            Exit::Warnings => 3,
            Exit::Refused => 4,
            Exit::Store => 5,
            Exit::NotNow => 75,
            Exit::JobFile => 78,
            Exit::Signal(number) => 128 + number,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit.code())
    }
}

/// The table for `--help`.
pub(super) const HELP: &str = "\
Exit codes:
    0  done
    1  what was asked about failed (a run, a check)
    2  wrong command line
    3  warnings only, with --strict
    4  a run ended refused
    5  the store: locked, corrupt, from a newer version, disk full
   75  not done now: the former run still lives, the job is paused, or it goes on elsewhere
   78  the job file cannot be loaded (any verb but check)
  130, 143  a second signal cut runs off";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_help_names_every_code() {
        let exits = [
            Exit::Done,
            Exit::Failed,
            Exit::Usage,
            Exit::Warnings,
            Exit::Refused,
            Exit::Store,
            Exit::NotNow,
            Exit::JobFile,
            Exit::Signal(2),
            Exit::Signal(15),
        ];
        for exit in exits {
            let code = exit.code().to_string();
            assert!(HELP.split(|c: char| !c.is_ascii_digit()).any(|word| word == code), "{code}");
        }
    }
}
