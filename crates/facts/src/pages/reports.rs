//! "Báo sai": anybody tells of a mistake on a page of this site; those who work here answer.

use super::law;
use crate::reports::{self, MOST_TEXT, Place, Report, Told};
use axum::{
    http::StatusCode,
    response::{IntoResponse, Redirect},
    routing::{get, post},
};
use documents::{list_out::Kind, sheet_out::Content};
use kernel::{Moment, Phrase, Place as At, Problem};
use minijinja::{Value, context};
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeMap;
use store::{AuditLine, Listing, Query};
use units::listed::take_away;
use web::{Asking, Ctx, Failure, Form, Outcome, Path, Repeatable, Routes};

const PER: i64 = 50;
/// Letters of a reason.
const MOST_REASON: usize = 500;
/// Lines of a file.
const MOST_LINES: i64 = 20_000;

pub(super) fn routes() -> Routes {
    Routes::new()
        .read("/bao-sai", "reports", get(page))
        .write_public("/bao-sai/gui", "tell", "reports", post(tell))
        .read("/bao-sai/phieu/{token}", "reports", get(receipt))
        .write_public("/bao-sai/phieu/{token}/xoa-lien-he", "erase", "reports", post(erase_own))
        .read_inside("/bao-sai/danh-sach", "reports", get(list))
        .read_inside("/bao-sai/danh-sach.csv", "reports", get(csv))
        .read_inside("/bao-sai/danh-sach.xlsx", "reports", get(xlsx))
        .read_inside("/bao-sai/so/{id}", "reports", get(one))
        .write("/bao-sai/so/{id}/tra-loi", "answer", "reports", post(answer))
        .write("/bao-sai/so/{id}/xoa-lien-he", "answer", "reports", post(erase))
}

/// What the form is asked for, and what it sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Sent {
    /// The address of the page that has the mistake.
    trang: String,
    text: String,
    contact: String,
    /// A field that people do not see: whoever fills it in is none.
    website: String,
    key: String,
}

/// The place named, as far as this site has it. Cost: at most one row.
async fn place(ctx: &Ctx, tx: &mut impl Query, page: &str) -> store::Result<Option<(Place, Option<String>)>> {
    let reader = |row: &&web::Permission| row.method == "GET" && row.public;
    let patterns = ctx.site.permissions.iter().filter(reader).map(|row| row.path);
    let Some(mut place) = reports::place(page, patterns, law(ctx).library()) else { return Ok(None) };
    let unit = match place.unit {
        Some(id) => units::store::get(tx, id).await?.map(|unit| unit.name),
        None => None,
    };
    place.unit = place.unit.filter(|_| unit.is_some());
    Ok(Some((place, unit)))
}

/// A place in words: unit, indicator, page.
fn tell_place(ctx: &Ctx, place: &Place, unit: Option<&str>) -> Value {
    let law = law(ctx);
    let set = place.set.as_deref().and_then(|set| law.library().set(set));
    let measure = place.measure.as_deref().and_then(|m| law.library().measure(m));
    context! {
        page => place.page, href => ctx.link(&place.page), unit => unit, indicator => place.indicator,
        set => set.map(|s| ctx.lang.pick(&s.title_vi, &s.title_en)),
        measure => measure.map(|m| ctx.lang.pick(&m.name_vi, &m.name_en)),
    }
}

/// `GET /bao-sai?trang=…`. Cost: at most one row.
async fn page(ctx: Ctx, Asking(sent): Asking<Sent>) -> Outcome {
    let sent = Sent { trang: sent.trang, key: uuid::Uuid::new_v4().to_string(), ..Sent::default() };
    show(&ctx, StatusCode::OK, &sent, &[]).await
}

/// The form with what was sent, and what is wrong with it at its field.
async fn show(ctx: &Ctx, status: StatusCode, sent: &Sent, problems: &[Problem]) -> Outcome {
    let mut tx = ctx.read().await?;
    let place = place(ctx, &mut tx, &sent.trang).await?;
    let mut wrong: BTreeMap<&str, Vec<String>> = ["text", "contact", "website", ""].map(|f| (f, Vec::new())).into();
    for problem in problems {
        let field = match &problem.place {
            Some(At::Field(field)) if wrong.contains_key(field.as_str()) => field.as_str(),
            _ => "",
        };
        wrong.entry(field).or_default().push(locale::say(ctx.lang, &problem.phrase));
    }
    ctx.page_with(
        status,
        "report.html",
        context! {
            title => locale::word(ctx.lang, "report-title"), action => ctx.link("/bao-sai/gui"), key => sent.key,
            trang => sent.trang, named => place.map(|(place, unit)| tell_place(ctx, &place, unit.as_deref())),
            text => sent.text, contact => sent.contact, wrong => wrong, any_wrong => !problems.is_empty(), most => MOST_TEXT,
            inside => ctx.may("read", "reports"),
        },
    )
}

