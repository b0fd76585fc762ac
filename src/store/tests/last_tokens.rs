use crate::run::{Scopes, TokenEvent, TokenEventKind};
use crate::store::fixture::*;

#[tokio::test]
async fn of_each_scope_set_the_newest_token_and_what_happened_since_are_read() {
    let fixture = Fixture::new().await;
    assert_eq!(fixture.store.last_token_events().await.expect("read"), []);
    let event = |credential: &str, scopes: &str, event, generation, m| TokenEvent {
        at: minute(m),
        credential: name(credential),
        scopes: Scopes::parse(scopes),
        event,
        generation,
        served: 3,
        duration_ms: Some(12),
        expires_at: (event != Failed).then(|| minute(m + 60)),
        detail: Some(format!("note {m}")),
    };
    use TokenEventKind::{Failed, Fetched, Rejected, Renewed};
    let told = [
        event("b", "x", Fetched, 1, 0),
        event("a", "x", Fetched, 1, 1),
        event("a", "x", Renewed, 2, 2),
        event("a", "x", Rejected, 2, 3),
        event("a", "x", Failed, 2, 4),
        event("a", "x y", Failed, 0, 5),
    ];
    for event in &told {
        fixture.store.token_event(event.clone());
    }
    fixture.store.flush().await.expect("written");
    let last = fixture.store.last_token_events().await.expect("read");
    assert_eq!(last, [&told[2], &told[4], &told[5], &told[0]].map(Clone::clone));
}
