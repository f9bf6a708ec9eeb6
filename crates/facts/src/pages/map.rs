//! The map: communes classed by verdict, criterion or indicator, as a picture, a table and, with a script, a map to move
//! about in. Official boundaries where they were imported, else cells around known points, dashed and never said to be
//! boundaries.

use super::{
    about,
    choice::{Asked, Choice},
    law, say,
};
use crate::{
    choropleth::{Choropleth, Class, Layer, Painted, choropleth},
    totals::Part,
};
use kernel::{Phrase, UnitId};
use locale::Lang;
use minijinja::{Value, context};
use rulebook::Status;
use serde::Deserialize;
use serde_json::json;
use std::collections::HashMap;
use units::boundaries::{self, Drawing};
use web::{Asking, Ctx, Outcome};

/// Width of the picture, in its own units.
const WIDTH: i64 = 600;
/// Communes in the table of the page; the list has them all.
const ROWS: usize = 150;

/// What a map is asked for.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct MapAsked {
    /// The layer: nothing for verdicts, `tc-10`, `ct-17.1`.
    #[serde(default)]
    lop: String,
}

/// The picture of a classed province: a path for each commune, with its name and value. Cost: the communes' points or
/// boundaries, and those of their neighbours across the border.
pub(super) async fn picture(
    ctx: &Ctx,
    tx: &mut impl store::Query,
    choice: &Choice,
    map: &Choropleth,
    width: i64,
) -> store::Result<Value> {
    let shapes = boundaries::shapes(tx, choice.slice.day, "commune", Some(choice.slice.ancestor)).await?;
    let drawing = Drawing::new(&shapes, width);
    let by_unit: HashMap<_, &Painted> = map.communes.iter().map(|p| (p.commune.id, p)).collect();
    let named: HashMap<_, &str> = shapes.iter().map(|s| (s.unit.id, s.unit.name.as_str())).collect();
    let path = |(unit, d): (UnitId, String)| {
        let (class, said) = shown(ctx.lang, map, by_unit.get(&unit).copied());
        context! { d => d, class => class, title => format!("{}: {said}", named[&unit]) }
    };
    Ok(context! {
        width => drawing.width, height => drawing.height, approximate => shapes.iter().any(|s| s.approximate),
        paths => drawing.paths.into_iter().map(path).collect::<Vec<_>>(),
        beside => shapes.iter().filter(|s| !by_unit.contains_key(&s.unit.id)).count(),
    })
}

/// What a layer says of a commune: a state, or a value with its unit.
fn said(lang: Lang, map: &Choropleth, painted: &Painted) -> String {
    match (&map.layer, &painted.value) {
        (Layer::Indicator(at), Some(value)) => say::exactly(lang, value, map.plan.book.nodes[*at].unit()),
        _ => class_words(lang, &map.classes[painted.class].0),
    }
}

/// Paint and words of a unit; a ward or township, which no set of communes judges, has its own.
fn shown(lang: Lang, map: &Choropleth, painted: Option<&Painted>) -> (&'static str, String) {
    match painted {
        Some(painted) => (map.classes[painted.class].0.paint(), said(lang, map, painted)),
        None => ("k-beside", locale::word(lang, "map-beside")),
    }
}

/// The words of a class; its numbers without their unit, which the map's sentence says.
fn class_words(lang: Lang, class: &Class) -> String {
    let number = |n: &kernel::Decimal| locale::exact(lang, n);
    match class {
        Class::State(status, confirmed) => locale::word(lang, say::key(*status, *confirmed)),
        Class::Without => locale::word(lang, "status-without"),
        Class::Between(Some(from), Some(below), _) => {
            locale::say(lang, &Phrase::new("map-between").with("from", number(from)).with("below", number(below)))
        }
        Class::Between(Some(from), None, _) => locale::say(lang, &Phrase::new("map-from").with("from", number(from))),
        Class::Between(None, Some(below), _) => {
            locale::say(lang, &Phrase::new("map-below").with("below", number(below)))
        }
        Class::Between(None, None, _) => locale::word(lang, "map-any"),
    }
}

