//! The way of an uploaded file from `uploading` to `ready` or `failed`.

use super::FileKnobs;

/// How far a file has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Walk {
    done: u64,
    whole: u64,
}

impl Walk {
    /// The way of a file that was looked at `looks` times and came `seconds` ago.
    pub(super) fn new(knobs: &FileKnobs, looks: u64, seconds: u64) -> Walk {
        let (done, whole) = knobs.seconds.map_or((looks, knobs.looks), |whole| (seconds, whole));
        Walk { done: done.min(whole), whole }
    }

    pub(super) fn is_over(self) -> bool {
        self.done == self.whole
    }

    /// In percent.
    pub(super) fn progress(self) -> u64 {
        self.part(100)
    }

    /// The file's status; `fate` is the one at the end.
    pub(super) fn status(self, fate: &'static str) -> &'static str {
        match self.part(3) {
            _ if self.is_over() => fate,
            0 => "uploading",
            1 => "uploaded",
            _ => "processing",
        }
    }

    /// How many of so many equal parts are behind it.
    fn part(self, parts: u64) -> u64 {
        let behind = (u128::from(self.done) * u128::from(parts)).checked_div(u128::from(self.whole));
        behind.and_then(|behind| u64::try_from(behind).ok()).unwrap_or(parts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_done_at_the_look_that_the_knob_says() {
        let statuses = |looks| -> Vec<_> {
            let knobs = FileKnobs { looks, ..FileKnobs::default() };
            (0..=3).map(|look| Walk::new(&knobs, look, 9).status("ready")).collect()
        };
        assert_eq!(statuses(3), ["uploading", "uploaded", "processing", "ready"]);
        assert_eq!(statuses(1), ["uploading", "ready", "ready", "ready"]);
        assert_eq!(statuses(0), ["ready"; 4]);
    }

    #[test]
    fn or_after_so_many_seconds() {
        let knobs = FileKnobs { seconds: Some(60), ..FileKnobs::default() };
        let at = |seconds| Walk::new(&knobs, 99, seconds);
        assert_eq!(
            [0, 20, 59, 60, 61].map(|now| at(now).status("failed")),
            ["uploading", "uploaded", "processing", "failed", "failed"]
        );
        assert_eq!([0, 30, 60].map(|now| at(now).progress()), [0, 50, 100]);
    }
}
