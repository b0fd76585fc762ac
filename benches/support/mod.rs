//! What the benchmarks share: the stand-in API and apicron as processes, and the table.

use std::error::Error;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use apicron::standin::OPS;
use comfy_table::Table;
use serde_json::Value;

const APICRON: &str = env!("CARGO_BIN_EXE_apicron");

pub(crate) type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// A row of the table: the median of a figure of all results, and each of them.
pub(crate) fn add<T>(table: &mut Table, measure: &str, results: &[T], figure: impl Fn(&T) -> f64) {
    let mut figures: Vec<f64> = results.iter().map(figure).collect();
    figures.sort_by(f64::total_cmp);
    let all: Vec<String> = figures.iter().map(|figure| format!("{figure:.1}")).collect();
    let median = all.get(all.len() / 2).cloned().unwrap_or_default();
    table.add_row([measure.to_owned(), median, all.join("  ")]);
}

/// The stand-in API in a process of its own, so that it does not count as apicron's work.
pub(crate) struct Api {
    pub(crate) url: String,
    _process: Killed,
    /// Kept open, so that whatever else it prints has somewhere to go.
    _stdout: BufReader<ChildStdout>,
}

impl Api {
    pub(crate) fn start() -> Result<Api> {
        let mut command = Command::new(APICRON);
        command.args(["demo", "--api-only", "--listen", "127.0.0.1:0"]).stdout(Stdio::piped());
        let mut process = Killed(command.spawn()?);
        let stdout = process.0.stdout.take().ok_or("no standard output")?;
        let mut line = String::new();
        let mut stdout = BufReader::new(stdout);
        stdout.read_line(&mut line)?;
        let url = line.trim().trim_end_matches("/v1").to_owned();
        if !url.starts_with("http://") {
            return Err(format!("`demo --api-only` did not say its URL but `{url}`").into());
        }
        Ok(Api { url, _process: process, _stdout: stdout })
    }
}

/// The summary that `run --json` ends with.
pub(crate) fn summary(output: &str) -> Result<Value> {
    let last: Value = serde_json::from_str(output.lines().last().unwrap_or_default())?;
    last.get("summary").cloned().ok_or_else(|| format!("no summary in {last}").into())
}

/// A line of `/proc/PID/status`, which counts in units of 1,024 bytes.
pub(crate) fn mebibytes(status: &str, name: &str) -> Result<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let kibibytes = line.and_then(|line| line.split_whitespace().next()).ok_or_else(|| format!("no {name}"))?;
    Ok(kibibytes.parse::<f64>()? / 1024.0)
}

/// The credential and the API of a job file.
pub(crate) fn credential(api: &str) -> String {
    format!(
        r#"
[credentials.standin]
token_url     = "{api}/v1/oauth2/token"
client_id     = {{ env = "STANDIN_ID" }}
client_secret = {{ env = "STANDIN_SECRET" }}

[apis.standin]
base_url   = "{api}/v1"
credential = "standin"
"#
    )
}

/// apicron in a folder, not yet started.
pub(crate) fn apicron(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(APICRON);
    command.args(arguments).current_dir(folder).stdin(Stdio::null());
    command.env("STANDIN_ID", OPS.id).env("STANDIN_SECRET", OPS.secret);
    command
}

/// A process that does not outlive this program.
pub(crate) struct Killed(pub(crate) Child);

impl Drop for Killed {
    fn drop(&mut self) {
        // Both fail only when it has ended already.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}
