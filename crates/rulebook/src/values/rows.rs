//! One row: its cells to a value of an indicator of a unit, or what is wrong with it.

use super::{Column, Columns, Context, Fault, Found, csv::Broken, number, number::BadNumber, year_end};
use crate::{
    Traits, Value,
    evaluate::{Misfit, fits},
    model::{Indicator, Kind},
    said_in::{Said, Units},
};
use kernel::{Day, Decimal, Phrase};
use std::{borrow::Cow, collections::HashMap, sync::Arc};

/// Characters of the text that proves a value.
const MOST_EVIDENCE: usize = 500;

/// What a row gives a value for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// An indicator of the judged set (0) or of a prerequisite (from 1), by node.
    Indicator { set: u16, node: u16 },
    /// `held:SET`, by prerequisite (from 1).
    Held(u16),
    /// A measure without an indicator, by its place in `Context::background`; in an intake only.
    Background(u16),
    /// Not looked up: the row has no value.
    Blank,
}

/// One row of a table.
#[derive(Clone, Debug)]
pub struct Row {
    pub line: u32,
    /// Index of the unit's code.
    pub unit: u32,
    pub year: i16,
    pub target: Target,
    /// Index of what the indicator column says.
    pub(super) target_text: u32,
    pub value: Option<Value>,
    pub traits: Option<Arc<Traits>>,
    /// The day at which the unit's code is read.
    pub(super) unit_day: Day,
    /// What proves the value, where an intake reads it.
    pub note: Option<Arc<str>>,
    /// What the row says, where an intake read it in another unit than the measure's own.
    pub said: Option<Box<Said>>,
}

impl Row {
    /// The day at which the unit's code is read.
    pub fn unit_day(&self) -> Day {
        self.unit_day
    }

    pub(super) fn is_blank(&self) -> bool {
        self.value.is_none()
    }

    pub(super) fn same_place(&self, other: &Row) -> bool {
        (self.unit, self.year, self.target_text) == (other.unit, other.year, other.target_text)
    }
}

/// Texts numbered in the order in which they came.
#[derive(Default)]
pub struct Interner {
    ids: HashMap<Arc<str>, u32>,
    pub(super) names: Vec<Arc<str>>,
    last: u32,
}

impl Interner {
    pub(super) fn id(&mut self, name: &str) -> u32 {
        // Tables name the same unit many times, and indicators in one order: the last name or the one behind it.
        for id in [self.last, self.last.wrapping_add(1)] {
            if self.names.get(id as usize).is_some_and(|n| **n == *name) {
                self.last = id;
                return id;
            }
        }
        self.last = self.look_up(name);
        self.last
    }

    fn look_up(&mut self, name: &str) -> u32 {
        if let Some(&id) = self.ids.get(name) {
            return id;
        }
        let (id, name) = (self.names.len() as u32, Arc::<str>::from(name));
        self.ids.insert(name.clone(), id);
        self.names.push(name);
        id
    }
}

/// Faults an intake keeps, so that a table of a million wrong rows does not fill the memory; the others are counted.
pub(super) const MOST_FAULTS: usize = 30_000;

/// Faults as they are found.
#[derive(Default)]
pub(super) struct Faults {
    pub kept: Vec<Fault>,
    /// All of them.
    pub count: usize,
    /// Lines that have one.
    pub lines: usize,
    most: usize,
    last: u32,
}

impl Faults {
    pub fn of(context: &Context) -> Faults {
        Faults { most: if context.intake { MOST_FAULTS } else { usize::MAX }, ..Faults::default() }
    }

    /// Keeps so many only.
    pub fn limit(&mut self, most: usize) {
        self.most = self.most.min(most);
    }

    pub fn push(&mut self, fault: Fault) {
        self.count += 1;
        self.lines += usize::from(self.last != fault.line);
        self.last = fault.line;
        if self.kept.len() < self.most {
            self.kept.push(fault);
        }
    }
}

/// Reads rows, one piece of a table.
pub struct Reader<'a> {
    context: &'a Context<'a>,
    columns: &'a Columns,
    /// Whether the current row's value, numerator and denominator come as typed numbers from a sheet, so that `1.234`
    /// has one reading.
    typed: [bool; 3],
    pub(super) rows: Vec<Row>,
    pub(super) faults: Faults,
    pub(super) units: Interner,
    pub(super) targets: Interner,
    notes: Interner,
    pub(super) empty_lines: usize,
    /// Records with content, good or bad.
    pub(super) records: usize,
    found: HashMap<(u32, Day), Found>,
    /// What the last row's unit was found to be.
    last_found: Option<((u32, Day), Found)>,
    /// By number of the indicator column's text.
    resolved: Vec<Option<Option<Target>>>,
    /// What each year's law says of nodes; the years in the order in which they came.
    kinds: Vec<(i16, Vec<Vec<Sort>>)>,
    last_year: usize,
    /// What the current row says, in another unit than its measure's own.
    said: Option<Box<Said>>,
}

