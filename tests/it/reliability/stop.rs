//! R9: stops, second signals and reloads under load.
