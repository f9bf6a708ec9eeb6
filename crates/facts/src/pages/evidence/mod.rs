//! A unit's evidence: seen, sent, used, taken away as a list; one piece; the same for programs; sending part by part (tus).

mod api;
pub mod attach;
mod piece;
mod send;
mod told;
mod tus;

use super::law;
use crate::evidence::{self, ORDERS, Scan, Wanted};
use axum::{
    http::StatusCode,
    routing::{get, post},
};
use documents::{list_out::Kind, sheet_out::Content};
use kernel::{Phrase, UnitId};
use minijinja::{Value, context};
use serde::Deserialize;
use std::sync::Arc;
use store::Listing;
use units::Unit;
use units::listed::take_away;
use web::{Asking, Ctx, Failure, Outcome, Path, Routes};

pub use api::Description;
pub(super) use piece::bytes_of;
pub(super) use told::of_measure;
pub use told::pieces;

/// Rows of a page, and lines of a file.
const PER: i64 = 24;
const MOST_LINES: i64 = 20_000;

pub(super) fn routes() -> Routes {
    Routes::new()
        .read("/xa/{id}/minh-chung", "evidence", get(page))
        .read("/xa/{id}/minh-chung.csv", "evidence", get(csv))
        .read("/xa/{id}/minh-chung.xlsx", "evidence", get(xlsx))
        .write("/xa/{id}/minh-chung/gui", "attach", "evidence", post(send::send))
        .merge(piece::routes())
        .merge(api::routes())
        .merge(tus::routes())
}

/// What the list is asked for.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    /// Words of a name or a note.
    pub q: String,
    pub sap: String,
    /// Page, from 1.
    pub trang: String,
    /// Pieces used for figures of this year.
    pub nam: String,
    /// Pieces used for this measure.
    pub chi_so: String,
    /// `chua-dung`: used for nothing.
    pub dung: String,
    /// What the scanner said.
    pub quet: String,
    /// How many came in with the form just sent.
    pub da_gui: String,
}

impl Asked {
    fn listing(&self, page: i64, per: i64) -> Listing {
        Listing { search: self.q.clone(), state: self.quet.clone(), sort: self.sap.clone(), page, per }
    }

    fn wanted(&self, ctx: &Ctx) -> Wanted {
        Wanted { year: self.year(), measure: law(ctx).measure_id(&self.chi_so), unused: self.dung == "chua-dung" }
    }

    fn year(&self) -> Option<i16> {
        kernel::year(&self.nam)
    }

    /// The part of an address that keeps what is asked for.
    fn kept(&self) -> String {
        web::kept(&[
            ("q", &self.q),
            ("sap", &self.sap),
            ("nam", &self.nam),
            ("chi_so", &self.chi_so),
            ("dung", &self.dung),
            ("quet", &self.quet),
        ])
    }
}

/// The unit's own page.
fn unit_href(ctx: &Ctx, unit: &Unit) -> String {
    ctx.link(&units::about::href(unit))
}

/// The year whose figures are most likely meant: this one, or the last of a unit that has ended.
fn usual_year(ctx: &Ctx, unit: &Unit) -> i16 {
    let today = ctx.site.clock.today().year();
    unit.valid_to.map_or(today, |to| to.year().min(today))
}

/// Measures of which the unit may have a figure in a year: code and name, in order of their names.
fn measures(ctx: &Ctx, unit: &Unit, year: i16, chosen: &str) -> Vec<Value> {
    let law = law(ctx);
    let all = law.library().measures();
    let asked = all.filter(|m| m.computed.is_none() && crate::figure::refused(&law, unit, m, year).is_none());
    let mut named: Vec<(&str, &str)> =
        asked.map(|m| (ctx.lang.pick(&m.name_vi, &m.name_en).as_str(), m.id.as_str())).collect();
    named.sort_by_cached_key(|(name, _)| kernel::text::order_key(name));
    named.into_iter().map(|(name, id)| context! { id => id, name => name, chosen => id == chosen }).collect()
}

