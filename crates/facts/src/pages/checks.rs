//! The quality checks with what they found over the years, so that useless ones can be dropped.

use super::law;
use crate::checks::{self, Check, Count};
use documents::{list_out::Kind, sheet_out::Content};
use kernel::text;
use minijinja::{Value, context};
use rulebook::Confidence;
use serde::Deserialize;
use units::listed::take_away;
use web::{Asking, Ctx, Outcome};

/// Checks on a page.
const PER: i64 = 20;
/// What the list can be ordered by; as the file lists them where none is named.
const ORDERS: [&str; 4] = ["name", "hits", "gone", "useless"];

/// What the list is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    q: String,
    sap: String,
    trang: String,
}

/// A check with its counts, the latest year first.
struct Row {
    check: &'static Check,
    counts: Vec<Count>,
}

impl Row {
    fn sum(&self, of: fn(&Count) -> i64) -> i64 {
        self.counts.iter().map(of).sum()
    }
}

fn name(ctx: &Ctx, check: &'static Check) -> &'static str {
    ctx.lang.pick(&check.name_vi, &check.name_en)
}

impl Asked {
    /// The checks that the search finds, in the order asked for. Cost: the index of hits.
    async fn list(&self, ctx: &Ctx) -> Result<Vec<Row>, web::Failure> {
        let mut tx = ctx.read().await?;
        let counts = checks::counts(&mut tx).await?;
        let of = |check: &Check| counts.iter().rev().filter(|c| c.check == check.id).cloned().collect();
        let wanted = text::search_key(self.q.trim());
        let finds = |check: &&Check| {
            [&check.name_vi, &check.name_en, &check.id].iter().any(|t| text::search_key(t).contains(&wanted))
        };
        let mut list: Vec<Row> =
            checks::shipped().iter().filter(finds).map(|check| Row { check, counts: of(check) }).collect();
        match self.sap.as_str() {
            "name" => list.sort_by_cached_key(|row| text::order_key(name(ctx, row.check))),
            "hits" => list.sort_by_key(|row| std::cmp::Reverse(row.sum(|c| c.standing + c.gone))),
            "useless" => list.sort_by_key(|row| std::cmp::Reverse(row.sum(|c| c.useless))),
            "gone" => list.sort_by_key(|row| std::cmp::Reverse(row.sum(|c| c.gone))),
            _ => {}
        }
        Ok(list)
    }

    /// The part of an address that keeps search and order.
    fn kept(&self) -> String {
        web::kept(&[("q", &self.q), ("sap", &self.sap)])
    }
}

/// `GET /quan-tri/kiem-tra`. Cost: the index of hits.
pub async fn page(ctx: Ctx, Asking(asked): Asking<Asked>) -> Outcome {
    let list = asked.list(&ctx).await?;
    let law = law(&ctx);
    let year = |count: &Count| {
        context! { year => count.year.to_string(), standing => count.standing, gone => count.gone, answered => count.answered, useless => count.useless, units => count.units }
    };
    let row = |row: &Row| {
        let measures: std::collections::BTreeSet<&str> = row.check.rule.measures().into_iter().collect();
        let named = measures.iter().filter_map(|code| law.library().measure(code));
        context! {
            id => row.check.id, name => name(&ctx, row.check), source => row.check.source, off => row.check.off,
            unsure => row.check.confidence != Confidence::Verified, years => row.counts.iter().map(year).collect::<Vec<Value>>(),
            measures => named.map(|m| ctx.lang.pick(&m.name_vi, &m.name_en).clone()).collect::<Vec<_>>(),
        }
    };
    let (some, pages) = web::page_of(&list, &asked.trang, PER);
    let page = context! {
        title => locale::word(ctx.lang, "check-title"), checks => some.iter().map(row).collect::<Vec<Value>>(),
        count => list.len(), pages => pages, q => asked.q, sap => asked.sap, orders => ORDERS, kept => asked.kept(),
    };
    ctx.page("checks.html", page)
}

const HEADINGS: [&str; 7] =
    ["check-name", "check-year", "check-standing", "check-answered", "check-useless", "check-gone", "check-units"];

/// `GET /quan-tri/kiem-tra.csv`: a line a check and year. Cost: the index of hits.
pub async fn csv(ctx: Ctx, Asking(asked): Asking<Asked>) -> Outcome {
    export(&ctx, &asked, Kind::Csv).await
}

/// `GET /quan-tri/kiem-tra.xlsx`: the same as a spreadsheet.
pub async fn xlsx(ctx: Ctx, Asking(asked): Asking<Asked>) -> Outcome {
    export(&ctx, &asked, Kind::Xlsx).await
}

async fn export(ctx: &Ctx, asked: &Asked, of: Kind) -> Outcome {
    let list = asked.list(ctx).await?;
    let line = |row: &Row| {
        let head = Content::Text(name(ctx, row.check).to_owned());
        let count = move |c: &Count| {
            let numbers = [c.standing, c.answered, c.useless, c.gone, c.units].map(|n| Content::Number(n.into()));
            [head.clone(), Content::Text(c.year.to_string())].into_iter().chain(numbers).collect::<Vec<_>>()
        };
        row.counts.iter().map(count).collect::<Vec<_>>()
    };
    let rows = list.iter().flat_map(line).collect();
    take_away(ctx, "kiem-tra", "check-title", &HEADINGS, rows, of)
}
