//! What is known of incidents, and what follows.

use super::*;
use crate::run::Verdict;
use crate::schedule::support::time;

fn name() -> Name {
    Name::new("cuadra").expect("a name")
}

fn opened_at(text: &str) -> Incident {
    Incident {
        id: IncidentId(1),
        credential: name(),
        verdict: Verdict::RevokedOrRotatedSecret,
        opened_at: time(text),
        probes: 0,
        probe_at: time(text),
        waiting_jobs: 0,
        summary: String::new(),
        remedy: String::new(),
        scopes: Scopes::default(),
    }
}

fn event(event: TokenEventKind, at: &str) -> TokenEvent {
    TokenEvent {
        at: time(at),
        credential: name(),
        scopes: Scopes::default(),
        event,
        generation: 1,
        served: 0,
        duration_ms: None,
        expires_at: None,
        detail: None,
    }
}

#[test]
fn a_token_that_came_after_the_refusal_speaks_for_the_credential_and_one_before_it_does_not() {
    let known = Known::new(time("2026-11-24T11:00:00Z"));
    let incident = opened_at("2026-11-24T12:00:00Z");
    let is_accepted = || known.is_accepted(&incident, time("2026-11-24T12:10:00Z"));
    known.note(&event(TokenEventKind::Fetched, "2026-11-24T11:59:00Z"));
    assert!(!is_accepted());
    known.note(&event(TokenEventKind::Renewed, "2026-11-24T12:01:00Z"));
    assert!(is_accepted());
}

#[test]
fn where_the_clock_was_set_back_what_happened_last_counts() {
    let known = Known::new(time("2026-11-24T11:00:00Z"));
    known.note(&event(TokenEventKind::Fetched, "2026-11-24T12:00:00Z"));
    // Set back by an hour, and refused then.
    known.note(&event(TokenEventKind::Failed, "2026-11-24T11:30:00Z"));
    assert!(!known.is_accepted(&opened_at("2026-11-24T11:30:00Z"), time("2026-11-24T11:31:00Z")));
    // Refused, set back, and accepted then.
    known.note(&event(TokenEventKind::Fetched, "2026-11-24T11:40:00Z"));
    assert!(known.is_accepted(&opened_at("2026-11-24T12:30:00Z"), time("2026-11-24T11:41:00Z")));
}

#[test]
fn one_looks_at_a_time_at_once_where_it_is_due_or_untried_and_else_every_five_seconds() {
    let known = Known::new(time("2026-11-24T12:30:00Z"));
    let id = IncidentId(1);
    let at = Duration::from_secs;
    assert!(known.begin_look(id, at(100), true).is_none(), "nothing is known of it");
    known.update(&[opened_at("2026-11-24T12:00:00Z")]);
    drop(known.begin_look(id, at(99), false));
    let mut look = known.begin_look(id, at(100), false).expect("untried, since the former look led to nothing");
    assert!(look.former == Former::Untried && known.begin_look(id, at(200), true).is_none());
    look.leads_to_a_trial();
    drop(look);
    assert!(known.begin_look(id, at(104), false).is_none());
    assert!(known.begin_look(id, at(104), true).is_some_and(|look| look.former == Former::Tried));
    assert!(known.begin_look(id, at(109), false).is_some());
    let under_way = known.begin_look(id, at(120), false);
    known.try_all_anew();
    drop(under_way);
    assert!(known.begin_look(id, at(121), false).is_some_and(|look| look.former == Former::Untried));
}

#[test]
fn a_trial_that_told_nothing_is_made_again_after_a_pause_that_grows() {
    let known = Known::new(time("2026-11-24T11:00:00Z"));
    let (id, at) = (IncidentId(1), Duration::from_secs);
    known.update(&[opened_at("2026-11-24T12:00:00Z")]);
    let pauses = [0, 100, 200, 400, 800, 1600].map(|second| known.put_off(id, at(second)).as_secs());
    assert_eq!(pauses, [15, 30, 60, 120, 240, 300]);
    assert!(known.begin_look(id, at(1899), true).is_none());
    assert!(known.begin_look(id, at(1900), false).is_some_and(|look| look.former == Former::Untried));
    known.answered(id);
    assert_eq!(known.put_off(id, at(2000)).as_secs(), 15);
}

#[test]
fn what_makes_a_credential_unusable_is_told_once() {
    let known = Known::new(time("2026-11-24T11:00:00Z"));
    known.update(&[opened_at("2026-11-24T12:00:00Z")]);
    let is_news = |why| known.is_news(IncidentId(1), why);
    let told = [None, Some("empty"), Some("empty"), Some("absent"), None].map(is_news);
    assert_eq!(told, [false, true, false, true, true]);
}

#[test]
fn people_make_the_endpoint_be_asked_once_a_minute() {
    let known = Known::new(time("2026-11-24T11:00:00Z"));
    let makes_way = |second| known.makes_way(&name(), Duration::from_secs(second));
    assert!(!makes_way(1), "nothing stands in the way");
    known.update(&[opened_at("2026-11-24T12:00:00Z")]);
    assert_eq!([1, 2, 60, 61, 62].map(makes_way), [true, false, false, true, false]);
}
