//! Malformed files are refused with their name and the line that is wrong.

use rulebook::{Library, parse};

const GOOD: &str = r#"set = "s"
title_vi = "S"
title_en = "S"

[decision]
date = "2022-03"
issuer = "I"

[applies]
level = "commune"
from = "2021-01-01"

[[criteria]]
no = "1"
name_vi = "T"
name_en = "T"

[[criteria.indicators]]
no = "1.1"
text_vi = "t"
text_en = "t"
kind = "percent"
unit = "%"
measure = "m"
requirement = { op = ">=", value = "80.5" }
confidence = "verified"
"#;

fn check(change: (&str, &str), line: usize, says: &str) {
    let text = GOOD.replacen(change.0, change.1, 1);
    assert_ne!(text, GOOD, "the change changes something");
    let error = parse::rulebook("law.toml", &text).expect_err(change.1);
    assert_eq!((error.file.as_str(), error.line), ("law.toml", line), "{error}");
    assert!(error.message.contains(says), "{error}");
}

#[test]
fn a_malformed_rulebook_is_refused_at_its_line() {
    parse::rulebook("law.toml", GOOD).unwrap();
    check(("unit = \"%\"", "unitt = \"%\""), 23, "unitt");
    check(("value = \"80.5\"", "value = 80.5"), 25, "floating point");
    check(("value = \"80.5\"", "value = \"80,5\""), 25, "not a decimal");
    check(("\"percent\"", "\"percents\""), 22, "percents");
    check(("\">=\"", "\"=>\""), 25, "=>");
    check(("measure = \"m\"\n", ""), 19, "measure");
    check(("confidence = \"verified\"", "confidence = \"sure\""), 26, "sure");
    check(("op = \">=\", value = \"80.5\"", "op = \"achieved\""), 19, "percent");
    check(("2021-01-01", "2021-02-30"), 11, "2021-02-30");
    check(("date = \"2022-03\"", "date = \"March\""), 1, "March");
    check(("[decision]", "[decision"), 5, "");
}

#[test]
fn a_library_refuses_measures_it_does_not_know_and_numbers_twice() {
    let measures = "[[measure]]\nid = \"m\"\nname_vi = \"M\"\nname_en = \"M\"\nkind = \"count\"\naggregate = \"sum\"\nreads = [\"declared\"]\nconfidence = \"verified\"\nsource = \"s\"\n";
    let load = |m: &str, r: &str| Library::from_files([("measures.toml", m), ("a/rulebook.toml", r)]);
    let kinds = load(measures, GOOD).unwrap_err();
    assert!(kinds[0].message.contains("is a count, the indicator a percent"), "{}", kinds[0]);
    assert_eq!(kinds[0].line, 24);
    let missing = load("", GOOD).unwrap_err();
    assert!(missing[0].message.contains("not in measures.toml"), "{}", missing[0]);
    let twice = load(&format!("{measures}\n{measures}"), GOOD).unwrap_err();
    assert!(twice[0].message.contains("stands twice"), "{}", twice[0]);
    load(&measures.replace("count", "percent"), GOOD).unwrap();
}

#[test]
fn formulas_and_weights_must_hold_together() {
    let measure = |id: &str, more: &str| {
        format!(
            "[[measure]]\nid = \"{id}\"\nname_vi = \"M\"\nname_en = \"M\"\nkind = \"count\"\nreads = [\"declared\"]\nconfidence = \"verified\"\nsource = \"s\"\n{more}\n"
        )
    };
    let check = |a: &str, b: &str, says: &[&str]| {
        let text = measure("a", a) + &measure("b", b);
        let found = Library::from_files([("measures.toml", text.as_str())]).err().unwrap_or_default();
        let lines: Vec<String> = found.iter().map(|e| format!("{}: {}", e.line, e.message)).collect();
        assert_eq!(lines, says, "{text}");
    };
    let sum = "aggregate = \"sum\"";
    let of = |op: &str, of: &str| format!("{sum}\ncomputed = {{ op = \"{op}\", of = [{of}], missing = \"zero\" }}");
    check(sum, &of("sum", "\"a\""), &[]);
    check("aggregate = \"weighted:c\"", sum, &["2: `a`: its weight `c` is no measure"]);
    check(sum, &of("sum", "\"c\""), &["11: `b`: it is computed from `c`, which is no measure"]);
    check(sum, &of("share", "\"a\""), &["11: `b`: its formula does not take 1 inputs"]);
    check(
        &of("sum", "\"b\""),
        &of("sum", "\"a\""),
        &["2: `a`: it is computed from itself", "12: `b`: it is computed from itself"],
    );
}
