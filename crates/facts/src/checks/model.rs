//! The nouns of checks.

use kernel::{Day, Decimal, UnitId};
use locale::Lang;
use rulebook::{Confidence, Kind, Measure};
use serde::{Deserialize, Deserializer, Serialize};
use std::{
    collections::{BTreeMap, HashMap},
    sync::OnceLock,
};

fn exact<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(|_| serde::de::Error::custom("no number"))
}

/// One way to doubt a figure (`reference/checks.toml`).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// Stable; hits are counted under it.
    pub id: String,
    pub name_vi: String,
    pub name_en: String,
    /// Why, with names in braces for what was found.
    pub reason_vi: String,
    pub reason_en: String,
    pub confidence: Confidence,
    pub source: String,
    /// No longer asked; its counts of earlier years stay.
    #[serde(default)]
    pub off: bool,
    pub rule: Rule,
}

/// What is asked.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Rule {
    /// Outside of fixed limits.
    Range { limits: Vec<Limit> },
    /// Far from last year: `points` of a percent, of other numbers `share` percent of the larger one.
    Jump {
        #[serde(deserialize_with = "exact")]
        points: Decimal,
        #[serde(deserialize_with = "exact")]
        share: Decimal,
    },
    /// Far from the median of similar units: more than `times` their MAD, which is at least `floor` percent of the median; in the
    /// narrowest circle of at least `least` others.
    Outlier { least: usize, times: f64, floor: f64 },
    /// A part is larger than its whole.
    Whole { parts: Vec<Part> },
    /// Parts do not add up to their total.
    Sum { totals: Vec<Total> },
    /// The denominator of a fraction is not the background number it counts, by more than `tolerance` percent.
    Base {
        #[serde(deserialize_with = "exact")]
        tolerance: Decimal,
        bases: Vec<Base>,
    },
    /// Neither a file nor a document.
    EvidenceMissing,
    /// The latest file came more than so many days before the year began.
    EvidenceOld { days: i64 },
    /// The same number, of `digits` significant digits or more, in `least` other units of the widest circle.
    Pasted { least: usize, digits: usize },
    /// What is declared of a computed measure is apart from what is computed, by more than `tolerance` percent.
    Computed {
        #[serde(deserialize_with = "exact")]
        tolerance: Decimal,
    },
}

impl Rule {
    /// The measures that it names.
    pub fn measures(&self) -> Vec<&str> {
        match self {
            Rule::Range { limits } => limits.iter().map(|one| one.measure.as_str()).collect(),
            Rule::Whole { parts } => parts.iter().flat_map(|one| [one.part.as_str(), &one.whole]).collect(),
            Rule::Base { bases, .. } => bases.iter().flat_map(|one| [one.measure.as_str(), &one.base]).collect(),
            Rule::Sum { totals } => {
                totals.iter().flat_map(|one| one.parts.iter().chain([&one.total])).map(String::as_str).collect()
            }
            _ => Vec::new(),
        }
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    pub measure: String,
    #[serde(deserialize_with = "exact")]
    pub least: Decimal,
    #[serde(deserialize_with = "exact")]
    pub most: Decimal,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    pub part: String,
    pub whole: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Base {
    pub measure: String,
    pub base: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Total {
    pub total: String,
    pub parts: Vec<String>,
    #[serde(deserialize_with = "exact")]
    pub tolerance: Decimal,
}

/// The checks that the product ships.
pub fn shipped() -> &'static [Check] {
    #[derive(Deserialize)]
    struct File {
        check: Vec<Check>,
    }
    static CHECKS: OnceLock<Vec<Check>> = OnceLock::new();
    CHECKS.get_or_init(|| {
        let read = toml::from_str::<File>(include_str!("../../../../reference/checks.toml"));
        read.expect("reference/checks.toml is well").check
    })
}

/// Which units are similar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CircleKind {
    District,
    Group,
    Province,
}

impl CircleKind {
    /// A stable word; `check-circle-…` says it.
    pub fn name(self) -> &'static str {
        match self {
            CircleKind::District => "district",
            CircleKind::Group => "group",
            CircleKind::Province => "province",
        }
    }
}

/// Similar units, the asked one left out, with their numbers by measure.
#[derive(Clone, Debug)]
pub struct Circle {
    pub kind: CircleKind,
    pub numbers: HashMap<String, Vec<(UnitId, Decimal)>>,
}

