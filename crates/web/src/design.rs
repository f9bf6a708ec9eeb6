//! `/design`: every component of the pages in each of its states. The browser tests photograph it; whoever makes a page
//! looks here first for what there is.

use crate::{Ctx, Outcome, Routes, share};
use axum::routing::get;
use charts::{Bar, Bars, Bullet, Drawn, Frame, Line, Point, Reference, Scatter, Series, Sparkline, Spread, Style};
use kernel::Decimal;
use locale::Lang;
use minijinja::{Value, context};

pub(crate) fn routes() -> Routes {
    Routes::new().read("/design", "design", get(page))
}

/// States by their class: the word's key, the class of the ground, and how many communes the examples have of each.
const STATES: [(&str, &str, &str, i64); 7] = [
    ("passed", "status-passed", "k-passed", 47),
    ("unconfirmed", "status-passed-unconfirmed", "k-unconfirmed", 9),
    ("failed", "status-failed", "k-failed", 38),
    ("incomplete", "status-incomplete", "k-incomplete", 12),
    ("to-be-confirmed", "status-to-be-confirmed", "k-confirm", 8),
    ("not-applicable", "status-not-applicable", "k-not-applicable", 0),
    ("without", "status-without", "k-without", 7),
];

/// `GET /design`. Cost: no row.
async fn page(ctx: Ctx) -> Outcome {
    let all: i64 = STATES.iter().map(|(.., count)| count).sum();
    let mut before = 0;
    let states: Vec<Value> = STATES
        .into_iter()
        .map(|(class, key, ground, count)| {
            let (from, share) = (share(before, all), share(count, all));
            before += count;
            let word = locale::word(ctx.lang, key);
            context! { class => class, word => word, ground => ground, count => count, from => from, share => share }
        })
        .collect();
    let bar: Vec<Value> = STATES
        .iter()
        .zip(&states)
        .filter(|((.., count), _)| *count > 0)
        .map(|((.., ground, count), state)| {
            context! { class => *ground, count => *count, href => "#states", ..state.clone() }
        })
        .collect();
    let (drawn, spark) = charts(ctx.lang);
    let charts: Vec<Value> = drawn.iter().map(Value::from_serialize).collect();
    let title = locale::word(ctx.lang, "design-title");
    ctx.page("design.html", context! { title, states, bar, charts, spark })
}

/// Every kind of chart over the same few numbers, one of them missing; and a sparkline.
fn charts(lang: Lang) -> (Vec<Drawn>, String) {
    let say = |n: &Decimal| locale::exact(lang, n);
    let word = |key| locale::word(lang, key);
    let frame = |id, title| Frame {
        id,
        title,
        desc: "",
        unit: "%",
        missing: "–",
        say: &say,
        style: Style::Page,
        width: charts::WIDTH,
    };
    let numbers = [38, 41, 0, 44, 47].map(Decimal::from);
    let values: Vec<_> = numbers.iter().enumerate().map(|(at, n)| (at != 2).then(|| n.clone())).collect();
    let years: Vec<String> = (2021..=2025).map(|y: i32| y.to_string()).collect();
    let (year, value, long) = (word("choice-year"), word("design-value"), word("design-long-indicator"));
    let threshold = Reference { value: Decimal::from(45), label: word("design-threshold") };
    let series = vec![
        Series { name: word("design-here-series"), values: values.clone() },
        Series { name: word("design-mean-series"), values: [40, 42, 43, 43, 44].map(|n| Some(n.into())).to_vec() },
    ];
    let bar = |(at, (label, value)): (usize, (&String, &Option<Decimal>))| Bar {
        label: if at == 0 { long.clone() } else { label.clone() },
        value: value.clone(),
        chosen: at == 4,
    };
    let point = |(at, y): (usize, &Option<Decimal>)| Point {
        label: years[at].clone(),
        x: Some((at as i64).into()),
        y: y.clone(),
        chosen: at == 4,
    };
    let titles = ["design-line", "design-bars", "design-scatter", "design-spread", "design-bullet"].map(word);
    let drawn = vec![
        Line {
            axis: year.clone(),
            along: years.clone(),
            series,
            references: vec![threshold.clone()],
            from_zero: false,
        }
        .draw(&frame("d-line", &titles[0])),
        Bars {
            heads: [year.clone(), value.clone()],
            bars: years.iter().zip(&values).enumerate().map(bar).collect(),
            reference: Some(threshold.clone()),
        }
        .draw(&frame("d-bars", &titles[1])),
        Scatter {
            heads: [year.clone(), year, value.clone()],
            points: values.iter().enumerate().map(point).collect(),
            along: None,
            up: Some(threshold.clone()),
        }
        .draw(&frame("d-scatter", &titles[2])),
        Spread {
            heads: [value.clone(), word("col-commune")],
            values: (0..60).map(|n| Decimal::from(30 + n * n % 37)).collect(),
            threshold: Some(threshold.clone()),
            chosen: Some(Reference { value: Decimal::from(47), label: word("design-here-series") }),
        }
        .draw(&frame("d-spread", &titles[3])),
        Bullet {
            heads: [value.clone(), value.clone(), word("design-threshold"), word("design-threshold")],
            name: value,
            value: Some(47.into()),
            target: Some(threshold.clone()),
            forecast: None,
        }
        .draw(&frame("d-bullet", &titles[4])),
    ];
    let spark = Sparkline { values: &values, threshold: Some(&threshold.value) };
    (drawn, spark.draw(&Frame { width: 120, ..frame("d-spark", &titles[0]) }))
}
