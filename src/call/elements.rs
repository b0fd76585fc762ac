//! Where the elements of `for_each` and of uploads come from, one after the other.

use std::collections::{BTreeMap, HashSet, VecDeque};

use super::aside::{self, Begin};
use super::failure::Failure;
use super::files::{self, UploadFile};
use super::ledger::Unwritten;
use super::taking::{key_of, no_key, one_key};
use super::{Around, Caller};
use crate::clock::Time;
use crate::filter::{Filter, Json, Variables};
use crate::job::{Call, Each, Elements as Of, Job};
use crate::run::{Kind, Name, Stored};

/// One element.
pub(super) struct Element {
    pub(super) key: String,
    /// `$each`.
    pub(super) value: Json,
    /// What is uploaded for it.
    pub(super) file: Option<UploadFile>,
}

/// The elements of a call, in order.
pub(super) struct Elements<'a> {
    caller: &'a Caller,
    key: Option<&'a Filter>,
    variables: &'a Variables,
    ready: VecDeque<Element>,
    /// Where more come from; `None` when there are no more.
    more: Option<More<'a>>,
    /// Why there may be none.
    none: String,
    seen: HashSet<String>,
}

/// Records that were not read yet.
struct More<'a> {
    collection: &'a Name,
    as_of: Time,
    after: Option<String>,
}

impl<'a> Elements<'a> {
    /// Finds out what the elements are.
    pub(super) async fn of(
        caller: &'a Caller,
        job: &'a Job,
        call: &'a Call,
        each: &'a Each,
        around: &Around<'a>,
    ) -> Result<Elements<'a>, Failure> {
        let mut elements = Elements {
            caller,
            key: each.key.as_ref(),
            variables: around.variables,
            ready: VecDeque::new(),
            more: None,
            none: "`for_each` gave no elements".to_owned(),
            seen: HashSet::new(),
        };
        match &each.of {
            Of::Filter(filter) => elements.ready = values(filter, each, around).await?.into(),
            Of::Records(collection) => {
                elements.none = format!("the collection `{collection}` has no records");
                elements.more = Some(More { collection, as_of: caller.clock.now(), after: None });
            }
            Of::Files { folder, glob } => {
                let found = files::files(&caller.ledger, folder, glob).await?;
                let most = around.limits.items;
                if found.len() as u64 > most {
                    let reason = format!("`{glob}` matches {} files, and `limits.items` is {most}", found.len());
                    return Err(Failure::new(Kind::TooManyItems, reason));
                }
                elements.none = match found.len() {
                    0 => format!("no file matches `{glob}`"),
                    files => format!("none of the {files} files is new or has changed since it was sent"),
                };
                let sent = caller.ledger.uploaded(&job.name, &call.name).await.map_err(unread)?;
                elements.ready = changed(found, &sent).map(of_file).collect();
            }
        }
        elements.check()?;
        Ok(elements)
    }

    /// Looks at all keys that are known, before anything is sent.
    fn check(&self) -> Result<(), Failure> {
        let mut keys = HashSet::with_capacity(self.ready.len());
        match self.ready.iter().find(|element| !keys.insert(element.key.as_str())) {
            Some(twice) => Err(comes_twice(&twice.key)),
            None => Ok(()),
        }
    }

    /// Why there are none, if there are none.
    pub(super) fn none(&self) -> &str {
        &self.none
    }

    /// How many there are; `None` where that shows only on the way.
    pub(super) fn count(&self) -> Option<u64> {
        self.more.is_none().then_some(self.ready.len() as u64)
    }

    /// The next one; `None` when there are no more. Two with one key are a failure.
    pub(super) async fn next(&mut self) -> Result<Option<Element>, Failure> {
        while self.ready.is_empty() {
            let Some(more) = &mut self.more else { return Ok(None) };
            let after = more.after.as_deref();
            let stored = self.caller.ledger.stored(more.collection, more.as_of, after).await.map_err(unread)?;
            let Some(last) = stored.last() else { return Ok(None) };
            more.after = Some(last.key.clone());
            self.ready = of_records(stored, self.key, self.variables).await?.into();
        }
        let Some(element) = self.ready.pop_front() else { return Ok(None) };
        if !self.seen.insert(element.key.clone()) {
            return Err(comes_twice(&element.key));
        }
        Ok(Some(element))
    }
}

fn comes_twice(key: &str) -> Failure {
    Failure::new(Kind::Filter, format!("two elements of `for_each` have the key `{key}`"))
}

async fn values(filter: &Filter, each: &Each, around: &Around<'_>) -> Result<Vec<Element>, Failure> {
    let (filter, key, variables) = (filter.clone(), each.key.clone(), around.variables.clone());
    let most = usize::try_from(around.limits.items).unwrap_or(usize::MAX);
    let work = move || {
        let values = filter.many(&Json::null(), &variables, most)?;
        values.into_iter().map(|value| of_value(value, key.as_ref(), &variables)).collect()
    };
    aside::filtered(Begin::Here, work).await
}

fn of_value(value: Json, key: Option<&Filter>, variables: &Variables) -> Result<Element, Failure> {
    let key = match key {
        Some(filter) => one_key(filter, &value, variables, "an element of `for_each`")?,
        None => key_of(&value).ok_or_else(|| {
            let what = no_key(&value);
            let reason = format!("an element of `for_each` is {what}: write `each_key` to say what it is known by");
            Failure::new(Kind::Filter, reason)
        })?,
    };
    Ok(Element { key, value, file: None })
}

async fn of_records(stored: Vec<Stored>, key: Option<&Filter>, variables: &Variables) -> Result<Vec<Element>, Failure> {
    let (key, variables) = (key.cloned(), variables.clone());
    let work = move || {
        stored.iter().map(|record| of_record(record.key.clone(), &record.body, key.as_ref(), &variables)).collect()
    };
    aside::filtered(Begin::Here, work).await
}

fn of_record(key: String, body: &str, filter: Option<&Filter>, variables: &Variables) -> Result<Element, Failure> {
    let value = Json::parse(body.as_bytes())
        .map_err(|error| Failure::new(Kind::Store, format!("the record `{key}` cannot be read: {error}")))?;
    let key = match filter {
        Some(filter) => one_key(filter, &value, variables, "an element of `for_each`")?,
        None => key,
    };
    Ok(Element { key, value, file: None })
}

/// The files that were not sent as they are now.
fn changed(found: Vec<UploadFile>, sent: &BTreeMap<String, String>) -> impl Iterator<Item = UploadFile> {
    found.into_iter().filter(|file| sent.get(&file.key) != Some(&file.sha256))
}

fn of_file(file: UploadFile) -> Element {
    Element { key: file.key.clone(), value: file.as_json(), file: Some(file) }
}

fn unread(unwritten: Unwritten) -> Failure {
    match unwritten {
        Unwritten::Lost => Failure::new(Kind::Stopped, "another process took the run over"),
        Unwritten::Failed(why) => Failure::new(Kind::Store, format!("what was kept before cannot be read: {why}")),
    }
}