impl Circle {
    pub fn of(&self, measure: &str) -> &[(UnitId, Decimal)] {
        self.numbers.get(measure).map_or(&[], Vec::as_slice)
    }
}

/// What a unit says of a measure now.
#[derive(Clone, Debug)]
pub struct Now {
    pub kind: Kind,
    /// `None` of yes and no.
    pub number: Option<Decimal>,
    pub yes: bool,
    /// The denominator, of a fraction.
    pub under: Option<Decimal>,
    /// Whether the unit says it itself: then it needs proof.
    pub asked: bool,
    /// Whether its line names a document.
    pub noted: bool,
    /// When the latest file of evidence came.
    pub evidence: Option<Day>,
    /// What the formula of a computed measure gives, where something else is declared.
    pub computed: Option<Decimal>,
}

/// Everything that is known of a unit and year.
#[derive(Clone, Debug)]
pub struct About {
    pub year: i16,
    pub now: BTreeMap<String, Now>,
    /// Last year's numbers.
    pub before: HashMap<String, Decimal>,
    /// The narrowest first.
    pub circles: Vec<Circle>,
}

/// Something found, to be said in a reason. Kept with its hit, as JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    /// In the unit of the figure itself.
    Number(Decimal),
    /// A number of something else.
    Plain(Decimal),
    Yes(bool),
    Text(String),
    Day(Day),
    Measure(String),
    Circle(CircleKind),
    /// Units with their numbers; `None` of those whose numbers the reader does not see.
    Units(Vec<(UnitId, Option<Decimal>)>),
}

/// A check that doubts a figure.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    pub check: String,
    pub measure: String,
    /// By the name that the reason has in braces.
    pub facts: BTreeMap<String, Fact>,
}

impl Hit {
    /// The check that found it; `None` where it is no longer shipped.
    pub fn check(&self) -> Option<&'static Check> {
        shipped().iter().find(|check| check.id == self.check)
    }

    /// Units that it names.
    pub fn units(&self) -> impl Iterator<Item = UnitId> {
        self.facts
            .values()
            .filter_map(|fact| match fact {
                Fact::Units(units) => Some(units.iter().map(|(unit, _)| *unit)),
                _ => None,
            })
            .flatten()
    }

    /// Takes the numbers of those units away whose figures a reader does not see: a name is told, a draft is not.
    pub fn veil(&mut self, sees: impl Fn(UnitId) -> bool) {
        for fact in self.facts.values_mut() {
            let Fact::Units(units) = fact else { continue };
            units.iter_mut().filter(|(unit, _)| !sees(*unit)).for_each(|(_, number)| *number = None);
        }
    }

    /// Why, in words. `measure` names measures, `unit` units.
    pub fn reason<'m>(
        &self,
        lang: Lang,
        measure: impl Fn(&str) -> Option<&'m Measure>,
        unit: impl Fn(UnitId) -> String,
    ) -> String {
        let Some(check) = self.check() else { return self.check.clone() };
        let named = |code: &str| {
            measure(code).map_or_else(|| code.to_owned(), |m| lang.pick(&m.name_vi, &m.name_en).to_owned())
        };
        let sign = |code: &str| if measure(code).is_some_and(|m| m.kind == Kind::Percent) { "%" } else { "" };
        let number = |n: &Decimal| format!("{}{}", locale::exact(lang, n), sign(&self.measure));
        let said = |fact: &Fact| match fact {
            Fact::Number(n) => number(n),
            Fact::Plain(n) => locale::exact(lang, n),
            Fact::Yes(yes) => locale::word(lang, if *yes { "check-yes" } else { "check-no" }),
            Fact::Text(text) => text.clone(),
            Fact::Day(day) => locale::date(*day),
            Fact::Measure(code) => named(code),
            Fact::Circle(kind) => locale::say_key(lang, &format!("check-circle-{}", kind.name()), &[]),
            Fact::Units(units) => {
                let one = |(id, n): &(UnitId, Option<Decimal>)| match n {
                    Some(n) => format!("{} ({})", unit(*id), number(n)),
                    None => unit(*id),
                };
                units.iter().map(one).collect::<Vec<_>>().join(", ")
            }
        };
        let text = lang.pick(&check.reason_vi, &check.reason_en).replace("{measure}", &named(&self.measure));
        self.facts.iter().fold(text, |text, (name, fact)| text.replace(&format!("{{{name}}}"), &said(fact)))
    }
}
