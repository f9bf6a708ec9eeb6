//! Home (the province at a glance) and the list of communes.

use super::{
    choice::{Asked, Choice},
    law, say,
};
use crate::totals::{self, CommuneRow, Listing, Totals};
use axum::extract::Query as Asking;
use locale::Lang;
use minijinja::{Value, context};
use rulebook::Status;
use serde::Deserialize;
use web::{Ctx, Outcome};

const PER: i64 = 50;

/// The parts of the one bar, each a link to what is behind it.
fn bar(ctx: &Ctx, choice: &Choice, totals: &Totals) -> Vec<Value> {
    let parts = [
        ("status-passed", "k-passed", "passed", totals.passed),
        ("status-passed-unconfirmed", "k-unconfirmed", "passed", totals.passed_unconfirmed),
        ("status-failed", "k-failed", "failed", totals.failed),
        ("status-incomplete", "k-incomplete", "incomplete", totals.incomplete),
        ("status-to-be-confirmed", "k-confirm", "to_be_confirmed", totals.to_be_confirmed),
        ("status-without", "k-without", "", totals.without),
    ];
    parts
        .into_iter()
        .filter(|(.., count)| *count > 0)
        .map(|(key, class, verdict, count)| {
            context! {
                word => locale::word(ctx.lang, key),
                class => class,
                count => count,
                href => ctx.link(&format!("/xa?{}&kq={verdict}", choice.query())),
            }
        })
        .collect()
}

/// `GET /`. Cost: one row a commune of the province for each of the totals, and the trend; one row
/// where the page is kept.
pub async fn page(ctx: Ctx, Asking(asked): Asking<Asked>) -> Outcome {
    let law = law(&ctx);
    let mut tx = ctx.read().await?;
    let version = tx.version().await?;
    if let Some(page) = ctx.kept(&version) {
        return Ok(page);
    }
    let choice = Choice::make(&mut tx, &law, &asked, ctx.site.clock.today()).await?;
    let totals = totals::totals(&mut tx, &choice.slice).await?;
    let trend = totals::by_year(&mut tx, &choice.slice).await?;
    let nearest = Listing { sort: "nearest".into(), per: 5, ..Listing::default() };
    let (rows, _) = totals::communes(&mut tx, &choice.slice, &nearest).await?;
    let nearest: Vec<Value> = rows
        .iter()
        .filter(|r| r.status.is_some_and(|s| s != Status::Passed) && r.failing > 0)
        .map(|r| context! { name => r.name, failing => r.failing, href => ctx.link(&commune_href(r, &choice)) })
        .collect();
    let province = choice.provinces.iter().find(|p| p.id == choice.slice.ancestor).map(|p| p.name.clone());
    ctx.page_kept(
        &version,
        "home.html",
        context! {
            title => province.clone().unwrap_or_default(),
            province => province.unwrap_or_default(),
            choice => choice.form(ctx.lang),
            totals => Value::from_serialize(totals),
            all_passed => totals.all_passed(),
            bar => bar(&ctx, &choice, &totals),
            nearest => nearest,
            trend => Value::from_serialize(trend),
        },
    )
}

fn commune_href(row: &CommuneRow, choice: &Choice) -> String {
    format!("/xa/{}?nam={}&bo={}", row.id, choice.year, choice.set)
}

/// What the list is asked for.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct ListAsked {
    #[serde(default)]
    nam: String,
    #[serde(default)]
    bo: String,
    #[serde(default)]
    dv: String,
    #[serde(default)]
    tinh: String,
    #[serde(default)]
    q: String,
    #[serde(default)]
    kq: String,
    #[serde(default)]
    sap: String,
    #[serde(default)]
    trang: String,
}

impl ListAsked {
    fn choice(&self) -> Asked {
        Asked { nam: self.nam.clone(), bo: self.bo.clone(), dv: self.dv.clone(), tinh: self.tinh.clone() }
    }

