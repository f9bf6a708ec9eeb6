//! Computed measures: a small closed grammar without conditionals, exact, with a named policy for missing inputs. Pure.

use crate::{
    evaluate::Value,
    measure::{Computed, Missing, Operation},
};
use kernel::Decimal;

/// What a formula gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Value(Value),
    /// An input is missing (its measure) and the policy is `incomplete`, or nothing is left to compute from.
    Incomplete(Vec<String>),
    /// A ratio or share through zero.
    NoDenominator,
}

/// The number an input stands for: of a yes/no 1 or 0, of a fraction its percent.
fn number(value: &Value) -> Option<Decimal> {
    match value {
        Value::Yes(yes) => Some(Decimal::from(i64::from(*yes))),
        Value::NotApplicable => None,
        other => other.shown(),
    }
}

/// Computes a measure from its inputs; `given` looks one up by the measure's id.
pub fn compute<'a>(formula: &Computed, given: impl Fn(&str) -> Option<&'a Value>) -> Outcome {
    let mut numbers = Vec::with_capacity(formula.of.len());
    let mut missing = Vec::new();
    for measure in &formula.of {
        match (given(measure).and_then(number), formula.missing) {
            (Some(number), _) => numbers.push(number),
            (None, Missing::Zero) => numbers.push(Decimal::ZERO),
            // A place in a difference, ratio or share cannot be left out without changing what is computed.
            (None, Missing::Skip) if !positional(formula.op) => {}
            (None, _) => missing.push(measure.clone()),
        }
    }
    if !missing.is_empty() || numbers.is_empty() {
        return Outcome::Incomplete(missing);
    }
    let sum = |list: &[Decimal]| list.iter().fold(Decimal::ZERO, |a, b| &a + b);
    let value = match formula.op {
        Operation::Sum => Value::Number(sum(&numbers)),
        Operation::Difference => Value::Number(&numbers[0] - &sum(&numbers[1..])),
        Operation::Min => Value::Number(numbers.into_iter().min().unwrap_or(Decimal::ZERO)),
        Operation::Max => Value::Number(numbers.into_iter().max().unwrap_or(Decimal::ZERO)),
        Operation::CountMet => {
            let met = numbers.iter().filter(|n| !n.is_zero()).count();
            Value::Number(Decimal::from(met as i64))
        }
        Operation::Ratio | Operation::Share => {
            let [over, under] = numbers.as_slice() else { return Outcome::Incomplete(Vec::new()) };
            if under.is_zero() {
                return Outcome::NoDenominator;
            }
            match formula.op {
                // Kept as the exact fraction: compared and joined without rounding.
                Operation::Share => Value::Fraction(over.clone(), under.clone()),
                _ => Value::Number(over.checked_div_rounded(under, 12).unwrap_or(Decimal::ZERO)),
            }
        }
    };
    Outcome::Value(value)
}

fn positional(op: Operation) -> bool {
    matches!(op, Operation::Difference | Operation::Ratio | Operation::Share)
}
