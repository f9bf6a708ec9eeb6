//! The years of a province: what closing one would change, its closing, its snapshot with proof and files, its opening again.

use super::{
    forms::{desk, not_filled},
    push,
};
use crate::{
    forms::{Filled, Form, Reading, desk::of_level, document, fill, gather, told},
    returns::{self, Return, State, campaigns, close, dhis2, exchange},
};
use ::store::{Query, attachments::Attachments};
use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use documents::{docx, list_out::Kind, official};
use facts::{
    Edition, Law, closed,
    dhis2::{
        Scheme,
        export::{self, Asked as Wanted},
    },
};
use kernel::{Phrase, Problem};
use ledger::{leaf, proof};
use minijinja::{Value, context};
use rulebook::model::Level;
use serde::Deserialize;
use serde_json::json;
use units::Unit;
use web::{Asking, Ctx, Failure, Form as Sent, Meta, Outcome, Path, Repeatable, Routes};

pub(super) fn routes() -> Routes {
    Routes::new()
        .read("/tong-hop", "years", get(list))
        .write("/tong-hop", "close", "years", post(ask))
        .read("/tong-hop/luoc-do.json", "years", get(schema))
        .read("/tong-hop/{id}", "years", get(page))
        .write("/tong-hop/{id}/mo-lai", "close", "years", post(reopen))
        .read("/tong-hop/{id}/ban-chot.json", "years", get(snapshot))
        .read("/tong-hop/{id}/bang-chung.json", "years", get(proven))
        .read("/tong-hop/{id}/nhap/{file}", "years", get(exchanged))
        .read("/tong-hop/{id}/dhis2.json", "years", get(dhis2_json))
        .read("/tong-hop/{id}/dhis2.csv", "years", get(dhis2_csv))
        .read("/tong-hop/{id}/bieu.xlsx", "years", get(xlsx))
        .read("/tong-hop/{id}/bieu.docx", "years", get(docx_file))
        .read("/tong-hop/{id}/bieu.pdf", "years", get(pdf))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    nam: String,
}

/// The installation's province as it was at the end of a year.
pub(super) async fn home(ctx: &Ctx, tx: &mut impl Query, year: i16) -> Result<Unit, Failure> {
    let provinces = units::store::provinces(tx, rulebook::values::year_end(year)).await?;
    units::home().province(&provinces, None).cloned().ok_or_else(|| ctx.not_found())
}

fn state_key(one: &Return) -> &'static str {
    match one.state {
        State::Publishing => "returns-state-publishing",
        State::Gathering => "returns-state-gathering",
        State::Done => "returns-state-done",
    }
}

/// `GET /tong-hop?nam=`: closed years, and what closing one would change. Cost: the province's closings; for whoever may close one query over
/// the year's figures that are not public.
async fn list(ctx: Ctx, Asking(asked): Asking<Asked>) -> Outcome {
    show(&ctx, kernel::year(&asked.nam), StatusCode::OK, false).await
}

fn running(ctx: &Ctx, one: &campaigns::Running) -> Value {
    context! {
        href => ctx.link(&format!("/bao-cao/{}", one.id)), name => one.name, criteria => one.criteria, open => one.open, units => one.open_units,
    }
}

