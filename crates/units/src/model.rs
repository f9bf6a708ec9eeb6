//! The nouns: units and agencies as the store keeps them.

use kernel::{Day, UnitId};
use serde::Serialize;

/// Days before and after everything: an open side of a validity.
pub const OPEN_FROM: i64 = -999_999;
pub const OPEN_TO: i64 = 9_999_999;

/// A unit as it stands in the store. Its id never changes; everything else is an attribute that can be corrected.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Unit {
    pub id: UnitId,
    /// `province`, `district`, `commune` (wards and townships stand at this level), `village`.
    pub level: String,
    /// `province`, `provincial_city`, `rural_district`, `commune`, `township`, `ward`.
    pub kind: String,
    /// The official code; read it with a day, for it may live on with another extent.
    pub code: String,
    pub name: String,
    pub parent: Option<UnitId>,
    /// Inclusive; `null` where open.
    pub valid_from: Option<Day>,
    pub valid_to: Option<Day>,
    pub lat: Option<f64>,
    pub lon: Option<f64>,
    pub confidence: String,
    pub note: String,
}

impl Unit {
    /// Whether commune sets judge it: wards and townships are shown, not judged.
    pub fn is_judged_commune(&self) -> bool {
        self.kind == "commune"
    }

    pub fn valid_on(&self, day: Day) -> bool {
        self.valid_from.is_none_or(|from| from <= day) && self.valid_to.is_none_or(|to| day <= to)
    }
}

/// How a unit went into another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Succession {
    pub from: UnitId,
    pub to: UnitId,
    pub day: Day,
    /// Whether the whole unit went over; a part is shown as such and never split silently.
    pub whole: bool,
    pub main: bool,
    pub confidence: String,
}

/// An agency: a department, the Front, an association.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Agency {
    pub id: i64,
    pub code: String,
    pub kind: String,
    pub name_vi: String,
    pub name_en: String,
    pub valid_from: Option<Day>,
    pub valid_to: Option<Day>,
    pub successor: Option<i64>,
    pub confidence: String,
    /// The units whose agency it is; a role in it reaches under these.
    pub units: Vec<UnitId>,
}

impl Agency {
    /// Whether it has not ended by a day.
    pub fn stands_on(&self, day: Day) -> bool {
        self.valid_to.is_none_or(|to| to >= day)
    }
}
