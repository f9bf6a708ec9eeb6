//! The contract of verdicts, sentence by sentence: rows in, verdict or problems out.

use crate::shipped;
use kernel::Decimal;
use rulebook::{
    Library, Status, Value,
    report::{self, Result as Judged},
    unitsfile::UnitsFile,
    values::{self, Context, Fault, csv},
};
use std::sync::LazyLock;

static LIBRARY: LazyLock<Library> = LazyLock::new(shipped::library);
static ILLUSTRATIVE: LazyLock<Library> = LazyLock::new(|| LIBRARY.with_overlays([shipped::illustrative()]).unwrap());

const UNITS: &str = "unit_code,region,group,more_than_3_schools,ethnic_mountainous
a,TDMNPB,,TRUE,true
b,DBSH,,false,false
c,,,,
";

fn read(library: &Library, set: &str, text: &str, as_of: Option<&str>) -> Result<Vec<Judged>, Vec<Fault>> {
    let units = UnitsFile::read(UNITS).unwrap();
    let context = Context::new(library, set, &units, as_of.map(|d| d.parse().unwrap())).unwrap();
    let table = values::read_csv(&context, text, false)?;
    let groups = table.rows.chunk_by(|a, b| (a.unit, a.year) == (b.unit, b.year));
    Ok(groups.filter_map(|rows| report::judge(&context, rows)).collect())
}

fn rows(rows: &str) -> String {
    format!("unit_code,period,indicator,value,numerator,denominator\n{rows}")
}

/// The status of indicator `no` after these rows of the commune set, and its shortfall.
fn status(text: &str, as_of: Option<&str>, no: &str) -> (Status, Option<String>) {
    let judged = read(&LIBRARY, "commune-2021-2025", &rows(text), as_of).unwrap_or_else(|f| panic!("{text}: {f:?}"));
    let one = &judged[0];
    let at = one.book.node(no).unwrap();
    (one.verdict.nodes[at].status, one.verdict.shortfalls[at].as_ref().map(ToString::to_string))
}

fn check(text: &str, no: &str, want: Status, shortfall: Option<&str>) {
    assert_eq!(status(text, None, no), (want, shortfall.map(str::to_owned)), "{text}");
}

#[test]
fn an_indicator_is_judged_exactly() {
    use Status::*;
    check("a,2025,8.1,đạt,,", "8.1", Passed, None);
    check("a,2025,8.1,KHÔNG ĐẠT,,", "8.1", Failed, None);
    check("a,2025,8.1,đạt,,", "8.2", Incomplete, None);
    // Decided by the value, even where details are delegated.
    check("a,2025,1.1,true,,", "1.1", Passed, None);
    check("a,2025,13.4,n/a,,", "13.4", NotApplicable, None);
    check("a,2025,15.3,24,,", "15.3", Passed, None);
    check("a,2025,15.3,24.000001,,", "15.3", Failed, Some("0.000001"));
    check("a,2025,15.3,,24,100", "15.3", Passed, None);
    check("a,2025,15.3,,1,3", "15.3", Failed, Some("9.333333"));
    check("a,2025,3.1,\"79,9\",,", "3.1", Failed, Some("0.1"));
    check(
        "a,2025,3.1,79.99999999999999999999999999999999999999999,,",
        "3.1",
        Failed,
        Some("0.00000000000000000000000000000000000000001"),
    );
    // By region: another threshold, none at all, unknown region.
    check("b,2025,15.3,16.5,,", "15.3", Passed, None);
    check("b,2025,4.2,100,,", "4.2", ToBeConfirmed, None);
    check("c,2025,15.3,0,,", "15.3", ToBeConfirmed, None);
    // By year and region; outside the years unknown.
    check("a,2024,10.1,45,,", "10.1", Passed, None);
    check("a,2025,10.1,45,,", "10.1", Failed, Some("3"));
    check("a,2026,10.1,45,,", "10.1", ToBeConfirmed, None);
    // By attribute, words in any case; without the attribute unknown.
    check("a,2025,5.1.b,69.9,,", "5.1.b", Failed, Some("0.1"));
    check("b,2025,8.1,true,,", "5.1.b", NotApplicable, None);
    check("c,2025,5.1.b,100,,", "5.1.b", ToBeConfirmed, None);
    // Delegated and not set: unknown.
    check("a,2025,2.1,100,,", "2.1", ToBeConfirmed, None);
    check("a,2025,9.1,0,,", "9.1", Passed, None);
    check("a,2025,9.1,\"3,0\",,", "9.1", Failed, Some("3"));
    check("a,2025,10.1,-0,,", "10.1", Failed, Some("48"));
    check("a,0000,8.1,true,,", "8.1", Passed, None);
}

