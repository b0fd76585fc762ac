//! Problems as text, each with its line.

use std::ops::Range;
use std::path::Path;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use super::documents::Documents;
use super::problem::{Problem, Severity};

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
    let title = level.primary_title(problem.message.as_str()).id(problem.code);
    let mut group = match problem.span.as_ref().and_then(|span| snippet(&problem.file, span, documents)) {
        Some((snippet, span)) => {
            let annotation = AnnotationKind::Primary.span(span).label(problem.label.as_deref());
            title.element(snippet.annotation(annotation))
        }
        None => {
            let origin = Origin::path(problem.file.to_string_lossy()).line(problem.line as usize);
            title.element(origin.char_column(problem.column as usize))
        }
    };
    if let Some(help) = &problem.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    let mut groups = vec![group];
    for place in &problem.related {
        let title = Level::NOTE.secondary_title(place.label.as_str());
        if let Some((snippet, span)) = snippet(&place.file, &place.span, documents) {
            groups.push(title.element(snippet.annotation(AnnotationKind::Primary.span(span))));
        }
    }
    groups
}

/// The lines of a span, and the span within them.
fn snippet<'d, T: Clone>(
    path: &Path,
    span: &Range<usize>,
    documents: &'d Documents,
) -> Option<(Snippet<'d, T>, Range<usize>)> {
    let (text, lines) = documents.text_and_lines(path)?;
    let shown = lines.around(text, span);
    let (line, _) = lines.position(text, span.start);
    let source = text.get(shown.clone())?;
    let within = span.start.checked_sub(shown.start)?..span.end.checked_sub(shown.start)?;
    Some((Snippet::source(source).line_start(line as usize).path(path.to_string_lossy().into_owned()), within))
}
