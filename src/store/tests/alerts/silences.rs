//! Alerts that nobody wants to hear of.

use super::*;

fn silence(until: u64) -> Silence {
    Silence { at: minute(0), until: minute(until), reason: Some("a migration".to_owned()) }
}

#[tokio::test]
async fn a_silence_holds_until_its_time_or_until_it_is_ended_and_another_replaces_it() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let alert = name("credits-low");
    let longer = Silence { reason: None, ..silence(20) };
    for silence in [silence(10), longer.clone()] {
        store.silence(&alert, silence).await.expect("silenced");
    }
    assert_eq!(store.silences(minute(19)).await.expect("read"), [(alert.clone(), longer)].into());
    assert_eq!(store.silences(minute(20)).await.expect("read"), [].into());
    assert!(store.end_silence(&alert).await.expect("an answer"));
    assert!(!store.end_silence(&alert).await.expect("an answer"));
    assert_eq!(store.silences(noon()).await.expect("read"), [].into());
}

#[tokio::test]
async fn how_an_alert_stands_is_told_with_its_silence_which_no_judgement_touches() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    judged(store, vec![verdict(0, &[])]).await;
    store.silence(&name("credits-low"), silence(10)).await.expect("silenced");
    judged(store, vec![verdict(1, &[])]).await;
    assert_eq!(store.alerts().await.expect("read"), [AlertRow { silenced_until: Some(minute(10)), ..row(2) }]);
    let view = "select state, silenced_until from v_alerts";
    assert_eq!(fixture.rows(view).await, ["firing|2026-11-24T12:10:00.000Z"]);
}

#[tokio::test]
async fn silences_that_are_over_tell_nothing_and_are_pruned() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    judged(store, vec![verdict(0, &[])]).await;
    store.silence(&name("credits-low"), silence(0)).await.expect("silenced");
    store.silence(&name("other"), silence(1)).await.expect("silenced");
    assert_eq!(store.alerts().await.expect("read"), [row(1)], "it is noon");
    store.prune(horizons(Time::UNIX_EPOCH)).await.expect("a number");
    assert_eq!(fixture.rows("select alert from silences").await, ["other"]);
    store.silence(&name("credits-low"), silence(0)).await.expect("silenced");
    assert!(!store.end_silence(&name("credits-low")).await.expect("an answer"), "it was over");
}
