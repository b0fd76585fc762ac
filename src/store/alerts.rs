//! How alerts stand, what somebody is to be told of them, and what is known of their series and jobs.

use std::collections::{BTreeMap, BTreeSet};

use super::{BackEnd, Store, StoreError};
use crate::clock::Time;
use crate::run::{Message, MetricKind, Name, RunId, Sample, Span};
use crate::watch::{Ended, Key, Reading, Standing};

/// How an instance of an alert stands, as it was written last.
#[derive(Clone, Debug, PartialEq)]
pub struct AlertRow {
    /// Which instance.
    pub key: Key,
    /// The word of the job file for what fires.
    pub kind: String,
    /// Where it stands.
    pub standing: Standing,
    /// Why it was judged so: the formulas with their values, a line each.
    pub why: Vec<String>,
    /// What the series counts, for people.
    pub unit: Option<String>,
    /// When it was judged last.
    pub judged_at: Time,
    /// Until when nobody wants to hear of the alert.
    pub silenced_until: Option<Time>,
    /// How often it was written.
    pub revision: i64,
}

/// A judgement that is to be written, with what it has to tell.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// Where the instance stands from now on. Its `revision` is that of the row which it was judged by: 0 where there
    /// was none. `silenced_until` is not written.
    pub row: AlertRow,
    /// What is told, and through which channels; each once for each channel.
    pub messages: Vec<(Name, Message)>,
}

/// What became of a judgement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judging {
    /// It is written, and what it tells is in the outbox.
    Written,
    /// Another process wrote one since: nothing of it was written.
    Stale,
}

/// That nobody wants to hear of an alert for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Silence {
    /// Since when.
    pub at: Time,
    /// Until when.
    pub until: Time,
    /// Why, as somebody wrote it.
    pub reason: Option<String>,
}

/// A message that waits for its channel.
#[derive(Clone, Debug, PartialEq)]
pub struct Waiting {
    /// Its place: lower ones are sent first.
    pub id: i64,
    /// What it says.
    pub message: Message,
    /// When it was made.
    pub made_at: Time,
    /// How often it was tried to send it.
    pub attempts: u32,
    /// Not before this.
    pub next_at: Time,
    /// The batch with which it was tried last, if it may have arrived.
    pub batch: Option<i64>,
}

/// What became of messages that were sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sending {
    /// They arrived.
    Sent,
    /// They are to be sent again, as the same batch.
    Again {
        /// Not before this.
        next_at: Time,
        /// Why they did not arrive.
        error: String,
    },
    /// Each is to be sent by itself, as a batch of one: one of them is not taken.
    Apart {
        /// Why they were not taken.
        error: String,
    },
    /// They will not be sent any more.
    GivenUp {
        /// Why.
        error: String,
    },
}

/// A reading of a series, as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub struct SeriesReading {
    /// `JOB.METRIC`.
    pub metric: String,
    /// Empty for the only series.
    pub label: String,
    /// How the metric moves.
    pub kind: MetricKind,
    /// What it counts.
    pub unit: Option<String>,
    /// The reading.
    pub reading: Reading,
}

/// What is known of a job's runs since somebody last asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunNews {
    /// A run began.
    Began {
        /// Which.
        run: RunId,
        /// When.
        at: Time,
    },
    /// A run ended.
    Ended(Ended),
    /// Ticks were missed.
    Missed {
        /// Which.
        ticks: Span,
        /// Why.
        reason: String,
    },
}

