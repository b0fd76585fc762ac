//! R10: what clocks and calendars do.

mod audited;
mod oracle;
mod stepped;
mod texts;
mod ticks;
mod windows;