/// `POST /bao-sai/gui`: what was typed comes back with what is wrong; the same form again gets the same receipt. Cost: as
/// [`reports::tell`].
async fn tell(ctx: Ctx, Form(mut sent): Form<Sent>) -> Outcome {
    let named = place(&ctx, &mut ctx.read().await?, &sent.trang).await?;
    // A page that is not there is no place; the message may still be worth reading.
    let place = named.map_or_else(|| Place { page: "/".into(), ..Place::default() }, |(place, _)| place);
    let told = Told { place, text: sent.text.clone(), contact: sent.contact.clone() };
    let mut problems = reports::check(&told);
    if !sent.website.is_empty() {
        problems.push(Problem::input(Phrase::new("report-leave-empty")).at_field("website"));
    }
    // Nobody waits for those who are refused: the store is written to only for a report that is taken.
    if problems.is_empty() {
        match keep(&ctx, &sent, &told).await? {
            Ok(token) => return Ok(Redirect::to(&ctx.link(&format!("/bao-sai/phieu/{token}"))).into_response()),
            Err(problem) => problems.push(problem),
        }
    }
    sent.key = uuid::Uuid::new_v4().to_string();
    let status = problems.iter().map(|problem| problem.status).max().unwrap_or(422);
    show(&ctx, StatusCode::from_u16(status).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY), &sent, &problems).await
}

/// Keeps a report once under its form's key; the secret part of its address, or why not now.
async fn keep(ctx: &Ctx, sent: &Sent, told: &Told) -> Result<Result<String, Problem>, Failure> {
    let body = format!("{:?}", (&sent.trang, &sent.text, &sent.contact));
    let repeatable = Repeatable::of_form(ctx, &sent.key, body.as_bytes());
    let mut tx = ctx.write().await?;
    if let Some(before) = repeatable.seen(&mut tx).await? {
        return Ok(Ok(before["token"].as_str().unwrap_or_default().to_owned()));
    }
    match reports::tell(&mut tx, told).await? {
        Ok((id, token)) => {
            repeatable.keep(tx, &json!({"report": id, "token": token})).await?;
            Ok(Ok(token))
        }
        Err(problem) => Ok(Err(problem)),
    }
}

fn day(at: Moment) -> String {
    locale::date(at.day())
}

/// `GET /bao-sai/phieu/{token}`: number, page, state and answer; never what was written, nor by whom. Cost: one row.
async fn receipt(ctx: Ctx, Path(token): Path<String>) -> Outcome {
    let mut tx = ctx.read().await?;
    let Some(report) = reports::of_token(&mut tx, &token).await? else { return Err(ctx.not_found()) };
    ctx.page_with(
        StatusCode::OK,
        "receipt.html",
        context! {
            title => locale::say(ctx.lang, &Phrase::new("report-receipt").with("id", report.id.to_string())),
            at => day(report.at), named => tell_place(&ctx, &report.place, report.unit.as_deref()), answer => report.answer,
            answered => report.answered_at.map(day), address => ctx.link(&format!("/bao-sai/phieu/{token}")),
            reachable => !report.contact.is_empty(),
        },
    )
}

/// `POST /bao-sai/phieu/{token}/xoa-lien-he`: whoever has the address of a report takes their contact back; again changes
/// nothing. Cost: as [`reports::erase_contact`].
async fn erase_own(ctx: Ctx, Path(token): Path<String>) -> Outcome {
    let mut tx = ctx.write().await?;
    let Some(report) = reports::of_token(&mut tx, &token).await? else { return Err(ctx.not_found()) };
    if reports::erase_contact(&mut tx, &report, "asked at the receipt").await? {
        tx.commit().await?;
    }
    Ok(Redirect::to(&ctx.link(&format!("/bao-sai/phieu/{token}"))).into_response())
}

