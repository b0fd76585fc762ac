use std::time::Duration;

use tokio::sync::watch;

use super::{Cell, Fresh, Reason, Report, Step};
use crate::run::{Kind, Scopes};
use crate::secret::Secret;
use crate::token::bearer::{Bearer, Parts, Uses};
use crate::token::failure::TokenFailure;
use crate::token::life::Span;
use crate::token::testing::{name, noon};
use crate::token::waiting::Progress;

const fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn fresh(value: &str, started: Duration, life: u64) -> Fresh {
    let parts = Parts {
        value: Secret::new(value.to_owned()),
        generation: 0,
        cell: 1,
        credential: name("cuadra"),
        client_id: None,
        requested: Scopes::default(),
        reply_scope: None,
        expires_in: None,
        started,
        started_wall: noon(),
        issued: None,
        expires_at: None,
        claims: None,
        server_date_skew_s: None,
        uses: Uses::of((life > 0).then_some(s(life))),
    };
    Fresh { parts, span: (life > 0).then_some(Span { started, life: s(life), jitter: 0.0 }) }
}

fn down() -> TokenFailure {
    let (host, message) = ("auth.example.com".into(), "refused".into());
    TokenFailure::Unanswered { credential: name("cuadra"), host, kind: Kind::Connect, message }
}

fn cell_with(value: &str) -> (Cell, Bearer) {
    let mut cell = Cell::default();
    let (bearer, _) = cell.land(fresh(value, s(0), 3600), s(0));
    (cell, bearer)
}

#[test]
fn back_offs_of_an_endpoint_that_is_down_double_and_a_success_forgets_them() {
    let mut cell = Cell::default();
    let mut now = s(0);
    for wait in [1, 2, 4, 8, 16, 32, 60, 60] {
        assert!(matches!(cell.serve(now), Step::TakeOff(Reason::First)));
        cell.crash(down(), None, 1.0, now);
        assert!(matches!(cell.serve(now + s(wait) - Duration::from_millis(1)), Step::Fail(_)), "{wait}");
        now += s(wait);
    }
    cell.land(fresh("a", now, 0), now);
    cell.crash(down(), None, 1.0, now);
    assert!(matches!(cell.serve(now + s(1)), Step::TakeOff(_)));
}

#[test]
fn a_rejection_during_a_renewal_waits_for_it_and_makes_it_a_replacement() {
    let (mut cell, bearer) = cell_with("a");
    let now = s(54 * 60);
    assert!(matches!(cell.serve(now), Step::ServeAndRenew(_)));
    let (_announce, landing) = watch::channel(Progress::UnderWay);
    cell.took_off(Reason::Renewal, landing);
    assert!(matches!(cell.serve(now), Step::Serve(_)), "one renewal at a time");
    let (step, report) = cell.reject(&bearer, 401, now);
    assert!(matches!(step, Step::Join(_)));
    assert_eq!(report, Report::New);
    let (second, landed) = cell.land(fresh("b", now, 3600), now);
    assert_eq!(landed.reason, Reason::Rejection);
    assert!(matches!(cell.reject(&second, 401, now), (Step::Fail(TokenFailure::FreshRejected { .. }), Report::New)));
}

#[test]
fn a_flight_that_was_lost_with_its_runtime_is_not_waited_for() {
    let mut cell = Cell::default();
    let (announce, landing) = watch::channel(Progress::UnderWay);
    cell.took_off(Reason::First, landing);
    assert!(matches!(cell.serve(s(0)), Step::Join(_)));
    drop(announce);
    assert!(matches!(cell.serve(s(0)), Step::TakeOff(_)));
}

#[test]
fn a_token_for_single_use_that_a_renewal_brings_does_not_push_out_one_that_lives() {
    let (mut cell, _) = cell_with("a");
    let (_announce, landing) = watch::channel(Progress::UnderWay);
    cell.took_off(Reason::Renewal, landing);
    cell.land(fresh("b", s(3300), 0), s(3300));
    assert!(matches!(cell.serve(s(3300)), Step::Serve(bearer) if bearer.value().expose() == "a"));
}

#[test]
fn a_cell_is_idle_when_it_holds_nothing_that_would_be_missed() {
    let (cell, _) = cell_with("a");
    assert!(!cell.is_idle(s(3589)) && cell.is_idle(s(3590)));
    let mut failing = Cell::default();
    failing.crash(down(), None, 1.0, s(0));
    assert!(!failing.is_idle(s(0)) && failing.is_idle(s(1)));
}
