//! Templates of figures: what a unit, or every unit of a province, is asked for, as a workbook that an intake and
//! `langso evaluate` read back. What may be seen of figures goes in by the reader's scope.
//!
//! Cost: the units, their figures of two years; one row of the workbook a unit and figure asked for.

use crate::{
    law::{Law, Plan, day_of_judging},
    model::{Edition, Figure, Key},
    published,
};
use documents::sheet_out::{Cell, Column, Content, Form, Help, Open, Rule, Sheet, Takes};
use kernel::{Arg, Day, Phrase, UnitId};
use locale::Lang;
use rulebook::{Kind, Measure, Origin, Traits, Value, requirement};
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};
use store::{Query, Result};
use units::Unit;

/// What a template is for.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub set: String,
    pub year: i16,
    /// The figures that are filled in: those the template will be read back as.
    pub origin: Origin,
    pub lang: Lang,
    /// The day it is made.
    pub today: Day,
}

/// The day on which codes are read where nobody says another.
pub fn default_day(year: i16) -> Day {
    rulebook::values::year_end(year)
}

/// The units of a set's level in a province on a day: the judged ones. Cost: the province's units.
pub async fn of_province(tx: &mut impl Query, law: &Law, set: &str, province: UnitId, day: Day) -> Result<Vec<Unit>> {
    let level = crate::intake::level(law.library(), set);
    if level == "province" {
        return Ok(units::store::get(tx, province).await?.into_iter().collect());
    }
    let all = units::store::under(tx, province, level, day).await?;
    Ok(all.into_iter().filter(|u| level != "commune" || u.is_judged_commune()).collect())
}

/// What a row asks for.
enum Asked<'a> {
    Background(&'a Arc<Measure>),
    Node(usize),
}

/// Everything rows are made from.
struct Source<'a> {
    law: &'a Law,
    wanted: &'a Wanted,
    units: &'a [Unit],
    plans: HashMap<Day, Arc<Plan>>,
    traits: HashMap<UnitId, Traits>,
    now: HashMap<Key, Value>,
    before: HashMap<Key, Value>,
}

async fn values(tx: &mut impl Query, units: &[UnitId], year: i16) -> Result<HashMap<Key, Value>> {
    let plain = |f: Figure| (f.key, f.value);
    Ok(published::of_units(tx, units, year, None, Edition::Working).await?.into_iter().map(plain).collect())
}

/// The template as bytes of a workbook; `None` where there is no such set or no unit.
pub async fn make(tx: &mut impl Query, law: &Law, units: &[Unit], wanted: &Wanted) -> anyhow::Result<Option<Vec<u8>>> {
    let ids: Vec<UnitId> = units.iter().map(|u| u.id).collect();
    let mut by_day: BTreeMap<Day, Vec<UnitId>> = BTreeMap::new();
    for unit in units {
        by_day.entry(day_of_judging(unit, wanted.year)).or_default().push(unit.id);
    }
    let (mut plans, mut traits) = (HashMap::new(), HashMap::new());
    // A day or two: units end on few days.
    for (day, units) in by_day {
        let Some(plan) = law.plan(&wanted.set, day) else { return Ok(None) };
        plans.insert(day, plan);
        traits.extend(units::store::traits(tx, &units, day).await?);
    }
    if units.is_empty() {
        return Ok(None);
    }
    let (now, before) = (values(tx, &ids, wanted.year).await?, values(tx, &ids, wanted.year - 1).await?);
    let source = Source { law, wanted, units, plans, traits, now, before };
    let help = source.help();
    let sheets = vec![source.indicators(), source.background()];
    Ok(Some(documents::sheet_out::write(&Form { day: wanted.today, sheets, help })?))
}

/// The columns: those an intake reads under their machine's headings, the others for people.
const COLUMNS: [(&str, &str, f64); 13] = [
    ("unit_code", "template-unit-code", 9.0),
    ("unit_name", "template-unit-name", 20.0),
    ("period", "template-period", 7.0),
    ("indicator", "template-indicator", 10.0),
    ("text", "template-text", 48.0),
    ("unit", "template-unit", 12.0),
    ("requirement", "template-requirement", 30.0),
    ("last_year", "template-last-year", 12.0),
    ("value", "template-value", 14.0),
    ("numerator", "template-numerator", 12.0),
    ("denominator", "template-denominator", 12.0),
    ("evidence", "template-evidence", 28.0),
    ("unit_as_of", "template-unit-as-of", 12.0),
];

