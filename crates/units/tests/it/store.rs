//! Units in the store, on both engines.
