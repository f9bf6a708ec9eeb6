//! One measure over all communes of a province and year: what maps, distributions and rankings show.

use crate::{
    law::Law,
    model::Key,
    published,
    totals::{self, CommuneRow, Listing, Slice},
};
use rulebook::Value;
use std::collections::HashMap;
use store::{Query, Result};

/// A commune with the published value a verdict reads of a measure, where there is one.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    pub commune: CommuneRow,
    pub value: Option<Value>,
}

/// The communes of a slice in Vietnamese order, each with its value of the measure; wards and townships, which no set of
/// communes judges, are left out. Cost: one row a commune of the slice, the figures of the measure there (and of those it is
/// computed from).
pub async fn over(tx: &mut impl Query, law: &Law, slice: &Slice, measure: &str) -> Result<Vec<Measured>> {
    let listing = Listing { per: i64::from(u16::MAX), ..Listing::default() };
    let (communes, _) = totals::communes(tx, slice, &listing).await?;
    let figures = published::of_measures(tx, &[slice.ancestor], &law.needed(measure), slice.year..=slice.year).await?;
    let figures: HashMap<Key, Value> = figures.into_iter().map(|f| (f.key, f.value)).collect();
    let id = law.measure_id(measure).unwrap_or_default();
    let value = |commune: CommuneRow| {
        let read = law.read(&figures, commune.id, slice.year, id);
        Measured { value: read.map(|(_, value)| value.into_owned()), commune }
    };
    Ok(communes.into_iter().map(value).collect())
}
