//! Problems as text, each with its line.

use std::borrow::Cow;
use std::ops::Range;
use std::path::Path;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet, Title};

use super::documents::Documents;
use super::problem::{Problem, Severity, floor};

/// Bytes of lines that are shown whole. Of longer ones only a part is: a line that has a thousand problems is shown a
/// thousand times.
const LONGEST_WHOLE: usize = 2_000;

/// Bytes of a long line that are shown on either side of a place, and of what is wrong itself.
const AROUND: usize = 100;

/// Whether text has colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// For a terminal.
    Ansi,
    /// For anything else.
    None,
}

/// The problems as text for people, an empty line after each:
///
/// ```text
/// error[unknown-key]: unknown key `timeuot` in job `x`
///  --> jobs.toml:3:1
///   |
/// 3 | timeuot = "30s"
///   | ^^^^^^^ not a key of a job
///   |
///   = help: a key with a similar name exists: `timeout`
/// ```
pub fn render(problems: &[Problem], documents: &Documents, colour: Colour) -> String {
    let renderer = match colour {
        Colour::Ansi => Renderer::styled(),
        Colour::None => Renderer::plain(),
    };
    let mut text = String::new();
    for problem in problems {
        text.push_str(&renderer.render(&groups(problem, documents)));
        text.push_str("\n\n");
    }
    text
}

fn groups<'d>(problem: &'d Problem, documents: &'d Documents) -> Vec<Group<'d>> {
    let level = match problem.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level.clone().primary_title(problem.message.as_str()).id(problem.code);
    let origin = origin(&problem.file, problem.line, problem.column);
    let mut groups = match problem.span.as_ref().and_then(|span| Excerpt::of(&problem.file, span, documents)) {
        Some(excerpt) => excerpt.below(title, origin, level, problem.label.as_deref()),
        None => vec![title.element(origin)],
    };
    let help = problem.help.as_ref().map(|help| Level::HELP.message(help.as_str()));
    let last = groups.pop().map(|last| last.elements(help));
    groups.extend(last);
    for place in &problem.related {
        let title = Level::NOTE.secondary_title(place.label.as_str());
        if let Some(excerpt) = Excerpt::of(&place.file, &place.span, documents) {
            let origin = self::origin(&place.file, place.line, place.column);
            groups.extend(excerpt.below(title, origin, Level::NOTE, None));
        }
    }
    groups
}

fn origin<'d>(path: &Path, line: u32, column: u32) -> Origin<'d> {
    Origin::path(path.to_string_lossy().into_owned()).line(line as usize).char_column(column as usize)
}

/// What is shown of the lines of a span.
struct Excerpt<'d> {
    path: &'d Path,
    line: u32,
    source: Cow<'d, str>,
    /// Whether the source is but a part of the line.
    is_part: bool,
    /// The span, counted in the source.
    span: Range<usize>,
}

impl<'d> Excerpt<'d> {
    fn of(path: &'d Path, span: &Range<usize>, documents: &'d Documents) -> Option<Excerpt<'d>> {
        let (text, lines) = documents.text_and_lines(path)?;
        let (line, _) = lines.position(text, span.start);
        let whole = lines.around(text, span);
        if whole.len() > LONGEST_WHOLE {
            let (source, span) = part(text, &lines.around(text, &(span.start..span.start)), span)?;
            return Some(Excerpt { path, line, source: source.into(), is_part: true, span });
        }
        let within = span.start.checked_sub(whole.start)?..span.end.checked_sub(whole.start)?;
        Some(Excerpt { path, line, source: text.get(whole)?.into(), is_part: false, span: within })
    }

    fn below(self, title: Title<'d>, origin: Origin<'d>, level: Level<'d>, label: Option<&'d str>) -> Vec<Group<'d>> {
        let annotation = AnnotationKind::Primary.span(self.span).label(label);
        let snippet = Snippet::source(self.source).line_start(self.line as usize).annotation(annotation);
        match self.is_part {
            // Columns of a part are not those of the file, so a group of its own has none.
            true => vec![title.element(origin), Group::with_level(level).element(snippet)],
            false => vec![title.element(snippet.path(self.path.to_string_lossy()))],
        }
    }
}

/// A part of a line around the beginning of a span, and what is left of the span within it.
fn part(text: &str, line: &Range<usize>, span: &Range<usize>) -> Option<(String, Range<usize>)> {
    let marked = span.start..floor(text, span.end.min(span.start + AROUND)).min(line.end);
    let from = floor(text, span.start.saturating_sub(AROUND)).max(line.start);
    let to = floor(text, marked.end + AROUND).min(line.end);
    let [before, after] = [from > line.start, to < line.end].map(|is_cut| if is_cut { "…" } else { "" });
    let shown = text.get(from..to)?.trim_end_matches('\r');
    let at = |offset: usize| before.len() + offset.saturating_sub(from).min(shown.len());
    Some((format!("{before}{shown}{after}"), at(marked.start)..at(marked.end)))
}
