//! The first to ask for a client goes ahead of those who ask with other scopes: when it is refused, they would be too.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use super::ask::{Ask, Mark};
use super::failure::TokenFailure;
use super::flight::Fleet;

/// How long the others wait for it: an endpoint that is slow need not be slow to each in turn.
const PATIENCE: Duration = Duration::from_secs(5);

/// Beyond this many clients, all have to show anew that they are accepted: secrets that rotate must not pile up.
const MANY_CLIENTS: usize = 1024;

/// Who goes ahead. Cheap to clone; all clones are one.
#[derive(Clone, Default)]
pub(super) struct Scouts(Arc<Mutex<Known>>);

#[derive(Default)]
struct Known {
    under_way: HashMap<Mark, watch::Receiver<()>>,
    accepted: HashSet<Mark>,
}

/// One that goes ahead. The others set out when it is dropped.
pub(super) struct Scout {
    scouts: Scouts,
    client: Mark,
    _end: watch::Sender<()>,
}

enum Turn {
    Go(Option<Scout>),
    After(watch::Receiver<()>),
}

impl Fleet {
    /// Waits until a request is due.
    ///
    /// # Errors
    /// With the refusal of the one that went ahead.
    pub(super) async fn await_turn(&self, ask: &Ask) -> Result<Option<Scout>, TokenFailure> {
        let asker = self.keyring.asker(ask);
        match self.scouts.turn(asker.client) {
            Turn::Go(scout) => Ok(scout),
            Turn::After(mut ahead) => {
                // It never sends: that it is gone is the sign.
                _ = self.clock.within(PATIENCE, ahead.changed()).await;
                self.refusals.of(asker, self.clock.elapsed()).map_or(Ok(None), Err)
            }
        }
    }
}

impl Scouts {
    fn turn(&self, client: Mark) -> Turn {
        let mut known = self.known();
        if known.accepted.contains(&client) {
            return Turn::Go(None);
        }
        if let Some(ahead) = known.under_way.get(&client) {
            return Turn::After(ahead.clone());
        }
        let (end, landing) = watch::channel(());
        known.under_way.insert(client, landing);
        Turn::Go(Some(Scout { scouts: self.clone(), client, _end: end }))
    }

    /// Takes note that nobody needs to go ahead for a client any more.
    pub(super) fn accept(&self, client: Mark) {
        let mut known = self.known();
        if known.accepted.len() >= MANY_CLIENTS {
            known.accepted.clear();
        }
        known.accepted.insert(client);
    }

    /// Takes that back.
    pub(super) fn refuse(&self, client: Mark) {
        self.known().accepted.remove(&client);
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Scout {
    fn drop(&mut self) {
        self.scouts.known().under_way.remove(&self.client);
    }
}
