//! The places of the cache, by key and by credential.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::ask::{Key, Mark};
use super::cell::Cell;
use crate::run::Name;

/// Beyond this many keys, those that nothing would be lost of are forgotten: secrets that rotate
/// must not pile up.
const MANY_KEYS: usize = 1024;

/// A cell with the number that tells it from all others.
pub(super) struct Berth {
    pub(super) id: u64,
    /// Its client with its `client_secret`.
    pub(super) client: Mark,
    cell: Mutex<Cell>,
}

impl Berth {
    pub(super) fn with<T>(&self, change: impl FnOnce(&mut Cell) -> T) -> T {
        change(&mut self.cell.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// All places.
#[derive(Default)]
pub(super) struct Berths {
    places: Mutex<HashMap<Key, Place>>,
    ids: AtomicU64,
}

struct Place {
    berth: Arc<Berth>,
    /// Two credentials of one client share a place.
    credentials: Vec<Name>,
}

impl Berths {
    /// The place of a key, made when it is not there; from now on also one of `credential`.
    pub(super) fn berth(&self, key: Key, client: Mark, credential: &Name, now: Duration) -> Arc<Berth> {
        let mut places = self.places();
        if places.len() >= MANY_KEYS && !places.contains_key(&key) {
            places
                .retain(|_, place| Arc::strong_count(&place.berth) > 1 || !place.berth.with(|cell| cell.is_idle(now)));
        }
        let place = places.entry(key).or_insert_with(|| self.new_place(client));
        if !place.credentials.contains(credential) {
            place.credentials.push(credential.clone());
        }
        Arc::clone(&place.berth)
    }

    /// The places of a credential, whatever the scopes and the secret.
    pub(super) fn of(&self, credential: &Name) -> Vec<Arc<Berth>> {
        let places = self.places();
        let its = places.values().filter(|place| place.credentials.contains(credential));
        its.map(|place| Arc::clone(&place.berth)).collect()
    }

    pub(super) fn all(&self) -> Vec<Arc<Berth>> {
        self.places().values().map(|place| Arc::clone(&place.berth)).collect()
    }

    fn new_place(&self, client: Mark) -> Place {
        let id = self.ids.fetch_add(1, Ordering::Relaxed) + 1;
        Place { berth: Arc::new(Berth { id, client, cell: Mutex::default() }), credentials: Vec::new() }
    }

    fn places(&self) -> MutexGuard<'_, HashMap<Key, Place>> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
