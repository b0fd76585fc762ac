//! Asking again and again until an answer says that something is done.

use super::course::Course;
use super::failure::Failure;
use super::harvest::{Crop, reply_variable};
use super::log::End;
use super::request::Prepared;
use super::verdict::{self, Look};
use crate::filter::Variables;
use crate::job::Poll;
use crate::run::Kind;

impl Course<'_> {
    pub(super) async fn watch(&mut self, prepared: &Prepared, poll: &Poll) -> Result<End, End> {
        let clock = &self.caller.clock;
        let until = clock.elapsed().saturating_add(poll.within);
        loop {
            let reply = self.fetch(prepared).await?;
            let taken = self.open(&reply).await?;
            let seen = reply_variable(&reply, &self.caller.redactor);
            let variables = Variables { reply: Some(seen.clone()), ..self.around.variables.clone() };
            match verdict::look(poll, &taken.body, &variables).map_err(End::Failed)? {
                Look::Done => {
                    self.log.page_read(0);
                    let bytes = reply.body.len() as u64;
                    let crop = Crop { body: taken.body, reply: Some(seen), items: None, at: reply.at, bytes };
                    return self.harvest(crop).await;
                }
                Look::Failed(reason) => return Err(End::Failed(Failure::new(Kind::Expect, reason))),
                Look::NotYet => {}
            }
            // A wait that would pass a limit fails now instead of sleeping.
            let next = clock.elapsed().saturating_add(poll.every);
            if next > until || next >= self.around.over_by {
                return Err(End::Failed(verdict::overdue(poll)));
            }
            clock.sleep(poll.every).await;
        }
    }
}
