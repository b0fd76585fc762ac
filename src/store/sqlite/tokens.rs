//! The history of tokens.

use serde::Serialize;
use sqlx::sqlite::SqliteConnection;

use super::names::Names;
use super::values::{Millis, json, whole};
use crate::run::{TokenEvent, TokenEventKind};

/// Writes lines of the history.
pub(super) async fn write(
    connection: &mut SqliteConnection,
    names: &mut Names,
    events: &[&TokenEvent],
) -> Result<(), sqlx::Error> {
    if events.is_empty() {
        return Ok(());
    }
    let scopes: Vec<String> = events.iter().map(|event| event.scopes.to_string()).collect();
    let texts = events.iter().map(|event| event.credential.as_str()).chain(scopes.iter().map(String::as_str));
    names.learn_texts(&mut *connection, texts).await?;
    let rows: Vec<EventRow> =
        events.iter().zip(&scopes).map(|(event, scopes)| EventRow::of(event, scopes, names)).collect();
    sqlx::query(
        "insert into token_events (at, credential_id, scopes_id, event, generation, served, duration_ms, expires_at,
                                   detail)
         select value->>'at', value->>'credential', value->>'scopes', value->>'event', value->>'generation',
                value->>'served', value->>'duration_ms', value->>'expires_at', value->>'detail'
         from json_each($1) where true order by json_each.key",
    )
    .bind(json(&rows)?)
    .execute(connection)
    .await?;
    Ok(())
}

#[derive(Serialize)]
struct EventRow<'a> {
    at: Millis,
    credential: Option<i64>,
    scopes: Option<i64>,
    event: TokenEventKind,
    generation: i64,
    served: i64,
    duration_ms: Option<i64>,
    expires_at: Option<Millis>,
    detail: Option<&'a str>,
}

impl EventRow<'_> {
    fn of<'a>(event: &'a TokenEvent, scopes: &str, names: &Names) -> EventRow<'a> {
        EventRow {
            at: Millis(event.at),
            credential: names.texts.number(event.credential.as_str()),
            scopes: names.texts.number(scopes),
            event: event.event,
            generation: whole(event.generation),
            served: whole(event.served),
            duration_ms: event.duration_ms.map(whole),
            expires_at: event.expires_at.map(Millis),
            detail: event.detail.as_deref(),
        }
    }
}
