//! Warnings about more calls than an API allows.

use super::{GOOD, check, loaded, problems};
use crate::job::RateLimit;

/// [`GOOD`], whose job is due every five minutes, with a limit and more at its end.
fn limited(requests: u32, per: &str, more: &str) -> String {
    let limit = format!("credential = \"c\"\nrate_limit = {{ requests = {requests}, per = \"{per}\" }}\n");
    format!("{}{more}", GOOD.replace("credential = \"c\"\n", &limit))
}

const SECOND: &str = "[[jobs.x.calls]]\nget = \"/two\"\n";

fn job(schedule: &str) -> String {
    format!("[jobs.y]\napi = \"a\"\nschedule = \"{schedule}\"\ncalls = [{{ get = \"/\" }}]\n")
}

#[test]
fn an_api_has_its_limit() {
    let api = loaded(&limited(60, "1m", "")).jobs.apis.values().next().expect("an API").rate_limit;
    let RateLimit { requests, per } = api.expect("a limit");
    assert_eq!((requests.get(), per.as_secs()), (60, 60));
}

#[test]
fn rates() {
    check(
        "rates",
        &[
            ("a job that asks for more", limited(11, "30m", SECOND)),
            ("two jobs that ask for more together", limited(12, "1h", &job("@every 20m"))),
            ("a job that does at its busiest", limited(2, "10m", &job("0,1,2 9 * * *"))),
            ("one tick that asks for more", limited(1, "1m", SECOND)),
            ("a limit of none", limited(0, "1m", "")),
            (
                "half a limit",
                GOOD.replace("credential = \"c\"\n", "credential = \"c\"\nrate_limit = { requests = 3 }\n"),
            ),
        ],
    );
}

#[test]
fn what_is_not_sure_is_not_warned_of() {
    for (text, why) in [
        (limited(12, "30m", SECOND), "as many as it allows"),
        (limited(1, "1m", "when = '$state.x'\n[[jobs.x.calls]]\nget = '/'\n"), "a call that may not be made"),
        (limited(1, "1m", "for_each = '$state.x[]'\n[[jobs.x.calls]]\nget = '/'\n"), "maybe no elements"),
        (limited(12, "1h", &job("0 9 * * *")), "days apart"),
        (limited(12, "1h", &job("* * * * *").replace("calls", "enabled = false\ncalls")), "a job without ticks"),
    ] {
        assert_eq!(problems(&text), [], "{why}");
    }
}
