//! What is looked at, and what was found.

/// A step of the live path of a job, in the order in which they are walked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The secrets that the job file names for it can be read.
    File,
    /// The names of its servers lead to addresses that may be called.
    Dns,
    /// Its servers answer.
    Connect,
    /// They prove who they are.
    Tls,
    /// Their clocks agree with that of this host.
    Clock,
    /// The token endpoint gives a token.
    Token,
    /// The token has the scopes that were asked for.
    Scopes,
    /// The API answers a call that changes nothing.
    Call,
}

impl Step {
    /// All, in order.
    pub const ALL: [Step; 8] =
        [Step::File, Step::Dns, Step::Connect, Step::Tls, Step::Clock, Step::Token, Step::Scopes, Step::Call];

    /// The word for people and for `--json`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Step::File => "file",
            Step::Dns => "dns",
            Step::Connect => "connect",
            Step::Tls => "tls",
            Step::Clock => "clock",
            Step::Token => "token",
            Step::Scopes => "scopes",
            Step::Call => "call",
        }
    }
}

impl Step {
    /// Whether the steps after it can be looked at when it is wrong: with a clock that is off a job may well succeed.
    pub(super) const fn is_beside_the_path(self) -> bool {
        matches!(self, Step::Clock)
    }
}

/// How a step was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Nothing is wrong, as far as one can see.
    Well,
    /// Something is wrong.
    Wrong,
    /// A step before it is wrong, so nobody looked.
    NotLookedAt,
}

/// What was found at a step. Scrubbed; it may hold words of a server, so it is to be cleaned before a terminal shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Where.
    pub step: Step,
    /// How it is.
    pub condition: Condition,
    /// What there is to say.
    pub detail: String,
    /// What to do; `None` where nothing is.
    pub remedy: Option<String>,
}
