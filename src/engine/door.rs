//! The way to the loop, which alone changes what is served: what others want of it waits its turn.

use std::sync::{Mutex, PoisonError};

use tokio::sync::{mpsc, oneshot};

use super::reload::{Changes, ReloadError};
use crate::job::Jobs;

/// Requests that wait. Those that come again by themselves are dropped beyond that.
const PLACES: usize = 4;

/// What is asked of the loop.
pub(super) enum Request {
    /// Another job file is to be served.
    Reload { jobs: Box<Jobs>, answer: oneshot::Sender<Result<Changes, ReloadError>> },
    /// Runs were handed over.
    Adopt,
    /// The store may not know any more what is served here.
    ServeAgain,
    /// Processes that are gone have left something to be done.
    LookAfter,
}

pub(super) type Requests = mpsc::Receiver<Request>;

/// Open while the engine serves, from its start on: who comes before the loop turns waits for it.
#[derive(Default)]
pub(super) struct Door(Mutex<Option<mpsc::Sender<Request>>>);

impl Door {
    /// Closed again when the requests are dropped: whoever still waits for an answer learns that there
    /// will be none.
    pub(super) fn open(&self) -> Requests {
        let (sender, requests) = mpsc::channel(PLACES);
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(sender);
        requests
    }

    /// Waits for a place. Gives the request back when the door is closed.
    pub(super) async fn ask(&self, request: Request) -> Result<(), Request> {
        match self.way() {
            Some(way) => way.send(request).await.map_err(|unsent| unsent.0),
            None => Err(request),
        }
    }

    /// Asks for what is asked again soon if it is not heard.
    pub(super) fn hint(&self, request: Request) {
        if let Some(way) = self.way() {
            drop(way.try_send(request));
        }
    }

    /// Whether this engine serves.
    pub(super) fn is_open(&self) -> bool {
        self.way().is_some()
    }

    fn way(&self) -> Option<mpsc::Sender<Request>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
