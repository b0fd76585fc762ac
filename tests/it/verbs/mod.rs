//! The verbs, through the real binary.

mod check;
mod history;
mod init;
mod logs;
mod next;
mod run;
