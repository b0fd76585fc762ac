//! Asking for a token: with the one secret, and once with the other when that is refused.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::watch;

use super::ask::{Ask, Proof, Spare, Which};
use super::evidence::evidence;
use super::failure::{Lasting, TokenFailure};
use super::flight::Fleet;
use super::grant::{self, Answer, Fault};
use super::life::back_off;
use super::reply::{self, Granted};
use super::retry_after::{date_skew, retry_after};
use super::rotation::{self, News};
use super::waiting::Progress;
use crate::clock::Time;
use crate::crash::{self, Moment};
use crate::job::{ClientId, Credential, Grant};
use crate::run::Scopes;
use crate::secret::{Redactor, Secret};

/// How long a flight may take, its own retries included.
const DEADLINE: Duration = Duration::from_secs(30);

/// What a token request is for the crash points.
const ASK: &str = "ask for a token";

/// How often one flight asks with one secret, as long as the failures may pass by themselves.
const TRIES: u32 = 3;

/// A token as it came, with the times around its request.
pub(super) struct Minted {
    pub(super) granted: Granted,
    pub(super) started: Duration,
    pub(super) started_wall: Time,
    pub(super) jitter: f64,
    /// What is to be known about the secret it was made with.
    pub(super) remark: Option<String>,
    pub(super) server_date_skew_s: Option<i64>,
}

impl Fleet {
    /// Asks until there is a token, each secret is refused, or the time of a flight that `began` then is up. Tells
    /// those who wait of its pauses, which some of them may have no time for.
    pub(super) async fn mint(
        &self,
        ask: &Ask,
        began: Duration,
        announce: &watch::Sender<Progress>,
    ) -> Result<Minted, TokenFailure> {
        let over_by = began + DEADLINE;
        let refused = match self.mint_with(ask, over_by, announce).await {
            Err(failure) if failure.refuses_client() => failure,
            other => return other,
        };
        let Some(other) = ask.with_spare() else {
            self.note_untried(ask);
            return Err(refused);
        };
        match self.mint_with(&other, over_by, announce).await {
            Ok(minted) => {
                self.note_accepted(&other);
                Ok(minted)
            }
            Err(failure) if failure.refuses_client() => {
                self.note_refused_as_well(ask);
                Err(of_current(ask, refused, failure).of_both_secrets())
            }
            // The client is accepted with it, or may be: that is not known before the endpoint answers properly.
            Err(failure) => Err(failure),
        }
    }

    /// Asks until there is a token, the failure is one that stays, or the time is up.
    async fn mint_with(
        &self,
        ask: &Ask,
        over_by: Duration,
        announce: &watch::Sender<Progress>,
    ) -> Result<Minted, TokenFailure> {
        let mut tries = 0;
        loop {
            tries += 1;
            let left = over_by.saturating_sub(self.clock.elapsed());
            let tried = self.clock.within(left, self.try_once(ask)).await;
            let failure = match tried {
                Some(Ok(minted)) => return Ok(minted),
                Some(Err(failure)) => failure,
                None => return Err(unanswered(ask, &Fault::timeout(DEADLINE), &self.redactor)),
            };
            if tries == TRIES || failure.lasting() == Lasting::Permanent {
                return Err(failure);
            }
            let wait = failure.retry_after().unwrap_or_default().max(back_off(tries, self.jitter.draw()));
            let until = self.clock.elapsed().saturating_add(wait);
            if until >= over_by {
                return Err(failure);
            }
            announce.send_replace(Progress::Pausing { until, failure });
            self.clock.sleep(wait).await;
        }
    }

    async fn try_once(&self, ask: &Ask) -> Result<Minted, TokenFailure> {
        if let Some(pair) = grant::basic_pair(&ask.client, &ask.client_id, &ask.proof.secret) {
            self.redactor.learn_secret(&pair);
        }
        self.requests.fetch_add(1, Ordering::Relaxed);
        let (started, started_wall) = (self.clock.elapsed(), self.clock.now());
        crash::reach(Moment::Before, ASK);
        let answer = grant::request(&self.http, ask).await;
        crash::reach(Moment::After, ASK);
        let answer = answer.map_err(|fault| unanswered(ask, &fault, &self.redactor))?;
        let granted = judge(ask, &answer, &self.redactor, self.clock.now())?;
        let remark =
            (ask.proof.which == Which::Next).then(|| format!("made with `next_client_secret`, {}", ask.proof_source()));
        let server_date_skew_s = answer.header("date").and_then(|date| date_skew(date, self.clock.now()));
        Ok(Minted { granted, started, started_wall, jitter: self.jitter.draw(), remark, server_date_skew_s })
    }