/// What of a form that was refused is shown again.
#[derive(Default)]
pub(super) struct Form {
    pub note: String,
    pub measure: String,
    pub year: String,
    /// What is wrong, at its field: `files`, `year`, `measure`.
    pub wrong: Vec<(&'static str, Phrase)>,
}

/// `GET /xa/{id}/minh-chung`: what this reader sees of a unit's evidence. Cost: as [`evidence::list`], its uses, what looks
/// the same; four queries.
async fn page(ctx: Ctx, Path(id): Path<i64>, Asking(asked): Asking<Asked>) -> Outcome {
    show(&ctx, UnitId(id), asked, StatusCode::OK, Form::default()).await
}

/// The page with the form as it is.
pub(super) async fn show(ctx: &Ctx, id: UnitId, asked: Asked, status: StatusCode, form: Form) -> Outcome {
    let mut tx = ctx.read().await?;
    let Some(unit) = units::store::get(&mut tx, id).await? else { return Err(ctx.not_found()) };
    let page = web::page_from_one(&asked.trang);
    let (pieces, count) = evidence::list(&mut tx, id, asked.wanted(ctx), &asked.listing(page, PER)).await?;
    let rows = told::several(ctx, &mut tx, &unit, &pieces).await?;
    let pages = web::page_links(page, PER, count);
    let scans: Vec<Value> =
        Scan::ALL.iter().map(|s| context! { id => s.name(), word => told::scan_word(ctx, *s) }).collect();
    let wrong = |field: &str| -> Vec<String> {
        form.wrong.iter().filter(|(f, _)| *f == field).map(|(_, phrase)| locale::say(ctx.lang, phrase)).collect()
    };
    let year = if form.year.is_empty() { asked.nam.clone() } else { form.year.clone() };
    let year = if year.is_empty() { usual_year(ctx, &unit).to_string() } else { year };
    let chosen = if form.measure.is_empty() { &asked.chi_so } else { &form.measure };
    let choices = measures(ctx, &unit, kernel::year(&year).unwrap_or_else(|| usual_year(ctx, &unit)), chosen);
    let sends = ctx.may("attach", "evidence").then(|| {
        context! {
            action => ctx.link(&format!("/xa/{id}/minh-chung/gui")), note => form.note, year => year, measures => choices.clone(),
            megabytes => ctx.site.thing::<evidence::Means>().bounds.bytes >> 20, most => attach::MOST_FILES,
            wrong => context! { files => wrong("files"), year => wrong("year"), measure => wrong("measure") },
            any_wrong => !form.wrong.is_empty(), unit => id.0, accept => attach::ACCEPT,
        }
    });
    let inside = sends.is_some() || !ctx.actor.scope.working.is_none();
    let sent: Option<i64> = asked.da_gui.parse().ok();
    let body = context! {
        title => locale::say_key(ctx.lang, "evidence-title", &[("unit", unit.name.as_str().into())]),
        unit => unit.name, unit_href => unit_href(ctx, &unit), rows => rows, count => count, pages => pages, kept => asked.kept(),
        q => asked.q, sap => asked.sap, orders => ORDERS, nam => asked.nam, unused => asked.dung == "chua-dung", quet => asked.quet,
        scans => scans, choices => choices, sends => sends, inside => inside, sent => sent, here => ctx.link(&format!("/xa/{id}/minh-chung")),
    };
    // What is told depends on who asks; nobody keeps it on the way.
    ctx.page_with(status, "evidence.html", body)
}

const HEADINGS: [&str; 9] = [
    "evidence-name",
    "evidence-kind",
    "evidence-size",
    "evidence-sent",
    "evidence-note",
    "evidence-taken-at",
    "evidence-place",
    "evidence-uses",
    "evidence-scan",
];

async fn csv(ctx: Ctx, Path(id): Path<i64>, Asking(asked): Asking<Asked>) -> Outcome {
    export(&ctx, UnitId(id), &asked, Kind::Csv).await
}

async fn xlsx(ctx: Ctx, Path(id): Path<i64>, Asking(asked): Asking<Asked>) -> Outcome {
    export(&ctx, UnitId(id), &asked, Kind::Xlsx).await
}

/// The list as a file. Cost: as the page, of up to [`MOST_LINES`] pieces.
async fn export(ctx: &Ctx, id: UnitId, asked: &Asked, of: Kind) -> Outcome {
    let mut tx = ctx.read().await?;
    let Some(unit) = units::store::get(&mut tx, id).await? else { return Err(ctx.not_found()) };
    let (pieces, _) = evidence::list(&mut tx, id, asked.wanted(ctx), &asked.listing(0, MOST_LINES)).await?;
    let ids: Vec<_> = pieces.iter().map(|piece| piece.id).collect();
    let uses = evidence::uses(&mut tx, &ids).await?;
    let law: Arc<crate::Law> = law(ctx);
    let line = |piece: &evidence::Piece| {
        let used = uses.get(&piece.id).map_or(&[][..], Vec::as_slice);
        let used: Vec<String> =
            evidence::codes(&law, used).iter().map(|(code, year)| format!("{code} {year}")).collect();
        let texts = [
            piece.name.clone(),
            piece.media_type.clone(),
            piece.size.to_string(),
            locale::moment(piece.at),
            piece.note.clone(),
            told::taken(ctx, piece),
            told::place(ctx, piece, &unit),
            used.join("; "),
            told::scan_word(ctx, piece.scan),
        ];
        texts.into_iter().map(Content::Text).collect()
    };
    let rows = pieces.iter().map(line).collect();
    take_away(ctx, &format!("minh-chung-{id}"), "evidence-sheet", &HEADINGS, rows, of)
}

/// A unit, or "there is none".
async fn unit_of(ctx: &Ctx, tx: &mut impl store::Query, id: UnitId) -> Result<Unit, Failure> {
    units::store::get(tx, id).await?.ok_or_else(|| ctx.not_found())
}
