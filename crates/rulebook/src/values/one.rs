//! One value as a person types it into a form: the rules of a table's row, for a field.

use super::{Column, number, rows::bad_number};
use crate::{
    Value,
    evaluate::{Misfit, fits},
    model::Kind,
    said_in::{Said, Units},
};
use kernel::{Decimal, Phrase};

/// What is typed: a value, or numerator and denominator.
#[derive(Clone, Copy, Debug, Default)]
pub struct Typed<'a> {
    pub value: &'a str,
    pub numerator: &'a str,
    pub denominator: &'a str,
}

/// A value with what was said where that was in another unit than the measure's own; or every problem with its field.
pub type Read = Result<(Value, Option<Said>), Vec<(Column, Phrase)>>;

/// A value of this kind, with what was said where that was in another unit than the measure's own; or every problem with the
/// field that caused it. `has_condition`: whether the law lets `n/a` be said.
pub fn one(kind: Kind, has_condition: bool, units: Units, typed: Typed) -> Read {
    let value = match (typed.value.trim(), typed.numerator.trim(), typed.denominator.trim()) {
        ("", "", "") => return Err(vec![(Column::Value, Phrase::new("values-nothing"))]),
        (text, "", "") => {
            let (value, said) =
                number::typed(kind, text, units).map_err(|bad| vec![(Column::Value, bad_number(bad, text))])?;
            return fits(kind, has_condition, &value)
                .map(|()| (value, said))
                .map_err(|m| vec![(Column::Value, misfit(m, text))]);
        }
        ("", "", _) => Err(vec![(Column::Numerator, Phrase::new("values-half-fraction"))]),
        ("", _, "") => Err(vec![(Column::Denominator, Phrase::new("values-half-fraction"))]),
        ("", numerator, denominator) => fraction(numerator, denominator),
        _ => Err(vec![(Column::Value, Phrase::new("values-both"))]),
    }?;
    fits(kind, has_condition, &value)
        .map(|()| (value, None))
        .map_err(|m| vec![(Column::Numerator, misfit(m, typed.numerator))])
}

fn fraction(numerator: &str, denominator: &str) -> Result<Value, Vec<(Column, Phrase)>> {
    let part = |column, text| number::typed_part(text).map_err(|bad| vec![(column, bad_number(bad, text))]);
    let (n, d) = match (part(Column::Numerator, numerator), part(Column::Denominator, denominator)) {
        (Ok(n), Ok(d)) => (n, d),
        (n, d) => return Err([n.err(), d.err()].into_iter().flatten().flatten().collect()),
    };
    if d <= Decimal::ZERO {
        return Err(vec![(Column::Denominator, Phrase::new("values-denominator"))]);
    }
    if n.is_negative() || n > d {
        return Err(vec![(Column::Numerator, Phrase::new("values-numerator"))]);
    }
    Ok(Value::Fraction(n, d))
}

fn misfit(misfit: Misfit, text: &str) -> Phrase {
    let with = |key| Phrase::new(key).with("value", text);
    match misfit {
        Misfit::CompositeTakesNone => Phrase::new("values-composite-field"),
        Misfit::NotApplicableNotAllowed => Phrase::new("values-not-applicable-field"),
        Misfit::FractionOnlyForPercent => Phrase::new("values-fraction-field"),
        Misfit::YesNoExpected => with("values-not-yes-no"),
        Misfit::NumberExpected => with("values-not-number"),
        Misfit::PercentOutOfRange => with("values-percent"),
        Misfit::Negative => with("values-negative"),
        Misfit::CountNotWhole => with("values-not-whole"),
    }
}