/// A value as the cells of value, numerator and denominator.
fn contents(lang: Lang, value: Option<&Value>) -> [Content; 3] {
    let one = |content| [content, Content::Empty, Content::Empty];
    match value {
        None => one(Content::Empty),
        Some(Value::Yes(yes)) => one(Content::Text(yes_no(lang, *yes))),
        Some(Value::NotApplicable) => one(Content::Text(NOT_APPLICABLE.into())),
        Some(Value::Number(n)) => one(Content::Number(n.clone())),
        Some(Value::Fraction(n, d)) => [Content::Empty, Content::Number(n.clone()), Content::Number(d.clone())],
    }
}

/// The word that a table of values takes for "does not apply".
const NOT_APPLICABLE: &str = "n/a";

fn yes_no(lang: Lang, yes: bool) -> String {
    locale::word(lang, if yes { "template-yes" } else { "template-no" })
}

/// The rule of a kind, as its place among the rules of [`rules`].
fn rule(kind: Kind, condition: bool) -> usize {
    let at = match kind {
        Kind::Percent => 1,
        Kind::Count => 2,
        Kind::Number | Kind::Money | Kind::Income => 3,
        _ => 0,
    };
    at * 2 + usize::from(condition)
}

/// The rule of a fraction's parts.
const PARTS: usize = 8;

fn rules(lang: Lang) -> Vec<Rule> {
    let kinds = [
        (Takes::Words(vec![yes_no(lang, true), yes_no(lang, false)]), "template-check-words"),
        (Takes::Percent, "template-check-percent"),
        (Takes::Whole, "template-check-whole"),
        (Takes::Number, "template-check-number"),
    ];
    let title = || locale::word(lang, "template-check-title");
    let mut rules = Vec::new();
    for (takes, key) in kinds {
        for also in [None, Some(NOT_APPLICABLE)] {
            let words = Phrase::new(key).with("yes", yes_no(lang, true)).with("no", yes_no(lang, false));
            let message = match also {
                Some(word) => {
                    locale::say(lang, &Phrase::new("template-check-or").with("rule", words).with("word", word))
                }
                None => locale::say(lang, &words),
            };
            rules.push(Rule { takes: takes.clone(), also, title: title(), message });
        }
    }
    let message = locale::word(lang, "template-check-part");
    rules.push(Rule { takes: Takes::NotNegative, also: None, title: title(), message });
    rules
}

