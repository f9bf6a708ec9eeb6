//! Sets side by side: one table, of small sets and of the shipped ones.

use crate::{said::clean, shipped};
use locale::Lang;
use rulebook::{
    Book, Confidence, Library, Traits,
    compare::{Difference, Kind, Likeness, Row, Side, Unclear, compare},
    measure::Similar,
};
use std::collections::BTreeSet;

fn traits() -> Traits {
    Traits { region: Some("TDMNPB".into()), ..Traits::default() }
}

/// A set of one criterion whose indicators these lines are; `counts` says how many the decision has.
fn set(counts: &str, lines: &[&str]) -> Book {
    let indicators: Vec<String> = lines
        .iter()
        .enumerate()
        .map(|(no, line)| {
            format!("[[criteria.indicators]]\nno = \"1.{no}\"\ntext_vi = \"Tỷ lệ\"\ntext_en = \"Share\"\n{line}")
        })
        .collect();
    let text = format!(
        "set = \"small\"\ntitle_vi = \"Nhỏ\"\ntitle_en = \"Small\"\n[decision]\ndate = \"2022-01-01\"\nissuer = \"x\"\n\
         [applies]\nlevel = \"commune\"\nfrom = \"2021-01-01\"\n{counts}\n[regions]\nTDMNPB = \"x\"\nDBSH = \"y\"\n\
         [[criteria]]\nno = \"1\"\nname_vi = \"Một\"\nname_en = \"One\"\n{}",
        indicators.join("\n")
    );
    let set = rulebook::parse::rulebook("small.toml", &text).unwrap_or_else(|e| panic!("{e}\n{text}"));
    Book::new(set, "2025-12-31".parse().unwrap())
}

fn percent(measure: &str, requirement: &str, confidence: &str) -> String {
    format!(
        "kind = \"percent\"\nunit = \"%\"\nmeasure = \"{measure}\"\nrequirement = {requirement}\nconfidence = \"{confidence}\"\n"
    )
}

fn beside(first: &Book, other: &Book, prerequisites: &[String]) -> Vec<Row> {
    let side = |book| Side { book, year: 2025, prerequisites };
    let similar = [Similar {
        measures: vec!["m".into(), "like_m".into()],
        note_vi: "rộng hơn".into(),
        note_en: "wider".into(),
        confidence: Confidence::Recalled,
        source: "x".into(),
    }];
    compare(side(first), &[side(other)], &similar, &traits())
}

#[test]
fn each_pair_of_requirements_has_its_difference() {
    use Difference::*;
    let unknown = Unknown(Unclear::Requirement);
    for (left, right, want) in [
        ("{ op = \">=\", value = 80 }", "{ op = \">=\", value = 80 }", Same),
        ("{ op = \">=\", value = 80 }", "{ op = \">=\", by_region = { TDMNPB = 80, DBSH = 90 } }", Same),
        ("{ op = \">=\", value = 80 }", "{ op = \">=\", value = 85 }", Similar(Likeness::Stricter)),
        (
            "{ op = \">=\", value = 80 }",
            "{ op = \">=\", by_year = { 2025 = { TDMNPB = 75 } } }",
            Similar(Likeness::Looser),
        ),
        ("{ op = \"<=\", value = 13 }", "{ op = \"<=\", value = 5 }", Similar(Likeness::Stricter)),
        ("{ op = \"<\", value = 13 }", "{ op = \"<\", value = 15 }", Similar(Likeness::Looser)),
        ("{ op = \">=\", value = 80 }", "{ op = \">\", value = 80 }", Similar(Likeness::Operator)),
        ("{ op = \">=\", value = 80 }", "{ op = \">=\", by_group = { 1 = 80, 2 = 70 } }", Similar(Likeness::Groups)),
        ("{ op = \">=\", by_group = { 2 = 70, 1 = 80 } }", "{ op = \">=\", by_group = { 1 = 80, 2 = 70 } }", Same),
        (
            "{ op = \">=\", value = 80 }",
            "{ op = \">=\", value = 80 }\napplies_if = \"có chợ\"",
            Similar(Likeness::Condition),
        ),
        // A table without this place's row, no number at all, nothing known: never the same, whatever the other says.
        ("{ op = \">=\", value = 80 }", "{ op = \">=\", by_region = { DBSH = 80 } }", unknown),
        ("{ op = \">=\" }", "{ op = \">=\" }", unknown),
        ("{ op = \">=\", delegated_to = \"province\" }", "{ op = \">=\", value = 80 }", unknown),
        ("{ op = \"unknown\" }", "{ op = \">=\", value = 80 }", unknown),
    ] {
        let (left, right) = (set("", &[&percent("m", left, "verified")]), set("", &[&percent("m", right, "recalled")]));
        let rows = beside(&left, &right, &[]);
        assert_eq!((rows.len(), rows[0].others[0].node, rows[0].others[0].difference), (1, Some(0), want), "{right:?}");
    }
    let (sure, unsure) = (
        percent("m", "{ op = \">=\", value = 80 }", "verified"),
        percent("m", "{ op = \">=\", value = 80 }", "unknown"),
    );
    assert_eq!(beside(&set("", &[&sure]), &set("", &[&unsure]), &[])[0].others[0].difference, unknown);
}

