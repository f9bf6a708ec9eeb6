use super::*;
use proptest::prelude::*;
use rulebook::Kind;

fn n(text: &str) -> Decimal {
    text.parse().expect("a number")
}

fn now(kind: Kind, number: Decimal) -> Now {
    let (under, evidence, computed) = (None, None, None);
    Now { kind, number: Some(number), yes: false, under, asked: true, noted: true, evidence, computed }
}

fn about(measure: &str, value: Now) -> About {
    let now = BTreeMap::from([(measure.to_owned(), value)]);
    About { year: 2024, now, before: HashMap::new(), circles: Vec::new() }
}

fn circle(kind: CircleKind, measure: &str, numbers: &[Decimal]) -> Circle {
    let all = numbers.iter().enumerate().map(|(at, n)| (UnitId(at as i64 + 1), n.clone())).collect();
    Circle { kind, numbers: HashMap::from([(measure.to_owned(), all)]) }
}

/// The ids of the checks that found something.
fn found(about: &About) -> Vec<String> {
    evaluate(shipped(), about).into_iter().map(|hit| hit.check).collect()
}

#[test]
fn the_shipped_checks_are_well_and_say_everything_they_find() {
    let ids: BTreeSet<&str> = shipped().iter().map(|check| check.id.as_str()).collect();
    assert_eq!(ids.len(), shipped().len(), "an id twice");
    for check in shipped() {
        for text in [&check.name_vi, &check.name_en, &check.reason_vi, &check.reason_en, &check.source] {
            assert!(!text.is_empty(), "{}", check.id);
        }
    }
    // One figure that every check doubts.
    let mut about = about("income.per_person", now(Kind::Income, n("412.5")));
    about.before.insert("income.per_person".into(), n("45"));
    let mut numbers: Vec<Decimal> = (0..9).map(|at| n(&format!("4{at}.7"))).collect();
    numbers.extend(vec![n("412.5"); 4]);
    about.circles = vec![circle(CircleKind::Province, "income.per_person", &numbers)];
    let one = about.now.get_mut("income.per_person").expect("it");
    (one.noted, one.computed) = (false, Some(n("41.25")));
    let wanted = ["range", "jump", "outlier", "evidence-missing", "pasted", "computed"];
    assert_eq!(found(&about), wanted);
    for hit in evaluate(shipped(), &about) {
        for lang in [locale::Lang::Vi, locale::Lang::En] {
            let said = hit.reason(lang, |_| None, |unit| format!("xã {unit}"));
            assert!(!said.contains(['{', '}', '[']) && said.contains("412"), "{said}");
        }
    }
    assert_eq!(evaluate(shipped(), &about)[2].units().count(), 5, "the neighbours are named");
}

#[test]
fn parts_totals_and_bases_are_held_against_each_other() {
    let of = |pairs: &[(&str, &str)]| {
        let all = pairs.iter().map(|(code, value)| ((*code).to_owned(), now(Kind::Count, n(value))));
        About { year: 2024, now: all.collect(), before: HashMap::new(), circles: Vec::new() }
    };
    assert_eq!(found(&of(&[("households", "900"), ("population", "3600"), ("poor_households", "90")])), [""; 0]);
    assert_eq!(found(&of(&[("households", "900"), ("poor_households", "901")])), ["whole"]);
    let mut share = of(&[("households", "900")]);
    let mut percent = now(Kind::Percent, n("50"));
    percent.under = Some(n("1200"));
    share.now.insert("sanitation.household_share".into(), percent.clone());
    assert_eq!(found(&share), ["base"]);
    percent.under = Some(n("910"));
    share.now.insert("sanitation.household_share".into(), percent);
    assert_eq!(found(&share), [""; 0], "within the tolerance");
    let totals = vec![model::Total { total: "t".into(), parts: vec!["a".into(), "b".into()], tolerance: n("0") }];
    let check = Check { rule: Rule::Sum { totals }, ..shipped()[0].clone() };
    let sums = |t: &str, a: &str, b: Option<&str>| {
        let mut all = vec![("t", t), ("a", a)];
        all.extend(b.map(|b| ("b", b)));
        evaluate(std::slice::from_ref(&check), &of(&all)).len()
    };
    assert_eq!([sums("3", "1", Some("2")), sums("3.5", "1", Some("2")), sums("3", "1", None)], [0, 1, 0]);
}

