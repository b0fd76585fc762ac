//! Messages as a mail, and the way to the mail server.

mod conversation;
mod letter;
mod server;

pub(super) use conversation::deliver;
#[cfg(test)]
pub(super) use conversation::deliver_over;
pub(super) use letter::{Letter, letter};
pub(super) use server::{Security, Server, server};
