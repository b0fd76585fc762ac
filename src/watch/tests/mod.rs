//! What holds of the whole.

mod months;
mod simulation;
