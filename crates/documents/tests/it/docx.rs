//! DOCX templates, filled by the tags of their content controls; the form of official documents, as DOCX and as PDF.

use documents::{
    docx::{self, NotFilled, Value, Values},
    grid::{self, Cell, Grid, Row},
    official::{Official, Words, template},
};
use kernel::Day;
use roxmltree::Document;
use std::io::{Cursor, Read, Write};
use zip::{ZipArchive, ZipWriter, write::SimpleFileOptions};

const NAMES: &str = "xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\" \
                     xmlns:w15=\"http://schemas.microsoft.com/office/word/2012/wordml\"";

fn packed(parts: &[(&str, &str)]) -> Vec<u8> {
    let mut out = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in parts {
        out.start_file(*name, SimpleFileOptions::default()).unwrap();
        out.write_all(text.as_bytes()).unwrap();
    }
    out.finish().unwrap().into_inner()
}

fn with_body(body: &str) -> Vec<u8> {
    packed(&[("word/document.xml", &format!("<w:document {NAMES}><w:body>{body}</w:body></w:document>"))])
}

fn part(bytes: &[u8], name: &str) -> String {
    let mut text = String::new();
    ZipArchive::new(Cursor::new(bytes)).unwrap().by_name(name).unwrap().read_to_string(&mut text).unwrap();
    Document::parse(&text).unwrap();
    text
}

/// What a document says: a line a paragraph.
fn said(bytes: &[u8]) -> Vec<String> {
    let text = part(bytes, "word/document.xml");
    let document = Document::parse(&text).unwrap();
    let is = |n: &roxmltree::Node, name: &str| n.is_element() && n.tag_name().name() == name;
    let words = |p: roxmltree::Node| {
        p.descendants().filter(|n| is(n, "t")).filter_map(|n| n.text().map(str::to_owned)).collect::<String>()
    };
    document.descendants().filter(|n| is(n, "p")).map(words).collect()
}

fn sdt(tag: &str, content: &str) -> String {
    format!(
        "<w:sdt><w:sdtPr><w:id w:val=\"7\"/><w:showingPlcHdr/><w:tag w:val=\"{tag}\"/></w:sdtPr><w:sdtContent>{content}</w:sdtContent></w:sdt>"
    )
}

fn text(values: &[(&str, &str)]) -> Values {
    values.iter().map(|(tag, text)| ((*tag).to_owned(), Value::from(*text))).collect()
}

#[test]
fn a_control_is_filled_however_word_split_its_runs_and_the_rest_stays_byte_for_byte() {
    let runs = "<w:r><w:rPr><w:rStyle w:val=\"PlaceholderText\"/><w:b/></w:rPr><w:t>Tê</w:t></w:r><w:proofErr w:type=\"spellStart\"/>\
                <w:r w:rsidR=\"00A1\"><w:t>n x</w:t></w:r><w:r><w:t>ã</w:t></w:r>";
    let before = "<w:p w:rsidR=\"00B2\"><w:r><w:t xml:space=\"preserve\">Xã: </w:t></w:r>";
    let after = "<w:r><w:t>{{ten}} &amp; “thế”</w:t></w:r></w:p><!-- giữ -->";
    let filled = docx::fill(
        &with_body(&format!("{before}{}{after}", sdt("ten", runs))),
        &text(&[("ten", "Bình <Ca> & \u{1}Sơn\nhai")]),
        &["ten"],
    );
    let filled = filled.unwrap();
    let whole = part(&filled, "word/document.xml");
    assert!(whole.contains(before) && whole.contains(after), "{whole}");
    assert_eq!(said(&filled), ["Xã: Bình <Ca> & Sơnhai{{ten}} & “thế”"]);
    assert!(whole.contains("<w:rPr><w:b/></w:rPr>") && whole.contains("<w:br/>"), "{whole}");
    assert!(!whole.contains("showingPlcHdr") && !whole.contains("w:id "), "{whole}");
}

