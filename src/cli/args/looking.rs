//! The command lines of verbs that look whether a job file works.

use clap::Args;

#[derive(Debug, Args)]
pub(in crate::cli) struct Check {
    /// Exit with 3 when there are warnings
    #[arg(long)]
    pub(in crate::cli) strict: bool,
    /// Also ask each token endpoint for the scopes that enabled jobs ask for
    #[arg(long)]
    pub(in crate::cli) online: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Token {
    /// Only this credential
    pub(in crate::cli) credential: Option<String>,
    /// Ask for a token of each scope set, and show its claims, its end and its scopes
    #[arg(long)]
    pub(in crate::cli) fetch: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Doctor {
    /// Only this job, enabled or not; else every enabled one
    pub(in crate::cli) job: Option<String>,
}
