//! An official document in the form of Nghị định 30/2020/NĐ-CP, Annex I (`document-form` of the reference): one content, as DOCX by a
//! template and as PDF. The words of the form come with the content: none stand here.
//!
//! The template that [`template`] makes is the shipped one; a province puts its own beside its data, with the same tags ([`TAGS`]).

use crate::{
    docx::{self, NotFilled, Value, Values, escaped},
    grid::Grid,
};
use kernel::Day;
use paper::{NotPrinted, Paper, Printed, print};
use serde_json::json;
use std::io::{Cursor, Write};
use zip::{ZipWriter, write::SimpleFileOptions};

/// What the document says. Everything is said already, in Vietnamese: it is an official document.
#[derive(Clone, Debug, Default)]
pub struct Official {
    pub words: Words,
    /// The body above the one that issues; may be empty.
    pub parent: String,
    pub agency: String,
    /// With its label: `Số: 05/BC-UBND`.
    pub number: String,
    /// Place, day, month, year.
    pub place_date: String,
    /// The kind of document.
    pub kind: String,
    pub summary: String,
    /// To whom a report goes; may be empty.
    pub addressee: String,
    /// A paragraph each.
    pub body: Vec<String>,
    /// In the body, after its paragraphs.
    pub table: Option<Grid>,
    /// Who gets it, a line each, with the line of the archive.
    pub recipients: Vec<String>,
    /// Authority and post of the signer, a line each.
    pub authority: Vec<String>,
    pub signer: String,
    pub annexes: Vec<Grid>,
}

/// What the form itself prints.
#[derive(Clone, Debug, Default)]
pub struct Words {
    pub nation: String,
    pub motto: String,
    pub recipients: String,
    /// The word above an annex, before its number.
    pub annex: String,
}

/// The tags of a template, each with whether it must be there: a document without them would lack what makes it this one.
pub const TAGS: [(&str, bool); 18] = [
    ("quoc_hieu", true),
    ("tieu_ngu", true),
    ("co_quan_chu_quan", false),
    ("co_quan", true),
    ("so_ky_hieu", true),
    ("dia_danh_ngay", true),
    ("ten_loai", true),
    ("trich_yeu", true),
    ("kinh_gui", false),
    ("noi_dung", true),
    ("bang", false),
    ("noi_nhan_tieu_de", false),
    ("noi_nhan", true),
    ("quyen_han", true),
    ("nguoi_ky", true),
    ("phu_luc", false),
    ("phu_luc.so", false),
    ("phu_luc.bang", false),
];

impl Official {
    fn values(&self) -> Values {
        let annex = |(at, grid): (usize, &Grid)| {
            let number = format!("{} {}", self.words.annex, at + 1);
            Values::from([
                ("so".into(), number.into()),
                ("tieu_de".into(), grid.title.as_str().into()),
                ("duoi".into(), grid.under.join("\n").into()),
                ("bang".into(), Value::Grid(grid.clone())),
                ("ghi_chu".into(), grid.notes.join("\n").into()),
            ])
        };
        let annexes = self.annexes.iter().enumerate().map(annex).collect();
        let table = self.table.clone().map_or_else(|| Value::Text(String::new()), Value::Grid);
        let text = |text: &str| Value::Text(text.to_owned());
        Values::from([
            ("quoc_hieu".into(), text(&self.words.nation)),
            ("tieu_ngu".into(), text(&self.words.motto)),
            ("co_quan_chu_quan".into(), text(&self.parent)),
            ("co_quan".into(), text(&self.agency)),
            ("so_ky_hieu".into(), text(&self.number)),
            ("dia_danh_ngay".into(), text(&self.place_date)),
            ("ten_loai".into(), text(&self.kind)),
            ("trich_yeu".into(), text(&self.summary)),
            ("kinh_gui".into(), text(&self.addressee)),
            ("noi_dung".into(), text(&self.body.join("\n"))),
            ("bang".into(), table),
            ("noi_nhan_tieu_de".into(), text(&self.words.recipients)),
            ("noi_nhan".into(), text(&self.recipients.join("\n"))),
            ("quyen_han".into(), text(&self.authority.join("\n"))),
            ("nguoi_ky".into(), text(&self.signer)),
            ("phu_luc".into(), Value::Rows(annexes)),
        ])
    }

