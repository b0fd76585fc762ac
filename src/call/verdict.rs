//! stub
use super::failure::Failure;
use crate::filter::{Json, Variables};
use crate::job::Poll;
use crate::run::Kind;
pub(super) enum Look {
    Done,
    Failed(String),
    NotYet,
}
pub(super) fn look(poll: &Poll, body: &Json, variables: &Variables) -> Result<Look, Failure> {
    if poll.until.one(body, variables)?.is_some_and(|v| v.is_truthy()) { Ok(Look::Done) } else { Ok(Look::NotYet) }
}
pub(super) fn overdue(_poll: &Poll) -> Failure {
    Failure::new(Kind::Deadline, "overdue")
}
