//! A list of a page, to be taken away: the same headings and rows as CSV or as a spreadsheet.

use crate::sheet_out::{self, Content};
use anyhow::Result;
use kernel::Day;

/// Headings and rows as wide, in the language of the page.
#[derive(Clone, Debug, Default)]
pub struct List {
    /// The sheet's name; at most 31 characters.
    pub name: String,
    pub headings: Vec<String>,
    pub rows: Vec<Vec<Content>>,
}

/// What a list is taken away as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Csv,
    Xlsx,
}

impl Kind {
    pub fn media_type(self) -> &'static str {
        match self {
            Kind::Csv => "text/csv; charset=utf-8",
            Kind::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }
    }

    pub fn extension(self) -> &'static str {
        match self {
            Kind::Csv => "csv",
            Kind::Xlsx => "xlsx",
        }
    }
}

impl List {
    /// The bytes of the list. Cost: its cells.
    pub fn bytes(&self, kind: Kind, day: Day) -> Result<Vec<u8>> {
        match kind {
            Kind::Csv => self.csv(),
            Kind::Xlsx => sheet_out::write_list(self, day),
        }
    }

    /// With the mark by which spreadsheets know UTF-8.
    fn csv(&self) -> Result<Vec<u8>> {
        let mut out = csv::Writer::from_writer(vec![0xef, 0xbb, 0xbf]);
        out.write_record(&self.headings)?;
        for row in &self.rows {
            out.write_record(row.iter().map(said))?;
        }
        Ok(out.into_inner()?)
    }
}

/// A cell as text; a text that a spreadsheet would take for a formula stays a text.
fn said(content: &Content) -> String {
    match content {
        Content::Empty => String::new(),
        Content::Number(number) => number.to_string(),
        Content::Text(text) if is_formula(text) => format!("'{text}"),
        Content::Text(text) => text.clone(),
    }
}

/// Whether a spreadsheet would take a text for a formula. A minus alone, or before a number, is none.
fn is_formula(text: &str) -> bool {
    let minus =
        text.strip_prefix('-').is_some_and(|rest| rest.contains(|c: char| !c.is_ascii_digit() && !".,".contains(c)));
    minus || text.starts_with(['=', '+', '@', '\t', '\r'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_the_same_in_both_kinds() -> Result<()> {
        let row = vec![Content::Text("=1+1".into()), Content::Number(3.into()), Content::Empty];
        let headings = ["a", "b", "c"].map(String::from).to_vec();
        let list = List { name: "x".into(), headings, rows: vec![row] };
        let day = Day::new(2026, 11, 24).expect("a day");
        assert_eq!(String::from_utf8(list.bytes(Kind::Csv, day)?)?, "\u{feff}a,b,c\n'=1+1,3,\n");
        assert!(list.bytes(Kind::Xlsx, day)?.starts_with(b"PK"));
        for (text, wanted) in [("-cmd|x", "'-cmd|x"), ("-", "-"), ("-1,5", "-1,5"), ("@a", "'@a"), ("a-b", "a-b")] {
            assert_eq!(said(&Content::Text(text.into())), wanted);
        }
        Ok(())
    }
}