#[test]
fn rows_repeat_by_their_tags_by_a_section_and_by_a_control_around_them() {
    let cell = |tag: &str| format!("<w:tc><w:p>{}</w:p></w:tc>", sdt(tag, "<w:r><w:t>?</w:t></w:r>"));
    let row = format!("<w:tr>{}{}</w:tr>", cell("xa.ten"), cell("xa.so"));
    let by_row = format!("<w:tbl><w:tr><w:tc><w:p><w:r><w:t>Đầu</w:t></w:r></w:p></w:tc></w:tr>{row}</w:tbl>");
    let section = format!(
        "<w:sdt><w:sdtPr><w:tag w:val=\"xa\"/><w15:repeatingSection/></w:sdtPr><w:sdtContent><w:sdt><w:sdtPr><w15:repeatingSectionItem/></w:sdtPr>\
         <w:sdtContent><w:p>{}</w:p></w:sdtContent></w:sdt></w:sdtContent></w:sdt>",
        sdt("ten", "<w:r><w:t>?</w:t></w:r>")
    );
    let around = format!("<w:tbl>{}</w:tbl>", sdt("xa", &format!("<w:tr>{}</w:tr>", cell("so"))));
    let rows = vec![text(&[("ten", "Một"), ("so", "1")]), text(&[("ten", "Hai"), ("so", "2")])];
    let one = |body: &str, rows: Vec<Values>| {
        docx::fill(&with_body(body), &Values::from([("xa".into(), Value::Rows(rows))]), &["xa"])
            .map(|filled| said(&filled))
    };
    assert_eq!(one(&by_row, rows.clone()).unwrap(), ["Đầu", "Một", "1", "Hai", "2"]);
    assert_eq!(one(&section, rows.clone()).unwrap(), ["Một", "Hai"]);
    assert_eq!(one(&around, rows).unwrap(), ["1", "2"]);
    // A table without a row is none: one stays, empty.
    assert_eq!(one(&by_row, Vec::new()).unwrap(), ["Đầu", "", ""]);
    assert_eq!(
        one(&by_row, vec![text(&[("ten", "Một")])]),
        Err(NotFilled::Tags { unknown: vec!["xa.so".into()], missing: vec![] })
    );
}

#[test]
fn tags_that_nobody_knows_and_those_that_lack_are_named_in_headers_too() {
    let header = format!("<w:hdr {NAMES}><w:p>{}</w:p></w:hdr>", sdt("dau_trang", "<w:r><w:t>?</w:t></w:r>"));
    let body = format!(
        "<w:document {NAMES}><w:body><w:p>{}</w:p></w:body></w:document>",
        sdt("la", "<w:r><w:t>?</w:t></w:r>")
    );
    let template = packed(&[("word/document.xml", &body), ("word/header2.xml", &header)]);
    let refused = docx::fill(&template, &text(&[("dau_trang", "x"), ("ten", "y")]), &["dau_trang", "ten"]);
    assert_eq!(refused, Err(NotFilled::Tags { unknown: vec!["la".into()], missing: vec!["ten".into()] }));
}

#[test]
fn what_is_no_docx_says_why() {
    for bytes in [&b"%PDF-1.7"[..], &packed(&[("a.txt", "x")])] {
        assert!(matches!(docx::fill(bytes, &Values::new(), &[]), Err(NotFilled::Package(_))));
    }
    let entity = "<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]><a>&b;</a>";
    for part in [entity, "<a>", "", "<a></b>"] {
        let refused = docx::fill(&packed(&[("word/document.xml", part)]), &Values::new(), &[]);
        assert!(matches!(refused, Err(NotFilled::Part { .. })), "{part}: {refused:?}");
    }
    // A part that unpacks beyond all letterheads.
    let bomb = " ".repeat(20_000_001);
    assert!(matches!(
        docx::fill(&packed(&[("word/document.xml", &bomb)]), &Values::new(), &[]),
        Err(NotFilled::Package(_))
    ));
}

fn grid() -> Grid {
    let words = |text: &str| text.split('/').map(str::to_owned).collect::<Vec<_>>();
    let row = |strong, cells: [&str; 4]| Row { strong, cells: cells.map(Cell::text).into() };
    Grid {
        title: "Kết quả thực hiện Bộ tiêu chí".into(),
        under: vec!["Tỉnh Tuyên Quang, năm 2025".into()],
        heads: grid::heads(&["TT", "Nội dung", "Xã nhóm 1/Đạt", "Xã nhóm 1/Kế hoạch"].map(words)),
        rows: vec![row(true, ["I", "Tổng số", "3", ""]), row(false, ["1", "Quy hoạch", "2", "cần xác nhận"])],
        widths: vec![1, 5, 2, 2],
        notes: vec!["Biểu cần xác nhận.".into()],
    }
}

