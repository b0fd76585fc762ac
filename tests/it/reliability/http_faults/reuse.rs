//! Connections that are kept, and end just as they are used again.

use super::fault::Right::{Done, Fails, Value};
use super::fault::{Fault, GOOD, ONCE, READ, Site, TOUCH, json, say};
use crate::support::scripted::Step::{Hear, Reset};

pub(super) fn faults() -> Vec<Fault> {
    let good = || say(json(GOOD));
    let stale = |name, end: &[crate::support::scripted::Step], right| {
        let first = [&[Hear, good(), Hear], end].concat();
        Fault::new(name, Site::Scripts(vec![first, vec![Hear, good()]]), right)
    };
    vec![
        stale("kept-connection-ends-under-a-get", &[], Value("7")).calls(&[TOUCH, READ]).attempts(3).heard(3),
        stale("kept-connection-is-reset-under-a-get", &[Reset], Value("7")).calls(&[TOUCH, READ]).attempts(3).heard(3),
        stale("kept-connection-ends-under-a-post", &[], Fails("reset")).calls(&[TOUCH, ONCE]).attempts(2).heard(2),
        stale("kept-connection-is-reset-under-a-post", &[Reset], Fails("reset"))
            .calls(&[TOUCH, ONCE])
            .attempts(2)
            .heard(2),
        stale("kept-connection-ends-under-a-post-with-a-key", &[], Done)
            .calls(&[TOUCH, "post = \"/usage\""])
            .attempts(3)
            .heard(3),
    ]
}
