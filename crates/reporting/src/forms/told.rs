//! A filled form said: as a grid for pages and files, with where every number comes from.

use super::{
    fill::{Cell, Filled, FilledRow, Held, Source},
    gather::Reading,
    model::{Form, Holds},
};
use documents::{
    grid::{self, Align, Grid},
    grid_out::Book,
    list_out::List,
    sheet_out::Content,
};
use facts::Edition;
use kernel::{Arg, Day};
use locale::Lang;
use rulebook::{Value, model::Confidence};

/// A heading or title of a form, with the years that it leaves open.
pub fn titled(lang: Lang, text: &str, year: i16) -> String {
    let period = locale::say_key(lang, "forms-year", &[("year", Arg::Text(year.to_string()))]);
    let text = text.replace("{period}", &period).replace("{year}", &year.to_string());
    text.replace("{last}", &(year - 1).to_string())
}

/// What a cell says.
pub fn held(lang: Lang, held: &Held) -> String {
    match held {
        Held::Empty => String::new(),
        Held::Number(number) => locale::exact(lang, number),
        Held::Value(value) => facts::pages::exactly(lang, value, None),
        Held::Judged(status, confirmed) => locale::word(lang, facts::pages::verdict_key(*status, *confirmed)),
        Held::Later(room) => locale::word(lang, room.key()),
        Held::NoSet => locale::word(lang, "forms-no-set"),
        Held::NoUnits => locale::word(lang, "forms-no-units"),
        Held::NoFigure => locale::word(lang, "forms-no-figure"),
    }
}

fn content(lang: Lang, of: &Held) -> Content {
    match of {
        Held::Empty => Content::Empty,
        Held::Number(number) | Held::Value(Value::Number(number)) => Content::Number(number.clone()),
        Held::Value(value @ Value::Fraction(..)) => value.shown().map_or(Content::Empty, Content::Number),
        other => Content::Text(held(lang, other)),
    }
}

/// What is said of a cell beside its number: communes that nothing is known of.
pub fn beside(lang: Lang, cell: &Cell) -> Option<String> {
    let open = cell.without > 0 && matches!(cell.held, Held::Number(_));
    open.then(|| locale::say_key(lang, "forms-without", &[("count", Arg::Int(cell.without as i64))]))
}

/// The grid of a filled form, in a language. Cost: its cells.
pub fn grid(lang: Lang, form: &Form, filled: &Filled, reading: &Reading) -> Grid {
    let year = reading.year;
    let over = |column: &super::model::Column| {
        let own = lang.pick(column.title_vi.get_ref(), &column.title_en);
        let above =
            if column.over_en.is_empty() { &column.over_vi } else { lang.pick(&column.over_vi, &column.over_en) };
        above.iter().chain([own]).map(|text| titled(lang, text, year)).collect::<Vec<String>>()
    };
    let row = |row: &FilledRow| {
        let words = |of: &(String, String)| lang.pick(&of.0, &of.1).clone();
        let cell = |(column, cell): (&super::model::Column, &Cell)| match column.holds {
            Holds::No => grid::Cell::text(row.no.as_str()).align(Align::Centre),
            Holds::Title => grid::Cell::text(words(&row.title)),
            Holds::Unit => grid::Cell::text(words(&row.unit)).align(Align::Centre),
            Holds::Note => {
                let open = row.cells.iter().filter_map(|cell| beside(lang, cell)).next_back();
                grid::Cell::text(open.unwrap_or_default())
            }
            Holds::Value | Holds::Verdict | Holds::Later => {
                let number = matches!(cell.held, Held::Number(_) | Held::Value(_));
                let align = if number { Align::Right } else { Align::Centre };
                grid::Cell { shown: held(lang, &cell.held), content: content(lang, &cell.held), align }
            }
        };
        grid::Row { strong: row.strong, cells: form.columns.iter().zip(&row.cells).map(cell).collect() }
    };
    let unit = Arg::Text(reading.unit.name.clone());
    let mut under = vec![locale::say_key(lang, "forms-of", &[("unit", unit), ("year", Arg::Text(year.to_string()))])];
    let count = match lang {
        Lang::Vi => form.unit_vi.as_ref(),
        Lang::En => form.unit_en.as_ref().or(form.unit_vi.as_ref()),
    };
    under.extend(count.map(|unit| locale::say_key(lang, "forms-in-unit", &[("unit", Arg::Text(unit.clone()))])));
    Grid {
        title: format!("{}. {}", form.code, titled(lang, lang.pick(&form.title_vi, &form.title_en), year)),
        under,
        heads: grid::heads(&form.columns.iter().map(over).collect::<Vec<_>>()),
        rows: filled.rows.iter().map(row).collect(),
        widths: form.columns.iter().map(|column| column.width).collect(),
        notes: notes(lang, form, reading),
    }
}

