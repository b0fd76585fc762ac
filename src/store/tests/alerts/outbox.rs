//! Messages leave in their order, and those that may have arrived leave as they did before.

use super::*;

/// A store that sends for `ops`, and messages with these keys.
async fn with(keys: &[&str]) -> Fixture {
    let fixture = Fixture::new().await;
    judged(&fixture.store, vec![verdict(0, keys)]).await;
    assert!(fixture.store.take_channel(&name("ops")).await.expect("an answer"));
    fixture
}

async fn together(store: &Store, messages: &[i64]) {
    assert!(store.send_together(messages).await.expect("an answer"), "{messages:?}");
}

async fn sent(store: &Store, messages: &[i64], sending: Sending) {
    store.sent(messages, sending, minute(5)).await.expect("noted");
}

fn again(n: u64) -> Sending {
    Sending::Again { next_at: minute(n), error: "no answer".to_owned() }
}

fn refused() -> String {
    "400 Bad Request".to_owned()
}

#[tokio::test]
async fn messages_wait_in_the_order_in_which_they_were_told_each_in_its_channel() {
    let fixture = with(&["a", "b", "c"]).await;
    let store = &fixture.store;
    judged(store, vec![Verdict { row: row(1), messages: vec![(name("mail"), message("d", minute(2)))] }]).await;
    judged(store, vec![verdict(2, &["e"])]).await;
    assert_eq!(next(store, 9).await, ["a", "b", "c", "e"]);
    assert_eq!(next(store, 2).await, ["a", "b"]);
    let first = Waiting {
        id: 1,
        message: message("a", minute(2)),
        made_at: minute(2),
        attempts: 0,
        next_at: minute(2),
        batch: None,
    };
    assert_eq!(store.outbox(&name("ops"), 1).await.expect("read"), [first]);
    assert_eq!(store.outbox(&name("nobody"), 9).await.expect("read"), []);
}

#[tokio::test]
async fn what_left_together_and_may_have_arrived_comes_again_as_it_was_and_with_nothing_else() {
    let fixture = with(&["a", "b"]).await;
    let store = &fixture.store;
    together(store, &[1, 2]).await;
    judged(store, vec![verdict(1, &["c"])]).await;
    assert_eq!(next(store, 9).await, ["a", "b"], "also if nothing is heard of it any more");
    assert_eq!(next(store, 1).await, ["a", "b"], "and whole");
    sent(store, &[1, 2], again(6)).await;
    assert_eq!(next(store, 9).await, ["a", "b"]);
    let waiting = store.outbox(&name("ops"), 9).await.expect("read");
    let told: Vec<_> = waiting.iter().map(|it| (it.attempts, it.next_at, it.batch)).collect();
    assert_eq!(told, [(1, minute(6), Some(1)); 2], "not due, and nothing overtakes it");
    together(store, &[1, 2]).await;
    sent(store, &[1, 2], Sending::Sent).await;
    assert_eq!(next(store, 9).await, ["c"]);
    let row = "select id, attempts, error, sent_at is null from outbox order by id";
    assert_eq!(fixture.rows(row).await, ["1|2|null|0", "2|2|null|0", "3|0|null|1"]);
}

#[tokio::test]
async fn of_messages_that_are_not_taken_together_each_goes_by_itself_and_the_bad_one_is_given_up() {
    let fixture = with(&["a", "b", "c"]).await;
    let store = &fixture.store;
    together(store, &[1, 2]).await;
    sent(store, &[1, 2], Sending::Apart { error: refused() }).await;
    assert_eq!(next(store, 9).await, ["a"]);
    together(store, &[1]).await;
    sent(store, &[1], Sending::GivenUp { error: refused() }).await;
    assert_eq!(next(store, 9).await, ["b"]);
    together(store, &[2]).await;
    sent(store, &[2], again(7)).await;
    assert_eq!(next(store, 9).await, ["b"]);
    sent(store, &[2], Sending::Sent).await;
    assert_eq!(next(store, 9).await, ["c"]);
    let ends = "select error, given_up_at is not null, sent_at is not null from outbox order by id";
    assert_eq!(fixture.rows(ends).await, ["400 Bad Request|1|0", "null|0|1", "null|0|0"]);
}

#[tokio::test]
async fn what_became_of_a_message_does_not_change_any_more() {
    let fixture = with(&["a", "b"]).await;
    let store = &fixture.store;
    sent(store, &[1], Sending::Sent).await;
    sent(store, &[2], Sending::GivenUp { error: refused() }).await;
    let rows = "select id, batch, error, sent_at, given_up_at from outbox order by id";
    let ended = fixture.rows(rows).await;
    for late in [again(9), Sending::Apart { error: "late".to_owned() }, Sending::Sent] {
        store.sent(&[1, 2], late, minute(9)).await.expect("noted");
    }
    assert!(!store.send_together(&[1, 2]).await.expect("an answer"));
    assert_eq!(fixture.rows(rows).await, ended);
    assert_eq!(next(store, 9).await, Vec::<String>::new());
}

#[tokio::test]
async fn nothing_is_noted_as_leaving_unless_all_of_it_waits_for_channels_of_this_process() {
    let fixture = with(&["a"]).await;
    let store = &fixture.store;
    let mail = Verdict { row: row(1), messages: vec![(name("mail"), message("b", minute(2)))] };
    judged(store, vec![mail]).await;
    for not_ours in [&[2][..], &[1, 2], &[1, 3]] {
        assert!(!store.send_together(not_ours).await.expect("an answer"), "{not_ours:?}");
    }
    assert_eq!(fixture.rows("select batch, attempts from outbox").await, ["null|0", "null|0"]);
    together(store, &[1]).await;
}

#[tokio::test]
async fn messages_that_left_or_were_given_up_go_when_they_are_old_and_those_that_wait_stay() {
    let fixture = with(&["sent", "given up", "waiting"]).await;
    let store = &fixture.store;
    sent(store, &[1], Sending::Sent).await;
    sent(store, &[2], Sending::GivenUp { error: refused() }).await;
    store.prune(horizons(minute(2))).await.expect("a number");
    assert_eq!(fixture.rows("select count(*) from outbox").await, ["3"]);
    store.prune(horizons(minute(3))).await.expect("a number");
    assert_eq!(fixture.rows("select message_key from outbox").await, ["waiting"]);
    assert_eq!(next(store, 9).await, ["waiting"]);
}

#[tokio::test]
async fn many_old_messages_go_in_steps() {
    let fixture = Fixture::new().await;
    fixture
        .execute(
            "with recursive n(n) as (select 1 union all select n + 1 from n where n < 1200)
             insert into outbox (channel, message_key, message, made_at, next_at, sent_at)
             select 'ops', n, '{}', 0, 0, 1 from n",
        )
        .await;
    fixture.store.prune(horizons(minute(0))).await.expect("a number");
    assert_eq!(fixture.rows("select count(*) from outbox").await, ["0"]);
}
