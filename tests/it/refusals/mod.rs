//! What a person is told when a token or a call is refused, through the real binary.

mod clocks;
mod environments;
mod held;
mod hostile;
mod scopes;
mod secrets;
mod tokens;
mod told;
mod waiting;
