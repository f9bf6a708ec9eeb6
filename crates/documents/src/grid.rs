//! A table as official forms have it: headings over several columns and lines, rows of different weight. The same grid becomes a sheet,
//! a DOCX table or a table of a paper.

use crate::sheet_out::Content;

/// A table with its headings.
#[derive(Clone, Debug, Default)]
pub struct Grid {
    /// Above the table.
    pub title: String,
    /// Under the title: the unit, the year.
    pub under: Vec<String>,
    /// Lines of headings, the highest first.
    pub heads: Vec<Vec<Head>>,
    pub rows: Vec<Row>,
    /// A column's share of the width.
    pub widths: Vec<u16>,
    /// Beneath the table.
    pub notes: Vec<String>,
}

/// A heading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    pub text: String,
    /// The first column it stands over.
    pub column: usize,
    pub across: usize,
    pub down: usize,
}

#[derive(Clone, Debug, Default)]
pub struct Row {
    /// Whether the row heads those beneath it, or sums them up.
    pub strong: bool,
    pub cells: Vec<Cell>,
}

#[derive(Clone, Debug, Default)]
pub struct Cell {
    /// What people read.
    pub shown: String,
    /// What a sheet holds.
    pub content: Content,
    pub align: Align,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Align {
    #[default]
    Left,
    Centre,
    Right,
}

impl Align {
    /// The word of it that both DOCX and papers know.
    pub fn name(self) -> &'static str {
        match self {
            Align::Left => "left",
            Align::Centre => "center",
            Align::Right => "right",
        }
    }
}

impl Cell {
    pub fn text(text: impl Into<String>) -> Cell {
        let shown: String = text.into();
        let content = if shown.is_empty() { Content::Empty } else { Content::Text(shown.clone()) };
        Cell { shown, content, align: Align::Left }
    }

    pub fn align(self, align: Align) -> Cell {
        Cell { align, ..self }
    }
}

/// Lines of headings from each column's own, highest first: what neighbours share stands once over them, and what has nothing beneath
/// reaches down.
pub fn heads(columns: &[Vec<String>]) -> Vec<Vec<Head>> {
    let depth = columns.iter().map(Vec::len).max().unwrap_or(0);
    let line = |level: usize| {
        let mut line: Vec<Head> = Vec::new();
        for (at, words) in columns.iter().enumerate() {
            let Some(text) = words.get(level) else { continue };
            let last = level + 1 == words.len();
            let joined = line.last_mut().filter(|head| {
                let same = head.column + head.across == at && columns[head.column][..=level] == words[..=level];
                same && !last && columns[head.column].len() > level + 1
            });
            match joined {
                Some(head) => head.across += 1,
                None => {
                    let down = if last { depth - level } else { 1 };
                    line.push(Head { text: text.clone(), column: at, across: 1, down });
                }
            }
        }
        line
    };
    (0..depth).map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_that_neighbours_share_stand_once() {
        let words = |text: &str| text.split('/').map(str::to_owned).collect::<Vec<_>>();
        let columns = ["TT", "A/x", "A/y", "A/B/z", "C/x", "D"].map(words);
        let told = |head: &Head| format!("{} {}+{}v{}", head.text, head.column, head.across, head.down);
        let lines: Vec<Vec<String>> = heads(&columns).iter().map(|line| line.iter().map(told).collect()).collect();
        assert_eq!(lines[0], ["TT 0+1v3", "A 1+3v1", "C 4+1v1", "D 5+1v3"]);
        assert_eq!(lines[1], ["x 1+1v2", "y 2+1v2", "B 3+1v1", "x 4+1v2"]);
        assert_eq!(lines[2], ["z 3+1v1"]);
    }
}
