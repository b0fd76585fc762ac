//! What this process knows of refused credentials.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::clock::Time;
use crate::run::{Incident, IncidentId, Name, Scopes, TokenEvent, TokenEventKind};
use crate::token::Fingerprint;

/// How often the secret of a refused credential is looked at.
const LOOK: Duration = Duration::from_secs(5);

/// How long a trial to which there was no answer is put off: twice as long each time.
const FIRST_PAUSE: Duration = Duration::from_secs(15);
const LONGEST_PAUSE: Duration = Duration::from_secs(5 * 60);

/// How often runs that people ask for may make the token endpoint be asked in between.
const WAY: Duration = Duration::from_secs(60);

/// Open incidents, and what was seen of credentials.
pub(crate) struct Known {
    began: Time,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    open: BTreeMap<IncidentId, Open>,
    /// When a token of a credential last came, unless none could be had since.
    accepted: BTreeMap<Name, Time>,
    /// What refused credentials looked like when they were refused.
    seen: BTreeMap<Name, Fingerprint>,
    /// Scopes that are refused to a credential which is accepted with others.
    apart: BTreeSet<(Name, Scopes)>,
}

struct Open {
    credential: Name,
    trial: Trial,
    looked_at: Duration,
    /// Not tried before, since the token endpoint gave no answer to judge by.
    not_before: Duration,
    unanswered: u32,
    /// Why the credential cannot be used at all, as it was told last.
    unusable: Option<String>,
    made_way_at: Option<Duration>,
}

/// Whether this process has tried the credential of an incident.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Trial {
    /// The incident was there before this process or its job file was, which may know another secret.
    Untried,
    Tried,
    UnderWay(Former),
}

/// What stood before a trial.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Former {
    Untried,
    Tried,
}

/// What is new about incidents.
pub(super) enum News {
    Opened(Incident),
    Closed(Name),
}

/// A look at the credential of an incident, of which there is one at a time. It ends when this is dropped.
pub(super) struct Look<'a> {
    known: &'a Known,
    incident: IncidentId,
    pub(super) former: Former,
}

impl Drop for Look<'_> {
    fn drop(&mut self) {
        if let Some(open) = self.known.lock().open.get_mut(&self.incident)
            && open.trial == Trial::UnderWay(self.former)
        {
            open.trial = Trial::Tried;
        }
    }
}

impl Known {
    /// Nothing yet. Incidents older than `began` are tried at once.
    pub(crate) fn new(began: Time) -> Known {
        Known { began, state: Mutex::default() }
    }

    /// Takes in which incidents are open.
    pub(super) fn update(&self, open: &[Incident]) -> Vec<News> {
        let mut state = self.lock();
        let is_open = |id: &IncidentId| open.iter().any(|incident| incident.id == *id);
        let closed: BTreeSet<Name> =
            state.open.iter().filter(|(id, _)| !is_open(id)).map(|(_, open)| open.credential.clone()).collect();
        state.open.retain(|id, _| is_open(id));
        for credential in &closed {
            state.seen.remove(credential);
        }
        let mut news: Vec<News> = closed.into_iter().map(News::Closed).collect();
        for incident in open {
            if let Entry::Vacant(place) = state.open.entry(incident.id) {
                place.insert(Open {
                    credential: incident.credential.clone(),
                    trial: if incident.opened_at < self.began { Trial::Untried } else { Trial::Tried },
                    looked_at: Duration::ZERO,
                    not_before: Duration::ZERO,
                    unanswered: 0,
                    unusable: None,
                    made_way_at: None,
                });
                news.push(News::Opened(incident.clone()));
            }
        }
        news
    }

    pub(super) fn is_open(&self, credential: &Name) -> bool {
        self.lock().open.values().any(|open| open.credential == *credential)
    }

    /// Takes note of what became of a token.
    pub(crate) fn note(&self, event: &TokenEvent) {
        match event.event {
            TokenEventKind::Fetched | TokenEventKind::Renewed => self.accept(&event.credential, event.at),
            TokenEventKind::Failed => drop(self.lock().accepted.remove(&event.credential)),
            TokenEventKind::Rejected => {}
        }
    }

    /// Takes note that the token endpoint accepts a client.
    pub(super) fn accept(&self, credential: &Name, at: Time) {
        self.lock().accepted.insert(credential.clone(), at);
    }

