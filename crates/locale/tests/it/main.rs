//! How phrases, numbers and days are said, and that both languages say the same things.

use fluent_syntax::{ast, parser};
use kernel::{Arg, Decimal, Phrase, Place, Problem};
use locale::{Lang, beside, date, exact, integer, problem, rounded, say, say_key, sources};
use std::collections::{BTreeMap, BTreeSet};

fn number(text: &str) -> Decimal {
    text.parse().unwrap()
}

#[track_caller]
fn check(got: impl Fn(Lang) -> String, vi: &str, en: &str) {
    assert_eq!((got(Lang::Vi).as_str(), got(Lang::En).as_str()), (vi, en));
}

#[test]
fn numbers_are_exact_and_written_as_each_language_writes_them() {
    check(|l| exact(l, &number("1234567.50")), "1.234.567,5", "1,234,567.5");
    check(|l| exact(l, &number("-1000")), "-1.000", "-1,000");
    check(|l| exact(l, &number("-0.0")), "0", "0");
    check(|l| exact(l, &number("999")), "999", "999");
    check(|l| integer(l, -12_345), "-12.345", "-12,345");
    check(|l| rounded(l, &number("2.345"), 2), "2,35", "2.35");
    check(|l| rounded(l, &number("99.999"), 2), "100", "100");
    check(|_| date("2025-07-01".parse().unwrap()), "01/07/2025", "01/07/2025");
}

#[test]
fn a_rounded_number_never_contradicts_its_verdict() {
    let beside = |n: &str, decimals, limit: &str| {
        let (n, limit) = (number(n), number(limit));
        move |l| beside(l, &n, decimals, Some(&limit))
    };
    check(beside("94.996", 2, "95"), "94,996", "94.996");
    check(beside("94.99996", 2, "95"), "94,99996", "94.99996");
    check(beside("94.986", 2, "95"), "94,99", "94.99");
    check(beside("95.004", 2, "95"), "95,004", "95.004");
    check(beside("95", 2, "95"), "95", "95");
    check(beside("13.0001", 1, "13"), "13,0001", "13.0001");
    check(|l| locale::beside(l, &number("94.996"), 2, None), "95", "95");
}

#[test]
fn phrases_nest_and_carry_the_law_in_both_languages() {
    let limit = Phrase::new("limit-percent").with("number", number("16.5"));
    let asked = Phrase::new("req-at-most").with("limit", limit);
    check(|l| say(l, &asked), "Không quá 16,5%", "At most 16.5%");
    let when =
        Phrase::new("req-condition").with("requirement", asked.clone()).both("condition", "xã có chợ", "a market");
    check(|l| say(l, &when), "Không quá 16,5% (áp dụng khi: xã có chợ)", "At most 16.5% (applies when: a market)");
    let list = vec![asked, Phrase::new("req-achieved")];
    let list = Phrase::new("why-members-failed").with("members", list);
    check(|l| say(l, &list), "Không đạt: Không quá 16,5%; Đạt yêu cầu.", "Not met: At most 16.5%; Requirement met.");
    check(|l| say_key(l, "no-such-key", &[]), "[no-such-key]", "[no-such-key]");
    // What a user typed is said as it stands, whatever it looks like to Fluent.
    let typed = Phrase::new("values-not-number").with("value", "{ $x } \"5%\"");
    check(|l| say(l, &typed), "\"{ $x } \"5%\"\" không phải là số", "\"{ $x } \"5%\"\" is not a number");
}

#[test]
fn a_problem_begins_with_its_place() {
    let at = |place| Problem { phrase: Phrase::new("values-unit-missing"), place, status: 422 };
    let cell = || Some(Place::Cell { sheet: "Số liệu".into(), cell: "B7".into() });
    // A line is a number of a line, not a quantity: it is not grouped.
    check(
        |l| problem(l, &at(Some(Place::Line(12_345)))),
        "dòng 12345: thiếu mã đơn vị",
        "line 12345: the unit code is missing",
    );
    let vi = "trang tính \"Số liệu\", ô B7: thiếu mã đơn vị";
    check(|l| problem(l, &at(cell())), vi, "sheet \"Số liệu\", cell B7: the unit code is missing");
    check(|l| problem(l, &at(None)), "thiếu mã đơn vị", "the unit code is missing");
}

#[test]
fn languages_are_found_by_tag() {
    for (tag, lang) in [("vi_VN.UTF-8", Some(Lang::Vi)), ("en-GB", Some(Lang::En)), ("EN", Some(Lang::En))] {
        assert_eq!(Lang::from_tag(tag), lang, "{tag}");
    }
    for tag in ["", "v", "fr_FR", "đ"] {
        assert_eq!(Lang::from_tag(tag), None, "{tag}");
    }
}

fn variables(pattern: &ast::Pattern<&str>, out: &mut BTreeSet<String>) {
    fn inline(expression: &ast::InlineExpression<&str>, out: &mut BTreeSet<String>) {
        match expression {
            ast::InlineExpression::VariableReference { id } => {
                out.insert(id.name.to_owned());
            }
            ast::InlineExpression::Placeable { expression } => placeable(expression, out),
            _ => {}
        }
    }
    fn placeable(expression: &ast::Expression<&str>, out: &mut BTreeSet<String>) {
        match expression {
            ast::Expression::Inline(i) => inline(i, out),
            ast::Expression::Select { selector, variants } => {
                inline(selector, out);
                variants.iter().for_each(|v| variables(&v.value, out));
            }
        }
    }
    for element in &pattern.elements {
        if let ast::PatternElement::Placeable { expression } = element {
            placeable(expression, out);
        }
    }
}

/// Every key of a language with its variables; a key twice is a failure.
fn keys(lang: Lang) -> BTreeMap<String, BTreeSet<String>> {
    let mut all = BTreeMap::new();
    for (file, text) in sources(lang) {
        let resource = parser::parse(text.as_str()).unwrap_or_else(|(_, e)| panic!("{file}: {e:?}"));
        for entry in &resource.body {
            let ast::Entry::Message(message) = entry else { continue };
            let mut named = BTreeSet::new();
            variables(
                message.value.as_ref().unwrap_or_else(|| panic!("{file}: {} is empty", message.id.name)),
                &mut named,
            );
            assert!(
                all.insert(message.id.name.to_owned(), named).is_none(),
                "{file}: {} stands twice",
                message.id.name
            );
        }
    }
    all
}

#[test]
fn both_languages_have_the_same_keys_with_the_same_variables() {
    let (vi, en) = (keys(Lang::Vi), keys(Lang::En));
    assert!(vi.len() > 100, "{}", vi.len());
    let differ = vi.keys().chain(en.keys()).filter(|k| vi.get(*k) != en.get(*k)).collect::<BTreeSet<_>>();
    assert!(differ.is_empty(), "{differ:?}");
}

#[test]
fn every_message_says_all_it_is_given_without_marks_or_errors() {
    for lang in Lang::ALL {
        for (key, variables) in keys(lang) {
            let names: Vec<&'static str> = variables.into_iter().map(|v| &*String::leak(v)).collect();
            let args: Vec<(&str, Arg)> = names.iter().map(|n| (*n, Arg::Int(7))).collect();
            let text = say_key(lang, &key, &args);
            assert!(!text.contains(['\u{2068}', '\u{2069}']) && !text.contains("{$"), "{key}: {text}");
            assert!(!text.is_empty(), "{key}");
        }
    }
}
