//! The command line of `api`.

use clap::Args;

use crate::cli::{times, words};
use crate::job::Method;

#[derive(Debug, Args)]
pub(in crate::cli) struct Api {
    /// The API of the job file: its address, credential and headers are used
    #[arg(value_name = "NAME")]
    pub(in crate::cli) name: String,
    /// get, post, put, patch or delete
    #[arg(value_parser = words::parse_method)]
    pub(in crate::cli) method: Method,
    /// The path below the API's `base_url`, beginning with `/`; `{{ … }}` as in the job file
    pub(in crate::cli) path: String,
    /// The scopes of the token. Without them no scope is asked for, so the token has what its client has
    #[arg(long, value_name = "SCOPE,…", value_delimiter = ',')]
    pub(in crate::cli) scopes: Vec<String>,
    /// Print what a jq filter gives for the body instead: each value on a line of its own
    #[arg(long, value_name = "FILTER")]
    pub(in crate::cli) jq: Option<String>,
    /// With --jq, print texts as they are instead of as JSON
    #[arg(long, requires = "jq")]
    pub(in crate::cli) raw: bool,
    /// A query parameter
    #[arg(long, value_name = "NAME=VALUE", value_parser = words::parse_pair)]
    pub(in crate::cli) query: Vec<(String, String)>,
    /// A header; it wins over one of the API's
    #[arg(long, value_name = "NAME: VALUE", value_parser = words::parse_header)]
    pub(in crate::cli) header: Vec<(String, String)>,
    /// A JSON body; `{{ … }}` in its texts as in the job file
    #[arg(long = "data", value_name = "JSON", value_parser = words::parse_json)]
    pub(in crate::cli) body: Option<crate::filter::Json>,
    /// Print the status and the headers before the body
    #[arg(long)]
    pub(in crate::cli) include: bool,
    /// How long the request may take
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = times::parse_duration)]
    pub(in crate::cli) timeout: std::time::Duration,
}
