//! A table whose cells are shaded by their number: the number stands in each, so the shade only helps.

use crate::scale::place;
use kernel::Decimal;
use serde::Serialize;

/// Shades, from the palest to the deepest.
pub const LEVELS: u8 = 5;

/// A cell: what it says and its shade, none where the number is missing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Heat {
    pub said: String,
    pub level: Option<u8>,
}

/// Shades numbers by where they lie between the least and the greatest; all equal are all in the middle.
pub fn heat(rows: &[Vec<Option<Decimal>>], missing: &str, say: &dyn Fn(&Decimal) -> String) -> Vec<Vec<Heat>> {
    let places = rows.iter().flatten().flatten().filter_map(place);
    let (low, high) = places.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), at| (low.min(at), high.max(at)));
    let level = |at: f64| match (at - low) / (high - low) {
        share if share.is_finite() => ((share * f64::from(LEVELS)) as u8).min(LEVELS - 1),
        _ => LEVELS / 2,
    };
    let cell = |value: &Option<Decimal>| Heat {
        said: value.as_ref().map_or_else(|| missing.to_owned(), say),
        level: value.as_ref().and_then(place).map(level),
    };
    rows.iter().map(|row| row.iter().map(cell).collect()).collect()
}
