//! The picture of a page that others show who name it (Open Graph): the province's one bar, a commune's strip of criteria.

use super::super::{
    choice::{self, Choice},
    commune, home, law, say, telling,
};
use crate::{
    story::{self, Story},
    totals::{self, Part, Totals},
};
use documents::paper::{Paper, draw};
use kernel::{Phrase, UnitId};
use locale::Lang;
use serde_json::{Value, json};
use store::Version;
use units::Unit;
use web::{Asking, Ctx, Outcome, Path, meta::Picture};

/// How it is laid out, in the language of typst: 600×315 points.
pub const TEMPLATE: &str =
    concat!(include_str!("../../../papers/shapes.typ"), include_str!("../../../papers/picture.typ"));
/// Pixels a point.
const SCALE: u8 = 2;

/// The picture that the province's page names; none where there is no commune or no set.
pub(crate) fn of_province(ctx: &Ctx, province: &str, choice: &Choice, totals: &Totals) -> Option<Picture> {
    let said = Phrase::new("home-sentence").with("passed", totals.all_passed()).with("units", totals.units);
    let said = said.with("year", choice.year.to_string()).with("set", choice.set_title(ctx.lang));
    let href = ctx.link(&format!("/og/tinh.png?{}", choice.query()));
    let alt = alt(ctx.lang, province, locale::say(ctx.lang, &said));
    is_drawn(choice, totals).then_some(Picture { href, alt })
}

/// The picture that a unit's page names; none where it is no commune.
pub(crate) fn of_commune(ctx: &Ctx, story: &Story) -> Option<Picture> {
    let (unit, set) = (&story.unit, story.plan.book.set());
    let href = ctx.link(&format!("/og/xa/{}.png?nam={}&bo={set}", unit.id, story.year));
    let alt = alt(ctx.lang, &unit.name, telling::sentence(ctx.lang, story));
    unit.is_judged_commune().then_some(Picture { href, alt })
}

fn alt(lang: Lang, name: &str, sentence: String) -> String {
    locale::say(lang, &Phrase::new("og-alt").with("name", name).with("sentence", sentence))
}

fn is_drawn(choice: &Choice, totals: &Totals) -> bool {
    totals.units > 0 && !choice.set.is_empty()
}

/// What every picture says: whether anything in it is made up, and of when it is.
type Edges = (Vec<String>, Option<String>);

fn edges(ctx: &Ctx, version: &Version, illustrative_law: bool) -> Edges {
    let marks = [(ctx.site.illustrative, "og-illustrative"), (illustrative_law, "og-illustrative-law")];
    let marks = marks.into_iter().filter(|(is, _)| *is).map(|(_, key)| locale::word(ctx.lang, key)).collect();
    let changed = version.changed.map(|at| locale::say(ctx.lang, &Phrase::new("og-changed").with("day", at.day())));
    (marks, changed)
}

/// `GET /og/tinh.png`: the province of a choice. Cost: one row a commune of the province, and the drawing, one at a time;
/// one row where it is kept.
pub async fn province(ctx: Ctx, Asking(asked): Asking<choice::Asked>) -> Outcome {
    let law = law(&ctx);
    let mut tx = ctx.read().await?;
    let version = tx.version().await?;
    if let Some(picture) = ctx.paper_kept(&version) {
        return Ok(picture);
    }
    let choice = Choice::make(&mut tx, &law, &asked, ctx.site.clock.today()).await?;
    let totals = totals::totals(&mut tx, &choice.slice).await?;
    drop(tx);
    let province = choice.provinces.iter().find(|p| p.id == choice.slice.ancestor);
    let Some(province) = province.filter(|_| is_drawn(&choice, &totals)) else { return Err(ctx.not_found()) };
    let lang = ctx.lang;
    let year = choice.year.to_string();
    let illustrative_law = law.plan(&choice.set, choice.slice.day).is_some_and(|plan| plan.book.is_illustrative());
    let (marks, changed) = edges(&ctx, &version, illustrative_law);
    let communes = Phrase::new("og-communes").with("set", choice.set_title(lang)).with("year", year.as_str());
    let unconfirmed = Phrase::new("home-unconfirmed").with("count", totals.passed_unconfirmed);
    let part = |part: Part| {
        let (word, class) = home::part_words(part);
        json!({ "class": class.trim_start_matches("k-"), "word": locale::word(lang, word), "count": part.count(&totals) })
    };
    let bar: Vec<Value> = Part::ALL.into_iter().filter(|p| p.count(&totals) > 0).map(part).collect();
    let data = json!({
        "lang": lang.tag(),
        "kind": locale::say(lang, &Phrase::new("og-province").with("year", year.as_str())),
        "name": province.name,
        "count": format!("{}/{}", totals.all_passed(), totals.units),
        "said": locale::say(lang, &communes),
        "note": (totals.passed_unconfirmed > 0).then(|| locale::say(lang, &unconfirmed)),
        "bar": bar, "marks": marks, "changed": changed,
    });
    drawn(&ctx, &version, data).await
}