#[test]
fn what_only_one_set_lists_is_new_or_dropped_only_where_the_law_is_read_whole() {
    let (m, n) = (
        percent("m", "{ op = \">=\", value = 80 }", "verified"),
        percent("n", "{ op = \">=\", value = 80 }", "verified"),
    );
    let unread = percent("n", "{ op = \"unknown\" }", "unknown");
    let like = percent("like_m", "{ op = \">=\", value = 80 }", "verified");
    let short = "[counts]\ncriteria = 1\nindicators = 9\nindicators_listed = 1";
    let not_listed = Difference::Unknown(Unclear::NotListed);
    for (left, right, prerequisites, want) in [
        (set("", &[&m]), set("", &[&n]), &[][..], vec![Difference::Dropped, Difference::New]),
        (set("", &[&m]), set(short, &[&n]), &[], vec![not_listed, Difference::New]),
        (set(short, &[&m]), set("", &[&n]), &[], vec![Difference::Dropped, not_listed]),
        (set("", &[&m]), set("", &[&n]), &["small".to_owned()], vec![Difference::Kept, Difference::New]),
        (
            set("", &[&m]),
            set("", &[&unread]),
            &[],
            vec![Difference::Dropped, Difference::Unknown(Unclear::Requirement)],
        ),
        (set("", &[&m]), set("", &[&like]), &[], vec![Difference::Similar(Likeness::Measure(0))]),
    ] {
        let rows = beside(&left, &right, prerequisites);
        let found: Vec<Difference> = rows.iter().map(|row| row.others[0].difference).collect();
        assert_eq!(found, want);
    }
}