/// Notes that what residents wrote, and how to reach them, was read or taken away: of how many, never what.
async fn note_reading(ctx: &Ctx, action: &'static str, subject: String, read: &[Report]) -> Result<(), Failure> {
    let contacts = read.iter().filter(|report| !report.contact.is_empty()).count();
    let details = json!({"reports": read.len(), "contacts": contacts});
    let mut tx = ctx.write().await?;
    tx.audit_quietly(AuditLine { action, kind: "report", subject, unit: None, details }).await?;
    Ok(tx.commit().await?)
}

/// What the inside list is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    q: String,
    tt: String,
    sap: String,
    trang: String,
}

impl Asked {
    fn listing(&self) -> Listing {
        let (search, state, sort) = (self.q.clone(), self.tt.clone(), self.sap.clone());
        Listing { search, state, sort, page: web::page_from_one(&self.trang), per: PER }
    }

    /// The part of an address that keeps search, state and order.
    fn kept(&self) -> String {
        let all = [("q", &self.q), ("tt", &self.tt), ("sap", &self.sap)];
        let named = all.into_iter().filter(|(_, value)| !value.is_empty());
        form_urlencoded::Serializer::new(String::new()).extend_pairs(named).finish()
    }
}

fn state(ctx: &Ctx, report: &Report) -> String {
    locale::word(ctx.lang, if report.answer.is_some() { "report-answered" } else { "report-open" })
}

fn tell_report(ctx: &Ctx, report: &Report) -> Value {
    context! {
        id => report.id.to_string(), at => day(report.at), place => tell_place(ctx, &report.place, report.unit.as_deref()), text => report.text,
        contact => report.contact, answer => report.answer, answered => report.answered_at.map(day),
        state => state(ctx, report), href => ctx.link(&format!("/bao-sai/so/{}", report.id)),
    }
}

/// `GET /bao-sai/danh-sach`. Cost: as [`reports::list`], two rows for the line of it.
async fn list(ctx: Ctx, Asking(asked): Asking<Asked>) -> Outcome {
    let mut tx = ctx.read().await?;
    let listing = asked.listing();
    let (found, count) = reports::list(&mut tx, &listing).await?;
    drop(tx);
    note_reading(&ctx, "facts.reports-read", "list".to_owned(), &found).await?;
    let pages = web::page_links(listing.page, PER, count);
    ctx.page(
        "reports.html",
        context! {
            title => locale::word(ctx.lang, "report-list"), rows => found.iter().map(|r| tell_report(&ctx, r)).collect::<Vec<_>>(),
            count => count, pages => pages, q => asked.q, tt => asked.tt, sap => asked.sap, kept => asked.kept(),
        },
    )
}

/// `GET /bao-sai/danh-sach.csv`: the whole list as it was asked for.
async fn csv(ctx: Ctx, Asking(asked): Asking<Asked>) -> Outcome {
    export(&ctx, &asked, Kind::Csv).await
}

/// `GET /bao-sai/danh-sach.xlsx`: the same as a spreadsheet.
async fn xlsx(ctx: Ctx, Asking(asked): Asking<Asked>) -> Outcome {
    export(&ctx, &asked, Kind::Xlsx).await
}

const HEADINGS: [&str; 9] = [
    "report-number",
    "report-day",
    "report-page",
    "law-unit",
    "set-indicator",
    "report-text",
    "report-contact",
    "report-state",
    "report-answer",
];

async fn export(ctx: &Ctx, asked: &Asked, kind: Kind) -> Outcome {
    let mut tx = ctx.read().await?;
    let listing = Listing { page: 0, per: MOST_LINES, ..asked.listing() };
    let (found, _) = reports::list(&mut tx, &listing).await?;
    drop(tx);
    note_reading(ctx, "facts.reports-exported", "list".to_owned(), &found).await?;
    let line = |r: &Report| {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let (id, at, page) = (r.id.to_string(), day(r.at), r.place.page.clone());
        let own = [r.text.clone(), r.contact.clone(), state(ctx, r), text(&r.answer)];
        let cells = [id, at, page, text(&r.unit), text(&r.place.indicator)].into_iter().chain(own);
        cells.map(Content::Text).collect()
    };
    take_away(ctx, "bao-sai", "report-list", &HEADINGS, found.iter().map(line).collect(), kind)
}

/// What was wrong with a form beside a report, said at that form.
enum Wrong {
    Answer(Phrase),
    Erasure(Phrase),
}

/// `GET /bao-sai/so/{id}`: what was written, and the forms of its answer and of taking its contact away. Cost: one row, two for
/// the line of it.
async fn one(ctx: Ctx, Path(id): Path<i64>) -> Outcome {
    show_one(&ctx, StatusCode::OK, id, "", None).await
}

