//! The list of communes: searched, filtered, ordered, paged, taken away.

use super::{
    about,
    choice::{Asked, Choice},
    home::{commune_href, part_words},
    law, say,
};
use crate::totals::{self, CommuneRow, Listing, Part};
use documents::{
    list_out::{Kind, List},
    sheet_out::Content,
};
use kernel::UnitId;
use locale::Lang;
use minijinja::{Value, context};
use serde::Deserialize;
use web::{Asking, Ctx, Outcome};

const PER: i64 = 50;

/// What the list is asked for.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct ListAsked {
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
    fn listing(&self, per: i64) -> Listing {
        Listing {
            search: self.q.clone(),
            part: Part::named(&self.kq),
            district: self.huyen.parse().ok().map(UnitId),
            group: self.nhom.clone(),
            sort: self.sap.clone(),
            page: web::page_from_one(&self.trang),
            per,
            after: None,
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
        None => (locale::word(lang, "status-without"), "without"),
    };
    context! {
        name => r.name, code => r.code, district => r.district, word => word, class => class,
        passed => r.passed, total => r.total, failing => r.failing, judged => r.status.is_some(),
        href => ctx.link(&commune_href(r, choice)),
    }
}

/// `GET /xa`. Cost: one row a commune of the province; one page of fifty shown; one row where the page is kept.
pub async fn page(ctx: Ctx, Asking(chosen): Asking<Asked>, Asking(asked): Asking<ListAsked>) -> Outcome {
    let law = law(&ctx);
    let mut tx = ctx.read().await?;
    let version = tx.version().await?;
    if let Some(page) = ctx.kept(&version) {
        return Ok(page);
    }
    let choice = Choice::make(&mut tx, &law, &chosen, ctx.site.clock.today()).await?;
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
    let pages = web::page_links(listing.page, PER, count);
    ctx.page_kept(
        &version,
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
pub(super) fn group_word(lang: Lang, code: &str) -> String {
    let key = format!("group-{code}");
    if locale::has(lang, &key) { locale::say_key(lang, &key, &[]) } else { code.to_owned() }
}

/// `GET /xa.csv`: the whole list as it was asked for. Cost: one row a commune of the province.
pub async fn csv(ctx: Ctx, Asking(chosen): Asking<Asked>, Asking(asked): Asking<ListAsked>) -> Outcome {
    export(ctx, chosen, asked, Kind::Csv).await
}

/// `GET /xa.xlsx`: the same as a spreadsheet.
pub async fn xlsx(ctx: Ctx, Asking(chosen): Asking<Asked>, Asking(asked): Asking<ListAsked>) -> Outcome {
    export(ctx, chosen, asked, Kind::Xlsx).await
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

async fn export(ctx: Ctx, chosen: Asked, asked: ListAsked, kind: Kind) -> Outcome {
    let law = law(&ctx);
    let mut tx = ctx.read().await?;
    let choice = Choice::make(&mut tx, &law, &chosen, ctx.site.clock.today()).await?;
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
