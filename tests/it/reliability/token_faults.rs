//! R5: token endpoints that go wrong.
