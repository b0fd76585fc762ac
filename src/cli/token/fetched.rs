//! What real tokens hold.

use serde_json::Value;

use super::{Line, More, jobs_of, scopes_of, source};
use crate::cli::Context;
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::screen::{Tone, clean_line, paint};
use crate::cli::times;
use crate::clock::{Time, rfc3339};
use crate::doctor::{Granted, ScopeSet, Trouble};
use crate::job::Jobs;

type Answer = Result<Granted, Trouble>;

pub(super) async fn fetch(context: &Context, jobs: &Jobs, sets: &[ScopeSet]) -> Result<Exit, CliError> {
    let answers = context.doctor(jobs)?.ask_each(sets).await;
    for (set, answer) in sets.iter().zip(&answers) {
        if context.is_json() {
            print_line(context, set, answer)?;
        } else {
            for line in text(context, set, answer) {
                context.screen.line(&line)?;
            }
        }
    }
    Ok(if answers.iter().all(Result::is_ok) { Exit::Done } else { Exit::Failed })
}

fn print_line(context: &Context, set: &ScopeSet, answer: &Answer) -> Result<(), CliError> {
    let granted = answer.as_ref().ok();
    let lack = granted.and_then(|granted| granted.suffices(set.jobs.first()).err());
    let trouble = answer.as_ref().err().or(lack.as_ref());
    Ok(context.screen.json(&Line {
        credential: &set.credential.name,
        scopes: &set.scopes,
        granted: granted.and_then(|granted| granted.scopes.as_ref()),
        generation: granted.map(|granted| granted.generation),
        fetched_at: granted.map(|granted| rfc3339(granted.fetched_at)),
        expires_at: granted.and_then(|granted| granted.expires_at).map(rfc3339),
        skew_s: granted.and_then(|granted| granted.skew_s),
        jobs: &set.jobs,
        source: source(&set.credential),
        more: More::Fetched {
            ok: answer.is_ok(),
            missing: granted.map(|granted| &granted.missing),
            claims: granted.and_then(|granted| granted.claims.as_ref()),
            detail: trouble.map(|trouble| trouble.detail.as_str()),
            verdict: trouble.and_then(|trouble| trouble.verdict).map(crate::run::Verdict::as_str),
            remedy: trouble.and_then(|trouble| trouble.remedy.as_deref()),
        },
    })?)
}

fn text(context: &Context, set: &ScopeSet, answer: &Answer) -> Vec<String> {
    let head = format!("{}  {}", set.credential.name, scopes_of(set));
    let mut lines = vec![format!("{}  {}", paint(Tone::Strong, &head), paint(Tone::Quiet, &jobs_of(set)))];
    match answer {
        Ok(granted) => lines.extend(granted_text(context.clock.now(), set, granted)),
        Err(trouble) => lines.extend(trouble_text(trouble)),
    }
    lines
}

fn granted_text(now: Time, set: &ScopeSet, granted: &Granted) -> Vec<String> {
    let from = granted.origin(&set.credential.grant);
    let until = granted.expires_at.map_or_else(
        || "no end known".to_owned(),
        |end| format!("until {} ({})", rfc3339(end), times::relative(now, end)),
    );
    let mut lines = vec![format!("  {} {}", paint(Tone::Good, "✓"), clean_line(&format!("{from}, {until}")))];
    let scopes = match &granted.scopes {
        None => "not known which".to_owned(),
        Some(scopes) if scopes.is_empty() => "none".to_owned(),
        Some(scopes) => scopes.to_string(),
    };
    lines.push(format!("    granted  {}", clean_line(&scopes)));
    lines.extend(granted.skew_s.map(|skew| format!("    clock    {}", clock(skew))));
    lines.extend(claims(granted));
    if let Err(lack) = granted.suffices(set.jobs.first()) {
        lines.extend(trouble_text(&lack));
    }
    lines
}

/// The server's clock by ours. A `Date` has whole seconds, and is as old as its way here was long.
fn clock(skew_s: i64) -> String {
    match skew_s {
        -1..=1 => "the token endpoint's agrees with this host's".to_owned(),
        2.. => format!("the token endpoint's is {skew_s} s ahead of this host's"),
        _ => format!("the token endpoint's is {} s behind this host's", skew_s.unsigned_abs()),
    }
}

/// A line for each claim; times also as people write them.
fn claims(granted: &Granted) -> Vec<String> {
    let line = |(name, value): (&String, &Value)| {
        let time = value.as_i64().and_then(|seconds| Time::from_timestamp(seconds, 0));
        let time = time.map(|time| format!("  {}", rfc3339(time))).unwrap_or_default();
        format!("    {name:7}  {}{time}", clean_line(&granted.claim(name).unwrap_or_default()))
    };
    granted.claims.iter().flatten().map(line).collect()
}

fn trouble_text(trouble: &Trouble) -> Vec<String> {
    let mut lines = vec![format!("  {} {}", paint(Tone::Bad, "✗"), clean_line(&trouble.detail))];
    lines.extend(trouble.remedy.as_ref().map(|remedy| format!("    → {}", clean_line(remedy))));
    lines
}