async fn show_one(ctx: &Ctx, status: StatusCode, id: i64, typed: &str, wrong: Option<Wrong>) -> Outcome {
    let found = reports::get(&mut ctx.read().await?, id).await?;
    let Some(report) = found else { return Err(ctx.not_found()) };
    note_reading(ctx, "facts.report-read", id.to_string(), std::slice::from_ref(&report)).await?;
    let (wrong, erasure) = match wrong {
        Some(Wrong::Answer(phrase)) => (Some(phrase), None),
        Some(Wrong::Erasure(phrase)) => (None, Some(phrase)),
        None => (None, None),
    };
    let say = |phrase: Phrase| locale::say(ctx.lang, &phrase);
    ctx.page_with(
        status,
        "answer.html",
        context! {
            title => locale::say(ctx.lang, &Phrase::new("report-receipt").with("id", report.id.to_string())),
            report => tell_report(ctx, &report), list => ctx.link("/bao-sai/danh-sach"),
            action => ctx.link(&format!("/bao-sai/so/{id}/tra-loi")), key => uuid::Uuid::new_v4().to_string(), typed => typed,
            wrong => wrong.map(say), erase => ctx.link(&format!("/bao-sai/so/{id}/xoa-lien-he")),
            may => ctx.may("answer", "reports"), erase_wrong => erasure.map(say),
        },
    )
}

/// Why a contact is erased.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Erasure {
    reason: String,
}

/// `POST /bao-sai/so/{id}/xoa-lien-he`: whoever answers takes the contact off a report, with a reason; again changes nothing.
/// Cost: as [`reports::erase_contact`].
async fn erase(ctx: Ctx, Path(id): Path<i64>, Form(sent): Form<Erasure>) -> Outcome {
    let reason = sent.reason.trim();
    let wrong = match reason.chars().count() {
        0 => Some(Phrase::new("reason-missing")),
        n if n > MOST_REASON => Some(Phrase::new("report-reason-long").with("most", MOST_REASON as i64)),
        _ => None,
    };
    if let Some(phrase) = wrong {
        return show_one(&ctx, StatusCode::UNPROCESSABLE_ENTITY, id, "", Some(Wrong::Erasure(phrase))).await;
    }
    let mut tx = ctx.write().await?;
    let Some(report) = reports::get(&mut tx, id).await? else { return Err(ctx.not_found()) };
    if reports::erase_contact(&mut tx, &report, reason).await? {
        tx.commit().await?;
    }
    Ok(Redirect::to(&ctx.link(&format!("/bao-sai/so/{id}"))).into_response())
}

/// An answer, as its form sends it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Answer {
    answer: String,
    key: String,
}

/// `POST /bao-sai/so/{id}/tra-loi`: the first answer stands. Cost: as [`reports::answer`].
async fn answer(ctx: Ctx, Path(id): Path<i64>, Form(sent): Form<Answer>) -> Outcome {
    match sent.answer.trim().chars().count() {
        0 => return refused(&ctx, 422, id, &sent, Phrase::new("report-answer-missing")).await,
        n if n > MOST_TEXT => {
            let phrase = Phrase::new("report-text-long").with("most", MOST_TEXT as i64);
            return refused(&ctx, 422, id, &sent, phrase).await;
        }
        _ => {}
    }
    let repeatable = Repeatable::of_form(&ctx, &sent.key, sent.answer.as_bytes());
    let mut tx = ctx.write().await?;
    let there = || -> Result<axum::response::Response, Failure> {
        Ok(Redirect::to(&ctx.link(&format!("/bao-sai/so/{id}"))).into_response())
    };
    if repeatable.seen(&mut tx).await?.is_some() {
        return there();
    }
    if reports::get(&mut tx, id).await?.is_none() {
        return Err(ctx.not_found());
    }
    if reports::answer(&mut tx, id, &sent.answer).await? {
        repeatable.keep(tx, &json!({"report": id})).await?;
        return there();
    }
    drop(tx);
    refused(&ctx, 409, id, &sent, Phrase::new("report-answered-before")).await
}

async fn refused(ctx: &Ctx, status: u16, id: i64, sent: &Answer, why: Phrase) -> Outcome {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY);
    show_one(ctx, status, id, &sent.answer, Some(Wrong::Answer(why))).await
}
