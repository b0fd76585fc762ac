//! Messages that wait for their channels → out: in their order, and at least once.
//!
//! Each channel of the file has a task of its own, so that one that does not answer keeps nothing from the others. What
//! is to be sent, and what became of it, is in the store: a restart goes on where the last process was, and of several
//! processes one sends for a channel.

mod batch;
mod still;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::panic::AssertUnwindSafe;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use tokio::sync::watch;

use super::Engine;
use crate::clock::add;
use crate::job::Channel;
use crate::notify::{self, LARGEST_BATCH, Line};
use crate::run::{Message, Name};
use crate::store::{Sending, StoreError, Waiting};
use crate::telemetry::chain;

/// The outbox is looked at at least this often: other processes write there as well.
const EVERY: Duration = Duration::from_secs(10);

/// How soon it is looked at again when the store says that something is not as it was.
const SOON: Duration = Duration::from_secs(1);

/// Who sends for which channel here.
#[derive(Default)]
pub(super) struct Telling {
    tellers: Mutex<BTreeSet<Name>>,
    written: watch::Sender<()>,
}

impl Telling {
    /// Messages were written.
    pub(super) fn wake(&self) {
        self.written.send_replace(());
    }

    /// Whether nobody sent for this channel yet.
    fn enter(&self, channel: &Name) -> bool {
        self.tellers.lock().unwrap_or_else(PoisonError::into_inner).insert(channel.clone())
    }
}

/// What a teller knows beside what is stored.
#[derive(Default)]
struct Teller {
    /// What became of messages, if the store could not be told yet: they are not sent again for that.
    unsettled: Option<(Vec<i64>, Sending)>,
    /// When what is still so was repeated last, on the monotonic clock.
    repeated: Option<Duration>,
    /// Whether the channel, the repeats and the store were heard last.
    channel: Health,
    repeats: Health,
    store: Health,
}

/// A failure is told once, and so is its end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Health {
    #[default]
    Well,
    Failing,
}

/// What comes after a look at the outbox.
enum Then {
    /// Another look: there may be more.
    Next,
    /// A look after this time, or when messages are written.
    Wait(Duration),
    /// Nothing: the file no longer has the channel, or the process is cut off.
    Leave,
}

impl Engine {
    /// Begins to send for each channel of the file for which nobody here does.
    pub(super) fn begin_telling(&self) {
        for channel in self.jobs().channels.keys().filter(|channel| self.0.telling.enter(channel)) {
            let (engine, channel) = (self.clone(), channel.clone());
            self.0.running.spawn(async move { engine.keep_telling(&channel).await });
        }
    }

    /// Sends until a stop is asked for. What is under way then may end.
    async fn keep_telling(&self, channel: &Name) {
        let (mut teller, mut written) = (Teller::default(), self.0.telling.written.subscribe());
        loop {
            written.mark_unchanged();
            let told = AssertUnwindSafe(self.tell_next(channel, &mut teller)).catch_unwind().await;
            let wait = match told {
                Ok(Ok(then)) => {
                    teller.store.is_well(|| tracing::info!("what waits for channel `{channel}` can be read again"));
                    match then {
                        Then::Next => Duration::ZERO,
                        Then::Wait(wait) => wait,
                        Then::Leave => return,
                    }
                }
                Ok(Err(error)) => {
                    let error = chain(&error);
                    teller.store.fails(|| {
                        tracing::warn!(error = %error, "the store does not say what waits for channel `{channel}`: trying on");
                    });
                    EVERY
                }
                Err(_) => {
                    tracing::error!(
                        "channel `{channel}` met a fault of apicron's own, and is tried on: please report it"
                    );
                    EVERY
                }
            };
            let until = self.0.clock.elapsed().saturating_add(wait);
            tokio::select! {
                biased;
                () = self.0.shutdown.draining() => return,
                () = self.0.clock.sleep_until(until) => {}
                // The sender is the engine's, and lives on.
                _ = written.changed() => {}
            }
        }
    }

    async fn tell_next(&self, name: &Name, teller: &mut Teller) -> Result<Then, StoreError> {
        let Some(channel) = self.channel(name) else { return Ok(Then::Leave) };
        self.settle_messages(teller).await?;
        let waiting = self.0.store.outbox(name, LARGEST_BATCH).await?;
        if waiting.is_empty() {
            self.repeat_if_due(&channel, teller).await?;
            return Ok(Then::Wait(EVERY));
        }
        let now = self.0.clock.now();
        if let Some(wait) = batch::wait(&waiting, now) {
            return Ok(Then::Wait(wait.min(EVERY)));
        }
        if !self.0.store.take_channel(name).await? {
            return Ok(Then::Wait(EVERY));
        }
        let too_old = batch::too_old(&waiting, now);
        if !too_old.is_empty() {
            return self.give_up(name, too_old, "it is older than three days".to_owned(), teller).await;
        }
        self.send_batch(&channel, &waiting, teller).await
    }