/// The classes with their counts; those of a verdict lead to exactly their communes.
fn legend(ctx: &Ctx, choice: &Choice, map: &Choropleth) -> Vec<Value> {
    let part = |class: &Class| {
        let part = match class {
            Class::State(Status::Passed, true) => Part::Passed,
            Class::State(Status::Passed, false) => Part::PassedUnconfirmed,
            Class::State(Status::Failed, _) => Part::Failed,
            Class::State(Status::ToBeConfirmed, _) => Part::ToBeConfirmed,
            Class::State(..) => Part::Incomplete,
            Class::Between(..) | Class::Without => Part::Without,
        };
        (map.layer == Layer::Verdict).then(|| ctx.link(&format!("/xa?{}&kq={}", choice.query(), part.name())))
    };
    map.classes
        .iter()
        .map(|(class, count)| {
            context! { word => class_words(ctx.lang, class), class => class.paint(), count => count, href => part(class) }
        })
        .collect()
}

/// The layers that may be chosen: verdict, criteria, indicators.
fn layers(lang: Lang, map: &Choropleth) -> Value {
    let book = &map.plan.book;
    let option = |layer: Layer, word: String| {
        context! { id => layer.name(&map.plan), word => word, chosen => layer == map.layer }
    };
    let criteria = book
        .criteria
        .iter()
        .enumerate()
        .map(|(at, c)| option(Layer::Criterion(at), format!("{} {}", c.no, lang.pick(&c.name_vi, &c.name_en))));
    let indicators = (0..book.nodes.len()).filter(|&at| map.plan.measures[at].is_some()).map(|at| {
        let indicator = &book.nodes[at].indicator;
        option(Layer::Indicator(at), format!("{} {}", indicator.no, lang.pick(&indicator.text_vi, &indicator.text_en)))
    });
    context! { criteria => criteria.collect::<Vec<_>>(), indicators => indicators.collect::<Vec<_>>() }
}

/// What the map shows, as a title and a sentence.
fn sentence(lang: Lang, choice: &Choice, map: &Choropleth) -> (String, String) {
    let count = |wanted: fn(&Class) -> bool| -> i64 {
        map.classes.iter().filter(|(class, _)| wanted(class)).map(|(_, count)| *count as i64).sum()
    };
    let passed = count(|c| matches!(c, Class::State(Status::Passed, _)));
    let without = count(|c| *c == Class::Without);
    let phrase = |key| {
        Phrase::new(key)
            .with("passed", passed)
            .with("without", without)
            .with("units", map.communes.len() as i64)
            .with("year", choice.year.to_string())
    };
    let book = &map.plan.book;
    match map.layer {
        Layer::Verdict => (
            choice.set_title(lang).to_owned(),
            locale::say(lang, &phrase("home-sentence").with("set", choice.set_title(lang).to_owned())),
        ),
        Layer::Criterion(at) => {
            let criterion = &book.criteria[at];
            let name = format!("{} {}", criterion.no, lang.pick(&criterion.name_vi, &criterion.name_en));
            (name.clone(), locale::say(lang, &phrase("map-criterion-sentence").with("name", name)))
        }
        Layer::Indicator(at) => {
            let indicator = &book.nodes[at].indicator;
            let name = format!("{} {}", indicator.no, lang.pick(&indicator.text_vi, &indicator.text_en));
            let mut numbers: Vec<(kernel::Decimal, &Painted)> =
                map.communes.iter().filter_map(|p| Some((p.value.as_ref()?.shown()?, p))).collect();
            numbers.sort_by(|a, b| a.0.cmp(&b.0));
            let (Some(low), Some(high)) = (numbers.first(), numbers.last()) else {
                return (name, locale::say(lang, &phrase("map-met-sentence")));
            };
            let range = phrase("map-indicator-sentence")
                .with("low", said(lang, map, low.1))
                .with("low_name", low.1.commune.name.clone())
                .with("high", said(lang, map, high.1))
                .with("high_name", high.1.commune.name.clone());
            (name, locale::say(lang, &range))
        }
    }
}

fn row(ctx: &Ctx, choice: &Choice, map: &Choropleth, painted: &Painted) -> Value {
    let commune = &painted.commune;
    let open = match map.layer {
        Layer::Criterion(at) => format!("&mo={0}#tc-{0}", map.plan.book.criteria[at].no),
        _ => String::new(),
    };
    context! {
        id => commune.id, name => commune.name, district => commune.district, said => said(ctx.lang, map, painted),
        class => map.classes[painted.class].0.paint(),
        href => ctx.link(&format!("/xa/{}?nam={}&bo={}{open}", commune.id, choice.year, choice.set)),
    }
}

