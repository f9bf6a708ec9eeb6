//! A commune's indicators of a year as a file: value, requirement, verdict, citation.

use super::{commune::Asked, law, say};
use crate::story;
use documents::{
    list_out::{Kind, List},
    sheet_out::Content,
};
use kernel::UnitId;
use rulebook::requirement::requirement;
use web::{Asking, Ctx, Outcome, Path};

/// `GET /xa/{id}/so-lieu.csv`. Cost: the unit's figures of all years.
pub async fn csv(ctx: Ctx, Path(id): Path<i64>, Asking(asked): Asking<Asked>) -> Outcome {
    export(ctx, id, asked, Kind::Csv).await
}

/// `GET /xa/{id}/so-lieu.xlsx`: the same as a spreadsheet.
pub async fn xlsx(ctx: Ctx, Path(id): Path<i64>, Asking(asked): Asking<Asked>) -> Outcome {
    export(ctx, id, asked, Kind::Xlsx).await
}

const HEADINGS: [&str; 9] = [
    "unit-code-heading",
    "col-commune",
    "choice-year",
    "set-no",
    "set-indicator",
    "why-value",
    "asked-for",
    "communes-verdict",
    "why-law",
];

async fn export(ctx: Ctx, id: i64, asked: Asked, kind: Kind) -> Outcome {
    let law = law(&ctx);
    let mut tx = ctx.read().await?;
    let Some(unit) = units::store::get(&mut tx, UnitId(id)).await? else { return Err(ctx.not_found()) };
    let (year, set) = super::commune::chosen(&ctx, &mut tx, &law, &unit, &asked).await?;
    let Some(story) = story::story(&mut tx, &law, unit.id, &set, year).await? else { return Err(ctx.not_found()) };
    let (lang, book) = (ctx.lang, &story.plan.book);
    let text = |text: &str| Content::Text(text.to_owned());
    let line = |at: usize| {
        let indicator = &book.nodes[at].indicator;
        let confidence = locale::say_key(lang, &format!("confidence-{}", indicator.confidence.name()), &[]);
        let value = story.values[at].as_ref().map(|v| say::exactly(lang, v, book.nodes[at].unit()));
        let mut row = vec![
            text(&unit.code),
            text(&unit.name),
            text(&year.to_string()),
            text(&indicator.no),
            text(lang.pick(&indicator.text_vi, &indicator.text_en)),
            value.map_or(Content::Empty, Content::Text),
            text(&locale::say(lang, &requirement(book, at, &story.traits, year))),
            text(&say::state(lang, story.verdict.nodes[at]).0),
            text(&format!("{} ({confidence})", indicator.source.as_deref().unwrap_or("–"))),
        ];
        // Whoever gets the file reads that its figures are made up.
        row.extend(ctx.site.illustrative.then(|| text("x")));
        row
    };
    let mut headings: Vec<String> = HEADINGS.into_iter().map(|key| locale::word(lang, key)).collect();
    headings.extend(ctx.site.illustrative.then(|| locale::word(lang, "illustrative-banner")));
    let list = List { name: format!("{year}"), headings, rows: (0..book.nodes.len()).map(line).collect() };
    let name = format!("{}-{set}-{year}.{}", unit.code, kind.extension());
    ctx.download(&name, kind.media_type(), list.bytes(kind, ctx.site.clock.today())?)
}
