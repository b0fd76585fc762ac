//! What `audit` expects, against the oracle.

use std::path::Path;

use apicron::clock::{Time, rfc3339};
use chrono::{DateTime, TimeDelta};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};

use super::oracle::Asked;
use super::texts::{self, Pace};
use super::windows::ZONES;
use crate::line::driven::Place;
use crate::support::binary::Folder;
use crate::support::jobs::json_lines;
use crate::support::rows;
use crate::support::size::{figure, number, size};

/// A job file that `audit` can load. What it looks at is in the store.
const ANY_JOB: &str = r#"
[apis.open]
base_url = "https://api.example.com"
[jobs.any]
api = "open"
calls = [{ get = "/" }]
"#;

/// A folder whose `audit` looks at that store, however long ago its ticks were.
pub(super) fn auditor(store: &Path) -> Folder {
    let of_store = format!("[store]\nurl = \"sqlite:{}\"\nkeep_runs = \"36500d\"\n", store.display());
    Folder::new().file("jobs.toml", &(of_store + ANY_JOB))
}

/// A text that fires at most each minute.
fn calm(random: &mut StdRng) -> (String, Asked) {
    loop {
        let (text, asked) = texts::any(random, Pace::Daily);
        let is_calm = match &asked {
            Asked::Every(seconds) => *seconds >= 60,
            Asked::Times(times) => times.step >= TimeDelta::minutes(1),
        };
        if is_calm && apicron::cron::Pattern::parse(&text).is_ok() {
            return (text, asked);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_absence_of_weeks_is_counted_tick_by_tick_and_a_hole_is_each_of_them() {
    let seed = number("APICRON_SEED", rand::random());
    figure("R10", format!("APICRON_SEED={seed}"));
    let mut random = StdRng::seed_from_u64(seed);
    let (mut all, trials) = (0, size(6, 300));
    for _ in 0..trials {
        let (text, asked) = calm(&mut random);
        let zone = *ZONES.choose(&mut random).expect("a zone");
        let start = DateTime::from_timestamp(random.random_range(1_704_067_200..1_760_000_000), 0).expect("a time");
        let until = start + TimeDelta::hours(random.random_range(100..700));
        let expected: Vec<Time> = asked.ticks(zone, start, until).into_iter().map(|tick| tick.at).collect();
        check(&text, zone, (start, until), &expected).await;
        all += expected.len();
    }
    figure("R10", format!("{trials} absences, {all} ticks"));
}

async fn check(text: &str, zone: chrono_tz::Tz, (start, until): (Time, Time), expected: &[Time]) {
    let case = format!("`{text}` in {zone} from {start} until {until}");
    let job = format!(
        "[jobs.job]\nschedule = \"{text}\"\ntimezone = \"{zone}\"\ncatch_up = \"none\"\napi = \"open\"\n\
         calls = [{{ get = \"/\" }}]\n{ANY_JOB}"
    );
    let place = Place::at(&rfc3339(start));
    let jobs = place.parse(&job);
    let place = place.serve_jobs(jobs).await.stop().await;
    place.hands.advance((until - place.clock.now()).to_std().expect("a later time"));
    let jobs = place.parse(&job);
    let place = place.serve_jobs(jobs).await.stop().await;

    let sql = "select cast(coalesce(sum(ticks), 0) as text), min(scheduled_for), max(coalesce(through, scheduled_for))
               from v_runs";
    let said = rows::rows(&place.store_file(), sql).await.remove(0);
    let end = |tick: Option<&Time>| tick.map(|tick| rfc3339(*tick)).unwrap_or_default();
    assert_eq!(said, [expected.len().to_string(), end(expected.first()), end(expected.last())], "{case}");

    let folder = auditor(&place.store_file());
    let arguments = ["audit", "--json", "--from", &rfc3339(start), "--to", &rfc3339(until)];
    let audit = folder.run(&arguments);
    assert_eq!(audit.code(), 0, "{case}: {audit:#?}");
    assert!(audit.stderr.contains(&format!("checked {} tick", expected.len())), "{case}: {audit:#?}");
    rows::execute(&place.store_file(), "delete from runs").await;
    let audit = folder.run(&arguments);
    let holes: Vec<Time> = json_lines(&audit)
        .iter()
        .map(|line| line["scheduled_for"].as_str().expect("a time").parse().expect("a time"))
        .collect();
    assert!(holes == expected, "{case}: {} holes, and {} ticks: {audit:#?}", holes.len(), expected.len());
}