/// `GET /ban-do`. Cost: one row a commune of the province and its shape, for an indicator also its figures; one row where
/// the page is kept.
pub async fn page(ctx: Ctx, Asking(chosen): Asking<Asked>, Asking(asked): Asking<MapAsked>) -> Outcome {
    let law = law(&ctx);
    let mut tx = ctx.read().await?;
    let version = tx.version().await?;
    if let Some(page) = ctx.kept(&version) {
        return Ok(page);
    }
    let choice = Choice::make(&mut tx, &law, &chosen, ctx.site.clock.today()).await?;
    let Some(map) = choropleth(&mut tx, &law, &choice.slice, &asked.lop).await? else { return Err(ctx.not_found()) };
    let picture = picture(&ctx, &mut tx, &choice, &map, WIDTH).await?;
    let layer = map.layer.name(&map.plan);
    let (what, sentence) = sentence(ctx.lang, &choice, &map);
    let rows: Vec<Value> = map.communes.iter().take(ROWS).map(|p| row(&ctx, &choice, &map, p)).collect();
    ctx.page_kept(
        &version,
        "map.html",
        context! {
            title => locale::word(ctx.lang, "map-title"), meta => about::map(&ctx), choice => choice.form(ctx.lang), legend => legend(&ctx, &choice, &map),
            layers => layers(ctx.lang, &map), what => what, sentence => sentence, map => picture, rows => rows,
            more => map.communes.len().saturating_sub(ROWS),
            source => ctx.link(&format!("/api/v1/map.geojson?{}&lop={layer}", choice.query())),
            table => ctx.link(&format!("/xa?{}", choice.query())),
        },
    )
}

/// `GET /api/v1/map.geojson`. Cost: as the page.
#[utoipa::path(get, path = "/api/v1/map.geojson", responses((status = 200, description = "Communes with their class as GeoJSON; `approximate` features are cells around known points, no boundaries")),
    params(("nam" = Option<i32>, Query, description = "Year"), ("bo" = Option<String>, Query, description = "Criteria set"),
        ("dv" = Option<String>, Query, description = "cu: units as they were, moi: as they are now"), ("tinh" = Option<i64>, Query, description = "Id of the province"),
        ("lop" = Option<String>, Query, description = "Layer: nothing for verdicts, tc-NO of a criterion, ct-NO of an indicator")))]
pub async fn geojson(ctx: Ctx, Asking(chosen): Asking<Asked>, Asking(asked): Asking<MapAsked>) -> Outcome {
    let law = law(&ctx);
    let mut tx = ctx.read().await?;
    let version = tx.version().await?;
    if let Some(answer) = ctx.kept(&version) {
        return Ok(answer);
    }
    let choice = Choice::make(&mut tx, &law, &chosen, ctx.site.clock.today()).await?;
    let Some(map) = choropleth(&mut tx, &law, &choice.slice, &asked.lop).await? else { return Err(ctx.not_found()) };
    let by_unit: HashMap<_, &Painted> = map.communes.iter().map(|p| (p.commune.id, p)).collect();
    let shapes = boundaries::shapes(&mut tx, choice.slice.day, "commune", Some(choice.slice.ancestor)).await?;
    let mut bbox = [180.0, 90.0, -180.0, -90.0f64];
    let features: Vec<_> = shapes
        .iter()
        .map(|shape| {
            let (geometry, b) = boundaries::geometry(&shape.ground);
            bbox = [bbox[0].min(b[0]), bbox[1].min(b[1]), bbox[2].max(b[2]), bbox[3].max(b[3])];
            let (unit, painted) = (&shape.unit, by_unit.get(&shape.unit.id).copied());
            let (class, word) = shown(ctx.lang, &map, painted);
            json!({
                "type": "Feature", "id": unit.id, "geometry": geometry,
                "properties": {
                    "name": unit.name, "code": unit.code, "verdict": painted.and_then(|p| p.commune.verdict),
                    "class": class, "word": word, "value": painted.and_then(|p| p.value.as_ref()?.shown()),
                    "passed": painted.map(|p| p.commune.passed), "total": painted.map(|p| p.commune.total),
                    "approximate": shape.approximate,
                    "href": ctx.link(&format!("/xa/{}?nam={}&bo={}", unit.id, choice.year, choice.set)),
                },
            })
        })
        .collect();
    ctx.json_kept(&version, &json!({"type": "FeatureCollection", "bbox": bbox, "features": features}))
}
