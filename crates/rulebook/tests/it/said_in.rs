//! Units in which people say a measure: declared, checked, converted exactly, and nothing guessed.

use rulebook::{
    Kind, Library, Measure,
    said_in::Units,
    values::{Typed, one},
};

const FIELD: &str = "[[measure]]\nid = \"land\"\nname_vi = \"Đất\"\nname_en = \"Land\"\nkind = \"number\"\nunit = \"ha\"\naggregate = \"sum\"\nreads = [\"declared\"]\nconfidence = \"verified\"\nsource = \"s\"\n";
const RULES: &str = "said_in = [{ unit = \"m²\", written = [\"m2\", \"mét vuông\"], times = \"0.0001\" }, { unit = \"km²\", written = [\"km2\"], times = \"100\" }]\n";

fn land() -> Measure {
    let text = format!("{FIELD}{RULES}");
    let library = Library::from_files([("measures.toml", text.as_str())]).expect("it reads");
    (**library.measure("land").expect("the measure")).clone()
}

/// The value of a text and what was said in another unit; or the key of what is wrong.
fn read(measure: &Measure, value: &str) -> String {
    let typed = Typed { value, ..Typed::default() };
    match one(measure.kind, false, Units::of(measure), typed) {
        Ok((value, said)) => {
            let said =
                said.map_or_else(String::new, |said| format!(" of {} {} x {}", said.number, said.unit, said.times));
            format!("{}{said}", value.shown().expect("a number"))
        }
        Err(problems) => problems[0].1.key.to_owned(),
    }
}

#[test]
fn a_number_is_read_in_the_units_that_its_measure_declares() {
    let land = land();
    for (text, wanted) in [
        ("0,35", "0.35"),
        ("0,35 ha", "0.35"),
        ("3500 m2", "0.35 of 3500 m² x 0.0001"),
        ("3500m²", "0.35 of 3500 m² x 0.0001"),
        ("3500,7 MÉT  VUÔNG", "0.35007 of 3500.7 m² x 0.0001"),
        ("1.234.567,89 m2", "123.456789 of 1234567.89 m² x 0.0001"),
        ("1,5 km2", "150 of 1.5 km² x 100"),
        (
            "123456789012345678901234567891 m2",
            "12345678901234567890123456.7891 of 123456789012345678901234567891 m² x 0.0001",
        ),
        // Two readings, whatever unit stands behind.
        ("3.500 m2", "values-ambiguous"),
        ("3.500", "values-ambiguous"),
        ("5 mẫu", "values-unit"),
        ("5 m", "values-unit"),
        ("5 m2 2", "values-unit"),
        ("m2", "values-not-number"),
        ("-0 m2", "values-not-number"),
        ("1.234.567", "1234567"),
        ("1.234,5", "1234.5"),
        ("1.23.456", "values-not-number"),
        ("1,234,567", "values-not-number"),
        ("0.123.456", "values-not-number"),
    ] {
        assert_eq!(read(&land, text), wanted, "{text}");
    }
    // A measure that declares nothing takes its own unit, and a share its per cent.
    let plain = Measure { said_in: Vec::new(), ..land.clone() };
    assert_eq!((read(&plain, "2 ha"), read(&plain, "2 m2")), ("2".into(), "values-unit".into()));
    let share = Measure { kind: Kind::Percent, unit: Some("%".into()), said_in: Vec::new(), ..land };
    assert_eq!((read(&share, "45,5 %"), read(&share, "45 ha")), ("45.5".into(), "values-unit".into()));
}

#[test]
fn rules_of_units_that_do_not_hold_are_refused_with_file_and_line() {
    let check = |from: &str, to: &str, says: &str| {
        let text = format!("{FIELD}\n{FIELD}{RULES}").replacen("\"land\"", "\"other\"", 1).replace(from, to);
        let found = Library::from_files([("measures.toml", text.as_str())]).err().unwrap_or_default();
        let lines: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert_eq!(lines.join("; "), says, "{text}");
    };
    check("\"0.0001\"", "\"0.0001\"", "");
    check("\"0.0001\"", "\"0\"", "measures.toml:13: `land`: `m²` times 0 is no rule");
    check("\"100\"", "\"-100\"", "measures.toml:13: `land`: `km²` times -100 is no rule");
    check("\"km2\"", "\"M2\"", "measures.toml:13: `land`: the unit `M2` stands twice");
    check("\"km2\"", "\"Ha\"", "measures.toml:13: `land`: the unit `Ha` stands twice");
    check("\"km2\"", "\"2km\"", "measures.toml:13: `land`: `2km` is no name of a unit");
    check(
        "\"number\"",
        "\"percent\"",
        "measures.toml:13: `land`: only a number with a unit of its own is said in other units",
    );
    check(
        "\"0.0001\"",
        "0.0001",
        "measures.toml:22: invalid type: floating point `0.0001`, expected a decimal number as text (\"16.5\") or a whole number",
    );
}

#[test]
fn shipped_rules_are_of_areas_and_money_alone() {
    let text = include_str!("../../../../rulebooks/measures.toml");
    let library = Library::from_files([("measures.toml", text)]).expect("it reads");
    let with: Vec<_> = library.measures().filter(|m| !m.said_in.is_empty()).map(|m| m.id.as_str()).collect();
    assert_eq!(with, ["agricultural_land_area", "income.per_person"]);
    let income = library.measure("income.per_person").expect("the measure");
    for (text, wanted) in [
        ("45.600.000 đồng", "45.6 of 45600000 đồng/người/năm x 0.000001"),
        ("45600 nghìn đồng", "45.6 of 45600 nghìn đồng/người/năm x 0.001"),
        ("45,6 triệu đồng/người/năm", "45.6"),
        ("3,8 triệu đồng/người/tháng", "values-unit"),
    ] {
        assert_eq!(read(income, text), wanted, "{text}");
    }
}