impl Source<'_> {
    fn word(&self, key: &'static str) -> String {
        let year = |year: i16| Arg::Text(format!("{year:04}"));
        let (now, before) = (year(self.wanted.year), year(self.wanted.year - 1));
        locale::say(self.wanted.lang, &Phrase::new(key).with("year", now).with("before", before))
    }

    fn sheet(&self, name: &'static str, rows: Vec<Vec<Cell>>) -> Sheet {
        let column = |&(heading, key, width): &(&'static str, &'static str, f64)| Column {
            heading,
            shown: self.word(key),
            width,
        };
        let columns = COLUMNS.iter().map(column).collect();
        Sheet { name: self.word(name), columns, rules: rules(self.wanted.lang), rows }
    }

    fn plan(&self, unit: &Unit) -> &Arc<Plan> {
        &self.plans[&day_of_judging(unit, self.wanted.year)]
    }

    /// Each indicator in the rulebook's order, beneath it the units: whoever fills in one indicator finds it together.
    fn indicators(&self) -> Sheet {
        let most = self.plans.values().map(|p| p.book.nodes.len()).max().unwrap_or(0);
        let nodes = (0..most).flat_map(|node| self.units.iter().map(move |unit| (unit, node)));
        let asked = nodes.filter(|(unit, node)| self.asks(unit, *node));
        let rows = asked.map(|(unit, node)| self.row(unit, &Asked::Node(node))).collect();
        self.sheet("template-sheet", rows)
    }

    /// Composites take no value, and what does not apply in a unit's region none either.
    fn asks(&self, unit: &Unit, node: usize) -> bool {
        let book = &self.plan(unit).book;
        let Some(found) = book.nodes.get(node) else { return false };
        let excluded = self.traits.get(&unit.id).is_some_and(|traits| book.excluded_by_region(node, traits));
        found.is_leaf() && found.indicator.kind != Kind::Composite && !excluded
    }

    fn background(&self) -> Sheet {
        let measures = self.law.library().measures().filter(|m| m.background);
        let asked = measures.flat_map(|m| self.units.iter().map(move |unit| (unit, m)));
        let rows = asked.map(|(unit, measure)| self.row(unit, &Asked::Background(measure))).collect();
        self.sheet("template-background", rows)
    }

    fn row(&self, unit: &Unit, asked: &Asked) -> Vec<Cell> {
        let lang = self.wanted.lang;
        let plan = self.plan(unit);
        let none = Traits::default();
        let traits = self.traits.get(&unit.id).unwrap_or(&none);
        let (no, text, measured, asks, kind, condition, measure) = match asked {
            Asked::Background(m) => {
                let name = lang.pick(&m.name_vi, &m.name_en).clone();
                let asks = self.word("template-background-use");
                (m.id.clone(), name, m.unit.as_deref(), asks, m.kind, false, self.law.measure_id(&m.id))
            }
            Asked::Node(at) => {
                let (node, i) = (&plan.book.nodes[*at], &plan.book.nodes[*at].indicator);
                let asks = locale::say(lang, &requirement::requirement(&plan.book, *at, traits, self.wanted.year));
                let text = lang.pick(&i.text_vi, &i.text_en).clone();
                (i.no.clone(), text, node.unit(), asks, i.kind, i.applies_if.is_some(), plan.measures[*at])
            }
        };
        let measured = measured.map_or_else(String::new, |u| self.measured_in(u));
        let of = |figures: &HashMap<Key, Value>, year, origin| {
            figures.get(&Key { unit: unit.id, year, measure: measure?, origin }).cloned()
        };
        let now = of(&self.now, self.wanted.year, self.wanted.origin);
        let before =
            measure.and_then(|m| self.law.read(&self.before, unit.id, self.wanted.year - 1, m)).map(|(_, v)| v);
        let [value, numerator, denominator] = contents(lang, now.as_ref());
        let part = if kind == Kind::Percent { Open::Checked(PARTS) } else { Open::Locked };
        let shown = |content| Cell { content, open: Open::Locked };
        vec![
            Cell::text(&unit.code),
            Cell::text(&unit.name),
            Cell::number(i64::from(self.wanted.year)),
            Cell::text(no),
            Cell::text(text),
            Cell::text(measured),
            Cell::text(asks),
            shown(self.last(before.as_deref())),
            shown(value).open(Open::Checked(rule(kind, condition))),
            shown(numerator).open(part),
            shown(denominator).open(part),
            Cell::default().open(Open::Free),
            Cell::text(day_of_judging(unit, self.wanted.year).to_string()),
        ]
    }

    fn measured_in(&self, unit: &str) -> String {
        match requirement::unit_name(unit, false) {
            Arg::Text(text) => text,
            Arg::Phrase(phrase) => locale::say(self.wanted.lang, &phrase),
            _ => unit.to_owned(),
        }
    }

    /// Last year's value in one cell.
    fn last(&self, value: Option<&Value>) -> Content {
        match value {
            Some(Value::Fraction(n, d)) => Content::Text(format!("{n}/{d}")),
            other => contents(self.wanted.lang, other)[0].clone(),
        }
    }

    fn help(&self) -> Help {
        let title = self.law.library().set(&self.wanted.set);
        let set = title.map_or_else(String::new, |s| self.wanted.lang.pick(&s.title_vi, &s.title_en).clone());
        let head = Phrase::new("template-help-title").with("set", set).with("year", format!("{:04}", self.wanted.year));
        let keys = [
            "template-help-open",
            "template-help-yes-no",
            "template-help-numbers",
            "template-help-fraction",
            "template-help-blank",
            "template-help-not-applicable",
            "template-help-evidence",
            "template-help-background",
            "template-help-locked",
            "template-help-send",
        ];
        let line = |key| {
            let phrase = Phrase::new(key).with("yes", yes_no(self.wanted.lang, true));
            locale::say(self.wanted.lang, &phrase.with("no", yes_no(self.wanted.lang, false)))
        };
        let (name, title) = (self.word("template-help"), locale::say(self.wanted.lang, &head));
        Help { name, title, lines: keys.map(line).to_vec() }
    }
}
