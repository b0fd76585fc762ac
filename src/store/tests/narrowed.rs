//! Scopes that are not granted are told once.

use crate::run::{Novelty, Scopes};
use crate::store::fixture::*;
use crate::store::*;

#[tokio::test]
async fn scopes_that_are_missing_are_news_once_for_a_credential_and_what_it_asks_for() {
    let fixture = Fixture::new().await;
    let note = async |credential: &str, asked: &str, missing: &str| {
        let (asked, missing) = (Scopes::parse(asked), Scopes::parse(missing));
        fixture.store.note_narrowed(&name(credential), &asked, &missing, noon()).await.expect("an answer")
    };
    assert_eq!(note("cuadra", "a b c", "b").await, Novelty::New);
    assert_eq!(note("cuadra", "c b a", "b").await, Novelty::Known);
    assert_eq!(note("cuadra", "a b", "b").await, Novelty::New);
    assert_eq!(note("other", "a b c", "b").await, Novelty::New);
    assert_eq!(note("cuadra", "a b c", "b c").await, Novelty::New);
    assert_eq!(note("cuadra", "a b c", "b").await, Novelty::New, "it is another set than the last one");
    let other = fixture.open(Access::Write).await.expect("a second");
    let known = other.note_narrowed(&name("cuadra"), &Scopes::parse("a b c"), &Scopes::parse("b"), noon()).await;
    assert_eq!(known.expect("an answer"), Novelty::Known);
}
