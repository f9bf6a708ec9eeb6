//! Data values to figures: what is valid is recorded, what is not is refused with DHIS2's code and the places it stood at.
//!
//! Cost for n values of u units: one visit a value, the units' figures of those measures and years read once a thousand
//! units; then what [`crate::record`] costs for those that change something.

use super::{DEFAULT_OPTION, Names, Scheme, read::DataValueSet, read::Sent, said, units::Found};
use crate::{
    Entry, Key, Law,
    model::{origin_from, value as stored},
};
use indexmap::IndexMap;
use kernel::{Day, Decimal, Period, Phrase, UnitId};
use rulebook::{Origin, Value, evaluate::Misfit, evaluate::fits, values::number};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use store::{Query, Result, args};

/// What may be written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Strategy {
    Create,
    Update,
    #[default]
    CreateAndUpdate,
    /// Refused: a figure's history only grows.
    Delete,
}

impl Strategy {
    /// DHIS2's words, those of older versions too.
    pub fn read(text: &str) -> Option<Strategy> {
        match text.to_ascii_uppercase().as_str() {
            "" | "CREATE_AND_UPDATE" | "NEW_AND_UPDATES" => Some(Strategy::CreateAndUpdate),
            "CREATE" | "NEW" => Some(Strategy::Create),
            "UPDATE" | "UPDATES" => Some(Strategy::Update),
            "DELETE" | "DELETES" => Some(Strategy::Delete),
            _ => None,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Strategy::Create => "CREATE",
            Strategy::Update => "UPDATE",
            Strategy::CreateAndUpdate => "CREATE_AND_UPDATE",
            Strategy::Delete => "DELETE",
        }
    }
}

/// How an import is to be done.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    pub elements: Scheme,
    pub units: Scheme,
    pub sets: Scheme,
    pub strategy: Strategy,
    pub publish: bool,
    /// The day at which unit codes are read; the last day of each period by default.
    pub as_of: Option<Day>,
    /// No period after this day's year is taken.
    pub today: Day,
}

/// What is wrong with one value or several in the same way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// What it is about, as it was named.
    pub object: String,
    /// DHIS2's code, where it has one for this.
    pub code: Option<&'static str>,
    pub property: &'static str,
    pub what: Phrase,
    /// Which values, counted from 0.
    pub indexes: Vec<usize>,
}

fn conflict(code: &'static str, property: &'static str, key: &'static str, object: &str) -> Box<Conflict> {
    let what = Phrase::new(key).with("object", object);
    let code = (!code.is_empty()).then_some(code);
    Box::new(Conflict { object: object.to_owned(), code, property, what, indexes: Vec::new() })
}

/// What was found out about a set of data values.
#[derive(Debug, Default)]
pub struct Checked {
    /// To be recorded.
    pub entries: Vec<Entry>,
    pub imported: usize,
    pub updated: usize,
    pub ignored: usize,
    /// Of those to be recorded, how many stand beside a figure of another origin that verdicts read first.
    pub beside: usize,
    pub conflicts: Vec<Conflict>,
    pub rejected: BTreeSet<usize>,
    /// The whole set was refused.
    pub aborted: bool,
}

/// What one value says, understood.
struct Said {
    key: Key,
    value: Value,
}

/// Checks a whole set against the law and the store, writing nothing.
pub async fn check(tx: &mut impl Query, law: &Law, sent: &DataValueSet, options: &Options) -> Result<Checked> {
    let names = Names::of(law);
    let count = sent.data_values.len();
    let whole = |conflict: Box<Conflict>| Checked {
        ignored: count,
        conflicts: vec![*conflict],
        rejected: (0..count).collect(),
        aborted: true,
        ..Checked::default()
    };
    if options.strategy == Strategy::Delete {
        return Ok(whole(conflict("", "importStrategy", "dhis2-no-delete", "DELETE")));
    }
    let set = match sent.data_set.0.as_str() {
        "" => None,
        name => match names.set(name, options.sets) {
            Some(set) => Some(set),
            None => return Ok(whole(conflict("E7600", "dataSet", "dhis2-no-set", name))),
        },
    };
    let wanted: BTreeSet<&str> = sent.data_values.iter().map(|v| v.org_unit.0.as_str()).collect();
    let units = Found::load(tx, &wanted, options.units).await?;
    // Values that are wrong in the same way are told together.
    let mut conflicts: IndexMap<String, Conflict> = IndexMap::new();
    let mut checked = Checked::default();
    let (mut all, mut seen) = (Vec::new(), HashSet::new());
    for (index, value) in sent.data_values.iter().enumerate() {
        let said = one(&names, set, &units, value, options).and_then(|said| {
            let fresh = seen.insert(said.key);
            fresh.then_some(said).ok_or_else(|| conflict("", "dataElement", "dhis2-twice", &value.data_element.0))
        });
        match said {
            Ok(said) => all.push(said),
            Err(found) => {
                let alike = format!("{:?}", found.what);
                conflicts.entry(alike).or_insert(*found).indexes.push(index);
                checked.rejected.insert(index);
                checked.ignored += 1;
            }
        }
    }
    checked.conflicts = conflicts.into_values().collect();
    sort_out(tx, law, all, options, &mut checked).await?;
    Ok(checked)
}

