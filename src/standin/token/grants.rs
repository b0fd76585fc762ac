//! The tokens given out so far.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use super::jwt::{Claims, Mint};
use crate::clock::{self, Time};
use crate::standin::clients::Client;
use crate::standin::origin::Stamp;

/// Below this many tokens nobody looks for expired ones.
const WORTH_PRUNING: usize = 1024;

/// What a token allows.
#[derive(Debug)]
pub(in crate::standin) struct Grant {
    pub(in crate::standin) client: Arc<Client>,
    pub(in crate::standin) scopes: Vec<String>,
    pub(in crate::standin) stamp: Stamp,
    issued: Time,
    expires: Time,
    uses: AtomicU64,
}

impl Grant {
    pub(in crate::standin) fn allows(&self, scope: &str) -> bool {
        self.scopes.iter().any(|held| held == scope)
    }

    pub(in crate::standin) fn is_expired(&self, now: Time) -> bool {
        now >= self.expires
    }

    /// RFC 7519 section 4.1.5, in whole seconds as tokens have them.
    pub(in crate::standin) fn is_of_the_future(&self, now: Time) -> bool {
        now.timestamp() < self.issued.timestamp()
    }

    /// Counts one acceptance; false when it would be more than `limit`.
    pub(in crate::standin) fn spend(&self, limit: Option<u64>) -> bool {
        let before = self.uses.fetch_add(1, Ordering::Relaxed);
        limit.is_none_or(|limit| before < limit)
    }
}

/// All live tokens, by their text.
#[derive(Debug, Default)]
pub(in crate::standin) struct Grants {
    live: RwLock<Live>,
    issued: AtomicU64,
}

#[derive(Debug, Default)]
struct Live {
    by_token: HashMap<String, Arc<Grant>>,
    prune_at: usize,
}

impl Grants {
    /// A new token for `client`.
    pub(super) fn issue(
        &self,
        mint: &Mint,
        client: &Arc<Client>,
        scopes: Vec<String>,
        stamp: Stamp,
        (life_s, now): (u64, Time),
    ) -> (String, Arc<Grant>) {
        let claims = Claims { client, scopes: &scopes, at: now, life_s, stamp: &stamp };
        let token = mint.token(&claims, self.issued.fetch_add(1, Ordering::Relaxed));
        let expires = clock::add(now, Duration::from_secs(life_s));
        let uses = AtomicU64::new(0);
        let grant = Arc::new(Grant { client: Arc::clone(client), scopes, stamp, issued: now, expires, uses });
        let mut live = self.live.write().unwrap_or_else(PoisonError::into_inner);
        live.prune(now);
        live.by_token.insert(token.clone(), Arc::clone(&grant));
        (token, grant)
    }

    /// What a token allows; none when it is unknown or was revoked.
    pub(in crate::standin) fn find(&self, token: &str) -> Option<Arc<Grant>> {
        self.live.read().unwrap_or_else(PoisonError::into_inner).by_token.get(token).cloned()
    }

    /// Revokes the tokens given out so far, all or those of one client. Says how many.
    pub(in crate::standin) fn revoke(&self, client: Option<&str>) -> usize {
        let mut live = self.live.write().unwrap_or_else(PoisonError::into_inner);
        let before = live.by_token.len();
        live.by_token.retain(|_, grant| client.is_some_and(|id| id != grant.client.id));
        before - live.by_token.len()
    }
}

impl Live {
    /// Forgets expired tokens, which are refused like unknown ones. Looks only when their number
    /// has doubled since the last time, so that short lives neither fill the memory nor cost time.
    fn prune(&mut self, now: Time) {
        if self.by_token.len() >= self.prune_at.max(WORTH_PRUNING) {
            self.by_token.retain(|_, grant| !grant.is_expired(now));
            self.prune_at = self.by_token.len() * 2;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn issue(grants: &Grants, client: &str, life_s: u64, now: Time) -> String {
        let client = Arc::new(Client::new(client, "a-secret", &["x"]));
        let scopes = vec!["x".to_owned()];
        grants.issue(&Mint::new(String::new()), &client, scopes, Stamp::default(), (life_s, now)).0
    }

    fn noon() -> Time {
        "2026-11-24T12:00:00Z".parse().expect("a time")
    }

    #[test]
    fn revoking_the_tokens_of_one_client_leaves_the_others() {
        let grants = Grants::default();
        let (a, b) = (issue(&grants, "a", 60, noon()), issue(&grants, "b", 60, noon()));
        assert_eq!(grants.revoke(Some("a")), 1);
        assert!(grants.find(&a).is_none());
        assert!(grants.find(&b).is_some());
        assert_eq!(grants.revoke(None), 1);
        assert!(grants.find(&b).is_none());
    }

    #[test]
    fn a_token_expires_at_the_end_of_its_life_and_not_before() {
        let grants = Grants::default();
        let grant = grants.find(&issue(&grants, "a", 60, noon())).expect("live");
        assert!(!grant.is_expired(clock::add(noon(), Duration::from_millis(59_999))));
        assert!(grant.is_expired(clock::add(noon(), Duration::from_secs(60))));
    }

    #[test]
    fn a_token_is_of_the_future_until_the_second_in_which_it_was_made() {
        let grants = Grants::default();
        let grant = grants.find(&issue(&grants, "a", 60, noon())).expect("live");
        assert!(grant.is_of_the_future(clock::subtract(noon(), Duration::from_millis(1))));
        assert!(!grant.is_of_the_future(noon()));
    }

    #[test]
    fn expired_tokens_do_not_fill_the_memory() {
        let grants = Grants::default();
        for second in 0..5_000 {
            issue(&grants, "a", 1, clock::add(noon(), Duration::from_secs(second)));
        }
        let live = grants.live.read().expect("not poisoned");
        assert!(live.by_token.len() <= WORTH_PRUNING, "{}", live.by_token.len());
    }

    #[test]
    fn a_token_with_a_limit_is_accepted_that_many_times() {
        let grants = Grants::default();
        let grant = grants.find(&issue(&grants, "a", 60, noon())).expect("live");
        assert_eq!([0; 3].map(|_| grant.spend(Some(2))), [true, true, false]);
    }
}
