//! R10: what clocks and calendars do.