async fn show(ctx: &Ctx, year: Option<i16>, status: StatusCode, again: bool) -> Outcome {
    let mut tx = ctx.read().await?;
    let today = ctx.site.clock.today();
    let year = year.unwrap_or(today.year() - 1);
    let province = home(ctx, &mut tx, year).await?;
    let all = returns::of_province(&mut tx, province.id).await?;
    let closings = closed::closings(&mut tx, province.id, None).await?;
    let may = ctx.may("close", "years");
    let is_closed = closings.iter().any(|c| c.year == year && c.reopened.is_none());
    let busy = all.iter().any(|one| one.year == year && one.state != State::Done);
    let preview = match may && !is_closed && !busy {
        true => Some(returns::preview(&mut tx, province.id, year).await?),
        false => None,
    };
    let row = |one: &Return| {
        let opened =
            closings.iter().find(|c| (c.year, c.number) == (one.year, one.number)).and_then(|c| c.reopened.as_ref());
        context! {
            id => one.id, year => one.year, number => one.number, state => locale::word(ctx.lang, state_key(one)),
            at => locale::moment(one.done_at.unwrap_or(one.asked_at)), sha256 => one.sha256,
            reason => opened.map(|o| o.reason.clone()),
        }
    };
    let preview = preview.map(|p| {
        context! {
            communes => p.communes, reporting => p.reporting, accepted => p.accepted, accepted_units => p.accepted_units, open => p.open,
            open_units => p.open_units, campaigns => p.campaigns.iter().map(|one| running(ctx, one)).collect::<Vec<Value>>(),
            blocked => campaigns::in_the_way(&p.campaigns).is_some(), seen => p.seen, key => uuid::Uuid::new_v4().to_string(),
        }
    });
    ctx.page_with(
        status,
        "returns.html",
        context! {
            title => locale::word(ctx.lang, "returns-title"), meta => Meta::new(locale::word(ctx.lang, "meta-returns")),
            returns => all.iter().map(row).collect::<Vec<Value>>(), province => province.name, year, may, is_closed, busy, preview, again,
            takes => ctx.may("check", "figures"),
        },
    )
}

#[derive(Debug, Deserialize)]
struct Close {
    nam: i16,
    #[serde(default)]
    cong_bo: String,
    #[serde(default)]
    seen: String,
    #[serde(default)]
    key: String,
}

/// `POST /tong-hop`: closes a year as it was shown; where somebody wrote meanwhile, it is shown again.
async fn ask(ctx: Ctx, Sent(sent): Sent<Close>) -> Outcome {
    let body = format!("{} {} {}", sent.nam, sent.cong_bo, sent.seen);
    let repeatable = Repeatable::of_form(&ctx, &sent.key, body.as_bytes());
    let mut tx = ctx.write().await?;
    if let Some(answer) = repeatable.seen(&mut tx).await? {
        return Ok(Redirect::to(&ctx.link(&format!("/tong-hop/{}", answer["return"]))).into_response());
    }
    let province = home(&ctx, &mut tx, sent.nam).await?;
    let preview = returns::preview(&mut tx, province.id, sent.nam).await?;
    if preview.seen != sent.seen || campaigns::in_the_way(&preview.campaigns).is_some() {
        drop(tx);
        return show(&ctx, Some(sent.nam), StatusCode::CONFLICT, true).await;
    }
    let id = returns::ask(&mut tx, province.id, sent.nam, !sent.cong_bo.is_empty()).await?;
    repeatable.keep(tx, &json!({"return": id})).await?;
    Ok(Redirect::to(&ctx.link(&format!("/tong-hop/{id}"))).into_response())
}

async fn found(ctx: &Ctx, tx: &mut impl Query, id: i64) -> Result<Return, Failure> {
    returns::get(tx, id).await?.ok_or_else(|| ctx.not_found())
}

/// `GET /tong-hop/{id}`: how far a closing is, then its snapshot with its proof and files. Cost: a few rows.
async fn page(ctx: Ctx, Path(id): Path<i64>) -> Outcome {
    shown(&ctx, id, StatusCode::OK, "", None).await
}

