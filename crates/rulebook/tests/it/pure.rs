//! What-if, nearest, compare and computed measures.

use crate::shipped;
use kernel::Decimal;
use rulebook::{
    Book, Kind, Library, Status, Traits, Value,
    computed::{Outcome, compute},
    evaluate,
    measure::{Computed, Missing, Operation},
    model::{Confidence, Counts, Op, Requirement},
    nearest::nearest,
    whatif::what_if,
};

fn traits() -> Traits {
    Traits { region: Some("TDMNPB".into()), ..Traits::default() }
}

fn book(library: &Library, set: &str) -> Book {
    library.in_force(set, "2025-12-31".parse().unwrap()).unwrap()
}

fn values(book: &Book, given: &[(&str, Value)]) -> Vec<Option<Value>> {
    let mut values = vec![None; book.nodes.len()];
    for (no, value) in given {
        values[book.node(no).unwrap()] = Some(value.clone());
    }
    values
}

fn number(text: &str) -> Value {
    Value::Number(text.parse().unwrap())
}

#[test]
fn figures_of_the_basic_set_are_judged_under_the_advanced_one_by_measure() {
    let library = shipped::library();
    let (from, to) = (book(&library, "commune-2021-2025"), book(&library, "commune-advanced-2021-2025"));
    let given = values(
        &from,
        &[("4.2", number("96")), ("15.1", number("95")), ("15.2", Value::Yes(true)), ("17.1.b", number("40"))],
    );
    let was = evaluate(&from, &given, &traits(), 2025);
    let then = what_if(&from, &given, &was, &to, &traits(), 2025);
    let status = |no: &str| then.verdict.nodes[to.node(no).unwrap()].status;
    // 96 % of households with electricity: enough for 4.2 (95), not for 4.1 of the advanced set (98).
    assert_eq!(status("4.1"), Status::Failed);
    let difference = then.differences.iter().find(|d| d.to == to.node("4.1").unwrap()).expect("it differs");
    assert_eq!((difference.was, difference.from), (Some(Status::Passed), from.node("4.2")));
    assert_eq!(difference.why(&from, &given, &to, &traits(), 2025).key, "whatif-other-requirement");
    assert_eq!(status("14.1"), Status::Passed);
    // 15.2 means health in one set and public services in the other: nothing is carried by number.
    assert!(then.without.contains(&to.node("15.2").unwrap()));
    assert_eq!(status("15.2"), Status::Incomplete);
    assert_eq!(then.values[to.node("18.1").unwrap()], Some(number("40")));
}

#[test]
fn towards_2026_the_unknown_is_listed_and_a_made_up_set_makes_it_useful_by_itself() {
    let library = shipped::library();
    let from = book(&library, "commune-2021-2025");
    let given = values(&from, &[("10.1", number("50")), ("12.2", number("30"))]);
    let was = evaluate(&from, &given, &traits(), 2025);
    let to = book(&library, "commune-2026-2030");
    let then = what_if(&from, &given, &was, &to, &traits(), 2026);
    assert_eq!(then.verdict.set.status, Status::Incomplete);
    assert!(!then.unknown.is_empty(), "1.1 and 1.2 are unknown");
    // Somebody enters the set: one criterion that asks for income.
    let mut entered = (**library.set("commune-2026-2030").unwrap()).clone();
    let mut criterion = entered.criteria[0].clone();
    let mut income = library.set("commune-2021-2025").unwrap().criteria[9].indicators[0].clone();
    income.requirement = Requirement {
        op: Op::AtLeast,
        value: Some(Decimal::from(60)),
        by_attribute: None,
        by_year: None,
        by_region: None,
        by_group: None,
        delegated_to: None,
    };
    income.confidence = Confidence::Verified;
    criterion.indicators = vec![income];
    entered.criteria = vec![criterion];
    entered.counts = Some(Counts { criteria: 1, indicators: 1, indicators_listed: 1, confidence: None, source: None });
    let library = library.with_set(entered);
    let to = book(&library, "commune-2026-2030");
    let then = what_if(&from, &given, &was, &to, &traits(), 2026);
    assert_eq!((then.verdict.set.status, then.unknown.len(), then.without.len()), (Status::Failed, 0, 0));
    assert_eq!(then.verdict.shortfalls[0], Some(Decimal::from(10)));
}

