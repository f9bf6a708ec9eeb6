//! A grid as a table of WordprocessingML.

use crate::{
    docx::escaped,
    grid::{Align, Grid, Head},
};
use std::fmt::Write as _;

/// The width of a table, in the fiftieths of a percent that Word counts in.
const WHOLE: u32 = 5000;
/// Half points: 11, as tables of official documents bear it beside a text of 13 to 14.
const SIZE: u32 = 22;

fn paragraph(out: &mut String, text: &str, align: Align, strong: bool) {
    let strong = if strong { "<w:b/><w:bCs/>" } else { "" };
    let look = format!("<w:rPr>{strong}<w:sz w:val=\"{SIZE}\"/><w:szCs w:val=\"{SIZE}\"/></w:rPr>");
    let shape = format!(
        "<w:pPr><w:spacing w:before=\"20\" w:after=\"20\" w:line=\"240\" w:lineRule=\"auto\"/><w:ind w:firstLine=\"0\"/><w:jc w:val=\"{}\"/></w:pPr>",
        align.name()
    );
    let _ = write!(out, "<w:p>{shape}<w:r>{look}<w:t xml:space=\"preserve\">{}</w:t></w:r></w:p>", escaped(text));
}

/// The table. Its headings are repeated on each page.
pub(crate) fn table(grid: &Grid) -> String {
    let columns = grid.widths.len();
    let sum: u32 = grid.widths.iter().map(|&w| u32::from(w)).sum::<u32>().max(1);
    let width = |from: usize, across: usize| -> u32 {
        grid.widths[from..(from + across).min(columns)].iter().map(|&w| u32::from(w) * WHOLE / sum).sum()
    };
    let mut out = String::from("<w:tbl><w:tblPr><w:tblW w:w=\"5000\" w:type=\"pct\"/><w:tblBorders>");
    for side in ["top", "left", "bottom", "right", "insideH", "insideV"] {
        let _ = write!(out, "<w:{side} w:val=\"single\" w:sz=\"4\" w:space=\"0\" w:color=\"000000\"/>");
    }
    out += "</w:tblBorders><w:tblLayout w:type=\"fixed\"/>";
    out += "<w:tblCellMar><w:left w:w=\"57\" w:type=\"dxa\"/><w:right w:w=\"57\" w:type=\"dxa\"/></w:tblCellMar></w:tblPr><w:tblGrid>";
    for at in 0..columns {
        // The grid's own widths are only where a reader of the file begins: twentieths of a point of a text 25 cm wide.
        let _ = write!(out, "<w:gridCol w:w=\"{}\"/>", width(at, 1) * 14_000 / WHOLE);
    }
    out += "</w:tblGrid>";
    for (line, heads) in grid.heads.iter().enumerate() {
        out += "<w:tr><w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>";
        let mut at = 0;
        while at < columns {
            // What stands here: a heading that begins, or one of a line above that reaches down.
            let begins = heads.iter().find(|head| head.column == at);
            let above = || grid.heads[..line].iter().flatten().find(|head| head.column == at && head.down > 1);
            let Some(head) = begins.or_else(above) else { break };
            head_cell(&mut out, head, begins.is_some(), width(at, head.across));
            at += head.across;
        }
        out += "</w:tr>";
    }
    for row in &grid.rows {
        out += "<w:tr><w:trPr><w:cantSplit/></w:trPr>";
        for (at, cell) in row.cells.iter().enumerate().take(columns) {
            let _ = write!(out, "<w:tc><w:tcPr><w:tcW w:w=\"{}\" w:type=\"pct\"/></w:tcPr>", width(at, 1));
            paragraph(&mut out, &cell.shown, cell.align, row.strong);
            out += "</w:tc>";
        }
        out += "</w:tr>";
    }
    out + "</w:tbl>"
}

fn head_cell(out: &mut String, head: &Head, begins: bool, width: u32) {
    let _ = write!(out, "<w:tc><w:tcPr><w:tcW w:w=\"{width}\" w:type=\"pct\"/>");
    if head.across > 1 {
        let _ = write!(out, "<w:gridSpan w:val=\"{}\"/>", head.across);
    }
    if head.down > 1 {
        *out += if begins { "<w:vMerge w:val=\"restart\"/>" } else { "<w:vMerge/>" };
    }
    *out += "<w:vAlign w:val=\"center\"/></w:tcPr>";
    paragraph(out, if begins { &head.text } else { "" }, Align::Centre, true);
    *out += "</w:tc>";
}
