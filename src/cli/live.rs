//! Lines at the bottom of a terminal that show how far runs are. Everything else that this process
//! writes goes above them.

use std::collections::HashMap;
use std::io::{self, IsTerminal};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::progress::{Progress, Shown};
use crate::run::RunId;

const UNKNOWN: &str = "{spinner} {wide_msg}";
const OF_A_WHOLE: &str = "{spinner} {bar:20} {wide_msg}";

/// Whoever draws waits for the terminal, which may be slow, so most steps are not drawn.
const DRAWN_PER_SECOND: u8 = 10;

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
    lines: HashMap<RunId, Line>,
    unknown: ProgressStyle,
    of_a_whole: ProgressStyle,
}

/// The line of a run.
struct Line {
    bar: ProgressBar,
    /// What it says.
    shown: Option<Shown>,
}

impl Live {
    pub(super) fn none() -> Live {
        Live(None)
    }

    /// Lines on standard error, where that is a terminal.
    pub(super) fn on_terminal() -> Live {
        Live(io::stderr().is_terminal().then(|| Mutex::new(Lines::new())))
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
        let runs: Vec<RunId> = lines.lines.keys().copied().collect();
        for run in runs {
            lines.remove(run);
        }
    }

    fn lines(&self) -> Option<MutexGuard<'_, Lines>> {
        self.0.as_ref().map(|lines| lines.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Lines {
    fn new() -> Lines {
        let area = || MultiProgress::with_draw_target(ProgressDrawTarget::stderr_with_hz(DRAWN_PER_SECOND));
        Lines {
            area: AREA.get_or_init(area),
            progress: Progress::default(),
            lines: HashMap::new(),
            unknown: style(UNKNOWN),
            of_a_whole: style(OF_A_WHOLE),
        }
    }

    fn show(&mut self, shown: Shown) {
        let begun = || Line { bar: self.area.add(ProgressBar::no_length()), shown: None };
        let line = self.lines.entry(shown.run).or_insert_with(begun);
        if line.shown.as_ref() == Some(&shown) {
            return;
        }
        if line.shown.as_ref().is_none_or(|before| before.part.is_some() != shown.part.is_some()) {
            let style = if shown.part.is_some() { &self.of_a_whole } else { &self.unknown };
            line.bar.set_style(style.clone());
        }
        if let Some((done, all)) = shown.part {
            line.bar.set_length(all);
            line.bar.set_position(done);
        }
        line.bar.set_message(shown.text.clone());
        line.bar.tick();
        line.shown = Some(shown);
    }

    fn remove(&mut self, run: RunId) {
        if let Some(Line { bar, .. }) = self.lines.remove(&run) {
            bar.finish_and_clear();
            self.area.remove(&bar);
        }
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner())
}
