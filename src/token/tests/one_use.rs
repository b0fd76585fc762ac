//! Tokens that are for one use only, `expires_in` being 0.

use std::collections::BTreeSet;

use futures_util::future::join_all;

use crate::run::Scopes;
use crate::token::testing::{Bench, Server, client, credential, token, token_reply};

#[tokio::test]
async fn of_those_who_wait_for_it_one_has_it_and_each_of_the_others_another() {
    let server = Server::answering(|n, _| token_reply(n, 0)).await;
    let (bench, credential, scopes) = (Bench::new(), credential(client(&server)), Scopes::default());
    let bearers = join_all((0..20).map(|_| bench.tokens.bearer(&credential, &scopes))).await;
    let bearers: Vec<_> = bearers.into_iter().map(|bearer| bearer.expect("a bearer")).collect();
    let values: BTreeSet<&str> = bearers.iter().map(|bearer| bearer.value().expose()).collect();
    assert!(bearers.iter().all(super::super::Bearer::is_for_one_use));
    assert_eq!((values.len(), server.seen().len()), (20, 20), "one request for each use, none for two");
}

#[tokio::test]
async fn of_those_whose_tokens_are_refused_at_once_each_has_another() {
    let server = Server::answering(|n, _| token_reply(n, 0)).await;
    let (bench, credential, scopes) = (Bench::new(), credential(client(&server)), Scopes::default());
    let refused = join_all((0..5).map(|_| bench.tokens.bearer(&credential, &scopes))).await;
    let refused: Vec<_> = refused.into_iter().map(|bearer| bearer.expect("a bearer")).collect();
    let fresh = join_all(refused.iter().map(|bearer| bench.tokens.replace(&credential, &scopes, bearer, 401))).await;
    let values: BTreeSet<String> =
        fresh.into_iter().map(|bearer| bearer.expect("a bearer").value().expose().to_owned()).collect();
    assert_eq!(values, (6..=10).map(token).collect());
}

#[tokio::test]
async fn none_is_asked_for_ahead_once_it_is_known_that_they_do_not_keep() {
    let server = Server::answering(|n, _| token_reply(n, if n < 3 { 0 } else { 3600 })).await;
    let (bench, credential, scopes) = (Bench::new(), credential(client(&server)), Scopes::default());
    let mut asked = Vec::new();
    for _ in 0..2 {
        bench.tokens.bearer(&credential, &scopes).await.expect("a bearer");
        bench.tokens.have_ready(&credential, &scopes).await.expect("no failure");
        asked.push(server.seen().len());
        bench.pass(60);
    }
    bench.tokens.bearer(&credential, &scopes).await.expect("a bearer");
    bench.pass(3600);
    bench.tokens.have_ready(&credential, &scopes).await.expect("a bearer");
    asked.push(server.seen().len());
    assert_eq!(asked, [1, 2, 4]);
}
