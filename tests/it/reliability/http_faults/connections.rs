//! Connections that do not come, that stall or that break.

use std::time::Duration;

use super::fault::Right::{Done, Fails, Value};
use super::fault::{Fault, GOOD, ONCE, Site, TOUCH, json, say};
use crate::support::proxy::Manner;
use crate::support::scripted::Step::{Deaf, Hear, HearHead, Hold, Reset, Trickle};

const PAUSE: Duration = Duration::from_millis(50);

pub(super) fn faults() -> Vec<Fault> {
    let upload = "post = \"/files\"\nupload = { files = \"big.bin\", field = \"file\" }";
    vec![
        Fault::new("connection-refused", Site::Closed, Fails("connect")).twice(),
        Fault::new("name-that-does-not-resolve", Site::Address("https://api.invalid"), Fails("dns")).twice(),
        Fault::new("connection-that-nobody-takes", Site::Full, Fails("timeout")).times_out(),
        Fault::script("ended-before-any-byte", vec![Hear], Fails("reset")).twice(),
        Fault::script("reset-before-any-byte", vec![Hear, Reset], Fails("reset")).twice(),
        Fault::script("reset-before-any-byte-of-a-post", vec![Hear, Reset], Fails("reset")).calls(&[ONCE]),
        Fault::script("reset-in-mid-header", vec![Hear, say("HTTP/1.1 200 OK\r\ncontent-le"), Reset], Fails("reset"))
            .twice(),
        Fault::script("reset-in-mid-body", vec![Hear, say(half()), Reset], Fails("reset")).twice(),
        Fault::script("reset-in-mid-body-of-a-post", vec![Hear, say(half()), Reset], Fails("reset")).calls(&[ONCE]),
        Fault::script("header-that-never-comes", vec![Hear, Hold], Fails("timeout")).times_out(),
        Fault {
            attempts: 1,
            at_least: Duration::from_secs(1),
            ..Fault::script("header-that-never-comes-to-a-post", vec![Hear, Hold], Fails("timeout"))
                .times_out()
                .calls(&[ONCE])
        },
        Fault::script("header-trickled", vec![Hear, Trickle(json(GOOD), PAUSE), Hold], Fails("timeout")).times_out(),
        Fault::script("body-that-never-comes", vec![Hear, say(half()), Hold], Fails("timeout")).times_out(),
        Fault::script(
            "body-trickled",
            vec![Hear, say(half()), Trickle(vec![b' '; 100].into(), PAUSE), Hold],
            Fails("timeout"),
        )
        .times_out(),
        Fault::script("body-slow-but-in-time", vec![Hear, Trickle(json(GOOD), Duration::from_millis(2))], Value("7")),
        Fault::script("upload-that-nobody-reads", vec![HearHead, Deaf], Fails("timeout")).times_out().calls(&[upload]),
        Fault::script("upload-that-is-not-read-to-its-end", vec![HearHead, Reset], Fails("reset"))
            .twice()
            .calls(&[upload]),
        Fault::new("proxy-that-refuses", Site::Proxied(vec![Manner::Refuse]), Fails("reset")).twice().guarded(),
        Fault::new("proxy-that-stalls", Site::Proxied(vec![Manner::Stall]), Fails("timeout")).times_out().guarded(),
        Fault::new("proxy-that-cuts-the-header", Site::Proxied(vec![Manner::CutAfter(20)]), Fails("reset"))
            .twice()
            .guarded(),
        Fault::new("proxy-that-cuts-the-body", Site::Proxied(vec![Manner::CutAfter(400)]), Fails("reset"))
            .twice()
            .guarded(),
        Fault::new("proxy-that-trickles", Site::Proxied(vec![Manner::Trickle(PAUSE)]), Fails("timeout"))
            .times_out()
            .guarded(),
        Fault::new("proxy-that-refuses-once", Site::Proxied(vec![Manner::Refuse, Manner::Pass]), Done)
            .attempts(2)
            .guarded()
            .calls(&[TOUCH]),
    ]
}

/// Half of a good answer.
fn half() -> bytes::Bytes {
    let whole = json(format!("{GOOD}{}", " ".repeat(1000)));
    whole.slice(..whole.len() - 1000)
}
