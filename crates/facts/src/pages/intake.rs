//! Intake on a page: a file is checked, every problem said at its place; what would change is shown; then it is committed.

use super::{law, say};
use crate::{
    intake::{self, Intake, StoredUnits},
    record,
};
use axum::{
    extract::{Form, Multipart},
    http::StatusCode,
};
use documents::sheet_in::{self, Limits};
use kernel::{Phrase, Problem};
use minijinja::{Value, context};
use rulebook::{
    Origin,
    values::{self, Columns, Context, Fault, Places, Reader, csv},
};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::{borrow::Cow, ops::ControlFlow};
use store::{Query, args};
use web::{Ctx, Failure, Outcome, Repeatable};

/// `GET /nhap-so-lieu`. Cost: no row.
pub async fn page(ctx: Ctx) -> Outcome {
    ctx.page("intake.html", form(&ctx, Value::UNDEFINED))
}

fn form(ctx: &Ctx, more: Value) -> Value {
    let law = law(ctx);
    let sets: Vec<Value> = law
        .library()
        .sets()
        .map(|s| context! { id => s.set, title => ctx.lang.pick(&s.title_vi, &s.title_en) })
        .collect();
    let base = context! {
        title => locale::word(ctx.lang, "intake-title"), sets => sets, can_write => ctx.can_write(), problems => Vec::<Value>::new(),
        preview => false, done => false, key => uuid::Uuid::new_v4().to_string(),
    };
    if more.is_undefined() {
        base
    } else {
        context! { ..more, ..base }
    }
}

/// What was sent.
struct Upload {
    name: String,
    set: String,
    bytes: Vec<u8>,
}

async fn upload(ctx: &Ctx, mut parts: Multipart) -> Result<Upload, Failure> {
    let broken = || ctx.failure(Problem::input(Phrase::new("intake-upload-broken")));
    let mut upload = Upload { name: String::new(), set: "commune-2021-2025".into(), bytes: Vec::new() };
    while let Some(field) = parts.next_field().await.map_err(|_| broken())? {
        match field.name().unwrap_or("") {
            "set" => upload.set = field.text().await.map_err(|_| broken())?,
            "file" => {
                upload.name = field.file_name().unwrap_or("").to_owned();
                upload.bytes = field.bytes().await.map_err(|_| broken())?.to_vec();
            }
            _ => {}
        }
    }
    Ok(upload)
}

/// A file's rows as figures, or every problem with its place.
pub(super) async fn read(
    ctx: &Ctx,
    tx: &mut impl Query,
    bytes: &[u8],
    intake: &Intake,
) -> Result<Result<Vec<crate::Entry>, Vec<Problem>>, Failure> {
    let law = law(ctx);
    let units = StoredUnits::load(tx, intake::level(law.library(), &intake.set), 2025).await?;
    let Some(context) = Context::new(law.library(), &intake.set, &units, None) else { return Err(ctx.not_found()) };
    let read = || -> Result<Vec<crate::Entry>, Vec<Problem>> {
        let (table, places) = if sheet_in::is_workbook(bytes) {
            workbook(&context, bytes)?
        } else {
            let text = csv::text(bytes).map_err(|lines| {
                let fault = |line| Fault::new(line, None, Phrase::new("values-not-utf8")).problem(&Places::Lines);
                lines.into_iter().map(fault).collect::<Vec<_>>()
            })?;
            let table = values::read_csv(&context, text, false);
            (table.map_err(|f| f.iter().map(|f| f.problem(&Places::Lines)).collect::<Vec<_>>())?, Places::Lines)
        };
        intake::entries(&context, &units, &law, &table, intake)
            .map_err(|f| f.iter().map(|f| f.problem(&places)).collect())
    };
    Ok(read())
}

fn tidy(row: &sheet_in::Row) -> Vec<Cow<'_, str>> {
    row.cells.iter().map(|c| csv::tidy(Cow::Borrowed(c.text.as_str()))).collect()
}

fn workbook(context: &Context, bytes: &[u8]) -> Result<(values::Table, Places), Vec<Problem>> {
    let mut workbook = sheet_in::open(bytes, Limits::default())?;
    for sheet in workbook.sheets() {
        let mut first = None;
        workbook.rows(&sheet, |row| {
            first = Some(row);
            ControlFlow::Break(())
        })?;
        let Some(first) = first.filter(|r| Columns::looks_like_header(&tidy(r))) else { continue };
        let columns = Columns::find(&tidy(&first)).map_err(|problems| {
            let problem = |p| Problem::input(p).at_cell(sheet.clone(), "A1");
            problems.into_iter().map(problem).collect::<Vec<_>>()
        })?;
        let mut problems = workbook.suspicious(&sheet)?;
        let mut reader = Reader::new(context, &columns);
        workbook.rows(&sheet, |row| {
            if row.number > first.number {
                let typed: Vec<bool> = row.cells.iter().map(|c| c.number).collect();
                reader.typed_record(row.number, &tidy(&row), &typed);
            }
            ControlFlow::Continue(())
        })?;
        let places = Places::Cells { sheet, columns: columns.clone() };
        return match values::finish(context, vec![reader], false) {
            Ok(table) if problems.is_empty() => Ok((table, places)),
            Ok(_) => Err(problems),
            Err(faults) => {
                problems.extend(faults.iter().map(|f| f.problem(&places)));
                Err(problems)
            }
        };
    }
    Err(vec![Problem::input(Phrase::new("evaluate-no-sheet"))])
}

