//! A return as a DHIS2 takes it: of each unit and measure the value that verdicts read, from the snapshot itself, so that it never changes.

use super::{
    Return,
    document::{self, Document, Line},
};
use ::store::{Result, StoreError, attachments::Content};
use facts::{
    Law,
    dhis2::{
        Names, Scheme,
        export::{Asked, DataValue},
        said, uid,
        units::uid_of,
    },
};
use futures::StreamExt;
use kernel::UnitId;
use std::collections::HashMap;

/// Who stored the values, as DHIS2 asks for it.
const STORED_BY: &str = "langso";

/// The data values of a return's file, units and measures named by one scheme, with what they answer to. Cost: the file, in memory.
pub async fn of_file(mut file: Content, one: &Return, law: &Law, scheme: Scheme) -> Result<(Vec<DataValue>, Asked)> {
    let mut bytes = Vec::new();
    while let Some(part) = file.next().await {
        bytes.extend_from_slice(&part?);
    }
    let document =
        document::read(&bytes).map_err(|_| StoreError::Corrupt(format!("return {} does not read", one.id)))?;
    let asked = Asked { year: one.year, element_scheme: scheme, unit_scheme: scheme, ..Asked::default() };
    Ok((values(&document, law, scheme, scheme), asked))
}

/// The data values of a snapshot, by unit and data element. "Not applicable" is in none: DHIS2 does not know it. Cost: the figures.
pub fn values(document: &Document, law: &Law, elements: Scheme, units: Scheme) -> Vec<DataValue> {
    let names = Names::of(law);
    let codes: HashMap<i64, &str> = document.units.iter().map(|unit| (unit.id, unit.code.as_str())).collect();
    let one = |(_, line): (usize, &Line)| {
        let (value, comment) = said(&line.value.value()?)?;
        let element = names.element(&line.measure, Scheme::Unsaid).map(|at| names.elements[at].named(elements));
        // A measure that the law here no longer has keeps its uid; by code it is named as the snapshot names it.
        let gone = || if elements == Scheme::Code { line.measure.clone() } else { uid("measure", &line.measure) };
        Some(DataValue {
            element: element.map_or_else(gone, str::to_owned),
            period: format!("{:04}", document.year),
            unit: if units == Scheme::Code { (*codes.get(&line.unit)?).to_owned() } else { uid_of(UnitId(line.unit)) },
            value,
            comment,
            stored_by: STORED_BY.to_owned(),
            updated: document.closed_at.clone(),
        })
    };
    let mut values: Vec<DataValue> = document.chosen(law, |_| true).into_iter().filter_map(one).collect();
    values.sort_by(|a, b| (&a.unit, &a.element).cmp(&(&b.unit, &b.element)));
    values
}
