//! The verbs, through the real binary.

mod audit;
mod backup;
mod check;
mod completions;
mod export;
mod follow;
mod history;
mod init;
mod logs;
mod next;
mod pause;
mod run;
