//! Agencies, as a list to search, order, page and take away.

use super::{PER, unsure};
use crate::listed::take_away;
use crate::{model::Agency, store};
use documents::{list_out::Kind, sheet_out::Content};
use kernel::{Day, text};
use minijinja::{Value, context};
use serde::Deserialize;
use web::{Asking, Ctx, Outcome};

/// What the list can be ordered by; as the plan lists them where none is named.
const ORDERS: [&str; 3] = ["name", "kind", "code"];

/// What the list of agencies is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    /// Words of a name, or the beginning of a code.
    q: String,
    /// What it is ordered by.
    sap: String,
    /// Page, from 1.
    trang: String,
}

impl Asked {
    /// The agencies that the search finds, in the order asked for.
    fn list<'a>(&self, ctx: &Ctx, all: &'a [Agency]) -> Vec<&'a Agency> {
        let wanted = text::search_key(self.q.trim());
        let finds = |t: &String| text::search_key(t).contains(&wanted);
        let mut list: Vec<_> =
            all.iter().filter(|a| [&a.name_vi, &a.name_en, &a.code].into_iter().any(finds)).collect();
        match self.sap.as_str() {
            "name" => list.sort_by_cached_key(|a| text::order_key(name(ctx, a))),
            "kind" => list.sort_by_cached_key(|a| text::order_key(&kind(ctx, a))),
            "code" => list.sort_by_key(|a| &a.code),
            _ => {}
        }
        list
    }

    /// The part of an address that keeps search and order.
    fn kept(&self) -> String {
        web::kept(&[("q", &self.q), ("sap", &self.sap)])
    }
}

fn name<'a>(ctx: &Ctx, agency: &'a Agency) -> &'a str {
    ctx.lang.pick(&agency.name_vi, &agency.name_en)
}

fn kind(ctx: &Ctx, agency: &Agency) -> String {
    locale::say_key(ctx.lang, &format!("units-agency-{}", agency.kind), &[])
}

/// `GET /co-quan`. Cost: the agencies, some dozen rows.
pub async fn page(ctx: Ctx, Asking(asked): Asking<Asked>) -> Outcome {
    let mut tx = ctx.read().await?;
    let all = store::agencies(&mut tx).await?;
    let today = ctx.site.clock.today();
    let list = asked.list(&ctx, &all);
    let row = |a: &&Agency| {
        let successor = all.iter().find(|s| Some(s.id) == a.successor);
        context! {
            id => a.id, name => name(&ctx, a), code => a.code, from => a.valid_from.map(locale::date),
            to => a.valid_to.map(locale::date), ended => a.valid_to.is_some_and(|to| to < today),
            successor => successor.map(|s| context! { id => s.id, name => name(&ctx, s) }), unsure => unsure(&ctx, &a.confidence),
            kind => kind(&ctx, a),
        }
    };
    let (some, pages) = web::page_of(&list, &asked.trang, PER);
    ctx.page(
        "agencies.html",
        context! {
            title => locale::word(ctx.lang, "units-agencies-title"), agencies => some.iter().map(row).collect::<Vec<Value>>(),
            count => list.len(), pages => pages, q => asked.q, sap => asked.sap, orders => ORDERS, kept => asked.kept(), may => ctx.may("correct", "units"),
        },
    )
}

const HEADINGS: [&str; 6] =
    ["units-agency", "units-agency-kind", "units-code", "units-first-day", "units-last-day", "units-successor"];

/// `GET /co-quan.csv`: what the search finds. Cost: the agencies, some dozen rows.
pub async fn csv(ctx: Ctx, Asking(asked): Asking<Asked>) -> Outcome {
    export(&ctx, &asked, Kind::Csv).await
}

/// `GET /co-quan.xlsx`: the same as a spreadsheet.
pub async fn xlsx(ctx: Ctx, Asking(asked): Asking<Asked>) -> Outcome {
    export(&ctx, &asked, Kind::Xlsx).await
}

async fn export(ctx: &Ctx, asked: &Asked, of: Kind) -> Outcome {
    let mut tx = ctx.read().await?;
    let all = store::agencies(&mut tx).await?;
    let date = |day: Option<Day>| day.map_or_else(String::new, locale::date);
    let line = |a: &Agency| {
        let successor = all.iter().find(|s| Some(s.id) == a.successor).map_or("", |s| name(ctx, s)).to_owned();
        let row =
            [name(ctx, a).to_owned(), kind(ctx, a), a.code.clone(), date(a.valid_from), date(a.valid_to), successor];
        row.into_iter().map(Content::Text).collect()
    };
    let rows = asked.list(ctx, &all).into_iter().map(line).collect();
    take_away(ctx, "co-quan", "units-agencies-title", &HEADINGS, rows, of)
}
