//! What `audit` expects, against the oracle.
