//! Intake on a page: a file is checked, every problem said at its place; what would change is shown; then it is committed.

use super::{law, say};
use crate::{
    Law,
    intake::{self, Checked, Intake},
    jobs::{self, SHOWN},
    model::{Key, Outcome, origin_named},
    record, uploads,
};
use axum::{
    http::StatusCode,
    response::{IntoResponse, Redirect},
};
use documents::values_in::{How, Wrong};
use kernel::{Actor, Phrase, Problem, UnitId};
use locale::Lang;
use minijinja::{Value, context};
use rulebook::{Origin, values::year_end};
use serde::Deserialize;
use serde_json::json;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use store::{AuditLine, Query, WriteTx};
use units::Unit;
use web::{Ctx, Failure, Form, Multipart, Outcome as Answer, Repeatable};

/// `GET /nhap-so-lieu`. Cost: the communes that ended.
pub async fn page(ctx: Ctx) -> Answer {
    ctx.page("intake.html", form(&ctx, Value::UNDEFINED).await?)
}

/// Origins that come from outside.
fn origins() -> impl Iterator<Item = Origin> {
    Origin::ALL.into_iter().filter(|o| origin_named(o.name()).is_some())
}

/// The days, beside a year's end, on which a template's units may be read: the eves of reorganisations.
async fn eves(ctx: &Ctx, years: &std::ops::RangeInclusive<i16>) -> Result<Vec<Value>, Failure> {
    let mut tx = ctx.read().await?;
    let (first, last) = (year_end(*years.start() - 1), ctx.site.clock.today());
    let days = units::store::last_days(&mut tx, &[], first, last).await?;
    Ok(days.into_iter().map(|day| context! { iso => day.to_string(), text => locale::date(day) }).collect())
}

/// What the page shows besides `more`. Cost: the communes that ended.
async fn form(ctx: &Ctx, more: Value) -> Result<Value, Failure> {
    let law = law(ctx);
    let sets: Vec<Value> = law
        .library()
        .sets()
        .map(|s| context! { id => s.set, title => ctx.lang.pick(&s.title_vi, &s.title_en) })
        .collect();
    // Figures of a year are sent when it is over.
    let today = ctx.site.clock.today();
    let (reported, years) = (today.year() - 1, law.years(today));
    let origins: Vec<Value> = origins()
        .map(|o| context! { id => o.name(), title => locale::say_key(ctx.lang, &format!("origin-{}", o.name()), &[]) })
        .collect();
    let base = context! {
        title => locale::word(ctx.lang, "intake-title"), sets => sets, origins => origins, years => years.clone().collect::<Vec<_>>(), eves => eves(ctx, &years).await?, year => reported, main => main_set(ctx),
        can_write => ctx.may("check", "figures"), problems => Vec::<Value>::new(), preview => false, done => false, partly => false,
        key => uuid::Uuid::new_v4().to_string(),
    };
    Ok(if more.is_undefined() {
        base
    } else {
        context! { ..more, ..base }
    })
}

/// The set that figures of the last complete year are for.
fn main_set(ctx: &Ctx) -> String {
    let set = law(ctx).main_set(rulebook::Level::Commune, ctx.site.clock.today().year() - 1).cloned();
    set.map_or_else(String::new, |set| set.set.clone())
}

/// What was sent.
struct Sent {
    name: String,
    set: String,
    origin: Origin,
    bytes: Vec<u8>,
}

async fn sent(ctx: &Ctx, mut parts: Multipart) -> Result<Sent, Failure> {
    let broken = |error: axum::extract::multipart::MultipartError| match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => ctx.too_large(),
        _ => ctx.failure(Problem::input(Phrase::new("intake-upload-broken"))),
    };
    let mut sent = Sent { name: String::new(), set: main_set(ctx), origin: Origin::Declared, bytes: Vec::new() };
    while let Some(mut field) = parts.next_field().await.map_err(broken)? {
        let part = field.name().unwrap_or("").to_owned();
        match part.as_str() {
            "set" => sent.set = field.text().await.map_err(broken)?,
            "origin" => sent.origin = origin(ctx, &field.text().await.map_err(broken)?)?,
            "file" => {
                sent.name = plain(field.file_name().unwrap_or(""));
                while let Some(piece) = field.chunk().await.map_err(broken)? {
                    sent.bytes.extend_from_slice(&piece);
                }
            }
            _ => {}
        }
    }
    Ok(sent)
}

/// A name as it may be kept: no control characters, not endless.
pub(super) fn plain(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(200).collect()
}

/// An origin by name; `declared` where none is named.
pub(super) fn origin(ctx: &Ctx, name: &str) -> Result<Origin, Failure> {
    if name.is_empty() {
        return Ok(Origin::Declared);
    }
    let unknown = || Problem::input(Phrase::new("intake-origin").with("origin", name)).at_field("origin");
    origin_named(name).ok_or_else(|| ctx.failure(unknown()))
}

