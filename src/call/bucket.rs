//! stub
use crate::clock::Clock;
use crate::job::Api;
use std::time::Duration;
#[derive(Clone, Default)]
pub(super) struct Buckets;
pub(super) struct TooLate {
    pub(super) wait: Duration,
}
impl Buckets {
    pub(super) async fn place(&self, _api: &Api, _clock: &Clock, _over_by: Duration) -> Result<(), TooLate> {
        Ok(())
    }
    pub(super) fn hold(&self, _api: &Api, _clock: &Clock, _wait: Duration) {}
}
