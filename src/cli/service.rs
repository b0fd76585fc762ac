//! What systemd is told, where it started the server with `Type=notify`: sd_notify(3).

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sd_notify::NotifyState;

use super::Context;
use crate::clock::Clock;
use crate::telemetry::chain;

/// Messages that wait to be sent. Beyond them systemd does not listen, and hears no more.
const QUEUE: usize = 16;

/// Tells systemd how the server fares; without systemd, tells nobody. Never blocks: a thread of its own
/// sends, since a socket whose reader is stuck blocks.
pub(super) struct Service {
    queue: Option<SyncSender<Message>>,
    clock: Clock,
    /// How long may pass between two signs of life; `None` when nobody watches.
    pace: Option<Duration>,
    last: Mutex<Option<Duration>>,
    stage: Mutex<Stage>,
}

/// How far the server is.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Stage {
    #[default]
    Starting,
    Ready,
    Stopping,
}

/// What is told.
enum Message {
    Ready(String),
    Alive,
    Reloading,
    Stopping,
}

impl Service {
    pub(super) fn new(context: &Context) -> Service {
        let is_service = context.environment.get("NOTIFY_SOCKET").is_some();
        Service {
            queue: is_service.then(begin_to_send).flatten(),
            clock: context.clock.clone(),
            pace: sd_notify::watchdog_enabled().map(|limit| limit / 2),
            last: Mutex::default(),
            stage: Mutex::default(),
        }
    }

    /// Everything stands. The text is what `systemctl status` shows.
    pub(super) fn ready(&self, status: String) {
        *self.stage() = Stage::Ready;
        self.send(Message::Ready(status));
    }

    /// Everything stands again after [`Service::reloading`].
    pub(super) fn ready_again(&self, status: String) {
        self.send_if_ready(Message::Ready(status));
    }

    /// A sign of life. Passed on at most twice in the time that the watchdog allows.
    pub(super) fn alive(&self) {
        let Some(pace) = self.pace else { return };
        let now = self.clock.elapsed();
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.is_none_or(|last| now.saturating_sub(last) >= pace) {
            *last = Some(now);
            self.send(Message::Alive);
        }
    }

    /// The job file is being read again. A server that does not stand yet, or stops, does not say so: it
    /// would be taken for one that is ready afterwards.
    pub(super) fn reloading(&self) {
        self.send_if_ready(Message::Reloading);
    }

    /// A stop was asked for.
    pub(super) fn stopping(&self) {
        *self.stage() = Stage::Stopping;
        self.send(Message::Stopping);
    }

    fn send_if_ready(&self, message: Message) {
        let stage = self.stage();
        if *stage == Stage::Ready {
            self.send(message);
        }
    }

    fn stage(&self) -> MutexGuard<'_, Stage> {
        self.stage.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn send(&self, message: Message) {
        if let Some(queue) = &self.queue {
            drop(queue.try_send(message));
        }
    }
}

/// `None` when there can be no thread.
fn begin_to_send() -> Option<SyncSender<Message>> {
    let (queue, messages) = sync_channel(QUEUE);
    let sender = std::thread::Builder::new().name("systemd".to_owned()).spawn(move || send_all(&messages));
    match sender {
        Ok(_) => Some(queue),
        Err(error) => {
            tracing::warn!(error = %chain(&error), "systemd will not be told how the server fares");
            None
        }
    }
}

fn send_all(messages: &Receiver<Message>) {
    for message in messages {
        if let Err(error) = message.send() {
            tracing::warn!(error = %chain(&error), "could not tell systemd how the server fares");
        }
    }
}

impl Message {
    fn send(&self) -> std::io::Result<()> {
        match self {
            Message::Ready(status) => sd_notify::notify(&[NotifyState::Ready, NotifyState::Status(status)]),
            Message::Alive => sd_notify::notify(&[NotifyState::Watchdog]),
            // systemd takes a reload only with the time at which it began.
            Message::Reloading => sd_notify::notify(&[NotifyState::Reloading, NotifyState::monotonic_usec_now()?]),
            Message::Stopping => sd_notify::notify(&[NotifyState::Stopping]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reload_is_told_only_while_the_server_stands() {
        let (queue, heard) = sync_channel(QUEUE);
        let service = Service {
            queue: Some(queue),
            clock: Clock::system(),
            pace: None,
            last: Mutex::default(),
            stage: Mutex::default(),
        };
        let reload = || {
            service.reloading();
            service.ready_again(String::new());
        };
        reload();
        service.ready(String::new());
        reload();
        service.stopping();
        reload();
        let words = heard.try_iter().map(|message| match message {
            Message::Ready(_) => "ready",
            Message::Alive => "alive",
            Message::Reloading => "reloading",
            Message::Stopping => "stopping",
        });
        assert_eq!(words.collect::<Vec<_>>(), ["ready", "reloading", "ready", "stopping"]);
    }
}