/// `GET /og/xa/{id}.png`: a commune in a year under a set. Cost: the unit's figures of all years and its verdicts, and the
/// drawing, one at a time; one row where it is kept.
pub async fn commune(ctx: Ctx, Path(file): Path<String>, Asking(asked): Asking<commune::Asked>) -> Outcome {
    let law = law(&ctx);
    let Some(id) = file.strip_suffix(".png").and_then(|id| id.parse().ok()) else { return Err(ctx.not_found()) };
    let mut tx = ctx.read().await?;
    let version = tx.version().await?;
    if let Some(picture) = ctx.paper_kept(&version) {
        return Ok(picture);
    }
    let Some(unit) = units::store::get(&mut tx, UnitId(id)).await? else { return Err(ctx.not_found()) };
    if !unit.is_judged_commune() {
        return Err(ctx.not_found());
    }
    let (year, set) = commune::chosen(&ctx, &mut tx, &law, &unit, &asked).await?;
    let story = story::story(&mut tx, &law, unit.id, &set, year).await?;
    let Some(story) = story else { return Err(ctx.not_found()) };
    let above = units::store::ancestors(&mut tx, unit.id).await?;
    drop(tx);
    let edges = edges(&ctx, &version, story.plan.book.is_illustrative());
    let data = strip(ctx.lang, &story, &above, edges);
    drawn(&ctx, &version, data).await
}

/// Everything that the picture of a commune says. Pure.
pub fn strip(lang: Lang, story: &Story, above: &[Unit], (marks, changed): Edges) -> Value {
    let book = &story.plan.book;
    let title = lang.pick(&book.rulebook.title_vi, &book.rulebook.title_en);
    let period = Phrase::new("sheet-period").with("year", story.year.to_string()).with("set", title.as_str());
    let place: Vec<&str> = above.iter().map(|u| u.name.as_str()).collect();
    let (word, class) = say::state(lang, story.verdict.set);
    let (passed, total) = telling::passed(story);
    let (mut strip, mut legend) = (Vec::new(), Vec::new());
    for (criterion, judged) in book.criteria.iter().zip(&story.verdict.criteria) {
        let (word, class) = say::state(lang, *judged);
        strip.push(json!({ "no": criterion.no, "class": class }));
        let said = json!({ "class": class, "word": word });
        if !legend.contains(&said) {
            legend.push(said);
        }
    }
    json!({
        "lang": lang.tag(), "kind": locale::say(lang, &period), "name": story.unit.name, "place": place.join(" · "),
        "verdict": { "class": class, "word": word }, "count": format!("{passed}/{total}"),
        "said": locale::word(lang, "og-criteria"), "strip": strip, "legend": legend,
        "marks": marks, "changed": changed,
    })
}

async fn drawn(ctx: &Ctx, version: &Version, data: Value) -> Outcome {
    let (data, day) = (data.to_string(), ctx.site.clock.today());
    let work = move || Ok(draw(&Paper { template: TEMPLATE, data: &data, pictures: &[], name: "og", day }, SCALE)?);
    ctx.paper(version, "image/png", work).await
}
