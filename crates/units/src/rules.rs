//! What may be said of units: pure checks, each problem with its field.

use crate::{Edge, model::Unit};
use kernel::{Day, Phrase, Problem, UnitId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Levels from the top, and the kinds of units that stand at each.
pub const LEVELS: [(&str, &[&str]); 4] = [
    ("province", &["province", "municipality"]),
    ("district", &["rural_district", "urban_district", "town", "provincial_city"]),
    ("commune", &["commune", "ward", "township", "special_zone"]),
    ("village", &["village", "neighbourhood"]),
];

/// The attributes that the law reads.
pub const ATTRIBUTES: [&str; 7] = [
    "region",
    "group",
    "ethnic_mountainous",
    "special_difficulty",
    "former_base_area",
    "island_border",
    "more_than_3_schools",
];

/// How sure what is said of a unit is.
const CONFIDENCES: [&str; 3] = ["verified", "recalled", "unknown"];

/// How deep a level lies, the province first.
pub fn depth(level: &str) -> Option<usize> {
    LEVELS.iter().position(|(name, _)| *name == level)
}

/// A field to correct; `None` leaves it. An outer `Some` around `None` empties it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Correction {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    #[serde(deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<Option<Day>>,
    #[serde(deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    pub valid_to: Option<Option<Day>>,
    #[serde(deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    pub parent: Option<Option<UnitId>>,
    /// Latitude and longitude of a point inside, in degrees.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub point: Option<(f64, f64)>,
    /// `verified`, `recalled`, `unknown`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confidence: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// The document that says so.
    pub source: String,
}

/// A field that is there, even as null.
fn given<'de, T: Deserialize<'de>, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::<T>::deserialize(deserializer).map(Some)
}

impl Correction {
    /// The unit as corrected.
    pub fn apply(&self, unit: &Unit) -> Unit {
        let text =
            |new: &Option<String>, old: &String| new.as_ref().map_or_else(|| old.clone(), |t| t.trim().to_owned());
        Unit {
            id: unit.id,
            level: unit.level.clone(),
            kind: text(&self.kind, &unit.kind),
            code: text(&self.code, &unit.code),
            name: text(&self.name, &unit.name),
            parent: self.parent.unwrap_or(unit.parent),
            valid_from: self.valid_from.unwrap_or(unit.valid_from),
            valid_to: self.valid_to.unwrap_or(unit.valid_to),
            lat: self.point.map_or(unit.lat, |p| Some(p.0)),
            lon: self.point.map_or(unit.lon, |p| Some(p.1)),
            confidence: text(&self.confidence, &unit.confidence),
            note: text(&self.note, &unit.note),
        }
    }
}

fn problem(key: &'static str, field: impl Into<String>) -> Problem {
    Problem::input(Phrase::new(key)).at_field(field)
}

fn overlap(a: &Unit, b: &Unit) -> bool {
    let before = |to: Option<Day>, from: Option<Day>| matches!((to, from), (Some(to), Some(from)) if to < from);
    !before(a.valid_to, b.valid_from) && !before(b.valid_to, a.valid_from)
}