    /// As DOCX, by a template. Cost: the template and the cells of the tables.
    pub fn docx(&self, template: &[u8]) -> Result<Vec<u8>, NotFilled> {
        let wanted: Vec<&str> = TAGS.iter().filter(|(_, must)| *must).map(|(tag, _)| *tag).collect();
        docx::fill(template, &self.values(), &wanted)
    }

    /// As PDF, tagged; `name` is what the paper is, for ever. Cost: see [`paper::print`].
    pub fn pdf(&self, name: &str, day: Day) -> Result<Printed, NotPrinted> {
        let grid = |grid: &Grid| {
            let head =
                |h: &crate::grid::Head| json!({"text": h.text, "column": h.column, "across": h.across, "down": h.down});
            let heads: Vec<Vec<_>> = grid.heads.iter().map(|line| line.iter().map(head).collect()).collect();
            let row = |row: &crate::grid::Row| {
                let cells: Vec<_> = row.cells.iter().map(|c| json!([c.shown, c.align.name()])).collect();
                json!({"strong": row.strong, "cells": cells})
            };
            json!({"title": grid.title, "under": grid.under, "heads": heads, "widths": grid.widths, "notes": grid.notes,
                   "rows": grid.rows.iter().map(row).collect::<Vec<_>>()})
        };
        let data = json!({
            "nation": self.words.nation, "motto": self.words.motto, "to_head": self.words.recipients, "annex": self.words.annex,
            "parent": self.parent, "agency": self.agency, "number": self.number, "place_date": self.place_date,
            "kind": self.kind, "summary": self.summary, "addressee": self.addressee, "body": self.body,
            "table": self.table.as_ref().map(grid), "recipients": self.recipients, "authority": self.authority,
            "signer": self.signer, "annexes": self.annexes.iter().map(grid).collect::<Vec<_>>(),
        });
        let template = include_str!("../papers/official.typ");
        print(&Paper { template, data: &data.to_string(), pictures: &[], name, day })
    }
}

/// Twentieths of a point: A4, and the margins of the form (20, 15, 20, 30 mm from the top around).
const A4: (u32, u32) = (11_906, 16_838);
const MARGINS: &str = "<w:pgMar w:top=\"1134\" w:right=\"851\" w:bottom=\"1134\" w:left=\"1701\" w:header=\"567\" w:footer=\"567\" w:gutter=\"0\"/>";

/// How a paragraph of the form looks: size in points, weight, slant, place.
#[derive(Clone, Copy, Default)]
struct Look {
    size: u32,
    bold: bool,
    italic: bool,
    align: &'static str,
    /// First line's indent, in twentieths of a point.
    indent: u32,
    /// Space above, in twentieths of a point.
    before: u32,
    /// A line beneath, with the indents at both sides that make it as long as the form wants.
    rule: Option<u32>,
    page: bool,
}

fn run_look(look: Look) -> String {
    let bold = if look.bold { "<w:b/><w:bCs/>" } else { "" };
    let italic = if look.italic { "<w:i/><w:iCs/>" } else { "" };
    let half = look.size * 2;
    format!("<w:rPr>{bold}{italic}<w:sz w:val=\"{half}\"/><w:szCs w:val=\"{half}\"/></w:rPr>")
}

fn shape(look: Look) -> String {
    let page = if look.page { "<w:pageBreakBefore/>" } else { "" };
    let border = match look.rule {
        Some(_) => "<w:pBdr><w:bottom w:val=\"single\" w:sz=\"6\" w:space=\"1\" w:color=\"000000\"/></w:pBdr>",
        None => "",
    };
    let side = look.rule.unwrap_or(0);
    format!(
        "<w:pPr>{page}{border}<w:spacing w:before=\"{}\" w:after=\"0\" w:line=\"240\" w:lineRule=\"auto\"/>\
         <w:ind w:left=\"{side}\" w:right=\"{side}\" w:firstLine=\"{}\"/><w:jc w:val=\"{}\"/></w:pPr>",
        look.before, look.indent, look.align
    )
}

/// A control of whole paragraphs. Its words are its own name: whoever opens the template sees what goes where.
fn control(tag: &str, look: Look) -> String {
    format!(
        "<w:sdt><w:sdtPr><w:alias w:val=\"{tag}\"/><w:tag w:val=\"{tag}\"/></w:sdtPr><w:sdtContent><w:p>{}<w:r>{}<w:t>{}</w:t></w:r></w:p>\
         </w:sdtContent></w:sdt>",
        shape(look),
        run_look(look),
        escaped(tag)
    )
}