/// One value: what it is about and whether it fits.
fn one(
    names: &Names,
    set: Option<&super::Set>,
    units: &Found,
    sent: &Sent,
    options: &Options,
) -> std::result::Result<Said, Box<Conflict>> {
    let element = &sent.data_element.0;
    let Some(at) = names.element(element, options.elements) else {
        return Err(conflict("E7610", "dataElement", "dhis2-no-element", element));
    };
    let period: Period =
        sent.period.0.parse().map_err(|_| conflict("E7611", "period", "dhis2-no-period", &sent.period.0))?;
    let Period::Year(year) = period else {
        return Err(conflict("E7632", "period", "dhis2-not-yearly", &sent.period.0));
    };
    if year > options.today.year() {
        return Err(conflict("E7641", "period", "dhis2-future", &sent.period.0));
    }
    let day = options.as_of.unwrap_or_else(|| period.last_day());
    let Some(unit) = units.unit(&sent.org_unit.0, day, year) else {
        let mut found = conflict("E7612", "orgUnit", "dhis2-no-unit", &sent.org_unit.0);
        found.what = found.what.with("day", day);
        return Err(found);
    };
    for (text, code, property) in [
        (&sent.category_option_combo.0, "E7613", "categoryOptionCombo"),
        (&sent.attribute_option_combo.0, "E7615", "attributeOptionCombo"),
    ] {
        if !text.is_empty() && !DEFAULT_OPTION.contains(&text.as_str()) {
            return Err(conflict(code, property, "dhis2-no-option", text));
        }
    }
    if set.is_some_and(|s| !s.elements.contains(&at)) {
        return Err(conflict("E7633", "dataElement", "dhis2-not-in-set", element));
    }
    let known = &names.elements[at];
    if !known.fits(unit) {
        return Err(conflict("E7636", "orgUnit", "dhis2-other-level", &sent.org_unit.0));
    }
    if sent.deleted.0.eq_ignore_ascii_case("true") {
        return Err(conflict("", "deleted", "dhis2-no-delete", element));
    }
    let value = understood(known.measure.kind, &sent.value.0, &sent.comment.0)
        .map_err(|(code, key)| conflict(code, "value", key, element))?;
    Ok(Said { key: Key { unit: unit.id, year, measure: known.id, origin: Origin::Imported }, value })
}

/// A value as DHIS2 writes it: a decimal point, `true`, `t`, `1`. A comment `3/4` that says the same as a percent, to six
/// decimals, makes it the exact fraction.
fn understood(
    kind: rulebook::Kind,
    text: &str,
    comment: &str,
) -> std::result::Result<Value, (&'static str, &'static str)> {
    let text = text.trim();
    if text.is_empty() {
        return Err(("E7618", "dhis2-no-value"));
    }
    let value = if kind.is_yes_no() {
        match text.to_ascii_lowercase().as_str() {
            "true" | "t" | "1" => Value::Yes(true),
            "false" | "f" | "0" => Value::Yes(false),
            _ => return Err(("E7619", "dhis2-not-boolean")),
        }
    } else {
        let plain = !text.contains(',') && !number::is_not_applicable(text);
        let read = plain.then(|| number::value(kind, text, true).ok()).flatten();
        read.ok_or(("E7619", "dhis2-not-number"))?
    };
    fits(kind, false, &value).map_err(|misfit| {
        let key = match misfit {
            Misfit::PercentOutOfRange => "dhis2-not-percent",
            Misfit::CountNotWhole | Misfit::Negative => "dhis2-not-count",
            _ => "dhis2-not-number",
        };
        ("E7619", key)
    })?;
    Ok(fraction(&value, comment).unwrap_or(value))
}

/// The exact fraction that a comment gives of a percent; `None` where it says something else.
fn fraction(value: &Value, comment: &str) -> Option<Value> {
    let Value::Number(percent) = value else { return None };
    let (n, d) = comment.trim().split_once('/')?;
    let (n, d): (Decimal, Decimal) = (n.trim().parse().ok()?, d.trim().parse().ok()?);
    let sound = !n.is_negative() && !d.is_negative() && !d.is_zero() && n <= d;
    let fraction = Value::Fraction(n, d);
    (sound && fraction.shown().as_ref() == Some(percent)).then_some(fraction)
}

/// Whether a value says no more than the one that is there: a percent without its fraction is how we ourselves said it.
fn same(there: &Value, sent: &Value) -> bool {
    there == sent
        || (matches!(sent, Value::Number(_))
            && said(there).is_some_and(|(text, _)| sent.shown().is_some_and(|s| s.to_string() == text)))
}

/// A figure's two sides in the store.
#[derive(Default)]
struct Sides {
    working: Option<Value>,
    published: Option<Value>,
}

