//! `apicron diagnose`: judges evidence anew. It reads neither a job file nor a store.

mod lines;

use std::fs::File;
use std::io::{self, BufReader, IsTerminal, Read};
use std::path::Path;

use serde::Serialize;

use super::Context;
use super::args;
use super::error::CliError;
use super::exit::Exit;
use super::screen::{Screen, clean_line};
use crate::diagnose::{diagnose as judge, read_evidence};
use crate::run::{Confidence, Evidence, Scopes, Verdict};
use lines::{Line, Lines};

/// Lines that are no evidence and are told one by one; a file of another kind has nothing but such.
const MOST_TOLD: u64 = 20;

/// The answer to one line.
#[derive(Serialize)]
struct Answer<'a> {
    name: Option<&'a str>,
    verdict: Verdict,
    missing_scopes: &'a Scopes,
    retry: bool,
    confidence: Confidence,
    rule: &'a str,
    summary: &'a str,
    remedy: &'a str,
}

/// Answers each line with a line, as soon as it came.
pub(super) fn diagnose(context: &Context, args: &args::Diagnose) -> Result<Exit, CliError> {
    let screen = context.screen;
    let (name, source) = open(screen, &args.from)?;
    let mut lines = Lines::new(BufReader::new(source));
    let mut unread = 0;
    while let Some(line) = lines.next().map_err(|cause| CliError::io(format!("read {name}"), cause))? {
        let why = match &line {
            Line::Text(text) if text.is_empty() => continue,
            Line::Text(text) => match read_evidence(text) {
                Ok(evidence) => {
                    answer(screen, &evidence)?;
                    continue;
                }
                Err(error) => error.to_string(),
            },
            Line::TooLong => format!("is longer than {} MiB, which no evidence is", lines::LONGEST >> 20),
        };
        unread += 1;
        if unread <= MOST_TOLD {
            screen.note(&format!("error: line {} of {name} {why}", lines.number()));
        }
    }
    if unread > MOST_TOLD {
        screen.note(&format!("error: {} more lines of {name} are no evidence", unread - MOST_TOLD));
    }
    Ok(if unread == 0 { Exit::Done } else { Exit::Failed })
}

/// What the lines come from, and its name.
fn open(screen: Screen, from: &Path) -> Result<(String, Box<dyn Read>), CliError> {
    if from == Path::new("-") {
        if io::stdin().is_terminal() {
            screen.note("reading evidence from the terminal, one JSON object a line; Ctrl-D ends it");
        }
        return Ok(("standard input".to_owned(), Box::new(io::stdin())));
    }
    let name = clean_line(&from.display().to_string());
    let file = File::open(from).map_err(|cause| CliError::io(format!("read {name}"), cause))?;
    Ok((name, Box::new(file)))
}

fn answer(screen: Screen, evidence: &Evidence) -> io::Result<()> {
    let judgement = judge(evidence);
    screen.json(&Answer {
        name: evidence.name.as_deref(),
        verdict: judgement.verdict,
        missing_scopes: &judgement.missing_scopes,
        retry: judgement.retry,
        confidence: judgement.confidence,
        rule: judgement.rule,
        summary: &judgement.summary,
        remedy: &judgement.remedy,
    })
}
