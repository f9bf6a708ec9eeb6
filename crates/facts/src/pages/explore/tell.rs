//! What a view says: a sentence, what must be known to read it, its table, its picture; the same as lists and JSON.

use super::ask::Prepared;
use crate::{
    explore::{
        Cell, Columns, Explored, MOST_BARS, MOST_LINES, Name, Picture, Row, Rows, Side, Statistic, Words, decimals,
        draw,
    },
    pages::{law, say},
};
use charts::{Frame, Style, WIDTH, heat};
use documents::{list_out::List, sheet_out::Content};
use kernel::{Decimal, Phrase};
use minijinja::{Value, context};
use rulebook::{Aggregate, Confidence, Measure};
use serde_json::{Value as Json, json};
use web::Ctx;

/// A view and what it found, in the words of a reader.
pub struct Telling<'a> {
    pub ctx: &'a Ctx,
    pub prepared: &'a Prepared,
    pub explored: &'a Explored,
}

impl Telling<'_> {
    fn word(&self, key: &'static str) -> String {
        locale::word(self.ctx.lang, key)
    }

    fn say(&self, phrase: Phrase) -> String {
        locale::say(self.ctx.lang, &phrase)
    }

    fn measure_name(&self, measure: &Measure) -> String {
        let name = self.ctx.lang.pick(&measure.name_vi, &measure.name_en);
        match &measure.unit {
            Some(unit) => format!("{name} ({unit})"),
            None => name.clone(),
        }
    }

    fn statistic(&self, statistic: Statistic) -> String {
        locale::say_key(self.ctx.lang, &format!("explore-stat-{}", statistic.name()), &[])
    }

    fn side(&self, old: bool) -> String {
        self.word(if old { "explore-old" } else { "explore-new" })
    }

    fn name(&self, name: &Name) -> String {
        match name {
            Name::Commune { name, .. } => name.clone(),
            Name::District(Some(name)) => name.clone(),
            Name::District(None) => self.word("explore-no-district"),
            Name::Year(year, None) => year.to_string(),
            Name::Year(year, Some(old)) => format!("{year}, {}", self.side(*old)),
            Name::Statistic(statistic) => self.statistic(*statistic),
            Name::Measure(measure) => self.measure_name(measure),
        }
    }

    /// Digits after the point of a column.
    fn decimals(&self, column: usize) -> u32 {
        let view = &self.prepared.view;
        let gathered = (view.rows != Rows::Communes).then_some(view.statistic);
        match self.explored.columns.get(column) {
            Some(Name::Statistic(statistic)) => decimals(Some(*statistic), view.measure.decimals),
            Some(Name::Measure(measure)) => measure.decimals,
            _ => decimals(gathered, view.measure.decimals),
        }
    }

    fn cell(&self, cell: &Cell, column: usize) -> String {
        match &cell.value {
            Some(value) => say::rounded(self.ctx.lang, value, self.decimals(column)),
            None if cell.there => self.word("status-without"),
            None => "–".into(),
        }
    }

    fn years(&self) -> String {
        let view = &self.prepared.view;
        let (from, to) = (view.from.to_string(), view.to.to_string());
        match from == to {
            true => self.say(Phrase::new("explore-year").with("year", to)),
            false => self.say(Phrase::new("explore-years").with("from", from).with("to", to)),
        }
    }

    /// What the view shows, in a sentence; of one number a commune also how they lie.
    pub fn sentence(&self) -> String {
        let (view, explored) = (&self.prepared.view, self.explored);
        let key = match (view.rows, view.columns) {
            (_, Columns::Measures) => "explore-says-two",
            (Rows::Communes, _) => "explore-says-communes",
            (_, Columns::Statistics) if view.rows == Rows::Districts => "explore-says-districts-all",
            (Rows::Districts, _) => "explore-says-districts",
            (_, Columns::Districts) => "explore-says-years-districts",
            (Rows::Years, _) => "explore-says-years",
        };
        let second = view.second.as_ref().map_or_else(String::new, |m| self.measure_name(m));
        let said = Phrase::new(key)
            .with("measure", self.measure_name(&view.measure))
            .with("second", second)
            .with("statistic", self.statistic(view.statistic).to_lowercase())
            .with("place", self.prepared.place.as_str())
            .with("years", self.years())
            .with("with", explored.with)
            .with("of", explored.communes);
        match self.range() {
            Some(range) => format!("{} {range}", self.say(said)),
            None => self.say(said),
        }
    }

    /// The least, the middle, the most of the last column, and whose they are.
    fn range(&self) -> Option<String> {
        let (view, explored) = (&self.prepared.view, self.explored);
        if explored.both_sides
            || view.rows != Rows::Communes
            || view.columns == Columns::Measures
            || view.measure.kind.is_yes_no()
        {
            return None;
        }
        let last = explored.columns.len().checked_sub(1)?;
        let number = |row: &Row| Some((row.cells.get(last)?.value.as_ref()?.shown()?, self.name(&row.name)));
        let mut numbers: Vec<(Decimal, String)> = explored.rows.iter().filter_map(number).collect();
        numbers.sort_by(|a, b| a.0.cmp(&b.0));
        let shown = |n: &Decimal| locale::rounded(self.ctx.lang, n, view.measure.decimals);
        let (least, most) = (numbers.first()?, numbers.last()?);
        let middle = &numbers[numbers.len() / 2].0;
        let phrase = Phrase::new("explore-range")
            .with("year", view.to.to_string())
            .with("least", shown(&least.0))
            .with("lowest", least.1.as_str())
            .with("most", shown(&most.0))
            .with("highest", most.1.as_str())
            .with("middle", shown(middle));
        (numbers.len() > 2).then(|| self.say(phrase))
    }

    /// What must be known to read the view rightly.
    pub fn notes(&self) -> Vec<String> {
        let (view, law) = (&self.prepared.view, law(self.ctx));
        let mut notes: Vec<String> = (self.prepared.unknown.iter())
            .map(|words| self.say(Phrase::new("explore-unknown").with("words", words.as_str())))
            .collect();
        let gathers = view.rows != Rows::Communes && !view.measure.kind.is_yes_no();
        match &view.measure.aggregate {
            Aggregate::NotComparable if gathers => notes.push(self.word("explore-not-comparable")),
            Aggregate::Weighted(by) if gathers => {
                let by = law.library().measure(by).map_or_else(String::new, |m| self.measure_name(m));
                notes.push(self.say(Phrase::new("explore-weighted").with("by", by)));
            }
            _ => {}
        }
        if self.explored.reorganised {
            let key = match (self.explored.both_sides, view.side) {
                (true, _) => "explore-both-sides",
                (false, Side::New) => "explore-only-new",
                (false, _) => "explore-only-old",
            };
            notes.push(self.word(key));
        }
        if view.second.is_some() {
            notes.push(self.word("explore-no-cause"));
        }
        if view.measure.computed.is_some() {
            notes.push(self.word("explore-computed"));
        }
        if view.measure.confidence != Confidence::Verified {
            notes.push(self.word("explore-unconfirmed"));
        }
        let lines = if view.rows == Rows::Years { self.explored.columns.len() } else { self.explored.rows.len() };
        let districts = view.rows != Rows::Years || view.columns == Columns::Districts;
        match self.prepared.picture {
            Picture::Line if districts && lines > MOST_LINES => {
                notes.push(self.say(Phrase::new("explore-first").with("count", MOST_LINES).with("of", lines)));
            }
            Picture::Bars if self.explored.rows.len() > MOST_BARS => {
                let of = self.explored.rows.len();
                notes.push(self.say(Phrase::new("explore-first").with("count", MOST_BARS).with("of", of)));
            }
            _ => {}
        }
        notes
    }

    fn rows_word(&self) -> String {
        self.word(match self.prepared.view.rows {
            Rows::Communes => "explore-head-commune",
            Rows::Districts => "explore-head-district",
            Rows::Years => "explore-head-year",
        })
    }

    /// The picture of these rows; nothing where the shaded table is the picture.
    pub fn chart(&self, shown: &[Row]) -> Option<Value> {
        let view = &self.prepared.view;
        let sentence = self.sentence();
        let missing = self.word("status-without");
        // A number of an axis is as long as it is.
        let number = |n: &Decimal| locale::exact(self.ctx.lang, &n.round_half_up(view.measure.decimals.max(1)));
        let statistic = (view.rows != Rows::Communes).then_some(view.statistic);
        let unit = match statistic {
            Some(Statistic::Count) => self.word("explore-unit-communes"),
            Some(Statistic::Share) => "%".into(),
            _ => view.measure.unit.clone().unwrap_or_default(),
        };
        let title = match statistic {
            None if view.second.is_some() => view.second.as_ref().map_or_else(String::new, |second| {
                format!("{} – {}", self.measure_name(&view.measure), self.measure_name(second))
            }),
            Some(statistic) => {
                format!("{}: {}", self.measure_name(&view.measure), self.statistic(statistic).to_lowercase())
            }
            None => self.measure_name(&view.measure),
        };
        let frame = Frame {
            id: "explored",
            title: &title,
            desc: &sentence,
            unit: &unit,
            missing: &missing,
            say: &number,
            style: Style::Page,
            width: WIDTH,
        };
        let words = Words {
            name: &|name| self.name(name),
            rows: self.rows_word(),
            values: unit.clone(),
            count: self.word("explore-unit-communes"),
            answers: ["status-passed", "status-failed", "status-without"].map(|key| self.word(key)),
            sides: [true, false].map(|old| self.side(old)),
        };
        draw(self.prepared.picture, &frame, view, self.explored, shown, &words).map(Value::from_serialize)
    }

    /// Where a cell leads: to the figure, which says whose it is and since when.
    fn href(&self, row: &Row, column: usize) -> Option<String> {
        let Name::Commune { unit, .. } = &row.name else { return None };
        row.cells[column].value.as_ref()?;
        let view = &self.prepared.view;
        let (measure, year) = match &self.explored.columns[column] {
            Name::Measure(measure) => (&measure.id, view.to),
            Name::Year(year, _) => (&view.measure.id, *year),
            _ => return None,
        };
        Some(self.ctx.link(&format!("/so-lieu/{unit}/{measure}/{year}")))
    }

    /// The table of a page.
    pub fn table(&self, shown: &[Row]) -> Value {
        let numbers = |row: &Row| row.cells.iter().map(|c| c.value.as_ref().and_then(|v| v.shown())).collect();
        let shades = match self.prepared.picture {
            Picture::Heat => heat(&shown.iter().map(numbers).collect::<Vec<Vec<_>>>(), "", &|_| String::new()),
            _ => Vec::new(),
        };
        let tell = |(at, row): (usize, &Row)| {
            let cells: Vec<Value> = (row.cells.iter().enumerate())
                .map(|(column, cell)| {
                    let level = shades.get(at).and_then(|row| row.get(column)?.level);
                    context! { text => self.cell(cell, column), href => self.href(row, column), level => level }
                })
                .collect();
            let (href, small) = match &row.name {
                Name::Commune { unit, district, .. } => {
                    let side = self.explored.both_sides.then(|| self.side(row.old));
                    let small: Vec<String> = district.iter().cloned().chain(side).collect();
                    (Some(self.ctx.link(&format!("/xa/{unit}"))), small.join(" · "))
                }
                _ => (None, String::new()),
            };
            context! { name => self.name(&row.name), href => href, small => small, cells => cells }
        };
        context! {
            head => self.rows_word(), columns => self.explored.columns.iter().map(|c| self.name(c)).collect::<Vec<_>>(),
            rows => shown.iter().enumerate().map(tell).collect::<Vec<_>>(),
        }
    }

    /// Every row, to be taken away: numbers as numbers.
    pub fn list(&self) -> List {
        let communes = self.prepared.view.rows == Rows::Communes;
        let mut headings: Vec<String> = if communes { vec![self.word("unit-code-heading")] } else { Vec::new() };
        headings.push(self.rows_word());
        headings.extend(communes.then(|| self.word("col-district")));
        headings.extend(self.explored.columns.iter().map(|c| match c {
            Name::Year(..) => format!("{}: {}", self.measure_name(&self.prepared.view.measure), self.name(c)),
            _ => self.name(c),
        }));
        // Whoever gets the file reads that its figures are made up.
        headings.extend(self.ctx.site.illustrative.then(|| self.word("illustrative-banner")));
        let line = |row: &Row| {
            let text = |text: &str| Content::Text(text.to_owned());
            let mut line = match &row.name {
                Name::Commune { code, name, district, .. } => {
                    vec![text(code), text(name), text(district.as_deref().unwrap_or(""))]
                }
                other => vec![text(&self.name(other))],
            };
            line.extend(row.cells.iter().enumerate().map(|(column, cell)| match &cell.value {
                None => Content::Empty,
                Some(value) => match value.shown() {
                    Some(number) => Content::Number(number),
                    None => Content::Text(self.cell(cell, column)),
                },
            }));
            line.extend(self.ctx.site.illustrative.then(|| text("x")));
            line
        };
        let rows = self.explored.rows.iter().map(line).collect();
        List { name: self.word("explore-title"), headings, rows }
    }

    /// The same for programs.
    pub fn json(&self) -> Json {
        let view = &self.prepared.view;
        let measure =
            |m: &Measure| json!({"id": m.id, "name": self.ctx.lang.pick(&m.name_vi, &m.name_en), "unit": m.unit});
        let value = |cell: &Cell| match &cell.value {
            None => Json::Null,
            Some(rulebook::Value::Yes(yes)) => json!(yes),
            Some(other) => json!(other.shown().map(|n| n.to_string())),
        };
        let row = |row: &Row| {
            let (unit, code) = match &row.name {
                Name::Commune { unit, code, .. } => (Some(unit.0), Some(code)),
                _ => (None, None),
            };
            json!({
                "name": self.name(&row.name), "unit": unit, "code": code, "ended": row.old,
                "values": row.cells.iter().map(value).collect::<Vec<_>>(),
                "figures": row.cells.iter().map(|c| c.of).collect::<Vec<_>>(),
            })
        };
        json!({
            "sentence": self.sentence(), "notes": self.notes(), "illustrative": self.ctx.site.illustrative,
            "measure": measure(&view.measure), "second": view.second.as_deref().map(measure),
            "statistic": (view.rows != Rows::Communes).then(|| view.statistic.name()),
            "columns": self.explored.columns.iter().map(|c| self.name(c)).collect::<Vec<_>>(),
            "rows": self.explored.rows.iter().map(row).collect::<Vec<_>>(),
        })
    }
}
