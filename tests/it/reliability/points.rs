//! R2: a process that dies at a named point.
