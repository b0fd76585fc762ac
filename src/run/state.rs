//! The closed lists of words: states, triggers, kinds of failure.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Defines an enum whose variants are words that the store and the outputs use.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$variant_doc])* #[serde(rename = $word)] $variant),+
        }

        impl $name {
            /// Every word, in order.
            pub const ALL: &[$name] = &[$($name::$variant),+];

            /// The word that stands in the store and in outputs.
            pub const fn as_str(self) -> &'static str {
                match self { $($name::$variant => $word),+ }
            }

            /// The value of a word; `None` for a word that is not in the list.
            pub fn from_word(word: &str) -> Option<$name> {
                match word { $($word => Some($name::$variant),)+ _ => None }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }
    };
}
pub(super) use words;

words! {
    /// Where a run stands. Final states are written once.
    RunState {
        /// Claimed, not begun.
        Waiting = "waiting",
        /// Its credential is refused; it waits for a person.
        Held = "held",
        /// Under way.
        Running = "running",
        /// Every call was answered as expected.
        Succeeded = "succeeded",
        /// A call failed for a reason that may pass by itself.
        Failed = "failed",
        /// An API refused, and a person must mend it.
        Refused = "refused",
        /// Not begun: overlap, paused, or the job it comes after did not succeed.
        Skipped = "skipped",
        /// Outside the catch-up window.
        Missed = "missed",
        /// Its process died or was stopped.
        Interrupted = "interrupted",
    }
}

impl RunState {
    /// Whether a run in this state still has work ahead.
    pub const fn is_live(self) -> bool {
        matches!(self, RunState::Waiting | RunState::Held | RunState::Running)
    }
}

words! {
    /// Where a call stands.
    CallState {
        /// Handed to the network; whether it took effect is not known.
        Sending = "sending",
        /// Under way.
        Running = "running",
        /// Answered as expected.
        Succeeded = "succeeded",
        /// Failed for a reason that may pass by itself.
        Failed = "failed",
        /// The API refused it.
        Refused = "refused",
        /// Not made: its condition was not met, or an earlier call failed.
        Skipped = "skipped",
        /// Its process died or was stopped.
        Interrupted = "interrupted",
    }
}

words! {
    /// What started a run.
    Trigger {
        /// Its schedule.
        Schedule = "schedule",
        /// Its schedule, later than planned.
        CatchUp = "catch_up",
        /// A person or a program.
        Manual = "manual",
        /// An earlier run that did not end well.
        Repeat = "repeat",
    }
}

words! {
    /// What went wrong with a run, a call or an attempt. A closed list that people build alerts on.
    Kind {
        /// The host's name does not resolve.
        Dns = "dns",
        /// The host does not accept the connection.
        Connect = "connect",
        /// The TLS handshake failed.
        Tls = "tls",
        /// One attempt took longer than `timeout`.
        Timeout = "timeout",
        /// The run took longer than `deadline`, or a wait would have.
        Deadline = "deadline",
        /// The connection broke while in use.
        Reset = "reset",
        /// The answer is not HTTP.
        Protocol = "protocol",
        /// The body is larger than `limits.body`.
        TooLarge = "too_large",
        /// The body's compression or text encoding is broken.
        Encoding = "encoding",
        /// The body was to be JSON and is not.
        NotJson = "not_json",
        /// The answer is a redirect, which is not followed.
        Redirect = "redirect",
        /// The address is one that is never called.
        BlockedTarget = "blocked_target",
        /// The status is not one that was expected.
        Status = "status",
        /// `expect.that` does not hold.
        Expect = "expect",
        /// A filter failed.
        Filter = "filter",
        /// A template had no value, null, or several.
        MissingValue = "missing_value",
        /// A page's cursor was seen before.
        CursorRepeats = "cursor_repeats",
        /// The list says that there is more and gives no cursor.
        CursorMissing = "cursor_missing",
        /// More pages than `limits.pages`.
        TooManyPages = "too_many_pages",
        /// More items than `limits.items`.
        TooManyItems = "too_many_items",
        /// The API asks to wait longer than the run may take.
        RateLimited = "rate_limited",
        /// No bearer could be had.
        Token = "token",
        /// The API refused.
        Refused = "refused",
        /// A file could not be sent.
        Upload = "upload",
        /// A fault in apicron.
        Panic = "panic",
        /// The store could not be written.
        Store = "store",
        /// The process was stopped.
        Stopped = "stopped",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_leads_back_to_its_value() {
        for &state in RunState::ALL {
            assert_eq!(RunState::from_word(state.as_str()), Some(state));
        }
        for &kind in Kind::ALL {
            assert_eq!(Kind::from_word(kind.as_str()), Some(kind));
        }
        assert_eq!(Kind::from_word("bad luck"), None);
    }
}
