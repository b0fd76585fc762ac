//! What a call is made for.

use std::num::NonZeroUsize;

use super::super::filters::{self, Uses};
use super::sees::{Sees, is_there};
use crate::config::file::{Call as Written, TextOr, Upload};
use crate::config::names;
use crate::config::place::At;
use crate::files::Glob;
use crate::job::{Each, Elements};

const MOST_AT_ONCE: usize = 64;

/// The elements of a call: `Some(None)` for one that is made once, and `None` for wrong ones.
pub(super) fn lower<'f>(at: &At<'f>, written: &Written, uses: &mut Vec<Uses<'f>>) -> Option<Option<Each>> {
    check_fits(at, written);
    let key = at.get("each_key", &written.each_key);
    let key = key.map(|text| filters::noted_filter(&at.key("each_key"), text, Sees::ELEMENTS, uses));
    let concurrency = at.get("concurrency", &written.concurrency).and_then(|number| concurrency(at, *number));
    let of = match (at.get("for_each", &written.for_each), at.get("upload", &written.upload)) {
        (Some(TextOr::Text(text)), _) => {
            filters::noted_filter(&at.key("for_each"), text, Sees::ELEMENTS, uses).map(Elements::Filter)
        }
        (Some(TextOr::Table(from)), _) => {
            let at = at.key("for_each");
            let name = at.require("records", &from.records, "`for_each`");
            name.and_then(|name| names::checked_value(&at.key("records"), name, "a collection")).map(Elements::Records)
        }
        (None, Some(upload)) => files(&at.key("upload"), &upload.0),
        (None, None) => return Some(None),
    }?;
    let key = key.map_or(Some(None), |key| key.map(Some))?;
    Some(Some(Each { of, key, concurrency: concurrency.unwrap_or(NonZeroUsize::MIN) }))
}

fn files(at: &At<'_>, upload: &Upload) -> Option<Elements> {
    let files = at.require("files", &upload.files, "`upload`")?;
    let here = at.key("files");
    if files.trim().is_empty() {
        here.error("wrong-value", "`files` is empty").help("write a glob, such as `\"reports/*.pdf\"`").report();
        return None;
    }
    if let Err(error) = Glob::new(&at.file().folder, files) {
        here.error("wrong-value", format!("`{files}` is not a glob: {}", error.msg))
            .help("write for example `\"reports/*.pdf\"`")
            .report();
        return None;
    }
    Some(Elements::Files { folder: at.file().folder.clone(), glob: files.clone() })
}

fn concurrency(at: &At<'_>, number: i64) -> Option<NonZeroUsize> {
    let checked = usize::try_from(number).ok().filter(|n| *n <= MOST_AT_ONCE).and_then(NonZeroUsize::new);
    if checked.is_none() {
        let message = format!("`concurrency` of a call must be from 1 to {MOST_AT_ONCE}");
        at.key("concurrency").error("wrong-value", message).report();
    }
    checked
}

fn check_fits(at: &At<'_>, written: &Written) {
    let (for_each, upload) = (is_there(&written.for_each), is_there(&written.upload));
    if for_each && upload {
        at.key("for_each")
            .key_error("conflicting-keys", "`for_each` does not go with `upload`, which is made once for each file")
            .related(at.key("upload").as_related("the upload"))
            .help("write all files as one glob, or send them in two calls")
            .report();
    }
    if is_there(&written.each_key) && !for_each {
        let draft = at.key("each_key").key_error("conflicting-keys", "`each_key` goes with `for_each` only");
        let draft = draft.help("leave it out, or write what the call is made for: `for_each = …`");
        draft.maybe_help(upload.then(|| "a file is known by its path".to_owned())).report();
    }
    if is_there(&written.concurrency) && !for_each && !upload {
        at.key("concurrency")
            .key_error("conflicting-keys", "`concurrency` of a call goes with `for_each` or `upload` only")
            .help("how many runs there are at once is said at the top of the file: move it above the first `[…]`")
            .report();
    }
}
