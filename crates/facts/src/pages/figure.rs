//! One figure: where it comes from, who wrote it when, what proves it, what other origins say; and its edit, with the
//! version that was seen.

use super::{law, say};
use crate::{
    Figure, Key, Law,
    figure::{self, EVIDENCE, Edit, Edited, Sheet},
    overlays, published,
};
use axum::{
    body::Bytes,
    http::{StatusCode, header},
    response::{IntoResponse, Redirect},
    routing::{get, post},
};
use kernel::{Phrase, Problem, Revision, UnitId};
use minijinja::{Value, context};
use rulebook::{
    Origin, Value as Given,
    said_in::{Said, Units},
    values::{Column, Typed, one},
};
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;
use store::{
    AuditLine,
    attachments::{self, Attachment, Attachments, Blob},
};
use web::{Asking, Ctx, Failure, Multipart, Outcome, Path, Repeatable, Routes};

pub(super) fn routes() -> Routes {
    Routes::new()
        .read("/so-lieu/{unit}/{measure}/{year}", "figures", get(page))
        .write("/so-lieu/{unit}/{measure}/{year}/sua", "edit", "figures", post(save))
        .read("/tep/{id}", "evidence", get(file))
        .read("/api/v1/units/{id}/figures/{measure}/{year}", "figures", get(read))
        .write("/api/v1/units/{id}/figures/{measure}/{year}/edits", "edit", "figures", post(write))
}

#[derive(utoipa::OpenApi)]
#[openapi(paths(read, write))]
pub struct Description;

/// Bytes of one piece of evidence.
pub(super) const MOST_BYTES: u64 = 20 << 20;
/// Files with one edit.
const MOST_FILES: usize = 5;
/// The kind under which files of a refused form wait for it to come again.
const WAITING: &str = "form";
/// What evidence may be, by the ending of its name: whatever a browser would run is left out.
const KINDS: [(&str, &str); 10] = [
    ("pdf", "application/pdf"),
    ("jpg", "image/jpeg"),
    ("jpeg", "image/jpeg"),
    ("png", "image/png"),
    ("webp", "image/webp"),
    ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("doc", "application/msword"),
    ("xls", "application/vnd.ms-excel"),
    ("txt", "text/plain; charset=utf-8"),
];

type At = (i64, String, i16);

fn address((unit, measure, year): &At) -> String {
    format!("/so-lieu/{unit}/{measure}/{year}")
}

fn origin(name: &str) -> Option<Origin> {
    Origin::ALL.into_iter().find(|o| o.name() == name)
}

/// What a form holds: as it was asked for, or as it was sent and is shown again.
#[derive(Default)]
struct Form {
    origin: Option<Origin>,
    value: Option<String>,
    numerator: String,
    denominator: String,
    source: String,
    publish: bool,
    seen: Option<i64>,
    key: String,
    /// The key under which files of the refused form wait.
    waiting: String,
    evidence: Vec<(Blob, String, String)>,
    /// Said at the field that caused it.
    wrong: Vec<(&'static str, Phrase)>,
    /// What stands there now, where somebody wrote meanwhile.
    changed: Option<Option<Box<Figure>>>,
}

#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    /// The origin to edit.
    #[serde(default)]
    nguon: String,
    /// Said after an edit.
    #[serde(default)]
    da_luu: String,
}

/// `GET /so-lieu/{unit}/{measure}/{year}`. Cost: as [`figure::sheet`].
pub async fn page(ctx: Ctx, Path(at): Path<At>, Asking(asked): Asking<Asked>) -> Outcome {
    let mut tx = ctx.read().await?;
    let sheet = figure::sheet(&mut tx, &law(&ctx), UnitId(at.0), &at.1, at.2).await?;
    let Some(sheet) = sheet else { return Err(ctx.not_found()) };
    let form = Form { origin: origin(&asked.nguon), key: uuid::Uuid::new_v4().to_string(), ..Form::default() };
    let pieces = pieces(&ctx, &mut tx, &sheet).await?;
    let body = tell(&ctx, &law(&ctx), &sheet, &form, !asked.da_luu.is_empty(), &pieces);
    // A writer's form carries a key of its own, so the page is never the same twice.
    if ctx.may("edit", "figures") {
        ctx.page_with(StatusCode::OK, "figure.html", body)
    } else {
        ctx.page("figure.html", body)
    }
}

