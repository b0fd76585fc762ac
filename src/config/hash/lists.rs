//! What lists add to the fingerprint of a job.

use super::Canonical;
use crate::job::{PageBy, PageSize, Pages, Records};
use crate::run::Gone;

impl Canonical {
    pub(super) fn pages(&mut self, pages: &Pages) {
        let Pages { by, items, more, size } = pages;
        match by {
            PageBy::Cursor { cursor, param } => {
                self.put("pages.cursor", cursor.text());
                self.put("pages.param", param);
            }
            PageBy::Offset { param } => self.put("pages.offset", param),
            PageBy::Number { param, first } => {
                self.put("pages.page", param);
                self.put("pages.first", first.to_string());
            }
            PageBy::Link { next } => {
                self.put("pages.link", "");
                self.put_filter("pages.next", next.as_ref());
            }
        }
        self.put("pages.items", items.text());
        self.put_filter("pages.more", more.as_ref());
        if let Some(PageSize { param, value }) = size {
            self.put("pages.size", param);
            self.put("pages.size.value", value.to_string());
        }
    }

    pub(super) fn records(&mut self, records: &Records) {
        let Records { into, key, gone, columns } = records;
        self.put("records", into.as_str());
        self.put("records.key", key.text());
        match gone {
            Gone::Keep => {}
            Gone::Mark => self.put("records.gone", "mark"),
            Gone::MarkEmpty => self.put("records.gone", "mark-empty"),
        }
        // In their order, which is that of the view.
        for (name, filter) in columns {
            self.put("records.column", name);
            self.put("records.column.value", filter.text());
        }
    }
}