#[test]
fn composites_join_their_parts() {
    use Status::*;
    check("a,2025,3.2.a,true,,\na,2025,3.2.b,50,,", "3.2", Passed, None);
    check("a,2025,3.2.a,true,,", "3.2", Incomplete, None);
    check("a,2025,3.2.a,false,,", "3.2", Failed, None);
    check("a,2025,17.1.a,90,,\na,2025,17.1.b,90,,", "17.1", ToBeConfirmed, None);
    // Parts outside the region are left out.
    check("b,2025,5.1.c,100,,", "5.1", Passed, None);
    check("a,2025,5.1.a,100,,\na,2025,5.1.b,70,,", "5.1", Passed, None);
}

#[test]
fn an_amendment_counts_from_its_day() {
    assert_eq!(status("a,2023,15.4,50,,", None, "15.4").0, Status::Passed);
    assert_eq!(status("a,2024,15.4,true,,", None, "15.4").0, Status::Passed);
    assert_eq!(status("a,2024,15.4,49,,", Some("2024-02-29"), "15.4").0, Status::Failed);
    let refused = read(&LIBRARY, "commune-2021-2025", &rows("a,2024,15.4,50,,"), None).err().unwrap();
    assert_eq!(refused[0].what.key, "values-not-yes-no");
    let judged = read(&LIBRARY, "commune-2021-2025", &rows("a,2023,8.1,true,,\na,2024,8.1,true,,"), None).unwrap();
    assert!(judged[0].book.version.starts_with("2022-03-08+") && judged[1].book.version.starts_with("2024-03-01+"));
    // A row without value is as if it were not there, whatever else it says.
    let text = "unit_code,period,indicator,value\n,,,\n;\nx,20,9.9,\na,2025,3.1,80\n";
    assert_eq!(read(&LIBRARY, "commune-2021-2025", text, None).unwrap().len(), 1);
}

/// Every indicator at its threshold.
fn passing(library: &Library, set: &str) -> String {
    let book = library.in_force(set, "2025-12-31".parse().unwrap()).unwrap();
    let units = UnitsFile::read(UNITS).unwrap();
    let rulebook::values::Found::Unit(traits) = values::Units::find(&units, "a", "2025-12-31".parse().unwrap()) else {
        panic!()
    };
    let mut out = String::new();
    for (at, node) in book.nodes.iter().enumerate() {
        if !node.is_leaf() || book.excluded_by_region(at, &traits) {
            continue;
        }
        let value = match (node.indicator.kind.is_yes_no(), book.threshold(at, &traits, 2025)) {
            (true, _) => "đạt".to_owned(),
            (false, limit) => limit.cloned().unwrap_or(Decimal::from(0)).to_string(),
        };
        out += &format!("a,2025,{},{value},,\n", node.indicator.no);
    }
    out
}

