//! `langso evaluate`: the contract other programs rely on, end to end.

use crate::program::{SET, langso, ran, run, text};
use serde_json::Value;
use std::{
    io::Write,
    path::{Path, PathBuf},
    process::Stdio,
};
use tempfile::TempDir;

const UNITS: &str = "unit_code,region,group,more_than_3_schools\na,TDMNPB,,true\nb,DBSH,,false\n";
const ROWS: &str = "unit_code,period,indicator,value,numerator,denominator
b,2024,8.4,không đạt,,
a,2024,15.3,,1,3
a,2024,3.1,\"79,9\",,
a,2024,13.4,n/a,,
a,2023,8.4,ĐẠT,,
";

struct Case {
    folder: TempDir,
    units: PathBuf,
}

impl Case {
    fn new() -> Case {
        let folder = tempfile::tempdir().unwrap();
        let units = folder.path().join("units.csv");
        std::fs::write(&units, UNITS).unwrap();
        Case { folder, units }
    }

    fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    /// The output over a file of values.
    #[track_caller]
    fn judged(&self, values: &Path, more: &[&str]) -> String {
        let args = ["evaluate", "--rulebook", SET, "--values", text(values), "--units", text(&self.units)];
        let ran = run(&[&args, more].concat());
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{more:?}");
        ran.out
    }

    /// Refused with these lines and nothing on standard output.
    #[track_caller]
    fn refused(&self, args: &[&str], lines: &[&str]) {
        let ran = run(&[&["evaluate"], args].concat());
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{args:?}: {}", ran.err);
        let said: Vec<&str> = ran.err.lines().collect();
        assert_eq!(said, lines, "{args:?}");
    }
}

/// An indicator in the output.
fn indicator<'a>(unit: &'a Value, no: &str) -> &'a Value {
    let all = unit["criteria"].as_array().unwrap().iter().flat_map(|c| c["indicators"].as_array().unwrap());
    all.into_iter().find(|i| i["no"] == no).unwrap_or_else(|| panic!("{no}"))
}

#[test]
fn a_table_is_judged_in_the_order_and_form_of_the_contract() {
    let case = Case::new();
    let out = case.judged(&case.file("a.csv", ROWS), &["--lang", "en"]);
    assert!(out.ends_with("]\n") && !out.trim_end().contains(['\n', '\r']) && !out.contains("\": "));
    let all: Vec<Value> = serde_json::from_str(&out).unwrap();
    let order: Vec<_> = all.iter().map(|u| (u["unit"].as_str().unwrap(), u["period"].as_str().unwrap())).collect();
    assert_eq!(order, [("a", "2023"), ("a", "2024"), ("b", "2024")]);
    let keys: Vec<&String> = all[0].as_object().unwrap().keys().collect();
    assert_eq!(keys, ["unit", "period", "rulebook", "version", "verdict", "confidence", "prerequisites", "criteria"]);
    let version = all[0]["version"].as_str().unwrap();
    assert!(version.len() == 23 && &version[10..11] == "+", "{version}");
    let third = indicator(&all[1], "15.3");
    let keys: Vec<&String> = third.as_object().unwrap().keys().collect();
    let fraction = ["no", "verdict", "value", "numerator", "denominator", "requirement", "shortfall", "source"];
    assert_eq!(keys, [&fraction[..], &["confidence", "parts"]].concat());
    assert_eq!((&third["value"], &third["verdict"]), (&"33.333333".into(), &"failed".into()));
    assert_eq!(third["shortfall"], serde_json::json!({"amount": "9.333333", "unit": "%"}));
    assert_eq!(indicator(&all[1], "3.1")["shortfall"]["amount"], "0.1");
    assert_eq!(indicator(&all[1], "13.4")["verdict"], "not_applicable");
    assert_eq!(indicator(&all[2], "8.4")["value"], false);
    assert_eq!(indicator(&all[1], "5.1")["parts"].as_array().map(Vec::len), Some(3));
    assert_eq!(indicator(&all[2], "5.1")["parts"][0]["verdict"], "not_applicable", "outside its regions");
}

