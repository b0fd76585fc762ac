//! What becomes of rows of ticks that waited: each row falls into pieces, which are rows of their own.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;
use sqlx::FromRow;

use super::names::Names;
use super::values::{Millis, millis, whole};
use crate::run::{IncidentId, Released, RunId, RunState, Span, Trigger, Waiting};

/// A row that waits, as it stands.
#[derive(FromRow)]
pub(super) struct WaitingRow {
    pub(super) id: i64,
    pub(super) job_id: i64,
    trigger: String,
    scheduled_for: i64,
    config_id: i64,
}

/// Ticks of a row that become a row of their own.
#[derive(Serialize)]
pub(super) struct Piece<'a> {
    /// The row that it takes the place of; `None` for one that is added.
    pub(super) row: Option<RunId>,
    pub(super) job: i64,
    trigger: &'a str,
    first: Millis,
    last: Option<Millis>,
    pub(super) ticks: i64,
    pub(super) state: RunState,
    reason: Option<String>,
    config: i64,
    incident: i64,
}

/// The pieces of released rows, oldest first. Of each job, as many as had rows take their places, the oldest
/// first: runs of a job take their turns by their numbers.
pub(super) fn pieces<'a>(
    released: &'a [Released],
    rows: &'a HashMap<i64, WaitingRow>,
    pauses: &HashMap<i64, String>,
    names: &Names,
) -> Vec<Piece<'a>> {
    let mut jobs: BTreeMap<i64, (Vec<RunId>, Vec<Piece<'a>>)> = BTreeMap::new();
    for released in released {
        let Some(row) = rows.get(&released.waiting.run.0) else { continue };
        let config = released.config_hash.as_deref().and_then(|hash| names.texts.number(hash));
        let maker = Maker { row, incident: released.waiting.incident, config: config.unwrap_or(row.config_id) };
        let (ids, pieces) = jobs.entry(row.job_id).or_default();
        ids.push(released.waiting.run);
        pieces.extend(maker.pieces(released, pauses.get(&row.job_id)));
    }
    let mut all = Vec::new();
    for (mut ids, mut pieces) in jobs.into_values() {
        ids.sort();
        pieces.sort_by_key(|piece| piece.first.0);
        for (piece, id) in pieces.iter_mut().zip(ids) {
            piece.row = Some(id);
        }
        all.append(&mut pieces);
    }
    all.sort_by_key(|piece| piece.first.0);
    all
}

impl Piece<'_> {
    /// The row that it takes the place of, where that begins elsewhere: another piece may begin there.
    pub(super) fn displaced(&self, rows: &HashMap<i64, WaitingRow>) -> Option<RunId> {
        self.row.filter(|run| rows.get(&run.0).is_some_and(|row| row.scheduled_for != millis(self.first.0)))
    }
}

/// Makes the pieces of one row.
struct Maker<'a> {
    row: &'a WaitingRow,
    incident: IncidentId,
    config: i64,
}

impl<'a> Maker<'a> {
    fn pieces(&self, released: &Released, pause: Option<&String>) -> Vec<Piece<'a>> {
        let missed = released.missed.iter();
        let mut pieces: Vec<Piece> =
            missed.map(|(span, reason)| self.piece(*span, RunState::Missed, Some(reason))).collect();
        match (pause, released.run.first(), released.run.last()) {
            (Some(pause), Some(first), Some(last)) => {
                let ticks = released.run.len().try_into().unwrap_or(u64::MAX);
                let span = Span { first: first.scheduled_for, last: last.scheduled_for, ticks };
                pieces.push(self.piece(span, RunState::Skipped, Some(pause)));
            }
            _ => pieces.extend(released.run.iter().map(|tick| {
                let span = Span { first: tick.scheduled_for, last: tick.scheduled_for, ticks: 1 };
                self.piece(span, RunState::Waiting, None)
            })),
        }
        if pieces.is_empty() {
            let Waiting { first, last, ticks, .. } = released.waiting;
            let reason = "its job has no such ticks any more";
            pieces.push(self.piece(Span { first, last, ticks }, RunState::Missed, Some(reason)));
        }
        pieces
    }

    fn piece(&self, Span { first, last, ticks }: Span, state: RunState, reason: Option<&str>) -> Piece<'a> {
        Piece {
            row: None,
            job: self.row.job_id,
            trigger: if state == RunState::Waiting { Trigger::CatchUp.as_str() } else { &self.row.trigger },
            first: Millis(first),
            last: (last > first).then_some(Millis(last)),
            ticks: whole(ticks),
            state,
            reason: reason.map(str::to_owned),
            config: self.config,
            incident: self.incident.0,
        }
    }
}