/// Every pair of shipped sets: each leaf of both stands in exactly one row, and every row is said in both languages.
#[test]
fn shipped_sets_stand_side_by_side_whole_and_in_words() {
    let library = shipped::library().with_overlays([shipped::illustrative()]).unwrap().without_illustrations();
    let books: Vec<(Book, Vec<String>)> =
        library.sets().map(|s| (on(&library, &s.set), library.prerequisites(&s.set))).collect();
    let sides: Vec<Side> = books.iter().map(|(book, p)| Side { book, year: 2025, prerequisites: p }).collect();
    let mut kinds = BTreeSet::new();
    for first in &sides {
        let rows = compare(*first, &sides, library.similar(), &traits());
        for (n, side) in sides.iter().enumerate() {
            let leaves: BTreeSet<usize> =
                (0..side.book.nodes.len()).filter(|&at| side.book.nodes[at].is_leaf()).collect();
            let shown: BTreeSet<usize> = rows.iter().filter_map(|row| row.others[n].node).collect();
            assert_eq!(shown, leaves, "{} beside {}", side.book.set(), first.book.set());
            for row in &rows {
                let phrase = row.said(n, *first, &sides, library.similar(), &traits());
                let said = (clean(Lang::Vi, &phrase), clean(Lang::En, &phrase));
                assert_ne!(said.0, said.1);
                kinds.extend(row.others[n].difference.kind().map(Kind::name));
            }
        }
    }
    assert_eq!(kinds, Kind::ALL.map(Kind::name).into());
    let of = |first: &str, other: &str, no: &str| {
        let find = |set: &str| sides.iter().find(|side| side.book.set() == set).copied().unwrap();
        let (first, other) = (find(first), find(other));
        let rows = compare(first, &[other], library.similar(), &traits());
        rows.iter().find(|row| row.first == first.book.node(no)).unwrap().others[0].difference
    };
    let (basic, advanced, next) = ("commune-2021-2025", "commune-advanced-2021-2025", "commune-2026-2030");
    for (other, no, want) in [
        (advanced, "4.2", Difference::Similar(Likeness::Stricter)),
        (advanced, "17.1.b", Difference::Unknown(Unclear::Requirement)),
        (advanced, "15.2", Difference::Kept),
        // Three of its forty-seven indicators are read so far: nobody can say that this one is gone.
        (next, "15.2", Difference::Unknown(Unclear::NotListed)),
    ] {
        assert_eq!(of(basic, other, no), want, "{no} in {other}");
    }
}

fn on(library: &Library, set: &str) -> Book {
    library.in_force(set, "2025-12-31".parse().unwrap()).unwrap()
}

/// The tables of a requirement unfolded: whoever is left out of one is named as unknown.
#[test]
fn a_requirement_unfolds_into_its_lines() {
    use rulebook::variants::{Whom, variants};
    let region = |code: &str| Whom::Region(code.into());
    for (asked, want) in [
        ("{ op = \">=\", value = 80 }", vec![(None, Whom::Everybody, "Đạt từ 80% trở lên")]),
        ("{ op = \">=\" }", vec![(None, Whom::Everybody, "Chưa biết mức, cần xác nhận")]),
        (
            "{ op = \"<=\", by_region = { TDMNPB = 13 } }",
            vec![(None, region("TDMNPB"), "Không quá 13%"), (None, Whom::Others, "Chưa biết mức, cần xác nhận")],
        ),
        (
            "{ op = \">\", by_year = { 2024 = 1, 2025 = { TDMNPB = 2, DBSH = 3 } } }",
            vec![
                (Some("2024"), Whom::Everybody, "Trên 1%"),
                (Some("2025"), region("DBSH"), "Trên 3%"),
                (Some("2025"), region("TDMNPB"), "Trên 2%"),
            ],
        ),
        // Left out in both years: said once.
        (
            "{ op = \">\", by_year = { 2024 = { TDMNPB = 1 }, 2025 = { TDMNPB = 2 } } }",
            vec![
                (Some("2024"), region("TDMNPB"), "Trên 1%"),
                (Some("2025"), region("TDMNPB"), "Trên 2%"),
                (None, Whom::Others, "Chưa biết mức, cần xác nhận"),
            ],
        ),
        (
            "{ op = \"<\", by_attribute = { attribute = \"special_difficulty\", true = 5, false = 9 } }",
            vec![
                (None, Whom::Attribute("special_difficulty".into(), "false".into()), "Dưới 9%"),
                (None, Whom::Attribute("special_difficulty".into(), "true".into()), "Dưới 5%"),
            ],
        ),
        ("{ op = \"unknown\" }", vec![]),
    ] {
        let book = set("", &[&percent("m", asked, "verified")]);
        let lines = variants(&book, 0);
        let said: Vec<_> =
            lines.iter().map(|v| (v.year.clone(), v.whom.clone(), locale::say(Lang::Vi, &v.requirement))).collect();
        let want: Vec<_> =
            want.into_iter().map(|(year, whom, said)| (year.map(str::to_owned), whom, said.to_owned())).collect();
        assert_eq!(said, want, "{asked}");
    }
}
