//! Chats, which can be deleted.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};

use super::reply::Problem;
use super::usage::iso;
use crate::clock::Time;

const CHATS: [(&str, &str); 3] =
    [("chat_demo1", "Returns"), ("chat_demo2", "Opening hours"), ("chat_demo3", "Spare parts")];

/// The chats that are left.
#[derive(Debug)]
pub(super) struct Chats {
    started: Time,
    deleted: Mutex<BTreeSet<&'static str>>,
}

impl Chats {
    pub(super) fn new(started: Time) -> Chats {
        Chats { started, deleted: Mutex::default() }
    }

    pub(super) fn list(&self) -> Vec<Value> {
        let deleted = self.deleted.lock().unwrap_or_else(PoisonError::into_inner);
        let at = iso(self.started);
        let describe = |&(id, title): &_| {
            json!({
                "id": id,
                "modelId": "model-demo-1",
                "title": title,
                "status": null,
                "createdAt": at,
                "updatedAt": at,
            })
        };
        CHATS.iter().filter(|(id, _)| !deleted.contains(id)).map(describe).collect()
    }

    pub(super) fn delete(&self, id: &str) -> Result<(), Problem> {
        let unknown = || Problem::new(404, format!("Chat {id} not found."));
        let (id, _) = CHATS.iter().find(|(known, _)| *known == id).ok_or_else(unknown)?;
        let is_new = self.deleted.lock().unwrap_or_else(PoisonError::into_inner).insert(id);
        if is_new { Ok(()) } else { Err(unknown()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chat_is_deleted_once() {
        let chats = Chats::new("2026-11-24T12:00:00Z".parse().expect("a time"));
        assert_eq!(chats.delete("chat_demo2"), Ok(()));
        assert_eq!(chats.delete("chat_demo2").expect_err("gone").status, 404);
        assert_eq!(chats.delete("chat_none").expect_err("unknown").status, 404);
        assert_eq!(chats.list().len(), 2);
    }
}
