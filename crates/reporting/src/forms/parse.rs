//! Forms read from TOML and held against the law: every problem with its file and line.

use super::model::{BadForm, Count, Form, Holds, Join, Origin, Row, RowsOf};
use kernel::Phrase;
use rulebook::{Library, model::Level};
use std::collections::{BTreeMap, BTreeSet};
use toml::Spanned;

/// Columns, rows that a form may have: more is no form that anybody prints.
const MOST_COLUMNS: usize = 60;
const MOST_ROWS: usize = 2000;

/// A file of a form, unread.
#[derive(Clone, Debug)]
pub struct Source {
    pub file: String,
    pub text: String,
    pub origin: Origin,
}

/// The forms in use, by id: shipped ones, and those that the province lays over or beside them.
#[derive(Clone, Debug, Default)]
pub struct Forms {
    by_id: BTreeMap<String, (Form, Source)>,
    /// Files that were refused; the shipped form of the same id stays in use.
    pub refused: Vec<BadForm>,
}

impl Forms {
    /// Reads forms: a later one of the same id takes the place of an earlier. What is wrong stands in `refused`, all of it.
    pub fn read(sources: impl IntoIterator<Item = Source>, law: &Library) -> Forms {
        let mut forms = Forms::default();
        for source in sources {
            match parse(&source.file, &source.text, law) {
                Ok(form) => {
                    forms.by_id.insert(form.id.clone(), (form, source));
                }
                Err(mut wrong) => forms.refused.append(&mut wrong),
            }
        }
        forms
    }

    pub fn get(&self, id: &str) -> Option<&Form> {
        self.by_id.get(id).map(|(form, _)| form)
    }

    pub fn origin(&self, id: &str) -> Option<Origin> {
        self.by_id.get(id).map(|(_, source)| source.origin)
    }

    /// The text of a form in use.
    pub fn text(&self, id: &str) -> Option<&str> {
        self.by_id.get(id).map(|(_, source)| source.text.as_str())
    }

    pub fn all(&self) -> impl Iterator<Item = &Form> {
        self.by_id.values().map(|(form, _)| form)
    }
}

fn line_of(text: &str, at: usize) -> usize {
    text.as_bytes()[..at.min(text.len())].iter().filter(|&&b| b == b'\n').count() + 1
}

/// Reads one form. Every problem that its types or the law show.
pub fn parse(file: &str, text: &str, law: &Library) -> Result<Form, Vec<BadForm>> {
    let bad = |at: usize, why: Phrase| BadForm { file: file.to_owned(), line: line_of(text, at), why };
    let form: Form = toml::from_str(text).map_err(|error| {
        let why = Phrase::new("forms-bad-toml").with("message", error.message());
        vec![bad(error.span().map_or(0, |span| span.start), why)]
    })?;
    let wrong = check(&form, law);
    if wrong.is_empty() {
        return Ok(form);
    }
    Err(wrong.into_iter().map(|(at, why)| bad(at, why)).collect())
}

/// A place in the text, and what is wrong there.
type Wrong = (usize, Phrase);

fn start<T>(spanned: &Spanned<T>) -> usize {
    spanned.span().start
}

fn check(form: &Form, law: &Library) -> Vec<Wrong> {
    let mut wrong = Vec::new();
    let simple = |c: char| c.is_ascii_alphanumeric() || c == '-';
    if form.id.is_empty() || form.id.len() > 40 || !form.id.chars().all(simple) {
        wrong.push((0, Phrase::new("forms-bad-id").with("id", form.id.as_str())));
    }
    if form.columns.is_empty() || form.columns.len() > MOST_COLUMNS || form.rows.len() > MOST_ROWS {
        wrong.push((0, Phrase::new("forms-bad-size").with("columns", MOST_COLUMNS).with("rows", MOST_ROWS)));
    }
    if !form.columns.iter().any(|column| column.holds == Holds::Title) {
        wrong.push((0, Phrase::new("forms-no-title-column")));
    }
    let known = |set: &Spanned<String>| law.set(set.get_ref()).is_some();
    let named = form.set.iter().chain(form.columns.iter().filter_map(|c| c.set.as_ref()));
    for set in named.chain(form.rows.iter().filter_map(|r| r.set.as_ref())) {
        if !known(set) {
            wrong.push((start(set), Phrase::new("forms-no-such-set").with("set", set.get_ref().as_str())));
        }
    }
    for column in &form.columns {
        if (column.holds == Holds::Later) != column.later.is_some() {
            wrong.push((start(&column.title_vi), Phrase::new("forms-later-names-room")));
        }
        if !column.over_en.is_empty() && column.over_en.len() != column.over_vi.len() {
            wrong.push((start(&column.title_vi), Phrase::new("forms-over-differs")));
        }
    }
    let ids: BTreeSet<&str> = form.rows.iter().filter_map(|row| Some(row.id.as_ref()?.get_ref().as_str())).collect();
    let mut seen = BTreeSet::new();
    for row in &form.rows {
        if let Some(id) = row.id.as_ref().filter(|id| !seen.insert(id.get_ref().as_str())) {
            wrong.push((start(id), Phrase::new("forms-id-twice").with("id", id.get_ref().as_str())));
        }
        check_row(form, row, law, &ids, &mut wrong);
    }
    circles(form, &mut wrong);
    wrong
}

