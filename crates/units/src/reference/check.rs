//! Whether the shipped facts agree with each other; every line that does not, for those who edit the files.

use super::{BadLine, Reference, ShippedUnit};
use crate::{Edge, Succession, calendar, rules, store::stored};
use kernel::{Day, UnitId};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Ids below this belong to the shipped data.
const FIRST_OWN: i64 = crate::store::FIRST_OWN_ID;

/// The line of the nth record: the headings are line 1, no record spans lines.
fn line(at: usize) -> u64 {
    at as u64 + 2
}

fn overlap(a: (Option<Day>, Option<Day>), b: (Option<Day>, Option<Day>)) -> bool {
    let before = |to: Option<Day>, from: Option<Day>| matches!((to, from), (Some(to), Some(from)) if to < from);
    !before(a.1, b.0) && !before(b.1, a.0)
}

impl Reference {
    /// Every line that contradicts another or itself; empty for what may be shipped.
    pub fn check(&self) -> Vec<BadLine> {
        let mut found = Vec::new();
        let by_id: HashMap<UnitId, &ShippedUnit> = self.units.iter().map(|u| (u.id, u)).collect();
        self.check_units(&by_id, &mut found);
        self.check_succession(&by_id, &mut found);
        let bad = |file, at, message: String| BadLine { file, line: line(at), message };
        let confident = |c: &str| ["verified", "recalled", "unknown"].contains(&c);
        for (at, member) in self.groups.iter().enumerate() {
            match by_id.get(&member.unit) {
                None => found.push(bad("groups.csv", at, format!("there is no unit {}", member.unit))),
                Some(unit) if !overlap((member.from, member.to), (unit.valid_from, unit.valid_to)) => {
                    found.push(bad(
                        "groups.csv",
                        at,
                        format!("unit {} was never a member while in force", member.unit),
                    ));
                }
                Some(_) => {}
            }
        }
        for (at, attribute) in self.attributes.iter().enumerate() {
            if !by_id.contains_key(&attribute.unit) {
                found.push(bad("attributes.csv", at, format!("there is no unit {}", attribute.unit)));
            }
            if !rules::ATTRIBUTES.contains(&attribute.attribute.as_str()) {
                found.push(bad("attributes.csv", at, format!("the law reads no attribute {:?}", attribute.attribute)));
            }
            if attribute.source.is_empty() || !confident(&attribute.confidence) {
                found.push(bad("attributes.csv", at, "source or confidence is missing".into()));
            }
        }
        let agencies: BTreeSet<i64> = self.agencies.iter().map(|a| a.id).collect();
        if agencies.len() < self.agencies.len() {
            found.push(bad("agencies.csv", 0, "an id stands twice".into()));
        }
        for (at, agency) in self.agencies.iter().enumerate() {
            if agency.successor.is_some_and(|s| !agencies.contains(&s) || s == agency.id) {
                found.push(bad("agencies.csv", at, "the successor does not exist".into()));
            }
            if let Some(unit) = agency.units.iter().find(|unit| !by_id.contains_key(unit)) {
                found.push(bad("agencies.csv", at, format!("there is no unit {unit}")));
            }
            if agency.successor.is_some() && agency.valid_to.is_none() || !confident(&agency.confidence) {
                found.push(bad("agencies.csv", at, "has a successor and no last day, or no confidence".into()));
            }
        }
        self.check_calendar(&mut found);
        found
    }

    fn check_calendar(&self, found: &mut Vec<BadLine>) {
        let mut days = BTreeSet::new();
        for (at, shipped) in self.calendar.iter().enumerate() {
            let mut bad = |message: String| found.push(BadLine { file: "calendar.csv", line: line(at), message });
            if !days.insert(shipped.day) {
                bad(format!("{} stands twice", shipped.day));
            }
            let entered = calendar::Change {
                day: Some(shipped.day),
                kind: shipped.kind.name().into(),
                name_vi: shipped.name_vi.clone(),
                name_en: shipped.name_en.clone(),
                source: shipped.source.clone(),
                confidence: shipped.confidence.clone(),
                note: shipped.note.clone(),
                seen: 0,
            };
            // The same checks as for what is entered by hand.
            for problem in calendar::check(shipped.day.year(), &entered) {
                bad(problem.phrase.key.to_owned());
            }
        }
    }

    fn check_units(&self, by_id: &HashMap<UnitId, &ShippedUnit>, found: &mut Vec<BadLine>) {
        let mut ids = BTreeSet::new();
        let mut codes: BTreeMap<(&str, &str), Vec<&ShippedUnit>> = BTreeMap::new();
        for (at, shipped) in self.units.iter().enumerate() {
            let mut bad = |message: String| found.push(BadLine { file: "units.csv", line: line(at), message });
            let unit = stored(shipped);
            if !(1..FIRST_OWN).contains(&shipped.id.0) || !ids.insert(shipped.id) {
                bad(format!("id {} is used twice or out of range", shipped.id));
            }
            let parent = shipped.parent.and_then(|p| by_id.get(&p)).map(|p| stored(p));
            if shipped.parent.is_some() != parent.is_some() || shipped.parent.is_none() && unit.level != "province" {
                bad("the parent does not exist".into());
            }
            // The same checks as for what is entered by hand.
            for problem in rules::check_unit(&unit, parent.as_ref(), &[], "reference") {
                bad(problem.phrase.key.to_owned());
            }
            let same =
                codes.entry((if unit.level == "commune" { "commune" } else { "above" }, &shipped.code)).or_default();
            let span = |u: &ShippedUnit| (u.valid_from, u.valid_to);
            if let Some(other) = same.iter().find(|o| o.level == shipped.level && overlap(span(o), span(shipped))) {
                bad(format!("code {} is that of unit {} at the same time", shipped.code, other.id));
            }
            same.push(shipped);
        }
    }

    fn check_succession(&self, by_id: &HashMap<UnitId, &ShippedUnit>, found: &mut Vec<BadLine>) {
        let mut pairs = BTreeSet::new();
        for (at, step) in self.succession.iter().enumerate() {
            let mut bad = |message: String| found.push(BadLine { file: "succession.csv", line: line(at), message });
            if !pairs.insert((step.from, step.to)) {
                bad("the step stands twice".into());
            }
            match (by_id.get(&step.from), by_id.get(&step.to)) {
                (Some(from), Some(to)) => {
                    if from.valid_to != Some(step.day.yesterday()) {
                        bad(format!("unit {} did not end on the eve", from.id));
                    }
                    if to.valid_from != Some(step.day) {
                        bad(format!("unit {} did not begin on the day", to.id));
                    }
                }
                _ => bad("one of the units does not exist".into()),
            }
        }
        let edges = self.succession.iter().map(|s| Edge {
            from: s.from,
            to: s.to,
            day: s.day,
            whole: s.whole,
            main: s.main,
            confidence: s.confidence.clone(),
        });
        let history = Succession::new(edges);
        for impossible in history.check() {
            found.push(BadLine { file: "succession.csv", line: 0, message: impossible.to_string() });
        }
    }
}