fn official() -> Official {
    Official {
        words: Words {
            nation: "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM".into(),
            motto: "Độc lập - Tự do - Hạnh phúc".into(),
            recipients: "Nơi nhận:".into(),
            annex: "Phụ lục".into(),
        },
        parent: String::new(),
        agency: "ỦY BAN NHÂN DÂN TỈNH TUYÊN QUANG".into(),
        number: "Số: ……/BC-UBND".into(),
        place_date: "Tuyên Quang, ngày 26 tháng 11 năm 2026".into(),
        kind: "BÁO CÁO".into(),
        summary: "Kết quả thực hiện Chương trình năm 2025".into(),
        addressee: "Kính gửi: Bộ Nông nghiệp và Môi trường".into(),
        body: (1..40).map(|n| format!("{n}. Đoạn văn của báo cáo về đường giao thông nông thôn, trường học, nước sạch và môi trường của các xã trong tỉnh.")).collect(),
        table: Some(grid()),
        recipients: vec!["- Như trên;".into(), "- Lưu: VT, NN.".into()],
        authority: vec!["TM. ỦY BAN NHÂN DÂN".into(), "CHỦ TỊCH".into()],
        signer: "Nguyễn Văn Ưởng".into(),
        annexes: vec![grid(), grid()],
    }
}

#[test]
fn the_shipped_template_carries_the_form_and_takes_every_content() {
    let filled = official().docx(&template()).unwrap();
    assert_eq!(filled, official().docx(&template()).unwrap());
    let said = said(&filled);
    let at = |words: &str| said.iter().position(|line| line == words).unwrap_or_else(|| panic!("{words} in {said:?}"));
    assert!(at("ỦY BAN NHÂN DÂN TỈNH TUYÊN QUANG") < at("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"));
    assert!(at("BÁO CÁO") < at("Nơi nhận:") && at("- Lưu: VT, NN.") < at("Nguyễn Văn Ưởng"));
    assert!(at("Nguyễn Văn Ưởng") < at("Phụ lục 1") && at("Phụ lục 1") < at("Phụ lục 2"));
    assert_eq!(said.iter().filter(|line| *line == "Quy hoạch").count(), 3);
    let body = part(&filled, "word/document.xml");
    for wanted in [
        "w:left=\"1701\"",
        "w:orient=\"landscape\"",
        "<w:gridSpan w:val=\"2\"/>",
        "<w:vMerge w:val=\"restart\"/>",
        "<w:tblHeader/>",
    ] {
        assert!(body.contains(wanted), "{wanted}");
    }
    assert_eq!(body.matches("<w:titlePg/>").count(), 2);
    assert!(part(&filled, "word/styles.xml").contains("w:ascii=\"Times New Roman\""));
    assert!(part(&filled, "word/header1.xml").contains(" PAGE "));
    // Without annexes and without a table it is a document, too.
    let short = Official { annexes: Vec::new(), table: None, ..official() }.docx(&template()).unwrap();
    assert!(short.len() < filled.len());
}

#[test]
fn the_same_document_is_a_tagged_pdf_with_letters_as_wide_as_times() {
    let day = Day::new(2026, 11, 26).unwrap();
    let printed = official().pdf("bao-cao", day).unwrap();
    assert_eq!(printed.bytes, official().pdf("bao-cao", day).unwrap().bytes);
    let raw = String::from_utf8_lossy(&printed.bytes).replace(['\n', ' '], "");
    for wanted in ["pdfuaid", "/Lang(vi)", "Tinos", "/StructTreeRoot"] {
        assert!(raw.contains(wanted), "{wanted}");
    }
    let pages = pdf_extract::extract_text_from_mem_by_pages(&printed.bytes).unwrap();
    assert_eq!(pages.len(), printed.pages);
    assert!(printed.pages >= 4, "{}", printed.pages);
    let solid = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(solid(&pages[0]).contains("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"), "{}", pages[0]);
    // Numbered from the second page on; an annex begins anew, its first page without a number.
    let number = |page: &str| page.trim().lines().next().and_then(|line| line.trim().parse::<u32>().ok());
    let numbers: Vec<_> = pages.iter().map(|page| number(page)).collect();
    assert_eq!(&numbers[..2], [None, Some(2)]);
    assert_eq!(&numbers[numbers.len() - 2..], [None, None]);
    assert!(solid(pages.last().unwrap()).contains("Phụ lục 2"), "{pages:?}");
}
