//! R5: token endpoints that go wrong.

mod crowd;
mod faults;
mod lives;
mod replies;
mod told;
