//! What `alerts` and `silence` are asked.

use clap::{ArgGroup, Args};

use crate::cli::times;

#[derive(Debug, Args)]
pub(in crate::cli) struct Alerts {
    /// Only this alert
    pub(in crate::cli) alert: Option<String>,
}

#[derive(Debug, Args)]
#[command(group(ArgGroup::new("what").required(true).args(["length", "lift"])))]
pub(in crate::cli) struct Silence {
    /// The alert
    pub(in crate::cli) alert: String,
    /// For how long, such as 2h
    #[arg(long = "for", value_name = "DURATION", value_parser = times::parse_duration)]
    pub(in crate::cli) length: Option<std::time::Duration>,
    /// Why
    #[arg(long, value_name = "TEXT", value_parser = times::parse_reason, conflicts_with = "lift")]
    pub(in crate::cli) reason: Option<String>,
    /// End its silence
    #[arg(long)]
    pub(in crate::cli) lift: bool,
}
