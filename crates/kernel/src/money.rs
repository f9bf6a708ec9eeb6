//! Money is whole đồng.

use serde::{Deserialize, Serialize};

/// An amount in whole đồng (the đồng has no smaller coin in use).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Money(pub i64);
