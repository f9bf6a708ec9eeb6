//! A form filled: form and reading in, cells out. No IO, no clock. Each number carries what it was made from.

use super::{
    gather::{Commune, Own, Reading, Year},
    model::{Column, Count, FigureOf, Form, Holds, Join, Room, Row, RowsOf},
};
use facts::{Figure, Key, Law};
use kernel::{Decimal, Revision, UnitId};
use rulebook::{Rulebook, Status, Value, model::Level};
use std::collections::HashMap;

/// A filled form: its columns are those of the form.
pub struct Filled {
    pub rows: Vec<FilledRow>,
}

pub struct FilledRow {
    pub no: String,
    /// In both languages of the data.
    pub title: (String, String),
    pub unit: (String, String),
    pub strong: bool,
    /// One a column of the form.
    pub cells: Vec<Cell>,
}

/// What stands in a cell, and from what.
#[derive(Clone, Debug, Default)]
pub struct Cell {
    pub held: Held,
    pub sources: Vec<Source>,
    /// Communes without any verdict among those that were counted.
    pub without: usize,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub enum Held {
    /// Nothing is asked here.
    #[default]
    Empty,
    Number(Decimal),
    Value(Value),
    /// A verdict, and whether the law beneath it is verified.
    Judged(Status, bool),
    /// A later room fills it.
    Later(Room),
    /// The set is not in force in that year.
    NoSet,
    /// There were no units of that year under this one.
    NoUnits,
    NoFigure,
}

/// One thing a number was made from.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    /// A unit that was counted for being there.
    Unit { unit: UnitId, name: String, year: i16 },
    /// A stored verdict: the last line of history it read, and the text that judged.
    Verdict {
        unit: UnitId,
        name: String,
        year: i16,
        set: String,
        passed: i64,
        status: Status,
        confirmed: bool,
        revision: Revision,
        ruletext: String,
    },
    /// A line of history.
    Figure {
        unit: UnitId,
        name: String,
        year: i16,
        measure: String,
        origin: &'static str,
        revision: Revision,
        value: Value,
    },
    /// Another row of the same column, by its id.
    Row { id: String },
}

/// Fills a form. Cost: its cells times the communes counted in each.
pub fn fill(form: &Form, reading: &Reading, law: &Law) -> Filled {
    let filler = Filler { form, reading, law };
    let mut rows: Vec<Summed> = Vec::new();
    for row in &form.rows {
        for filled in filler.row(row) {
            let id = row.id.as_ref().map(|id| id.get_ref().clone());
            let sum = row.sum.as_ref().map(|ids| ids.iter().map(|id| id.get_ref().clone()).collect());
            rows.push((id, sum, filled));
        }
    }
    sums(form, &mut rows);
    Filled { rows: rows.into_iter().map(|(_, _, row)| row).collect() }
}

/// A row with its id, and the ids of those that it adds up.
type Summed = (Option<String>, Option<Vec<String>>, FilledRow);

/// Adds rows up that others name. A sum of sums waits for its parts; parsing refused circles.
fn sums(form: &Form, rows: &mut [Summed]) {
    let mut open: Vec<usize> = (0..rows.len()).filter(|&at| rows[at].1.is_some()).collect();
    while !open.is_empty() {
        let waits: Vec<String> = open.iter().filter_map(|&at| rows[at].0.clone()).collect();
        let ready = |at: &usize| rows[*at].1.iter().flatten().all(|id| !waits.contains(id));
        let (now, later): (Vec<usize>, Vec<usize>) = open.iter().copied().partition(|at| ready(at));
        if now.is_empty() {
            return;
        }
        for at in now {
            let ids = rows[at].1.clone().unwrap_or_default();
            for (column, of) in form.columns.iter().enumerate().filter(|(_, c)| c.holds == Holds::Value) {
                let parts = rows.iter().filter(|(id, ..)| id.as_ref().is_some_and(|id| ids.contains(id)));
                let parts: Vec<Cell> = parts.map(|(_, _, row)| row.cells[column].clone()).collect();
                debug_assert!(of.later.is_none());
                rows[at].2.cells[column] = sum(&parts, &ids);
            }
        }
        open = later;
    }
}

/// A sum is a number only where all its parts are.
fn sum(parts: &[Cell], ids: &[String]) -> Cell {
    let without = parts.iter().map(|part| part.without).max().unwrap_or(0);
    let sources = ids.iter().map(|id| Source::Row { id: id.clone() }).collect();
    let mut total = Decimal::ZERO;
    for part in parts {
        match &part.held {
            Held::Number(number) => total = &total + number,
            other => return Cell { held: other.clone(), sources, without },
        }
    }
    Cell { held: Held::Number(total), sources, without }
}

