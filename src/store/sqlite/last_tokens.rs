//! What was last heard of each token.

use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::Sqlite;
use super::fields::Fields;
use super::history::from_millis;
use crate::run::{Scopes, TokenEvent, TokenEventKind};
use crate::store::StoreError;

const LAST: &str = "
    with last as (
        select max(id) as id from token_events where event in ('fetched', 'renewed') group by credential_id, scopes_id
        union
        select max(id) from token_events group by credential_id, scopes_id
    )
    select token_events.at, credentials.name as credential, scopes.name as scopes, token_events.event,
           token_events.generation, token_events.served, token_events.duration_ms, token_events.expires_at,
           token_events.detail
    from last
    join token_events on token_events.id = last.id
    join texts as credentials on credentials.id = token_events.credential_id
    join texts as scopes on scopes.id = token_events.scopes_id
    order by credentials.name, scopes.name, token_events.id";

impl Sqlite {
    /// As [`crate::store::Store::last_token_events`].
    pub(in crate::store) async fn last_token_events(&self) -> Result<Vec<TokenEvent>, StoreError> {
        let read = async {
            let rows = sqlx::query(LAST).fetch_all(&self.readers).await?;
            rows.iter().map(event).collect::<Result<_, sqlx::Error>>()
        };
        read.await.map_err(|error| self.could_not("read what became of tokens", error))
    }
}

fn event(row: &SqliteRow) -> Result<TokenEvent, sqlx::Error> {
    let fields = Fields(row);
    let expires_at: Option<i64> = row.try_get("expires_at")?;
    Ok(TokenEvent {
        at: from_millis(row.try_get("at")?)?,
        credential: fields.name("credential")?,
        scopes: Scopes::parse(&fields.text("scopes")?),
        event: fields.word("event", TokenEventKind::from_word)?,
        generation: fields.whole("generation")?,
        served: fields.whole("served")?,
        duration_ms: fields.optional_whole("duration_ms")?,
        expires_at: expires_at.map(from_millis).transpose()?,
        detail: fields.optional_text("detail")?,
    })
}
