//! `apicron doctor`: what is wrong with the live path of a job, and what to do. It neither needs nor writes a store.

use serde::Serialize;

use super::args;
use super::error::CliError;
use super::exit::Exit;
use super::file::find_job;
use super::screen::{Tone, clean_line, paint};
use super::{Context, times};
use crate::doctor::{Condition, Finding, Step};
use crate::job::Job;

#[derive(Serialize)]
struct Line<'a> {
    job: &'a str,
    step: &'static str,
    /// `null` where nobody looked.
    ok: Option<bool>,
    detail: &'a str,
    remedy: Option<&'a str>,
}

/// Walks the live path of one job, or of each that is enabled.
pub(super) async fn doctor(context: &Context, args: &args::Doctor) -> Result<Exit, CliError> {
    let jobs = context.load()?;
    let walked: Vec<&Job> = match &args.job {
        Some(name) => vec![find_job(&jobs, name)?],
        None => jobs.jobs.values().map(AsRef::as_ref).filter(|job| job.enabled).collect(),
    };
    let doctor = context.doctor(&jobs)?;
    let mut unwell = 0;
    for job in &walked {
        let findings = doctor.walk(&jobs, job).await;
        unwell += usize::from(findings.iter().any(|finding| finding.condition == Condition::Wrong));
        if context.is_json() {
            print_lines(context, job, &findings)?;
        } else {
            print_text(context, job, &findings)?;
        }
    }
    let asked = times::count(walked.len(), "job");
    context.screen.note(&match unwell {
        0 => format!("{asked}: nothing is wrong"),
        _ => format!("{asked}: something is wrong with {unwell}"),
    });
    Ok(if unwell == 0 { Exit::Done } else { Exit::Failed })
}

fn print_lines(context: &Context, job: &Job, findings: &[Finding]) -> Result<(), CliError> {
    for finding in findings {
        context.screen.json(&Line {
            job: job.name.as_str(),
            step: finding.step.as_str(),
            ok: match finding.condition {
                Condition::Well => Some(true),
                Condition::Wrong => Some(false),
                Condition::NotLookedAt => None,
            },
            detail: &finding.detail,
            remedy: finding.remedy.as_deref(),
        })?;
    }
    Ok(())
}

fn print_text(context: &Context, job: &Job, findings: &[Finding]) -> Result<(), CliError> {
    let width = Step::ALL.iter().map(|step| step.as_str().len()).max().unwrap_or_default();
    context.screen.line(&paint(Tone::Strong, job.name.as_str()))?;
    for finding in findings {
        let mark = match finding.condition {
            Condition::Well => paint(Tone::Good, "✓"),
            Condition::Wrong => paint(Tone::Bad, "✗"),
            Condition::NotLookedAt => paint(Tone::Quiet, "–"),
        };
        let (step, detail) = (finding.step.as_str(), clean_line(&finding.detail));
        context.screen.line(&format!("  {mark} {step:width$}  {detail}"))?;
        if let Some(remedy) = &finding.remedy {
            context.screen.line(&format!("    {:width$}  → {}", "", clean_line(remedy)))?;
        }
    }
    Ok(())
}
