//! The first map: cells around known points, dashed, never said to be boundaries; and the same as a table.

use super::{
    choice::{Asked, Choice},
    law, say,
};
use crate::totals::{self, CommuneRow, Listing};
use axum::extract::Query as Asking;
use minijinja::{Value, context};
use serde_json::json;
use web::{Ctx, Outcome};

/// `GET /ban-do`. Cost: one row a commune of the province.
pub async fn page(ctx: Ctx, Asking(asked): Asking<Asked>) -> Outcome {
    let law = law(&ctx);
    let mut tx = ctx.read().await?;
    let choice = Choice::make(&mut tx, &law, &asked).await?;
    let totals = totals::totals(&mut tx, &choice.slice).await?;
    let legend: Vec<Value> = [
        ("status-passed", "k-passed", totals.passed),
        ("status-passed-unconfirmed", "k-unconfirmed", totals.passed_unconfirmed),
        ("status-failed", "k-failed", totals.failed),
        ("status-incomplete", "k-incomplete", totals.incomplete),
        ("status-to-be-confirmed", "k-confirm", totals.to_be_confirmed),
        ("status-without", "k-without", totals.without),
    ]
    .into_iter()
    .map(|(key, class, count)| context! { word => locale::word(ctx.lang, key), class => class, count => count })
    .collect();
    let source = ctx.link(&format!("/api/v1/map.geojson?{}", choice.query()));
    ctx.page(
        "map.html",
        context! {
            title => locale::word(ctx.lang, "map-title"), choice => choice.form(ctx.lang), legend => legend, source => source,
            table => ctx.link(&format!("/xa?{}", choice.query())),
        },
    )
}

/// `GET /api/v1/map.geojson`. Cost: one row a commune of the province; cells are made from their points.
pub async fn geojson(ctx: Ctx, Asking(asked): Asking<Asked>) -> Outcome {
    let law = law(&ctx);
    let mut tx = ctx.read().await?;
    let choice = Choice::make(&mut tx, &law, &asked).await?;
    let listing = Listing { per: 20_000, all_kinds: true, ..Listing::default() };
    let (rows, _) = totals::communes(&mut tx, &choice.slice, &listing).await?;
    let placed: Vec<(&CommuneRow, [f64; 2])> = rows.iter().filter_map(|r| Some((r, [r.lon?, r.lat?]))).collect();
    let cells = cells(&placed.iter().map(|p| p.1).collect::<Vec<_>>());
    let mut bbox = [180.0, 90.0, -180.0, -90.0f64];
    let features: Vec<_> = placed
        .iter()
        .zip(cells)
        .map(|((row, _), ring)| {
            for [x, y] in &ring {
                bbox = [bbox[0].min(*x), bbox[1].min(*y), bbox[2].max(*x), bbox[3].max(*y)];
            }
            let (state, word) = match row.status {
                Some(rulebook::Status::Passed) if !row.confirmed => ("unconfirmed", say::key(rulebook::Status::Passed, false)),
                Some(status) => (status.name(), say::key(status, true)),
                None => ("without", "status-without"),
            };
            json!({
                "type": "Feature", "id": row.id, "geometry": {"type": "Polygon", "coordinates": [ring]},
                "properties": {
                    "name": row.name, "code": row.code, "state": state, "word": locale::say_key(ctx.lang, word, &[]),
                    "passed": row.passed, "total": row.total, "approximate": true,
                    "href": ctx.link(&format!("/xa/{}?nam={}&bo={}", row.id, choice.year, choice.set)),
                },
            })
        })
        .collect();
    ctx.json(&json!({"type": "FeatureCollection", "bbox": bbox, "features": features}))
}

/// How far from its point a cell may reach, in degrees (about 9 km): beyond the outermost points nothing is known.
const REACH: f64 = 0.085;

/// For each point the part of the plane nearer to it than to any other, within reach. Rings closed, counter-clockwise,
/// rounded to about ten metres. Cost: the square of the number of points.
fn cells(points: &[[f64; 2]]) -> Vec<Vec<[f64; 2]>> {
    let round = |v: f64| (v * 1e4).round() / 1e4;
    points
        .iter()
        .enumerate()
        .map(|(at, p)| {
            // A circle of sixteen corners, cut by the bisector towards every neighbour.
            let corner = |n: i32| {
                let angle = f64::from(n) * std::f64::consts::PI / 8.0;
                [p[0] + REACH * angle.cos(), p[1] + REACH * angle.sin()]
            };
            let mut ring: Vec<[f64; 2]> = (0..16).map(corner).collect();
            for (other, q) in points.iter().enumerate() {
                let (dx, dy) = (q[0] - p[0], q[1] - p[1]);
                if other == at || dx * dx + dy * dy > 4.0 * REACH * REACH || (dx == 0.0 && dy == 0.0) {
                    continue;
                }
                let middle = [(p[0] + q[0]) / 2.0, (p[1] + q[1]) / 2.0];
                let side = |c: &[f64; 2]| (c[0] - middle[0]) * dx + (c[1] - middle[1]) * dy;
                let mut cut = Vec::with_capacity(ring.len() + 1);
                for (n, c) in ring.iter().enumerate() {
                    let next = &ring[(n + 1) % ring.len()];
                    let (a, b) = (side(c), side(next));
                    if a <= 0.0 {
                        cut.push(*c);
                    }
                    if (a < 0.0) != (b < 0.0) && a != b {
                        let t = a / (a - b);
                        cut.push([c[0] + t * (next[0] - c[0]), c[1] + t * (next[1] - c[1])]);
                    }
                }
                ring = cut;
            }
            let mut ring: Vec<[f64; 2]> = ring.into_iter().map(|[x, y]| [round(x), round(y)]).collect();
            ring.dedup();
            if let Some(&first) = ring.first() {
                ring.push(first);
            }
            ring
        })
        .collect()
}
