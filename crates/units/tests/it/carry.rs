//! Figures over mergers: a table of cases, and random histories.

use kernel::{Day, Decimal, UnitId};
use proptest::prelude::*;
use rulebook::Aggregate;
use std::collections::{BTreeMap, BTreeSet};
use units::{
    Change, Edge, Share, Succession,
    carry::{Area, Carried, Figures, Joined, Quantity, Why, carry},
};

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

fn edge(from: i64, to: i64, on: &str, whole: bool, main: bool) -> Edge {
    Edge { from: UnitId(from), to: UnitId(to), day: day(on), whole, main, confidence: "verified".into() }
}

/// 1 and 2 became 10; 3 was divided between 10 and 11 (the larger share); 4 became 11; 5 became 12, alone.
fn history() -> Succession {
    let on = "2025-07-01";
    Succession::new([
        edge(1, 10, on, true, true),
        edge(2, 10, on, true, true),
        edge(3, 10, on, false, false),
        edge(3, 11, on, false, true),
        edge(4, 11, on, true, true),
        edge(5, 12, on, true, true),
    ])
}

/// A figure: `12.5`, `3/4`, `yes`, `no`.
fn quantity(text: &str) -> Quantity {
    match text.split_once('/') {
        Some((n, d)) => Quantity::Fraction { numerator: n.parse().unwrap(), denominator: d.parse().unwrap() },
        None if text == "yes" || text == "no" => Quantity::Flag(text == "yes"),
        None => Quantity::Number(text.parse().unwrap()),
    }
}

fn figures(text: &str) -> BTreeMap<UnitId, Quantity> {
    text.split_whitespace()
        .map(|f| f.split_once('=').unwrap())
        .map(|(u, v)| (UnitId(u.parse().unwrap()), quantity(v)))
        .collect()
}

/// How a carried figure reads in the table.
fn said(carried: &Carried) -> String {
    let value = match &carried.joined {
        Joined::Nothing => "nothing".into(),
        Joined::Figure(Quantity::Number(v)) => v.to_string(),
        Joined::Figure(Quantity::Flag(v)) => v.to_string(),
        Joined::Figure(Quantity::Fraction { numerator, denominator }) => format!("{numerator}/{denominator}"),
        Joined::Figure(ratio) => format!("~{}", ratio.rounded(4).unwrap()),
        Joined::Counted { yes, no } => format!("{yes} yes {no} no"),
        Joined::NotComparable(Why::Measure) => "not comparable".into(),
        Joined::NotComparable(Why::NoWeight { measure, units }) => {
            format!("no {measure} of {}", units.iter().map(UnitId::to_string).collect::<Vec<_>>().join(" "))
        }
        Joined::NotComparable(Why::ZeroWeight { measure }) => format!("{measure} is zero"),
        Joined::NotComparable(Why::Mixed) => "mixed".into(),
    };
    let list = |name: &str, units: Vec<String>| {
        if units.is_empty() { String::new() } else { format!("; {name} {}", units.join(" ")) }
    };
    let missing = carried.missing.iter().map(UnitId::to_string).collect();
    let parts = carried.parts.iter().map(|p| format!("{}{}", p.unit, if p.main { "+" } else { "" })).collect();
    format!("{value}{}{}", list("missing", missing), list("parts", parts))
}

fn check(aggregate: &str, given: &str, weights: &str, areas: &[(&[i64], &str)]) {
    let history = history();
    let aggregate: Aggregate = serde_json::from_value(aggregate.into()).unwrap();
    let given = figures(given);
    let weights: BTreeMap<UnitId, Decimal> =
        figures(weights).into_iter().map(|(u, q)| (u, q.rounded(6).unwrap())).collect();
    let input = Figures { aggregate: &aggregate, reported_on: day("2025-06-30"), figures: &given, weights: &weights };
    for (members, want) in areas {
        let area = Area { id: UnitId(99), members: members.iter().map(|&m| UnitId(m)).collect() };
        let got = carry(&history, &input, &[area], day("2025-12-31"));
        assert_eq!(said(&got[0]), *want, "{aggregate:?} onto {members:?} of {given:?}");
    }
}

