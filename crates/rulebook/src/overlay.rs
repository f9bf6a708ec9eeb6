//! Overlays and confirmations: numbers laid onto a shipped set, each with its citation. The shipped text never changes.

use crate::model::{Confidence, Kind, Op, OverlayMark, Requirement, Rulebook};
use kernel::Day;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// Where an overlay's numbers come from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Citation {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<Day>,
    pub issuer: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// One requirement that an overlay replaces.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetRequirement {
    pub set: String,
    pub no: String,
    pub requirement: Requirement,
    pub confidence: Confidence,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// The count of listed indicators an overlay replaces (an illustrative overlay may call a short list complete).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetCounts {
    pub set: String,
    pub indicators_listed: u32,
}

/// A number that was seen and is now confirmed with the citing document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Confirm {
    pub set: String,
    pub no: String,
    /// The document, its number and day.
    pub document: String,
    pub date: Day,
    /// The requirement as it stands in the document, where it differs from what was recalled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requirement: Option<Requirement>,
}

/// An overlay file: provincial thresholds, confirmations, or the demo's illustrative numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Overlay {
    pub id: String,
    pub title_vi: String,
    pub title_en: String,
    #[serde(default)]
    pub illustrative: bool,
    pub from: Day,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Day>,
    pub citation: Citation,
    #[serde(default)]
    pub set_requirement: Vec<SetRequirement>,
    #[serde(default)]
    pub set_counts: Vec<SetCounts>,
    #[serde(default)]
    pub confirm: Vec<Confirm>,
}

/// An overlay names something the set does not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoSuchIndicator {
    pub overlay: String,
    pub set: String,
    pub no: String,
}

impl Overlay {
    /// The sets it touches.
    pub fn sets(&self) -> impl Iterator<Item = &str> {
        (self.set_requirement.iter().map(|s| s.set.as_str()))
            .chain(self.confirm.iter().map(|c| c.set.as_str()))
            .chain(self.set_counts.iter().map(|c| c.set.as_str()))
    }

    /// The indicators that it names of a set and that the set does not have, or that are of a kind which cannot be asked for
    /// as it asks, whatever the day. Cost: a walk through the set.
    pub fn missing_in(&self, book: &Rulebook) -> Vec<String> {
        let laid = self.set_requirement.iter().map(|s| (&s.set, &s.no, Some(s.requirement.op)));
        let confirmed = self.confirm.iter().map(|c| (&c.set, &c.no, c.requirement.as_ref().map(|r| r.op)));
        let all = laid.chain(confirmed).filter(|(set, ..)| **set == book.set);
        let named: Vec<(&String, Option<Op>)> = all.map(|(_, no, op)| (no, op)).collect();
        if named.is_empty() {
            return Vec::new();
        }
        let mut there: HashMap<&str, Vec<Kind>> = HashMap::new();
        book.walk(|_, i| {
            let kinds = std::iter::once(i.kind).chain(i.amended.iter().filter_map(|a| a.kind));
            there.insert(i.no.as_str(), kinds.collect());
        });
        let fits = |no: &String, op: Option<Op>| {
            there.get(no.as_str()).is_some_and(|kinds| op.is_none_or(|op| kinds.iter().any(|kind| op.fits(*kind))))
        };
        named.into_iter().filter(|(no, op)| !fits(no, *op)).map(|(no, _)| no.clone()).collect()
    }

    /// Lays this overlay onto a set, for a judging on `day`: whole, or not at all where the set lacks something that it
    /// names. Outside its time it changes nothing.
    pub fn lay_on(&self, book: &mut Rulebook, day: Day) -> Result<(), NoSuchIndicator> {
        if day < self.from || self.to.is_some_and(|to| day > to) {
            return Ok(());
        }
        let set = book.set.clone();
        // Before anything is changed: half a decision is nobody's law.
        if let Some(no) = self.missing_in(book).into_iter().next() {
            return Err(NoSuchIndicator { overlay: self.id.clone(), set, no });
        }
        let mark =
            |citation: String| Some(OverlayMark { id: self.id.clone(), citation, illustrative: self.illustrative });
        let cited = [
            self.citation.number.clone(),
            self.citation.date.map(|d| d.to_string()),
            Some(self.citation.issuer.clone()),
        ];
        let cited = cited.into_iter().flatten().collect::<Vec<_>>().join(", ");
        for change in self.set_requirement.iter().filter(|c| c.set == set) {
            let Some(indicator) = book.find_mut(&change.no) else { continue };
            indicator.requirement = change.requirement.clone();
            indicator.confidence = change.confidence;
            // What is laid on from a later day on replaces what an amendment asked before it.
            for amended in indicator.amended.iter_mut().filter(|a| a.from < self.from && a.requirement.is_some()) {
                amended.requirement = Some(change.requirement.clone());
                amended.confidence = Some(change.confidence);
            }
            if change.source.is_some() {
                indicator.source.clone_from(&change.source);
            }
            indicator.overlay = mark(cited.clone());
        }
        for change in self.set_counts.iter().filter(|c| c.set == set) {
            if let Some(counts) = &mut book.counts {
                counts.indicators_listed = change.indicators_listed;
            }
        }
        for confirm in self.confirm.iter().filter(|c| c.set == set) {
            let Some(indicator) = book.find_mut(&confirm.no) else { continue };
            if let Some(requirement) = &confirm.requirement {
                indicator.requirement = requirement.clone();
            }
            indicator.confidence = Confidence::Verified;
            // The document says how the text stood on its day: later amendments stay to be confirmed.
            for amended in
                indicator.amended.iter_mut().filter(|a| a.from <= confirm.date || a.by.contains(&confirm.document))
            {
                amended.confidence = Some(Confidence::Verified);
                if confirm.requirement.is_some() {
                    amended.requirement.clone_from(&confirm.requirement);
                }
            }
            indicator.source = Some(confirm.document.clone());
            indicator.overlay = mark(format!("{}, {}", confirm.document, confirm.date));
        }
        Ok(())
    }
}