/// What reading must know of a node: its kind, whether a condition allows n/a, whether regions are named.
type Sort = (Kind, bool, bool);

pub(super) fn broken(broken: Broken) -> Phrase {
    Phrase::new(match broken {
        Broken::NotUtf8 => "values-not-utf8",
        Broken::OpenQuote => "values-open-quote",
        Broken::AfterQuote => "values-after-quote",
    })
}

impl<'a> Reader<'a> {
    pub fn new(context: &'a Context<'a>, columns: &'a Columns) -> Reader<'a> {
        Reader {
            context,
            columns,
            typed: [false; 3],
            rows: Vec::new(),
            faults: Faults::of(context),
            units: Interner::default(),
            targets: Interner::default(),
            notes: Interner::default(),
            empty_lines: 0,
            records: 0,
            found: HashMap::new(),
            last_found: None,
            resolved: Vec::new(),
            kinds: Vec::new(),
            last_year: 0,
            said: None,
        }
    }

    /// A row that is no record at all: kept as a fault, counted as a record.
    pub fn refuse(&mut self, line: u32, column: Option<Column>, what: Phrase) {
        self.records += 1;
        self.faults.push(Fault::new(line, column, what));
    }

    fn fault(&mut self, line: u32, column: Column, what: Phrase) {
        self.faults.push(Fault::new(line, Some(column), what));
    }

    /// One record: cells trimmed and in NFC.
    pub fn record(&mut self, line: u32, cells: &[Cow<'_, str>], wrong: Option<Broken>) {
        if wrong.is_none() && cells.iter().all(|c| c.is_empty()) {
            self.empty_lines += 1;
            return;
        }
        self.records += 1;
        if let Some(wrong) = wrong {
            self.faults.push(Fault::new(line, None, broken(wrong)));
            return;
        }
        if cells.len() > self.columns.width {
            let what =
                Phrase::new("values-too-many-cells").with("found", cells.len()).with("wanted", self.columns.width);
            self.faults.push(Fault::new(line, None, what));
            return;
        }
        self.row(line, cells);
    }

    /// The same with each cell's word whether the sheet holds it as a number. Cells beyond the header are ignored: a
    /// sheet's remarks beside a table are no values.
    pub fn typed_record(&mut self, line: u32, cells: &[Cow<'_, str>], typed: &[bool]) {
        let is_typed = |column| self.columns.at(column).and_then(|at| typed.get(at)).copied().unwrap_or(false);
        self.typed = [Column::Value, Column::Numerator, Column::Denominator].map(is_typed);
        self.record(line, &cells[..cells.len().min(self.columns.width)], None);
    }

    fn row(&mut self, line: u32, cells: &[Cow<'_, str>]) {
        let columns = self.columns;
        let cell = |column| columns.at(column).and_then(|at| cells.get(at)).map_or("", |c| c.as_ref());
        let (code, period, indicator) = (cell(Column::UnitCode), cell(Column::Period), cell(Column::Indicator));
        let (value, numerator, denominator) = (cell(Column::Value), cell(Column::Numerator), cell(Column::Denominator));
        let unit = self.units.id(code);
        // `8.4` and `SET/8.4` are the same row; a second prefix behind the set names nothing.
        let own = indicator
            .strip_prefix(self.context.set)
            .and_then(|rest| rest.strip_prefix('/'))
            .filter(|no| !no.contains('/') && !no.starts_with("held:"));
        let target_text = self.targets.id(own.unwrap_or(indicator));
        let year = year(period);
        if value.is_empty() && numerator.is_empty() && denominator.is_empty() {
            // A blank template cell: as if it were not there, but it counts as a duplicate.
            self.blank(line, unit, year, target_text);
            return;
        }
        let before = self.faults.count;
        self.said = None;
        if year.is_none() {
            self.fault(line, Column::Period, Phrase::new("values-period").with("period", period));
        }
        let mut unit_day = year.map(year_end);
        let as_of = cell(Column::UnitAsOf);
        if self.context.units.dated() && !as_of.is_empty() {
            match as_of.parse() {
                Ok(day) => unit_day = Some(day),
                Err(_) => {
                    unit_day = None;
                    self.fault(line, Column::UnitAsOf, Phrase::new("values-as-of").with("day", as_of));
                }
            }
        }
        let traits = self.unit(line, code, unit, unit_day);
        let target = self.target(line, indicator, own, target_text);
        let given = match (value, numerator, denominator) {
            (_, "", "") => Some(Ok(value)),
            ("", "", _) | ("", _, "") => {
                let column = if numerator.is_empty() { Column::Numerator } else { Column::Denominator };
                self.fault(line, column, Phrase::new("values-half-fraction"));
                None
            }
            ("", _, _) => Some(Err((numerator, denominator))),
            _ => {
                self.fault(line, Column::Value, Phrase::new("values-both"));
                None
            }
        };
        let value = match (target, year, given) {
            (Some(Target::Held(_)), Some(_), Some(given)) => self.held(line, given),
            (Some(Target::Indicator { set, node }), Some(year), Some(given)) => {
                self.value(line, set, node, year, indicator, given, traits.as_deref())
            }
            (Some(Target::Background(at)), Some(_), Some(given)) => {
                let kind = self.context.background[at as usize].kind;
                self.of_kind(line, (kind, false), (Target::Background(at), 0), indicator, given)
            }
            _ => None,
        };
        let note = self.note(line, cell(Column::Evidence));
        if self.faults.count == before
            && let (Some(target), Some(year), Some(value), Some(traits), Some(unit_day)) =
                (target, year, value, traits, unit_day)
        {
            let (value, traits, said) = (Some(value), Some(traits), self.said.take());
            self.rows.push(Row { line, unit, year, target, target_text, value, traits, unit_day, note, said });
        } else {
            self.blank(line, unit, year, target_text);
        }
    }

    /// Keeps a row without a value, good or bad: it still counts as a duplicate.
    fn blank(&mut self, line: u32, unit: u32, year: Option<i16>, target_text: u32) {
        let Some(year) = year else { return };
        let (target, unit_day) = (Target::Blank, year_end(year));
        let (value, traits, note, said) = (None, None, None, None);
        self.rows.push(Row { line, unit, year, target, target_text, value, traits, unit_day, note, said });
    }

    /// What proves a value: many rows name the same document, so each text is kept once.
    fn note(&mut self, line: u32, text: &str) -> Option<Arc<str>> {
        if !self.context.intake || text.is_empty() {
            return None;
        }
        if text.chars().count() > MOST_EVIDENCE {
            self.fault(line, Column::Evidence, Phrase::new("values-evidence-long").with("most", MOST_EVIDENCE));
            return None;
        }
        if text.chars().any(char::is_control) {
            self.fault(line, Column::Evidence, Phrase::new("values-evidence-text"));
            return None;
        }
        let id = self.notes.id(text);
        Some(self.notes.names[id as usize].clone())
    }

    fn unit(&mut self, line: u32, code: &str, unit: u32, day: Option<Day>) -> Option<Arc<Traits>> {
        if code.is_empty() {
            self.fault(line, Column::UnitCode, Phrase::new("values-unit-missing"));
            return None;
        }
        let dated = self.context.units.dated();
        // Without days the day does not matter: a wrong period then hides no unknown unit.
        let day = if dated { day? } else { Day::from_epoch_days(0) };
        let what = match self.found(code, unit, day) {
            Found::Unit(traits) => return Some(traits),
            Found::OtherLevel => Phrase::new("values-unit-level").with("code", code),
            Found::Nothing if dated => Phrase::new("values-unit-unknown").with("code", code).with("day", day),
            Found::Nothing => Phrase::new("values-unit-unknown-file").with("code", code),
        };
        self.fault(line, Column::UnitCode, what);
        None
    }

    fn found(&mut self, code: &str, unit: u32, day: Day) -> Found {
        match &self.last_found {
            Some((last, found)) if *last == (unit, day) => found.clone(),
            _ => {
                let found = self.found.entry((unit, day)).or_insert_with(|| self.context.units.find(code, day)).clone();
                self.last_found = Some(((unit, day), found.clone()));
                found
            }
        }
    }

    /// What a year's law says of a node.
    fn sort(&mut self, year: i16, set: u16, node: u16) -> Sort {
        if self.kinds.get(self.last_year).is_none_or(|(y, _)| *y != year) {
            self.last_year = self.kinds.iter().position(|(y, _)| *y == year).unwrap_or_else(|| {
                self.kinds.push((year, kinds(self.context, year)));
                self.kinds.len() - 1
            });
        }
        self.kinds[self.last_year].1[set as usize][node as usize]
    }

    fn target(&mut self, line: u32, indicator: &str, own: Option<&str>, text: u32) -> Option<Target> {
        if indicator.is_empty() {
            self.fault(line, Column::Indicator, Phrase::new("values-indicator-missing"));
            return None;
        }
        if indicator.strip_prefix("held:") == Some(self.context.set) {
            self.fault(line, Column::Indicator, Phrase::new("values-held-self"));
            return None;
        }
        let context = self.context;
        if self.resolved.len() <= text as usize {
            self.resolved.resize(text as usize + 1, None);
        }
        let found = *self.resolved[text as usize].get_or_insert_with(|| resolve(context, own.unwrap_or(indicator)));
        if found.is_none() {
            self.fault(line, Column::Indicator, Phrase::new("values-indicator-unknown").with("indicator", indicator));
        }
        found
    }

    fn held(&mut self, line: u32, given: Result<&str, (&str, &str)>) -> Option<Value> {
        let value = given.ok().and_then(number::yes_no).map(Value::Yes);
        if value.is_none() {
            self.fault(line, Column::Value, Phrase::new("values-held"));
        }
        value
    }

    #[allow(clippy::too_many_arguments)]
    fn value(
        &mut self,
        line: u32,
        set: u16,
        node: u16,
        year: i16,
        indicator: &str,
        given: Result<&str, (&str, &str)>,
        traits: Option<&Traits>,
    ) -> Option<Value> {
        let (kind, has_condition, has_regions) = self.sort(year, set, node);
        let named = |key| Phrase::new(key).with("indicator", indicator);
        if kind == Kind::Composite {
            self.fault(line, Column::Indicator, named("values-composite"));
            return None;
        }
        if let Some(traits) = traits.filter(|_| has_regions)
            && self.context.book(set as usize, year).excluded_by_region(node as usize, traits)
        {
            self.fault(line, Column::Indicator, named("values-region"));
            return None;
        }
        self.of_kind(line, (kind, has_condition), (Target::Indicator { set, node }, year), indicator, given)
    }

    /// A value of a kind, with a word whether a condition allows n/a.
    fn of_kind(
        &mut self,
        line: u32,
        (kind, has_condition): (Kind, bool),
        whose: (Target, i16),
        indicator: &str,
        given: Result<&str, (&str, &str)>,
    ) -> Option<Value> {
        let named = |key| Phrase::new(key).with("indicator", indicator);
        let value = match given {
            Ok(text) => {
                match number::value(kind, text, self.typed[0]).or_else(|bad| self.typed(kind, text, bad, whose)) {
                    Ok(value) => value,
                    Err(bad) => {
                        self.fault(line, Column::Value, bad_number(bad, text));
                        return None;
                    }
                }
            }
            Err((numerator, denominator)) => {
                if kind != Kind::Percent {
                    self.fault(line, Column::Numerator, named("values-fraction-kind"));
                    return None;
                }
                self.fraction(line, numerator, denominator)?
            }
        };
        let misfit = match fits(kind, has_condition, &value) {
            Ok(()) => return Some(value),
            Err(misfit) => misfit,
        };
        let text = given.unwrap_or_default();
        let what = match misfit {
            Misfit::CompositeTakesNone => named("values-composite"),
            Misfit::NotApplicableNotAllowed => named("values-not-applicable"),
            Misfit::YesNoExpected => Phrase::new("values-not-yes-no").with("value", text),
            Misfit::NumberExpected => Phrase::new("values-not-number").with("value", text),
            Misfit::PercentOutOfRange => Phrase::new("values-percent").with("value", text),
            Misfit::Negative => Phrase::new("values-negative").with("value", text),
            Misfit::CountNotWhole => Phrase::new("values-not-whole").with("value", text),
            Misfit::FractionOnlyForPercent => named("values-fraction-kind"),
        };
        self.fault(line, Column::Value, what);
        None
    }

    /// What an intake reads of a text that is no plain number: as a form's field does. `bad`: why it is none; `whose`: of
    /// which target and year.
    fn typed(&mut self, kind: Kind, text: &str, bad: BadNumber, whose: (Target, i16)) -> Result<Value, BadNumber> {
        let context = self.context;
        let book;
        let measure = match whose {
            _ if !context.intake => None,
            (Target::Background(at), _) => context.background.get(at as usize),
            (Target::Indicator { set, node }, year) => {
                book = context.book(set as usize, year);
                let id = book.nodes[node as usize].indicator.measure.as_deref();
                id.and_then(|id| context.library.measure(id))
            }
            _ => None,
        };
        let Some(measure) = measure else { return Err(bad) };
        let (value, said) = number::typed(kind, text, Units::of(measure))?;
        self.said = said.map(Box::new);
        Ok(value)
    }

    fn fraction(&mut self, line: u32, numerator: &str, denominator: &str) -> Option<Value> {
        let mut part =
            |column, text| match number::fraction_part(text, self.typed[column as usize - Column::Value as usize]) {
                Ok(number) => Some(number),
                Err(bad) => {
                    self.fault(line, column, bad_number(bad, text));
                    None
                }
            };
        let (n, d) = (part(Column::Numerator, numerator), part(Column::Denominator, denominator));
        let (n, d) = (n?, d?);
        if d <= Decimal::ZERO {
            self.fault(line, Column::Denominator, Phrase::new("values-denominator"));
            return None;
        }
        if n.is_negative() || n > d {
            self.fault(line, Column::Numerator, Phrase::new("values-numerator"));
            return None;
        }
        Some(Value::Fraction(n, d))
    }
}

pub(super) fn bad_number(bad: BadNumber, text: &str) -> Phrase {
    match bad {
        BadNumber::NotANumber => Phrase::new("values-not-number").with("value", text),
        BadNumber::NotYesNo => Phrase::new("values-not-yes-no").with("value", text),
        BadNumber::Ambiguous { decimal, thousands } => {
            Phrase::new("values-ambiguous").with("value", text).with("decimal", decimal).with("thousands", thousands)
        }
        BadNumber::Unit { unit, known } => Phrase::new("values-unit").with("unit", unit).with("known", known),
    }
}

/// A period of four ASCII digits.
fn year(text: &str) -> Option<i16> {
    (text.len() == 4 && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok()).flatten()
}

/// What `NO`, `SET/NO` or `held:SET` names.
fn resolve(context: &Context, text: &str) -> Option<Target> {
    if let Some(set) = text.strip_prefix("held:") {
        return context.set_at(set).filter(|&at| at > 0).map(|at| Target::Held(at as u16));
    }
    // Numbers and parts do not change with the year; any year's book knows them.
    let (set, no) = match text.split_once('/') {
        Some((set, no)) => (context.set_at(set).filter(|&at| at > 0)?, no),
        None => (0, text),
    };
    if let Some(node) = context.book(set, 2025).node(no) {
        return Some(Target::Indicator { set: set as u16, node: node as u16 });
    }
    let background = context.background.iter().position(|m| set == 0 && m.id == no)?;
    Some(Target::Background(background as u16))
}

/// By set and node: what reading must know of it as in force that year.
fn kinds(context: &Context, year: i16) -> Vec<Vec<Sort>> {
    (0..=context.prerequisites.len())
        .map(|set| {
            let book = context.book(set, year);
            let sort = |i: &Indicator| (i.kind, i.applies_if.is_some(), i.applies_regions.is_some());
            book.nodes.iter().map(|n| sort(&n.indicator)).collect()
        })
        .collect()
}

/// Rows of one unit and period that read the unit's code at different days.
pub(super) fn differing_days(rows: &[Row], units: &[String], faults: &mut Faults) {
    for group in rows.chunk_by(|a, b| (a.unit, a.year) == (b.unit, b.year)) {
        let valued: Vec<&Row> = group.iter().filter(|r| !r.is_blank()).collect();
        let Some(first) = valued.iter().min_by_key(|r| r.line) else { continue };
        for row in valued.iter().filter(|r| r.unit_day != first.unit_day) {
            let what = Phrase::new("values-as-of-differs")
                .with("code", units[row.unit as usize].as_str())
                .with("period", format!("{:04}", row.year));
            faults.push(Fault::new(row.line, Some(Column::UnitAsOf), what));
        }
    }
}

/// Takes the values of rows that nobody can tell right from wrong: those that stand twice, and all of a unit and period
/// that read the unit's code at different days; how many. Rows come in the order of unit, period and indicator.
pub(super) fn blank_doubtful(dated: bool, rows: &mut [Row]) -> usize {
    let mut count = 0;
    let mut blank = |rows: &mut [Row]| count += rows.iter_mut().filter_map(|r| r.value.take()).count();
    if dated {
        for group in rows.chunk_by_mut(|a, b| (a.unit, a.year) == (b.unit, b.year)) {
            let mut days = group.iter().filter(|r| !r.is_blank()).map(|r| r.unit_day);
            let first = days.next();
            if days.any(|day| Some(day) != first) {
                blank(group);
            }
        }
    }
    rows.chunk_by_mut(|a, b| a.same_place(b)).filter(|same| same.len() > 1).for_each(blank);
    count
}
