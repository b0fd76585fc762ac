//! Where a redirect leads, and addresses that are never called.

mod followed;
mod names;
