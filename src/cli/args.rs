//! The command line.

mod alerting;
mod api;
mod looking;

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use chrono_tz::Tz;
use clap::{Args, Parser, Subcommand, ValueEnum};

use super::{exit, times};
use crate::clock::Time;
use crate::run::RunState;
use crate::telemetry;

pub(super) use alerting::{Alerts, Silence};
pub(super) use api::Api;
pub(super) use looking::{Check, Doctor, Token};

/// cron for authenticated APIs
///
/// Jobs in a TOML file name their OAuth 2.0 scopes and their API calls. apicron runs them on
/// schedule under one shared token cache and writes every result and every failure to SQLite.
#[derive(Debug, Parser)]
#[command(name = "apicron", version, after_help = exit::HELP, disable_help_subcommand = true, max_term_width = 100)]
pub(super) struct Cli {
    #[command(flatten)]
    pub(super) global: Global,
    #[command(subcommand)]
    pub(super) verb: Verb,
}

#[derive(Debug, Args)]
pub(super) struct Global {
    /// The job file
    #[arg(short, long, global = true, value_name = "FILE", env = "APICRON_FILE", default_value = "jobs.toml")]
    pub(super) file: PathBuf,
    /// Print JSON: lists one object a line, single things one object
    #[arg(long, global = true)]
    pub(super) json: bool,
    /// No colour, also on a terminal (as the variable NO_COLOR does)
    #[arg(long, global = true)]
    pub(super) no_color: bool,
    /// What is logged to standard error, such as `debug` or `warn,apicron=trace`
    #[arg(long, global = true, value_name = "FILTER", env = "APICRON_LOG", default_value = telemetry::DEFAULT_DIRECTIVES)]
    pub(super) log: String,
    /// What log lines look like: text for people, or one JSON object each
    #[arg(long, global = true, value_name = "FORMAT", env = "APICRON_LOG_FORMAT", default_value = "text")]
    pub(super) log_format: LogFormat,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum LogFormat {
    Text,
    Json,
}

impl From<LogFormat> for telemetry::Format {
    fn from(format: LogFormat) -> telemetry::Format {
        match format {
            LogFormat::Text => telemetry::Format::Text,
            LogFormat::Json => telemetry::Format::Json,
        }
    }
}

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Write a commented job file for a first job; never overwrites
    Init,
    /// Find every problem of the job file, each at its place
    Check(Check),
    /// Show the coming ticks, of the job file or of one schedule
    Next(Next),
    /// Run jobs now, on the same path as the scheduler
    Run(Run),
    /// Run jobs on their schedules until a signal
    Serve(Serve),
    /// One line for each job: how it stands
    Status(Status),
    /// List runs, newest first
    Runs(Runs),
    /// Show one run: its calls, attempts and diagnosis
    Show(Show),
    /// End a run, whichever process is at work on it
    Cancel(Cancel),
    /// Run a run again, as the newest of its chain
    Repeat(Repeat),
    /// Run the windows of the past that have no success
    Backfill(Backfill),
    /// Send one request with the token of an API: the way to write a job file
    Api(Api),
    /// Judge refusals by their evidence: what each is, and what to do
    Diagnose(Diagnose),
    /// Show what is known of tokens, or ask for one of each and show what it holds; never the token
    Token(Token),
    /// Walk the live path of jobs: say what is wrong and what to do
    Doctor(Doctor),
    /// Name each tick that no row covers, or more than one
    Audit(Audit),
    /// Give a job no runs for a while
    Pause(Pause),
    /// End the pause of a job
    Resume(Resume),
    /// One line for each alert and what it looks at: how it stands
    Alerts(Alerts),
    /// Have an alert tell nobody for a while, or end that
    Silence(Silence),
    /// Print all rows of a view
    Export(Export),
    /// Write a consistent copy of the store to a new file
    Backup(Backup),
    /// Print the JSON Schema of the job file
    Schema,
    /// Print completions for a shell
    Completions(Completions),
    /// See it work: a stand-in API on this machine and jobs against it
    Demo(Demo),
}

#[derive(Debug, Args)]
pub(super) struct Next {
    /// Only this job
    #[arg(conflicts_with_all = ["schedule", "timezone"])]
    pub(super) job: Option<String>,
    /// How many ticks
    #[arg(short, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=10_000))]
    pub(super) n: u16,
    /// Ticks after this moment instead of now (RFC 3339)
    #[arg(long, value_name = "TIME", value_parser = times::parse_moment)]
    pub(super) after: Option<Time>,
    /// A schedule instead of a job file: "30 2 * * *", "@every 15m"
    #[arg(long, value_name = "CRON")]
    pub(super) schedule: Option<String>,
    /// The zone of --schedule
    #[arg(long, value_name = "ZONE", requires = "schedule", value_parser = times::parse_zone)]
    pub(super) timezone: Option<Tz>,
}

