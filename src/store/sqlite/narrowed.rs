//! Credentials that are granted less than they ask for.

use super::Sqlite;
use super::errand::{At, Errand};
use super::values::millis;
use crate::clock::Time;
use crate::run::{Name, Novelty, Scopes};
use crate::store::StoreError;

const NOTE: &str = "
    insert into narrowed (credential_id, asked_id, missing_id, at) values ($1, $2, $3, $4)
    on conflict (credential_id, asked_id) do update set missing_id = excluded.missing_id, at = excluded.at
    where narrowed.missing_id <> excluded.missing_id";

struct Note {
    credential: Name,
    asked: String,
    missing: String,
    at: Time,
}

impl Errand for Note {
    type Answer = Novelty;
    const DOING: &'static str = "note which scopes are not granted";

    async fn run(&mut self, at: At<'_>) -> Result<Novelty, sqlx::Error> {
        let texts = [self.credential.as_str(), &self.asked, &self.missing];
        at.names.learn_texts(&mut *at.connection, texts.into_iter()).await?;
        let [credential, asked, missing] = texts.map(|text| at.names.texts.number(text));
        let noted = sqlx::query(NOTE).bind(credential).bind(asked).bind(missing).bind(millis(self.at));
        let is_new = noted.execute(at.connection).await?.rows_affected() == 1;
        Ok(if is_new { Novelty::New } else { Novelty::Known })
    }
}

impl Sqlite {
    /// As [`crate::store::Store::note_narrowed`].
    pub(in crate::store) async fn note_narrowed(
        &self,
        credential: &Name,
        asked: &Scopes,
        missing: &Scopes,
        at: Time,
    ) -> Result<Novelty, StoreError> {
        let note = Note { credential: credential.clone(), asked: asked.to_string(), missing: missing.to_string(), at };
        self.writer(Note::DOING)?.run(note).await
    }
}
