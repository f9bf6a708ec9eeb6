//! Home (the province at a glance) and the list of communes.

use super::{
    about,
    choice::{Asked, Choice},
    law, say,
};
use crate::totals::{self, CommuneRow, Listing, Part, Totals};
use documents::{
    list_out::{Kind, List},
    sheet_out::Content,
};
use kernel::UnitId;
use locale::Lang;
use minijinja::{Value, context};
use rulebook::Status;
use serde::Deserialize;
use web::{Asking, Ctx, Outcome};

const PER: i64 = 50;

/// The word of a part and the class of its colour.
pub(super) fn part_words(part: Part) -> (&'static str, &'static str) {
    match part {
        Part::Passed => ("status-passed", "k-passed"),
        Part::PassedUnconfirmed => ("status-passed-unconfirmed", "k-unconfirmed"),
        Part::Failed => ("status-failed", "k-failed"),
        Part::Incomplete => ("status-incomplete", "k-incomplete"),
        Part::ToBeConfirmed => ("status-to-be-confirmed", "k-confirm"),
        Part::Without => ("status-without", "k-without"),
    }
}

/// The parts of the one bar, each a link to exactly its communes.
fn bar(ctx: &Ctx, choice: &Choice, totals: &Totals) -> Vec<Value> {
    let told = |part: Part| {
        let (key, class) = part_words(part);
        let href = ctx.link(&format!("/xa?{}&kq={}", choice.query(), part.name()));
        context! { word => locale::word(ctx.lang, key), class => class, count => part.count(totals), href => href }
    };
    Part::ALL.into_iter().filter(|part| part.count(totals) > 0).map(told).collect()
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
            meta => about::home(&ctx, province.as_deref().unwrap_or_default()),
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
    huyen: String,
    #[serde(default)]
    nhom: String,
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
            part: Part::named(&self.kq),
            district: self.huyen.parse().ok().map(UnitId),
            group: self.nhom.clone(),
            sort: self.sap.clone(),
            page: web::page_from_one(&self.trang),
            per,
            all_kinds: false,
        }
    }

    /// The part of an address that keeps search, filter and order.
    fn kept(&self) -> String {
        let all = [("q", &self.q), ("kq", &self.kq), ("huyen", &self.huyen), ("nhom", &self.nhom), ("sap", &self.sap)];
        let named = all.into_iter().filter(|(_, value)| !value.is_empty());
        form_urlencoded::Serializer::new(String::new()).extend_pairs(named).finish()
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
    let verdicts: Vec<Value> = Part::ALL
        .into_iter()
        .map(|p| context! { id => p.name(), word => locale::word(ctx.lang, part_words(p).0), chosen => p.name() == asked.kq })
        .collect();
    let slice = &choice.slice;
    let districts: Vec<Value> = units::store::under(&mut tx, slice.ancestor, "district", slice.day)
        .await?
        .into_iter()
        .map(|d| context! { id => d.id.0, word => d.name, chosen => d.id.to_string() == asked.huyen })
        .collect();
    let groups: Vec<Value> = units::store::groups(&mut tx, slice.day)
        .await?
        .into_iter()
        .map(|code| context! { word => group_word(ctx.lang, &code), chosen => code == asked.nhom, id => code })
        .collect();
    let pages: Vec<Value> = web::page_links(listing.page, PER, count)
        .into_iter()
        .map(|p| context! { number => p + 1, current => p == listing.page })
        .collect();
    ctx.page(
        "communes.html",
        context! {
            title => locale::word(ctx.lang, "communes-title"),
            meta => about::communes(&ctx),
            choice => choice.form(ctx.lang),
            rows => rows, count => count, pages => pages, verdicts => verdicts,
            districts => districts, groups => groups, kept => asked.kept(),
            q => asked.q, sap => asked.sap, filtered => !asked.kept().is_empty(),
        },
    )
}

/// The name of a group; its own code where no language has one.
fn group_word(lang: Lang, code: &str) -> String {
    let key = format!("group-{code}");
    if locale::has(lang, &key) { locale::say_key(lang, &key, &[]) } else { code.to_owned() }
}

/// `GET /xa.csv`: the whole list as it was asked for. Cost: one row a commune of the province.
pub async fn communes_csv(ctx: Ctx, Asking(asked): Asking<ListAsked>) -> Outcome {
    export(ctx, asked, Kind::Csv).await
}

/// `GET /xa.xlsx`: the same as a spreadsheet.
pub async fn communes_xlsx(ctx: Ctx, Asking(asked): Asking<ListAsked>) -> Outcome {
    export(ctx, asked, Kind::Xlsx).await
}

const HEADINGS: [&str; 9] = [
    "unit-code-heading",
    "col-commune",
    "col-district",
    "choice-year",
    "choice-set",
    "communes-verdict",
    "col-criteria",
    "col-criteria-all",
    "col-missing",
];

async fn export(ctx: Ctx, asked: ListAsked, kind: Kind) -> Outcome {
    let law = law(&ctx);
    let mut tx = ctx.read().await?;
    let choice = Choice::make(&mut tx, &law, &asked.choice(), ctx.site.clock.today()).await?;
    let listing = Listing { page: 0, ..asked.listing(20_000) };
    let (rows, _) = totals::communes(&mut tx, &choice.slice, &listing).await?;
    let mut headings: Vec<String> = HEADINGS.into_iter().map(|key| locale::word(ctx.lang, key)).collect();
    // Whoever gets the file reads that its figures are made up.
    headings.extend(ctx.site.illustrative.then(|| locale::word(ctx.lang, "illustrative-banner")));
    let text = |text: &str| Content::Text(text.to_owned());
    let line = |r: &CommuneRow| {
        let key = r.status.map_or("status-without", |status| say::key(status, r.confirmed));
        let number = |n: i64| if r.status.is_some() { Content::Number(n.into()) } else { Content::Empty };
        vec![
            text(&r.code),
            text(&r.name),
            text(r.district.as_deref().unwrap_or("")),
            text(&choice.year.to_string()),
            text(choice.set_title(ctx.lang)),
            text(&locale::word(ctx.lang, key)),
            number(r.passed),
            number(r.total),
            number(r.failing),
        ]
    };
    let mut rows: Vec<Vec<Content>> = rows.iter().map(line).collect();
    if ctx.site.illustrative {
        rows.iter_mut().for_each(|row| row.push(text("x")));
    }
    let list = List { name: locale::word(ctx.lang, "communes-title"), headings, rows };
    let name = format!("xa-{}-{}.{}", choice.set, choice.year, kind.extension());
    ctx.download(&name, kind.media_type(), list.bytes(kind, ctx.site.clock.today())?)
}
