//! The edge: verbs, output, exit codes.

mod alerts;
mod api;
mod args;
mod audit;
mod backfill;
mod backup;
mod cancel;
mod check;
mod completions;
mod config_of;
mod demo;
mod diagnose;
mod doctor;
mod dry_run;
mod error;
mod exit;
mod export;
mod file;
mod follow;
mod init;
mod later;
mod live;
mod next;
mod pause;
mod progress;
mod reload;
mod repeat;
mod report;
mod run;
mod runs;
mod screen;
mod serve;
mod service;
mod session;
mod show;
mod status;
mod times;
mod token;
mod words;

use std::process::ExitCode;

use clap::Parser;

use args::{Cli, Global, Verb};
use error::CliError;
use screen::{Form, LogLines, Screen};

use crate::clock::Clock;
use crate::secret::{Environment, Redactor};
use crate::telemetry;

pub use exit::Exit;

/// What every verb is handed.
struct Context {
    global: Global,
    screen: Screen,
    clock: Clock,
    environment: Environment,
    redactor: Redactor,
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return later::explain(&error).into(),
    };
    let form = if cli.global.json { Form::Json } else { Form::Text };
    let screen = Screen::new(form, cli.global.no_color);
    let exit = run_to_end(cli, screen).unwrap_or_else(|error| {
        if let Some(text) = error.text() {
            screen.note(&text);
        }
        error.exit()
    });
    exit.into()
}

fn run_to_end(cli: Cli, screen: Screen) -> Result<Exit, CliError> {
    let environment = Environment::process();
    #[cfg(feature = "crash-points")]
    crate::crash::arm(&environment.get("APICRON_CRASH").unwrap_or_default());
    let redactor = Redactor::new();
    let colour = if screen::stderr_has_colour() { telemetry::Colour::On } else { telemetry::Colour::Off };
    telemetry::begin(&cli.global.log, cli.global.log_format.into(), colour, redactor.clone(), || LogLines)?;
    let context = Context { global: cli.global, screen, clock: Clock::system(), environment, redactor };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|cause| CliError::io("start the async runtime", cause))?;
    let exit = runtime.block_on(dispatch(context, cli.verb));
    // Rows are on disk by now; a thread that still works on something nobody waits for is left behind.
    runtime.shutdown_background();
    exit
}

async fn dispatch(context: Context, verb: Verb) -> Result<Exit, CliError> {
    match verb {
        Verb::Init => init::init(&context),
        Verb::Check(args) => check::check(&context, &args).await,
        Verb::Next(args) => next::next(&context, &args),
        Verb::Run(args) => run::run(context, args).await,
        Verb::Serve(args) => serve::serve(context, args).await,
        Verb::Status(args) => status::status(&context, &args).await,
        Verb::Runs(args) => runs::runs(&context, &args).await,
        Verb::Show(args) => show::show(&context, &args).await,
        Verb::Cancel(args) => cancel::cancel(&context, &args).await,
        Verb::Repeat(args) => repeat::repeat(&context, &args).await,
        Verb::Backfill(args) => backfill::backfill(&context, &args).await,
        Verb::Api(args) => api::api(&context, &args).await,
        Verb::Diagnose(args) => diagnose::diagnose(&context, &args),
        Verb::Token(args) => token::token(&context, &args).await,
        Verb::Doctor(args) => doctor::doctor(&context, &args).await,
        Verb::Audit(args) => audit::audit(&context, &args).await,
        Verb::Pause(args) => pause::pause(&context, args).await,
        Verb::Resume(args) => pause::resume(&context, &args).await,
        Verb::Alerts(args) => alerts::alerts(&context, &args).await,
        Verb::Silence(args) => alerts::silence(&context, args).await,
        Verb::Export(args) => export::export(&context, &args).await,
        Verb::Backup(args) => backup::backup(&context, &args).await,
        Verb::Schema => file::schema(&context),
        Verb::Completions(args) => completions::completions(&context, &args),
        Verb::Demo(args) => demo::demo(context, args).await,
    }
}
