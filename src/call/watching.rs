//! Asking again and again until an answer says that something is done.

use super::aside::{self, Begin};
use super::course::Course;
use super::failure::Failure;
use super::harvest::{Crop, reply_variable};
use super::log::End;
use super::request::Prepared;
use super::verdict::{self, Look};
use crate::filter::{Json, Variables};
use crate::job::Poll;
use crate::run::Kind;

impl Course<'_> {
    /// Looks until there is nothing more to wait for, and takes the last answer in.
    pub(super) async fn watch(&mut self, prepared: &Prepared, poll: &Poll) -> Result<End, End> {
        let until = self.caller.clock.elapsed().saturating_add(poll.within);
        loop {
            let reply = self.fetch(prepared).await?;
            let taken = self.open(&reply).await?;
            let seen = reply_variable(&reply, &self.caller.redactor);
            match self.look(poll, &taken.body, &seen).await.map_err(End::Failed)? {
                Look::Done => {
                    self.log.page_read(0);
                    let bytes = reply.body.len() as u64;
                    let crop = Crop { body: taken.body, reply: Some(seen), items: None, at: reply.at, bytes };
                    return self.harvest(crop).await;
                }
                Look::Failed(reason) => return Err(End::Failed(Failure::new(Kind::Expect, reason))),
                Look::NotYet => self.wait(poll, until).await?,
            }
        }
    }

    async fn look(&self, poll: &Poll, body: &Json, reply: &Json) -> Result<Look, Failure> {
        let variables = Variables { reply: Some(reply.clone()), ..self.around.variables.clone() };
        let (poll, body) = (poll.clone(), body.clone());
        aside::filtered(Begin::Here, move || verdict::look(&poll, &body, &variables)).await
    }

    /// Waits for the next look. A wait that would pass a limit fails now instead of sleeping.
    async fn wait(&self, poll: &Poll, until: std::time::Duration) -> Result<(), End> {
        let next = self.caller.clock.elapsed().saturating_add(poll.every);
        if next > until {
            return Err(End::Failed(verdict::overdue(poll)));
        }
        if next >= self.around.over_by {
            let reason = format!("`{}` did not hold before the run's deadline", poll.until.text());
            return Err(End::Failed(Failure::new(Kind::Deadline, reason)));
        }
        self.caller.clock.sleep(poll.every).await;
        Ok(())
    }
}
