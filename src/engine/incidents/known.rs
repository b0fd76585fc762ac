//! What this process knows of refused credentials.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::clock::Time;
use crate::run::{Incident, IncidentId, Name, TokenEvent, TokenEventKind};
use crate::token::Fingerprint;

/// How often the secret of a refused credential is looked at.
const LOOK: Duration = Duration::from_secs(5);

/// Open incidents, and what was seen of credentials.
pub(crate) struct Known {
    began: Time,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    open: BTreeMap<IncidentId, Open>,
    /// When a token of a credential last came.
    accepted: BTreeMap<Name, Time>,
    /// What refused credentials looked like when they were refused.
    seen: BTreeMap<Name, Option<Fingerprint>>,
}

struct Open {
    credential: Name,
    /// It was there before this process was, whose environment may be another.
    is_untried: bool,
    is_being_probed: bool,
    looked_at: Duration,
}

/// What is new about incidents.
pub(super) enum News {
    Opened(Incident),
    Closed(Name),
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
                    is_untried: incident.opened_at < self.began,
                    is_being_probed: false,
                    looked_at: Duration::ZERO,
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
            TokenEventKind::Fetched | TokenEventKind::Renewed => {
                self.lock().accepted.insert(event.credential.clone(), event.at);
            }
            TokenEventKind::Rejected | TokenEventKind::Failed => {}
        }
    }

    /// Takes note that the token endpoint knows a client, though it gave no token.
    pub(super) fn accept(&self, credential: &Name, at: Time) {
        self.lock().accepted.insert(credential.clone(), at);
    }

    /// Whether a token came since the incident was opened.
    pub(super) fn is_accepted(&self, incident: &Incident) -> bool {
        self.lock().accepted.get(&incident.credential).is_some_and(|at| *at > incident.opened_at)
    }

    /// Takes note of what a credential looks like.
    pub(super) fn saw(&self, credential: &Name, fingerprint: Option<Fingerprint>) {
        self.lock().seen.insert(credential.clone(), fingerprint);
    }

    /// Whether a credential looked different when it was refused. What was never seen did not.
    pub(super) fn looks_different(&self, credential: &Name, fingerprint: Fingerprint) -> bool {
        let mut state = self.lock();
        *state.seen.entry(credential.clone()).or_insert(Some(fingerprint)) != Some(fingerprint)
    }

    /// Whether it is time to look at the secret of an incident's credential again.
    pub(super) fn is_to_be_looked_at(&self, incident: IncidentId, elapsed: Duration) -> bool {
        let mut state = self.lock();
        let Some(open) = state.open.get_mut(&incident) else { return false };
        let is_time = elapsed.saturating_sub(open.looked_at) >= LOOK;
        if is_time {
            open.looked_at = elapsed;
        }
        is_time
    }

    pub(super) fn is_untried(&self, incident: IncidentId) -> bool {
        self.lock().open.get(&incident).is_some_and(|open| open.is_untried)
    }

    pub(super) fn is_being_probed(&self, incident: IncidentId) -> bool {
        self.lock().open.get(&incident).is_none_or(|open| open.is_being_probed)
    }

    /// Every open incident counts as untried, since the job file is another.
    pub(crate) fn try_all_anew(&self) {
        for open in self.lock().open.values_mut() {
            open.is_untried = true;
        }
    }

    pub(super) fn probe_begins(&self, incident: IncidentId) {
        if let Some(open) = self.lock().open.get_mut(&incident) {
            (open.is_being_probed, open.is_untried) = (true, false);
        }
    }

    pub(super) fn probe_ends(&self, incident: IncidentId) {
        if let Some(open) = self.lock().open.get_mut(&incident) {
            open.is_being_probed = false;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