#[test]
fn nobody_passes_on_the_unknown_and_passing_on_the_unconfirmed_is_told_apart() {
    let judged = read(&LIBRARY, "commune-2021-2025", &rows(&passing(&LIBRARY, "commune-2021-2025")), None).unwrap();
    assert_eq!(judged[0].verdict.set.status, Status::ToBeConfirmed);
    let set = "commune-2021-2025";
    let judged = read(&ILLUSTRATIVE, set, &rows(&passing(&ILLUSTRATIVE, set)), None).unwrap();
    assert_eq!(judged[0].verdict.set.status, Status::Passed);
    assert!(judged[0].verdict.set.passed_unconfirmed());
    let verified: Vec<bool> = judged[0].verdict.criteria.iter().map(|c| c.passed_unconfirmed()).collect();
    assert!(verified.contains(&true) && verified.contains(&false), "{verified:?}");
}

#[test]
fn a_set_that_lists_too_few_is_at_best_to_be_confirmed() {
    let judged =
        read(&LIBRARY, "commune-2026-2030", &rows("a,2026,1.1,true,,\na,2026,1.2,true,,\na,2026,4.1,100,,"), None)
            .unwrap();
    let verdict = &judged[0].verdict;
    assert_eq!((verdict.set.status, verdict.set.confidence), (Status::ToBeConfirmed, rulebook::Confidence::Unknown));
    assert_eq!(verdict.criteria[1].status, Status::ToBeConfirmed, "a criterion without indicators");
}

#[test]
fn prerequisites_stand_beside_and_never_change_the_verdict() {
    let set = "commune-advanced-2021-2025";
    let of = |text: &str| read(&LIBRARY, set, &rows(text), None).unwrap()[0].prerequisites.clone();
    assert_eq!(of("a,2025,8.1,true,,"), [Status::Incomplete]);
    assert_eq!(of("a,2025,held:commune-2021-2025,đạt,,"), [Status::Passed]);
    assert_eq!(of("a,2025,held:commune-2021-2025,false,,\na,2025,commune-2021-2025/8.1,true,,"), [Status::Failed]);
    assert_eq!(of("a,2025,commune-2021-2025/8.1,false,,"), [Status::Failed]);
    assert_eq!(of("a,2025,commune-2021-2025/8.1,true,,"), [Status::Incomplete]);
    let district = read(&LIBRARY, "district-2021-2025", &rows("a,2025,held:commune-2021-2025,true,,"), None).unwrap();
    assert_eq!(district[0].prerequisites, [Status::ToBeConfirmed, Status::ToBeConfirmed]);
}

/// Rows of the commune set that are refused: lines and reasons.
fn refused(text: &str, want: &[(u32, &str)]) {
    let faults = read(&LIBRARY, "commune-2021-2025", text, None).err().unwrap_or_else(|| panic!("{text:?} was read"));
    let got: Vec<(u32, &str)> = faults.iter().map(|f| (f.line, f.what.key)).collect();
    assert_eq!(got, want, "{text:?}");
}

