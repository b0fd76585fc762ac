//! Alerts and channels, as they come out of a file.

use std::time::Duration;

use super::included::load_files;
use super::{GOOD, environment, loaded, problems};
use crate::config::unreadable_secrets;
use crate::job::{
    Address, Alert, BurnStep, Channel, ForecastEdge, ForecastStep, MetricRule, Once, Rule, RunRule, RunoutEdge,
    RunoutStep, Severity, Stale, Target, Whose,
};
use crate::run::Name;
use crate::secret::{Environment, Source};

const HOUR: Duration = Duration::from_hours(1);

const METRICS: &str = r#"[jobs.x.calls.metrics]
used = { value = ".used", kind = "counter", limit = ".limit", period = "month" }
left = { value = ".left", kind = "balance" }
level = ".level"
"#;

fn file(alerts: &str) -> String {
    format!("{GOOD}{METRICS}{alerts}")
}

fn name(text: &str) -> Name {
    Name::new(text).expect("a name")
}

/// The alert `a` with these keys.
fn alert(keys: &str) -> Alert {
    let loaded = loaded(&file(&format!("[alerts.a]\n{keys}\n")));
    Alert::clone(&loaded.jobs.alerts["a"])
}

fn metric_rule(keys: &str) -> MetricRule {
    match alert(keys).rule {
        Rule::Metric(_, rule) => rule,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_alert_of_two_keys_has_the_usual_policy_and_is_only_shown() {
    let alert = alert("metric = \"x.left\"\nbelow = 5000");
    assert_eq!((alert.readings.get(), alert.hold, alert.clear), (2, Duration::ZERO, 0.05));
    assert_eq!((alert.severity, alert.once, alert.channels), (Severity::Notice, Once::Episode, Vec::new()));
    let Rule::Metric(metered, rule) = alert.rule else { panic!("{:?}", alert.rule) };
    assert_eq!((metered.metric.as_str(), metered.job, rule), ("x.left", Some(name("x")), MetricRule::Below(5000.0)));
}

#[test]
fn a_time_takes_the_place_of_readings_and_both_may_be_said() {
    let policy = |keys: &str| {
        let alert = alert(&format!("metric = \"x.level\"\nabove = 0.5\n{keys}"));
        (alert.readings.get(), alert.hold.as_secs())
    };
    assert_eq!(policy("for = \"10m\""), (1, 600));
    assert_eq!(policy("for = \"10m\"\nreadings = 3"), (3, 600));
    assert_eq!(policy("readings = 3"), (3, 0));
}

#[test]
fn what_fires_at_once_needs_one_reading_whatever_is_said() {
    let alert = alert("job = \"x\"\nfailures = 3\nreadings = 5\nfor = \"10m\"");
    assert_eq!((alert.readings.get(), alert.hold), (1, Duration::ZERO));
}

#[test]
fn the_policy_of_an_alert_is_what_it_says() {
    let text = "[channels.ops]\nwebhook = { env = \"OPS_WEBHOOK_URL\" }\n[alerts.a]\nmetric = \"x.used\"\nabove = 1\n\
                clear = \"10%\"\nonce = \"period\"\nseverity = \"page\"\nchannels = \"ops\"\n";
    let loaded = loaded(&file(text));
    let alert = &loaded.jobs.alerts["a"];
    assert_eq!((alert.clear, alert.once, alert.severity), (0.1, Once::Period, Severity::Page));
    assert_eq!((alert.channels.as_slice(), loaded.warnings), ([name("ops")].as_slice(), Vec::new()));
}

#[test]
fn one_step_is_a_list_of_one_and_steps_have_an_edge_and_a_severity_without_saying_so() {
    let used = |rule: &str| metric_rule(&format!("metric = \"x.used\"\nseverity = \"page\"\n{rule}"));
    assert_eq!(used("percent = 80"), MetricRule::Percent(vec![80.0]));
    assert_eq!(used("percent = [95, 50, 99.5]"), MetricRule::Percent(vec![50.0, 95.0, 99.5]));
    let step = RunoutStep { within: 24 * HOUR, edge: RunoutEdge::Middle, severity: Severity::Page };
    assert_eq!(used("runout = { within = \"1d\" }"), MetricRule::Runout(vec![step]));
    let steps = used("forecast = [{}, { edge = \"lower\", severity = \"notice\" }]");
    let middle = ForecastStep { edge: ForecastEdge::Middle, severity: Severity::Page };
    let lower = ForecastStep { edge: ForecastEdge::Lower, severity: Severity::Notice };
    assert_eq!(steps, MetricRule::Forecast(vec![middle, lower]));
    let step = BurnStep { window: 24 * HOUR, rate: 6.0, severity: Severity::Page };
    assert_eq!(used("burn = { window = \"1d\", rate = 6 }"), MetricRule::Burn(vec![step]));
}

#[test]
fn percent_is_told_once_a_period_and_others_each_time() {
    assert_eq!(alert("metric = \"x.used\"\npercent = 80").once, Once::Period);
    assert_eq!(alert("metric = \"x.used\"\nrunout = { within = \"1d\" }").once, Once::Episode);
}

#[test]
fn stale_is_a_time_without_readings_or_a_table() {
    let stale = |value: &str| metric_rule(&format!("metric = \"x.used\"\nstale = {value}"));
    assert_eq!(stale("\"1h\""), MetricRule::Stale(Stale { silent: Some(HOUR), same: None }));
    assert_eq!(stale("{ same = \"2h\" }"), MetricRule::Stale(Stale { silent: None, same: Some(2 * HOUR) }));
}

#[test]
fn runs_are_those_of_all_jobs_or_of_those_that_are_named() {
    let whose = |keys: &str| match alert(keys).rule {
        Rule::Runs(whose, rule) => (whose, rule),
        other => panic!("{other:?}"),
    };
    let these = Whose::These([name("x")].into());
    assert_eq!(whose("refused = true"), (Whose::Any, RunRule::Refused));
    assert_eq!(whose("job = \"x\"\nmissed = true"), (these.clone(), RunRule::Missed));
    assert_eq!(whose("jobs = [\"x\"]\nslower_than = \"1m\""), (these, RunRule::SlowerThan(Duration::from_mins(1))));
}

#[test]
fn a_condition_knows_the_metrics_that_it_cannot_do_without() {
    let Rule::When(condition) = alert("job = \"x\"\nwhen = \".left < 0.1 * .used and (.level // 0) < 1\"").rule else {
        panic!("no condition");
    };
    assert_eq!(condition.job, name("x"));
    assert_eq!(condition.reads, ["left", "used"].map(str::to_owned).into());
}

#[test]
fn what_apicron_measures_may_be_watched() {
    for metric in ["x.up", "x.duration_ms", "x.lateness_ms", "credential.c.seconds_left"] {
        assert_eq!(problems(&file(&format!("[alerts.a]\nmetric = \"{metric}\"\nabove = 1\n"))), [], "{metric}");
    }
    let issued = GOOD.replace("client_id", "secret_issued = 2026-10-01\nclient_id");
    let alert = "[alerts.a]\nmetric = \"credential.c.secret_age_days\"\nabove = 80\n";
    assert_eq!(problems(&format!("{issued}{alert}")), []);
}

#[test]
fn a_window_of_four_readings_is_long_enough_and_so_are_samples_that_are_kept_for_as_long() {
    let burn = |keep: &str, window: &str| {
        let keep = format!("[store]\nkeep_samples = \"{keep}\"\n");
        let burn = format!("[alerts.a]\nmetric = \"x.used\"\nburn = {{ window = \"{window}\", rate = 2 }}\n");
        problems(&file(&format!("{keep}{burn}"))).iter().map(|problem| problem.code).collect::<Vec<_>>()
    };
    assert_eq!(burn("30d", "20m"), [""; 0]);
    assert_eq!(burn("30d", "19m"), ["short-window"]);
    assert_eq!(burn("30d", "30d"), [""; 0]);
    assert_eq!(burn("30d", "31d"), ["long-window"]);
}

#[test]
fn a_forecast_of_days_needs_samples_of_hours() {
    let text = |period: &str| {
        let store = "[store]\nkeep_samples = \"2d\"\n";
        let alert = "[alerts.a]\nmetric = \"x.used\"\nforecast = {}\n";
        problems(&file(&format!("{store}{alert}")).replace("\"month\"", period)).len()
    };
    assert_eq!((text("\"day\""), text("{ every = \"day\", timezone = \"Asia/Tokyo\" }"), text("\"week\"")), (0, 0, 1));
}

const CHANNELS: &str = r#"[channels.hook]
webhook = { env = "OPS_WEBHOOK_URL" }
[channels.chat]
slack = { file = "slack" }
[channels.rules]
alertmanager = "http://127.0.0.1:9093/base/"
[channels.elsewhere]
alertmanager = { env = "OPS_WEBHOOK_URL" }
[channels.mail]
email = { to = "ops@example.com", from = "apicron@example.com", smtp = { env = "SMTP_URL" } }
[alerts.a]
refused = true
channels = ["hook", "rules", "elsewhere", "mail"]
"#;

#[test]
fn a_channel_is_where_its_key_says() {
    let loaded = loaded(&file(CHANNELS));
    let target = |name: &str| loaded.jobs.channels[name].target.clone();
    let hook = Source::Env("OPS_WEBHOOK_URL".to_owned());
    assert_eq!(target("hook"), Target::Webhook(hook.clone()));
    assert!(matches!(target("chat"), Target::Slack(Source::File(path)) if path.ends_with("slack")));
    assert_eq!(target("elsewhere"), Target::Alertmanager(Address::Kept(hook)));
    let Target::Alertmanager(Address::Plain(url)) = target("rules") else { panic!("no address") };
    assert_eq!(url.as_str(), "http://127.0.0.1:9093/base");
    let Channel { target: Target::Email(mail), .. } = &loaded.jobs.channels["mail"] else { panic!("no mail") };
    assert_eq!(
        (mail.to.as_slice(), mail.from.as_str()),
        (["ops@example.com".to_owned()].as_slice(), "apicron@example.com")
    );
}

#[test]
fn serving_needs_the_addresses_of_channels_that_alerts_use_and_one_job_none_of_them() {
    let jobs = loaded(&file(CHANNELS)).jobs;
    let known = Environment::fixed([("SECRET", "correct horse")]);
    let missing = |only: Option<&[Name]>| unreadable_secrets(&jobs, &known, only).len();
    assert_eq!((missing(None), missing(Some(&[name("x")]))), (2, 0));
    assert_eq!(unreadable_secrets(&jobs, &environment(), None).len(), 0);
}

#[test]
fn included_files_may_hold_alerts_and_channels_and_speak_of_those_of_others() {
    let main =
        format!("include = [\"alerts.toml\"]\n{GOOD}[channels.ops]\nalertmanager = \"https://alerts.example.com\"\n");
    let alerts = "[alerts.a]\njob = \"x\"\nfailures = 3\nchannels = [\"ops\", \"mine\"]\n\
                  [channels.mine]\nslack = { env = \"OPS_WEBHOOK_URL\" }\n";
    let (loaded, said) = load_files(&[("jobs.toml", &main), ("alerts.toml", alerts)]);
    let loaded = loaded.unwrap_or_else(|_| panic!("{said}"));
    assert_eq!((loaded.jobs.alerts.len(), loaded.jobs.channels.len(), loaded.warnings), (1, 2, Vec::new()));
}

#[test]
fn alerts_change_no_jobs_fingerprint() {
    let hash = |text: &str| loaded(text).jobs.jobs["x"].config_hash.clone();
    assert_eq!(hash(&file(CHANNELS)), hash(&file("")));
}

#[test]
fn the_address_of_a_mail_server_is_looked_at_where_it_is_kept() {
    let said = |address: &str| {
        let known = Environment::fixed([("SECRET", "correct horse"), ("SMTP_URL", address)]);
        let mail = "[channels.mail]\nemail = { to = \"a@example.com\", from = \"b@example.com\", smtp = { env = \"SMTP_URL\" } }\n";
        let alert = "[alerts.a]\nrefused = true\nchannels = \"mail\"\n";
        let loaded = crate::config::parse(std::path::Path::new("jobs.toml"), &file(&format!("{mail}{alert}")), &known);
        loaded.expect("it loads").warnings.into_iter().map(|warning| warning.message).collect::<Vec<_>>()
    };
    for right in [
        "smtps://me:hunter2@mail.example.com:465",
        "smtp://127.0.0.1:2525",
        "smtp://localhost",
        "smtp://me:hunter2@mail.example.com?tls=required",
    ] {
        assert_eq!(said(right), [""; 0], "{right}");
    }
    let clear = "the address in environment variable SMTP_URL would send mails and its password in the clear";
    assert_eq!(said("smtp://me:hunter2@mail.example.com"), [clear]);
    let none = "environment variable SMTP_URL holds no address of a mail server";
    assert_eq!(
        (said("https://mail.example.com"), said("mail.example.com")),
        (vec![none.to_owned()], vec![none.to_owned()])
    );
}
