//! Which rows are old enough to go: the statements that find and delete them.

/// Runs that nothing needs any more: see [`crate::store::Store::prune`] for those that stay.
pub(super) const OLD_RUNS: &str = "
    select old.id from runs as old
    where old.id > $1 and old.id < $2 and old.finished_at < $3
      and exists (select 1 from runs as newer where newer.job_id = old.job_id and newer.id > old.id)
      and (old.trigger not in ('schedule', 'catch_up')
           or exists (select 1 from runs as newer
                      where newer.job_id = old.job_id and newer.scheduled_for > old.scheduled_for
                        and newer.trigger in ('schedule', 'catch_up')))
    order by old.id limit $4";

/// Deletes runs, by an array of their numbers, with all that is theirs.
pub(super) const RUNS_WITH_ALL: [&str; 6] = [
    "delete from attempts where run_id in (select value from json_each($1))",
    "delete from results where run_id in (select value from json_each($1))",
    "delete from calls where run_id in (select value from json_each($1))",
    "delete from progress where listing_id in (
        select listings.id from json_each($1) cross join listings on listings.run_id = json_each.value)",
    "delete from listings where run_id in (select value from json_each($1))",
    "delete from runs where id in (select value from json_each($1))",
];

/// Rows found by a key of two numbers, a page after another, and how to delete them by it.
#[derive(Clone, Copy)]
pub(super) struct ByKey {
    /// From `$1` on rows stay; they come after the key of `$2` and `$3`, `$4` at most.
    pub(super) find: &'static str,
    pub(super) delete: &'static str,
}

/// Results of runs that ended before. `cross` keeps SQLite from beginning with the runs.
pub(super) const OLD_RESULTS: &str = "
    select results.run_id, results.seq from results
    cross join runs as old on old.id = results.run_id and old.finished_at < $1
    where (results.run_id, results.seq) > ($2, $3) and results.run_id < $5
    order by results.run_id, results.seq limit $4";

/// Samples but for the newest of each series.
pub(super) const OLD_SAMPLES: &str = "
    select samples.series_id, samples.at from series
    cross join samples on samples.series_id = series.id and samples.at < $1
        and samples.at < (select max(newest.at) from samples as newest where newest.series_id = series.id)
    where series.id >= $2 and (series.id > $2 or samples.at > $3)
    order by series.id, samples.at limit $4";

/// Days of jobs that were counted.
pub(super) const OLD_COUNTS: &str = "
    select distinct run_counts.job_id, run_counts.day from jobs
    cross join run_counts on run_counts.job_id = jobs.id and run_counts.day < $1
    where jobs.id >= $2 and (jobs.id > $2 or run_counts.day > $3)
    order by jobs.id, run_counts.day limit $4";

pub(super) const RESULTS: ByKey = ByKey {
    find: OLD_RESULTS,
    delete: "delete from results where (run_id, seq) in (select value->>0, value->>1 from json_each($1))",
};
pub(super) const SAMPLES: ByKey = ByKey {
    find: OLD_SAMPLES,
    delete: "delete from samples where (series_id, at) in (select value->>0, value->>1 from json_each($1))",
};
pub(super) const COUNTS: ByKey = ByKey {
    find: OLD_COUNTS,
    delete: "delete from run_counts where (job_id, day) in (select value->>0, value->>1 from json_each($1))",
};

/// Rows whose time came before `$1`, `$2` at most. What is still refused stays, with its diagnosis; and so
/// does what a row waited for that nobody has taken.
pub(super) const OLD_DIAGNOSES: &str = "
    delete from diagnoses where id in (
        select old.id from diagnoses as old
        where old.at < $1
          and not exists (select 1 from incidents
                          where incidents.closed_at is null and incidents.diagnosis_id = old.id)
        order by old.at limit $2)";
pub(super) const OLD_INCIDENTS: &str = "
    delete from incidents where id in (
        select incidents.id from incidents
        where incidents.closed_at < $1
          and not exists (select 1 from runs
                          where runs.incident_id = incidents.id and runs.state in ('waiting', 'held', 'running'))
        order by incidents.closed_at limit $2)";
pub(super) const OLD_TOKEN_EVENTS: &str =
    "delete from token_events where id in (select id from token_events where at < $1 order by at limit $2)";
pub(super) const OLD_VERSIONS: &str = "
    delete from job_versions where rowid in (
        select version.rowid from jobs
        cross join job_versions as version on version.job_id = jobs.id and version.valid_to < $1
        limit $2)";
pub(super) const OLD_PROCESSES: &str = "
    delete from processes where id in (
        select id from processes
        where gone_at < $1 and not exists (select 1 from served where served.process_id = processes.id)
        limit $2)";

/// Messages that left or were given up. The first condition is word for word that of their index.
pub(super) const OLD_MESSAGES: &str = "
    delete from outbox where id in (
        select id from outbox
        where (sent_at is not null or given_up_at is not null) and made_at < $1
        order by made_at limit $2)";
/// Silences that are over: `$1` is now.
pub(super) const OLD_SILENCES: &str =
    "delete from silences where alert in (select alert from silences where until <= $1 limit $2)";