/// Checks a unit as it would be stored. `rivals`: the units that ever had its code.
pub fn check_unit(unit: &Unit, parent: Option<&Unit>, rivals: &[Unit], source: &str) -> Vec<Problem> {
    let mut found = Vec::new();
    if unit.name.is_empty() {
        found.push(problem("units-name-empty", "name"));
    }
    if unit.code.is_empty() {
        found.push(problem("units-code-empty", "code"));
    }
    if source.trim().is_empty() {
        found.push(problem("units-source-empty", "source"));
    }
    let kinds = LEVELS.iter().find(|(level, _)| *level == unit.level).map_or(&[][..], |(_, kinds)| kinds);
    if !kinds.contains(&unit.kind.as_str()) {
        found.push(problem("units-kind-unknown", "kind"));
    }
    if !CONFIDENCES.contains(&unit.confidence.as_str()) {
        found.push(problem("units-confidence-unknown", "confidence"));
    }
    if matches!((unit.valid_from, unit.valid_to), (Some(from), Some(to)) if to < from) {
        found.push(problem("units-ends-before-it-begins", "valid_to"));
    }
    if !point_fits(unit.lat, unit.lon) {
        found.push(problem("units-point-outside", "point"));
    }
    match parent {
        Some(parent) if parent.id == unit.id || depth(&parent.level) >= depth(&unit.level) => {
            found.push(problem("units-parent-level", "parent"));
        }
        Some(parent) if !overlap(parent, unit) => found.push(problem("units-parent-not-in-force", "parent")),
        _ => {}
    }
    let rival = rivals.iter().find(|r| r.id != unit.id && r.level == unit.level && overlap(r, unit));
    if let Some(rival) = rival {
        let phrase = Phrase::new("units-code-taken").with("code", unit.code.as_str()).with("name", rival.name.as_str());
        found.push(Problem::input(phrase).at_field("code"));
    }
    found
}

fn point_fits(lat: Option<f64>, lon: Option<f64>) -> bool {
    lat.is_none_or(|v| (-90.0..=90.0).contains(&v)) && lon.is_none_or(|v| (-180.0..=180.0).contains(&v))
}

/// What the law shall read of a unit, and of all under it that have no value of their own, from a day on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attribute {
    /// One of [`ATTRIBUTES`].
    pub attribute: String,
    /// `true` or `false`; a word of the law for region and group.
    pub value: String,
    /// Its first day; `null`: it was always so.
    #[serde(default)]
    pub from: Option<Day>,
    /// The document that says so.
    pub source: String,
    /// `verified` (whoever sends it read the document), `recalled`, `unknown`.
    #[serde(default = "verified")]
    pub confidence: String,
}

fn verified() -> String {
    "verified".into()
}

/// Checks what the law shall read of a unit.
pub fn check_attribute(said: &Attribute) -> Vec<Problem> {
    let mut found = Vec::new();
    let words = ["region", "group"].contains(&said.attribute.as_str());
    if !ATTRIBUTES.contains(&said.attribute.as_str()) {
        found.push(problem("units-attribute-unknown", "attribute"));
    }
    if said.value.trim().is_empty() {
        found.push(problem("units-value-empty", "value"));
    } else if !words && !["true", "false"].contains(&said.value.as_str()) {
        found.push(problem("units-value-yes-no", "value"));
    }
    if said.source.trim().is_empty() {
        found.push(problem("units-source-empty", "source"));
    }
    if !CONFIDENCES.contains(&said.confidence.as_str()) {
        found.push(problem("units-confidence-unknown", "confidence"));
    }
    found
}

/// A unit that begins with a reorganisation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewUnit {
    pub name: String,
    pub code: String,
    pub level: String,
    pub kind: String,
    pub parent: Option<UnitId>,
    /// Latitude and longitude of a point inside, in degrees.
    #[serde(default)]
    pub point: Option<(f64, f64)>,
}

impl NewUnit {
    /// The unit on its first day.
    pub fn begin(&self, id: UnitId, plan: &Reorganisation) -> Unit {
        Unit {
            id,
            level: self.level.clone(),
            kind: self.kind.clone(),
            code: self.code.trim().to_owned(),
            name: self.name.trim().to_owned(),
            parent: self.parent,
            valid_from: Some(plan.day),
            valid_to: None,
            lat: self.point.map(|p| p.0),
            lon: self.point.map(|p| p.1),
            confidence: plan.confidence.clone(),
            note: plan.source.clone(),
        }
    }
}

/// An old unit, or a share of it, going into a new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Move {
    pub from: UnitId,
    /// Which of the plan's new units, counted from 0.
    pub to: usize,
    pub whole: bool,
    /// Whether this is the larger share.
    pub main: bool,
}

