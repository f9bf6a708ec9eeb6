//! Boundaries on a page: a file is checked, everything wrong is said with its feature; then it is kept whole.

use super::{Import, Report, inspect, keep};
use crate::{Refused, pages::day, store as units};
use axum::{
    body::Bytes,
    http::StatusCode,
    routing::{get, post},
};
use kernel::{Phrase, Problem};
use minijinja::{Value, context};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use web::{Ctx, Failure, Form, Multipart, Outcome, Repeatable, Routes};

pub fn routes() -> Routes {
    Routes::new()
        .read("/don-vi/ranh-gioi", "units", get(page))
        .write("/don-vi/ranh-gioi/kiem-tra", "check", "units", post(check))
        .write("/don-vi/ranh-gioi/ghi", "import", "units", post(commit))
}

/// Problems and units shown at once; all of them are counted.
const SHOWN: usize = 200;

/// `GET /don-vi/ranh-gioi`. Cost: no row.
async fn page(ctx: Ctx) -> Outcome {
    ctx.page("boundaries.html", form(&ctx, &Asked::default(), Value::UNDEFINED))
}

/// What a form says beside its file, and again with its commit.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    ngay: String,
    cap: String,
    nguon: String,
    cot: String,
}

impl Asked {
    fn import(&self, ctx: &Ctx, dry_run: bool) -> Result<Import, Failure> {
        Ok(Import {
            day: day(ctx, &self.ngay, "ngay")?,
            level: if self.cap.is_empty() { "commune".into() } else { self.cap.clone() },
            under: None,
            code_field: (!self.cot.trim().is_empty()).then(|| self.cot.trim().to_owned()),
            source: self.nguon.clone(),
            dry_run,
        })
    }
}

fn form(ctx: &Ctx, asked: &Asked, more: Value) -> Value {
    let chosen = if asked.cap.is_empty() { "commune" } else { asked.cap.as_str() };
    let level = |id: &'static str| {
        let word = locale::say_key(ctx.lang, &format!("units-level-{id}"), &[]);
        context! { id => id, word => word, chosen => id == chosen }
    };
    let today = ctx.site.clock.today().to_string();
    let base = context! {
        title => locale::word(ctx.lang, "boundaries-title"), can_write => ctx.may("check", "units"), report => false, done => false,
        levels => ["commune", "district", "province"].map(level).to_vec(), key => fresh_key(),
        day => if asked.ngay.is_empty() { today } else { asked.ngay.clone() }, level => chosen,
        source => asked.nguon, code_field => asked.cot, list => ctx.link("/don-vi"),
    };
    if more.is_undefined() {
        base
    } else {
        context! { ..more, ..base }
    }
}

/// A key that no other form has.
fn fresh_key() -> String {
    uuid::Uuid::new_v4().to_string()
}

/// What was found in a file, as the page shows it.
fn told(ctx: &Ctx, file: &str, report: &Report) -> Value {
    let said = |problems: &[Problem]| -> Vec<String> {
        problems.iter().take(SHOWN).map(|p| locale::say(ctx.lang, &p.phrase)).collect()
    };
    let missing: Vec<Value> =
        report.missing.iter().take(SHOWN).map(|u| context! { name => u.name, code => u.code }).collect();
    context! {
        report => true, file => file, good => report.good.len(), errors => said(&report.errors),
        error_count => report.errors.len(), warnings => said(&report.warnings), warning_count => report.warnings.len(),
        missing => missing, missing_count => report.missing.len(),
    }
}

/// What a file is refused for as a whole, told like what is wrong inside it.
fn as_report(refused: Refused) -> Result<Report, Failure> {
    match refused {
        Refused::Problems(errors) => Ok(Report { errors, ..Report::default() }),
        Refused::Changed(overtaken) => Ok(Report { errors: vec![overtaken.problem], ..Report::default() }),
        Refused::Store(error) => Err(error.into()),
    }
}

