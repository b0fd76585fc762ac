//! One process sends what is for a channel, while it lives.

use std::time::Duration;

use super::*;
use crate::clock::Clock;
#[cfg(target_os = "linux")]
use crate::store::tests::crashes::kill;

async fn takes(store: &Store, channel: &str) -> bool {
    store.take_channel(&name(channel)).await.expect("an answer")
}

#[tokio::test]
async fn a_channel_is_one_process_s_until_it_leaves() {
    let fixture = Fixture::new().await;
    let other = fixture.open(Access::Write).await.expect("a second");
    assert!(takes(&other, "ops").await);
    assert!(takes(&other, "ops").await, "again");
    assert!(!takes(&fixture.store, "ops").await);
    assert!(takes(&fixture.store, "mail").await, "another one");
    judged(&fixture.store, vec![verdict(0, &["a"])]).await;
    assert!(!fixture.store.send_together(&[1]).await.expect("an answer"));
    other.close().await;
    assert_eq!(fixture.rows("select channel from senders").await, ["mail"]);
    assert!(takes(&fixture.store, "ops").await);
    assert!(fixture.store.send_together(&[1]).await.expect("an answer"));
}

#[tokio::test]
#[cfg(target_os = "linux")]
async fn a_channel_passes_to_the_next_process_when_its_sender_has_died() {
    let fixture = Fixture::new().await;
    let victim = fixture.open(Access::Write).await.expect("a second");
    assert!(takes(&victim, "ops").await);
    assert!(!takes(&fixture.store, "ops").await);
    kill(&fixture, &victim).await;
    assert!(takes(&fixture.store, "ops").await, "nobody has swept it");
    judged(&fixture.store, vec![verdict(0, &["a"])]).await;
    assert!(!victim.send_together(&[1]).await.expect("an answer"), "if it was not dead after all");
    assert!(!takes(&victim, "ops").await);
}

#[tokio::test]
async fn a_process_elsewhere_keeps_its_channels_for_as_long_as_its_lease() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let (clock, hands) = Clock::manual(noon());
    let path = folder.path().join("apicron.db");
    let here = Store::open(&path, Access::Write, &clock).await.expect("a store");
    let there = Store::open(&path, Access::Write, &clock).await.expect("a second");
    assert!(takes(&there, "ops").await);
    let elsewhere = "update processes set host = 'elsewhere' where id = (select max(id) from processes)";
    sqlx::query(elsewhere).execute(&mut connect(&path).await).await.expect("moved");
    assert!(!takes(&here, "ops").await);
    hands.advance(LEASE + Duration::from_secs(1));
    assert!(takes(&here, "ops").await);
}

#[tokio::test]
#[cfg(target_os = "linux")]
async fn a_sender_that_is_swept_gives_its_channels_up_and_is_pruned_like_any_other() {
    let fixture = Fixture::new().await;
    let victim = fixture.open(Access::Write).await.expect("a second");
    assert!(takes(&victim, "ops").await && takes(&fixture.store, "mail").await);
    kill(&fixture, &victim).await;
    fixture.store.sweep().await.expect("a sweep");
    assert_eq!(fixture.rows("select channel from senders").await, ["mail"]);
    // What such a process may leave behind if it was not dead after all.
    fixture.execute("insert into senders select 'ops', max(id) from processes").await;
    fixture.store.prune(horizons(minute(1))).await.expect("a number");
    assert_eq!(fixture.rows("select count(*) from processes").await, ["1"]);
    assert!(takes(&fixture.store, "ops").await);
}

#[tokio::test]
async fn nobody_sends_from_a_copy() {
    let fixture = Fixture::new().await;
    assert!(takes(&fixture.store, "ops").await);
    let copy = fixture.path().with_extension("copy");
    fixture.store.backup(&copy).await.expect("a copy");
    let copied = Store::open(&copy, Access::Write, &fixture.clock).await.expect("a store");
    assert!(takes(&copied, "ops").await);
}
