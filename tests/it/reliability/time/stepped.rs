//! Clocks that are set while jobs are served.