/// Where a row stands in its file, as far as it says.
fn place(row: &Row) -> usize {
    row.title_vi.as_ref().or(row.id.as_ref()).map_or(0, start)
}

fn check_row(form: &Form, row: &Row, law: &Library, ids: &BTreeSet<&str>, wrong: &mut Vec<Wrong>) {
    let at = place(row);
    let bound =
        [row.count.is_some(), row.figure.is_some(), row.sum.is_some(), row.later.is_some(), row.rows_of.is_some()];
    if bound.iter().filter(|b| **b).count() > 1 {
        wrong.push((at, Phrase::new("forms-bound-twice")));
    }
    let titled = row.title_vi.is_some() && row.title_en.is_some();
    if !titled && row.rows_of.is_none() && row.each.is_none() {
        wrong.push((at, Phrase::new("forms-row-no-title")));
    }
    let set = row.set.as_ref().or(form.set.as_ref()).and_then(|set| law.set(set.get_ref()));
    let needs_set = row.count.is_some() || row.rows_of.is_some();
    if needs_set && row.set.is_none() && form.set.is_none() && form.columns.iter().all(|c| c.set.is_none()) {
        wrong.push((at, Phrase::new("forms-row-no-set")));
    }
    if let (Some(Count::Criterion { no, .. }), Some(set)) = (&row.count, set)
        && !set.criteria.iter().any(|criterion| criterion.no == *no)
    {
        let why = Phrase::new("forms-no-such-criterion").with("no", no.as_str()).with("set", set.set.as_str());
        wrong.push((at, why));
    }
    let own = row.rows_of == Some(RowsOf::Indicators) || row.figure.as_ref().is_some_and(|f| f.join == Join::Own);
    if own && row.each.is_some() {
        wrong.push((at, Phrase::new("forms-own-each")));
    }
    if row.rows_of == Some(RowsOf::Indicators)
        && let Some(set) = set.filter(|set| set.applies.level != form.level)
    {
        wrong.push((at, Phrase::new("forms-set-of-another-level").with("set", set.set.as_str())));
    }
    if matches!(row.each, Some(Level::Province | Level::Village)) {
        wrong.push((at, Phrase::new("forms-bad-each")));
    }
    if let Some(figure) = row.figure.as_ref().filter(|figure| law.measure(figure.measure.get_ref()).is_none()) {
        let why = Phrase::new("forms-no-such-measure").with("measure", figure.measure.get_ref().as_str());
        wrong.push((start(&figure.measure), why));
    }
    for id in row.sum.iter().flatten().filter(|id| !ids.contains(id.get_ref().as_str())) {
        wrong.push((start(id), Phrase::new("forms-no-such-row").with("id", id.get_ref().as_str())));
    }
}

/// Sums that need each other.
fn circles(form: &Form, wrong: &mut Vec<Wrong>) {
    let row_of = |id: &str| form.rows.iter().find(|row| row.id.as_ref().is_some_and(|own| own.get_ref() == id));
    fn reaches<'f>(id: &'f str, seen: &mut BTreeSet<&'f str>, row_of: &dyn Fn(&str) -> Option<&'f Row>) {
        if seen.insert(id) {
            for next in row_of(id).and_then(|row| row.sum.as_ref()).into_iter().flatten() {
                reaches(next.get_ref(), seen, row_of);
            }
        }
    }
    for row in &form.rows {
        let Some(id) = row.id.as_ref() else { continue };
        let mut seen = BTreeSet::new();
        for next in row.sum.iter().flatten() {
            reaches(next.get_ref(), &mut seen, &row_of);
        }
        if seen.contains(id.get_ref().as_str()) {
            wrong.push((start(id), Phrase::new("forms-sum-circle").with("id", id.get_ref().as_str())));
        }
    }
}
