//! What hangs is one job's: the others are on time.

use apicron::standin::{Fault, Knobs};

use rustix::process::Signal;

use crate::support::jobs::{folder, head, usage_job};
use crate::support::lists::lines;
use crate::support::serving::{count, serve, until_runs};
use crate::support::size::figure;
use crate::support::standin;

/// Longer than the test.
const FOR_EVER: u64 = 600_000;

/// A credential and an API at an address, under another name than the head's.
fn other(name: &str, url: &str) -> String {
    format!(
        "
[credentials.{name}]
token_url     = \"{url}/v1/oauth2/token\"
client_id     = {{ env = \"CLIENT_ID\" }}
client_secret = {{ env = \"CLIENT_SECRET\" }}

[apis.{name}]
base_url   = \"{url}/v1\"
credential = \"{name}\"
"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_and_a_token_endpoint_that_hang_make_no_tick_of_another_job_late() {
    let standin = standin::start().await;
    let hangs = |path| Knobs { faults: vec![Fault::slow(path, FOR_EVER)], ..Knobs::default() };
    let (api, token) =
        (standin::start_with(hangs("/v1/usage")).await, standin::start_with(hangs("/v1/oauth2/token")).await);
    let every = "schedule = \"@every 1s\"\noverlap = \"allow\"";
    let hung = |name: &str| usage_job(name, every).replace("\"standin\"", &format!("\"{name}\""));
    let jobs = [head(&standin), other("api", &api.url()), other("token", &token.url()), hung("api"), hung("token")];
    let folder = folder(&(jobs.concat() + &usage_job("light", every)));
    let serving = serve(&folder);
    until_runs(&folder, 10, "job = 'light' and state = 'succeeded'").await;
    for name in ["api", "token"] {
        assert!(count(&folder, &format!("job = '{name}' and state = 'running'")).await >= 5, "{name} hangs");
    }
    let latest = "select cast(max(value) as integer) || '' from v_samples where metric = 'light.lateness_ms'";
    let latest: u64 = lines(&folder, latest).await.concat().parse().expect("a number");
    figure("R4", format!("{latest} ms late at most, beside an API and a token endpoint that hang"));
    assert!(latest < 1_000, "{latest} ms");
    serving.signal(Signal::KILL);
    serving.end();
}
