//! What holds for the list of a call.

use super::call::OfCall;
use super::texts::{inline, text};
use super::{Origin, path};
use crate::job::{PageBy, Pages, Records};
use crate::run::Gone;

impl OfCall<'_, '_> {
    pub(super) fn pages(&mut self, api: &str, pages: &Pages) {
        let by = match &pages.by {
            PageBy::Cursor { .. } => "cursor",
            PageBy::Offset { .. } => "offset",
            PageBy::Number { .. } => "page",
            PageBy::Link { .. } => "link",
        };
        self.of_pages(api, "by", text(by));
        self.of_pages(api, "items", text(pages.items.text()));
        match &pages.by {
            PageBy::Cursor { cursor, param } => {
                self.of_pages(api, "cursor", text(cursor.text()));
                self.of_pages(api, "param", text(param));
            }
            PageBy::Offset { param } => self.of_pages(api, "param", text(param)),
            PageBy::Number { param, first } => {
                self.of_pages(api, "param", text(param));
                self.of_pages(api, "first", first.to_string());
            }
            PageBy::Link { next: Some(next) } => self.of_pages(api, "cursor", text(next.text())),
            PageBy::Link { next: None } => {}
        }
        if let Some(more) = &pages.more {
            self.of_pages(api, "more", text(more.text()));
        }
        if let Some(size) = &pages.size {
            self.of_pages(api, "size", inline([("param", text(&size.param)), ("value", size.value.to_string())]));
        }
    }

    /// A key that the call may have, else its API.
    fn of_pages(&mut self, api: &str, key: &str, value: String) {
        let own = self.place.iter().cloned().chain(path(["pages", key])).collect::<Vec<_>>();
        let places = [own, path(["apis", api, "pages", key])];
        let origin = places.iter().find_map(|place| self.told.written(place)).unwrap_or(Origin::BuiltIn);
        self.push(&["pages", key], value, origin);
    }

    pub(super) fn records(&mut self, records: &Records) {
        let Records { into, key, gone, columns } = records;
        let gone = match gone {
            Gone::Keep => "keep",
            Gone::Mark => "mark",
            Gone::MarkEmpty => "mark-empty",
        };
        self.tell(&["records", "into"], text(into.as_str()));
        self.tell(&["records", "key"], text(key.text()));
        self.tell(&["records", "gone"], text(gone));
        for (name, filter) in columns {
            self.tell(&["records", "columns", name], text(filter.text()));
        }
    }
}