    /// The channel as the file has it now. Without it, nobody sends for it any more.
    fn channel(&self, name: &Name) -> Option<Channel> {
        let mut tellers = self.0.telling.tellers.lock().unwrap_or_else(PoisonError::into_inner);
        let channel = self.jobs().channels.get(name).cloned();
        if channel.is_none() {
            tellers.remove(name);
        }
        channel
    }

    async fn send_batch(
        &self,
        channel: &Channel,
        waiting: &[Waiting],
        teller: &mut Teller,
    ) -> Result<Then, StoreError> {
        let ids: Vec<i64> = waiting.iter().map(|waiting| waiting.id).collect();
        let messages: Vec<Message> = waiting.iter().map(|waiting| waiting.message.clone()).collect();
        if !self.0.store.send_together(&ids).await? {
            return Ok(Then::Wait(SOON));
        }
        let sent = tokio::select! {
            biased;
            sent = notify::send(self.line(), channel, &messages) => sent,
            // As the same batch again, by whoever comes next.
            () = self.0.shutdown.cut_off_requested() => return Ok(Then::Leave),
        };
        let name = &channel.name;
        match sent {
            Ok(sent) => {
                teller.channel.is_well(|| tracing::info!("channel `{name}` takes messages again"));
                for left_out in &sent.left_out {
                    tracing::error!("a message of channel `{name}` does not reach everybody: {left_out}");
                }
                let ids = ids.into_iter().take(sent.messages).collect();
                self.became(ids, Sending::Sent, teller).await?;
                Ok(Then::Next)
            }
            Err(error) => {
                let (next, error) = (error.next(), chain(&error));
                self.not_sent(name, waiting, next, error, teller).await
            }
        }
    }

    async fn not_sent(
        &self,
        name: &Name,
        waiting: &[Waiting],
        next: notify::Next,
        error: String,
        teller: &mut Teller,
    ) -> Result<Then, StoreError> {
        let ids: Vec<i64> = waiting.iter().map(|waiting| waiting.id).collect();
        match next {
            notify::Next::Again { after } => {
                let wait = batch::back_off(waiting).max(after.unwrap_or_default());
                teller.channel.fails(|| {
                    tracing::warn!(error = %error, "channel `{name}` takes no messages: they wait, and are tried on");
                });
                let next_at = add(self.0.clock.now(), wait);
                self.became(ids, Sending::Again { next_at, error }, teller).await?;
                Ok(Then::Wait(wait.min(EVERY)))
            }
            notify::Next::GiveUp if ids.len() > 1 => {
                tracing::warn!(error = %error, "channel `{name}` does not take messages together: each is tried alone");
                self.became(ids, Sending::Apart { error }, teller).await?;
                Ok(Then::Next)
            }
            notify::Next::GiveUp => self.give_up(name, waiting.iter().collect(), error, teller).await,
        }
    }

    async fn give_up(
        &self,
        name: &Name,
        waiting: Vec<&Waiting>,
        error: String,
        teller: &mut Teller,
    ) -> Result<Then, StoreError> {
        for Waiting { message, .. } in &waiting {
            let Message { alert, series, what, .. } = message;
            tracing::error!(
                error = %error,
                "a message of channel `{name}` is given up: that alert `{alert}` of {series} is {what} is not told"
            );
        }
        let ids = waiting.iter().map(|waiting| waiting.id).collect();
        self.became(ids, Sending::GivenUp { error }, teller).await?;
        Ok(Then::Next)
    }

    /// Writes what became of messages; now, or before any more are sent.
    async fn became(&self, messages: Vec<i64>, sending: Sending, teller: &mut Teller) -> Result<(), StoreError> {
        teller.unsettled = Some((messages, sending));
        self.settle_messages(teller).await
    }

    async fn settle_messages(&self, teller: &mut Teller) -> Result<(), StoreError> {
        let Some((messages, sending)) = teller.unsettled.clone() else { return Ok(()) };
        self.0.store.sent(&messages, sending, self.0.clock.now()).await?;
        teller.unsettled = None;
        Ok(())
    }

    fn line(&self) -> Line<'_> {
        Line { http: &self.0.http, clock: &self.0.clock, environment: &self.0.environment, redactor: &self.0.redactor }
    }
}

impl Health {
    fn is_well(&mut self, tell: impl FnOnce()) {
        if std::mem::take(self) == Health::Failing {
            tell();
        }
    }

    fn fails(&mut self, tell: impl FnOnce()) {
        if std::mem::replace(self, Health::Failing) == Health::Well {
            tell();
        }
    }
}