#[test]
fn the_nearest_failed_indicator_comes_first() {
    let library = shipped::library();
    let book = book(&library, "commune-2021-2025");
    let given = values(
        &book,
        &[("10.1", number("24")), ("15.3", number("25.2")), ("8.1", Value::Yes(false)), ("3.1", number("79"))],
    );
    let verdict = evaluate(&book, &given, &traits(), 2025);
    let order: Vec<(&str, String)> = nearest(&book, &verdict, &traits(), 2025)
        .iter()
        .map(|d| (book.nodes[d.node].indicator.no.as_str(), d.relative.to_string()))
        .collect();
    let want = [("3.1", "0.0125"), ("15.3", "0.05"), ("10.1", "0.5"), ("8.1", "1")];
    assert_eq!(order, want.map(|(no, r)| (no, r.to_owned())));
}

#[test]
fn computed_measures_follow_their_formula_and_their_policy() {
    let inputs = [
        ("a", number("3")),
        ("b", number("4")),
        ("yes", Value::Yes(true)),
        ("no", Value::Yes(false)),
        ("zero", number("0")),
    ];
    let check = |op, of: &[&str], missing, want: Outcome| {
        let formula = Computed { op, of: of.iter().map(|s| (*s).to_owned()).collect(), missing };
        let given = |id: &str| inputs.iter().find(|(name, _)| *name == id).map(|(_, v)| v);
        assert_eq!(compute(&formula, given), want, "{formula:?}");
    };
    let is = |text: &str| Outcome::Value(number(text));
    let lacks = |names: &[&str]| Outcome::Incomplete(names.iter().map(|s| (*s).to_owned()).collect());
    use Missing::*;
    check(Operation::Sum, &["a", "b"], Incomplete, is("7"));
    check(Operation::Sum, &["a", "x"], Incomplete, lacks(&["x"]));
    check(Operation::Sum, &["a", "x"], Zero, is("3"));
    check(Operation::Sum, &["x"], Skip, lacks(&[]));
    check(Operation::Difference, &["a", "b"], Incomplete, is("-1"));
    check(Operation::Difference, &["x", "b"], Skip, lacks(&["x"]));
    check(Operation::Ratio, &["a", "b"], Incomplete, is("0.75"));
    check(Operation::Share, &["a", "b"], Incomplete, Outcome::Value(Value::Fraction(3.into(), 4.into())));
    check(Operation::Share, &["a", "zero"], Incomplete, Outcome::NoDenominator);
    check(Operation::Min, &["a", "b", "x"], Skip, is("3"));
    check(Operation::Max, &["a", "b"], Incomplete, is("4"));
    check(Operation::CountMet, &["yes", "no", "x"], Zero, is("1"));
    assert_eq!(Kind::Percent.name(), "percent");
}

#[test]
fn an_overlay_lies_whole_on_a_set_or_not_at_all() {
    let (set, day): (&str, kernel::Day) = ("commune-2021-2025", "2025-12-31".parse().unwrap());
    let overlay = shipped::illustrative();
    let library = shipped::library().with_overlays([overlay.clone()]).unwrap();
    let asks = |library: &Library| {
        let book = library.in_force(set, day).unwrap();
        book.threshold(book.node("2.1").unwrap(), &traits(), 2025).cloned()
    };
    assert!(asks(&library).is_some());
    let mut renamed = (**library.set(set).unwrap()).clone();
    renamed.find_mut("2.2").unwrap().no = "2.9".into();
    assert_eq!(overlay.missing_in(&renamed), ["2.2"]);
    let mut laid = renamed.clone();
    assert_eq!(overlay.lay_on(&mut laid, day).unwrap_err().no, "2.2");
    assert_eq!(laid, renamed, "nothing of it");
    assert_eq!(asks(&library.with_set(renamed)), None, "not even what it names beside");
    // Of the same number, but nothing that a share can be asked of any more.
    let mut turned = (**library.set(set).unwrap()).clone();
    let indicator = turned.find_mut("2.2").unwrap();
    assert!(indicator.kind.is_numeric() && indicator.amended.is_empty());
    (indicator.kind, indicator.requirement.op) = (Kind::Boolean, Op::Achieved);
    assert_eq!(overlay.missing_in(&turned), ["2.2"]);
    assert_eq!(asks(&library.with_set(turned)), None);
}