/// Tells new values from changed and unchanged ones.
async fn sort_out(
    tx: &mut impl Query,
    law: &Law,
    all: Vec<Said>,
    options: &Options,
    checked: &mut Checked,
) -> Result<()> {
    let known = known(tx, &all).await?;
    let none = Vec::new();
    for Said { key, value } in all {
        let reads = law.library().measure(law.measure_code(key.measure)).map_or(&none, |m| &m.reads);
        let others = reads.iter().filter(|&&o| o != Origin::Imported);
        let other = others.filter_map(|&origin| known.get(&Key { origin, ..key })).find(|s| s.working.is_some());
        let own = known.get(&key).and_then(|sides| Some((sides.working.as_ref()?, sides)));
        let entry = match own {
            Some((there, sides)) if same(there, &value) => {
                let hidden = options.publish && sides.published.as_ref() != Some(there);
                checked.updated += usize::from(hidden);
                hidden.then(|| there.clone())
            }
            Some(_) if options.strategy != Strategy::Create => {
                checked.updated += 1;
                Some(value)
            }
            // What we publish already under another origin is no news.
            None if other.and_then(|s| s.published.as_ref()).is_some_and(|there| same(there, &value)) => None,
            None if options.strategy != Strategy::Update => {
                checked.imported += 1;
                Some(value)
            }
            _ => None,
        };
        match entry {
            Some(value) => {
                checked.beside += usize::from(other.is_some());
                checked.entries.push(Entry::new(key, value));
            }
            None => checked.ignored += 1,
        }
    }
    Ok(())
}

/// What the store has of these units, years and measures, of every origin.
async fn known(tx: &mut impl Query, all: &[Said]) -> Result<HashMap<Key, Sides>> {
    // Numbers of our own, never text of a user.
    let list = |ids: BTreeSet<String>| ids.into_iter().collect::<Vec<_>>().join(",");
    let measures = list(all.iter().map(|s| s.key.measure.to_string()).collect());
    let years = list(all.iter().map(|s| format!("'{:04}'", s.key.year)).collect());
    let units: Vec<UnitId> = all.iter().map(|s| s.key.unit).collect::<BTreeSet<_>>().into_iter().collect();
    let mut found: BTreeMap<Key, Sides> = BTreeMap::new();
    for chunk in units.chunks(1000) {
        let sql = format!(
            "SELECT f.unit, f.period, f.measure, f.origin, w.value, w.num, w.den, p.value, p.num, p.den
             FROM facts_figure f JOIN facts_history w ON w.revision = f.working
             LEFT JOIN facts_history p ON p.revision = f.published
             WHERE f.unit IN ({}) AND f.period IN ({years}) AND f.measure IN ({measures})",
            list(chunk.iter().map(|u| u.to_string()).collect())
        );
        for row in tx.rows(&sql, args![]).await? {
            let key = Key {
                unit: UnitId(row.i64(0)?),
                year: row.text(1)?.parse().unwrap_or(0),
                measure: row.i64(2)?,
                origin: origin_from(row.i64(3)?)?,
            };
            found.insert(key, Sides { working: stored(&row, 4)?, published: stored(&row, 7)? });
        }
    }
    Ok(found.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rulebook::Kind;

    #[test]
    fn values_are_understood_as_dhis2_writes_them() {
        let number = |text: &str| Ok(Value::Number(text.parse().unwrap()));
        let fraction = |n: i64, d: i64| Ok(Value::Fraction(n.into(), d.into()));
        for (kind, text, comment, want) in [
            (Kind::Boolean, "T", "", Ok(Value::Yes(true))),
            (Kind::Document, "0", "", Ok(Value::Yes(false))),
            (Kind::Boolean, "yes", "", Err(("E7619", "dhis2-not-boolean"))),
            (Kind::Count, "1.000", "", number("1")),
            (Kind::Count, "1.5", "", Err(("E7619", "dhis2-not-count"))),
            (Kind::Count, "-1", "", Err(("E7619", "dhis2-not-count"))),
            (Kind::Number, "-0.10000000000000000001", "", number("-0.10000000000000000001")),
            (Kind::Number, "1,5", "", Err(("E7619", "dhis2-not-number"))),
            (Kind::Number, "1e3", "", Err(("E7619", "dhis2-not-number"))),
            (Kind::Number, "n/a", "", Err(("E7619", "dhis2-not-number"))),
            (Kind::Percent, "100.1", "", Err(("E7619", "dhis2-not-percent"))),
            (Kind::Percent, "66.666667", "2/3", fraction(2, 3)),
            (Kind::Percent, "66.666667", " 2 / 3 ", fraction(2, 3)),
            (Kind::Percent, "66.7", "2/3", number("66.7")),
            (Kind::Percent, "50", "see 1/2", number("50")),
            (Kind::Percent, "  ", "", Err(("E7618", "dhis2-no-value"))),
        ] {
            assert_eq!(understood(kind, text, comment), want, "{kind:?} {text:?} {comment:?}");
        }
        assert!(same(&Value::Fraction(2.into(), 3.into()), &Value::Number("66.666667".parse().unwrap())));
        assert!(!same(&Value::Fraction(2.into(), 3.into()), &Value::Fraction(4.into(), 6.into())));
    }
}
