//! How much memory the worst answers take. They come one after the other to one server, whose highest mark is read
//! and wiped after each.

use std::time::Duration;

use bytes::Bytes;

use super::fault::Right::{Fails, Value};
use super::fault::{Fault, GOOD, answer, json, say};
use super::trial::Stage;
use crate::support::binary::Running;
use crate::support::packed::{bomb, zstd_bomb};
use crate::support::scripted::Step::{Flood, Hear};
use crate::support::serving::serve;
use crate::support::size::figure;

/// What the process may take, in MB.
const MOST: u64 = 150;
/// As much of a body is read.
const BODY: usize = 10 << 20;

fn faults() -> Vec<Fault> {
    let gigabyte = |name, head: &str, right| {
        let chunk = Bytes::from(vec![b' '; 64 << 10]);
        Fault::script(name, vec![Hear, say(head.to_owned()), Flood(chunk, 16 << 10)], right)
    };
    let gibibyte = 1 << 30;
    let chunk = [format!("{:x}\r\n", 64 << 10).into_bytes(), vec![b' '; 64 << 10], b"\r\n".to_vec()].concat();
    let chunked =
        vec![Hear, say("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"), Flood(chunk.into(), 16 << 10)];
    let packed = |name, status, coding: &str, body: Bytes, right| {
        Fault::answer(name, answer(status, &format!("content-encoding: {coding}\r\n"), body), right)
    };
    let array = |name, element: &str, status, right| {
        let inside = format!("{element},").repeat(BODY / (element.len() + 1) - 2);
        Fault::answer(name, answer(status, "", format!("[{inside}{element}]")), right)
    };
    let faults = vec![
        Fault::answer("a-good-answer", json(GOOD), Value("7")),
        packed("gzip-bomb", 200, "gzip", bomb(BODY), Fails("too_large")),
        packed("gzip-bomb-with-a-500", 500, "gzip", bomb(BODY), Fails("status")).twice(),
        packed("zstd-bomb", 200, "zstd", zstd_bomb(BODY), Fails("too_large")),
        gigabyte("gibibyte", &format!("HTTP/1.1 200 OK\r\ncontent-length: {gibibyte}\r\n\r\n"), Fails("too_large")),
        gigabyte("gibibyte-without-a-length", "HTTP/1.1 200 OK\r\n\r\n", Fails("too_large")),
        Fault::script("gibibyte-in-chunks", chunked, Fails("too_large")),
        Fault::answer("nesting-ten-million", json("[".repeat(BODY)), Fails("too_large")),
        Fault::answer("text-of-ten-mebibytes", json(format!("\"{}\"", "x".repeat(BODY - 2))), Fails("filter")),
        array("array-of-numbers", "0", 200, Fails("too_large")),
        array("array-of-arrays", "[]", 200, Fails("too_large")),
        array("array-of-objects-with-members", r#"{"a":1}"#, 200, Fails("too_large")),
        array("array-of-texts", "\"\"", 200, Fails("too_large")),
        array("array-of-arrays-with-a-404", "[]", 404, Fails("status")),
        Fault::answer(
            "header-of-a-mebibyte",
            answer(200, &format!("x: {}\r\n", "h".repeat(1 << 20)), ""),
            Fails("protocol"),
        )
        .twice(),
        Fault::answer("a-good-list-of-four-mebibytes", json(list(4 << 20)), Value("7")),
        Fault::answer("list-of-small-records-of-eight-mebibytes", json(list(8 << 20)), Fails("too_large")),
    ];
    // The time is not the matter here, and unpacking without optimisation takes long.
    faults.into_iter().map(|fault| fault.takes(Duration::ZERO, Duration::from_secs(30))).collect()
}

/// A list of records as people have them, of so many bytes.
fn list(bytes: usize) -> String {
    let record =
        r#"{"id":"ds-000001","name":"sales","state":"ready","rows":12000,"created_at":"2026-01-01T00:00:00Z"}"#;
    let good = GOOD.trim_end_matches('}');
    let records = format!("{record},").repeat((bytes - good.len()) / (record.len() + 1) - 1);
    format!(r#"{good}}},"records":[{records}{record}]}}"#)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_worst_answers_take_less_than_150_mb() {
    let faults = faults();
    let stage = Stage::set(&faults).await;
    let serve = tokio::task::block_in_place(|| serve(&stage.folder));
    let mut peaks = Vec::new();
    for fault in &faults {
        wipe(&serve);
        let ended = tokio::task::block_in_place(|| stage.folder.run(&["run", fault.name]));
        assert_eq!(ended.code(), i32::from(!matches!(fault.right, Value(_))), "{ended:#?}");
        let peak = peak(&serve);
        figure("R4", format!("{peak:>4} MB  {}", fault.name));
        peaks.push((peak, fault.name));
    }
    let tried = stage.tried(&faults).await;
    let wrong: Vec<String> = faults.iter().zip(&tried).flat_map(|(fault, tried)| fault.wrong(tried)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for (fault, tried) in faults.iter().zip(&tried) {
        figure("R4", format!("{:>6} ms  {}", tried.took.as_millis(), fault.name));
    }
    let worst = peaks.iter().max().expect("a peak");
    figure("R4", format!("{:>4} MB  at most ({})", worst.0, worst.1));
    assert!(worst.0 < MOST, "{peaks:#?}");
}

/// The most memory that a process has had since its mark was wiped, in MB.
fn peak(process: &Running) -> u64 {
    let status = std::fs::read_to_string(proc(process, "status")).expect("the status of a process");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("its highest mark");
    let kib: u64 = line.trim().trim_end_matches(" kB").parse().expect("a number");
    kib * 1024 / 1_000_000
}

/// Where the kernel does not let the mark be wiped, it is that of all answers so far.
fn wipe(process: &Running) {
    drop(std::fs::write(proc(process, "clear_refs"), "5"));
}

fn proc(process: &Running, file: &str) -> String {
    format!("/proc/{}/{file}", process.pid().as_raw_nonzero())
}