/// A table checked, or "there is no such set".
pub(super) async fn read(
    ctx: &Ctx,
    tx: &mut impl Query,
    bytes: &[u8],
    how: How,
    intake: &Intake,
) -> Result<Checked, Failure> {
    intake::check(tx, &law(ctx), bytes, how, intake).await?.ok_or_else(|| {
        let phrase = Phrase::new("evaluate-set-unknown").with("set", intake.set.as_str());
        ctx.failure(Problem::input(phrase).at_field("set"))
    })
}

/// What a page says of a table's problems.
fn wrong(ctx: &Ctx, wrong: &Wrong) -> Value {
    let said: Vec<String> = wrong.problems().take(SHOWN).map(|p| locale::problem(ctx.lang, &p)).collect();
    context! { problems => said, problem_count => wrong.len(), problems_left => wrong.len().saturating_sub(SHOWN) }
}

type Change = (Key, rulebook::Value, rulebook::Value);

fn told(lang: Lang, law: &Law, names: &HashMap<UnitId, Unit>, changes: &[Change]) -> Vec<Value> {
    let one = |(key, from, to): &Change| {
        let measure = law.library().measure(law.measure_code(key.measure));
        context! {
            unit => names.get(&key.unit).map(|u| u.name.clone()), year => key.year,
            measure => measure.map(|m| lang.pick(m.name_vi.clone(), m.name_en.clone())),
            from => say::exactly(lang, from, None), to => say::exactly(lang, to, None),
        }
    };
    changes.iter().map(one).collect()
}

/// `POST /nhap-so-lieu/kiem-tra`: nothing is written but the file itself, kept for the commit.
pub async fn check(ctx: Ctx, parts: Multipart) -> Answer {
    let sent = sent(&ctx, parts).await?;
    let intake = Intake { set: sent.set.clone(), origin: sent.origin, publish: false, source: sent.name.clone() };
    let mut tx = ctx.read().await?;
    let checked = read(&ctx, &mut tx, &sent.bytes, How::default(), &intake).await?;
    let status = if checked.wrong.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let problems = wrong(&ctx, &checked.wrong);
    if !checked.is_good(true) {
        let more = context! { file => sent.name, ..problems };
        return ctx.page_with(status, "intake.html", form(&ctx, more).await?);
    }
    let preview = record::preview(&mut tx, &checked.entries).await?;
    drop(tx);
    let hash = hex::encode(Sha256::digest(&sent.bytes));
    let mut tx = ctx.write().await?;
    let upload = uploads::Upload { name: sent.name.clone(), bytes: sent.bytes };
    uploads::keep(&mut tx, &hash, upload, checked.entries.len()).await?;
    tx.commit().await?;
    previewed(&ctx, &checked, &preview, &intake, &hash, status, false).await
}

/// Shows what committing would do. `again`: whether somebody wrote since the last preview.
async fn previewed(
    ctx: &Ctx,
    checked: &Checked,
    preview: &record::Preview,
    intake: &Intake,
    hash: &str,
    status: StatusCode,
    again: bool,
) -> Answer {
    let first = &preview.changes[..preview.changes.len().min(SHOWN)];
    let mut tx = ctx.read().await?;
    let names = units::store::many(&mut tx, &first.iter().map(|c| c.0.unit).collect::<Vec<_>>()).await?;
    let more = context! {
        preview => true, again => again, seen => preview.seen, outcome => Value::from_serialize(preview.outcome),
        changed => told(ctx.lang, &law(ctx), &names, first), changes_left => preview.changes.len() - first.len(),
        file => intake.source, hash => hash, set => intake.set, origin => intake.origin.name(),
        partly => !checked.wrong.is_empty(), good => checked.entries.len(), bad => checked.refused,
        ..wrong(ctx, &checked.wrong)
    };
    ctx.page_with(status, "intake.html", form(ctx, more).await?)
}

/// What the second form sends.
#[derive(Deserialize)]
pub struct Confirmed {
    hash: String,
    set: String,
    key: String,
    #[serde(default)]
    origin: String,
    #[serde(default)]
    publish: String,
    /// The correct rows only.
    #[serde(default)]
    partly: String,
    /// What the preview compared with.
    #[serde(default)]
    seen: String,
}

