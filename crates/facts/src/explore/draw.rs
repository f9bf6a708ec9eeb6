//! The pictures of a view: only those that its table can carry. Pure.

use super::{Cell, Columns, Explored, Name, Row, Rows, Statistic, View};
use charts::{Bar, Bars, Drawn, Frame, Kind, Line, Part, Point, Scatter, Series, Spread, Stack};
use kernel::Decimal;
use rulebook::Value;

/// Lines of one picture; more could not be told apart.
pub const MOST_LINES: usize = 6;
/// Bars of one picture.
pub const MOST_BARS: usize = 30;

/// A kind of picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Picture {
    Line,
    Bars,
    Scatter,
    Spread,
    /// The table itself, its cells shaded.
    Heat,
    /// How many say yes, how many no, year by year.
    Stack,
}

impl Picture {
    /// Its name in an address.
    pub fn name(self) -> &'static str {
        match self {
            Picture::Line => "line",
            Picture::Bars => "bar",
            Picture::Scatter => "scatter",
            Picture::Spread => "distribution",
            Picture::Heat => "heat",
            Picture::Stack => "stack",
        }
    }

    /// The pictures a view can have, the one that says most first.
    pub fn of_view(view: &View) -> Vec<Picture> {
        let several = view.from < view.to;
        match (view.rows, view.columns) {
            (_, Columns::Measures) => vec![Picture::Scatter],
            (Rows::Communes, _) if view.measure.kind.is_yes_no() => vec![Picture::Stack],
            (Rows::Communes, _) if several => vec![Picture::Heat, Picture::Line],
            (Rows::Communes, _) => vec![Picture::Spread, Picture::Bars],
            (Rows::Districts, Columns::Years) if several => vec![Picture::Line, Picture::Heat],
            (Rows::Districts, _) => vec![Picture::Bars],
            (Rows::Years, Columns::Districts) => vec![Picture::Line, Picture::Heat],
            (Rows::Years, _) => vec![Picture::Line, Picture::Bars],
        }
    }

    /// The picture of an address, where the view can have it; else the one that says most.
    pub fn named(name: &str, view: &View) -> Picture {
        let all = Picture::of_view(view);
        all.iter().find(|p| p.name() == name).copied().unwrap_or(all[0])
    }
}

/// Words of a picture.
pub struct Words<'a> {
    pub name: &'a dyn Fn(&Name) -> String,
    /// What the rows are.
    pub rows: String,
    /// What the numbers are.
    pub values: String,
    /// "Communes", of an axis that counts them.
    pub count: String,
    /// Yes, no, no figure.
    pub answers: [String; 3],
    /// Units of before and of after a reorganisation.
    pub sides: [String; 2],
}

fn number(cell: Option<&Cell>) -> Option<Decimal> {
    cell?.value.as_ref()?.shown()
}

/// Draws a view; of lines and bars those of `shown`, the rows of the page. `None` for a heat table, which needs no drawing.
pub fn draw(
    picture: Picture,
    frame: &Frame,
    view: &View,
    explored: &Explored,
    shown: &[Row],
    words: &Words,
) -> Option<Drawn> {
    let name = words.name;
    Some(match picture {
        Picture::Heat => return None,
        Picture::Scatter => {
            let axis = |at: usize| explored.columns.get(at).map(name).unwrap_or_default();
            let point = |row: &Row| Point {
                label: name(&row.name),
                x: number(row.cells.first()),
                y: number(row.cells.get(1)),
                chosen: false,
            };
            let points = explored.rows.iter().map(point).collect();
            Scatter { heads: [words.rows.clone(), axis(0), axis(1)], points, along: None, up: None }.draw(frame)
        }
        Picture::Spread => {
            let values = explored.rows.iter().filter_map(|row| number(row.cells.last())).collect();
            let heads = [words.values.clone(), words.count.clone()];
            Spread { heads, values, threshold: None, chosen: None }.draw(frame)
        }
        Picture::Bars => {
            let at = column(view, explored);
            let bar = |row: &Row| Bar { label: name(&row.name), value: number(row.cells.get(at)), chosen: false };
            let bars = shown.iter().take(MOST_BARS).map(bar).collect();
            Bars { heads: [words.rows.clone(), words.values.clone()], bars, reference: None }.draw(frame)
        }
        Picture::Stack => stack(frame, explored, words),
        Picture::Line => line(frame, view, explored, shown, words),
    })
}

/// The column that a picture of one column shows: that of the statistic chosen, else the last.
fn column(view: &View, explored: &Explored) -> usize {
    let chosen = explored.columns.iter().position(|c| *c == Name::Statistic(view.statistic));
    chosen.unwrap_or(explored.columns.len().saturating_sub(1))
}

fn line(frame: &Frame, view: &View, explored: &Explored, shown: &[Row], words: &Words) -> Drawn {
    let name = words.name;
    let rows = &explored.rows;
    let (along, series): (Vec<String>, Vec<Series>) = if view.rows != Rows::Years {
        let one =
            |row: &Row| Series { name: name(&row.name), values: row.cells.iter().map(|c| number(Some(c))).collect() };
        (explored.columns.iter().map(name).collect(), shown.iter().take(MOST_LINES).map(one).collect())
    } else if view.columns == Columns::Districts {
        let one = |at: usize| Series {
            name: name(&explored.columns[at]),
            values: rows.iter().map(|row| number(row.cells.get(at))).collect(),
        };
        (rows.iter().map(|r| name(&r.name)).collect(), (0..explored.columns.len().min(MOST_LINES)).map(one).collect())
    } else {
        // The sides of a reorganisation are lines of their own: what one ends with is not where the other begins.
        let at = column(view, explored);
        let years: Vec<i16> = (view.from..=view.to).collect();
        let side = |old: bool| Series {
            name: words.sides[usize::from(!old)].clone(),
            values: years
                .iter()
                .map(|&y| {
                    let row = rows.iter().find(|r| r.old == old && matches!(r.name, Name::Year(year, _) if year == y));
                    number(row?.cells.get(at))
                })
                .collect(),
        };
        let sides: Vec<bool> = [true, false].into_iter().filter(|&old| rows.iter().any(|r| r.old == old)).collect();
        (years.iter().map(i16::to_string).collect(), sides.into_iter().map(side).collect())
    };
    Line { axis: words.rows.clone(), along, series, references: Vec::new(), from_zero: false }.draw(frame)
}

fn stack(frame: &Frame, explored: &Explored, words: &Words) -> Drawn {
    let kinds = [Kind::Passed, Kind::Failed, Kind::Without];
    let parts = words.answers.iter().zip(kinds).map(|(name, kind)| Part { name: name.clone(), kind }).collect();
    let counts = |at: usize| -> Vec<Decimal> {
        let said = |wanted: Option<&Value>| {
            let cells = explored.rows.iter().filter_map(|row| row.cells.get(at)).filter(|cell| cell.there);
            Decimal::from(cells.filter(|cell| cell.value.as_ref() == wanted).count() as i64)
        };
        vec![said(Some(&Value::Yes(true))), said(Some(&Value::Yes(false))), said(None)]
    };
    let rows = explored.columns.iter().enumerate().map(|(at, column)| ((words.name)(column), counts(at))).collect();
    Stack { axis: words.rows.clone(), parts, rows }.draw(frame)
}

/// Digits after the point that a column shows.
pub fn decimals(statistic: Option<Statistic>, own: u32) -> u32 {
    match statistic {
        Some(Statistic::Count) => 0,
        Some(Statistic::Mean | Statistic::Weighted | Statistic::Median | Statistic::Share) => own.max(1),
        _ => own,
    }
}
