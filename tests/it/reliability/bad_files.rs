//! R6: job files that are wrong.