/// What is to be said of a form as a whole: how sure it is, which side of the figures it shows.
pub fn notes(lang: Lang, form: &Form, reading: &Reading) -> Vec<String> {
    let mut notes = Vec::new();
    if form.confidence != Confidence::Verified {
        notes.push(locale::say_key(lang, "forms-to-confirm", &[("source", Arg::Text(form.source.clone()))]));
    }
    let own = match lang {
        Lang::Vi => form.note_vi.clone(),
        Lang::En => form.note_en.clone().or_else(|| form.note_vi.clone()),
    };
    notes.extend(own);
    if reading.edition == Edition::Working {
        notes.push(locale::word(lang, "forms-working"));
    }
    notes
}

/// A source in words: kind, unit, year, what, what it says, and what names it for ever.
pub fn source(lang: Lang, source: &Source) -> [String; 7] {
    match source {
        Source::Unit { unit, name, year } => {
            let kind = locale::word(lang, "forms-source-unit");
            [kind, unit.to_string(), name.clone(), year.to_string(), String::new(), String::new(), String::new()]
        }
        Source::Verdict { unit, name, year, set, passed, status, confirmed, revision, ruletext } => {
            let word = locale::word(lang, facts::pages::verdict_key(*status, *confirmed));
            let said = locale::say_key(
                lang,
                "forms-source-passed",
                &[("verdict", Arg::Text(word)), ("count", Arg::Int(*passed))],
            );
            let mark = locale::say_key(
                lang,
                "forms-source-mark",
                &[("revision", Arg::Text(revision.0.to_string())), ("hash", Arg::Text(ruletext.clone()))],
            );
            let kind = locale::word(lang, "forms-source-verdict");
            [kind, unit.to_string(), name.clone(), year.to_string(), set.clone(), said, mark]
        }
        Source::Figure { unit, name, year, measure, origin, revision, value } => {
            let from = locale::say_key(lang, &format!("origin-{origin}"), &[]);
            let said = format!("{} ({from})", facts::pages::exactly(lang, value, None));
            let line = locale::say_key(lang, "forms-source-line", &[("revision", Arg::Text(revision.0.to_string()))]);
            let kind = locale::word(lang, "forms-source-figure");
            [kind, unit.to_string(), name.clone(), year.to_string(), measure.clone(), said, line]
        }
        Source::Row { id } => {
            let kind = locale::word(lang, "forms-source-row");
            [kind, String::new(), String::new(), String::new(), id.clone(), String::new(), String::new()]
        }
    }
}

const SOURCES: [&str; 10] = [
    "forms-col-form",
    "forms-col-cell",
    "forms-col-row",
    "forms-col-kind",
    "forms-col-unit",
    "forms-col-name",
    "forms-col-year",
    "forms-col-what",
    "forms-col-said",
    "forms-col-mark",
];

/// The workbook of filled forms, with a sheet of sources. Cost: their cells and sources.
pub fn book(lang: Lang, forms: &[(&Form, Filled)], reading: &Reading, day: Day) -> Book {
    let mut rows = Vec::new();
    let mut sheets = Vec::new();
    for (form, filled) in forms {
        let grid = grid(lang, form, filled, reading);
        // Above the rows stand the title, what is under it, an empty line, the headings.
        let above = 2 + grid.under.len() + grid.heads.len();
        for (at, row) in filled.rows.iter().enumerate() {
            for (column, cell) in row.cells.iter().enumerate() {
                for one in &cell.sources {
                    let place = format!("{}{}", letters(column), above + at + 1);
                    let title = lang.pick(&row.title.0, &row.title.1).clone();
                    let told = [form.code.clone(), place, title].into_iter().chain(source(lang, one));
                    rows.push(told.map(Content::Text).collect());
                }
            }
        }
        sheets.push((form.code.replace(['/', '\\', '*', '?', ':', '[', ']'], " ").chars().take(31).collect(), grid));
    }
    let headings = SOURCES.into_iter().map(|key| locale::word(lang, key)).collect();
    let sources = List { name: locale::word(lang, "forms-sources"), headings, rows };
    let year = ("year", Arg::Text(reading.year.to_string()));
    let footer = locale::say_key(lang, "forms-of", &[("unit", Arg::Text(reading.unit.name.clone())), year]);
    Book { day: Some(day), sheets, sources, footer }
}

/// The letters of a column, as spreadsheets name it.
pub fn letters(column: usize) -> String {
    let (mut left, mut name) = (column + 1, Vec::new());
    while left > 0 {
        left -= 1;
        name.push(b'A' + u8::try_from(left % 26).unwrap_or(0));
        left /= 26;
    }
    name.iter().rev().map(|&letter| char::from(letter)).collect()
}