/// `POST /don-vi/ranh-gioi/kiem-tra`: nothing is written but the file itself, kept for the commit.
async fn check(ctx: Ctx, mut parts: Multipart) -> Outcome {
    let broken = || ctx.failure(Problem::input(Phrase::new("boundaries-upload-broken")));
    let (mut asked, mut name, mut bytes) = (Asked::default(), String::new(), Bytes::new());
    while let Some(field) = parts.next_field().await.map_err(|_| broken())? {
        let part = field.name().unwrap_or("").to_owned();
        if part == "tep" {
            name = field.file_name().unwrap_or("").to_owned();
            bytes = field.bytes().await.map_err(|_| broken())?;
            continue;
        }
        let text = field.text().await.map_err(|_| broken())?;
        match part.as_str() {
            "ngay" => asked.ngay = text,
            "cap" => asked.cap = text,
            "nguon" => asked.nguon = text,
            "cot" => asked.cot = text,
            _ => {}
        }
    }
    let what = asked.import(&ctx, true)?;
    let hash = hex::encode(Sha256::digest(&bytes));
    let report = match inspect(&ctx.site.store, &ctx.actor, bytes.clone(), &what).await {
        Ok(report) => report,
        Err(refused) => as_report(refused)?,
    };
    let shown = told(&ctx, &name, &report);
    if !report.errors.is_empty() {
        return ctx.page_with(StatusCode::UNPROCESSABLE_ENTITY, "boundaries.html", form(&ctx, &asked, shown));
    }
    let mut tx = ctx.write().await?;
    units::keep_upload(&mut tx, &hash, &name, bytes.into()).await?;
    tx.commit().await?;
    ctx.page_with(StatusCode::OK, "boundaries.html", form(&ctx, &asked, context! { hash => hash, ..shown }))
}

/// What the second form sends.
#[derive(Deserialize)]
struct Confirmed {
    hash: String,
    key: String,
    ngay: String,
    cap: String,
    nguon: String,
    #[serde(default)]
    cot: String,
}

/// `POST /don-vi/ranh-gioi/ghi`: one transaction; the same key again gets the same answer.
async fn commit(ctx: Ctx, Form(sent): Form<Confirmed>) -> Outcome {
    let body = [&sent.hash, &sent.ngay, &sent.cap, &sent.nguon, &sent.cot].map(String::as_str).join("\n");
    let asked = Asked { ngay: sent.ngay, cap: sent.cap, nguon: sent.nguon, cot: sent.cot };
    let repeatable = Repeatable::of_form(&ctx, &sent.key, body.as_bytes());
    let seen = repeatable.seen(&mut ctx.write().await?).await?;
    let kept = match seen {
        Some(kept) => kept,
        None => match keep_upload(&ctx, &sent.hash, &asked.import(&ctx, false)?, &repeatable).await? {
            Ok(kept) => kept,
            Err((name, report)) => {
                // Units changed between the check and the commit.
                let shown = told(&ctx, &name, &report);
                return ctx.page_with(StatusCode::UNPROCESSABLE_ENTITY, "boundaries.html", form(&ctx, &asked, shown));
            }
        },
    };
    let more = context! { done => true, kept => Value::from_serialize(kept) };
    ctx.page_with(StatusCode::OK, "boundaries.html", form(&ctx, &Asked::default(), more))
}

/// Keeps the boundaries of a waiting file: the answer, or the file's name and what is wrong. No writer waits while the file
/// is read.
async fn keep_upload(
    ctx: &Ctx,
    hash: &str,
    what: &Import,
    repeatable: &Repeatable<'_>,
) -> Result<Result<serde_json::Value, (String, Report)>, Failure> {
    let mut tx = ctx.read().await?;
    let Some((name, bytes)) = units::upload(&mut tx, hash).await? else { return Err(ctx.not_found()) };
    drop(tx);
    let report = match inspect(&ctx.site.store, &ctx.actor, bytes, what).await {
        Ok(report) => report,
        Err(refused) => as_report(refused)?,
    };
    if !report.errors.is_empty() {
        return Ok(Err((name, report)));
    }
    let mut tx = ctx.write().await?;
    if let Some(kept) = repeatable.seen(&mut tx).await? {
        return Ok(Ok(kept));
    }
    if let Err(refused) = keep(&mut tx, &report, what).await {
        return Ok(Err((name, as_report(refused)?)));
    }
    units::forget_upload(&mut tx, hash).await?;
    let kept = serde_json::json!({"good": report.good.len(), "missing": report.missing.len()});
    repeatable.keep(tx, &kept).await?;
    Ok(Ok(kept))
}
