//! What has to be true after an ordeal.

use std::fmt;
use std::time::Duration;

use apicron::clock::Time;

use super::Ordeal;
use super::jobs::{DATASETS, names};
use super::requests::Sent;

/// What an ordeal came to.
#[derive(Debug)]
pub(crate) struct Summary {
    deaths: usize,
    ticks: i64,
    told: usize,
    rows: String,
    requests: usize,
    doubles: usize,
    longest_restart: Duration,
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Summary { deaths, ticks, told, rows, requests, doubles, longest_restart } = self;
        write!(
            f,
            "{deaths} deaths; {ticks} ticks expected, each covered by one row; rows: {rows}; {told} runs told as \
             succeeded, none lost; {requests} posts, {doubles} ticks sent twice under one key; longest restart \
             {longest_restart:?}"
        )
    }
}

impl Ordeal {
    pub(super) async fn judge(&self, stop: Time) -> Summary {
        let mut ticks = 0;
        for (job, _) in names() {
            ticks += self.check_covered(&job, stop).await;
        }
        self.check_told().await;
        for (what, sql) in NEVER {
            assert_eq!(self.sql(sql).await, Vec::<Vec<String>>::new(), "{what}");
        }
        let kept = "select count(*) || ' ' || count(distinct key) || ' ' || count(gone_at) from v_records";
        assert_eq!(self.sql(kept).await, [[format!("{DATASETS} {DATASETS} 0")]], "records, distinct keys, gone");
        let sent = Sent::to(&self.standin);
        let doubles = sent.check();
        let states = "select state || ' ' || count(*) from v_runs group by state order by state";
        Summary {
            deaths: self.deaths,
            ticks,
            told: self.told.len(),
            rows: self.sql(states).await.concat().join(", "),
            requests: sent.requests(),
            doubles,
            longest_restart: self.restarts.iter().max().copied().unwrap_or_default(),
        }
    }

    /// Checks that each second of a job up to `stop` is covered by one row. Gives back how many there are.
    async fn check_covered(&self, job: &str, stop: Time) -> i64 {
        let sql = format!(
            "select scheduled_for, coalesce(through, scheduled_for), cast(ticks as text) from v_runs
             where job = '{job}' and trigger in ('schedule', 'catch_up') order by scheduled_for"
        );
        let covers: Vec<_> = self.sql(&sql).await.iter().map(|row| cover(row)).collect();
        let first = self.first.timestamp();
        assert!(covers[0].0 <= first + 1, "{job} is covered from its first tick on: {:?}", covers[0]);
        for pair in covers.windows(2) {
            assert_eq!(pair[1].0, pair[0].1 + 1, "{job}: neither a hole nor a tick twice: {pair:?}");
        }
        for (from, through, ticks) in &covers {
            assert_eq!(*ticks, through - from + 1, "{job}: a row counts its ticks");
        }
        let last = covers[covers.len() - 1].1;
        assert!(last >= stop.timestamp(), "{job} is covered up to the stop");
        last - covers[0].0 + 1
    }

    /// Checks that each run of which a server said that it had succeeded has.
    async fn check_told(&self) {
        let succeeded = self.sql("select cast(id as text) from v_runs where state = 'succeeded'").await.concat();
        let lost: Vec<_> = self.told.iter().filter(|run| !succeeded.contains(run)).collect();
        assert!(lost.is_empty(), "told as succeeded, and lost: {lost:?}");
        assert!(!self.told.is_empty());
    }
}

/// A stretch of ticks that one row covers, in seconds since the epoch.
fn cover(row: &[String]) -> (i64, i64, i64) {
    let second = |text: &str| text.parse::<Time>().expect("a time").timestamp();
    (second(&row[0]), second(&row[1]), row[2].parse().expect("a number"))
}

/// What must have no row.
const NEVER: [(&str, &str); 7] = [
    ("a run that still lives", "select cast(id as text), state from v_runs where finished_at is null"),
    (
        "a tick that did not run, or not to its end, without a reason",
        "select cast(id as text), job, state from v_runs where state <> 'succeeded' and coalesce(reason, '') = ''",
    ),
    (
        "a tick that succeeded twice",
        "select job, scheduled_for from v_runs where state = 'succeeded' group by 1, 2 having count(*) > 1",
    ),
    (
        "a run that was cut off, is safe to repeat and was not",
        "select cast(id as text), job, reason from v_runs as cut_off
         where state = 'interrupted' and job not like 'unsafe-%' and (trigger <> 'repeat' or started_at is null)
           and not exists (select 1 from v_runs where repeats = cut_off.id)",
    ),
    (
        "a repeat that began, was cut off and was repeated once more, though it had got no further with a list",
        "select cast(id as text), job from v_runs as cut_off
         where trigger = 'repeat' and started_at is not null and job <> 'mirror'
           and exists (select 1 from v_runs where repeats = cut_off.id)",
    ),
    (
        "a run that succeeded without its sample, or a sample without its run",
        "select cast(v_runs.id as text), count(v_samples.value) || ''
         from v_runs left join v_samples on v_samples.run_id = v_runs.id and v_samples.metric like 'reading-%.read'
         where job like 'reading-%' and state = 'succeeded' group by v_runs.id having count(v_samples.value) <> 1",
    ),
    (
        "a run that succeeded without its call",
        "select cast(id as text), job from v_runs
         where state = 'succeeded' and not exists (select 1 from v_calls where run_id = id and state = 'succeeded')",
    ),
];