    /// Whether a token came since the incident was opened, also where the clock was set back since.
    pub(super) fn is_accepted(&self, incident: &Incident, now: Time) -> bool {
        let accepted = self.lock().accepted.get(&incident.credential).copied();
        accepted.is_some_and(|at| at > incident.opened_at || incident.opened_at > now)
    }

    /// Takes note of what a credential looks like that was just refused. What it looked like when an incident
    /// was opened stays until it is tried again.
    pub(super) fn saw_first(&self, credential: &Name, fingerprint: Fingerprint) {
        self.lock().seen.entry(credential.clone()).or_insert(fingerprint);
    }

    /// Takes note of what a credential looks like that is about to be tried.
    pub(super) fn saw(&self, credential: &Name, fingerprint: Fingerprint) {
        self.lock().seen.insert(credential.clone(), fingerprint);
    }

    /// Whether a credential looked different when it was refused. What was never seen did not.
    pub(super) fn looks_different(&self, credential: &Name, fingerprint: Fingerprint) -> bool {
        *self.lock().seen.entry(credential.clone()).or_insert(fingerprint) != fingerprint
    }

    /// Begins a look, if it is time for one: at once when it is due or the credential is untried, and otherwise
    /// every five seconds.
    pub(super) fn begin_look(&self, incident: IncidentId, elapsed: Duration, is_due: bool) -> Option<Look<'_>> {
        let mut state = self.lock();
        let open = state.open.get_mut(&incident)?;
        let former = match open.trial {
            Trial::Untried => Former::Untried,
            Trial::Tried => Former::Tried,
            Trial::UnderWay(_) => return None,
        };
        let is_time = elapsed.saturating_sub(open.looked_at) >= LOOK;
        if elapsed < open.not_before || former == Former::Tried && !is_due && !is_time {
            return None;
        }
        (open.looked_at, open.trial) = (elapsed, Trial::UnderWay(former));
        Some(Look { known: self, incident, former })
    }

    /// Takes note that a trial told nothing, since there was no answer to judge by: it is made again, after a
    /// while. Gives that.
    pub(super) fn put_off(&self, incident: IncidentId, elapsed: Duration) -> Duration {
        let mut state = self.lock();
        let Some(open) = state.open.get_mut(&incident) else { return LONGEST_PAUSE };
        let pause = FIRST_PAUSE.saturating_mul(1 << open.unanswered.min(8)).min(LONGEST_PAUSE);
        open.unanswered = open.unanswered.saturating_add(1);
        (open.not_before, open.trial) = (elapsed + pause, Trial::Untried);
        pause
    }

    /// Takes note that there was an answer to judge by.
    pub(super) fn answered(&self, incident: IncidentId) {
        if let Some(open) = self.lock().open.get_mut(&incident) {
            open.unanswered = 0;
        }
    }

    /// Takes note whether a credential can be used at all. Whether that is news.
    pub(super) fn is_news(&self, incident: IncidentId, unusable: Option<&str>) -> bool {
        let mut state = self.lock();
        let Some(open) = state.open.get_mut(&incident) else { return false };
        let is_news = open.unusable.as_deref() != unusable;
        open.unusable = unusable.map(str::to_owned);
        is_news
    }

    /// Every open incident counts as untried, since the job file is another.
    pub(crate) fn try_all_anew(&self) {
        let mut state = self.lock();
        state.apart.clear();
        for open in state.open.values_mut() {
            open.trial = Trial::Untried;
        }
    }

    /// Whether a run that a person asked for may have the token endpoint asked before it is time.
    pub(super) fn makes_way(&self, credential: &Name, elapsed: Duration) -> bool {
        let mut state = self.lock();
        let Some(open) = state.open.values_mut().find(|open| open.credential == *credential) else { return false };
        let makes_way = open.made_way_at.is_none_or(|at| elapsed.saturating_sub(at) >= WAY);
        if makes_way {
            open.made_way_at = Some(elapsed);
        }
        makes_way
    }

    /// Takes note that these scopes are refused, and the credential is not.
    pub(super) fn set_apart(&self, credential: &Name, scopes: &Scopes) {
        self.lock().apart.insert((credential.clone(), scopes.clone()));
    }

    /// Whether a refusal of these scopes says nothing about the credential.
    pub(super) fn is_apart(&self, credential: &Name, scopes: &Scopes) -> bool {
        self.lock().apart.contains(&(credential.clone(), scopes.clone()))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
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
        let look = known.begin_look(id, at(100), false).expect("untried");
        assert!(look.former == Former::Untried && known.begin_look(id, at(200), true).is_none());
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
}
