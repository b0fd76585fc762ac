//! R12: filters that would loop, grow, recurse or reach outside.

mod growing;
mod refused;
