//! What figures measure, as a list to search, order, page and take away.

use super::{Asked, PER, cells, take_away};
use crate::{
    Law,
    pages::{about, law},
};
use documents::list_out::Kind;
use kernel::text;
use minijinja::{Value, context};
use rulebook::Measure;
use web::{Asking, Ctx, Outcome};

/// What the list can be ordered by; as `measures.toml` has it where none is named.
const ORDERS: [&str; 2] = ["name", "id"];

/// The measures that a search finds, in the order asked for.
fn list<'a>(ctx: &Ctx, law: &'a Law, asked: &Asked) -> Vec<&'a Measure> {
    let found = |m: &&Measure| asked.finds(&[&m.id, &m.name_vi, &m.name_en]);
    let mut list: Vec<&Measure> = law.library().measures().map(|m| &**m).filter(found).collect();
    match asked.sap.as_str() {
        "name" => list.sort_by_cached_key(|m| text::order_key(ctx.lang.pick(&m.name_vi, &m.name_en))),
        "id" => list.sort_by_key(|m| &m.id),
        _ => {}
    }
    list
}

/// `GET /nguon-va-phuong-phap/so-lieu`: a page of it. Cost: no row.
pub async fn page(ctx: Ctx, Asking(asked): Asking<Asked>) -> Outcome {
    let law = law(&ctx);
    let all = list(&ctx, &law, &asked);
    let tell = |m: &&Measure| {
        context! {
            id => m.id, name => ctx.lang.pick(&m.name_vi, &m.name_en), unit => m.unit,
            aggregate => Value::from_serialize(&m.aggregate),
        }
    };
    let (some, pages) = web::page_of(&all, &asked.trang, PER);
    ctx.page(
        "measures.html",
        context! {
            title => locale::word(ctx.lang, "sources-measures"), meta => about::measures(&ctx), measures => some.iter().map(tell).collect::<Vec<_>>(),
            count => all.len(), pages => pages, q => asked.q, sap => asked.sap, orders => ORDERS, kept => asked.kept(),
        },
    )
}

/// `GET /nguon-va-phuong-phap/so-lieu.csv`: all that the search finds. Cost: no row.
pub async fn csv(ctx: Ctx, Asking(asked): Asking<Asked>) -> Outcome {
    export(&ctx, &asked, Kind::Csv)
}

/// `GET /nguon-va-phuong-phap/so-lieu.xlsx`: the same as a spreadsheet.
pub async fn xlsx(ctx: Ctx, Asking(asked): Asking<Asked>) -> Outcome {
    export(&ctx, &asked, Kind::Xlsx)
}

fn export(ctx: &Ctx, asked: &Asked, kind: Kind) -> Outcome {
    let law = law(ctx);
    let line = |m: &&Measure| {
        let aggregate = serde_json::to_string(&m.aggregate).unwrap_or_default();
        let name = ctx.lang.pick(&m.name_vi, &m.name_en);
        cells([&m.id, name, m.unit.as_deref().unwrap_or(""), aggregate.trim_matches('"')])
    };
    let rows = list(ctx, &law, asked).iter().map(line).collect();
    let headings = ["measure-id", "measure-name", "measure-unit", "measure-aggregate"];
    take_away(ctx, "chi-so", "sources-measures", &headings, rows, kind)
}
