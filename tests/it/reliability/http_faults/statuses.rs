//! Statuses other than the expected one.

use super::fault::Right::{Done, Fails, Refused, Value};
use super::fault::{Fault, GOOD, ONCE, TOUCH, answer, json, say};
use super::trial;
use crate::support::scripted::{Scripted, Step};

pub(super) fn faults() -> Vec<Fault> {
    let status = |name, code: u16, right| Fault::answer(name, answer(code, "", "{\"title\":\"No\"}"), right);
    let moved = |name, code: u16, location: &str| Fault::answer(name, answer(code, location, ""), Fails("redirect"));
    vec![
        Fault::answer("status-204", "HTTP/1.1 204 No Content\r\n\r\n", Done).calls(&[TOUCH]),
        Fault::answer("status-204-where-json-is-due", "HTTP/1.1 204 No Content\r\n\r\n", Done),
        Fault::answer("status-205", answer(205, "", ""), Done).calls(&[TOUCH]),
        Fault::answer("status-206", answer(206, "", GOOD), Value("7")),
        Fault::answer(
            "status-206-with-a-part",
            answer(206, "content-range: bytes 0-9/22\r\n", &GOOD[..10]),
            Fails("not_json"),
        ),
        Fault::answer("status-304", "HTTP/1.1 304 Not Modified\r\n\r\n", Fails("status")),
        Fault::answer("status-300", answer(300, "", "{}"), Fails("redirect")),
        moved("redirect-to-itself", 302, "location: /usage\r\n"),
        moved("redirect-of-a-post", 307, "location: /usage\r\n").calls(&[ONCE]),
        moved("redirect-to-another-host", 301, "location: https://elsewhere.invalid/usage?token=abc\r\n"),
        moved("redirect-without-location", 302, ""),
        moved("redirect-to-nonsense", 302, "location: http://[::1\r\n"),
        status("status-400", 400, Fails("status")),
        status("status-400-of-a-post", 400, Fails("status")).calls(&[ONCE]),
        status("status-402", 402, Refused).guarded(),
        status("status-403", 403, Refused).guarded(),
        status("status-401-without-a-credential", 401, Fails("status")),
        status("status-404", 404, Fails("status")),
        status("status-407", 407, Fails("status")),
        status("status-408", 408, Fails("status")).twice(),
        status("status-409", 409, Fails("status")),
        status("status-410", 410, Fails("status")),
        status("status-413", 413, Fails("status")),
        status("status-421", 421, Fails("status")),
        status("status-429", 429, Fails("rate_limited")).twice(),
        status("status-500", 500, Fails("status")).twice(),
        status("status-500-of-a-post", 500, Fails("status")).calls(&[ONCE]),
        status("status-501", 501, Fails("status")),
        status("status-502", 502, Fails("status")).twice(),
        status("status-503", 503, Fails("status")).twice(),
        status("status-504", 504, Fails("status")).twice(),
        status("status-999", 999, Fails("status")),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn the_host_that_a_redirect_names_hears_nothing() {
    let other = Scripted::start(vec![vec![Step::Hear, say(json(GOOD))]]).await;
    let faults = [301, 302, 303, 307, 308].map(|status| {
        let location = format!("location: http://{}/usage\r\n", other.address);
        let name = format!("redirect-{status}").leak();
        Fault::answer(name, answer(status, &location, ""), Fails("redirect")).guarded()
    });
    for (fault, tried) in faults.iter().zip(trial::of(&faults).await) {
        assert_eq!(fault.wrong(&tried), Vec::<String>::new());
    }
    assert_eq!(other.heard(), Vec::<String>::new());
}