async fn shown(ctx: &Ctx, id: i64, status: StatusCode, reason: &str, wrong: Option<String>) -> Outcome {
    let mut tx = ctx.read().await?;
    let one = found(ctx, &mut tx, id).await?;
    let province = units::store::get(&mut tx, one.province).await?.ok_or_else(|| ctx.not_found())?;
    let closings = closed::closings(&mut tx, one.province, Some(one.year)).await?;
    let closing = closings.iter().find(|c| c.number == one.number);
    let with = campaigns::closed_with(&mut tx, id).await?;
    let leaf = leaf::newest(&mut tx, "return", &close::subject(&one)).await?;
    let may_send = ctx.may("close", "years") && one.state == State::Done;
    let sending = if may_send { Some(push::of_return(ctx, &mut tx, id).await?) } else { None };
    let law = super::law(ctx);
    let applies = |book: &&std::sync::Arc<rulebook::Rulebook>| {
        book.applies.level == Level::Commune && facts::law::applies(book, one.year)
    };
    let sets: Vec<Value> = law
        .library()
        .sets()
        .filter(applies)
        .map(|book| context! { id => book.set, name => ctx.lang.pick(&book.title_vi, &book.title_en) })
        .collect();
    let reopened =
        closing.and_then(|c| c.reopened.as_ref()).map(|o| context! { at => locale::moment(o.at), reason => o.reason });
    ctx.page_with(
        status,
        "return.html",
        context! {
            title => locale::say_key(ctx.lang, "returns-one", &[("unit", province.name.as_str().into()), ("year", one.year.to_string().into())]),
            id, year => one.year, number => one.number, state => locale::word(ctx.lang, state_key(&one)), done => one.state == State::Done,
            progress => context! { done => one.done, total => one.total.max(1) }, sha256 => one.sha256, size => one.size, units => one.units,
            figures => one.figures, verdicts => one.verdicts, at => one.done_at.map(locale::moment),
            leaf => leaf.map(|leaf| context! { body => leaf.body, position => leaf.position }), sets, reopened,
            may => ctx.may("close", "years") && one.state == State::Done && closing.is_some_and(|c| c.reopened.is_none()),
            campaigns => with.iter().map(|(id, name)| context! { href => ctx.link(&format!("/bao-cao/{id}")), name }).collect::<Vec<Value>>(),
            inside => ctx.may("read", "reporting"), sending, key => uuid::Uuid::new_v4().to_string(), reason, wrong, least => closed::LEAST_REASON,
        },
    )
}

#[derive(Debug, Deserialize)]
struct Reopen {
    #[serde(default)]
    reason: String,
    #[serde(default)]
    key: String,
}

/// `POST /tong-hop/{id}/mo-lai`: opens the year again, with a reason, and the campaigns that were closed with it. The snapshot stays.
async fn reopen(ctx: Ctx, Path(id): Path<i64>, Sent(sent): Sent<Reopen>) -> Outcome {
    let repeatable = Repeatable::of_form(&ctx, &sent.key, sent.reason.as_bytes());
    let there = ctx.link(&format!("/tong-hop/{id}"));
    let mut tx = ctx.write().await?;
    if repeatable.seen(&mut tx).await?.is_some() {
        return Ok(Redirect::to(&there).into_response());
    }
    let one = found(&ctx, &mut tx, id).await?;
    match returns::reopen(&mut tx, one.province, one.year, &sent.reason).await {
        Err(::store::StoreError::Refused(problem)) if problem.status == 422 || problem.place.is_some() => {
            drop(tx);
            let wrong = locale::say(ctx.lang, &problem.phrase);
            return shown(&ctx, id, StatusCode::UNPROCESSABLE_ENTITY, &sent.reason, Some(wrong)).await;
        }
        told => told?,
    }
    repeatable.keep(tx, &json!({"reopened": true})).await?;
    Ok(Redirect::to(&there).into_response())
}

async fn finished(ctx: &Ctx, tx: &mut impl Query, id: i64) -> Result<Return, Failure> {
    let one = found(ctx, tx, id).await?;
    match one.state {
        State::Done => Ok(one),
        _ => Err(ctx.failure(Problem::conflict(Phrase::new("returns-not-done"), 409))),
    }
}