/// What proves the figure, whichever line of its history.
async fn pieces(ctx: &Ctx, tx: &mut impl store::Query, sheet: &Sheet) -> store::Result<Vec<Value>> {
    let Some(measure) = law(ctx).measure_id(&sheet.measure.id) else { return Ok(Vec::new()) };
    super::evidence::of_measure(ctx, tx, &sheet.unit, measure, sheet.year).await
}

fn files(ctx: &Ctx, files: &[Attachment]) -> Vec<Value> {
    files
        .iter()
        .map(|f| context! { name => f.name, href => ctx.link(&format!("/tep/{}", f.id)), kilobytes => f.blob.size.div_ceil(1024) })
        .collect()
}

fn tell_figure(ctx: &Ctx, sheet: &Sheet, f: &Figure) -> Value {
    context! {
        revision => f.revision.0, address => f.revision.address(), value => say::exactly(ctx.lang, &f.value, sheet.measure.unit.as_deref()),
        origin => say::origin(ctx.lang, f.key.origin), stage => locale::say_key(ctx.lang, &format!("stage-{}", f.stage.name()), &[]),
        actor => locale::say_key(ctx.lang, &format!("role-{}", f.actor.replace('_', "-")), &[]), source => f.source, note => f.note,
        at => locale::date(f.at.day()), clock => locale::clock(f.at),
    }
}

/// What a form shows of a value: as a person types it.
fn typed(ctx: &Ctx, value: Option<&Given>) -> (String, String, String) {
    let text = |n: &kernel::Decimal| locale::plain(ctx.lang, n);
    match value {
        Some(Given::Yes(yes)) => (yes.to_string(), String::new(), String::new()),
        Some(Given::NotApplicable) => ("n/a".into(), String::new(), String::new()),
        Some(Given::Number(n)) => (text(n), String::new(), String::new()),
        Some(Given::Fraction(n, d)) => (String::new(), text(n), text(d)),
        None => Default::default(),
    }
}

fn tell(ctx: &Ctx, law: &Law, sheet: &Sheet, form: &Form, saved: bool, pieces: &[Value]) -> Value {
    let (lang, measure) = (ctx.lang, &sheet.measure);
    let unit_word = measure.unit.as_deref();
    let sides: Vec<Value> = sheet
        .sides
        .iter()
        .map(|side| {
            context! {
                origin => say::origin(lang, side.origin), id => side.origin.name(), read => side.read,
                published => side.published.as_ref().map(|f| tell_figure(ctx, sheet, f)),
                working => side.working.as_ref().map(|f| tell_figure(ctx, sheet, f)),
                computed => side.computed.as_ref().map(|v| say::exactly(lang, v, unit_word)),
                difference => side.difference.as_ref().map(|d| locale::exact(lang, d)),
            }
        })
        .collect();
    let history: Vec<Value> = sheet
        .history
        .iter()
        .map(|(f, evidence)| context! { figure => tell_figure(ctx, sheet, f), files => files(ctx, evidence) })
        .collect();
    let readers: Vec<Value> = figure::readers(law, &measure.id)
        .into_iter()
        .map(|(set, no)| context! { no => no, set => lang.pick(&set.title_vi, &set.title_en), href => ctx.link(&format!("/bo-tieu-chi/{}/{no}", set.set)) })
        .collect();
    let formula = measure.computed.as_ref().map(|c| {
        let inputs: Vec<String> =
            c.of.iter()
                .map(|id| law.library().measure(id).map_or(id.clone(), |m| lang.pick(&m.name_vi, &m.name_en).clone()))
                .collect();
        context! { op => locale::say_key(lang, &format!("operation-{}", c.op.name()), &[]), inputs => inputs }
    });
    context! {
        title => format!("{} · {} · {}", lang.pick(&measure.name_vi, &measure.name_en), sheet.unit.name, sheet.year),
        unit => sheet.unit.name, unit_id => sheet.unit.id.0, unit_href => ctx.link(&format!("{}?nam={}", units::about::href(&sheet.unit), sheet.year)), year => sheet.year.to_string(),
        name => lang.pick(&measure.name_vi, &measure.name_en), measure => measure.id, unit_word => unit_word,
        source => measure.source, confidence => locale::say_key(lang, &format!("confidence-{}", measure.confidence.name()), &[]),
        background => measure.background, sides => sides, history => history, readers => readers, formula => formula, saved => saved,
        pieces => pieces, evidence_href => ctx.link(&format!("/xa/{}/minh-chung?nam={}&chi_so={}", sheet.unit.id, sheet.year, measure.id)),
        form => ctx.may("edit", "figures").then(|| tell_form(ctx, law, sheet, form)),
    }
}

