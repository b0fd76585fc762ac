//! R3: a disk, a file or a lock that goes wrong.