#[test]
fn every_problem_is_named_with_its_line() {
    let r = |text: &str, want: &[(u32, &str)]| refused(&rows(text), want);
    r("x,2025,8.1,đạt,,", &[(2, "values-unit-unknown-file")]);
    r(",2025,8.1,đạt,,", &[(2, "values-unit-missing")]);
    r("a,25,8.1,đạt,,", &[(2, "values-period")]);
    r("a,2025,99.9,1,,", &[(2, "values-indicator-unknown")]);
    r("a,2025,,1,,", &[(2, "values-indicator-missing")]);
    r("a,2025,smart-commune/1.1,true,,", &[(2, "values-indicator-unknown")]);
    r("a,2025,3.2,true,,", &[(2, "values-composite")]);
    r("a,2025,5.1.c,100,,", &[(2, "values-region")]);
    r("a,2025,8.1,n/a,,", &[(2, "values-not-applicable")]);
    r("a,2025,8.1,1,,", &[(2, "values-not-yes-no")]);
    r("a,2025,3.1,đạt,,", &[(2, "values-not-number")]);
    r("a,2025,3.1,100.1,,", &[(2, "values-percent")]);
    r("a,2025,3.1,-1,,", &[(2, "values-percent")]);
    r("a,2025,9.1,-1,,", &[(2, "values-negative")]);
    r("a,2025,9.1,1.5,,", &[(2, "values-not-whole")]);
    r("a,2025,9.1,1.000,,", &[(2, "values-ambiguous")]);
    r("a,2025,10.1,\"41,200\",,", &[(2, "values-ambiguous")]);
    for bad in ["+5", "1e3", "1 000", "５", "1.2.3", "5.", ".5", "5%"] {
        r(&format!("a,2025,3.1,{bad},,"), &[(2, "values-not-number")]);
    }
    r("a,2025,3.1,5,1,2", &[(2, "values-both")]);
    r("a,2025,3.1,,1,", &[(2, "values-half-fraction")]);
    r("a,2025,3.1,,1,0", &[(2, "values-denominator")]);
    r("a,2025,3.1,,3,2", &[(2, "values-numerator")]);
    r("a,2025,3.1,,1.000,2000", &[(2, "values-ambiguous")]);
    r("a,2025,10.1,,1,2", &[(2, "values-fraction-kind")]);
    r("a,2025,held:commune-2021-2025,đạt,,", &[(2, "values-held-self")]);
    // A minus only where the kind has one, of zero too; a second prefix behind the set names nothing.
    r("a,2025,9.1,-0,,", &[(2, "values-not-number")]);
    r("a,2025,3.1,-0,,", &[(2, "values-not-number")]);
    r("a,2025,3.1,,-0,5", &[(2, "values-not-number")]);
    r("a,2025,commune-2021-2025/held:commune-2021-2025,đạt,,", &[(2, "values-indicator-unknown")]);
    r("a,2025,commune-2021-2025/commune-2021-2025/8.1,đạt,,", &[(2, "values-indicator-unknown")]);
    r("a,2025,8.1,đạt,,,", &[(2, "values-too-many-cells")]);
    r("a,2025,8.1,\"đạt,,", &[(2, "values-open-quote")]);
    r("a,2025,8.1,đạt,,\na,2025,commune-2021-2025/8.1,đạt,,", &[(3, "values-duplicate")]);
    // A blank row is as if it were not there, but counts as a duplicate.
    r("a,2025,8.1,,,\na,2025,8.1,đạt,,", &[(3, "values-duplicate")]);
    // So does a row with a fault of its own.
    r("a,2025,3.1,5,1,2\na,2025,3.1,5,,", &[(2, "values-both"), (3, "values-duplicate")]);
    r(
        "x,2025,8.1,đạt,,\nx,2025,8.1,đạt,,",
        &[(2, "values-unit-unknown-file"), (3, "values-unit-unknown-file"), (3, "values-duplicate")],
    );
    // All of them, in the order of lines; the first line of a record that spans two.
    r(
        "x,2025,8.1,đạt,,\n\"a\n\",2025,9.1,-1,,\na,2025,9.9,1,,",
        &[(2, "values-unit-unknown-file"), (3, "values-negative"), (5, "values-indicator-unknown")],
    );
    refused("", &[(1, "values-no-header")]);
    refused("unit_code,period,value\n", &[(1, "values-heading-missing")]);
    refused("unit_code,period,indicator,value,Value\n", &[(1, "values-heading-twice")]);
    refused("unit_code,period,indicator\n", &[(1, "values-no-value-column")]);
}

#[test]
fn a_second_prefix_reaches_no_prerequisite() {
    let set = "commune-advanced-2021-2025";
    for row in ["held:commune-2021-2025", "commune-2021-2025/8.1"] {
        let judged = read(&LIBRARY, set, &rows(&format!("a,2025,{row},đạt,,")), None);
        assert!(judged.is_ok(), "{row}");
        let faults = read(&LIBRARY, set, &rows(&format!("a,2025,{set}/{row},đạt,,")), None).err().unwrap();
        assert_eq!(faults[0].what.key, "values-indicator-unknown", "{row}");
    }
}

