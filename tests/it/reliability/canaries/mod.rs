//! R8: secrets have no way out.

mod modes;
