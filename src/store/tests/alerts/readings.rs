//! What alerts on series are judged by.

use super::*;
use crate::run::{MetricKind, Number, Outcome, Run, Sample};
use crate::watch::Reading;

const LARGE: i64 = 9_007_199_254_740_993; // 2^53 + 1

fn sample(metric: &str, label: &str, n: u64, value: Number) -> Sample {
    Sample { label: label.to_owned(), ..Sample::gauge(&name("usage"), metric, minute(n), value) }
}

async fn ended_with(fixture: &Fixture, run: &Run, samples: Vec<Sample>) {
    let end = Outcome { samples, ..outcome(run) };
    assert_eq!(fixture.store.finish(end).await.expect("an end"), Finish::Recorded);
}

/// A run of `usage` for each minute, that took what `samples` says.
async fn runs(fixture: &Fixture, minutes: u64, samples: fn(u64) -> Vec<Sample>) {
    for n in 0..minutes {
        let run = fixture.run("usage", n).await;
        ended_with(fixture, &run, samples(n)).await;
    }
}

fn read(n: u64, value: i64) -> Reading {
    Reading::from(&sample("credits", "", n, Number::Whole(value)))
}

#[tokio::test]
async fn readings_come_from_a_time_on_with_the_newest_before_it() {
    let fixture = Fixture::new().await;
    runs(&fixture, 5, |n| {
        let value = Number::Whole(10 * i64::try_from(n).expect("a number"));
        vec![sample("credits", "", n, value), sample("credits", "other", n, Number::Whole(1))]
    })
    .await;
    let readings = async |from| fixture.store.readings("usage.credits", "", from).await.expect("read");
    assert_eq!(readings(minute(3)).await, [read(2, 20), read(3, 30), read(4, 40)]);
    assert_eq!(readings(minute(60)).await, [read(4, 40)]);
    assert_eq!(readings(Time::UNIX_EPOCH).await.len(), 5);
    assert_eq!(readings(minute(0)).await.len(), 5);
    for (metric, label) in [("usage.credits", "none"), ("usage.none", "")] {
        assert_eq!(fixture.store.readings(metric, label, noon()).await.expect("read"), []);
    }
}

#[tokio::test]
async fn the_newest_reading_of_each_series_is_exact_with_its_limit_and_period() {
    let fixture = Fixture::new().await;
    runs(&fixture, 2, |n| {
        let used = Sample {
            kind: MetricKind::Counter,
            unit: Some("credits".to_owned()),
            limit: Some(Number::Whole(LARGE + 1)),
            period: Some((minute(0), minute(60))),
            ..sample("used", "", n, Number::Whole(LARGE))
        };
        let former = (n == 0).then(|| sample("used", "gone", n, Number::Real(0.1)));
        [used, sample("left", "", n, Number::Whole(1))].into_iter().chain(former).collect()
    })
    .await;
    let wanted = ["usage.used", "usage.none"].map(str::to_owned).into();
    let newest = fixture.store.newest_readings(&wanted).await.expect("read");
    let of = |label: &str, reading| SeriesReading {
        metric: "usage.used".to_owned(),
        label: label.to_owned(),
        kind: MetricKind::Gauge,
        unit: None,
        reading,
    };
    let used = Reading {
        at: minute(1),
        value: Number::Whole(LARGE),
        limit: Some(Number::Whole(LARGE + 1)),
        period: Some((minute(0), minute(60))),
    };
    assert_eq!(
        newest,
        [
            SeriesReading { kind: MetricKind::Counter, unit: Some("credits".to_owned()), ..of("", used) },
            SeriesReading {
                kind: MetricKind::Counter,
                unit: Some("credits".to_owned()),
                ..of("gone", Reading::from(&sample("used", "gone", 0, Number::Real(0.1))))
            },
        ]
    );
    assert_eq!(fixture.store.newest_readings(&[].into()).await.expect("read"), []);
}

#[tokio::test]
async fn the_samples_of_the_newest_run_are_those_that_it_took_and_no_others() {
    let fixture = Fixture::new().await;
    runs(&fixture, 2, |n| {
        let once = (n == 0).then(|| sample("once", "", n, Number::Whole(1)));
        [sample("credits", "", n, Number::Whole(LARGE)), sample("share", "a", n, Number::Real(0.5))]
            .into_iter()
            .chain(once)
            .collect()
    })
    .await;
    fixture.ended("usage", 2).await;
    let of_another = Sample::gauge(&name("other"), "credits", minute(3), Number::Whole(1));
    let other = fixture.run("other", 3).await;
    ended_with(&fixture, &other, vec![of_another]).await;
    let taken = vec![sample("credits", "", 1, Number::Whole(LARGE)), sample("share", "a", 1, Number::Real(0.5))];
    assert_eq!(fixture.store.newest_samples(&name("usage")).await.expect("read"), Some((minute(1), taken)));
    assert_eq!(fixture.store.newest_samples(&name("none")).await.expect("read"), None);
}

#[tokio::test]
async fn of_runs_beside_each_other_the_one_that_took_the_newest_sample_counts() {
    let fixture = Fixture::new().await;
    let (long, short) = (fixture.run("usage", 0).await, {
        let manual = Claim { start: Start::Manual, overlap: crate::job::Overlap::Allow, ..claim("usage", 1) };
        won(fixture.store.claim(vec![manual]).await.expect("a claim").remove(0))
    });
    ended_with(
        &fixture,
        &short,
        vec![sample("credits", "", 1, Number::Whole(1)), sample("a", "", 1, Number::Whole(1))],
    )
    .await;
    let of_long = vec![sample("credits", "", 5, Number::Whole(5))];
    ended_with(&fixture, &long, of_long.clone()).await;
    assert_eq!(fixture.store.newest_samples(&name("usage")).await.expect("read"), Some((minute(5), of_long)));
}
