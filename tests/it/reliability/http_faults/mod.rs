//! R4: answers that go wrong. Each fault is a row of a table that says what is right: how the run ends, after how
//! many attempts and requests, and within what time. All go through the real binary, at once, in one process.

mod bodies;
mod connections;
mod fault;
mod framing;
mod lists;
mod memory;
mod packing;
mod reuse;
mod statuses;
mod tls;
mod trial;
mod waits;

use crate::support::size::figure;
use std::fmt::Write;

use fault::Fault;

fn faults() -> Vec<Fault> {
    [
        connections::faults(),
        tls::faults(),
        framing::faults(),
        packing::faults(),
        bodies::faults(),
        statuses::faults(),
        waits::faults(),
        lists::faults(),
        reuse::faults(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_ends_in_its_kind_within_its_limit_and_says_why() {
    let faults = faults();
    let tried = trial::of(&faults).await;
    let wrong: Vec<String> = faults.iter().zip(&tried).flat_map(|(fault, tried)| fault.wrong(tried)).collect();
    assert!(wrong.is_empty(), "{} of {} faults:\n{}", wrong.len(), faults.len(), wrong.join("\n"));
    let reasons = faults.iter().zip(&tried).fold(String::new(), |mut text, (fault, tried)| {
        _ = writeln!(text, "{}\n    {}", fault.name, tried.told());
        text
    });
    insta::assert_snapshot!("what_each_fault_says", reasons);
    assert!(faults.len() >= 45, "{} faults", faults.len());
    figure("R4", format!("{} faults", faults.len()));
}
