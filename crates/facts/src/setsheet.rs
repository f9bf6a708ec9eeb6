//! A criteria set as a workbook: officials hold the annex of a decision as a table. What is written reads back as the same
//! set; whatever does not fit is said at its sheet and cell.
//!
//! Sheets: `bo` (a field a row), `nhom` (groups of communes), `sua-doi` (decisions that amended it), `tieu-chi`, `chi-tieu`
//! (one row an indicator or part; below it one a later amendment), `so-lieu` (measures that are new with it). Thresholds by table are one text:
//! `region TDMNPB = 80; region DBSH = 100`, `group 1 = 70`, `year 2025 = 48`, `year 2025 region DBSH = 58`,
//! `attribute NAME true = 70`; a table without known numbers: `region = ?`.

mod limits;
mod measures;
mod read;

pub use measures::taken;
pub use read::read;

use documents::sheet_out::{Cell, Column, Content, Form, Help, Open, Rule, Sheet, Takes};
use kernel::Day;
use locale::Lang;
use rulebook::{
    Confidence, Library, Measure,
    model::{Indicator, Requirement, Rulebook},
};
use serde::{Serialize, de::DeserializeOwned};

/// Fields of the set, in the order of the first sheet; `note`, `prerequisite` and `region` may stand in several rows.
const FIELDS: [&str; 23] = [
    "set",
    "title_vi",
    "title_en",
    "main",
    "level",
    "from",
    "to",
    "applies_note",
    "number",
    "date",
    "issuer",
    "annex",
    "in_force",
    "source",
    "confidence",
    "criteria",
    "indicators",
    "indicators_listed",
    "counts_confidence",
    "counts_source",
    "prerequisite",
    "region",
    "note",
];
const GROUPS: [&str; 7] = ["no", "name_vi", "name_en", "definition_vi", "definition_en", "confidence", "source"];
const AMENDED: [&str; 5] = ["number", "date", "what", "confidence", "source"];
const CRITERIA: [&str; 6] = ["no", "name_vi", "name_en", "group_vi", "note", "source"];
const INDICATORS: [&str; 23] = [
    "criterion",
    "no",
    "part_of",
    "amended_from",
    "amended_by",
    "text_vi",
    "text_en",
    "kind",
    "join",
    "unit",
    "measure",
    "op",
    "value",
    "limits",
    "delegated_to",
    "applies_if",
    "applies_if_en",
    "applies_regions",
    "computed_from",
    "guidance",
    "confidence",
    "source",
    "note",
];
/// What an amendment writes to take something away.
const NOTHING: &str = "-";
/// What stands for the numbers of a table that nobody knows yet.
const UNKNOWN: &str = "?";
const KINDS: [&str; 8] = ["boolean", "document", "percent", "count", "number", "money", "income", "composite"];
const OPS: [&str; 8] = [">=", "<=", "=", ">", "<", "achieved", "parts", "unknown"];
const CONFIDENCES: [&str; 3] = ["verified", "recalled", "unknown"];

/// What a workbook holds: a set, and the measures that nobody had before it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Entered {
    pub book: Rulebook,
    pub measures: Vec<Measure>,
}

impl Entered {
    /// A library with this set and its measures. A measure that is there stays as it is.
    pub fn on(&self, library: &Library) -> Library {
        library.with_measures(self.measures.iter().cloned()).with_set(self.book.clone())
    }
}

/// The word of a plain enum.
fn word<T: Serialize>(value: &T) -> String {
    serde_json::to_value(value).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
}

/// A plain enum by its word.
fn named<T: DeserializeOwned>(text: &str) -> Option<T> {
    serde_json::from_value(serde_json::Value::String(text.to_owned())).ok()
}

type Texts = Vec<String>;

/// A row by its columns.
fn line<const N: usize>(columns: [&str; N], fields: &[(&str, String)]) -> Texts {
    let text = |name: &str| fields.iter().find(|(n, _)| *n == name).map(|(_, t)| t.clone()).unwrap_or_default();
    columns.iter().map(|name| text(name)).collect()
}

fn opt<T: ToString>(value: &Option<T>) -> String {
    value.as_ref().map(T::to_string).unwrap_or_default()
}

fn sure(value: Option<Confidence>) -> String {
    value.map(|c| c.name().to_owned()).unwrap_or_default()
}

