//! The figures of a year as the intake of another Làng Số takes them (`/nhap-so-lieu`, `POST /api/v1/imports`): one table a set, each indicator
//! with the value that its verdict reads.

use ::store::{Query, Result};
use documents::{list_out::List, sheet_out::Content};
use facts::{Edition, Key, Law, law::day_of_judging, published};
use kernel::UnitId;
use rulebook::Value;
use std::collections::HashMap;
use units::Unit;

/// The headings that the intake reads.
const HEADINGS: [&str; 7] = ["unit_code", "unit_as_of", "period", "indicator", "value", "numerator", "denominator"];

/// The public figures of units in a year under a set, a row each. Cost: their figures, a query a thousand units.
pub async fn table(tx: &mut impl Query, law: &Law, units: &[Unit], set: &str, year: i16) -> Result<List> {
    let ids: Vec<UnitId> = units.iter().map(|unit| unit.id).collect();
    let figures = published::of_units(tx, &ids, year, None, Edition::Published).await?;
    let values: HashMap<Key, Value> = figures.into_iter().map(|figure| (figure.key, figure.value)).collect();
    let mut rows = Vec::new();
    for unit in units {
        let day = day_of_judging(unit, year);
        let Some(plan) = law.plan(set, day).filter(|plan| facts::law::applies(&plan.book.rulebook, year)) else {
            continue;
        };
        for (node, measure) in plan.book.nodes.iter().zip(&plan.measures) {
            let Some(measure) = measure.filter(|m| !plan.is_computed(*m)) else { continue };
            let Some((_, value)) = law.read(&values, unit.id, year, measure) else { continue };
            let (whole, numerator, denominator) = match &*value {
                Value::Yes(yes) => (yes.to_string(), String::new(), String::new()),
                Value::Number(number) => (number.to_string(), String::new(), String::new()),
                Value::Fraction(n, d) => (String::new(), n.to_string(), d.to_string()),
                Value::NotApplicable => ("n/a".to_owned(), String::new(), String::new()),
            };
            let no = node.indicator.no.clone();
            let cells = [unit.code.clone(), day.to_string(), format!("{year:04}"), no, whole, numerator, denominator];
            rows.push(cells.map(Content::Text).into());
        }
    }
    Ok(List { name: set.chars().take(31).collect(), headings: HEADINGS.map(str::to_owned).into(), rows })
}
