//! TLS that is not as it should be. The authority is trusted, so that only what is wrong is refused.

use super::fault::Right::{Fails, Value};
use super::fault::{Fault, GOOD, Site, json, say};
use crate::support::scripted::Step::{Hear, Hold, Notice, Reset};
use crate::support::tls::Says;

pub(super) fn faults() -> Vec<Fault> {
    let tls = |name, says, right| Fault::new(name, Site::Tls(says, vec![Hear, say(json(GOOD))]), right);
    let open_ended = format!("HTTP/1.1 200 OK\r\n\r\n{GOOD}");
    let plain = "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n";
    vec![
        tls("tls-that-is-well", Says::Truth, Value("7")).heard(1),
        tls("tls-expired", Says::Expired, Fails("tls")).twice().heard(0),
        tls("tls-not-yet-valid", Says::NotYet, Fails("tls")).twice().heard(0),
        tls("tls-of-another-name", Says::OtherName, Fails("tls")).twice().heard(0),
        tls("tls-self-signed", Says::SelfSigned, Fails("tls")).twice().heard(0),
        Fault::new("tls-that-stalls", Site::TlsExpected(vec![Hold]), Fails("timeout")).times_out(),
        Fault::new("tls-that-breaks-off", Site::TlsExpected(vec![Notice, Reset]), Fails("connect")).twice().heard(0),
        Fault::new("plain-http-where-tls-is-due", Site::TlsExpected(vec![say(plain)]), Fails("tls")).twice().heard(0),
        // Nothing says that this is all of it, so it may have been cut on the way.
        Fault::new(
            "tls-ended-without-a-farewell",
            Site::Tls(Says::Truth, vec![Hear, say(open_ended), Reset]),
            Fails("reset"),
        )
        .twice()
        .heard(2),
    ]
}
