//! Exact decimals of any length.

/// Placeholder until the real one lands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Decimal;
