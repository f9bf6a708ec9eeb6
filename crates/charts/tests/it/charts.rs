use crate::inside::{chart, read};
use charts::*;
use kernel::Decimal;
use proptest::prelude::*;

fn say(number: &Decimal) -> String {
    number.to_string().replace('.', ",")
}

fn frame(id: &str) -> Frame<'_> {
    Frame {
        id,
        title: "Thu nhập & hộ nghèo <2021–2025>",
        desc: "Tăng dần",
        unit: "triệu đồng/người",
        missing: "chưa có số liệu",
        say: &say,
        style: Style::Page,
        width: WIDTH,
    }
}

fn d(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn some(values: &[&str]) -> Vec<Option<Decimal>> {
    values.iter().map(|v| (!v.is_empty()).then(|| d(v))).collect()
}

fn line(series: &[(&str, &[&str])]) -> Line {
    let long = series.iter().map(|(_, v)| v.len()).max().unwrap_or(0);
    Line {
        axis: "Năm".into(),
        along: (0..long).map(|n| (2021 + n).to_string()).collect(),
        series: series.iter().map(|(n, v)| Series { name: (*n).into(), values: some(v) }).collect(),
        references: Vec::new(),
        from_zero: false,
    }
}

#[test]
fn a_missing_year_breaks_the_line_and_is_said_in_the_table() {
    let drawn = line(&[("Tân Trào", &["38.5", "40", "", "44", "45.25"])]).draw(&frame("a"));
    let read = chart(&drawn);
    assert_eq!(read.lines.len(), 1);
    assert_eq!(read.lines[0].matches('M').count(), 2, "two pieces: {}", read.lines[0]);
    assert_eq!(drawn.table.heads, ["Năm", "Tân Trào"]);
    assert_eq!(drawn.table.rows[2], ["2023", "chưa có số liệu"]);
    assert_eq!(drawn.table.rows[4], ["2025", "45,25"]);
    // The last number stands at the end of the only line.
    assert!(read.texts.contains(&"45,25".to_owned()), "{:?}", read.texts);
}

#[test]
fn a_number_alone_between_gaps_is_a_mark_without_a_line() {
    let read = chart(&line(&[("A", &["", "7", ""])]).draw(&frame("a")));
    assert!(read.lines.is_empty());
    assert_eq!(read.classes.iter().filter(|c| *c == "c-dot c-0").count(), 1);
}

#[test]
fn several_lines_are_named_at_their_ends_and_no_name_covers_another() {
    let drawn = line(&[("Xã A", &["1", "5"]), ("Xã B", &["2", "5"]), ("Xã C", &["3", "5"])]).draw(&frame("a"));
    let read = chart(&drawn);
    for name in ["Xã A", "Xã B", "Xã C"] {
        assert!(read.texts.contains(&name.to_owned()));
    }
    let document = roxmltree::Document::parse(&drawn.svg).unwrap();
    let names = document.descendants().filter(|n| n.text().is_some_and(|t| t.starts_with("Xã")));
    let mut ys: Vec<f64> = names.filter_map(|n| n.attribute("y")?.parse().ok()).collect();
    ys.sort_by(f64::total_cmp);
    assert!(ys.windows(2).all(|w| w[1] - w[0] >= 12.0), "{ys:?}");
    // Told apart without colour.
    for class in ["c-line c-0", "c-line c-1", "c-line c-2"] {
        assert!(read.classes.contains(&class.to_owned()));
    }
}

#[test]
fn words_are_escaped_and_ids_are_the_pages() {
    let mut bars = Bars { heads: ["<b>".into(), "&".into()], bars: Vec::new(), reference: None };
    bars.bars.push(Bar { label: "\"Xã\" <script> & \u{1}".into(), value: Some(d("3")), chosen: true });
    let drawn = bars.draw(&frame("x\"y"));
    assert!(!drawn.svg.contains("<script"));
    let read = chart(&drawn);
    assert!(read.texts.contains(&"\"Xã\" <script> & ".to_owned()), "{:?}", read.texts);
    assert!(drawn.svg.contains("id=\"x&quot;y-t\""));
}

#[test]
fn nothing_to_draw_says_so() {
    let empty = Frame { unit: "", ..frame("a") };
    let spread = Spread { heads: ["a".into(), "b".into()], values: Vec::new(), threshold: None, chosen: None };
    let scatter = Scatter { heads: ["a".into(), "b".into(), "c".into()], points: Vec::new(), along: None, up: None };
    for drawn in
        [line(&[]).draw(&empty), line(&[("A", &["", ""])]).draw(&empty), spread.draw(&empty), scatter.draw(&empty)]
    {
        assert_eq!(chart(&drawn).texts, ["chưa có số liệu"]);
    }
    let bars = Bars { heads: ["a".into(), "b".into()], bars: Vec::new(), reference: None };
    chart(&bars.draw(&empty));
}

#[test]
fn a_bar_without_a_number_says_so_and_one_below_nought_reaches_left() {
    let bar = |label: &str, value: &str| Bar {
        label: label.into(),
        value: (!value.is_empty()).then(|| d(value)),
        chosen: false,
    };
    let bars = Bars {
        heads: ["Xã".into(), "Điểm".into()],
        bars: vec![bar("A", "-4"), bar("B", ""), bar("C", "6")],
        reference: Some(Reference { value: d("5"), label: "cần ≥ 5".into() }),
    };
    let drawn = bars.draw(&frame("a"));
    let read = chart(&drawn);
    assert!(read.texts.contains(&"chưa có số liệu".to_owned()));
    assert!(read.texts.contains(&"cần ≥ 5".to_owned()));
    assert_eq!(read.classes.iter().filter(|c| *c == "c-fill").count(), 2);
    let document = roxmltree::Document::parse(&drawn.svg).unwrap();
    let at = |n: usize, name| -> f64 {
        document
            .descendants()
            .filter(|n| n.attribute("class") == Some("c-fill"))
            .nth(n)
            .unwrap()
            .attribute(name)
            .unwrap()
            .parse()
            .unwrap()
    };
    let (below, above) = (at(0, "x") + at(0, "width"), at(1, "x"));
    assert!((below - above).abs() < 0.2, "both begin at nought: {below} {above}");
}

#[test]
fn a_distribution_counts_every_value_once() {
    let values: Vec<Decimal> = (0..=100).map(Decimal::from).collect();
    let spread = Spread {
        heads: ["%".into(), "Số xã".into()],
        values,
        threshold: Some(Reference { value: d("80"), label: "cần ≥ 80".into() }),
        chosen: Some(Reference { value: d("41.5"), label: "Tân Trào 41,5".into() }),
    };
    let drawn = spread.draw(&frame("a"));
    let read = chart(&drawn);
    let total: i64 = drawn.table.rows.iter().map(|r| r[1].parse::<i64>().unwrap()).sum();
    assert_eq!(total, 101);
    assert_eq!(drawn.table.rows[0], ["0 – 10", "10"]);
    assert_eq!(drawn.table.rows[9], ["90 – 100", "11"]);
    assert!(read.texts.contains(&"Tân Trào 41,5".to_owned()));
}

#[test]
fn parts_are_told_apart_by_patterns() {
    let part = |name: &str, kind| Part { name: name.into(), kind };
    let stack = Stack {
        axis: "Năm".into(),
        parts: vec![part("Đạt", Kind::Passed), part("Chưa đạt", Kind::Failed), part("Chưa có", Kind::Without)],
        rows: vec![("2025".into(), vec![d("96"), d("20"), d("6")])],
    };
    let drawn = stack.draw(&frame("s"));
    let read = chart(&drawn);
    assert_eq!(read.texts, ["Đạt 96", "Chưa đạt 20", "Chưa có 6"]);
    assert!(drawn.svg.contains("<pattern id=\"s-failed\"") && drawn.svg.contains("url(#s-failed)"));
    assert!(!drawn.svg.contains("s-passed"), "what is whole needs no pattern");
    assert_eq!(drawn.table.rows, [["2025", "96", "20", "6"]]);
}

#[test]
fn a_chart_alone_brings_its_colours_and_no_classes() {
    let alone = Frame { style: Style::Alone, ..frame("a") };
    let drawn = line(&[("A", &["1", "2"]), ("B", &["2", "1"])]).draw(&alone);
    chart(&drawn);
    assert!(drawn.svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\""));
    assert!(!drawn.svg.contains("class="));
    assert!(drawn.svg.contains("stroke-dasharray"));
}

