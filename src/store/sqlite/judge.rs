//! Whether a tick may run.
