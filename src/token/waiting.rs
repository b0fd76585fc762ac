//! Waiting for a flight, by all who need what it brings.

use std::time::Duration;

use tokio::sync::watch;

use super::bearer::Bearer;
use super::failure::TokenFailure;
use crate::job::Credential;

/// How far a flight is.
#[derive(Clone, Debug)]
pub(super) enum Progress {
    UnderWay,
    /// It asks again then, after this failure.
    Pausing {
        until: Duration,
        failure: TokenFailure,
    },
    /// What it brought, failure included.
    Landed(Result<Bearer, TokenFailure>),
}

/// Where a flight tells how far it is.
pub(super) type Landing = watch::Receiver<Progress>;

impl Progress {
    /// Whether one who waits until `over_by` has waited enough: a pause that ends no sooner is no use to it.
    fn ends_the_wait(&self, over_by: Duration) -> bool {
        match self {
            Progress::UnderWay => false,
            Progress::Pausing { until, .. } => *until >= over_by,
            Progress::Landed(_) => true,
        }
    }
}

/// What a caller gets, or waits for.
pub(super) enum Next {
    Ready(Result<Bearer, TokenFailure>),
    Wait(Landing),
}

impl Next {
    /// The result, told to the credential that asks: others may be the same client.
    pub(super) async fn bearer(self, credential: &Credential, over_by: Duration) -> Result<Bearer, TokenFailure> {
        let result = match self {
            Next::Ready(result) => result,
            Next::Wait(mut landing) => {
                let progress = landing.wait_for(|progress| progress.ends_the_wait(over_by)).await;
                match progress.as_deref() {
                    Ok(Progress::Landed(result)) => result.clone(),
                    Ok(Progress::Pausing { failure, .. }) => Err(failure.clone().asked_again_too_late()),
                    Ok(Progress::UnderWay) | Err(_) => Err(TokenFailure::CutOff),
                }
            }
        };
        result.map_err(|failure| failure.told_to(credential))
    }
}
