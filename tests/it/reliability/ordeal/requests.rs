//! What the API saw of an ordeal.

use std::collections::BTreeMap;

use apicron::standin::{Seen, Standin};

use super::jobs::SNAPSHOTS;

/// What was sent for ticks, by the body that names one.
pub(super) struct Sent(BTreeMap<String, Vec<Seen>>);

impl Sent {
    pub(super) fn to(standin: &Standin) -> Sent {
        assert_eq!(standin.counts().journal_dropped, 0);
        let mut ticks: BTreeMap<String, Vec<Seen>> = BTreeMap::new();
        for seen in standin.journal().into_iter().filter(|seen| seen.path == SNAPSHOTS) {
            ticks.entry(seen.body.clone()).or_default().push(seen);
        }
        Sent(ticks)
    }

    pub(super) fn requests(&self) -> usize {
        self.0.values().map(Vec::len).sum()
    }

    /// Checks that each tick was sent at most twice, and then under one key that is its own; without a key
    /// only once. Gives back how many were sent twice.
    pub(super) fn check(&self) -> usize {
        let mut owners: BTreeMap<&str, &str> = BTreeMap::new();
        for (tick, requests) in &self.0 {
            let most = if tick.contains("unsafe-") { 1 } else { 2 };
            assert!(requests.len() <= most, "{tick}: {requests:#?}");
            for seen in requests {
                assert_eq!(seen.key, requests[0].key, "a tick has one key");
                assert_eq!(seen.key.is_none(), most == 1, "{tick}: {seen:#?}");
                let Some(key) = &seen.key else { continue };
                let owner = *owners.entry(key).or_insert(tick);
                assert_eq!(owner, tick, "a key is one tick's");
            }
        }
        self.0.values().filter(|requests| requests.len() == 2).count()
    }
}
