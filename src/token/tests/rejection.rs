use std::sync::Arc;

use futures_util::future::join_all;

use crate::job::Credential;
use crate::run::{Scopes, TokenEventKind};
use crate::token::testing::{Bench, Server, answer, client, credential, token, token_reply};
use crate::token::{Bearer, TokenFailure};

async fn setup() -> (Server, Bench, Arc<Credential>) {
    let server = Server::answering(|n, _| token_reply(n, 3600)).await;
    let credential = credential(client(&server));
    (server, Bench::new(), credential)
}

async fn bearer(bench: &Bench, credential: &Arc<Credential>) -> Bearer {
    bench.tokens.bearer(credential, &Scopes::default()).await.expect("a bearer")
}

async fn replace(
    bench: &Bench,
    credential: &Arc<Credential>,
    bearer: &Bearer,
    status: u16,
) -> Result<Bearer, TokenFailure> {
    bench.tokens.replace(credential, &Scopes::default(), bearer, status).await
}

#[tokio::test]
async fn many_rejections_of_one_generation_fetch_one_new_token_and_nobody_gets_the_dead_one_again() {
    let (_server, bench, credential) = setup().await;
    let dead = bearer(&bench, &credential).await;
    let next = join_all((0..50).map(|_| replace(&bench, &credential, &dead, 401))).await;
    assert!(next.iter().all(|next| next.as_ref().is_ok_and(|next| next.value().expose() == token(2))));
    assert_eq!(bench.tokens.requests(), 2);
    assert_eq!(bench.notes.kinds(), [TokenEventKind::Fetched, TokenEventKind::Rejected, TokenEventKind::Fetched]);
    assert_eq!(bearer(&bench, &credential).await.generation(), 2);
}

#[tokio::test]
async fn a_late_rejection_of_an_older_generation_simply_gets_the_current_one() {
    let (_server, bench, credential) = setup().await;
    let old = bearer(&bench, &credential).await;
    replace(&bench, &credential, &old, 401).await.expect("a second");
    assert_eq!(replace(&bench, &credential, &old, 401).await.expect("the second").generation(), 2);
    assert_eq!(bench.tokens.requests(), 2);
}

#[tokio::test]
async fn a_second_rejection_of_a_fresh_token_fetches_no_third_for_a_minute() {
    let (_server, bench, credential) = setup().await;
    let first = bearer(&bench, &credential).await;
    let second = replace(&bench, &credential, &first, 401).await.expect("a second");
    for _ in 0..10 {
        let failure = replace(&bench, &credential, &second, 401).await.expect_err("no third");
        assert!(matches!(failure, TokenFailure::FreshRejected { .. }), "{failure}");
        assert_eq!(bearer(&bench, &credential).await.generation(), 2, "later calls may try their luck with it");
    }
    assert_eq!(bench.tokens.requests(), 2);
    bench.pass(60);
    assert_eq!(replace(&bench, &credential, &second, 401).await.expect("a third").generation(), 3);
}

#[tokio::test]
async fn a_401_for_ever_costs_one_extra_fetch_a_run_and_none_within_the_minute() {
    let (_server, bench, credential) = setup().await;
    // A run reports its first rejection, and that of the token that it got instead.
    for (pass, requests) in [(0, 2), (1, 2), (58, 2), (1, 3), (1, 3), (60, 4)] {
        bench.pass(pass);
        let first = bearer(&bench, &credential).await;
        if let Ok(second) = replace(&bench, &credential, &first, 401).await {
            bench.tokens.refused_again(&credential, &Scopes::default(), &second, 401).await;
        }
        assert_eq!(bench.tokens.requests(), requests, "after {pass} s more");
    }
}

#[tokio::test]
async fn a_server_that_gives_the_refused_token_again_is_not_asked_a_third_time() {
    let server = Server::answering(|_, _| token_reply(1, 3600)).await;
    let (bench, credential) = (Bench::new(), credential(client(&server)));
    let first = bearer(&bench, &credential).await;
    for _ in 0..3 {
        let failure = replace(&bench, &credential, &first, 401).await.expect_err("the same again");
        assert!(matches!(failure, TokenFailure::GivenAgain { .. }), "{failure}");
    }
    assert_eq!(bench.tokens.requests(), 2);
}

#[tokio::test]
async fn a_repeated_token_does_not_speak_against_the_one_that_follows_it() {
    let server = Server::answering(|n, _| token_reply(n.max(2), 61)).await;
    let (bench, credential) = (Bench::new(), credential(client(&server)));
    let first = bearer(&bench, &credential).await;
    assert!(matches!(replace(&bench, &credential, &first, 401).await, Err(TokenFailure::GivenAgain { .. })));
    bench.pass(59);
    let next = bearer(&bench, &credential).await;
    assert_ne!(next.value().expose(), first.value().expose());
    let after = replace(&bench, &credential, &next, 401).await.expect("another");
    assert_eq!(after.value().expose(), token(4));
}

#[tokio::test]
async fn a_token_that_a_403_was_answered_to_stays_in_use_when_no_other_can_be_had() {
    let server = Server::answering(|n, _| match n {
        1 => token_reply(n, 3600),
        _ => answer(400, &[], ""),
    })
    .await;
    let (bench, credential) = (Bench::new(), credential(client(&server)));
    let first = bearer(&bench, &credential).await;
    assert!(replace(&bench, &credential, &first, 403).await.is_err());
    assert_eq!(bearer(&bench, &credential).await.generation(), 1);
}

#[tokio::test]
async fn a_token_that_died_in_mid_life_twice_is_replaced_twice() {
    let (_server, bench, credential) = setup().await;
    let first = bearer(&bench, &credential).await;
    let second = replace(&bench, &credential, &first, 401).await.expect("a second");
    bench.pass(30 * 60);
    assert_eq!(replace(&bench, &credential, &second, 401).await.expect("a third").generation(), 3);
}
