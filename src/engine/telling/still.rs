//! What is told and still so, again and again to those who take silence for its end.

use std::time::Duration;

use super::Teller;
use crate::clock::Time;
use crate::engine::Engine;
use crate::engine::watching::host;
use crate::job::{Channel, Jobs, Target};
use crate::notify::{self, Beside};
use crate::run::{Message, Name};
use crate::store::{AlertRow, StoreError};
use crate::telemetry::chain;

/// With the time that a look at the outbox may be late, a minute.
const EVERY: Duration = Duration::from_secs(50);

impl Engine {
    /// Tells an Alertmanager what is still so, when it is time. The caller has seen that no news wait for it.
    pub(super) async fn repeat_if_due(&self, channel: &Channel, teller: &mut Teller) -> Result<(), StoreError> {
        let now = self.0.clock.elapsed();
        let is_due = teller.repeated.is_none_or(|last| now.saturating_sub(last) >= EVERY);
        let wants_repeats = matches!(channel.target, Target::Alertmanager(_));
        if !wants_repeats || !is_due || !self.0.store.take_channel(&channel.name).await? {
            return Ok(());
        }
        let messages = told(&self.jobs(), &channel.name, &self.0.store.alerts().await?, self.0.clock.now());
        teller.repeated = Some(now);
        let name = &channel.name;
        let repeated = tokio::select! {
            biased;
            repeated = notify::repeat(self.line(), channel, &messages) => repeated,
            () = self.0.shutdown.cut_off_requested() => return Ok(()),
        };
        match repeated {
            Ok(()) => teller.repeats.is_well(|| tracing::info!("channel `{name}` hears what is still so again")),
            Err(error) => {
                let error = chain(&error);
                teller.repeats.fails(|| {
                    tracing::warn!(error = %error, "channel `{name}` does not hear what is still so: it may take it for over");
                });
            }
        }
        Ok(())
    }
}

/// What was told through a channel and is still so.
fn told(jobs: &Jobs, channel: &Name, rows: &[AlertRow], at: Time) -> Vec<Message> {
    let host = host();
    let of_row = |row: &AlertRow| {
        let alert = jobs.alerts.get(&row.key.alert).filter(|alert| alert.channels.contains(channel));
        let beside = Beside { unit: row.unit.as_deref(), why: &row.why, host: &host, at };
        alert.map(|alert| notify::still(alert, &row.key, &row.standing, beside)).unwrap_or_default()
    };
    rows.iter().flat_map(of_row).collect()
}