/// The line an editor works on.
fn current(sheet: &Sheet, origin: Origin) -> Option<&Figure> {
    let side = sheet.sides.iter().find(|s| s.origin == origin)?;
    side.working.as_ref().or(side.published.as_ref())
}

fn tell_form(ctx: &Ctx, law: &Law, sheet: &Sheet, form: &Form) -> Value {
    let kind = sheet.measure.kind;
    let chosen = form.origin.unwrap_or(Origin::Declared);
    let now = current(sheet, chosen);
    let (value, numerator, denominator) = match &form.value {
        Some(value) => (value.clone(), form.numerator.clone(), form.denominator.clone()),
        None => typed(ctx, now.map(|f| &f.value)),
    };
    // Computed values are the program's own.
    let origins: Vec<Value> = Origin::ALL
        .into_iter()
        .filter(|o| *o != Origin::Computed)
        .map(|o| context! { id => o.name(), word => say::origin(ctx.lang, o), chosen => o == chosen })
        .collect();
    let wrong = |field: &str| {
        let said = form.wrong.iter().filter(|(f, _)| *f == field).map(|(_, p)| locale::say(ctx.lang, p));
        said.collect::<Vec<_>>()
    };
    let seen = form.seen.unwrap_or_else(|| now.map_or(0, |f| f.revision.0));
    context! {
        action => ctx.link(&format!("{}/sua", address(&(sheet.unit.id.0, sheet.measure.id.clone(), sheet.year)))),
        publish_href => ctx.link(&format!("/xa/{}/cong-bo?nam={}", sheet.unit.id, sheet.year)),
        key => form.key, seen => seen, origin => chosen.name(), origin_word => say::origin(ctx.lang, chosen), origins => origins,
        yes_no => kind.is_yes_no(), percent => kind == rulebook::Kind::Percent, may_not_apply => figure::may_not_apply(law, &sheet.measure.id),
        value => value, numerator => numerator, denominator => denominator, source => form.source, publish => form.publish,
        wrong => context! { value => wrong("value"), numerator => wrong("numerator"), denominator => wrong("denominator"),
                            source => wrong("source"), files => wrong("files") },
        any_wrong => !form.wrong.is_empty(), waiting => form.waiting,
        kept => form.evidence.iter().map(|(_, name, _)| name.clone()).collect::<Vec<_>>(),
        changed => form.changed.as_ref().map(|c| context! { now => c.as_ref().map(|f| tell_figure(ctx, sheet, f)) }),
    }
}

impl Form {
    /// What was sent, in one text; the same form sent again gives the same.
    fn digest(&self) -> String {
        let files: Vec<_> = self.evidence.iter().map(|(blob, name, _)| (&blob.sha256, name)).collect();
        let (value, numerator, denominator) = (&self.value, &self.numerator, &self.denominator);
        format!(
            "{:?}",
            (value, numerator, denominator, &self.source, self.publish, self.seen, &self.waiting, self.origin, files)
        )
    }
}

/// Reads the form; files are kept as they come, before any transaction.
async fn sent(ctx: &Ctx, mut parts: Multipart) -> Result<Form, Failure> {
    let broken = || ctx.failure(Problem::input(Phrase::new("intake-upload-broken")));
    let mut form = Form { value: Some(String::new()), ..Form::default() };
    while let Some(field) = parts.next_field().await.map_err(|_| broken())? {
        let name = field.name().unwrap_or("").to_owned();
        if name == "files" {
            keep(ctx, field, &mut form).await?;
            continue;
        }
        let text = field.text().await.map_err(|_| broken())?;
        match name.as_str() {
            "value" => form.value = Some(text),
            "numerator" => form.numerator = text,
            "denominator" => form.denominator = text,
            "source" => form.source = text.trim().to_owned(),
            "origin" => form.origin = origin(&text),
            "seen" => form.seen = text.parse().ok(),
            "key" => form.key = text,
            "waiting" => form.waiting = text,
            "publish" => form.publish = true,
            _ => {}
        }
    }
    Ok(form)
}

/// What a file is by the ending of its name; `None` where it is none of those that are taken.
pub(super) fn media_type(name: &str) -> Option<&'static str> {
    let ending = name.rsplit_once('.').map_or(String::new(), |(_, e)| e.to_lowercase());
    KINDS.iter().find(|(e, _)| *e == ending).map(|(_, kind)| *kind)
}

