//! Reading a list, page by page. While the records of one page are written the next is asked for.

use std::sync::Arc;

use futures_util::future::{BoxFuture, OptionFuture, join};

use super::course::Course;
use super::failure::Failure;
use super::harvest::{Crop, reply_variable, too_many_items};
use super::ledger::{Advance, Unwritten};
use super::log::End;
use super::made::listing;
use super::paging::Way;
use super::request::Prepared;
use super::send::Reply;
use super::taking::Taken;
use crate::filter::Json;
use crate::run::{Completed, Kind, ListingId, Page, Progress, Reading, Record, Tally};

/// How far a list was read.
struct Position {
    /// The page that is to be read now; `None` is the first.
    place: Option<String>,
    pages: u64,
    tally: Tally,
    /// Items that filters need all at once.
    kept: Vec<Json>,
    /// The answer itself, where it is not paged.
    whole: Option<Json>,
    last: Option<Reply>,
    bytes: u64,
}

type Writing<'a> = Option<BoxFuture<'a, Result<Tally, Unwritten>>>;

impl Course<'_> {
    /// Reads a list from where an earlier run of the chain came to, and takes it in.
    pub(super) async fn read(&mut self, mut prepared: Prepared) -> Result<End, End> {
        let mut position = Position::of(self.progress());
        let is_read = position.pages > 0 && position.place.is_none();
        if !is_read {
            let list = prepared.url.clone();
            let went_on = position.place.is_some();
            let done = self.read_on(&mut prepared, &mut position).await;
            if went_on && self.is_lost(&done) {
                prepared.url = list;
                position = self.begin_anew().await?;
                self.read_on(&mut prepared, &mut position).await?;
            } else {
                done?;
            }
        }
        let gone = self.complete().await?;
        let crop = position.crop(self, gone);
        self.harvest(crop).await
    }

    /// Whether the place where an earlier run came to leads nowhere any more: cursors do not live for ever.
    fn is_lost(&self, done: &Result<(), End>) -> bool {
        let is_first = self.log.record.pages == 0 && self.subject.element.is_none();
        let is_refused = matches!(self.log.record.status, Some(400 | 404 | 410 | 422));
        is_first && is_refused && matches!(done, Err(End::Failed(failure)) if failure.kind == Kind::Status)
    }

    async fn begin_anew(&mut self) -> Result<Position, End> {
        if let Some(records) = &self.call.records {
            let listing = listing(self.call, records, Reading::Anew);
            let opened = self.caller.ledger.list(self.around.run.id, listing).await;
            opened.map_err(|unwritten| unkept(&unwritten))?;
        }
        Ok(Position::of(Progress::default()))
    }

    async fn read_on(&mut self, prepared: &mut Prepared, position: &mut Position) -> Result<(), End> {
        let ledger = Arc::clone(&self.caller.ledger);
        let (run, call, listing) = (self.around.run.id, self.call, self.subject.listing);
        let host = self.host().to_owned();
        let mut way = call.pages.as_ref().map(|pages| Way::new(pages, prepared.url.clone(), &host));
        let mut writing: Writing<'_> = None;
        loop {
            if position.pages >= self.around.limits.pages {
                position.settle(writing.take()).await?;
                return Err(End::Failed(self.too_many_pages()));
            }
            if let Some(way) = &way {
                prepared.url = way.address(position.place.as_deref()).map_err(End::Failed)?;
            }
            self.log.turn_to(position.pages + 1);
            let (reply, written) = join(self.fetch(prepared), OptionFuture::from(writing.take())).await;
            position.written(written)?;
            let reply = reply?;
            let mut taken = self.open(&reply).await?;
            let next = match &mut way {
                Some(way) => way.next(position.place.as_deref(), &taken.signs, &reply.url, &reply.headers),
                None => Ok(None),
            };
            let next = next.and_then(|next| self.without_secrets(next)).map_err(End::Failed)?;
            let items = taken.items.len() as u64;
            self.log.page_read(items);
            ledger.advanced(run, &call.name, Advance::Page(items));
            match listing {
                Some(listing) => {
                    let records = std::mem::take(&mut taken.records);
                    writing = Some(ledger.page(run, self.page(listing.id, records, next.clone())));
                }
                None => position.tally.seen += items,
            }
            if let Err(end) = self.keep(position, taken, reply) {
                position.settle(writing).await?;
                return Err(end);
            }
            position.place = next;
            if position.place.is_none() {
                return position.settle(writing).await;
            }
        }
    }

    /// Places are kept as they are, so none may hold a secret.
    fn without_secrets(&self, next: Option<String>) -> Result<Option<String>, Failure> {
        match next {
            Some(next) if self.caller.redactor.scrub(&next) != next => {
                let reason = format!(
                    "{} puts a secret into the place of its next page, which is not kept; page by a cursor instead",
                    self.host()
                );
                Err(Failure::new(Kind::BlockedTarget, reason))
            }
            next => Ok(next),
        }
    }

    fn page(&self, listing: ListingId, records: Vec<Record>, next: Option<String>) -> Page {
        Page { listing, element: self.subject.element.unwrap_or_default().to_owned(), records, next }
    }

    fn keep(&self, position: &mut Position, taken: Taken, reply: Reply) -> Result<(), End> {
        position.pages += 1;
        position.bytes += reply.body.len() as u64;
        position.last = Some(reply);
        if self.call.pages.is_none() {
            position.whole = Some(taken.body);
        } else if self.call.keeps_items() {
            position.kept.extend(taken.items);
            let most = self.around.limits.items;
            if position.kept.len() as u64 > most {
                return Err(End::Failed(too_many_items(most)));
            }
        }
        Ok(())
    }

    fn progress(&self) -> Progress {
        let element = self.subject.element.unwrap_or_default();
        self.subject.listing.and_then(|listing| listing.read.get(element).cloned()).unwrap_or_default()
    }

    /// Ends the listing of a call that has no elements, which end it together.
    async fn complete(&self) -> Result<Option<u64>, End> {
        let (Some(listing), Some(records), None) = (self.subject.listing, &self.call.records, self.subject.element)
        else {
            return Ok(None);
        };
        let completed = self.caller.ledger.complete(self.around.run.id, listing.id, records.gone).await;
        gone(completed.map_err(|unwritten| unkept(&unwritten))?).map(Some).map_err(End::Failed)
    }

    fn too_many_pages(&self) -> Failure {
        let reason = format!(
            "{} has more pages than the {} that are read at most; raise `limits.pages` if that is right",
            self.host(),
            self.around.limits.pages
        );
        Failure::new(Kind::TooManyPages, reason)
    }
}