    fn listing(&self, per: i64) -> Listing {
        Listing {
            search: self.q.clone(),
            verdict: Status::ALL.into_iter().find(|s| s.name() == self.kq),
            sort: self.sap.clone(),
            page: self.trang.parse::<i64>().map_or(0, |p| (p - 1).max(0)),
            per,
            all_kinds: false,
        }
    }
}

fn row(lang: Lang, ctx: &Ctx, choice: &Choice, r: &CommuneRow) -> Value {
    let (word, class) = match r.status {
        Some(status) => (locale::word(lang, say::key(status, r.confirmed)), say::class(status, r.confirmed)),
        None => (locale::word(lang, "status-without"), "incomplete"),
    };
    context! {
        name => r.name, code => r.code, district => r.district, word => word, class => class,
        passed => r.passed, total => r.total, failing => r.failing, judged => r.status.is_some(),
        href => ctx.link(&commune_href(r, choice)),
    }
}

/// `GET /xa`. Cost: one row a commune of the province; one page of fifty shown.
pub async fn communes(ctx: Ctx, Asking(asked): Asking<ListAsked>) -> Outcome {
    let law = law(&ctx);
    let mut tx = ctx.read().await?;
    let choice = Choice::make(&mut tx, &law, &asked.choice(), ctx.site.clock.today()).await?;
    let listing = asked.listing(PER);
    let (rows, count) = totals::communes(&mut tx, &choice.slice, &listing).await?;
    let rows: Vec<Value> = rows.iter().map(|r| row(ctx.lang, &ctx, &choice, r)).collect();
    let verdicts: Vec<Value> = Status::ALL
        .into_iter()
        .map(|s| context! { id => s.name(), word => locale::word(ctx.lang, say::key(s, true)), chosen => s.name() == asked.kq })
        .collect();
    let pages: Vec<Value> = web::page_links(listing.page, PER, count)
        .into_iter()
        .map(|p| context! { number => p + 1, current => p == listing.page })
        .collect();
    ctx.page(
        "communes.html",
        context! {
            title => locale::word(ctx.lang, "communes-title"),
            choice => choice.form(ctx.lang),
            rows => rows, count => count, pages => pages, verdicts => verdicts,
            q => asked.q, kq => asked.kq, sap => asked.sap,
        },
    )
}

/// `GET /xa.csv`: the whole list as it was asked for. Cost: one row a commune of the province.
pub async fn communes_csv(ctx: Ctx, Asking(asked): Asking<ListAsked>) -> Outcome {
    let law = law(&ctx);
    let mut tx = ctx.read().await?;
    let choice = Choice::make(&mut tx, &law, &asked.choice(), ctx.site.clock.today()).await?;
    let listing = Listing { page: 0, ..asked.listing(20_000) };
    let (rows, _) = totals::communes(&mut tx, &choice.slice, &listing).await?;
    let mut out = csv::Writer::from_writer(vec![0xef, 0xbb, 0xbf]);
    let head = [
        "unit",
        "code",
        "name",
        "district",
        "year",
        "set",
        "verdict",
        "law_confirmed",
        "criteria_passed",
        "criteria",
        "illustrative",
    ];
    let failed = |e: csv::Error| anyhow::anyhow!(e);
    out.write_record(head).map_err(failed)?;
    for r in &rows {
        let (id, year, passed, total) =
            (r.id.to_string(), choice.year.to_string(), r.passed.to_string(), r.total.to_string());
        let verdict = r.verdict.unwrap_or("");
        let (confirmed, illustrative) = (r.confirmed.to_string(), ctx.site.illustrative.to_string());
        let district = r.district.as_deref().unwrap_or("");
        out.write_record([
            &id,
            &r.code,
            &r.name,
            district,
            &year,
            &choice.set,
            verdict,
            &confirmed,
            &passed,
            &total,
            &illustrative,
        ])
        .map_err(failed)?;
    }
    let body = out.into_inner().map_err(|e| anyhow::anyhow!("{e}"))?;
    ctx.download(&format!("xa-{}-{}.csv", choice.set, choice.year), "text/csv; charset=utf-8", body)
}