async fn keep(ctx: &Ctx, field: axum::extract::multipart::Field<'_>, form: &mut Form) -> Result<(), Failure> {
    let name = field.file_name().unwrap_or("").to_owned();
    if name.is_empty() {
        return Ok(());
    }
    let Some(media_type) = media_type(&name) else {
        form.wrong.push(("files", Phrase::new("figure-file-kind").with("name", name.as_str())));
        return Ok(());
    };
    if form.evidence.len() == MOST_FILES {
        form.wrong.push(("files", Phrase::new("figure-too-many-files").with("most", MOST_FILES)));
        return Ok(());
    }
    match ctx.site.thing::<Attachments>().put(field, MOST_BYTES).await {
        Ok(blob) => form.evidence.push((blob, name, media_type.to_owned())),
        Err(error @ store::StoreError::TooLarge { .. }) => form.wrong.push(("files", error.problem().phrase)),
        Err(error) => return Err(error.into()),
    }
    Ok(())
}

/// What a form's value is, or every problem with its field.
fn value(law: &Law, measure: &rulebook::Measure, form: &mut Form) -> Option<(Given, Option<Said>)> {
    let typed = Typed {
        value: form.value.as_deref().unwrap_or(""),
        numerator: &form.numerator,
        denominator: &form.denominator,
    };
    match one(measure.kind, figure::may_not_apply(law, &measure.id), Units::of(measure), typed) {
        Ok((value, said)) => Some((value, said)),
        Err(problems) => {
            let field = |column| match column {
                Column::Numerator => "numerator",
                Column::Denominator => "denominator",
                _ => "value",
            };
            form.wrong.extend(problems.into_iter().map(|(column, phrase)| (field(column), phrase)));
            None
        }
    }
}

/// `POST /so-lieu/{unit}/{measure}/{year}/sua`: what was typed comes back with whatever is wrong said at its field; where
/// somebody wrote meanwhile, both values are shown.
pub async fn save(ctx: Ctx, Path(at): Path<At>, parts: Multipart) -> Outcome {
    let law = law(&ctx);
    let mut form = sent(&ctx, parts).await?;
    let (Some(measure), Some(id)) = (law.library().measure(&at.1).cloned(), law.measure_id(&at.1)) else {
        return Err(ctx.not_found());
    };
    // Looked up by what was sent, before anything of it is resolved: the same again gets the first answer.
    let same = form.digest();
    let repeatable = Repeatable::of_form(&ctx, &form.key, same.as_bytes());
    let origin = form.origin.filter(|o| *o != Origin::Computed).unwrap_or(Origin::Declared);
    let there = ctx.link(&format!("{}?nguon={}&da_luu=1", address(&at), origin.name()));
    let mut tx = ctx.write().await?;
    if repeatable.seen(&mut tx).await?.is_some() {
        return Ok(Redirect::to(&there).into_response());
    }
    let Some(unit) = units::store::get(&mut tx, UnitId(at.0)).await? else { return Err(ctx.not_found()) };
    let given = value(&law, &measure, &mut form);
    if form.source.is_empty() {
        form.wrong.push(("source", Phrase::new("figure-source-missing")));
    }
    form.wrong.extend(figure::refused(&law, &unit, &measure, at.2).map(|why| ("value", why)));
    if !form.waiting.is_empty() {
        let waiting = attachments::of(&mut tx, WAITING, &form.waiting).await?;
        form.evidence.extend(waiting.into_iter().map(|a| (a.blob, a.name, a.media_type)));
    }
    if let Some((given, said)) = given.filter(|_| form.wrong.is_empty()) {
        let edit = Edit {
            key: Key { unit: unit.id, year: at.2, measure: id, origin },
            value: given,
            seen: form.seen.filter(|s| *s > 0).map(Revision),
            source: crate::said::noted(&form.source, said.as_ref()),
            publish: form.publish,
            evidence: form.evidence.clone(),
        };
        match figure::edit(&mut tx, &law, &edit).await? {
            Edited::Done(revision) => {
                tx.detach(WAITING, &form.waiting).await?;
                repeatable.keep(tx, &json!({"revision": revision})).await?;
                return Ok(Redirect::to(&there).into_response());
            }
            Edited::Changed(now) => {
                form.seen = Some(now.as_ref().map_or(0, |f| f.revision.0));
                form.changed = Some(now);
            }
        }
    }
    // What was sent stays: the files wait under the new form's key.
    form.key = uuid::Uuid::new_v4().to_string();
    if !form.evidence.is_empty() {
        tx.detach(WAITING, &form.waiting).await?;
        for (blob, name, media_type) in &form.evidence {
            tx.attach(blob, name, media_type, WAITING, &form.key).await?;
        }
        let details = json!({"files": form.evidence.iter().map(|(_, name, _)| name).collect::<Vec<_>>()});
        let (kind, subject) = ("figure", format!("{}/{}/{}", at.0, at.1, at.2));
        // Nobody sees them until the figure is saved, and that has its own line.
        tx.audit_quietly(AuditLine { action: "facts.evidence-waits", kind, subject, unit: None, details }).await?;
        tx.commit().await?;
    }
    form.waiting.clone_from(&form.key);
    let status = if form.changed.is_some() { StatusCode::CONFLICT } else { StatusCode::UNPROCESSABLE_ENTITY };
    let mut tx = ctx.read().await?;
    let sheet = figure::sheet(&mut tx, &law, UnitId(at.0), &at.1, at.2).await?;
    let Some(sheet) = sheet else { return Err(ctx.not_found()) };
    let pieces = pieces(&ctx, &mut tx, &sheet).await?;
    ctx.page_with(status, "figure.html", tell(&ctx, &law, &sheet, &form, false, &pieces))
}