impl Position {
    fn of(Progress { next, pages, tally }: Progress) -> Position {
        Position { place: next, pages, tally, kept: Vec::new(), whole: None, last: None, bytes: 0 }
    }

    async fn settle(&mut self, writing: Writing<'_>) -> Result<(), End> {
        let written = OptionFuture::from(writing).await;
        self.written(written)
    }

    fn written(&mut self, written: Option<Result<Tally, Unwritten>>) -> Result<(), End> {
        if let Some(written) = written {
            self.tally = written.map_err(|unwritten| unkept(&unwritten))?;
        }
        Ok(())
    }

    fn crop(self, course: &Course<'_>, gone: Option<u64>) -> Crop {
        let caller = course.caller;
        let body = match self.whole {
            Some(body) => body,
            None if course.call.keeps_items() => Json::array(self.kept),
            None => Json::null(),
        };
        Crop {
            body,
            reply: self.last.as_ref().map(|reply| reply_variable(reply, &caller.redactor)),
            items: Some(items_variable(self.tally, gone)),
            at: self.last.as_ref().map_or_else(|| caller.clock.now(), |reply| reply.at),
            bytes: self.bytes,
        }
    }
}

/// `$items`. How many are gone is known only when the whole listing was read.
pub(super) fn items_variable(tally: Tally, gone: Option<u64>) -> Json {
    Json::object([
        ("seen", Json::from(tally.seen)),
        ("new", Json::from(tally.new)),
        ("changed", Json::from(tally.changed)),
        ("gone", gone.map_or_else(Json::null, Json::from)),
    ])
}

/// How many records a complete listing marked gone.
pub(super) fn gone(completed: Completed) -> Result<u64, Failure> {
    match completed {
        Completed::Done(gone) => Ok(gone),
        Completed::Empty(rows) => {
            let reason = format!(
                "the list is empty, and {rows} records are kept of it: none was marked gone; if it may be empty, \
                 write `gone = \"mark-empty\"`"
            );
            Err(Failure::new(Kind::Expect, reason))
        }
    }
}

/// How a call ends whose records could not be kept.
pub(super) fn unkept(unwritten: &Unwritten) -> End {
    End::by(why_unkept(unwritten))
}

pub(super) fn why_unkept(unwritten: &Unwritten) -> Failure {
    match unwritten {
        Unwritten::Lost => Failure::new(Kind::Stopped, "another process took the run over: the call was broken off"),
        Unwritten::Failed(why) => Failure::new(Kind::Store, format!("what it read could not be kept: {why}")),
    }
}
