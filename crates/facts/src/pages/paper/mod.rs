//! The fact sheet of a commune as PDF, and the pictures of pages.

pub mod picture;
mod told;

pub use told::{Sheet, TEMPLATE, Told};

use super::{
    commune::{self, Asked},
    law,
};
use crate::{
    story,
    totals::{self, Slice},
};
use documents::paper::{Paper, print};
use kernel::{Phrase, Problem, UnitId};
use web::{Asking, Ctx, Outcome, Path};

/// `GET /xa/{id}/phieu.pdf`: two pages. Cost: the unit's figures of all years, its verdicts and neighbours, one verdict a
/// commune of the province, and the making of the paper, one at a time; one row where it is kept.
pub async fn pdf(ctx: Ctx, Path(id): Path<i64>, Asking(asked): Asking<Asked>) -> Outcome {
    let law = law(&ctx);
    let mut tx = ctx.read().await?;
    let version = tx.version().await?;
    if let Some(paper) = ctx.paper_kept(&version) {
        return Ok(paper);
    }
    let Some(unit) = units::store::get(&mut tx, UnitId(id)).await? else { return Err(ctx.not_found()) };
    let verdicts = totals::of_unit(&mut tx, unit.id).await?;
    let today = ctx.site.clock.today();
    let (year, set) = commune::choose(&ctx, &law, &unit, &asked, &verdicts);
    let none = || ctx.failure(Problem::not_found(Phrase::new("unit-not-judged")));
    if !unit.is_judged_commune() {
        return Err(none());
    }
    let story = story::story(&mut tx, &law, unit.id, &set, year).await?.ok_or_else(none)?;
    let above = units::store::ancestors(&mut tx, unit.id).await?;
    let neighbours = units::store::neighbours(&mut tx, unit.id).await?;
    let peers = match above.iter().find(|u| u.level == "province") {
        Some(province) => {
            let slice = Slice { ancestor: province.id, set: set.clone(), year, day: story.plan.book.day };
            totals::by_passed(&mut tx, &slice).await?
        }
        None => Vec::new(),
    };
    drop(tx);
    let origin = ctx.origin();
    let told = Told {
        lang: ctx.lang,
        law: &law,
        story: &story,
        verdicts: &verdicts,
        peers: &peers,
        above: &above,
        neighbours: &neighbours,
        illustrative: ctx.site.illustrative,
        origin: &origin,
        changed: version.changed.map(|at| at.day()),
        today,
    };
    let Sheet { data, pictures } = told.sheet();
    let name = format!("{} {set} {year} {}", unit.id.address(), ctx.lang.tag());
    let work = move || {
        let paper = Paper { template: TEMPLATE, data: &data, pictures: &pictures, name: &name, day: today };
        Ok(print(&paper)?.bytes)
    };
    ctx.paper(&version, "application/pdf", work).await
}
