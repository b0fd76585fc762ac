//! What was judged → messages.

use crate::clock::Time;
use crate::job::{Alert, Rule};
use crate::run::{Message, Name, What};
use crate::watch::{Judged, Key, Standing, State, Turn};

/// What a message says beside what was judged.
#[derive(Clone, Copy, Debug)]
pub struct Beside<'a> {
    /// What the series counts, for people.
    pub unit: Option<&'a str>,
    /// Why it was judged so: the formulas with their values, a line each.
    pub why: &'a [String],
    /// Which apicron tells it.
    pub host: &'a str,
    /// When it was judged.
    pub at: Time,
}

/// The message that a judgement makes, for each of the alert's channels; `None` where it is no news, or another step
/// tells it better.
pub fn message(alert: &Alert, judged: &Judged, beside: Beside<'_>) -> Option<Message> {
    let news = judged.news.as_ref().filter(|news| !news.is_told_by_another)?;
    let what = match news.turn {
        Turn::Fired => What::Firing,
        Turn::Resolved => What::Resolved,
        Turn::Lost => What::Unknown,
    };
    Some(told(alert, &judged.key, &judged.standing, what, news.id.clone(), beside))
}

/// What is told and still so, for [`repeat`](super::repeat): that it fires, that it is unknown, or both.
pub fn still(alert: &Alert, key: &Key, standing: &Standing, beside: Beside<'_>) -> Vec<Message> {
    let memory = &standing.memory;
    let is_firing = memory.is_on && memory.is_told && standing.state != State::Silenced;
    let is_unknown = memory.is_lost && standing.state == State::Unknown;
    let on = [(What::Firing, is_firing), (What::Unknown, is_unknown)].into_iter().filter(|(_, is_on)| *is_on);
    on.map(|(what, _)| told(alert, key, standing, what, format!("{key} still {what}"), beside)).collect()
}

fn told(alert: &Alert, key: &Key, standing: &Standing, what: What, id: String, beside: Beside<'_>) -> Message {
    Message {
        key: id,
        alert: key.alert.clone(),
        series: key.series.clone(),
        step: key.step.clone(),
        job: job_of(alert, key),
        kind: alert.rule.kind().to_owned(),
        severity: standing.severity.as_str().to_owned(),
        what,
        value: standing.value,
        threshold: standing.threshold,
        unit: beside.unit.map(str::to_owned),
        reason: standing.reason.clone(),
        why: beside.why.to_vec(),
        // Where there is one, the reason says it.
        remedy: None,
        since: standing.since,
        at: beside.at,
        host: beside.host.to_owned(),
    }
}

/// The job that an instance is about. A credential (`credential.NAME`) is no job: it may be that of several.
fn job_of(alert: &Alert, key: &Key) -> Option<Name> {
    match &alert.rule {
        Rule::Metric(metered, _) => metered.job.clone(),
        Rule::Runs(..) => Name::new(&key.series),
        Rule::When(condition) => Some(condition.job.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::{MetricRule, RunRule, Severity, Whose};
    use crate::watch::support::{alert, at, metric_alert, name};
    use crate::watch::{Memory, News};

    fn standing(state: State, memory: Memory) -> Standing {
        let (value, threshold) = (Some(4_200.0), Some(5_000.0));
        let reason = "job.used is 4,200, under 5,000".to_owned();
        Standing { state, since: at(1), severity: Severity::Page, value, threshold, reason, memory }
    }

    fn key(series: &str) -> Key {
        Key { alert: name("alert"), series: series.to_owned(), step: "a step".to_owned() }
    }

    fn judged(turn: Turn, is_told_by_another: bool) -> Judged {
        let news = Some(News { turn, is_told_by_another, id: "the id".to_owned() });
        Judged { key: key("job.used"), standing: standing(State::Firing, Memory::default()), news }
    }

    fn beside(why: &[String]) -> Beside<'_> {
        Beside { unit: Some("credits"), why, host: "ops-1", at: at(2) }
    }

    #[test]
    fn news_become_a_message_with_all_that_was_judged() {
        let (alert, why) = (metric_alert(MetricRule::Below(5_000.0)), ["R = 4,200 is left".to_owned()]);
        let message = message(&alert, &judged(Turn::Fired, false), beside(&why)).expect("a message");
        let expected = Message {
            key: "the id".to_owned(),
            alert: name("alert"),
            series: "job.used".to_owned(),
            step: "a step".to_owned(),
            job: Name::new("job"),
            kind: "below".to_owned(),
            severity: "page".to_owned(),
            what: What::Firing,
            value: Some(4_200.0),
            threshold: Some(5_000.0),
            unit: Some("credits".to_owned()),
            reason: "job.used is 4,200, under 5,000".to_owned(),
            why: why.to_vec(),
            remedy: None,
            since: at(1),
            at: at(2),
            host: "ops-1".to_owned(),
        };
        assert_eq!(message, expected);
    }

    #[test]
    fn no_news_and_what_another_tells_make_no_message() {
        let alert = metric_alert(MetricRule::Below(5_000.0));
        assert_eq!(message(&alert, &judged(Turn::Fired, true), beside(&[])), None);
        let no_news = Judged { news: None, ..judged(Turn::Fired, false) };
        assert_eq!(message(&alert, &no_news, beside(&[])), None);
        let what = |turn| message(&alert, &judged(turn, false), beside(&[])).map(|message| message.what);
        assert_eq!([what(Turn::Resolved), what(Turn::Lost)], [Some(What::Resolved), Some(What::Unknown)]);
    }

    #[test]
    fn the_job_of_a_rule_over_runs_is_what_it_looks_at_unless_that_is_a_credential() {
        let alert = alert(Rule::Runs(Whose::Any, RunRule::Refused));
        assert_eq!(job_of(&alert, &key("a-job")), Name::new("a-job"));
        assert_eq!(job_of(&alert, &key("credential.crm")), None);
    }

    #[test]
    fn still_so_is_what_was_told_and_is_on_also_while_it_is_not_known() {
        let alert = metric_alert(MetricRule::Below(5_000.0));
        let whats = |state, is_told, is_lost| {
            let memory = Memory { is_on: is_told, is_told, is_lost, ..Memory::default() };
            let still = still(&alert, &key("job.used"), &standing(state, memory), beside(&[]));
            still.into_iter().map(|message| message.what).collect::<Vec<_>>()
        };
        assert_eq!(whats(State::Firing, true, false), [What::Firing]);
        assert_eq!(whats(State::Unknown, true, true), [What::Firing, What::Unknown]);
        assert_eq!(whats(State::Unknown, false, true), [What::Unknown]);
        assert_eq!(whats(State::Ok, false, false), []);
        assert_eq!(whats(State::Silenced, true, false), []);
    }
}