#[test]
fn evidence_is_missing_or_old() {
    let with = |noted: bool, day: Option<&str>| {
        let mut one = now(Kind::Percent, n("50"));
        (one.noted, one.evidence) = (noted, day.map(|day| day.parse().expect("a day")));
        found(&about("x", one))
    };
    assert_eq!(with(false, None), ["evidence-missing"]);
    assert_eq!(with(true, None), [""; 0]);
    assert_eq!(with(false, Some("2023-12-10")), [""; 0], "within thirty days before the year");
    assert_eq!(with(false, Some("2023-11-10")), ["evidence-old"]);
}

fn only(id: &str) -> Vec<Check> {
    shipped().iter().filter(|check| check.id == id).cloned().collect()
}

proptest! {
    /// A value as the others are is never far, whatever a few of them hold.
    #[test]
    fn a_few_wrong_neighbours_make_nobody_an_outlier(
        base in 100i64..10_000, spread in prop::collection::vec(-5i64..=5, 9..40), wild in prop::collection::vec(0i64..9_000_000, 0..4)
    ) {
        let mut numbers: Vec<Decimal> = spread.iter().map(|d| Decimal::from(base * 100 + d * base)).collect();
        numbers.extend(wild.into_iter().map(Decimal::from));
        let mut about = about("x", now(Kind::Number, Decimal::from(base * 100)));
        about.circles = vec![circle(CircleKind::District, "x", &numbers)];
        prop_assert!(evaluate(&only("outlier"), &about).is_empty());
        // Ten times as much is, and the order of neighbours says nothing.
        about.now.insert("x".into(), now(Kind::Number, Decimal::from(base * 1000)));
        let hits = evaluate(&only("outlier"), &about);
        prop_assert_eq!(hits.len(), 1);
        numbers.reverse();
        about.circles = vec![circle(CircleKind::District, "x", &numbers)];
        prop_assert_eq!(&evaluate(&only("outlier"), &about)[0].facts["median"], &hits[0].facts["median"]);
    }

    /// With fewer neighbours than it takes the next circle is asked, and without one nothing is said.
    #[test]
    fn the_narrowest_circle_that_is_large_enough_is_asked(near in 0usize..8, far in 8usize..30) {
        let numbers = |count| vec![n("10"); count];
        let mut about = about("x", now(Kind::Number, n("99")));
        about.circles = vec![circle(CircleKind::District, "x", &numbers(near))];
        prop_assert!(evaluate(&only("outlier"), &about).is_empty());
        about.circles.push(circle(CircleKind::Province, "x", &numbers(far)));
        let hits = evaluate(&only("outlier"), &about);
        prop_assert_eq!(&hits[0].facts["circle"], &Fact::Circle(CircleKind::Province));
    }

    /// A jump is the same up and down, and none where nothing changed.
    #[test]
    fn a_jump_is_one_both_ways(a in 1i64..100_000, b in 1i64..100_000) {
        let far = |last: i64, value: i64, kind| {
            let mut about = about("x", now(kind, Decimal::from(value)));
            about.before.insert("x".into(), Decimal::from(last));
            evaluate(&only("jump"), &about).len()
        };
        prop_assert_eq!(far(a, b, Kind::Number), far(b, a, Kind::Number));
        prop_assert_eq!(far(a, a, Kind::Number), 0);
        prop_assert_eq!(far(a, b, Kind::Number) == 1, (a - b).abs() * 2 > a.max(b));
        prop_assert_eq!(far(a % 101, b % 101, Kind::Percent) == 1, (a % 101 - b % 101).abs() > 30);
    }

    /// A value is pasted where so many others have it, and round numbers never are.
    #[test]
    fn a_value_is_pasted_where_many_have_it(same in 0usize..9, others in 0usize..9, value in 100i64..999) {
        let value = format!("{value}.1");
        let mut numbers = vec![n(&value); same];
        numbers.extend(vec![n("7"); others]);
        let mut about = about("x", now(Kind::Number, n(&value)));
        about.circles = vec![circle(CircleKind::Province, "x", &numbers)];
        prop_assert_eq!(evaluate(&only("pasted"), &about).len(), usize::from(same >= 4));
        about.now.insert("x".into(), now(Kind::Number, n("7")));
        prop_assert!(evaluate(&only("pasted"), &about).is_empty());
    }

    #[test]
    fn significant_digits_do_not_depend_on_zeros_around(digits in 1u32..99_999, zeros in 0usize..4) {
        let bare = digits.to_string();
        let count = rules::significant(&n(&bare));
        prop_assert_eq!(rules::significant(&n(&format!("{bare}{}", "0".repeat(zeros)))), count);
        prop_assert_eq!(rules::significant(&n(&format!("0.{}{bare}", "0".repeat(zeros)))), count);
    }
}
