//! The law said aloud: every requirement of every set, and why a verdict is what it is, in both languages.

use crate::shipped;
use kernel::Phrase;
use locale::{Lang, say};
use rulebook::{Book, Library, Status, Traits, Value, evaluate, explain::Case, requirement::requirement};
use std::collections::BTreeSet;

fn traits(region: Option<&str>) -> Traits {
    Traits { region: region.map(Into::into), ..Traits::default() }
}

fn books(library: &Library) -> Vec<Book> {
    let on = |set: &str, day: &str| library.in_force(set, day.parse().unwrap()).unwrap();
    // Before and after amendments.
    library.sets().flat_map(|s| [on(&s.set, "2022-12-31"), on(&s.set, "2025-12-31")]).collect()
}

/// Says a phrase and refuses what must never reach a reader.
pub fn clean(lang: Lang, phrase: &Phrase) -> String {
    let text = say(lang, phrase);
    for leak in ["None", "Some(", "{", "}", "[", "null", "\u{2068}", "\u{2069}", "  ", "()", ": .", "%%", ".."] {
        // The law itself writes "...".
        assert!(!text.replace("...", "…").contains(leak), "`{leak}` in: {text}");
    }
    assert!(text.trim() == text && text.chars().count() > 3, "`{text}`");
    text
}

/// Whether a text is Vietnamese: it has letters that English has not.
fn vietnamese(text: &str) -> bool {
    text.chars().any(|c| !c.is_ascii() && !"²–—≥≤".contains(c))
}

#[test]
fn every_requirement_of_every_set_is_a_sentence_in_both_languages() {
    let plain = shipped::library();
    let laid = plain.with_overlays([shipped::illustrative()]).unwrap();
    let mut sentences = BTreeSet::new();
    for book in books(&plain).iter().chain(&books(&laid)) {
        for region in [None, Some("TDMNPB"), Some("DBSH")] {
            for year in [2021, 2025] {
                for at in 0..book.nodes.len() {
                    let phrase = requirement(book, at, &traits(region), year);
                    let (vi, en) = (clean(Lang::Vi, &phrase), clean(Lang::En, &phrase));
                    let no = &book.nodes[at].indicator.no;
                    assert!(vietnamese(&vi), "{} {no}: {vi}", book.set());
                    assert!(!vietnamese(&en), "{} {no}: {en}", book.set());
                    sentences.insert(format!("{vi}\n    {en}"));
                }
            }
        }
    }
    insta::assert_snapshot!(sentences.into_iter().collect::<Vec<_>>().join("\n"));
}

#[test]
fn a_verdict_explains_itself_from_leaf_to_set() {
    let library = shipped::library();
    let book = library.in_force("commune-2021-2025", "2025-12-31".parse().unwrap()).unwrap();
    let mut values = vec![None; book.nodes.len()];
    let mut give = |no: &str, value: Value| values[book.node(no).unwrap()] = Some(value);
    let number = |text: &str| Value::Number(text.parse().unwrap());
    give("2.1", number("85"));
    give("3.1", number("79"));
    give("4.2", number("99.5"));
    give("8.1", Value::Yes(false));
    give("10.1", number("41.25"));
    give("15.1", Value::Fraction(1899.into(), 2000.into()));
    give("17.1.a", number("91"));
    let traits = traits(Some("TDMNPB"));
    let verdict = evaluate(&book, &values, &traits, 2025);
    let case = Case { book: &book, values: &values, verdict: &verdict, traits: &traits, year: 2025 };
    let mut out = Vec::new();
    for no in ["2.1", "2.2", "3.1", "4.2", "8.1", "10.1", "15.1", "17.1", "17.1.a"] {
        let why = case.node(book.node(no).unwrap());
        out.push(format!("{no}\n    {}\n    {}", clean(Lang::Vi, &why), clean(Lang::En, &why)));
    }
    for at in [1, 2] {
        let why = case.criterion(at);
        out.push(format!("criterion {}\n    {}\n    {}", at + 1, clean(Lang::Vi, &why), clean(Lang::En, &why)));
    }
    let why = case.set();
    out.push(format!("set\n    {}\n    {}", clean(Lang::Vi, &why), clean(Lang::En, &why)));
    insta::assert_snapshot!(out.join("\n"));
}

#[test]
fn every_verdict_of_every_set_can_say_why() {
    let plain = shipped::library();
    let laid = plain.with_overlays([shipped::illustrative()]).unwrap();
    let mut seen = BTreeSet::new();
    for book in books(&plain).iter().chain(&books(&laid)) {
        for value in [0, 1, 2, 3] {
            let given = |node: &rulebook::book::Node| match value {
                0 => None,
                1 if node.indicator.applies_if.is_some() => Some(Value::NotApplicable),
                _ if node.indicator.kind.is_yes_no() => Some(Value::Yes(value == 2)),
                2 => Some(Value::Number(100.into())),
                _ => Some(Value::Number(0.into())),
            };
            let values: Vec<Option<Value>> = book.nodes.iter().map(|n| given(n).filter(|_| n.is_leaf())).collect();
            let traits = traits(Some("TDMNPB"));
            let verdict = evaluate(book, &values, &traits, 2025);
            let case = Case { book, values: &values, verdict: &verdict, traits: &traits, year: 2025 };
            let nodes = (0..book.nodes.len()).map(|at| (case.node(at), verdict.nodes[at].status));
            let criteria = (0..book.criteria.len()).map(|at| (case.criterion(at), verdict.criteria[at].status));
            for (why, status) in nodes.chain(criteria).chain([(case.set(), verdict.set.status)]) {
                clean(Lang::Vi, &why);
                clean(Lang::En, &why);
                seen.insert(status);
            }
        }
    }
    assert_eq!(seen, BTreeSet::from(Status::ALL), "every outcome was explained");
}
