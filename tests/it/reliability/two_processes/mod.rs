//! R11: two processes on one store.

mod beside;
mod contained;
mod gone;
mod made;
mod serving;
