//! What is allowed and asks for too much of a large body: it fails within its allowance, and nobody else is late.

use std::fs;

use apicron::standin::{Fault, Knobs, OPS};
use rustix::process::Pid;
use serde_json::{Value, json};

use crate::support::binary::Folder;
use crate::support::jobs::{folder_as, head, usage_job};
use crate::support::lists::lines;
use crate::support::serving::{count, serve, until_runs};
use crate::support::size::{figure, size};
use crate::support::standin;

/// Runs that ask for too much at once.
const AT_ONCE: usize = 3;

/// Filters whose values in between grow beyond what they may take.
const GROWING: &[(&str, &str)] = &[
    ("repeats", "\"x\" * 1e9 | length"),
    (
        "quotes",
        "tojson | tojson | tojson | tojson | tojson | tojson | tojson | tojson | tojson | tojson | tojson | tojson | tojson | length",
    ),
    (
        "base64",
        "tojson | @base64 | @base64 | @base64 | @base64 | @base64 | @base64 | @base64 | @base64 | @base64 | @base64 | @base64 | @base64 | @base64 | @base64 | @base64 | @base64 | @base64 | @base64 | @base64 | @base64 | length",
    ),
    ("joins", "map(.t) | join(. | tojson) | length"),
    ("quoted", "\"'\" * 1e7 | @sh | @sh | @sh | @sh | @sh | @sh | @sh | length"),
    ("names", "[.[] as $a | .[] as $b | \"x\"] | length"),
    ("digits", "(\"9\" * 900 | tonumber) as $big | [.[] as $a | .[] as $b | $big + 1] | length"),
    ("reads", "(\"[\" + \"{},\" * 4e6 + \"1]\") | fromjson | length"),
    ("outputs", "."),
];

/// Filters that take more steps than they may.
const LONG: &[(&str, &str)] = &[
    (
        "doubles",
        "[., .] | [., .] | [., .] | [., .] | [., .] | [., .] | [., .] | [., .] | [., .] | [., .] | tojson | length",
    ),
    ("copies", ". as $all | map($all + [.]) | length"),
    ("pairs", ". as $all | map(select(.n as $n | any($all[]; .m == $n))) | length"),
    ("crosses", "[.[] as $a | .[] as $b | .[] as $c | 1] | length"),
    (
        "nests",
        "map(select(. as $x | . == $x)) | [.[] | .. | ..] | . as $all | map(select(. as $y | $all | index($y))) | length",
    ),
    ("searches", "map(.t) | join(\"\") | . * 20 | test(\"(a|b)*a(a|b){2000}c\")"),
    ("scans", "map(.t) | join(\"\") | [scan(\"[ab0-9]*c|[ab]\")] | length"),
    ("looks-on", "map(.t) | join(\"\") | [match(\"[ab]{0,100}a[ab]{100}c|\"; \"gn\")] | length"),
    ("wipes", "map(\"é\" + .t) | join(\"\") | [match(\"\\\\b[a-z]|\"; \"gn\")] | length"),
    (
        "multiplies",
        "[(1, 2) | (1, 2) | (1, 2) | (1, 2) | (1, 2) | (1, 2) | (1, 2) | (1, 2) | (1, 2) | (1, 2) | (1, 2) | (1, 2) | (1, 2) | (1, 2) | (1, 2) | (1, 2) | (1, 2) | (1, 2) | (1, 2) | (1, 2) | (1, 2) | (1, 2) | (1, 2) | (1, 2) | (1, 2) | (1, 2) | (1, 2) | (1, 2)] | length",
    ),
];

fn job(name: &str, filter: &str, deadline: &str) -> String {
    let filter = Value::from(filter);
    format!(
        "\n[jobs.{name}]\napi = \"standin\"\nscopes = [\"models:read\"]\ndeadline = \"{deadline}\"\n
[[jobs.{name}.calls]]\nget = \"/models\"\nmetrics = {{ m = {filter} }}\n"
    )
}

/// MiB that a filter may take for its values, with what the allocator adds.
const VALUES: u64 = 384 + 384 / 8;

/// Bytes of memory that a body's values may take, for each of its text (`limits.body` times this).
const HEAVIEST: u64 = 10;

/// Has Linux forget how large a process was.
fn forget_peak(pid: Pid) {
    fs::write(format!("/proc/{}/clear_refs", pid.as_raw_nonzero()), "5").expect("a process of our own");
}

