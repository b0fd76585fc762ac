//! Messages that are no HTTP, or do not say truly where they end.

use std::fmt::Write;
use std::time::Duration;

use bytes::Bytes;

use super::fault::Right::{Fails, Value};
use super::fault::{Fault, GOOD, READ, TOUCH, answer, json};
use crate::support::scripted::Step::{Hear, Repeat, Say};

pub(super) fn faults() -> Vec<Fault> {
    let head = "HTTP/1.1 200 OK\r\n";
    let chunked = format!("{head}transfer-encoding: chunked\r\n\r\n");
    let length = GOOD.len();
    let lengths = |first: usize, second: usize| {
        format!("{head}content-length: {first}\r\ncontent-length: {second}\r\n\r\n{GOOD}")
    };
    let headers = |count: usize| {
        let lines = (0..count).fold(String::new(), |mut lines, n| {
            _ = write!(lines, "x-{n}: y\r\n");
            lines
        });
        answer(200, &lines, GOOD)
    };
    let odd = [head.as_bytes(), b"x-name: caf\xe9\r\n", format!("content-length: {length}\r\n\r\n{GOOD}").as_bytes()]
        .concat();
    let goes_on = vec![Hear, Repeat(Bytes::from_static(b"HTTP/1.1 103 Early Hints\r\n\r\n"), Duration::from_millis(1))];
    let continues = format!(
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </>\r\n\r\n{head}content-length: {length}\r\n\r\n{GOOD}"
    );
    vec![
        Fault::answer("length-too-long", format!("{head}content-length: 100\r\n\r\n{GOOD}"), Fails("reset")).twice(),
        Fault::answer("length-too-short", format!("{head}content-length: 5\r\n\r\n{GOOD}"), Fails("not_json")),
        Fault::answer("two-lengths", lengths(5, length), Fails("protocol")).twice(),
        Fault::answer("one-length-twice", lengths(length, length), Value("7")),
        Fault::answer("length-negative", format!("{head}content-length: -1\r\n\r\n{GOOD}"), Fails("protocol")).twice(),
        Fault::answer(
            "length-absurd",
            format!("{head}content-length: 99999999999999999999999\r\n\r\n{GOOD}"),
            Fails("protocol"),
        )
        .twice(),
        Fault::answer(
            "length-of-an-exabyte",
            format!("{head}content-length: 1000000000000000000\r\n\r\n{GOOD}"),
            Fails("reset"),
        )
        .twice(),
        Fault::answer("no-length-but-an-end", format!("{head}\r\n{GOOD}"), Value("7")),
        Fault::answer("chunk-size-that-is-no-number", format!("{chunked}zz\r\n{GOOD}\r\n0\r\n\r\n"), Fails("protocol"))
            .twice(),
        Fault::answer("chunk-size-absurd", format!("{chunked}fffffffffffffffff\r\n{GOOD}"), Fails("protocol")).twice(),
        Fault::answer("chunk-cut", format!("{chunked}{length:x}\r\n{{\"cre"), Fails("reset")).twice(),
        Fault::answer("chunk-longer-than-it-says", format!("{chunked}5\r\n{GOOD}\r\n0\r\n\r\n"), Fails("protocol"))
            .twice(),
        Fault::answer("last-chunk-missing", format!("{chunked}{length:x}\r\n{GOOD}\r\n"), Fails("reset")).twice(),
        Fault::answer("http-09", GOOD, Fails("protocol")).twice(),
        Fault::answer("http-2-preface", &b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"[..], Fails("protocol")).twice(),
        Fault::answer("http-2-settings", &b"\0\0\x06\x04\0\0\0\0\0\0\x03\0\0\0\x64"[..], Fails("protocol")).twice(),
        Fault::answer("another-protocol", "SSH-2.0-OpenSSH_9.6\r\n", Fails("protocol")).twice(),
        Fault::answer("nothing-but-zeros", vec![0; 100_000], Fails("protocol")).twice(),
        Fault::answer("status-that-is-no-number", "HTTP/1.1 abc OK\r\n\r\n", Fails("protocol")).twice(),
        Fault::answer("header-without-a-colon", format!("{head}nonsense\r\n\r\n"), Fails("protocol")).twice(),
        Fault::answer(
            "header-of-a-mebibyte",
            answer(200, &format!("x-huge: {}\r\n", "h".repeat(1 << 20)), GOOD),
            Fails("protocol"),
        )
        .twice(),
        Fault::answer("headers-10000", headers(10_000), Fails("protocol")).twice(),
        Fault::answer("headers-90", headers(90), Value("7")),
        Fault::answer("header-that-is-no-utf-8", odd, Value("7")),
        Fault::script("1xx-for-ever", goes_on, Fails("timeout")).times_out(),
        Fault::answer("1xx-and-then-an-answer", continues, Value("7")),
        Fault::answer("101-unasked", answer(101, "upgrade: x\r\nconnection: upgrade\r\n", ""), Fails("status")),
        // What comes unasked is no answer to what is asked next.
        Fault::script(
            "answer-after-the-answer",
            vec![Hear, Say([json(GOOD), json(r#"{"credits":{"used":666}}"#)].concat().into())],
            Value("7"),
        )
        .calls(&[TOUCH, READ])
        .attempts(2)
        .heard(2),
    ]
}
