//! The verbs, through the real binary.

mod api;
mod audit;
mod backfill;
mod backup;
mod cancel;
mod check;
mod completions;
mod curl;
mod evidence;
mod diagnose;
mod export;
mod follow;
mod forbidden;
mod hand_over;
mod history;
mod init;
mod logs;
mod next;
mod pause;
mod repeat;
mod run;