impl Store {
    /// Every instance of an alert that was ever judged and is still kept, by its key.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn alerts(&self) -> Result<Vec<AlertRow>, StoreError> {
        match &self.0 {
            BackEnd::Sqlite(sqlite) => sqlite.alerts().await,
        }
    }

    /// Writes judgements, each with its messages in the outbox of each of their channels, in one transaction. One
    /// that another process came before is [`Judging::Stale`], and leaves the others alone.
    ///
    /// # Errors
    /// When the store cannot be written; then nothing has changed.
    pub async fn judged(&self, verdicts: Vec<Verdict>, at: Time) -> Result<Vec<Judging>, StoreError> {
        match &self.0 {
            BackEnd::Sqlite(sqlite) => sqlite.judged(verdicts, at).await,
        }
    }

    /// Forgets instances that no alert has any more.
    ///
    /// # Errors
    /// When the store cannot be written; then nothing has changed.
    pub async fn forget_alerts(&self, keys: Vec<Key>) -> Result<(), StoreError> {
        match &self.0 {
            BackEnd::Sqlite(sqlite) => sqlite.forget_alerts(keys).await,
        }
    }

    /// Silences an alert; a silence that it has is replaced.
    ///
    /// # Errors
    /// When the store cannot be written; then nothing has changed.
    pub async fn silence(&self, alert: &Name, silence: Silence) -> Result<(), StoreError> {
        match &self.0 {
            BackEnd::Sqlite(sqlite) => sqlite.silence(alert, silence).await,
        }
    }

    /// Ends the silence of an alert. Whether there was one.
    ///
    /// # Errors
    /// When the store cannot be written; then nothing has changed.
    pub async fn end_silence(&self, alert: &Name) -> Result<bool, StoreError> {
        match &self.0 {
            BackEnd::Sqlite(sqlite) => sqlite.end_silence(alert).await,
        }
    }

    /// The alerts that are silenced at `now`.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn silences(&self, now: Time) -> Result<BTreeMap<Name, Silence>, StoreError> {
        match &self.0 {
            BackEnd::Sqlite(sqlite) => sqlite.silences(now).await,
        }
    }

    /// Has this process send what is for a channel, until it is gone. `false` while another one that lives does; and
    /// one that was taken for dead may have lost it, so it is asked for before each batch.
    ///
    /// # Errors
    /// When the store cannot be written; then nothing has changed.
    pub async fn take_channel(&self, channel: &Name) -> Result<bool, StoreError> {
        match &self.0 {
            BackEnd::Sqlite(sqlite) => sqlite.take_channel(channel).await,
        }
    }

    /// The messages that wait for a channel and go next, in their order: all of a batch that is to be sent again and
    /// nothing else, or those before any batch, `most` at most. Due or not: while the first of them is not, none
    /// after it is sent either.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn outbox(&self, channel: &Name, most: usize) -> Result<Vec<Waiting>, StoreError> {
        match &self.0 {
            BackEnd::Sqlite(sqlite) => sqlite.outbox(channel, most).await,
        }
    }

    /// Notes that messages of a channel are about to be sent together, before the first byte of them leaves: should
    /// they arrive unheard, they are sent again as they were. `false`, and nothing may leave, when the channel is no
    /// longer this process's, or one of them does not wait any more: this process was taken for dead meanwhile.
    ///
    /// # Errors
    /// When the store cannot be written; then nothing has changed.
    pub async fn send_together(&self, messages: &[i64]) -> Result<bool, StoreError> {
        match &self.0 {
            BackEnd::Sqlite(sqlite) => sqlite.send_together(messages).await,
        }
    }

    /// Notes what became of messages that were sent together.
    ///
    /// # Errors
    /// When the store cannot be written; then nothing has changed.
    pub async fn sent(&self, messages: &[i64], sending: Sending, at: Time) -> Result<(), StoreError> {
        match &self.0 {
            BackEnd::Sqlite(sqlite) => sqlite.sent(messages, sending, at).await,
        }
    }

    /// The newest reading of each series of these metrics.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn newest_readings(&self, metrics: &BTreeSet<String>) -> Result<Vec<SeriesReading>, StoreError> {
        match &self.0 {
            BackEnd::Sqlite(sqlite) => sqlite.newest_readings(metrics).await,
        }
    }

    /// The readings of a series from a time on, and the newest one before it, in their order.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn readings(&self, metric: &str, label: &str, from: Time) -> Result<Vec<Reading>, StoreError> {
        match &self.0 {
            BackEnd::Sqlite(sqlite) => sqlite.readings(metric, label, from).await,
        }
    }

    /// What the newest rows of each of these jobs say, `most` of each, by number. Rows that have not begun say
    /// nothing, and nor does a job that has no row.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn run_news(&self, jobs: &[Name], most: u32) -> Result<BTreeMap<Name, Vec<RunNews>>, StoreError> {
        match &self.0 {
            BackEnd::Sqlite(sqlite) => sqlite.run_news(jobs, most).await,
        }
    }

    /// The samples of the run of a job that took the newest, and when that was; those that apicron takes of each run
    /// are among them. `None`: there are none.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn newest_samples(&self, job: &Name) -> Result<Option<(Time, Vec<Sample>)>, StoreError> {
        match &self.0 {
            BackEnd::Sqlite(sqlite) => sqlite.newest_samples(job).await,
        }
    }
}
