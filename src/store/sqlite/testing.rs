//! What the tests of the store need to reach: small disks, short patience, plans of queries.

use std::path::Path;
use std::time::Duration;

use super::{
    Sqlite, adopt, again, alerts, claim, connect, cover, export, finish, gone, history, incidents, judge, leave,
    listings, old, orders, pages, records, release, run_detail, sending, stretches, ticks,
};
use crate::clock::Clock;
use crate::store::{Access, BackEnd, RunsWanted, Store};

/// A store that waits only a little for a lock.
pub(in crate::store) async fn open_hasty(path: &Path, patience: Duration, clock: &Clock) -> Store {
    let options = connect::options(path).busy_timeout(patience);
    Store(BackEnd::Sqlite(Sqlite::open_with(options, Access::Write, clock).await.expect("a store")))
}

/// A store on a disk with room for so many pages.
pub(in crate::store) async fn open_small(path: &Path, pages: u32, clock: &Clock) -> Store {
    let options = connect::options(path).pragma("max_page_count", pages.to_string());
    Store(BackEnd::Sqlite(Sqlite::open_with(options, Access::Write, clock).await.expect("a store")))
}

/// `synchronous`, `foreign_keys` and `busy_timeout` of the connection that writes.
pub(in crate::store) async fn writer_settings(path: &Path) -> (i64, i64, i64) {
    let mut writer = connect::to_write(&connect::options(path)).await.expect("a connection");
    let mut setting = async |sql: &'static str| sqlx::query_scalar(sql).fetch_one(&mut writer).await.expect(sql);
    let synchronous = setting("pragma synchronous").await;
    let foreign_keys = setting("pragma foreign_keys").await;
    (synchronous, foreign_keys, setting("pragma busy_timeout").await)
}

/// Statements that are run often or over long histories.
pub(in crate::store) fn statements() -> Vec<&'static str> {
    let mut statements = vec![
        claim::INSERT,
        judge::JUDGE,
        again::NEWEST,
        stretches::LENGTHEN,
        adopt::GIVE_UP,
        adopt::ADOPT,
        orders::HANDED_OVER,
        orders::LIVING,
        orders::CANCELS,
        orders::LIVES_BEFORE,
        sending::SENDING,
        incidents::REFUSAL,
        incidents::LIST,
        incidents::WAITING_FOR,
        incidents::WAITING,
        release::SEEN,
        release::HELD,
        release::BECOME,
        release::PARK,
        release::ADD,
        cover::COVER,
        finish::START,
        finish::END,
        leave::INTERRUPT,
        old::OLD_RUNS,
        old::OLD_RESULTS,
        old::OLD_SAMPLES,
        old::OLD_COUNTS,
        old::OLD_DIAGNOSES,
        old::OLD_INCIDENTS,
        old::OLD_TOKEN_EVENTS,
        old::OLD_VERSIONS,
        old::OLD_MESSAGES,
        export::RUNS,
        export::RESULTS,
        export::SAMPLES,
        export::RECORDS,
        export::RECORDS_OF,
        pages::OPEN,
        pages::THERE,
        pages::KEEP,
        pages::SIGHT,
        pages::MOVE,
        pages::PROCEED,
        listings::FIND,
        listings::DONE,
        gone::UNSEEN,
        gone::MARK,
        gone::LEFT_BY_NOTHING,
        records::STORED,
        records::REMEMBERED,
        records::UPLOADED,
        ticks::VERSIONS,
        ticks::BEGUN,
        ticks::REACHING,
        ticks::DONE,
        history::AMONG,
        history::RELEASED_SINCE,
        history::LAST_RUNS,
        history::METRICS,
        history::LAST_COVERED,
        run_detail::RESULTS,
        run_detail::SAMPLES,
        run_detail::INCIDENT,
    ];
    statements.extend(alerts::STATEMENTS);
    statements
}

/// The query of a list.
pub(in crate::store) fn list_query(wanted: &RunsWanted) -> String {
    history::list(wanted, 0).into_string()
}
