//! The island of the entry page compares as the rulebook does: five thousand values, typed as people type, through both.

use anyhow::{Context, Result, ensure};
use rulebook::{
    Book, Rulebook, Traits, Value,
    evaluate::{Status, evaluate},
    said_in::{SaidIn, Units},
    values::{Typed, one},
};
use serde_json::json;
use std::{fmt::Write, path::Path, process::Command};

/// A generator of numbers that are the same everywhere (xorshift).
struct Luck(u64);

impl Luck {
    fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % most
    }

    fn of<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[self.below(list.len() as u64) as usize]
    }

    /// A number as somebody may type it: a comma or a point, zeros, a sign, blanks.
    fn number(&mut self) -> String {
        let mut text = String::new();
        if self.below(12) == 0 {
            text.push('-');
        }
        let most = [2, 10, 100, 101, 1_000, 100_000][self.below(6) as usize];
        let _ = write!(text, "{}", self.below(most));
        if self.below(2) == 0 {
            text.push_str(self.of(&[",", "."]));
            for _ in 0..=self.below(4) {
                let digit = self.below(10);
                let _ = write!(text, "{digit}");
            }
        }
        match self.below(20) {
            0 => format!(" {text}\u{a0}"),
            1 => format!("0{text}"),
            2 => format!("{text}000000000000000000000000"),
            _ => text,
        }
    }

    fn value(&mut self) -> String {
        const WORDS: [&str; 29] = [
            "",
            " ",
            "đạt",
            "ĐẠT",
            "không đạt",
            "true",
            "FALSE",
            "n/a",
            "N/A",
            "-0",
            "0",
            "100",
            "100,0",
            "1.000",
            "1,000",
            "12.345,6",
            "1.234.567",
            "1.234.567,8 m2",
            "3500 M²",
            "-1,5km2",
            "12 ha",
            "1.234 m2",
            "7 mẫu",
            "1e3",
            "+5",
            "5%",
            "½",
            "５",
            "100,0000000000000000000000001",
        ];
        match self.below(24) {
            0 => "n/a".to_owned(),
            1..=7 => self.of(&WORDS).to_owned(),
            _ => self.number(),
        }
    }
}

/// A set of one indicator.
fn book(kind: &str, op: &str, limit: Option<&str>, condition: bool, confidence: &str) -> Result<Book> {
    let mut requirement = json!({"op": op});
    if let Some(limit) = limit {
        requirement["value"] = limit.into();
    }
    let mut indicator = json!({"no": "1.1", "text_vi": "a", "text_en": "a", "kind": kind, "measure": "a", "requirement": requirement, "confidence": confidence});
    if condition {
        indicator["applies_if"] = "b".into();
    }
    let set: Rulebook = serde_json::from_value(json!({
        "set": "a", "title_vi": "a", "title_en": "a", "decision": {"date": "2022-03-08", "issuer": "a"},
        "applies": {"level": "commune", "from": "2021-01-01"},
        "criteria": [{"no": "1", "name_vi": "a", "name_en": "a", "indicators": [indicator]}],
    }))?;
    Ok(Book::new(set, "2024-12-31".parse().map_err(|_| anyhow::anyhow!("a day"))?))
}

#[test]
fn the_island_says_what_the_rulebook_says() -> Result<()> {
    let mut luck = Luck(0x9e37_79b9_7f4a_7c15);
    let kinds = ["boolean", "document", "percent", "count", "number", "money", "income"];
    let (mut cases, mut seen) = (Vec::new(), std::collections::BTreeMap::new());
    while cases.len() < 5_000 {
        let kind = luck.of(&kinds);
        let yes_no = matches!(kind, "boolean" | "document");
        let op =
            if yes_no { luck.of(&["achieved", "unknown"]) } else { luck.of(&[">=", "<=", "=", ">", "<", "unknown"]) };
        let limit = (!yes_no && op != "unknown" && luck.below(8) > 0)
            .then(|| luck.number().trim().replace([',', '\u{a0}'], "."));
        let limit = limit.filter(|limit| limit.parse::<kernel::Decimal>().is_ok());
        let condition = luck.below(3) == 0;
        let confirmed = luck.below(2) == 0;
        let book = book(kind, op, limit.as_deref(), condition, if confirmed { "verified" } else { "recalled" })?;
        let (value, numerator, denominator) = match luck.below(4) {
            0 => (String::new(), luck.number(), luck.number()),
            1 if luck.below(4) == 0 => (luck.value(), luck.value(), luck.value()),
            _ => (luck.value(), String::new(), String::new()),
        };
        // Measures that declare units, and those that have none.
        let declared = [
            SaidIn { unit: "m²".into(), written: vec!["m2".into()], times: "0.0001".parse().expect("a number") },
            SaidIn { unit: "km²".into(), written: vec!["km2".into()], times: "100".parse().expect("a number") },
        ];
        let with_units = !yes_no && luck.below(2) == 0;
        let units = if with_units { Units { own: Some("ha"), others: &declared } } else { Units::default() };
        let told = |one: &SaidIn| json!({"unit": one.unit, "names": one.written, "times": one.times});
        let own = json!({"unit": "ha", "names": [], "times": "1"});
        let told: Vec<_> = std::iter::once(own).chain(declared.iter().map(told)).filter(|_| with_units).collect();
        let typed = Typed { value: &value, numerator: &numerator, denominator: &denominator };
        let kind_of = book.nodes[0].indicator.kind;
        let empty = [&value, &numerator, &denominator].iter().all(|text| text.trim().is_empty());
        let read = if empty { Ok(None) } else { one(kind_of, condition, units, typed).map(|(value, _)| Some(value)) };
        let said = match read {
            Err(_) => "unread",
            Ok(read) => judged(&book, read),
        };
        *seen.entry(said).or_insert(0) += 1;
        cases.push(json!({
            "asked": {"kind": kind, "op": op, "limit": limit.unwrap_or_default(), "confirmed": confirmed, "condition": condition, "units": told},
            "typed": {"value": value, "numerator": numerator, "denominator": denominator}, "said": said,
        }));
    }
    ensure!(seen.len() == 7 && seen.values().all(|count| *count > 30), "every answer comes up: {seen:?}");
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("cases.json");
    std::fs::write(&file, serde_json::to_vec(&cases)?)?;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/browser/compare.mjs");
    let ran = Command::new("node").arg(script).arg(&file).output().context("node")?;
    let told = format!("{}{}", String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    ensure!(ran.status.success() && told.contains("5000 cases, 0 differences"), "{told}");
    Ok(())
}

fn judged(book: &Book, value: Option<Value>) -> &'static str {
    let verdict = evaluate(book, &[value], &Traits::default(), 2024);
    match verdict.nodes[0].status {
        Status::Passed if verdict.nodes[0].passed_unconfirmed() => "unconfirmed",
        Status::Passed => "passed",
        Status::Failed => "failed",
        Status::Incomplete => "incomplete",
        Status::NotApplicable => "not-applicable",
        Status::ToBeConfirmed => "to-be-confirmed",
    }
}