fn requirement(r: &Requirement) -> [(&'static str, String); 4] {
    let value = r.value.as_ref().map(limits::exact).unwrap_or_default();
    [("op", word(&r.op)), ("value", value), ("limits", limits::write(r)), ("delegated_to", opt(&r.delegated_to))]
}

fn regions(regions: &Option<Vec<String>>) -> String {
    match regions {
        None => String::new(),
        Some(list) if list.is_empty() => NOTHING.to_owned(),
        Some(list) => list.join(", "),
    }
}

/// A unit: none is left empty, an empty one is said.
fn unit(unit: &Option<String>) -> String {
    match unit.as_deref() {
        Some("") => NOTHING.to_owned(),
        other => other.unwrap_or_default().to_owned(),
    }
}

fn indicator_rows(criterion: &str, above: &str, i: &Indicator, rows: &mut Vec<Texts>) {
    let mut fields = vec![
        ("criterion", criterion.to_owned()),
        ("no", i.no.clone()),
        ("part_of", above.to_owned()),
        ("text_vi", i.text_vi.clone()),
        ("text_en", i.text_en.clone()),
        ("kind", word(&i.kind)),
        ("join", i.join.as_ref().map(word).unwrap_or_default()),
        ("unit", unit(&i.unit)),
        ("measure", opt(&i.measure)),
        ("applies_if", opt(&i.applies_if)),
        ("applies_if_en", opt(&i.applies_if_en)),
        ("applies_regions", regions(&i.applies_regions)),
        ("computed_from", opt(&i.computed_from)),
        ("guidance", opt(&i.guidance)),
        ("confidence", word(&i.confidence)),
        ("source", opt(&i.source)),
        ("note", opt(&i.note)),
    ];
    fields.extend(requirement(&i.requirement));
    rows.push(line(INDICATORS, &fields));
    for a in &i.amended {
        let mut fields = vec![
            ("criterion", criterion.to_owned()),
            ("no", i.no.clone()),
            ("amended_from", a.from.to_string()),
            ("amended_by", a.by.clone()),
            ("text_vi", opt(&a.text_vi)),
            ("text_en", opt(&a.text_en)),
            ("kind", a.kind.as_ref().map(word).unwrap_or_default()),
            ("unit", unit(&a.unit)),
            ("measure", opt(&a.measure)),
            ("applies_if", opt(&a.applies_if)),
            ("applies_if_en", opt(&a.applies_if_en)),
            ("applies_regions", regions(&a.applies_regions)),
            ("confidence", sure(a.confidence)),
            ("source", opt(&a.source)),
            ("note", opt(&a.note)),
        ];
        fields.extend(a.requirement.iter().flat_map(requirement));
        rows.push(line(INDICATORS, &fields));
    }
    for part in &i.parts {
        indicator_rows(criterion, &i.no, part, rows);
    }
}

/// The rows of the first sheet: field and value.
fn fields(book: &Rulebook) -> Vec<Texts> {
    let (d, a) = (&book.decision, &book.applies);
    let counts = book.counts.as_ref();
    let one = |name: &str| -> Texts {
        let text = match name {
            "set" => book.set.clone(),
            "title_vi" => book.title_vi.clone(),
            "title_en" => book.title_en.clone(),
            "main" => book.main.to_string(),
            "level" => word(&a.level),
            "from" => a.from.to_string(),
            "to" => opt(&a.to),
            "applies_note" => opt(&a.note),
            "number" => opt(&d.number),
            "date" => d.date.clone(),
            "issuer" => d.issuer.clone(),
            "annex" => opt(&d.annex),
            "in_force" => opt(&d.in_force),
            "source" => opt(&d.source),
            "confidence" => sure(d.confidence),
            "criteria" => counts.map(|c| c.criteria.to_string()).unwrap_or_default(),
            "indicators" => counts.map(|c| c.indicators.to_string()).unwrap_or_default(),
            "indicators_listed" => counts.map(|c| c.indicators_listed.to_string()).unwrap_or_default(),
            "counts_confidence" => sure(counts.and_then(|c| c.confidence)),
            "counts_source" => counts.map(|c| opt(&c.source)).unwrap_or_default(),
            "prerequisite" => return book.prerequisites.clone(),
            "region" => return book.regions.iter().map(|(code, name)| format!("{code} = {name}")).collect(),
            _ => return book.notes.clone(),
        };
        vec![text]
    };
    FIELDS.iter().flat_map(|&name| one(name).into_iter().map(move |text| vec![name.to_owned(), text])).collect()
}

/// A set and measures that are new with it as a workbook that reads back, with what its columns take, in a language.
pub fn write(book: &Rulebook, new: &[Measure], lang: Lang, today: Day) -> anyhow::Result<Vec<u8>> {
    documents::sheet_out::write(&form(book, new, lang, today))
}

/// The same before it is packed.
pub fn form(book: &Rulebook, new: &[Measure], lang: Lang, today: Day) -> Form {
    let groups = book.groups.iter().map(|g| {
        vec![
            g.no.clone(),
            g.name_vi.clone(),
            g.name_en.clone(),
            g.definition_vi.clone(),
            g.definition_en.clone(),
            word(&g.confidence),
            g.source.clone(),
        ]
    });
    let amended = book
        .decision
        .amended_by
        .iter()
        .map(|a| vec![a.number.clone(), a.date.to_string(), opt(&a.what), sure(a.confidence), opt(&a.source)]);
    let criteria = book.criteria.iter().map(|c| {
        vec![c.no.clone(), c.name_vi.clone(), c.name_en.clone(), opt(&c.group_vi), opt(&c.note), opt(&c.source)]
    });
    let mut indicators = Vec::new();
    for criterion in &book.criteria {
        criterion.indicators.iter().for_each(|i| indicator_rows(&criterion.no, "", i, &mut indicators));
    }
    let sheets = vec![
        sheet(lang, "bo", &["field", "value"], fields(book)),
        sheet(lang, "nhom", &GROUPS, groups.collect()),
        sheet(lang, "sua-doi", &AMENDED, amended.collect()),
        sheet(lang, "tieu-chi", &CRITERIA, criteria.collect()),
        sheet(lang, "chi-tieu", &INDICATORS, indicators),
        sheet(lang, measures::SHEET, &measures::COLUMNS, new.iter().map(measures::row).collect()),
    ];
    let lines = (1..=11).map(|n| locale::say_key(lang, &format!("setsheet-help-{n}"), &[])).collect();
    let help = Help { name: locale::word(lang, "setsheet-help"), title: locale::word(lang, "setsheet-help"), lines };
    Form { day: today, sheets, help }
}

/// Rows that are left empty below what is there, for more.
const SPARE: usize = 200;

fn sheet(lang: Lang, name: &'static str, columns: &[&'static str], rows: Vec<Texts>) -> Sheet {
    let words = |list: &[&str]| Takes::Words(list.iter().map(|w| (*w).to_owned()).collect());
    let rule = |list: &[&str]| Rule {
        takes: words(list),
        also: None,
        title: locale::word(lang, "setsheet-one-of"),
        message: list.join(", "),
    };
    let rules = vec![
        rule(&KINDS),
        rule(&OPS),
        rule(&CONFIDENCES),
        rule(&["all", "any"]),
        rule(&measures::OVER_TIME),
        rule(&measures::IF_MISSING),
    ];
    let open = |column: &str| match column {
        "kind" => Open::Checked(0),
        "op" => Open::Checked(1),
        "confidence" => Open::Checked(2),
        "join" => Open::Checked(3),
        "over_time" => Open::Checked(4),
        "if_missing" => Open::Checked(5),
        _ => Open::Free,
    };
    let width =
        |column: &str| if column.starts_with("text") || column == "value" && name == "bo" { 48.0 } else { 16.0 };
    let cell = |(column, text): (&&str, Option<&String>)| {
        let content = text.filter(|t| !t.is_empty()).map_or(Content::Empty, |t| Content::Text(t.clone()));
        Cell { content, open: open(column) }
    };
    let empty = std::iter::repeat_n(Vec::new(), SPARE);
    let rows = rows.into_iter().chain(empty);
    Sheet {
        name: name.to_owned(),
        columns: columns
            .iter()
            .map(|&heading| Column {
                heading,
                shown: locale::say_key(lang, &format!("setsheet-{}", heading.replace('_', "-")), &[]),
                width: width(heading),
            })
            .collect(),
        rules,
        rows: rows.map(|row| columns.iter().enumerate().map(|(at, c)| cell((c, row.get(at)))).collect()).collect(),
    }
}
