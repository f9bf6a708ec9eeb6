//! Many figures of one measure as one number: only what the measure allows, exactly. Pure.

use kernel::Decimal;
use rulebook::{Aggregate, Measure, Value};

/// A figure that is gathered, with its weight where one is known.
#[derive(Clone, Debug)]
pub struct Taken {
    pub value: Value,
    pub weight: Option<Decimal>,
}

/// A way to gather figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Statistic {
    /// Each unit counts the same.
    Mean,
    /// Units count by another measure, or by their own denominators.
    Weighted,
    Median,
    Least,
    Most,
    Sum,
    /// How many of a hundred say yes.
    Share,
    /// How many units have a figure.
    Count,
}

impl Statistic {
    pub const ALL: [Statistic; 8] = [
        Statistic::Weighted,
        Statistic::Sum,
        Statistic::Share,
        Statistic::Median,
        Statistic::Mean,
        Statistic::Least,
        Statistic::Most,
        Statistic::Count,
    ];

    /// Its name in an address.
    pub fn name(self) -> &'static str {
        match self {
            Statistic::Mean => "mean",
            Statistic::Weighted => "weighted",
            Statistic::Median => "median",
            Statistic::Least => "min",
            Statistic::Most => "max",
            Statistic::Sum => "sum",
            Statistic::Share => "share",
            Statistic::Count => "count",
        }
    }

    /// The statistics a measure allows, the one that says most first: a sum only where figures may be added, a weighted mean
    /// only where the weight is known, of yes and no a share.
    pub fn of_measure(measure: &Measure) -> Vec<Statistic> {
        let number = !measure.kind.is_yes_no();
        let allowed = |statistic: &Statistic| match statistic {
            Statistic::Weighted => number && matches!(measure.aggregate, Aggregate::Weighted(_)),
            Statistic::Sum => number && measure.aggregate == Aggregate::Sum,
            Statistic::Share => !number,
            Statistic::Count => true,
            _ => number,
        };
        Statistic::ALL.into_iter().filter(allowed).collect()
    }

    /// The statistic of an address, where the measure allows it; else the one that says most.
    pub fn named(name: &str, measure: &Measure) -> Statistic {
        let allowed = Statistic::of_measure(measure);
        allowed.iter().find(|s| s.name() == name).or(allowed.first()).copied().unwrap_or(Statistic::Count)
    }

    /// Gathers; `None` where nothing can be. Means are rounded half up, two digits beyond the measure's.
    pub fn gather(self, taken: &[Taken], decimals: u32) -> Option<Decimal> {
        let digits = decimals + 2;
        let count = Decimal::from(taken.len() as i64);
        let mut numbers: Vec<Decimal> = taken.iter().filter_map(|t| t.value.shown()).collect();
        let sum = |numbers: &[Decimal]| numbers.iter().fold(Decimal::ZERO, |sum, n| &sum + n);
        match self {
            Statistic::Count => Some(count),
            Statistic::Share => {
                let yes = taken.iter().filter(|t| t.value == Value::Yes(true)).count() as i64;
                Decimal::from(yes * 100).checked_div_rounded(&count, digits)
            }
            Statistic::Sum => (!numbers.is_empty()).then(|| sum(&numbers)),
            Statistic::Mean => sum(&numbers).checked_div_rounded(&Decimal::from(numbers.len() as i64), digits),
            Statistic::Least => numbers.into_iter().min(),
            Statistic::Most => numbers.into_iter().max(),
            Statistic::Median => {
                numbers.sort();
                let middle = numbers.len() / 2;
                match numbers.len() % 2 {
                    1 => Some(numbers[middle].clone()),
                    _ => {
                        let two = numbers.get(middle.checked_sub(1)?..=middle)?;
                        sum(two).checked_div_rounded(&Decimal::from(2), digits)
                    }
                }
            }
            Statistic::Weighted => weighted(taken, digits),
        }
    }
}

/// The mean by weights. Fractions alone bring their own: the sum of the numerators through that of the denominators.
fn weighted(taken: &[Taken], digits: u32) -> Option<Decimal> {
    let parts: Option<Vec<(&Decimal, &Decimal)>> = taken
        .iter()
        .map(|t| match &t.value {
            Value::Fraction(n, d) => Some((n, d)),
            _ => None,
        })
        .collect();
    if let Some(parts) = parts.filter(|parts| !parts.is_empty()) {
        let (n, d) = parts.iter().fold((Decimal::ZERO, Decimal::ZERO), |(n, d), part| (&n + part.0, &d + part.1));
        return (&n * &Decimal::from(100)).checked_div_rounded(&d, digits);
    }
    let pairs = taken.iter().filter_map(|t| Some((t.value.shown()?, t.weight.as_ref()?)));
    let (sum, weights) = pairs.fold((Decimal::ZERO, Decimal::ZERO), |(sum, weights), (value, weight)| {
        (&sum + &(&value * weight), &weights + weight)
    });
    sum.checked_div_rounded(&weights, digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn d(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    fn taken(values: &[(&str, &str)]) -> Vec<Taken> {
        let one = |(value, weight): &(&str, &str)| Taken {
            value: match value.split_once('/') {
                Some((n, of)) => Value::Fraction(d(n), d(of)),
                None => Value::Number(d(value)),
            },
            weight: (!weight.is_empty()).then(|| d(weight)),
        };
        values.iter().map(one).collect()
    }

    #[test]
    fn each_statistic_gathers_exactly() {
        let four = taken(&[("10", "1"), ("20", "3"), ("40", ""), ("90", "0")]);
        let cases = [
            (Statistic::Mean, "40"),
            (Statistic::Median, "30"),
            (Statistic::Least, "10"),
            (Statistic::Most, "90"),
            (Statistic::Sum, "160"),
            (Statistic::Count, "4"),
            // (10·1 + 20·3 + 90·0) / 4: what has no weight is left out.
            (Statistic::Weighted, "17.5"),
        ];
        for (statistic, wanted) in cases {
            assert_eq!(statistic.gather(&four, 1), Some(d(wanted)), "{statistic:?}");
        }
        assert_eq!(Statistic::Median.gather(&four[..3], 1), Some(d("20")));
    }

    #[test]
    fn fractions_bring_their_own_weights() {
        let two = taken(&[("1/2", ""), ("0/98", "")]);
        assert_eq!(Statistic::Weighted.gather(&two, 1), Some(d("1")));
        assert_eq!(Statistic::Mean.gather(&two, 1), Some(d("25")));
    }

    #[test]
    fn nothing_gives_nothing() {
        for statistic in Statistic::ALL {
            let wanted = (statistic == Statistic::Count).then_some(Decimal::ZERO);
            assert_eq!(statistic.gather(&[], 1), wanted, "{statistic:?}");
        }
        assert_eq!(Statistic::Weighted.gather(&taken(&[("5", ""), ("6", "0")]), 1), None);
    }

    #[test]
    fn yes_and_no_have_a_share_and_no_mean() {
        let say = |yes| Taken { value: Value::Yes(yes), weight: None };
        let three = [say(true), say(false), say(true)];
        assert_eq!(Statistic::Share.gather(&three, 0), Some(d("66.67")));
        assert_eq!(Statistic::Mean.gather(&three, 0), None);
    }
}