/// `GET /tep/{id}`: a piece of evidence, where the line it proves may be seen; the document of a citation, for everybody. Cost: two rows, and the file.
pub async fn file(ctx: Ctx, Path(id): Path<i64>) -> Outcome {
    let mut tx = ctx.read().await?;
    let Some((attachment, kind, subject)) = attachments::subject(&mut tx, id).await? else {
        return Err(ctx.not_found());
    };
    let line = subject.parse().ok().filter(|_| kind == EVIDENCE).map(Revision);
    let visible = match line {
        Some(line) => published::line(&mut tx, line).await?.is_some(),
        None => kind == overlays::FILE,
    };
    if !visible {
        return Err(ctx.not_found());
    }
    drop(tx);
    super::evidence::bytes_of(&ctx, &attachment, false).await
}

fn told(sheet: &Sheet, law: &Law) -> serde_json::Value {
    let line = |f: &Figure| {
        let mut told = super::api::figure(law, f);
        told["stage"] = json!(f.stage);
        told["by"] = json!(f.actor);
        told
    };
    let sides: Vec<_> = sheet
        .sides
        .iter()
        .map(|s| {
            json!({
                "origin": s.origin, "read_by_verdicts": s.read, "published": s.published.as_ref().map(line),
                "working": s.working.as_ref().map(line), "computed": s.computed.as_ref().and_then(Given::shown),
                "difference": s.difference,
            })
        })
        .collect();
    let history: Vec<_> = sheet
        .history
        .iter()
        .map(|(f, files)| {
            let mut told = line(f);
            told["files"] = files
                .iter()
                .map(|a| json!({"address": format!("/tep/{}", a.id), "name": a.name, "sha256": a.blob.sha256, "bytes": a.blob.size}))
                .collect();
            told
        })
        .collect();
    json!({"unit": sheet.unit.id, "measure": &*sheet.measure, "period": format!("{:04}", sheet.year), "origins": sides, "history": history})
}

/// `GET /api/v1/units/{id}/figures/{measure}/{year}`: a figure with every origin, its history and its evidence.
#[utoipa::path(get, path = "/api/v1/units/{id}/figures/{measure}/{year}", responses((status = 200, description = "Every origin, the history, the evidence"),
        (status = 404, description = "There is no such unit or measure")),
    params(("id" = i64, Path, description = "Permanent id"), ("measure" = String, Path, description = "Id of the measure"), ("year" = i16, Path)))]
async fn read(ctx: Ctx, Path(at): Path<At>) -> Outcome {
    let law = law(&ctx);
    let mut tx = ctx.read().await?;
    match figure::sheet(&mut tx, &law, UnitId(at.0), &at.1, at.2).await? {
        Some(sheet) => ctx.json(&told(&sheet, &law)),
        None => Err(ctx.not_found()),
    }
}

/// An edit by a program.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    value: String,
    #[serde(default)]
    numerator: String,
    #[serde(default)]
    denominator: String,
    #[serde(default)]
    origin: String,
    #[serde(default)]
    source: String,
    #[serde(default)]
    publish: bool,
}