struct Filler<'a> {
    form: &'a Form,
    reading: &'a Reading,
    law: &'a Law,
}

/// What a row made of a set adds to its binding.
#[derive(Clone, Copy)]
enum Bound<'a> {
    /// As the row says.
    Row,
    Criterion(&'a str),
    /// A criterion of the unit itself, by its place.
    OwnCriterion(usize),
    /// A node of the unit itself, by its number.
    OwnNode(&'a str),
}

impl<'a> Filler<'a> {
    fn row(&self, row: &'a Row) -> Vec<FilledRow> {
        let title = (
            row.title_vi.as_ref().map_or_else(String::new, |t| t.get_ref().clone()),
            row.title_en.clone().unwrap_or_default(),
        );
        if let Some(level) = row.each {
            return self.each(row, level);
        }
        match row.rows_of {
            Some(RowsOf::Criteria) => self.criteria(row),
            Some(RowsOf::Indicators) => self.indicators(row),
            None => vec![self.line(row, row.no.clone(), title, Bound::Row, None, row.strong)],
        }
    }

    fn set_of(&self, row: &'a Row, column: Option<&'a Column>) -> Option<&'a str> {
        let column = column.and_then(|column| column.set.as_ref());
        let named = row.set.as_ref().or(column).or(self.form.set.as_ref());
        named.map(|set| set.get_ref().as_str())
    }

    fn book(&self, set: &str) -> Option<&'a Rulebook> {
        self.law.library().set(set).map(|book| &**book)
    }

    /// A row each of the units of the form's year.
    fn each(&self, row: &'a Row, level: Level) -> Vec<FilledRow> {
        let Some(year) = self.reading.years.get(&self.reading.year) else { return Vec::new() };
        let units: Vec<(UnitId, &str)> = match level {
            Level::District => year.districts.iter().map(|unit| (unit.id, unit.name.as_str())).collect(),
            _ => year.communes.iter().map(|commune| (commune.unit.id, commune.unit.name.as_str())).collect(),
        };
        let line = |(at, (id, name)): (usize, (UnitId, &str))| {
            let title = (name.to_owned(), name.to_owned());
            self.line(row, format!("{}{}", row.no, at + 1), title, Bound::Row, Some((level, id)), row.strong)
        };
        units.into_iter().enumerate().map(line).collect()
    }

    fn criteria(&self, row: &'a Row) -> Vec<FilledRow> {
        let Some(book) = self.set_of(row, None).and_then(|set| self.book(set)) else { return Vec::new() };
        let line = |criterion: &'a rulebook::model::Criterion| {
            let title = (criterion.name_vi.clone(), criterion.name_en.clone());
            self.line(row, criterion.no.clone(), title, Bound::Criterion(&criterion.no), None, row.strong)
        };
        book.criteria.iter().map(line).collect()
    }

    /// The criteria of the unit's own set, each with its indicators and their parts beneath it.
    fn indicators(&self, row: &'a Row) -> Vec<FilledRow> {
        let Some(set) = self.set_of(row, None) else { return Vec::new() };
        let Some(book) = self.book(set) else { return Vec::new() };
        let mut rows = Vec::new();
        for (at, criterion) in book.criteria.iter().enumerate() {
            let title = (criterion.name_vi.clone(), criterion.name_en.clone());
            rows.push(self.line(row, criterion.no.clone(), title, Bound::OwnCriterion(at), None, true));
            let mut stack: Vec<&rulebook::model::Indicator> = criterion.indicators.iter().rev().collect();
            while let Some(indicator) = stack.pop() {
                stack.extend(indicator.parts.iter().rev());
                let title = (indicator.text_vi.clone(), indicator.text_en.clone());
                let mut line = self.line(row, indicator.no.clone(), title, Bound::OwnNode(&indicator.no), None, false);
                let unit = indicator.unit.clone().unwrap_or_default();
                line.unit = (unit.clone(), unit);
                rows.push(line);
            }
        }
        rows
    }

    fn line(
        &self,
        row: &'a Row,
        no: String,
        title: (String, String),
        bound: Bound<'a>,
        only: Option<(Level, UnitId)>,
        strong: bool,
    ) -> FilledRow {
        let vi = row.unit_vi.clone().unwrap_or_default();
        let unit = (vi.clone(), row.unit_en.clone().unwrap_or(vi));
        let cells = self.form.columns.iter().map(|column| self.cell(row, column, bound, only)).collect();
        FilledRow { no, title, unit, strong, cells }
    }

    fn cell(&self, row: &'a Row, column: &'a Column, bound: Bound<'a>, only: Option<(Level, UnitId)>) -> Cell {
        let held = |held: Held| Cell { held, ..Cell::default() };
        let bound_at_all =
            !matches!(bound, Bound::Row) || row.count.is_some() || row.figure.is_some() || row.later.is_some();
        let summed = row.sum.is_some();
        match column.holds {
            Holds::No | Holds::Title | Holds::Unit | Holds::Note => return Cell::default(),
            Holds::Later => {
                return held(column.later.filter(|_| bound_at_all || summed).map_or(Held::Empty, Held::Later));
            }
            Holds::Value | Holds::Verdict => {}
        }
        if let Some(room) = row.later {
            return held(Held::Later(room));
        }
        let year_number = self.reading.year.saturating_add(column.year);
        let Some(year) = self.reading.years.get(&year_number).filter(|_| bound_at_all) else { return Cell::default() };
        match bound {
            Bound::OwnCriterion(at) => self.own(row, column, year, |own| own_criterion(own, at, column.holds)),
            Bound::OwnNode(no) => {
                self.own(row, column, year, |own| self.own_node(own, no, column.holds, (year, year_number)))
            }
            Bound::Criterion(no) => {
                let count = Count::Criterion { no: no.to_owned(), status: Default::default() };
                self.count(row, column, &count, (year, year_number), only)
            }
            Bound::Row => match (&row.count, &row.figure) {
                (Some(count), _) => self.count(row, column, count, (year, year_number), only),
                (None, Some(figure)) => self.figure(row, column, figure, (year, year_number), only),
                (None, None) => Cell::default(),
            },
        }
    }

    /// What the unit's own set says of it.
    fn own(&self, row: &'a Row, column: &'a Column, year: &Year, told: impl FnOnce(&Own) -> Cell) -> Cell {
        let own = self.set_of(row, Some(column)).and_then(|set| year.own.get(set));
        own.map_or_else(|| Cell { held: Held::NoSet, ..Cell::default() }, told)
    }

    fn own_node(&self, own: &Own, no: &str, holds: Holds, (year, number): (&Year, i16)) -> Cell {
        let Some(at) = own.plan.book.node(no) else { return Cell::default() };
        let unit = &self.reading.unit;
        let figure = own.values[at].as_ref().zip(own.plan.measures[at]).and_then(|((origin, _), measure)| {
            year.figures.get(&Key { unit: unit.id, year: number, measure, origin: *origin })
        });
        let sources = figure.map(|figure| self.source(figure, &unit.name)).into_iter().collect();
        let judged = own.verdict.nodes[at];
        let held = match (holds, &own.values[at]) {
            (Holds::Verdict, _) => Held::Judged(judged.status, !judged.passed_unconfirmed()),
            (_, Some((_, value))) => Held::Value(value.clone()),
            // A composite takes no value of its own.
            (_, None) if !own.plan.book.nodes[at].is_leaf() => Held::Empty,
            (_, None) => Held::NoFigure,
        };
        Cell { held, sources, without: 0 }
    }

    fn source(&self, figure: &Figure, name: &str) -> Source {
        Source::Figure {
            unit: figure.key.unit,
            name: name.to_owned(),
            year: figure.key.year,
            measure: self.law.measure_code(figure.key.measure).to_owned(),
            origin: figure.key.origin.name(),
            revision: figure.revision,
            value: figure.value.clone(),
        }
    }

    /// The communes that a cell is about: of the group of its row and column, of the district or commune of its row.
    fn communes<'y>(
        &self,
        row: &Row,
        column: &Column,
        year: &'y Year,
        only: Option<(Level, UnitId)>,
    ) -> Vec<&'y Commune> {
        // A commune has the group of the cell's year; where the law knew none yet, that of the form's year.
        let now: HashMap<UnitId, &str> = match self.reading.years.get(&self.reading.year) {
            Some(now) => now.communes.iter().filter_map(|c| Some((c.unit.id, c.group.as_deref()?))).collect(),
            None => HashMap::new(),
        };
        let in_group = |commune: &Commune, wanted: &Option<String>| {
            let group = commune.group.as_deref().or_else(|| now.get(&commune.unit.id).copied());
            wanted.as_ref().is_none_or(|wanted| group == Some(wanted))
        };
        let inside = |commune: &Commune| match only {
            Some((Level::District, district)) => commune.unit.parent == Some(district),
            Some((_, unit)) => commune.unit.id == unit,
            None => true,
        };
        let wanted = |c: &&Commune| in_group(c, &row.group) && in_group(c, &column.group) && inside(c);
        year.communes.iter().filter(wanted).collect()
    }

    fn count(
        &self,
        row: &'a Row,
        column: &'a Column,
        count: &Count,
        (year, number): (&Year, i16),
        only: Option<(Level, UnitId)>,
    ) -> Cell {
        let held = |held: Held| Cell { held, ..Cell::default() };
        if year.communes.is_empty() {
            return held(Held::NoUnits);
        }
        let communes = self.communes(row, column, year, only);
        if *count == Count::Communes {
            let source = |c: &&Commune| Source::Unit { unit: c.unit.id, name: c.unit.name.clone(), year: number };
            let sources: Vec<Source> = communes.iter().map(source).collect();
            return Cell { held: Held::Number((sources.len() as i64).into()), sources, without: 0 };
        }
        let Some(set) = self.set_of(row, Some(column)) else { return Cell::default() };
        let Some(book) = self.book(set).filter(|book| facts::law::applies(book, number)) else {
            return held(Held::NoSet);
        };
        let place = |no: &str| book.criteria.iter().position(|criterion| criterion.no == no);
        let (mut sources, mut without) = (Vec::new(), 0);
        for commune in communes {
            let Some(judged) = year.judgements.get(&(commune.unit.id, set.to_owned())) else {
                without += 1;
                continue;
            };
            // Of a criterion its own verdict, else that of the set.
            let told = match count {
                Count::Criterion { no, .. } => place(no).and_then(|at| judged.criterion(at)),
                _ => Some((judged.status, judged.confirmed)),
            };
            let Some((status, confirmed)) = told else { continue };
            let counts = match count {
                Count::Communes => true,
                Count::Criterion { status: wanted, .. } | Count::Verdict { status: wanted } => {
                    status == wanted.status()
                }
                Count::Passed { from, to } => (i64::from(*from)..=i64::from(*to)).contains(&judged.passed),
            };
            if counts {
                sources.push(Source::Verdict {
                    unit: commune.unit.id,
                    name: commune.unit.name.clone(),
                    year: number,
                    set: set.to_owned(),
                    passed: judged.passed,
                    status,
                    confirmed,
                    revision: judged.revision,
                    ruletext: judged.ruletext.clone(),
                });
            }
        }
        Cell { held: Held::Number((sources.len() as i64).into()), sources, without }
    }

    /// A measure's figures, joined: a mean is of those that have one, rounded half up to six digits.
    fn figure(
        &self,
        row: &'a Row,
        column: &'a Column,
        bound: &FigureOf,
        (year, number): (&Year, i16),
        only: Option<(Level, UnitId)>,
    ) -> Cell {
        let Some(measure) = self.law.measure_id(bound.measure.get_ref()) else { return Cell::default() };
        let read = |unit: UnitId, name: &str| -> Option<(Value, Option<Source>)> {
            let (origin, value) = self.law.read(&year.values, unit, number, measure)?;
            let line = year.figures.get(&Key { unit, year: number, measure, origin });
            Some((value.into_owned(), line.map(|figure| self.source(figure, name))))
        };
        if bound.join == Join::Own && only.is_none() {
            let unit = &self.reading.unit;
            return match read(unit.id, &unit.name) {
                Some((value, source)) => {
                    Cell { held: Held::Value(value), sources: source.into_iter().collect(), without: 0 }
                }
                None => Cell { held: Held::NoFigure, ..Cell::default() },
            };
        }
        let communes = self.communes(row, column, year, only);
        let (mut total, mut many, mut without, mut sources) = (Decimal::ZERO, 0_i64, 0, Vec::new());
        for commune in communes {
            let Some((value, source)) = read(commune.unit.id, &commune.unit.name) else {
                without += 1;
                continue;
            };
            let Some(shown) = value.shown() else { continue };
            total = &total + &shown;
            many += 1;
            sources.extend(source);
        }
        let held = match bound.join {
            _ if many == 0 => Held::NoFigure,
            Join::Mean => total.checked_div_rounded(&many.into(), 6).map_or(Held::NoFigure, Held::Number),
            Join::Sum | Join::Own => Held::Number(total),
        };
        Cell { held, sources, without }
    }
}

fn own_criterion(own: &Own, at: usize, holds: Holds) -> Cell {
    let held = match own.verdict.criteria.get(at) {
        Some(judged) if holds == Holds::Verdict => Held::Judged(judged.status, !judged.passed_unconfirmed()),
        _ => Held::Empty,
    };
    Cell { held, ..Cell::default() }
}
