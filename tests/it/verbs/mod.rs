//! The verbs, through the real binary.

mod backfill;
mod cancel;
mod check;
mod hand_over;
mod history;
mod init;
mod logs;
mod next;
mod repeat;
mod run;
