//! Explore: any measure over units and years, as a table and a picture. Every view has an address.

mod ask;
mod tell;

use super::law;
use crate::explore::{Explored, View, explore};
use ask::{Asked, Prepared};
use documents::list_out::Kind;
use minijinja::{Value, context};
use web::{Asking, Ctx, Outcome, meta::Meta};

/// Rows of a page.
const PER: i64 = 25;

/// What a view asks for, and what it finds. Cost: one row a commune that the province ever had, the figures of the measures
/// there in the years asked for, the districts and groups of the form.
async fn look(ctx: &Ctx, tx: &mut store::ReadTx, asked: &Asked) -> store::Result<(Prepared, Explored)> {
    let law = law(ctx);
    let prepared = ask::prepare(ctx, tx, &law, asked).await?;
    let mut explored = explore(tx, &law, &prepared.view).await?;
    ask::sort(&mut explored.rows, &prepared.view, &explored.columns, &asked.sap);
    Ok((prepared, explored))
}

/// `GET /kham-pha`. Cost: as [`look`] says, a province's whatever the size of the nation; one row where the page is kept.
pub async fn page(ctx: Ctx, Asking(asked): Asking<Asked>) -> Outcome {
    let mut tx = ctx.read().await?;
    let version = tx.version().await?;
    if let Some(page) = ctx.kept(&version) {
        return Ok(page);
    }
    let (prepared, explored) = look(&ctx, &mut tx, &asked).await?;
    let told = tell::Telling { ctx: &ctx, prepared: &prepared, explored: &explored };
    let (shown, pages) = web::page_of(&explored.rows, &asked.trang, PER);
    let (sentence, query) = (told.sentence(), prepared.query(&asked));
    let href = |kind: &str| ctx.link(&format!("/kham-pha.{kind}?{query}"));
    let title = locale::word(ctx.lang, "explore-title");
    let meta = Meta { query: query.clone(), ..Meta::new(sentence.as_str()) };
    let downloads: Vec<Value> = [("CSV", "csv"), ("Excel", "xlsx"), ("JSON", "json")]
        .map(|(name, kind)| context! { name, href => href(kind) })
        .into();
    ctx.page_kept(
        &version,
        "explore.html",
        context! {
            title => title, meta => meta, sentence => sentence, notes => told.notes(), form => prepared.form(ctx.lang, &asked),
            chart => told.chart(shown), table => told.table(shown), count => explored.rows.len(), pages => pages,
            query => query, downloads => downloads,
        },
    )
}

/// `GET /kham-pha.csv`: every row of the view. Cost: as the page's.
pub async fn csv(ctx: Ctx, Asking(asked): Asking<Asked>) -> Outcome {
    take_away(ctx, asked, Kind::Csv).await
}

/// `GET /kham-pha.xlsx`: the same as a spreadsheet.
pub async fn xlsx(ctx: Ctx, Asking(asked): Asking<Asked>) -> Outcome {
    take_away(ctx, asked, Kind::Xlsx).await
}

async fn take_away(ctx: Ctx, asked: Asked, kind: Kind) -> Outcome {
    let mut tx = ctx.read().await?;
    let (prepared, explored) = look(&ctx, &mut tx, &asked).await?;
    let list = tell::Telling { ctx: &ctx, prepared: &prepared, explored: &explored }.list();
    let View { measure, from, to, .. } = &prepared.view;
    let name = format!("{}-{from}-{to}.{}", measure.id, kind.extension());
    ctx.download(&name, kind.media_type(), list.bytes(kind, ctx.site.clock.today())?)
}

/// `GET /kham-pha.json`: the same for programs, with exact values. Cost: as the page's.
pub async fn json(ctx: Ctx, Asking(asked): Asking<Asked>) -> Outcome {
    let mut tx = ctx.read().await?;
    let version = tx.version().await?;
    if let Some(answer) = ctx.kept(&version) {
        return Ok(answer);
    }
    let (prepared, explored) = look(&ctx, &mut tx, &asked).await?;
    let told = tell::Telling { ctx: &ctx, prepared: &prepared, explored: &explored };
    ctx.json_kept(&version, &told.json())
}