#[test]
fn figures_join_as_their_measure_says() {
    // Sums: parts beside, in no sum; whole for an area that holds both shares.
    check(
        "sum",
        "1=0.1 2=0.2 3=5 4=7 5=1",
        "",
        &[(&[10], "0.3; parts 3"), (&[11], "7; parts 3+"), (&[12], "1"), (&[10, 11], "12.3"), (&[10, 11, 12], "13.3")],
    );
    check("sum", "2=0.2 3=5", "", &[(&[10], "0.2; missing 1; parts 3"), (&[12], "nothing; missing 5")]);
    // Means: exact, by weight; the missing weight is named; one unit alone needs none.
    check(
        "weighted:pop",
        "1=10 2=40 3=1 4=1 5=33.3",
        "1=1 2=2",
        &[(&[10], "~30; parts 3"), (&[12], "33.3"), (&[10, 11], "no pop of 3 4")],
    );
    check("weighted:pop", "1=10 2=40", "1=0 2=0", &[(&[10], "pop is zero; parts 3")]);
    // Percents that bring numerator and denominator need no other weight; mixed with plain ones they do.
    check("weighted:pop", "1=1/3 2=2/4 3=5/10 4=1/1", "", &[(&[10], "3/7; parts 3"), (&[10, 11], "9/18")]);
    check("weighted:pop", "1=1/3 2=50", "1=3 2=1", &[(&[10], "~37.5; parts 3")]);
    check("weighted:pop", "1=1/3 2=50", "2=1", &[(&[10], "no pop of 1; parts 3")]);
    // Yes and no are counted, never joined; what is not comparable stays so, but is carried by a mere change of name.
    check(
        "count",
        "1=yes 2=no 3=yes 4=yes 5=no",
        "",
        &[(&[10], "1 yes 1 no; parts 3"), (&[10, 11], "3 yes 1 no"), (&[12], "false")],
    );
    check("not_comparable", "1=1 2=2 5=8", "", &[(&[10], "not comparable; parts 3"), (&[12], "8")]);
    check("sum", "1=1 2=yes", "", &[(&[10], "mixed; parts 3")]);
    // Where a divided unit belongs, a single whole one is not the area's figure: only a sum of what is known.
    check("not_comparable", "4=4", "", &[(&[11], "not comparable; parts 3+")]);
}

#[test]
fn units_are_followed_both_ways() {
    let mut steps = vec![edge(20, 1, "2024-12-01", true, true), edge(21, 1, "2024-12-01", true, true)];
    steps.extend(history().after(UnitId(1)).to_vec());
    steps.extend(history().after(UnitId(3)).to_vec());
    steps.extend([edge(10, 30, "2026-01-01", true, true), edge(11, 30, "2026-01-01", true, true)]);
    let history = Succession::new(steps);
    let part = |main| Share::Part { main };
    for (unit, on, want) in [
        (20, "2024-11-30", vec![(20, Share::Whole)]),
        (20, "2024-12-01", vec![(1, Share::Whole)]),
        (20, "2025-07-01", vec![(10, Share::Whole)]),
        (3, "2025-07-01", vec![(10, part(false)), (11, part(true))]),
        (3, "2026-01-01", vec![(30, Share::Whole)]),
    ] {
        let want: Vec<_> = want.into_iter().map(|(u, s)| (UnitId(u), s)).collect();
        assert_eq!(history.successors(UnitId(unit), day(on)), want, "{unit} on {on}");
    }
    for (unit, on, want) in [
        (10, "2025-12-31", vec![(10, Share::Whole)]),
        (10, "2025-06-30", vec![(1, Share::Whole), (3, part(false))]),
        (10, "2024-11-30", vec![(3, part(false)), (20, Share::Whole), (21, Share::Whole)]),
        (30, "2024-11-30", vec![(3, Share::Whole), (20, Share::Whole), (21, Share::Whole)]),
    ] {
        let want: Vec<_> = want.into_iter().map(|(u, s)| (UnitId(u), s)).collect();
        assert_eq!(history.predecessors(UnitId(unit), day(on)), want, "before {unit}, on {on}");
    }
    let changes = [(20, Change::Merge), (3, Change::Part), (10, Change::Merge)];
    for (unit, want) in changes {
        assert_eq!(history.change(&history.after(UnitId(unit))[0]), want, "{unit}");
    }
    assert_eq!(history.check(), []);
    assert_eq!(
        Succession::new([edge(1, 2, "2024-01-01", true, true), edge(2, 1, "2025-01-01", true, true)]).check().len(),
        2
    );
    assert_eq!(
        Succession::new([edge(1, 2, "2024-01-01", true, true), edge(1, 3, "2024-01-01", false, true)]).check().len(),
        1
    );
}

/// One step of a random history, told by numbers that pick among the living units.
#[derive(Clone, Debug)]
enum Step {
    Merge(Vec<usize>),
    Split(usize, usize),
    Rename(usize),
    /// A unit is divided; one share becomes a unit, the other joins a neighbour.
    Part(usize, usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        prop::collection::vec(0..100usize, 2..5).prop_map(Step::Merge),
        (0..100usize, 2..4usize).prop_map(|(unit, into)| Step::Split(unit, into)),
        (0..100usize).prop_map(Step::Rename),
        (0..100usize, 0..100usize).prop_map(|(unit, with)| Step::Part(unit, with)),
    ]
}