/// As whom a file that waits is recorded. Cost: for whoever has one role that may none; else that of the check.
async fn recorder(ctx: &Ctx, hash: &str, set: &str, origin: Origin, publish: bool) -> Result<Actor, Failure> {
    let actors = ctx.reader.actors("import", "figures");
    if actors.len() < 2 {
        return Ok(ctx.actor.clone());
    }
    let mut tx = ctx.read().await?;
    let Some(upload) = uploads::find(&mut tx, hash).await? else { return Ok(ctx.actor.clone()) };
    let intake = Intake { set: set.to_owned(), origin, publish, source: upload.name };
    let checked = read(ctx, &mut tx, &upload.bytes, How::default(), &intake).await?;
    Ok(record::recorder(&mut tx, &law(ctx), (&ctx.actor, actors), &checked.entries, publish).await?)
}

/// `POST /nhap-so-lieu/ghi`: one transaction, or for a large file a job; the same key again gets the same answer.
pub async fn commit(ctx: Ctx, Form(form_sent): Form<Confirmed>) -> Answer {
    let Confirmed { hash, set, publish, partly, .. } = &form_sent;
    let sent = format!("{hash}/{set}/{}/{publish}/{partly}", form_sent.origin);
    let origin = origin(&ctx, &form_sent.origin)?;
    let repeatable = Repeatable::of_form(&ctx, &form_sent.key, sent.as_bytes());
    let (publish, partly) = (!publish.is_empty(), !partly.is_empty());
    let actor = recorder(&ctx, hash, set, origin, publish).await?;
    let mut tx = ctx.write_as(&actor).await?;
    let answer = match repeatable.seen(&mut tx).await? {
        Some(answer) => answer,
        None => {
            let Some((name, figures)) = uploads::size(&mut tx, hash).await? else { return Err(forgotten(&ctx)) };
            let intake = Intake { set: set.clone(), origin, publish, source: name };
            if figures > jobs::LARGE {
                let answer = json!({"job": queue(&ctx, &mut tx, hash, &intake, partly, &form_sent.seen).await?});
                repeatable.keep(tx, &answer).await?;
                answer
            } else {
                let Some(upload) = uploads::find(&mut tx, hash).await? else { return Err(forgotten(&ctx)) };
                let checked = read(&ctx, &mut tx, &upload.bytes, How::default(), &intake).await?;
                if !checked.is_good(partly) {
                    let more = context! { file => intake.source, ..wrong(&ctx, &checked.wrong) };
                    return ctx.page_with(StatusCode::UNPROCESSABLE_ENTITY, "intake.html", form(&ctx, more).await?);
                }
                let now = record::preview(&mut tx, &checked.entries).await?;
                if !form_sent.seen.is_empty() && now.seen != form_sent.seen {
                    drop(tx);
                    return previewed(&ctx, &checked, &now, &intake, hash, StatusCode::CONFLICT, true).await;
                }
                let outcome = intake::commit(&mut tx, &law(&ctx), &checked.entries, &intake, &upload.bytes).await?;
                uploads::forget(&mut tx, hash).await?;
                let answer = serde_json::to_value(outcome)?;
                repeatable.keep(tx, &answer).await?;
                answer
            }
        }
    };
    if let Some(job) = answer["job"].as_i64() {
        return Ok(Redirect::to(&ctx.link(&format!("/viec/{job}"))).into_response());
    }
    let outcome: Outcome = serde_json::from_value(answer)?;
    let more = context! { done => true, outcome => Value::from_serialize(outcome), published => publish };
    ctx.page_with(StatusCode::OK, "intake.html", form(&ctx, more).await?)
}

/// The file was committed already, or nobody came back for a day.
fn forgotten(ctx: &Ctx) -> Failure {
    ctx.failure(Problem::not_found(Phrase::new("intake-forgotten")))
}

/// Queues the commit of a large file; the job's number.
async fn queue(
    ctx: &Ctx,
    tx: &mut WriteTx,
    hash: &str,
    intake: &Intake,
    partly: bool,
    seen: &str,
) -> Result<i64, Failure> {
    let import = jobs::Import {
        hash: hash.to_owned(),
        set: intake.set.clone(),
        origin: intake.origin,
        publish: intake.publish,
        partly,
        lang: ctx.lang.tag().into(),
        seen: seen.to_owned(),
        by: ctx.actor.person,
        local_admin: ctx.actor.role == kernel::Role::LocalAdmin,
    };
    // A file asked for in another way is another job: it must not change the one that waits.
    let asked = serde_json::to_value(import)?;
    let key = format!("{}/{hash}/{}", jobs::IMPORT, hex::encode(Sha256::digest(asked.to_string())));
    let job = tx.enqueue(jobs::IMPORT, Some(&key), &asked).await?;
    let (subject, details) = (job.to_string(), json!({"file": hash, "name": intake.source}));
    // What the job writes has its own lines.
    tx.audit_quietly(AuditLine { action: "facts.import-queued", kind: "job", subject, unit: None, details }).await?;
    Ok(job)
}
