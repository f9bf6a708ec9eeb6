//! The pure part: what each kind of check finds in what is known of a unit. No IO, no words.

use super::model::{About, Check, Circle, Fact, Hit, Now, Rule};
use kernel::{Day, Decimal};
use rulebook::Kind;
use std::collections::BTreeMap;

/// The factor that makes the median of distances comparable with a standard deviation.
const AS_DEVIATION: f64 = 1.4826;
/// Neighbours that are named.
const NAMED: usize = 5;

/// Everything that the checks find, in their order, then in that of the measures. Cost: checks times measures, and of a check
/// that compares the neighbours of each measure.
pub fn evaluate(checks: &[Check], about: &About) -> Vec<Hit> {
    let mut hits = Vec::new();
    for check in checks.iter().filter(|check| !check.off) {
        match &check.rule {
            Rule::Range { limits } => {
                for limit in limits {
                    let Some((now, value)) = number(about, &limit.measure) else { continue };
                    if *value < limit.least || *value > limit.most {
                        let facts = [("least", limit.least.clone()), ("most", limit.most.clone())];
                        hits.push(hit(check, &limit.measure, now, facts.map(|(name, n)| (name, Fact::Number(n)))));
                    }
                }
            }
            Rule::Jump { points, share } => hits.extend(each(about, |code, now, value| {
                let last = about.before.get(code)?;
                let apart = (value - last).abs();
                let (far, limit) = if now.kind == Kind::Percent {
                    (apart > *points, format!("{points} %"))
                } else {
                    let larger = if value.abs() > last.abs() { value.abs() } else { last.abs() };
                    (&apart * &Decimal::from(100) > &larger * share, format!("{share} %"))
                };
                let facts = [("last", Fact::Number(last.clone())), ("limit", Fact::Text(limit))];
                far.then(|| hit(check, code, now, facts))
            })),
            Rule::Outlier { least, times, floor } => hits.extend(each(about, |code, now, value| {
                let circle = about.circles.iter().find(|circle| circle.of(code).len() >= *least)?;
                let (median, spread) = middle(&circle.of(code).iter().map(|(_, n)| n.to_f64()).collect::<Vec<_>>())?;
                let spread = (spread * AS_DEVIATION).max(median.abs() * floor / 100.0);
                let far = (value.to_f64() - median).abs() > times * spread;
                far.then(|| hit(check, code, now, compared(circle, code, value, median, times * spread)))
            })),
            Rule::Whole { parts } => {
                for pair in parts {
                    let Some((now, value)) = number(about, &pair.part) else { continue };
                    let Some((_, whole)) = number(about, &pair.whole) else { continue };
                    if value > whole {
                        hits.push(hit(check, &pair.part, now, against(&pair.whole, whole)));
                    }
                }
            }
            Rule::Sum { totals } => {
                for one in totals {
                    let Some((now, value)) = number(about, &one.total) else { continue };
                    let parts: Option<Vec<_>> =
                        one.parts.iter().map(|part| number(about, part).map(|(_, n)| n)).collect();
                    // A part that is missing says nothing of the total.
                    let Some(parts) = parts else { continue };
                    let total = parts.into_iter().fold(Decimal::ZERO, |sum, part| &sum + part);
                    if (value - &total).abs() > one.tolerance {
                        hits.push(hit(check, &one.total, now, [("total", Fact::Number(total))]));
                    }
                }
            }
            Rule::Base { tolerance, bases } => {
                for pair in bases {
                    let Some(now) = about.now.get(&pair.measure) else { continue };
                    let (Some(under), Some((_, base))) = (&now.under, number(about, &pair.base)) else { continue };
                    if is_off(under, base, tolerance) {
                        let mut found = hit(check, &pair.measure, now, against(&pair.base, base));
                        found.facts.insert("value".into(), Fact::Plain(under.clone()));
                        hits.push(found);
                    }
                }
            }
            Rule::EvidenceMissing => {
                let bare = about.now.iter().filter(|(_, now)| now.asked && !now.noted && now.evidence.is_none());
                hits.extend(bare.map(|(code, now)| hit(check, code, now, [])));
            }
            Rule::EvidenceOld { days } => {
                let Some(begin) = Day::new(about.year, 1, 1) else { continue };
                for (code, now) in about.now.iter().filter(|(_, now)| now.asked) {
                    let Some(day) = now.evidence else { continue };
                    if begin.epoch_days() - day.epoch_days() > *days {
                        let facts = [("day", Fact::Day(day)), ("limit", Fact::Text(days.to_string()))];
                        hits.push(hit(check, code, now, facts));
                    }
                }
            }
            Rule::Pasted { least, digits } => hits.extend(each(about, |code, now, value| {
                let circle = about.circles.last().filter(|_| significant(value) >= *digits)?;
                let same: Vec<_> = circle.of(code).iter().filter(|(_, n)| n == value).collect();
                let near = Fact::Units(same.iter().take(NAMED).map(|(unit, n)| (*unit, Some(n.clone()))).collect());
                let facts = [("count", Fact::Text(same.len().to_string())), ("near", near)];
                (same.len() >= *least).then(|| hit(check, code, now, facts))
            })),
            Rule::Computed { tolerance } => hits.extend(each(about, |code, now, value| {
                let computed = now.computed.as_ref()?;
                let facts = [("total", Fact::Number(computed.clone()))];
                is_off(value, computed, tolerance).then(|| hit(check, code, now, facts))
            })),
        }
    }
    hits
}

