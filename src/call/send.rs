//! One attempt: request → reply, or why there is none.

use std::time::Duration;

use bytes::Bytes;
use reqwest::Request;
use reqwest::header::HeaderMap;
use url::Url;

use super::upload::BrokenOff;
use crate::clock::{Clock, Time};
use crate::crash::{self, Moment};
use crate::run::Kind;
use crate::secret::Redactor;
use crate::token::{Cut, Fault, Http, Stage};

/// What an exchange is for the crash points.
const SEND: &str = "send a request";

/// A whole answer, or as much of it as may be read.
#[derive(Clone, Debug)]
pub(super) struct Reply {
    /// Where the request went.
    pub(super) url: Url,
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    pub(super) cut: Cut,
    /// When its end was read.
    pub(super) at: Time,
    pub(super) took: Duration,
}

impl Reply {
    /// The first line of a header, where it is text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The body as text without secrets.
    pub(super) fn scrubbed(&self, redactor: &Redactor) -> String {
        let text = self.text().into_owned();
        match self.cut {
            Cut::Whole => redactor.scrub_owned(text),
            Cut::Cut => redactor.scrub_broken_off(text),
        }
    }

    /// The body as text; what is no UTF-8 is replaced.
    pub(super) fn text(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.body)
    }
}

/// No whole answer.
#[derive(Clone, Debug)]
pub(super) struct Unheard {
    pub(super) fault: Fault,
    /// The status, when at least the head came.
    pub(super) status: Option<u16>,
}

/// Sends a request and reads the answer, headers and body within `timeout`, at most `longest`
/// bytes of the body, decompressed.
pub(super) async fn send(
    http: &Http,
    clock: &Clock,
    request: Request,
    timeout: Duration,
    longest: u64,
) -> Result<Reply, Unheard> {
    let began = clock.elapsed();
    let url = request.url().clone();
    let mut status = None;
    let exchange = exchange(http, request, longest, &mut status);
    let exchanged = clock.within(timeout, exchange).await.unwrap_or_else(|| Err(Fault::timeout(timeout)));
    match exchanged {
        Ok((code, headers, body, cut)) => {
            let took = clock.elapsed().saturating_sub(began);
            Ok(Reply { url, status: code, headers, body, cut, at: clock.now(), took })
        }
        Err(fault) => Err(Unheard { fault, status }),
    }
}

async fn exchange(
    http: &Http,
    request: Request,
    longest: u64,
    status: &mut Option<u16>,
) -> Result<(u16, HeaderMap, Bytes, Cut), Fault> {
    crash::reach(Moment::Before, SEND);
    let response = http.execute(request).await.map_err(unanswered)?;
    crash::reach(Moment::Within, SEND);
    let code = response.status().as_u16();
    *status = Some(code);
    let headers = response.headers().clone();
    let (body, cut) = read(response, usize::try_from(longest).unwrap_or(usize::MAX)).await?;
    crash::reach(Moment::After, SEND);
    Ok((code, headers, body, cut))
}

/// A request also goes without an answer when its own body breaks off.
fn unanswered(error: reqwest::Error) -> Fault {
    match BrokenOff::within(&error) {
        Some(broken) => Fault { kind: Kind::Upload, message: broken.to_string() },
        None => Fault::from_reqwest(error, Stage::Head),
    }
}

/// Counts what comes out of the decompressor, so that a small answer cannot unfold without end.
async fn read(mut response: reqwest::Response, longest: usize) -> Result<(Bytes, Cut), Fault> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| Fault::from_reqwest(error, Stage::Body))? {
        let room = longest - body.len();
        let kept = chunk.get(..room).unwrap_or(&chunk);
        grow(&mut body, kept.len(), longest);
        body.extend_from_slice(kept);
        if kept.len() < chunk.len() {
            return Ok((body.into(), Cut::Cut));
        }
    }
    Ok((body.into(), Cut::Whole))
}

/// Makes room for `more` bytes by doubling, as a `Vec` does, but not beyond `longest`.
fn grow(body: &mut Vec<u8>, more: usize, longest: usize) {
    let needed = body.len() + more;
    if needed > body.capacity() {
        let room = body.capacity().saturating_mul(2).min(longest).max(needed);
        body.reserve_exact(room - body.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_body_has_room_for_itself_and_for_no_more_than_the_longest(
            longest in 1..5_000_usize,
            chunks in prop::collection::vec(1..700_usize, 0..20),
        ) {
            let mut body = Vec::new();
            for chunk in chunks {
                let kept = chunk.min(longest - body.len());
                grow(&mut body, kept, longest);
                body.resize(body.len() + kept, 0_u8);
                prop_assert!(body.capacity() <= longest, "{} of {longest}", body.capacity());
            }
        }
    }
}
