//! The verbs, through the real binary.

mod check;
mod history;
mod init;
mod next;
mod run;