    /// Takes note of a secret that is accepted where the other is not.
    fn note_accepted(&self, ask: &Ask) {
        match (ask.proof.which, &ask.spare) {
            (Which::Next, Spare::Ready(current)) => {
                let mark = self.keyring.mark(ask, current);
                self.rotations.retire(ask.name(), mark);
                if self.rotations.is_news(ask.name(), News::Turned, mark) {
                    rotation::tell_turned(ask);
                }
            }
            _ if self.rotations.restore(ask.name()) => rotation::tell_restored(ask),
            _ => {}
        }
    }

    fn note_refused_as_well(&self, ask: &Ask) {
        let Some(next) = ask.next() else { return };
        if self.rotations.is_news(ask.name(), News::RefusedAsWell, self.keyring.mark(ask, next)) {
            rotation::tell_refused_as_well(ask);
        }
    }

    fn note_untried(&self, ask: &Ask) {
        if let Spare::Unreadable(why) = &ask.spare
            && self.rotations.is_news(ask.name(), News::Untried, self.keyring.mark(ask, &ask.proof))
        {
            rotation::tell_untried(ask, why);
        }
    }
}

/// Of the failures of two secrets that of `client_secret`, since that is the one to be put right.
fn of_current(ask: &Ask, first: TokenFailure, second: TokenFailure) -> TokenFailure {
    match ask.proof.which {
        Which::Current => first,
        Which::Next => second,
    }
}

fn unanswered(ask: &Ask, fault: &Fault, redactor: &Redactor) -> TokenFailure {
    TokenFailure::Unanswered {
        credential: ask.name().clone(),
        host: ask.host(),
        kind: fault.kind,
        message: redactor.scrub(&fault.message).into(),
    }
}

/// The token of an answer, or why it gives none.
fn judge(ask: &Ask, answer: &Answer, redactor: &Redactor, now: Time) -> Result<Granted, TokenFailure> {
    reply::read(answer, ask.client.default_ttl, redactor).map_err(|why| refused(ask, answer, why, redactor, now))
}

/// Reads an answer of a token endpoint as [`super::Tokens`] does, without asking anyone: `None` where `credential` is a
/// fixed bearer, for which no endpoint is asked.
///
/// # Errors
/// [`TokenFailure::Refused`], with the evidence that would be stored.
pub fn read_answer(
    credential: &Arc<Credential>,
    answer: &Answer,
    redactor: &Redactor,
    now: Time,
) -> Option<Result<Granted, TokenFailure>> {
    let Grant::ClientCredentials(client) = &credential.grant else { return None };
    let client_id = match &client.client_id {
        ClientId::Text(text) => text.clone(),
        ClientId::From(_) => String::new(),
    };
    let ask = Ask {
        credential: Arc::clone(credential),
        client: (**client).clone(),
        client_id,
        proof: Proof { which: Which::Current, secret: Secret::new(String::new()) },
        spare: Spare::Nothing,
        scopes: Scopes::default(),
    };
    Some(judge(&ask, answer, redactor, now))
}

fn refused(ask: &Ask, answer: &Answer, why: String, redactor: &Redactor, now: Time) -> TokenFailure {
    let advice = match answer.status {
        408 | 429 | 500..=599 => Some("it is asked again after a pause, as nothing here has to change"),
        200..=299 => Some("check that `token_url` is that of the token endpoint"),
        300..=399 => Some("set `token_url` to the address it redirects to"),
        // The remedy of its diagnosis says what.
        _ => None,
    };
    TokenFailure::Refused {
        credential: ask.name().clone(),
        host: ask.host(),
        said: why.into(),
        advice,
        retry_after: answer.header("retry-after").and_then(|text| retry_after(text, now)),
        evidence: Arc::new(evidence(ask, answer, redactor, now)),
    }
}
