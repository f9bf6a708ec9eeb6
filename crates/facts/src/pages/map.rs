//! The first map: official boundaries where they were imported, else cells around known points, dashed and never said to
//! be boundaries; and the same as a table.

use super::{
    choice::{Asked, Choice},
    law, say,
};
use crate::totals::{self, CommuneRow, Listing};
use kernel::UnitId;
use minijinja::{Value, context};
use rulebook::Status;
use serde_json::json;
use std::collections::HashMap;
use units::boundaries;
use web::{Asking, Ctx, Outcome};

/// `GET /ban-do`. Cost: one row a commune of the province.
pub async fn page(ctx: Ctx, Asking(asked): Asking<Asked>) -> Outcome {
    let law = law(&ctx);
    let mut tx = ctx.read().await?;
    let choice = Choice::make(&mut tx, &law, &asked, ctx.site.clock.today()).await?;
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

/// `GET /api/v1/map.geojson`. Cost: one row a commune of the province, and its shape.
#[utoipa::path(get, path = "/api/v1/map.geojson", responses((status = 200, description = "Communes with their verdicts as GeoJSON; `approximate` features are cells around known points, no boundaries")),
    params(("nam" = Option<i32>, Query, description = "Year"), ("bo" = Option<String>, Query, description = "Criteria set"),
        ("dv" = Option<String>, Query, description = "cu: units as they were, moi: as they are now"), ("tinh" = Option<i64>, Query, description = "Id of the province")))]
pub async fn geojson(ctx: Ctx, Asking(asked): Asking<Asked>) -> Outcome {
    let law = law(&ctx);
    let mut tx = ctx.read().await?;
    let choice = Choice::make(&mut tx, &law, &asked, ctx.site.clock.today()).await?;
    let listing = Listing { per: 20_000, all_kinds: true, ..Listing::default() };
    let (rows, _) = totals::communes(&mut tx, &choice.slice, &listing).await?;
    let verdicts: HashMap<UnitId, CommuneRow> = rows.into_iter().map(|r| (r.id, r)).collect();
    let shapes = boundaries::shapes(&mut tx, choice.slice.day, "commune", Some(choice.slice.ancestor)).await?;
    let mut bbox = [180.0, 90.0, -180.0, -90.0f64];
    let features: Vec<_> = shapes
        .iter()
        .filter_map(|shape| Some((shape, verdicts.get(&shape.unit.id)?)))
        .map(|(shape, row)| {
            let (geometry, b) = boundaries::geometry(&shape.ground);
            bbox = [bbox[0].min(b[0]), bbox[1].min(b[1]), bbox[2].max(b[2]), bbox[3].max(b[3])];
            let (state, word) = match row.status {
                Some(Status::Passed) if !row.confirmed => ("unconfirmed", say::key(Status::Passed, false)),
                Some(status) => (status.name(), say::key(status, true)),
                None => ("without", "status-without"),
            };
            json!({
                "type": "Feature", "id": row.id, "geometry": geometry,
                "properties": {
                    "name": row.name, "code": row.code, "state": state, "word": locale::word(ctx.lang, word),
                    "passed": row.passed, "total": row.total, "approximate": shape.approximate,
                    "href": ctx.link(&format!("/xa/{}?nam={}&bo={}", row.id, choice.year, choice.set)),
                },
            })
        })
        .collect();
    ctx.json(&json!({"type": "FeatureCollection", "bbox": bbox, "features": features}))
}