/// A figure of a process in MiB, as Linux tells it.
fn megabytes(pid: Pid, figure: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", pid.as_raw_nonzero())).expect("Linux");
    let line = status.lines().find(|line| line.starts_with(figure)).expect(figure);
    line.split_whitespace().nth(1).expect("a number").parse::<u64>().expect("a number") / 1024
}

async fn only(folder: &Folder, sql: &str) -> String {
    lines(folder, sql).await.join("; ")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_that_asks_for_too_much_fails_alone_and_makes_no_tick_late() {
    let items: Vec<Value> =
        (0..size(20_000, 100_000)).map(|n| json!({ "n": n, "t": format!("{}{n:06}", "ab".repeat(32)) })).collect();
    let text = Value::from(items.clone()).to_string().len() as u64;
    let list = Fault { body: Some(items.into()), ..Fault::status("/v1/models", 200) };
    let standin = standin::start_with(Knobs { faults: vec![list], ..Knobs::default() }).await;
    let deadline = if size(0, 1) == 0 { "5s" } else { "10m" };
    let growing = GROWING.iter().map(|(name, filter)| job(name, filter, "2m"));
    let heavy: String = growing.chain(LONG.iter().map(|(name, filter)| job(name, filter, deadline))).collect();
    let light = usage_job("light", "schedule = \"@every 1s\"\noverlap = \"allow\"");
    // Its body is as large, and its filter is not: it needs a seat of its own.
    let beside = job("beside", "length", "2m").replace("api =", "schedule = \"@every 2s\"\napi =");
    let folder = folder_as(OPS, &(head(&standin) + &heavy + &light + &beside));
    let serve = serve(&folder);
    until_runs(&folder, 2, "job = 'light' and state = 'succeeded'").await;
    let baseline = megabytes(serve.pid(), "VmRSS");

    let mut most = 0;
    let names: Vec<&str> = GROWING.iter().chain(LONG).map(|(name, _)| *name).collect();
    for names in names.chunks(AT_ONCE) {
        forget_peak(serve.pid());
        let ended = folder.run(&[&["run"], names].concat());
        assert_eq!(ended.code(), 1, "{ended:#?}");
        let peak = megabytes(serve.pid(), "VmHWM");
        figure("R12", format!("{names:?}: {peak} MiB at most"));
        most = most.max(peak);
    }
    until_runs(&folder, 5, "job = 'light' and state = 'succeeded'").await;
    serve.terminate();
    assert_eq!(serve.end().code(), 0);

    let kinds = "select job || ' ' || state || ' ' || coalesce(kind, '-') || ': ' || coalesce(substr(reason, 1, 300), '-') from v_runs where job not in ('light', 'beside') order by id";
    for ended in lines(&folder, kinds).await {
        figure("R12", &ended);
        let (name, end) = ended.split_once(' ').expect("two words");
        let is_long = LONG.iter().any(|(long, _)| *long == name);
        assert!(
            end.starts_with("failed filter") || is_long && deadline == "5s" && end.starts_with("failed deadline"),
            "{ended}"
        );
    }
    assert_eq!(count(&folder, "job not in ('light', 'beside')").await, GROWING.len() + LONG.len());
    let last = "(select max(scheduled_for) from v_runs where job = 'light')";
    // The larger one may take longer than its two seconds: then the next tick is skipped.
    let others = format!(
        "(job = 'light' and state <> 'succeeded' or job = 'beside' and state not in ('succeeded', 'skipped'))
         and scheduled_for < {last}"
    );
    let unwell = format!("select job || ' ' || state || ' ' || coalesce(reason, '') from v_runs where {others}");
    assert_eq!(lines(&folder, &unwell).await, [""; 0]);
    let latest = "select max(value) || '' from v_samples where metric = 'light.lateness_ms'";
    let latest: f64 = only(&folder, latest).await.parse().expect("a number");
    let ticks = count(&folder, "job = 'light'").await;
    figure("R12", format!("{ticks} ticks beside, at most {latest} ms late; {baseline} MiB before, {most} MiB at most"));
    assert!(latest < 1000.0, "{latest} ms");
    // Each has its body, as text and as values, and so has the job beside them.
    let at_once = u64::try_from(AT_ONCE).expect("a number");
    let bound = at_once * VALUES + (at_once + 1) * (text * (1 + HEAVIEST)).div_ceil(1 << 20);
    assert!(most - baseline < bound, "{baseline} MiB before, {most} MiB at most, {bound} MiB allowed");
}