fn rule(side: u32) -> String {
    format!("<w:p>{}</w:p>", shape(Look { size: 2, align: "center", rule: Some(side), ..Look::default() }))
}

fn two(left: (u32, &str), right: (u32, &str)) -> String {
    let cell = |(width, inner): (u32, &str)| {
        format!("<w:tc><w:tcPr><w:tcW w:w=\"{width}\" w:type=\"dxa\"/></w:tcPr>{inner}</w:tc>")
    };
    format!(
        "<w:tbl><w:tblPr><w:tblW w:w=\"{}\" w:type=\"dxa\"/><w:tblLayout w:type=\"fixed\"/></w:tblPr><w:tblGrid><w:gridCol w:w=\"{}\"/>\
         <w:gridCol w:w=\"{}\"/></w:tblGrid><w:tr>{}{}</w:tr></w:tbl>",
        left.0 + right.0,
        left.0,
        right.0,
        cell(left),
        cell(right)
    )
}

fn body() -> String {
    let plain = |size, align| Look { size, align, ..Look::default() };
    let bold = |size, align| Look { bold: true, ..plain(size, align) };
    let left = control("co_quan_chu_quan", plain(13, "center")) + &control("co_quan", bold(13, "center")) + &rule(1200);
    let left = left + &control("so_ky_hieu", Look { before: 120, ..plain(13, "center") });
    let right = control("quoc_hieu", bold(13, "center")) + &control("tieu_ngu", bold(14, "center")) + &rule(1100);
    let right = right + &control("dia_danh_ngay", Look { before: 120, italic: true, ..plain(14, "center") });
    let head = two((3700, &left), (5654, &right));
    let title = control("ten_loai", Look { before: 360, ..bold(14, "center") })
        + &control("trich_yeu", bold(14, "center"))
        + &rule(3200);
    let to = control("kinh_gui", Look { before: 240, ..plain(14, "center") });
    let text = control("noi_dung", Look { before: 120, indent: 720, ..plain(14, "both") });
    let table = control("bang", Look { before: 120, ..plain(11, "left") });
    let left = control("noi_nhan_tieu_de", Look { italic: true, ..bold(12, "left") })
        + &control("noi_nhan", plain(11, "left"));
    // Room for the signature.
    let right =
        control("quyen_han", bold(14, "center")) + &control("nguoi_ky", Look { before: 1600, ..bold(14, "center") });
    let gap = format!("<w:p>{}</w:p>", shape(plain(14, "left")));
    let foot = two((4300, &left), (5054, &right));
    let portrait = format!(
        "<w:p><w:pPr><w:sectPr><w:headerReference w:type=\"default\" r:id=\"rId3\"/><w:pgSz w:w=\"{}\" w:h=\"{}\"/>{MARGINS}<w:titlePg/>\
         </w:sectPr></w:pPr></w:p>",
        A4.0, A4.1
    );
    let annex = control("phu_luc.so", Look { page: true, ..bold(14, "center") })
        + &control("phu_luc.tieu_de", bold(13, "center"))
        + &control("phu_luc.duoi", Look { italic: true, ..plain(13, "center") })
        + &control("phu_luc.bang", plain(11, "left"))
        + &control("phu_luc.ghi_chu", Look { before: 60, italic: true, ..plain(11, "left") });
    let annexes = format!(
        "<w:sdt><w:sdtPr><w:alias w:val=\"phu_luc\"/><w:tag w:val=\"phu_luc\"/><w15:repeatingSection/></w:sdtPr><w:sdtContent><w:sdt><w:sdtPr>\
         <w15:repeatingSectionItem/></w:sdtPr><w:sdtContent>{annex}</w:sdtContent></w:sdt></w:sdtContent></w:sdt>"
    );
    let landscape = format!(
        "<w:sectPr><w:headerReference w:type=\"default\" r:id=\"rId3\"/><w:pgSz w:w=\"{}\" w:h=\"{}\" w:orient=\"landscape\"/>\
         {MARGINS}<w:pgNumType w:start=\"1\"/><w:titlePg/></w:sectPr>",
        A4.1, A4.0
    );
    [&head, &title, &to, &text, &table, &gap, &foot, &portrait, &annexes, &landscape].map(String::as_str).concat()
}