/// Problems shown at once; all of them are counted.
const SHOWN: usize = 200;

fn said(ctx: &Ctx, problems: &[Problem]) -> Vec<String> {
    problems.iter().take(SHOWN).map(|p| locale::problem(ctx.lang, p)).collect()
}

/// `POST /nhap-so-lieu/kiem-tra`: nothing is written but the file itself, kept for the commit.
pub async fn check(ctx: Ctx, parts: Multipart) -> Outcome {
    let upload = upload(&ctx, parts).await?;
    let intake =
        Intake { set: upload.set.clone(), origin: Origin::Declared, publish: false, source: upload.name.clone() };
    let mut tx = ctx.read().await?;
    let entries = match read(&ctx, &mut tx, &upload.bytes, &intake).await? {
        Ok(entries) => entries,
        Err(problems) => {
            let more =
                context! { problems => said(&ctx, &problems), problem_count => problems.len(), file => upload.name };
            return ctx.page_with(StatusCode::UNPROCESSABLE_ENTITY, "intake.html", form(&ctx, more));
        }
    };
    let (outcome, changes) = record::preview(&mut tx, &entries).await?;
    let law = law(&ctx);
    let names = units::store::many(&mut tx, &changes.iter().map(|c| c.0.unit).collect::<Vec<_>>()).await?;
    drop(tx);
    let shown = |v: &rulebook::Value| say::exactly(ctx.lang, v, None);
    let changed: Vec<Value> = changes
        .iter()
        .take(SHOWN)
        .map(|(key, from, to)| {
            let measure = law.library().measure(law.measure_code(key.measure));
            context! {
                unit => names.get(&key.unit).map(|u| u.name.clone()), year => key.year,
                measure => measure.map(|m| ctx.lang.pick(m.name_vi.clone(), m.name_en.clone())), from => shown(from), to => shown(to),
            }
        })
        .collect();
    let hash = hex::encode(Sha256::digest(&upload.bytes));
    let mut tx = ctx.write().await?;
    tx.execute(
        "INSERT INTO facts_upload (sha256, name, bytes, at) VALUES ($1, $2, $3, $4) ON CONFLICT (sha256) DO NOTHING",
        args![&hash, &upload.name, upload.bytes, ctx.site.clock.now()],
    )
    .await?;
    tx.commit().await?;
    let more = context! {
        preview => true, outcome => Value::from_serialize(outcome), changed => changed, file => upload.name, hash => hash,
        set => upload.set,
    };
    ctx.page_with(StatusCode::OK, "intake.html", form(&ctx, more))
}

/// What the second form sends.
#[derive(Deserialize)]
pub struct Confirmed {
    hash: String,
    set: String,
    key: String,
    #[serde(default)]
    publish: String,
}

/// `POST /nhap-so-lieu/ghi`: one transaction; the same key again gets the same answer.
pub async fn commit(ctx: Ctx, Form(form_sent): Form<Confirmed>) -> Outcome {
    let sent = format!("{}/{}/{}", form_sent.hash, form_sent.set, form_sent.publish);
    let repeatable = Repeatable::of_form(&ctx, &form_sent.key, sent.as_bytes());
    let mut tx = ctx.write().await?;
    let outcome = match repeatable.seen(&mut tx).await? {
        Some(answer) => answer,
        None => {
            let row = tx.row("SELECT name, bytes FROM facts_upload WHERE sha256 = $1", args![&form_sent.hash]).await?;
            let Some(row) = row else { return Err(ctx.not_found()) };
            let (name, bytes) = (row.text(0)?, row.blob(1)?);
            let publish = !form_sent.publish.is_empty();
            let intake = Intake { set: form_sent.set.clone(), origin: Origin::Declared, publish, source: name };
            let entries = match read(&ctx, &mut tx, &bytes, &intake).await? {
                Ok(entries) => entries,
                Err(problems) => {
                    let more = context! { problems => said(&ctx, &problems), problem_count => problems.len(), file => intake.source };
                    return ctx.page_with(StatusCode::UNPROCESSABLE_ENTITY, "intake.html", form(&ctx, more));
                }
            };
            let outcome = intake::commit(&mut tx, &law(&ctx), &entries, &intake, &bytes).await?;
            let outcome = serde_json::to_value(outcome)?;
            tx.execute("DELETE FROM facts_upload WHERE sha256 = $1", args![&form_sent.hash]).await?;
            repeatable.keep(tx, &outcome).await?;
            outcome
        }
    };
    let more = context! { done => true, outcome => Value::from_serialize(outcome), published => !form_sent.publish.is_empty() };
    ctx.page_with(StatusCode::OK, "intake.html", form(&ctx, more))
}