/// Units that end and begin on a day, by one decision.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reorganisation {
    /// The first day of the new units.
    pub day: Day,
    /// The decision.
    pub source: String,
    /// `verified`, `recalled`, `unknown`.
    pub confidence: String,
    pub units: Vec<NewUnit>,
    pub moves: Vec<Move>,
    /// The versions seen of units that end; where one was edited meanwhile, nothing is done.
    #[serde(default)]
    pub versions: BTreeMap<UnitId, i64>,
}

impl Reorganisation {
    /// Its steps of succession, once the new units have ids.
    pub fn edges(&self, ids: &[UnitId]) -> Vec<Edge> {
        let edge = |m: &Move| {
            let (day, confidence) = (self.day, self.confidence.clone());
            ids.get(m.to).map(|&to| Edge { from: m.from, to, day, whole: m.whole, main: m.main, confidence })
        };
        self.moves.iter().filter_map(edge).collect()
    }
}

/// Checks a reorganisation. `olds`: the units it moves; `parents`: those of its new units; `children`: the units directly
/// under the old ones on its day.
pub fn check_reorganisation(plan: &Reorganisation, olds: &[Unit], parents: &[Unit], children: &[Unit]) -> Vec<Problem> {
    let mut found = Vec::new();
    let eve = plan.day.yesterday();
    let mut shares: BTreeMap<UnitId, Vec<&Move>> = BTreeMap::new();
    for (at, step) in plan.moves.iter().enumerate() {
        let field = |name| format!("moves/{at}/{name}");
        match olds.iter().find(|u| u.id == step.from) {
            None => {
                found
                    .push(Problem::input(Phrase::new("units-unknown").with("id", step.from.0)).at_field(field("from")));
            }
            Some(old) if !old.valid_on(eve) || old.valid_to.is_some() => {
                let phrase = Phrase::new("units-ended-already").with("name", old.name.as_str());
                found.push(Problem::input(phrase).at_field(field("from")));
            }
            Some(old) if plan.units.get(step.to).is_some_and(|new| new.level != old.level) => {
                found.push(problem("units-other-level", field("to")));
            }
            Some(_) => {}
        }
        if step.to >= plan.units.len() {
            found.push(problem("units-no-such-new", field("to")));
        }
        shares.entry(step.from).or_default().push(step);
    }
    for (unit, steps) in shares {
        let name = olds.iter().find(|u| u.id == unit).map_or_else(String::new, |u| u.name.clone());
        let whole = steps.iter().any(|s| s.whole);
        let mains = steps.iter().filter(|s| s.main).count();
        let twice = (1..steps.len()).any(|i| steps[..i].iter().any(|s| s.to == steps[i].to));
        if whole && steps.len() > 1 || twice {
            found.push(Problem::input(Phrase::new("units-whole-twice").with("name", name.as_str())).at_field("moves"));
        } else if !whole && (steps.len() == 1 || mains != 1) {
            found.push(
                Problem::input(Phrase::new("units-shares-incomplete").with("name", name.as_str())).at_field("moves"),
            );
        }
    }
    for (at, new) in plan.units.iter().enumerate() {
        let unit = new.begin(UnitId(-1), plan);
        let parent = parents.iter().find(|p| Some(p.id) == new.parent);
        let mut problems = check_unit(&unit, parent, &[], &plan.source);
        if parent.is_none() && depth(&new.level) != Some(0) || parent.is_some_and(|p| p.valid_to.is_some()) {
            problems.push(problem("units-parent-not-in-force", "parent"));
        }
        if !plan.moves.iter().any(|m| m.to == at) {
            problems.push(problem("units-from-nothing", "name"));
        }
        found.extend(problems.into_iter().map(|mut p| {
            if let Some(kernel::Place::Field(field)) = &mut p.place {
                *field = format!("units/{at}/{field}");
            }
            p
        }));
    }
    if let Some(child) = children.iter().find(|c| !plan.moves.iter().any(|m| m.from == c.id)) {
        let phrase = Phrase::new("units-children-left").with("name", child.name.as_str());
        found.push(Problem::input(phrase).at_field("moves"));
    }
    if plan.moves.is_empty() {
        found.push(problem("units-nothing-moves", "moves"));
    }
    found
}