#[test]
fn more_than_a_million_rows_are_refused_whatever_is_wrong_with_them() {
    let text = rows(&"x,2025,1,5,,\n".repeat(values::LARGE_ROWS + 1));
    refused(&text, &[(1, "values-too-many-rows")]);
}

#[test]
fn tables_come_in_many_shapes() {
    let same = [
        "unit_code,period,indicator,value\na,2025,8.1,đạt\n",
        "\u{feff}unit_code;period;indicator;value\r\na;2025;8.1;TRUE\r\n",
        "unit_code\tperiod\tindicator\tvalue\ra\t2025\t8.1\tĐẠT\r",
        "note,VALUE, Indicator ,period,unit_code\nx, true ,commune-2021-2025/8.1,2025,\"a\"\n",
        "unit_code,period,indicator,value\n\n,,,,,,\na,2025,8.1,\u{111}a\u{323}t\na,2025,8.2,\n",
    ];
    for text in same {
        let text = csv::text(text.as_bytes()).unwrap();
        let judged = read(&LIBRARY, "commune-2021-2025", text, None).unwrap_or_else(|f| panic!("{text:?}: {f:?}"));
        assert_eq!(judged.len(), 1, "{text:?}");
        assert_eq!(judged[0].values[judged[0].book.node("8.1").unwrap()], Some(Value::Yes(true)), "{text:?}");
    }
    assert!(read(&LIBRARY, "commune-2021-2025", "unit_code,period,indicator,value\n", None).unwrap().is_empty());
    assert_eq!(csv::text(b"unit_code\na\xff\nb\n\xfe\n"), Err(vec![2, 4]));
}

#[test]
fn the_same_input_gives_the_same_bytes_in_the_order_of_unit_and_period() {
    let units = UnitsFile::read(UNITS).unwrap();
    let context = Context::new(&LIBRARY, "commune-2021-2025", &units, None).unwrap();
    let text = rows("b,2025,8.1,đạt,,\na,2025,15.3,,1,3\na,2024,8.1,đạt,,");
    let json = || {
        let table = values::read_csv(&context, &text, false).unwrap();
        let mut out = Vec::new();
        report::write_json(&context, &table, &|p| p.key.to_owned(), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    };
    let first = json();
    assert_eq!(first, json());
    assert!(first.ends_with("]\n") && !first.contains(": "));
    let parsed: serde_json::Value = serde_json::from_str(&first).unwrap();
    let order: Vec<String> =
        parsed.as_array().unwrap().iter().map(|e| format!("{} {}", e["unit"], e["period"])).collect();
    assert_eq!(order, ["\"a\" \"2024\"", "\"a\" \"2025\"", "\"b\" \"2025\""]);
    assert!(first.contains(r#""no":"15.3","verdict":"failed","value":"33.333333","numerator":"1","denominator":"3","requirement":"req-at-most","shortfall":{"amount":"9.333333","unit":"%"}"#), "{first}");
}

#[test]
fn no_bytes_make_it_panic() {
    use proptest::prelude::*;
    let units = UnitsFile::read(UNITS).unwrap();
    let context = Context::new(&LIBRARY, "commune-2021-2025", &units, None).unwrap();
    let words = prop::sample::select(vec![
        "a", "2025", "8.1", "15.3", "đạt", "n/a", "1.000", ",", ",", ",", "\n", "\r", "\"", ";", "\t", "-", "0",
        "held:", "/", "\u{301}",
    ]);
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    runner
        .run(&prop::collection::vec(words, 0..60), |parts| {
            let text = format!("unit_code,period,indicator,value,numerator,denominator\n{}", parts.concat());
            let _ = values::read_csv(&context, &text, false);
            let _ = UnitsFile::read(&parts.concat());
            let _ = rulebook::parse::rulebook("x", &parts.concat());
            Ok(())
        })
        .unwrap();
}