/// `POST /api/v1/units/{id}/figures/{measure}/{year}/edits`: writes one figure; `If-Match` names the revision that was seen
/// (`"0"` where there was none).
#[utoipa::path(post, path = "/api/v1/units/{id}/figures/{measure}/{year}/edits", request_body(content = Object, content_type = "application/json",
        description = "value (or numerator and denominator) as text, origin (declared by default), source, publish"),
    responses((status = 200, description = "The revision it stands in now"), (status = 412, description = "It was changed meanwhile; both values"),
        (status = 422, description = "Every problem with its field"), (status = 428, description = "If-Match is missing")),
    params(("id" = i64, Path, description = "Permanent id"), ("measure" = String, Path, description = "Id of the measure"), ("year" = i16, Path),
        ("If-Match" = String, Header, description = "The revision seen"), ("Idempotency-Key" = Option<String>, Header)))]
async fn write(ctx: Ctx, Path(at): Path<At>, bytes: Bytes) -> Outcome {
    let law: Arc<Law> = law(&ctx);
    let (Some(measure), Some(id)) = (law.library().measure(&at.1).cloned(), law.measure_id(&at.1)) else {
        return Err(ctx.not_found());
    };
    let seen =
        ctx.headers.get(header::IF_MATCH).and_then(|v| v.to_str().ok()).and_then(|v| v.trim_matches('"').parse().ok());
    let Some(seen) = seen else {
        return Err(ctx.failure(Problem::conflict(Phrase::new("problem-no-version"), 428)));
    };
    let body: Written = serde_json::from_slice(&bytes)
        .map_err(|e| ctx.failure(Problem::input(Phrase::new("units-bad-json").with("error", e.to_string()))))?;
    let mut form = Form {
        value: Some(body.value),
        numerator: body.numerator,
        denominator: body.denominator,
        source: body.source.trim().to_owned(),
        ..Form::default()
    };
    let origin = if body.origin.is_empty() { Some(Origin::Declared) } else { origin(&body.origin) };
    let Some(origin) = origin.filter(|o| *o != Origin::Computed) else {
        return Err(ctx.failure(Problem::input(Phrase::new("figure-origin-unknown")).at_field("origin")));
    };
    let given = value(&law, &measure, &mut form);
    if form.source.is_empty() {
        form.wrong.push(("source", Phrase::new("figure-source-missing")));
    }
    let mut tx = ctx.read().await?;
    let Some(unit) = units::store::get(&mut tx, UnitId(at.0)).await? else { return Err(ctx.not_found()) };
    drop(tx);
    form.wrong.extend(figure::refused(&law, &unit, &measure, at.2).map(|why| ("value", why)));
    let Some((given, said)) = given.filter(|_| form.wrong.is_empty()) else {
        let said: Vec<_> = form
            .wrong
            .iter()
            .map(|(field, phrase)| web::json_problem(ctx.lang, &Problem::input(phrase.clone()).at_field(*field)))
            .collect();
        let title = locale::say(ctx.lang, &form.wrong[0].1);
        let body = json!({"type": "/api/problems#figure", "title": title, "status": 422, "problems": said});
        return ctx.json_with(StatusCode::UNPROCESSABLE_ENTITY, &body);
    };
    let repeatable = Repeatable::new(&ctx, &bytes);
    let mut tx = ctx.write().await?;
    if let Some(answer) = repeatable.seen(&mut tx).await? {
        return ctx.json_with(StatusCode::OK, &answer);
    }
    let key = Key { unit: UnitId(at.0), year: at.2, measure: id, origin };
    let seen = Some(seen).filter(|s| *s > 0).map(Revision);
    let source = crate::said::noted(&form.source, said.as_ref());
    let edit = Edit { key, value: given, seen, source, publish: body.publish, evidence: Vec::new() };
    match figure::edit(&mut tx, &law, &edit).await? {
        Edited::Done(revision) => {
            repeatable.done(tx, json!({"revision": revision, "address": revision.address()})).await
        }
        Edited::Changed(now) => {
            let body = json!({
                "type": "/api/problems#figure-changed", "title": locale::word(ctx.lang, "figure-changed"), "status": 412,
                "yours": super::api::value(&edit.value), "now": now.map(|f| super::api::figure(&law, &f)),
            });
            ctx.json_with(StatusCode::PRECONDITION_FAILED, &body)
        }
    }
}
