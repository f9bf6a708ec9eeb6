//! One test binary: papers as a reader opens them.

use kernel::Day;
use paper::{NotPrinted, Paper, draw, print};

const TEMPLATE: &str = r##"
#let data = json("data.json")
#set document(title: data.title)
#set text(font: "Be Vietnam Pro", lang: "vi")
#title()
#data.text
#image("line.svg", alt: data.title)
#pagebreak()
#data.text
"##;

fn paper(pictures: &[(String, String)], day: Day, data: &str) -> Result<paper::Printed, NotPrinted> {
    print(&Paper { template: TEMPLATE, data, pictures, name: "xa-1", day })
}

fn pictures() -> Vec<(String, String)> {
    let svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 90 20\" font-family=\"Be Vietnam Pro\">\
               <text x=\"1\" y=\"14\">Đường ≥ 45,5</text></svg>";
    vec![("line.svg".into(), svg.into())]
}

/// Every letter with marks that Vietnamese has.
const LETTERS: &str = "ÀÁẢÃẠĂẰẮẲẴẶÂẦẤẨẪẬĐÈÉẺẼẸÊỀẾỂỄỆÌÍỈĨỊÒÓỎÕỌÔỒỐỔỖỘƠỜỚỞỠỢÙÚỦŨỤƯỪỨỬỮỰỲÝỶỸỴ";

fn data() -> String {
    let small = LETTERS.to_lowercase();
    format!("{{\"title\": \"Phiếu xã\", \"text\": \"{LETTERS} {small} #panic() *x* $1$ ≥ ≤ 38,2 % đồng ₫ – “”\"}}")
}

#[test]
fn vietnamese_is_right_to_the_letter_and_data_is_never_a_program() {
    let printed = paper(&pictures(), Day::new(2026, 11, 26).unwrap(), &data()).unwrap();
    assert_eq!(printed.pages, 2);
    let text = pdf_extract::extract_text_from_mem(&printed.bytes).unwrap();
    let letters: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    for wanted in [LETTERS, &LETTERS.to_lowercase(), "#panic()*x*$1$≥≤38,2%đồng₫–“”", "Đường≥45,5"]
    {
        assert!(letters.contains(wanted), "{wanted} in {text}");
    }
}

#[test]
fn a_letter_the_fonts_lack_is_a_question_mark() {
    let data = r#"{"title": "Xã 村 Ĳ", "text": "a\u00a0b 🌾 Ö"}"#;
    let printed = paper(&pictures(), Day::new(2026, 11, 26).unwrap(), data).unwrap();
    let text = pdf_extract::extract_text_from_mem(&printed.bytes).unwrap();
    assert!(text.contains("Xã ?") && text.contains("b ? Ö"), "{text}");
}

#[test]
fn the_same_paper_gives_the_same_bytes_and_says_its_day_language_and_title() {
    let day = Day::new(2026, 11, 26).unwrap();
    let (one, two) = (paper(&pictures(), day, &data()).unwrap(), paper(&pictures(), day, &data()).unwrap());
    assert_eq!(one.bytes, two.bytes);
    let bytes = String::from_utf8_lossy(&one.bytes).into_owned();
    for wanted in ["pdfuaid", "/Lang(vi)", "/StructTreeRoot", "2026-11-26"] {
        assert!(bytes.replace(['\n', ' '], "").contains(wanted), "{wanted}");
    }
    let other = paper(&pictures(), Day::new(2026, 11, 27).unwrap(), &data()).unwrap();
    assert_ne!(one.bytes, other.bytes);
}

#[test]
fn what_is_no_paper_says_why_and_reads_no_file() {
    let day = Day::new(2026, 11, 26).unwrap();
    let missing = paper(&[], day, &data());
    assert!(matches!(missing, Err(NotPrinted::Template(_))), "{missing:?}");
    for template in ["#read(\"/etc/passwd\")", "#import \"@preview/a:0.1.0\"", "#let"] {
        let refused = print(&Paper { template, data: "{}", pictures: &[], name: "x", day });
        assert!(matches!(refused, Err(NotPrinted::Template(_))), "{template}: {refused:?}");
    }
}

#[test]
fn the_first_page_is_drawn_at_its_scale_to_the_same_bytes() {
    let (pictures, data) = (pictures(), data());
    let template = format!("#set page(width: 60pt, height: 30pt)\n{TEMPLATE}");
    let day = Day::new(2026, 11, 26).unwrap();
    let paper = Paper { template: &template, data: &data, pictures: &pictures, name: "xa-1", day };
    for scale in [1u8, 3] {
        let png = draw(&paper, scale).unwrap();
        assert!(png.starts_with(b"\x89PNG\r\n\x1a\n"));
        let sides = [60, 30].map(|side: u32| (side * u32::from(scale)).to_be_bytes());
        assert_eq!(png[16..24], sides.concat());
        assert_eq!(png, draw(&paper, scale).unwrap());
    }
}
