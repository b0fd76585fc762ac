//! R11: two processes on one store.
