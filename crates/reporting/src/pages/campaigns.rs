//! All campaigns, and what waits for whoever looks.

use super::{MOST, PER, law, say};
use crate::{
    model::{Campaign, Course},
    store as kept,
};
use documents::{list_out::Kind, sheet_out::Content};
use minijinja::{Value, context};
use units::listed::take_away;
use web::{Asked, Asking, Ctx, Outcome};

/// What the list can be ordered by; the newest first where none is named.
const ORDERS: [&str; 2] = ["name", "due"];
/// Units of the reader that the page shows beside the list: an officer has one or two, an office opens its board.
const OWN: i64 = 6;

/// `GET /bao-cao`. Cost: the campaigns found twice, at most seven units of open ones.
pub async fn page(ctx: Ctx, Asking(asked): Asking<Asked>) -> Outcome {
    let law = law(&ctx);
    let mut tx = ctx.read().await?;
    let (found, count) = kept::list(&mut tx, &asked.listing(asked.page(), PER)).await?;
    let open: Vec<i64> = found.iter().filter(|one| one.course == Course::Open).map(|one| one.id).collect();
    let own = kept::own(&mut tx, &open, OWN + 1).await?;
    let own = if own.len() as i64 > OWN { Vec::new() } else { own };
    let today = say::today(&ctx, &mut tx).await?;
    let named = |id: i64| found.iter().find(|one| one.id == id).map_or("", |one| one.name.as_str());
    let own: Vec<Value> = own
        .iter()
        .map(|(id, unit)| {
            context! {
                campaign => named(*id), name => unit.name, href => ctx.link(&format!("/bao-cao/{id}/xa/{}", unit.unit)),
                state => say::state(ctx.lang, unit.state), asked => unit.asked, filled => unit.filled,
                due => locale::date(unit.due), left => say::left(ctx.lang, unit.due, &today),
            }
        })
        .collect();
    let states: Vec<Value> = Course::ALL.iter().map(|course| say::course(ctx.lang, *course)).collect();
    ctx.page(
        "reporting_campaigns.html",
        context! {
            title => locale::word(ctx.lang, "reporting-title"), rows => found.iter().map(|one| say::campaign(&ctx, &law, one, &today)).collect::<Vec<_>>(),
            count => count, own => own, states => states, orders => ORDERS, pages => asked.pages(PER, count), q => asked.q, tt => asked.tt,
            sap => asked.sap, kept => asked.kept(), may => ctx.may("keep", "campaigns"), new => ctx.link("/bao-cao/moi"),
        },
    )
}

const HEADINGS: [&str; 7] = [
    "reporting-campaign",
    "reporting-period",
    "reporting-sets",
    "reporting-opens",
    "reporting-due",
    "reporting-review-due",
    "reporting-state",
];

/// `GET /bao-cao.csv`. Cost: the campaigns found.
pub async fn csv(ctx: Ctx, Asking(asked): Asking<Asked>) -> Outcome {
    file(&ctx, &asked, Kind::Csv).await
}

/// `GET /bao-cao.xlsx`: the same as a workbook.
pub async fn xlsx(ctx: Ctx, Asking(asked): Asking<Asked>) -> Outcome {
    file(&ctx, &asked, Kind::Xlsx).await
}

async fn file(ctx: &Ctx, asked: &Asked, kind: Kind) -> Outcome {
    let law = law(ctx);
    let mut tx = ctx.read().await?;
    let (found, _) = kept::list(&mut tx, &asked.listing(0, MOST)).await?;
    let row = |one: &Campaign| {
        let sets: Vec<String> = one.sets.iter().map(|id| say::set(ctx.lang, &law, id)).collect();
        let course = locale::say_key(ctx.lang, &format!("reporting-course-{}", one.course.name()), &[]);
        let days = [one.opens, one.due, one.review_due].map(locale::date);
        let [opens, due, review_due] = days;
        [one.name.clone(), say::period(ctx.lang, one.period), sets.join("; "), opens, due, review_due, course]
            .map(Content::Text)
            .to_vec()
    };
    take_away(ctx, "bao-cao", "reporting-title", &HEADINGS, found.iter().map(row).collect(), kind)
}