#[test]
fn every_form_of_the_same_table_gives_the_same_bytes() {
    let case = Case::new();
    let plain = case.judged(&case.file("a.csv", ROWS), &[]);
    let tabs = ROWS.replace("\"79,9\"", "79.9").replace(',', "\t");
    let forms = [
        ("bom.csv", format!("\u{feff}{ROWS}")),
        ("crlf.csv", ROWS.replace('\n', "\r\n")),
        ("cr.csv", ROWS.replace('\n', "\r")),
        ("empty-lines.csv", ROWS.replace('\n', "\n\n")),
        ("semicolon.csv", tabs.replace('\t', ";")),
        ("tab.csv", tabs),
    ];
    for (name, form) in forms {
        assert_eq!(case.judged(&case.file(name, form), &[]), plain, "{name}");
    }
    assert_eq!(case.judged(&workbook(&case), &[]), plain, "xlsx");

    let args = ["evaluate", "--rulebook", SET, "--values", "-", "--units", text(&case.units)];
    let mut child = langso(&args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(ROWS.as_bytes()).unwrap();
    assert_eq!(ran(child.wait_with_output().unwrap()).out, plain, "standard input");
}

/// The same table in a workbook: on its second sheet, numbers as numbers.
fn workbook(case: &Case) -> PathBuf {
    let mut book = rust_xlsxwriter::Workbook::new();
    book.add_worksheet().set_name("Ghi chú").unwrap().write(0, 0, "đọc trước").unwrap();
    let sheet = book.add_worksheet();
    for (row, line) in ROWS.replace("\"79,9\"", "79.9").lines().enumerate() {
        for (column, cell) in line.split(',').enumerate() {
            match cell.parse::<f64>() {
                // An indicator is a name, not a number.
                Ok(number) if column != 2 => sheet.write(row as u32, column as u16, number).unwrap(),
                _ => sheet.write(row as u32, column as u16, cell).unwrap(),
            };
        }
    }
    let path = case.folder.path().join("a.xlsx");
    book.save(&path).unwrap();
    path
}

#[test]
fn language_overlay_day_and_shipped_units() {
    let case = Case::new();
    let values = case.file("a.csv", "unit_code,period,indicator,value\na,2024,2.1,80\n");
    let first = |out: String| serde_json::from_str::<Vec<Value>>(&out).unwrap().remove(0);
    let vi = first(case.judged(&values, &[]));
    let en = first(case.judged(&values, &["--lang", "en"]));
    assert_ne!(indicator(&vi, "1.1")["requirement"], indicator(&en, "1.1")["requirement"]);
    assert_eq!((&vi["version"], &vi["verdict"]), (&en["version"], &en["verdict"]));
    assert_eq!(indicator(&vi, "2.1")["verdict"], "to_be_confirmed");

    let overlay = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rulebooks/overlays/minh-hoa.toml");
    let with = first(case.judged(&values, &["--overlay", text(&overlay)]));
    assert_eq!(indicator(&with, "2.1")["verdict"], "passed");
    assert_ne!(with["version"], vi["version"], "the overlay is part of what judged");

    let then = first(case.judged(&values, &["--as-of", "2022-12-31"]));
    assert!(then["version"].as_str() < vi["version"].as_str(), "{} {}", then["version"], vi["version"]);

    // Shipped units: a commune that ended on 30 June 2025 is known in 2024, not at the end of 2025 unless asked.
    let rows = "unit_code,period,indicator,value,unit_as_of\n02503,2024,8.4,đạt,\n02503,2025,8.4,đạt,2025-06-30\n";
    let args = ["--rulebook", SET, "--values", text(&case.file("b.csv", rows))].map(str::to_owned);
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    assert_eq!(run(&[&["evaluate"], &args[..]].concat()).code, 0);
    let sentences = run(&[&["evaluate", "--format", "text"], &args[..]].concat());
    assert!(sentences.out.starts_with("02503  2024  commune-2021-2025: "), "{}", sentences.out);
}

#[test]
fn whatever_cannot_be_used_is_said_whole() {
    let case = Case::new();
    let rows = "unit_code,period,indicator,value\na,2024,8.4,maybe\nz,2024,8.4,đạt\na,24,8.4,đạt\na,2024,99.9,1\n";
    let (bad, good) = (case.file("bad.csv", rows), case.file("good.csv", ROWS));
    let units = text(&case.units);
    let table = |values, more: &[&str], lines: &[&str]| {
        case.refused(&[&["--rulebook", SET, "--values", values, "--units", units], more].concat(), lines);
    };
    table(
        text(&bad),
        &["--lang", "en"],
        &[
            "line 2: \"maybe\" is neither met (true) nor not met (false)",
            "line 3: no unit has the code \"z\" in the units file",
            "line 4: period \"24\" is not a year of four digits",
            "line 5: this set has no indicator \"99.9\"",
        ],
    );
    let vi = run(&["evaluate", "--rulebook", SET, "--values", text(&bad), "--units", units]).err;
    assert!(vi.starts_with("dòng 2: ") && vi.lines().count() == 4, "{vi}");
    table(
        text(&good),
        &["--as-of", "31/12/2024", "--lang", "en"],
        &["option --as-of: \"31/12/2024\" is not a day of the form YYYY-MM-DD"],
    );
    let ran = run(&["evaluate", "--rulebook", SET, "--values", "none.csv", "--lang", "en"]);
    assert!(ran.code == 2 && ran.err.starts_with("option --values: ") && ran.out.is_empty(), "{}", ran.err);
    case.refused(
        &["--rulebook", "no-such-set", "--values", text(&good), "--lang", "en"],
        &["option --rulebook: there is no criteria set \"no-such-set\""],
    );
    let twice = case.file("twice.csv", "unit_code,region\na,TDMNPB\na,DBSH\n");
    case.refused(
        &["--rulebook", SET, "--values", text(&good), "--units", text(&twice), "--lang", "en"],
        &["line 3: unit code \"a\" stands twice"],
    );
}