#[test]
fn shades_follow_numbers_and_what_is_missing_has_none() {
    let shades = heat(&[some(&["0", "", "10"]), some(&["5", "1", "9.9"])], "–", &say);
    let levels: Vec<_> = shades.iter().flatten().map(|h| h.level).collect();
    assert_eq!(levels, [Some(0), None, Some(4), Some(2), Some(0), Some(4)]);
    assert_eq!(shades[0][1].said, "–");
    assert_eq!(heat(&[some(&["3", "3"])], "–", &say)[0][0].level, Some(2));
}

/// Numbers as people write them, some of them unthinkable.
fn number() -> impl Strategy<Value = Decimal> {
    let plain = (any::<i64>(), 0u32..12).prop_map(|(n, places)| {
        let sign = if n < 0 { "-" } else { "" };
        d(&format!("{sign}{}.{:0>12}", n.unsigned_abs() / 10u64.pow(places), n.unsigned_abs() % 10u64.pow(places)))
    });
    let small = (-1000i64..1000).prop_map(Decimal::from);
    let huge = (1usize..400).prop_map(|zeros| d(&format!("1{}", "0".repeat(zeros))));
    prop_oneof![4 => small, 3 => plain, 1 => huge, 1 => Just(Decimal::ZERO)]
}

fn maybe() -> impl Strategy<Value = Option<Decimal>> {
    prop_oneof![3 => number().prop_map(Some), 1 => Just(None)]
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("Tỷ lệ hộ dân được sử dụng nước sạch theo quy chuẩn".to_owned()),
        any::<String>(),
        "[a-zà-ỹ ]{0,9}"
    ]
}

