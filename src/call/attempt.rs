//! One attempt: a request, and the same again where its answers redirect it.

use super::course::Course;
use super::judge::Judged;
use super::log::End;
use super::redirect::{Asked, Lead};
use super::request::Prepared;
use super::send::{Reply, Unheard, send};
use crate::run::Kind;
use crate::token::{Bearer, Fault};

impl Course<'_> {
    /// Sends a request, follows its redirects as far as the job says, and judges what comes in the end.
    ///
    /// Each redirect that is followed is a request to the API like any other, with a place of its own in the rate
    /// limit. The call's `timeout` is for all of them together, without the waits for those places.
    pub(super) async fn attempt(&mut self, prepared: &Prepared, bearer: Option<&Bearer>) -> Result<Judged, End> {
        let mut url = prepared.url.clone();
        let mut left = self.call.timeout;
        let mut followed = 0;
        loop {
            let request = prepared.to(&url, bearer).await.map_err(End::Failed)?;
            self.log.leave(bearer.map(Bearer::generation));
            let (caller, most) = (self.caller, self.around.limits.body);
            let answer = send(&caller.http, &caller.clock, request, left, most).await;
            self.log.arrive(&answer);
            let asked = Asked { method: &prepared.method, url: &url, redirects: self.job.redirects, followed };
            let reply = match answer {
                Ok(reply) => reply,
                Err(unheard) => return Ok(self.judge(Err(self.in_all(unheard)), prepared)),
            };
            match asked.lead(&reply, &self.call.expect, &caller.redactor) {
                Lead::Nowhere => {
                    self.note_second(reply.status);
                    return Ok(self.judge(Ok(reply), prepared));
                }
                Lead::Astray(failure) => {
                    self.note_second(reply.status);
                    self.log.judged(Some(failure.kind));
                    return Ok(Judged::Failed(failure));
                }
                Lead::On(target) => {
                    url = target;
                    left = left.saturating_sub(reply.took);
                    followed += 1;
                    self.take_place().await?;
                }
            }
        }
    }

    fn judge(&mut self, answer: Result<Reply, Unheard>, prepared: &Prepared) -> Judged {
        let judged = Judged::new(answer, &self.call.expect, prepared.repeatable(), self.host());
        self.log.judged(judged.kind());
        judged
    }

    /// A limit that was passed on the way of redirects is that of all of it.
    fn in_all(&self, unheard: Unheard) -> Unheard {
        match unheard.fault.kind {
            Kind::Timeout => Unheard { fault: Fault::timeout(self.call.timeout), ..unheard },
            _ => unheard,
        }
    }
}