/// Runs the steps, one a month; the steps of succession and the units that live at the end.
fn run(start: usize, steps: &[Step]) -> (Vec<Edge>, BTreeSet<UnitId>, Day) {
    let mut living: Vec<UnitId> = (1..=start as i64).map(UnitId).collect();
    let (mut edges, mut next, mut on) = (Vec::new(), 1000, day("2020-01-01"));
    for step in steps {
        on = Day::from_epoch_days(on.epoch_days() + 30);
        let mut new = || {
            next += 1;
            UnitId(next)
        };
        let mut add =
            |from, to, whole, main| edges.push(Edge { from, to, day: on, whole, main, confidence: "verified".into() });
        match step {
            Step::Merge(picks) => {
                let olds: BTreeSet<UnitId> = picks.iter().map(|p| living[p % living.len()]).collect();
                let to = new();
                olds.iter().for_each(|&from| add(from, to, true, true));
                living.retain(|u| !olds.contains(u));
                living.push(to);
            }
            Step::Split(pick, into) => {
                let from = living.remove(pick % living.len());
                for share in 0..*into {
                    let to = new();
                    add(from, to, false, share == 0);
                    living.push(to);
                }
            }
            Step::Rename(pick) => {
                let from = living.remove(pick % living.len());
                let to = new();
                add(from, to, true, true);
                living.push(to);
            }
            Step::Part(pick, with) if living.len() > 1 => {
                let from = living.remove(pick % living.len());
                let neighbour = living.remove(with % living.len());
                let (own, joined) = (new(), new());
                add(from, own, false, true);
                add(from, joined, false, false);
                add(neighbour, joined, true, true);
                living.extend([own, joined]);
            }
            Step::Part(..) => {}
        }
    }
    (edges, living.into_iter().collect(), on)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever mergers came: no stored figure changes, every sum is preserved, no unit is lost or counted twice.
    #[test]
    fn random_mergers_preserve_every_sum(
        steps in prop::collection::vec(step(), 0..12),
        values in prop::collection::vec((-1_000_000i64..1_000_000, 0u32..6), 2..12),
    ) {
        let given: BTreeMap<UnitId, Quantity> = (1..).zip(&values).map(|(id, (mantissa, scale))| {
            let value = Decimal::from(*mantissa).checked_div_rounded(&Decimal::from(10i64.pow(*scale)), 6).unwrap();
            (UnitId(id), Quantity::Number(value))
        }).collect();
        let weights: BTreeMap<UnitId, Decimal> = given.keys().map(|u| (*u, Decimal::from(u.0 * 7))).collect();
        let stored = given.clone();
        let (edges, living, last) = run(given.len(), &steps);
        let history = Succession::new(edges);
        prop_assert_eq!(history.check(), vec![]);
        let total = |figures: &mut dyn Iterator<Item = &Quantity>| figures.fold(Decimal::ZERO, |sum, q| match q {
            Quantity::Number(v) => &sum + v,
            other => panic!("{other:?}"),
        });
        let want = total(&mut given.values());

        let sum = Figures { aggregate: &Aggregate::Sum, reported_on: day("2020-01-01"), figures: &given, weights: &weights };
        let areas: Vec<Area> = living.iter().map(|&u| Area::unit(u)).collect();
        let carried = carry(&history, &sum, &areas, last);
        let mut joined = Decimal::ZERO;
        let (mut whole, mut divided) = (BTreeSet::new(), BTreeMap::new());
        for one in &carried {
            prop_assert!(one.missing.is_empty());
            if let Joined::Figure(Quantity::Number(value)) = &one.joined {
                joined = &joined + value;
            } else {
                prop_assert_eq!(&one.joined, &Joined::Nothing);
            }
            for unit in &one.from {
                prop_assert!(whole.insert(*unit), "{} is in two sums", unit);
            }
            for part in &one.parts {
                divided.insert(part.unit, part.figure.clone().unwrap());
            }
        }
        // What went over whole is summed, what was divided stands beside, once: together everything, nothing twice.
        prop_assert_eq!(&joined + &total(&mut divided.values()), want.clone());
        prop_assert!(whole.iter().all(|u| !divided.contains_key(u)));
        prop_assert_eq!(whole.len() + divided.len(), given.len());

        // Onto everything at once nothing is divided, and the weighted mean is that of the old units, exactly.
        let everything = Area { id: UnitId(0), members: living.clone() };
        let all = carry(&history, &sum, std::slice::from_ref(&everything), last);
        prop_assert!(all[0].complete());
        prop_assert_eq!(&all[0].joined, &Joined::Figure(Quantity::Number(want)));
        let by = Aggregate::Weighted("w".into());
        let mean = Figures { aggregate: &by, ..sum };
        let now = carry(&history, &mean, std::slice::from_ref(&everything), last);
        let then = Area { id: UnitId(0), members: given.keys().copied().collect() };
        let before = carry(&history, &mean, &[then], day("2020-01-01"));
        prop_assert_eq!(&now[0].joined, &before[0].joined);

        // Both directions tell the same story.
        for &unit in given.keys() {
            for (to, share) in history.successors(unit, last) {
                prop_assert!(history.predecessors(to, day("2020-01-01")).contains(&(unit, share)));
            }
        }
        prop_assert_eq!(stored, given);
    }
}
