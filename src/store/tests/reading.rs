use proptest::prelude::*;

use crate::clock::Time;
use crate::run::{CallRecord, Kind, Number, Outcome, RunId, RunState, Sample, StoredBody};
use crate::store::fixture::*;
use crate::store::*;

fn wanted() -> RunsWanted {
    RunsWanted { job: None, state: None, since: None, limit: 20 }
}

fn ids(runs: Vec<RunRow>) -> Vec<i64> {
    runs.into_iter().map(|run| run.id.0).collect()
}

#[tokio::test]
async fn runs_come_newest_first_by_job_state_and_age() {
    let fixture = Fixture::new().await;
    for n in 0..3 {
        fixture.ended("a", n).await;
        let run = fixture.run("b", n).await;
        let kind = Some(Kind::Timeout);
        fixture.store.finish(Outcome { state: RunState::Failed, kind, ..outcome(&run) }).await.expect("an end");
    }
    fixture.run("c", 3).await;
    let list = async |wanted: RunsWanted| ids(fixture.store.runs(&wanted).await.expect("runs"));
    assert_eq!(list(wanted()).await, [7, 6, 5, 4, 3, 2, 1]);
    assert_eq!(list(RunsWanted { limit: 2, ..wanted() }).await, [7, 6]);
    assert_eq!(list(RunsWanted { job: Some(name("a")), ..wanted() }).await, [5, 3, 1]);
    assert_eq!(list(RunsWanted { job: Some(name("nobody")), ..wanted() }).await, Vec::<i64>::new());
    assert_eq!(list(RunsWanted { state: Some(RunState::Failed), ..wanted() }).await, [6, 4, 2]);
    assert_eq!(list(RunsWanted { state: Some(RunState::Succeeded), limit: 1, ..wanted() }).await, [5]);
    assert_eq!(list(RunsWanted { state: Some(RunState::Running), ..wanted() }).await, [7]);
    assert_eq!(list(RunsWanted { since: Some(minute(2)), ..wanted() }).await, [7, 6, 5]);
    let all = RunsWanted { job: Some(name("b")), state: Some(RunState::Failed), since: Some(minute(1)), limit: 1 };
    assert_eq!(list(all).await, [6]);
}

#[tokio::test]
async fn a_run_is_told_with_everything_that_was_recorded_with_it() {
    let fixture = Fixture::new().await;
    let run = fixture.run("usage", 0).await;
    let mut end = full_outcome(&run);
    for call in &mut end.calls {
        call.reason = Some("one page was late".to_owned());
    }
    fixture.store.finish(end.clone()).await.expect("an end");
    let detail = fixture.store.run(run.id).await.expect("read").expect("a run");
    assert_eq!((detail.run.id, &detail.run.job, detail.run.state), (run.id, &run.tick.job, RunState::Succeeded));
    assert_eq!((detail.run.claimed_at, detail.run.finished_at), (run.claimed_at, Some(end.finished_at)));
    assert_eq!(detail.calls[0].url, "https://api.example.com/v1/usage");
    assert_eq!(detail.calls[0].reason.as_deref(), Some("one page was late"));
    assert_eq!((detail.calls[0].attempts, detail.attempts[0].token_generation), (1, Some(3)));
    assert_eq!(detail.results[0].body, "{\"ok\":true}");
    assert_eq!(detail.diagnoses[0].evidence, end.calls[0].diagnoses[0].evidence);
    assert_eq!(detail.diagnoses[0].granted_scopes, end.calls[0].diagnoses[0].evidence.token.granted_scopes);
    assert!(detail.diagnoses[0].healed && !detail.diagnoses[0].retry);
    let metrics: Vec<_> = detail.samples.iter().map(|sample| (sample.metric.as_str(), sample.label.as_str())).collect();
    assert_eq!(metrics, [("usage.up", ""), ("usage.credits", ""), ("usage.files", "ready")]);
    assert_eq!(
        (detail.samples[2].period_start, detail.samples[2].limit_value),
        (Some(minute(0)), Some(Number::Whole(10)))
    );
    assert_eq!(fixture.store.run_row(run.id).await.expect("read"), Some(detail.run));
    assert_eq!(fixture.store.run(RunId(99)).await.expect("read"), None);
    assert_eq!(fixture.store.run_row(RunId(99)).await.expect("read"), None);
}

#[tokio::test]
async fn of_a_call_for_many_elements_a_run_is_told_with_the_first_twenty_bodies() {
    let fixture = Fixture::new().await;
    let run = fixture.run("usage", 0).await;
    let element = |seq: u32, name: &str| CallRecord {
        seq,
        name: name.to_owned(),
        element: (name != "plain").then(|| seq.to_string()),
        result: (seq != 3).then(|| StoredBody { content_type: None, text: seq.to_string() }),
        ..call(noon())
    };
    let names = |seq| match seq {
        0 | 30 => "plain",
        1..30 => "files",
        _ => "others",
    };
    let calls = (0..60).map(|seq| element(seq, names(seq))).collect();
    fixture.store.finish(Outcome { calls, ..outcome(&run) }).await.expect("an end");
    let detail = fixture.store.run(run.id).await.expect("read").expect("a run");
    let with_body: Vec<u32> = detail.results.iter().map(|result| result.seq).collect();
    let files = (1..22).filter(|seq| *seq != 3);
    assert_eq!(with_body, std::iter::once(0).chain(files).chain(30..51).collect::<Vec<_>>());
    assert!(detail.results.iter().all(|result| result.body == result.seq.to_string()));
    assert_eq!(detail.calls.len(), 60);
}

