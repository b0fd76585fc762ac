//! The verbs, through the real binary.

mod alerts;
mod api;
mod audit;
mod backfill;
mod backup;
mod cancel;
mod check;
mod completions;
mod curl;
mod diagnose;
mod doctor;
mod evidence;
mod export;
mod follow;
mod forbidden;
mod hand_over;
mod history;
mod init;
mod logs;
mod next;
mod online;
mod pause;
mod repeat;
mod run;
mod token;