fn number<'a>(about: &'a About, code: &str) -> Option<(&'a Now, &'a Decimal)> {
    let now = about.now.get(code)?;
    now.number.as_ref().map(|number| (now, number))
}

/// Asks of every measure that has a number.
fn each<'a>(
    about: &'a About,
    ask: impl Fn(&str, &'a Now, &'a Decimal) -> Option<Hit> + 'a,
) -> impl Iterator<Item = Hit> + 'a {
    about.now.iter().filter_map(move |(code, now)| ask(code, now, now.number.as_ref()?))
}

fn hit(check: &Check, code: &str, now: &Now, facts: impl IntoIterator<Item = (&'static str, Fact)>) -> Hit {
    let mut facts: BTreeMap<String, Fact> = facts.into_iter().map(|(name, fact)| (name.to_owned(), fact)).collect();
    let value = now.number.as_ref().map_or(Fact::Yes(now.yes), |number| Fact::Number(number.clone()));
    facts.insert("value".into(), value);
    Hit { check: check.id.clone(), measure: code.to_owned(), facts }
}

fn against(other: &str, total: &Decimal) -> [(&'static str, Fact); 2] {
    [("other", Fact::Measure(other.to_owned())), ("total", Fact::Plain(total.clone()))]
}

/// Whether a number is apart from another by more than so many percent of it.
fn is_off(value: &Decimal, from: &Decimal, percent: &Decimal) -> bool {
    &(value - from).abs() * &Decimal::from(100) > &from.abs() * percent
}

/// What an outlier is compared with: the median, where most of them are, and those nearest to it.
fn compared(circle: &Circle, code: &str, value: &Decimal, median: f64, reach: f64) -> Vec<(&'static str, Fact)> {
    let mut near: Vec<_> = circle.of(code).to_vec();
    near.sort_by(|(a, x), (b, y)| (x - value).abs().cmp(&(y - value).abs()).then(a.cmp(b)));
    let count = near.len();
    near.truncate(NAMED);
    let near = near.into_iter().map(|(unit, n)| (unit, Some(n))).collect();
    let shown = |n: f64| Fact::Number(format!("{n:.2}").parse().unwrap_or(Decimal::ZERO));
    vec![
        ("circle", Fact::Circle(circle.kind)),
        ("count", Fact::Text(count.to_string())),
        ("median", shown(median)),
        ("low", shown((median - reach).max(if value.is_negative() { f64::MIN } else { 0.0 }))),
        ("high", shown(median + reach)),
        ("near", Fact::Units(near)),
    ]
}

/// The median, and the median of the distances to it; `None` of nothing.
pub fn middle(numbers: &[f64]) -> Option<(f64, f64)> {
    let median = |mut all: Vec<f64>| {
        all.sort_by(f64::total_cmp);
        let half = all.len() / 2;
        let upper = all.get(half).copied()?;
        Some(if all.len() % 2 == 1 { upper } else { (all[half - 1] + upper) / 2.0 })
    };
    let middle = median(numbers.to_vec())?;
    Some((middle, median(numbers.iter().map(|n| (n - middle).abs()).collect())?))
}

/// Digits between the first and the last that is not zero: 0.250 has two, 12.34 four, 1200 two.
pub fn significant(number: &Decimal) -> usize {
    let digits: String = number.to_string().chars().filter(char::is_ascii_digit).collect();
    digits.trim_matches('0').len()
}