/// `GET /tong-hop/{id}/ban-chot.json`: the snapshot's bytes as they were fixed. Cost: the file, as it is read.
async fn snapshot(ctx: Ctx, Path(id): Path<i64>) -> Outcome {
    let mut tx = ctx.read().await?;
    let one = finished(&ctx, &mut tx, id).await?;
    let attachment = one.file(&mut tx).await?;
    drop(tx);
    let content = ctx.site.thing::<Attachments>().get(&attachment.blob).await?;
    let name = HeaderValue::from_str(&format!("attachment; filename=\"{}\"", attachment.name));
    let mut answer = Response::new(Body::from_stream(content));
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    answer.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(attachment.blob.size));
    if let Ok(name) = name {
        answer.headers_mut().insert(header::CONTENT_DISPOSITION, name);
    }
    if let Ok(tag) = HeaderValue::from_str(&format!("\"{}\"", attachment.blob.sha256)) {
        answer.headers_mut().insert(header::ETAG, tag);
    }
    Ok(answer)
}

/// `GET /tong-hop/luoc-do.json`: the schema of snapshots.
async fn schema(ctx: Ctx) -> Outcome {
    let text = include_str!("../../return.schema.json");
    ctx.download("langso-return-1.schema.json", "application/schema+json", text.as_bytes().to_vec())
}

/// `GET /tong-hop/{id}/bang-chung.json`: the proof that the snapshot's SHA-256 stands in the public ledger.
async fn proven(ctx: Ctx, Path(id): Path<i64>) -> Outcome {
    let mut tx = ctx.read().await?;
    let one = finished(&ctx, &mut tx, id).await?;
    let leaf = leaf::newest(&mut tx, "return", &close::subject(&one)).await?.ok_or_else(|| ctx.not_found())?;
    match proof::of(&mut tx, &leaf).await.map_err(|e| Failure::Internal(e.to_string()))? {
        Some(proof) => ctx.json_with(StatusCode::OK, &proof),
        None => Err(ctx.failure(Problem::conflict(Phrase::new("ledger-waits"), 409))),
    }
}

/// `GET /tong-hop/{id}/nhap/{set}.csv` (or `.xlsx`): the figures as another installation's intake takes them.
async fn exchanged(ctx: Ctx, Path((id, file)): Path<(i64, String)>) -> Outcome {
    let mut tx = ctx.read().await?;
    let one = finished(&ctx, &mut tx, id).await?;
    let (set, kind) = match file.rsplit_once('.') {
        Some((set, "csv")) => (set, Kind::Csv),
        Some((set, "xlsx")) => (set, Kind::Xlsx),
        _ => return Err(ctx.not_found()),
    };
    let law = super::law(&ctx);
    if law.library().set(set).is_none() {
        return Err(ctx.not_found());
    }
    let mut units = units::store::under(&mut tx, one.province, "commune", rulebook::values::year_end(one.year)).await?;
    units.retain(Unit::is_judged_commune);
    let table = exchange::table(&mut tx, &law, &units, set, one.year).await?;
    drop(tx);
    ctx.download(
        &format!("{set}-{}.{}", one.year, kind.extension()),
        kind.media_type(),
        table.bytes(kind, ctx.site.clock.today())?,
    )
}

/// By which names the data values of a return name things, as DHIS2 asks for it.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Schemes {
    id_scheme: String,
}

/// `GET /tong-hop/{id}/dhis2.json?idScheme=`: the return as a DHIS2's `dataValueSets` takes it, from the snapshot. Cost: the file, parsed in memory.
async fn dhis2_json(ctx: Ctx, Path(id): Path<i64>, Asking(schemes): Asking<Schemes>) -> Outcome {
    let (values, asked) = data_values(&ctx, id, &schemes).await?;
    ctx.json(&export::json(&values, &asked))
}

/// `GET /tong-hop/{id}/dhis2.csv?idScheme=`: the same as CSV.
async fn dhis2_csv(ctx: Ctx, Path(id): Path<i64>, Asking(schemes): Asking<Schemes>) -> Outcome {
    let (values, asked) = data_values(&ctx, id, &schemes).await?;
    let body = export::csv(&values, &asked).map_err(|error| Failure::Internal(error.to_string()))?;
    ctx.download("dataValueSets.csv", "application/csv; charset=utf-8", body)
}

