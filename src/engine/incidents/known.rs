//! What this process knows of refused credentials.

#[cfg(test)]
mod tests;

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
    /// What stands when it ends.
    then: Trial,
}

impl Look<'_> {
    /// Takes note that it leads to a trial.
    pub(super) fn leads_to_a_trial(&mut self) {
        self.then = Trial::Tried;
    }
}

impl Drop for Look<'_> {
    fn drop(&mut self) {
        if let Some(open) = self.known.lock().open.get_mut(&self.incident)
            && open.trial == Trial::UnderWay(self.former)
        {
            open.trial = self.then;
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
        let then = open.trial;
        let former = match then {
            Trial::Untried => Former::Untried,
            Trial::Tried => Former::Tried,
            Trial::UnderWay(_) => return None,
        };
        let is_time = elapsed.saturating_sub(open.looked_at) >= LOOK;
        if elapsed < open.not_before || former == Former::Tried && !is_due && !is_time {
            return None;
        }
        (open.looked_at, open.trial) = (elapsed, Trial::UnderWay(former));
        Some(Look { known: self, incident, former, then })
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
