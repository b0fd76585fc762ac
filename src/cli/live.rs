//! Lines at the bottom of a terminal that show how far runs are. Everything else that this process
//! writes goes above them.

use std::collections::HashMap;
use std::io::{self, IsTerminal};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::progress::{Progress, Shown};
use crate::run::RunId;

const UNKNOWN: &str = "{spinner} {wide_msg}";
const OF_A_WHOLE: &str = "{spinner} {bar:20} {wide_msg}";

/// The one area of the terminal, once there is one.
static AREA: OnceLock<MultiProgress> = OnceLock::new();

/// Writes something above the lines that change.
pub(super) fn above<T>(write: impl FnOnce() -> T) -> T {
    match AREA.get() {
        Some(area) => area.suspend(write),
        None => write(),
    }
}

/// Shows how far runs are; on what is no terminal, nothing.
pub(super) struct Live(Option<Mutex<Lines>>);

struct Lines {
    area: &'static MultiProgress,
    progress: Progress,
    bars: HashMap<RunId, ProgressBar>,
}

impl Live {
    pub(super) fn none() -> Live {
        Live(None)
    }

    /// Lines on standard error, where that is a terminal.
    pub(super) fn on_terminal() -> Live {
        let lines = || {
            let area = AREA.get_or_init(MultiProgress::new);
            Mutex::new(Lines { area, progress: Progress::default(), bars: HashMap::new() })
        };
        Live(io::stderr().is_terminal().then(lines))
    }

    /// Takes in what was heard of a run, and shows it.
    pub(super) fn show(&self, hear: impl FnOnce(&mut Progress) -> Option<Shown>) {
        let Some(mut lines) = self.lines() else { return };
        if let Some(shown) = hear(&mut lines.progress) {
            lines.show(shown);
        }
    }

    /// Takes the line of a run away.
    pub(super) fn ended(&self, run: RunId) {
        let Some(mut lines) = self.lines() else { return };
        lines.progress.ended(run);
        lines.remove(run);
    }

    /// Takes every line away.
    pub(super) fn end(&self) {
        let Some(mut lines) = self.lines() else { return };
        let runs: Vec<RunId> = lines.bars.keys().copied().collect();
        for run in runs {
            lines.remove(run);
        }
    }

    fn lines(&self) -> Option<MutexGuard<'_, Lines>> {
        self.0.as_ref().map(|lines| lines.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Lines {
    fn show(&mut self, shown: Shown) {
        let bar = self.bars.entry(shown.run).or_insert_with(|| self.area.add(ProgressBar::no_length()));
        if let Some((done, all)) = shown.part {
            bar.set_length(all);
            bar.set_position(done);
        }
        bar.set_style(style(if shown.part.is_some() { OF_A_WHOLE } else { UNKNOWN }));
        bar.set_message(shown.text);
        bar.tick();
    }

    fn remove(&mut self, run: RunId) {
        if let Some(bar) = self.bars.remove(&run) {
            bar.finish_and_clear();
            self.area.remove(&bar);
        }
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner())
}