async fn data_values(ctx: &Ctx, id: i64, schemes: &Schemes) -> Result<(Vec<export::DataValue>, Wanted), Failure> {
    let scheme = Scheme::read(&schemes.id_scheme).ok_or_else(|| {
        let phrase = Phrase::new("dhis2-no-scheme").with("scheme", schemes.id_scheme.as_str());
        ctx.failure(Problem::input(phrase).at_field("idScheme"))
    })?;
    let mut tx = ctx.read().await?;
    let one = finished(ctx, &mut tx, id).await?;
    let file = one.file(&mut tx).await?;
    drop(tx);
    let content = ctx.site.thing::<Attachments>().get(&file.blob).await?;
    Ok(dhis2::of_file(content, &one, &super::law(ctx), scheme).await?)
}

/// The province's forms of the year, filled with what is public.
async fn filled(ctx: &Ctx, id: i64) -> Result<(Law, Vec<(Form, Filled)>, Reading), Failure> {
    let law = super::law(ctx);
    let mut tx = ctx.read().await?;
    let one = finished(ctx, &mut tx, id).await?;
    let province = units::store::get(&mut tx, one.province).await?.ok_or_else(|| ctx.not_found())?;
    let forms = desk(ctx).forms(&law);
    let wanted = of_level(&forms, Level::Province, one.year);
    let reading = gather(&mut tx, &law, &wanted, &province, one.year, Edition::Published).await?;
    let filled = wanted.into_iter().map(|form| (form.clone(), fill(form, &reading, &law))).collect();
    Ok((law, filled, reading))
}

fn borrowed(forms: Vec<(Form, Filled)>) -> (Vec<Form>, Vec<Filled>) {
    forms.into_iter().unzip()
}

/// `GET /tong-hop/{id}/bieu.xlsx`: every form of the province, and a sheet of sources.
async fn xlsx(ctx: Ctx, Path(id): Path<i64>) -> Outcome {
    let (_, filled, reading) = filled(&ctx, id).await?;
    let (forms, filled) = borrowed(filled);
    let pairs: Vec<(&Form, Filled)> = forms.iter().zip(filled).collect();
    let book = told::book(ctx.lang, &pairs, &reading, ctx.site.clock.today());
    ctx.download(&format!("tong-hop-{}.xlsx", reading.year), Kind::Xlsx.media_type(), book.bytes()?)
}

async fn report(ctx: &Ctx, id: i64) -> Result<(official::Official, i16), Failure> {
    let (law, filled, reading) = filled(ctx, id).await?;
    let (forms, filled) = borrowed(filled);
    let pairs: Vec<(&Form, Filled)> = forms.iter().zip(filled).collect();
    let address = format!("{}/tong-hop/{id}", ctx.origin());
    Ok((document::report(&law, &pairs, &reading, ctx.site.clock.today(), &address), reading.year))
}

/// `GET /tong-hop/{id}/bieu.docx`: the report with every form attached.
async fn docx_file(ctx: Ctx, Path(id): Path<i64>) -> Outcome {
    let (report, year) = report(&ctx, id).await?;
    let template = desk(&ctx).report.clone().unwrap_or_else(official::template);
    let bytes = report.docx(&template).map_err(|why| not_filled(&ctx, why))?;
    ctx.download(&format!("tong-hop-{year}.docx"), docx::MEDIA_TYPE, bytes)
}

/// `GET /tong-hop/{id}/bieu.pdf`: the same as PDF, made one at a time; one row where it is kept.
async fn pdf(ctx: Ctx, Path(id): Path<i64>) -> Outcome {
    let version = ctx.read().await?.version().await?;
    if let Some(paper) = ctx.paper_kept(&version) {
        return Ok(paper);
    }
    let (report, year) = report(&ctx, id).await?;
    let today = ctx.site.clock.today();
    ctx.paper(&version, "application/pdf", move || Ok(report.pdf(&format!("tong-hop {id} {year}"), today)?.bytes)).await
}
