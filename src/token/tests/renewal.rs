use serde_json::json;

use crate::run::{Scopes, TokenEventKind};
use crate::token::Bearer;
use crate::token::testing::{Bench, Server, client, credential, eventually, json_answer, token, token_reply};

async fn bearer(bench: &Bench, server: &Server) -> Bearer {
    bench.tokens.bearer(&credential(client(server)), &Scopes::default()).await.expect("a bearer")
}

#[tokio::test]
async fn a_token_is_renewed_in_the_background_while_it_is_still_served() {
    let server = Server::answering(|n, _| token_reply(n, 3600)).await;
    let bench = Bench::new();
    assert_eq!(bearer(&bench, &server).await.generation(), 1);
    bench.pass(54 * 60 - 1);
    assert_eq!(bearer(&bench, &server).await.generation(), 1);
    assert_eq!(bench.tokens.requests(), 1, "not before its time");
    bench.pass(1);
    assert_eq!(bearer(&bench, &server).await.generation(), 1, "served while it is renewed");
    eventually(|| bench.notes.all().len() == 2).await;
    assert_eq!(bearer(&bench, &server).await.generation(), 2);
    assert_eq!(bench.notes.kinds(), [TokenEventKind::Fetched, TokenEventKind::Renewed]);
    assert_eq!(bench.notes.all()[1].served, 2, "the two callers that did not wait for the first token");
}

#[tokio::test]
async fn a_failed_renewal_leaves_a_token_that_still_works_in_use() {
    let server = Server::answering(|n, _| match n {
        1 => token_reply(n, 3600),
        _ => json_answer(400, &json!({"error": "invalid_client"})),
    })
    .await;
    let bench = Bench::new();
    bearer(&bench, &server).await;
    bench.pass(54 * 60);
    bearer(&bench, &server).await;
    eventually(|| bench.notes.kinds().last() == Some(&TokenEventKind::Failed)).await;
    bench.pass(5 * 60 + 49);
    assert_eq!(bearer(&bench, &server).await.value().expose(), token(1), "at 59:49");
}

#[tokio::test]
async fn a_token_is_not_served_in_its_last_seconds_so_that_it_does_not_die_on_the_way() {
    let server = Server::answering(|n, _| token_reply(n, 3600)).await;
    let bench = Bench::new();
    bearer(&bench, &server).await;
    bench.pass(59 * 60 + 50);
    assert_eq!(bearer(&bench, &server).await.generation(), 2);
}

#[tokio::test]
async fn the_life_of_a_token_counts_from_when_its_request_left() {
    let bench = Bench::new();
    let hands = bench.hands.clone();
    // The reply takes 20 s.
    let server = Server::answering(move |n, _| {
        if n == 1 {
            hands.advance(std::time::Duration::from_secs(20));
        }
        token_reply(n, 100)
    })
    .await;
    let first = bearer(&bench, &server).await;
    assert_eq!(first.age(&bench.clock).as_secs(), 20);
    bench.pass(69);
    assert_eq!(bearer(&bench, &server).await.generation(), 1, "at 89 s of 100");
    bench.pass(1);
    assert_eq!(bearer(&bench, &server).await.generation(), 2, "at 90 s of 100");
}

#[tokio::test]
async fn a_server_that_hands_out_the_same_token_until_its_last_second_is_not_asked_ever_more_often() {
    let bench = Bench::new();
    let clock = bench.clock.clone();
    let server = Server::answering(move |_, _| {
        let now = clock.elapsed().as_secs();
        let (lifetimes, age) = (now / 600, now % 600);
        token_reply(usize::try_from(lifetimes).expect("few"), 600 - age)
    })
    .await;
    for _ in 0..600 {
        let before = bench.tokens.requests();
        bearer(&bench, &server).await;
        eventually(|| bench.notes.all().len() as u64 == bench.tokens.requests()).await;
        assert!(bench.tokens.requests() <= before + 1);
        bench.pass(1);
    }
    assert!(bench.tokens.requests() <= 6, "{} requests in one life", bench.tokens.requests());
    assert_eq!(bearer(&bench, &server).await.value().expose(), token(1));
}

#[tokio::test]
async fn a_token_without_life_is_used_once() {
    let server = Server::answering(|n, _| token_reply(n, 0)).await;
    let bench = Bench::new();
    assert_eq!(bearer(&bench, &server).await.value().expose(), token(1));
    assert_eq!(bearer(&bench, &server).await.value().expose(), token(2));
}

#[tokio::test]
async fn a_missing_expires_in_is_replaced_by_the_default_and_noted() {
    let server = Server::answering(|n, _| json_answer(200, &json!({"access_token": token(n)}))).await;
    let bench = Bench::new();
    let first = bearer(&bench, &server).await;
    assert_eq!(first.evidence(&bench.clock).expires_in_s, None);
    bench.pass(289);
    assert_eq!(bearer(&bench, &server).await.generation(), 1);
    let detail = bench.notes.all()[0].detail.clone().expect("a detail");
    assert!(detail.contains("a life of 5m is assumed"), "{detail}");
}
