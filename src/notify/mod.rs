//! Messages out: the heartbeat, a call that says that all is well, and [messages of alerts](send).
//!
//! Where messages go is secret: such an address is read from its source when it is used, is known to
//! redaction, and stands in no error.

mod address;
mod channel;
mod line;
mod ping;
mod told;

pub use address::AddressError;
pub use channel::{LARGEST_BATCH, Next, SendError, Sent, Step, repeat, send};
pub use line::Line;
pub use ping::{PingError, ping};
pub use told::{Beside, message, still};
