//! R4: answers that go wrong.