#[tokio::test]
async fn the_overview_has_the_newest_row_of_each_job_and_the_newest_value_of_its_first_own_metric() {
    let fixture = Fixture::new().await;
    for (n, credits) in [(0, 500), (1, 400)] {
        let run = fixture.run("usage", n).await;
        let sample = |metric, value| Sample::gauge(&run.tick.job, metric, minute(n), Number::Whole(value));
        let samples = vec![sample("up", 1), sample("credits", credits), sample("another", 7)];
        fixture.store.finish(Outcome { samples, ..outcome(&run) }).await.expect("an end");
    }
    let living = fixture.run("usage", 2).await;
    fixture.ended("plain", 0).await;
    let overview = fixture.store.overview().await.expect("an overview");
    assert_eq!(overview.len(), 2);
    assert_eq!(overview["usage"].last.id, living.id);
    assert_eq!(overview["usage"].metric, Some(("usage.credits".to_owned(), Number::Whole(400))));
    assert_eq!(overview["plain"].metric, None);
    assert_eq!(fixture.store.last_run(&name("usage")).await.expect("read"), Some(overview["usage"].last.clone()));
    assert_eq!(fixture.store.last_run(&name("nobody")).await.expect("read"), None);
}

#[tokio::test]
async fn a_metric_that_is_no_longer_taken_gives_way_in_the_overview() {
    let fixture = Fixture::new().await;
    for (n, metric, label) in [(0, "former", ""), (1, "files", "ready")] {
        let run = fixture.run("usage", n).await;
        let sample =
            Sample { label: label.to_owned(), ..Sample::gauge(&run.tick.job, metric, minute(n), Number::Real(0.5)) };
        fixture.store.finish(Outcome { samples: vec![sample], ..outcome(&run) }).await.expect("an end");
    }
    let overview = fixture.store.overview().await.expect("an overview");
    assert_eq!(overview["usage"].metric, Some(("usage.files{ready}".to_owned(), Number::Real(0.5))));
}

#[tokio::test]
async fn a_reader_sees_what_another_process_wrote() {
    let fixture = Fixture::new().await;
    fixture.ended("usage", 0).await;
    let reader = fixture.open(Access::Read).await.expect("a reader");
    assert_eq!(ids(reader.runs(&wanted()).await.expect("runs")), [1]);
    fixture.ended("usage", 1).await;
    assert_eq!(ids(reader.runs(&wanted()).await.expect("runs")), [2, 1]);
}

fn numbers() -> impl Strategy<Value = Number> {
    let reals = (-1e60..1e60_f64).prop_union(-1.0..1.0_f64).prop_filter("in range", |real| real.abs() > 1e-60);
    prop_oneof![any::<i64>().prop_map(Number::Whole), reals.prop_map(Number::Real)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn numbers_and_texts_come_back_as_they_went_in(
        values in prop::collection::vec((numbers(), any::<String>()), 1..60),
    ) {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let values: Vec<_> =
            [i64::MAX, i64::MIN, (1 << 53) + 1].map(|n| (Number::Whole(n), "\0 \u{1F600}\"\\".to_owned()))
                .into_iter().chain(values).collect();
        let stored = runtime.block_on(async {
            let fixture = Fixture::new().await;
            let run = fixture.run("usage", 0).await;
            let samples = values.iter().enumerate().map(|(n, (value, text))| Sample {
                label: format!("{n}{text}"),
                limit: Some(*value),
                ..Sample::gauge(&run.tick.job, "metric", noon(), *value)
            });
            let end = Outcome { samples: samples.collect(), ..outcome(&run) };
            fixture.store.finish(end).await.expect("an end");
            fixture.store.run(run.id).await.expect("read").expect("a run").samples
        });
        prop_assert_eq!(stored.len(), values.len());
        for (n, (sample, (value, text))) in stored.into_iter().zip(values).enumerate() {
            prop_assert_eq!((sample.value, sample.limit_value), (value, Some(value)));
            prop_assert_eq!(sample.label, format!("{n}{text}"));
        }
    }

    #[test]
    fn times_of_four_digit_years_come_back_to_the_millisecond(ms in prop::collection::vec(
        -62_167_219_200_000_i64..253_402_300_800_000, 50,
    )) {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let times: Vec<Time> = ms.into_iter().filter_map(Time::from_timestamp_millis).collect();
        let shown = runtime.block_on(async {
            let fixture = Fixture::new().await;
            let job = |n| format!("job-{n:02}");
            let claims = times.iter().enumerate().map(|(n, at)| Claim { claimed_at: *at, ..claim(&job(n), 0) });
            fixture.store.claim(claims.collect()).await.expect("claims");
            fixture.store.overview().await.expect("an overview")
        });
        let shown: Vec<Time> = shown.into_values().map(|overview| overview.last.claimed_at).collect();
        prop_assert_eq!(shown, times);
    }
}