#[derive(Debug, Args)]
pub(super) struct Run {
    /// The jobs to run
    #[arg(required_unless_present = "all", conflicts_with = "all", value_name = "JOB")]
    pub(super) jobs: Vec<String>,
    /// Run every enabled job
    #[arg(long)]
    pub(super) all: bool,
    /// Runs at once, instead of what the job file says
    #[arg(long, value_name = "N")]
    pub(super) concurrency: Option<NonZeroUsize>,
    /// Say what would be sent, and send nothing
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Run in this process, also where a serving apicron could take over
    #[arg(long)]
    pub(super) here: bool,
}

#[derive(Debug, Args)]
pub(super) struct Serve {
    /// Serve without the page
    #[arg(long)]
    pub(super) no_web: bool,
}

#[derive(Debug, Args)]
pub(super) struct Status {
    /// Only this job
    pub(super) job: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct Runs {
    /// Only runs of this job
    #[arg(long)]
    pub(super) job: Option<String>,
    /// Only runs in this state
    #[arg(long, value_parser = times::parse_state)]
    pub(super) state: Option<RunState>,
    /// Only runs of the last while, such as 24h, or since a moment (RFC 3339)
    #[arg(long, value_name = "TIME")]
    pub(super) since: Option<String>,
    /// How many at most
    #[arg(short, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(super) n: u32,
    /// Print runs as they end, oldest first, until Ctrl-C
    #[arg(long)]
    pub(super) follow: bool,
}

#[derive(Debug, Args)]
pub(super) struct Show {
    /// A run's number, or a job for its last run
    #[arg(value_name = "RUN|JOB")]
    pub(super) what: String,
    /// Print the evidence of its refusals, one JSON object a line
    #[arg(long)]
    pub(super) evidence: bool,
    /// Print its calls as command lines of curl, with $TOKEN in the token's place
    #[arg(long, conflicts_with = "evidence")]
    pub(super) curl: bool,
    /// Print a job's effective keys and where each comes from
    #[arg(long, conflicts_with_all = ["evidence", "curl"])]
    pub(super) config: bool,
}

#[derive(Debug, Args)]
pub(super) struct Cancel {
    /// The run's number
    #[arg(value_name = "RUN")]
    pub(super) run: i64,
}

#[derive(Debug, Args)]
pub(super) struct Repeat {
    /// The run's number
    #[arg(value_name = "RUN")]
    pub(super) run: i64,
    /// Run in this process, also where a serving apicron could take over
    #[arg(long)]
    pub(super) here: bool,
}

#[derive(Debug, Args)]
pub(super) struct Backfill {
    /// The job
    pub(super) job: String,
    /// Ticks after this moment (RFC 3339)
    #[arg(long, value_name = "TIME", value_parser = times::parse_moment)]
    pub(super) from: Time,
    /// Ticks up to this moment (RFC 3339)
    #[arg(long, value_name = "TIME", value_parser = times::parse_moment)]
    pub(super) to: Time,
    /// Say which windows would run, and run none
    #[arg(long)]
    pub(super) dry_run: bool,
}

#[derive(Debug, Args)]
pub(super) struct Diagnose {
    /// The evidence, one JSON object a line, as `show --evidence` prints it; `-` is standard input
    #[arg(value_name = "FILE", default_value = "-")]
    pub(super) from: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct Audit {
    /// Ticks after this: a duration such as 24h, or a moment (RFC 3339); else as far as rows are kept
    #[arg(long, value_name = "TIME")]
    pub(super) from: Option<String>,
    /// Ticks up to this; else up to two seconds ago
    #[arg(long, value_name = "TIME")]
    pub(super) to: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct Pause {
    /// The job
    pub(super) job: String,
    /// For how long, such as 2h; else until it is resumed
    #[arg(long = "for", value_name = "DURATION", value_parser = times::parse_duration)]
    pub(super) length: Option<std::time::Duration>,
    /// Why; it stands in the rows of runs that are skipped
    #[arg(long, value_name = "TEXT", value_parser = times::parse_reason)]
    pub(super) reason: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct Resume {
    /// The job
    pub(super) job: String,
}

#[derive(Debug, Args)]
pub(super) struct Export {
    /// Which rows
    #[arg(value_name = "WHAT")]
    pub(super) what: Exported,
    /// How they are written
    #[arg(long, value_name = "FORMAT", default_value = "ndjson")]
    pub(super) format: ExportFormat,
    /// Of records, only those of this collection
    #[arg(long, value_name = "NAME")]
    pub(super) collection: Option<String>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Exported {
    Runs,
    Results,
    Samples,
    Records,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ExportFormat {
    Ndjson,
    Csv,
}

#[derive(Debug, Args)]
pub(super) struct Backup {
    /// The file to make; it must not exist
    #[arg(value_name = "FILE")]
    pub(super) to: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct Completions {
    /// The shell
    pub(super) shell: clap_complete::Shell,
}

#[derive(Debug, Args)]
pub(super) struct Demo {
    /// Run each job once, say what happened, and end
    #[arg(long, conflicts_with = "api_only")]
    pub(super) once: bool,
    /// Only the stand-in API; its URL is the first line of output
    #[arg(long)]
    pub(super) api_only: bool,
    /// Where the stand-in API listens
    #[arg(long, value_name = "ADDR", requires = "api_only", default_value = "127.0.0.1:0")]
    pub(super) listen: SocketAddr,
}
