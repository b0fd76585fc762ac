//! A judgement and what it tells are written together, once.

use super::*;

#[tokio::test]
async fn a_judgement_reads_back_as_it_was_with_its_revision_counted() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    assert_eq!(judged(store, vec![verdict(0, &[])]).await, [Judging::Written]);
    assert_eq!(store.alerts().await.expect("read"), [row(1)]);

    let well = Standing {
        state: State::Ok,
        since: minute(3),
        severity: Severity::Notice,
        value: None,
        threshold: None,
        reason: String::new(),
        memory: Memory::default(),
    };
    let well = AlertRow { standing: well, why: Vec::new(), unit: None, judged_at: minute(3), ..row(1) };
    let verdict = Verdict { row: well.clone(), messages: Vec::new() };
    assert_eq!(judged(store, vec![verdict]).await, [Judging::Written]);
    assert_eq!(store.alerts().await.expect("read"), [AlertRow { revision: 2, ..well }]);
    assert_eq!(
        fixture.rows("select * from v_alerts").await,
        ["credits-low|usage.credits{a}|below|notice|ok|null|null|2026-11-24T12:03:00.000Z|null||80%"]
    );
}

#[tokio::test]
async fn a_judgement_and_its_messages_are_written_together_or_not_at_all() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    fixture
        .execute(
            "create trigger no_page before insert on outbox when new.message_key = 'bad'
                     begin select raise(abort, 'no'); end",
        )
        .await;
    let other = Verdict { row: AlertRow { kind: "above".to_owned(), ..row(0) }, messages: Vec::new() };
    let failed = store.judged(vec![verdict(0, &["good", "bad"]), other], minute(2)).await;
    assert!(failed.is_err(), "{failed:?}");
    assert_eq!((store.alerts().await.expect("read"), next(store, 9).await), (vec![], vec![]));

    assert_eq!(judged(store, vec![verdict(0, &["good"])]).await, [Judging::Written]);
    assert_eq!((store.alerts().await.expect("read"), next(store, 9).await), (vec![row(1)], vec!["good".to_owned()]));
}

#[tokio::test]
async fn of_two_processes_that_judge_the_same_the_second_is_stale_and_leaves_no_message() {
    let fixture = Fixture::new().await;
    let other = fixture.open(Access::Write).await.expect("a second");
    for revision in 0..2 {
        let (first, second) = (format!("first-{revision}"), format!("second-{revision}"));
        assert_eq!(judged(&fixture.store, vec![verdict(revision, &[&first])]).await, [Judging::Written]);
        assert_eq!(judged(&other, vec![verdict(revision, &[&second])]).await, [Judging::Stale]);
    }
    assert_eq!(next(&other, 9).await, ["first-0", "first-1"]);
    assert_eq!(other.alerts().await.expect("read"), [row(2)]);
}

#[tokio::test]
async fn a_stale_judgement_leaves_the_others_alone_and_so_does_one_of_what_was_forgotten() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let key = |step: &str| Key { step: step.to_owned(), ..row(0).key };
    let step = |name: &str, revision| {
        let verdict = verdict(revision, &[name]);
        Verdict { row: AlertRow { key: key(name), ..verdict.row }, ..verdict }
    };
    judged(store, vec![step("a", 0), step("gone", 0)]).await;
    store.forget_alerts(vec![key("gone"), key("never there")]).await.expect("forgotten");
    let judgings = judged(store, vec![step("gone", 1), step("a", 0), step("b", 0), step("b", 0)]).await;
    assert_eq!(judgings, [Judging::Stale, Judging::Stale, Judging::Written, Judging::Stale]);
    let steps: Vec<String> = store.alerts().await.expect("read").into_iter().map(|row| row.key.step).collect();
    assert_eq!(steps, ["a", "b"]);
    assert_eq!(next(store, 9).await, ["a", "gone", "b"]);
}

#[tokio::test]
async fn the_same_news_is_told_once_through_each_channel() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let mut twice = verdict(0, &["news", "news"]);
    twice.messages.push((name("mail"), message("news", minute(2))));
    judged(store, vec![twice]).await;
    judged(store, vec![verdict(1, &["news", "more"])]).await;
    assert_eq!(
        fixture.rows("select channel, message_key from outbox order by id").await,
        ["ops|news", "mail|news", "ops|more"]
    );
}

#[tokio::test]
async fn a_value_that_is_no_number_is_not_known() {
    let fixture = Fixture::new().await;
    let mut verdict = verdict(0, &[]);
    verdict.row.standing.value = Some(f64::NAN);
    assert_eq!(judged(&fixture.store, vec![verdict]).await, [Judging::Written]);
    assert_eq!(fixture.store.alerts().await.expect("read").remove(0).standing.value, None);
}