const NAMES: &str = "xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\" \
                     xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\" \
                     xmlns:mc=\"http://schemas.openxmlformats.org/markup-compatibility/2006\" \
                     xmlns:w15=\"http://schemas.microsoft.com/office/word/2012/wordml\" mc:Ignorable=\"w15\"";
const XML: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";
const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006";

/// Whether a template can be filled at all; which of its tags nobody knows, which it lacks. Cost: the template, unpacked in memory.
pub fn check(template: &[u8]) -> Result<(), NotFilled> {
    Official { annexes: vec![Grid::default()], ..Official::default() }.docx(template).map(drop)
}

/// The shipped template: the same bytes every time.
pub fn template() -> Vec<u8> {
    let types = "application/vnd.openxmlformats-officedocument.wordprocessingml";
    let part = |name: &str, kind: &str| {
        format!("<Override PartName=\"/word/{name}.xml\" ContentType=\"{types}.{kind}+xml\"/>")
    };
    let link = |id: u8, kind: &str, target: &str| {
        format!("<Relationship Id=\"rId{id}\" Type=\"{OFFICE}/{kind}\" Target=\"{target}\"/>")
    };
    let links =
        |inner: String| format!("{XML}<Relationships xmlns=\"{PACKAGE}/relationships\">{inner}</Relationships>");
    let fonts = "<w:rFonts w:ascii=\"Times New Roman\" w:hAnsi=\"Times New Roman\" w:eastAsia=\"Times New Roman\" w:cs=\"Times New Roman\"/>";
    let parts = [
        (
            "[Content_Types].xml",
            format!(
                "{XML}<Types xmlns=\"{PACKAGE}/content-types\"><Default Extension=\"rels\" \
                 ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/><Default Extension=\"xml\" \
                 ContentType=\"application/xml\"/>{}{}{}{}</Types>",
                part("document", "document.main"),
                part("styles", "styles"),
                part("settings", "settings"),
                part("header1", "header")
            ),
        ),
        ("_rels/.rels", links(link(1, "officeDocument", "word/document.xml"))),
        (
            "word/_rels/document.xml.rels",
            links(
                link(1, "styles", "styles.xml")
                    + &link(2, "settings", "settings.xml")
                    + &link(3, "header", "header1.xml"),
            ),
        ),
        ("word/document.xml", format!("{XML}<w:document {NAMES}><w:body>{}</w:body></w:document>", body())),
        (
            "word/styles.xml",
            format!(
                "{XML}<w:styles {NAMES}><w:docDefaults><w:rPrDefault><w:rPr>{fonts}<w:sz w:val=\"28\"/><w:szCs w:val=\"28\"/>\
                 <w:lang w:val=\"vi-VN\" w:eastAsia=\"vi-VN\"/></w:rPr></w:rPrDefault><w:pPrDefault/></w:docDefaults>\
                 <w:style w:type=\"paragraph\" w:default=\"1\" w:styleId=\"Normal\"><w:name w:val=\"Normal\"/></w:style>\
                 <w:style w:type=\"table\" w:default=\"1\" w:styleId=\"TableNormal\"><w:name w:val=\"Normal Table\"/></w:style></w:styles>"
            ),
        ),
        (
            "word/settings.xml",
            format!(
                "{XML}<w:settings {NAMES}><w:compat><w:compatSetting w:name=\"compatibilityMode\" \
                 w:uri=\"http://schemas.microsoft.com/office/word\" w:val=\"15\"/></w:compat></w:settings>"
            ),
        ),
        (
            "word/header1.xml",
            format!(
                "{XML}<w:hdr {NAMES}><w:p><w:pPr><w:jc w:val=\"center\"/></w:pPr><w:r><w:fldChar w:fldCharType=\"begin\"/></w:r><w:r>\
                 <w:instrText xml:space=\"preserve\"> PAGE </w:instrText></w:r><w:r><w:fldChar w:fldCharType=\"separate\"/></w:r><w:r>\
                 <w:t>2</w:t></w:r><w:r><w:fldChar w:fldCharType=\"end\"/></w:r></w:p></w:hdr>"
            ),
        ),
    ];
    let mut out = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().last_modified_time(zip::DateTime::default());
    for (name, text) in parts {
        out.start_file(name, options).expect("a name that is free");
        out.write_all(text.as_bytes()).expect("memory");
    }
    out.finish().expect("memory").into_inner()
}