fn reference() -> impl Strategy<Value = Option<Reference>> {
    prop_oneof![Just(None), (number(), name()).prop_map(|(value, label)| Some(Reference { value, label }))]
}

fn pair() -> impl Strategy<Value = [String; 2]> {
    [name(), name()]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_picture_is_well_formed_and_stays_inside(
        names in prop::collection::vec(name(), 0..9),
        values in prop::collection::vec(maybe(), 0..40),
        (heads, one, other) in (pair(), reference(), reference()),
        (alone, wide, from_zero) in (any::<bool>(), 120u16..900, any::<bool>()),
    ) {
        let title = &heads[0];
        let style = if alone { Style::Alone } else { Style::Page };
        let frame = Frame { id: &heads[1], title, desc: title, unit: title, missing: title, say: &say, style, width: wide };
        let per = values.len() / names.len().max(1);
        let row = |at: usize| values.iter().skip(at * per).take(per).cloned().collect::<Vec<_>>();
        let label = |at: usize| names.get(at % names.len().max(1)).cloned().unwrap_or_default();
        let along: Vec<String> = (0..per).map(label).collect();
        let series = names.iter().enumerate().map(|(at, name)| Series { name: name.clone(), values: row(at) }).collect();
        let references = one.iter().chain(&other).cloned().collect();
        chart(&Line { axis: title.clone(), along, series, references, from_zero }.draw(&frame));

        let bar = |(at, value): (usize, &Option<Decimal>)| Bar { label: label(at), value: value.clone(), chosen: at == 2 };
        chart(&Bars { heads: heads.clone(), bars: values.iter().enumerate().map(bar).collect(), reference: one.clone() }.draw(&frame));
        let kinds = [Kind::Passed, Kind::Unconfirmed, Kind::Failed, Kind::Incomplete, Kind::ToBeConfirmed, Kind::NotApplicable, Kind::Without, Kind::Other(1)];
        let parts = names.iter().zip(kinds).map(|(name, kind)| Part { name: name.clone(), kind }).collect();
        let rows = names.iter().enumerate().map(|(at, name)| (name.clone(), row(at).into_iter().flatten().collect())).collect();
        chart(&Stack { axis: title.clone(), parts, rows }.draw(&frame));
        let point = |(at, two): (usize, &[Option<Decimal>])| Point { label: label(at), x: two[0].clone(), y: two[1].clone(), chosen: at == 1 };
        let points = values.windows(2).enumerate().map(point).collect();
        let three = [heads[0].clone(), heads[1].clone(), heads[0].clone()];
        chart(&Scatter { heads: three, points, along: one.clone(), up: other.clone() }.draw(&frame));
        let numbers = values.iter().flatten().cloned().collect();
        chart(&Spread { heads: heads.clone(), values: numbers, threshold: one.clone(), chosen: other.clone() }.draw(&frame));
        let four = [heads[0].clone(), heads[1].clone(), heads[0].clone(), heads[1].clone()];
        chart(&Bullet { heads: four, name: title.clone(), value: values.first().cloned().flatten(), target: one.clone(), forecast: other }.draw(&frame));
        read(&Sparkline { values: &values, threshold: one.as_ref().map(|r| &r.value) }.draw(&frame));
    }
}
