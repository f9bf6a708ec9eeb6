//! The audit trail, for who reads it: by who, what, unit and time, a line shown as what it changed.

use crate::{
    rules::{day, role_word},
    store,
};
use ::store::trail::{Line, Wanted, lines};
use axum::http::StatusCode;
use documents::{
    list_out::{Kind, List},
    sheet_out::Content,
};
use kernel::{Day, PersonId, Phrase, Problem, Role};
use minijinja::{Value, context};
use serde::Deserialize;
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use units::listed::{Answer, Listed};
use web::{Asking, Ctx, Failure, Outcome};

/// Lines on a page, and of one file.
const PER: i64 = 50;
const MOST: i64 = 50_000;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    /// Login of whoever did it.
    nguoi: String,
    viec: String,
    don_vi: String,
    doi_tuong: String,
    tu: String,
    den: String,
    /// `cu`: the oldest first.
    sap: String,
    trang: String,
}

impl Asked {
    /// The address of the same search, without its page.
    fn kept(&self) -> String {
        let Asked { nguoi, viec, don_vi, doi_tuong, tu, den, sap, .. } = self;
        let all = [("nguoi", nguoi), ("viec", viec), ("don_vi", don_vi), ("doi_tuong", doi_tuong), ("tu", tu)];
        let all = all.into_iter().chain([("den", den), ("sap", sap)]).map(|(name, value)| (name, value.as_str()));
        web::kept(&all.collect::<Vec<_>>())
    }
}

/// What is asked for, or the field that asks for nothing there is, and the key of why. Cost: the person and the unit named.
async fn wanted(ctx: &Ctx, asked: &Asked) -> Result<Result<Wanted, (&'static str, &'static str)>, Failure> {
    let mut tx = ctx.read().await?;
    let person = match asked.nguoi.trim() {
        "" => None,
        login => match store::by_login(&mut tx, login).await? {
            Some(person) => Some(person.id),
            None => return Ok(Err(("nguoi", "trail-nobody"))),
        },
    };
    let unit = match asked.don_vi.trim() {
        "" => None,
        text => match super::people::unit(&mut tx, text, ctx.site.clock.today()).await? {
            Some(unit) => Some(unit.id),
            None => return Ok(Err(("don_vi", "unit-unknown"))),
        },
    };
    let mut days = [None; 2];
    for (at, (field, text)) in [("tu", &asked.tu), ("den", &asked.den)].into_iter().enumerate() {
        days[at] = day(text);
        if days[at].is_none() && !text.trim().is_empty() {
            return Ok(Err((field, "day-bad")));
        }
    }
    let next = |day: Day| Day::from_epoch_days(day.epoch_days() + 1);
    Ok(Ok(Wanted {
        person,
        action: asked.viec.trim().to_owned(),
        unit,
        subject: asked.doi_tuong.trim().to_owned(),
        from: days[0].map(Day::begins),
        to: days[1].map(|day| next(day).begins()),
        beyond: None,
        oldest: asked.sap == "cu",
    }))
}

/// The line of a reading of the trail: what was searched, and whose doings, so that they find it in what is kept of them.
async fn note(
    ctx: &Ctx,
    action: &'static str,
    asked: &Asked,
    wanted: Option<&Wanted>,
    lines: usize,
) -> Result<(), Failure> {
    let searched = json!({"viec": asked.viec, "don_vi": asked.don_vi, "doi_tuong": asked.doi_tuong, "tu": asked.tu, "den": asked.den});
    let searched = searched.as_object().into_iter().flatten().filter(|(_, text)| text.as_str() != Some(""));
    let searched: serde_json::Map<String, Json> = searched.map(|(name, text)| (name.clone(), text.clone())).collect();
    let details = json!({"lines": lines, "searched": searched});
    super::people::note_reading(ctx, action, wanted.and_then(|wanted| wanted.person), details).await
}

/// A value in a few words.
fn plain(value: &Json) -> String {
    match value {
        Json::Null => "–".to_owned(),
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// What a line says, field by field: before and after where it has both, else what it has.
fn fields(details: &Json) -> Vec<Value> {
    let object = |name: &str| details.get(name).and_then(Json::as_object);
    if let (Some(before), Some(after)) = (object("before"), object("after")) {
        let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
        let changed = names.into_iter().filter(|name| before.get(*name) != after.get(*name));
        let side = |side: &serde_json::Map<String, Json>, name: &str| side.get(name).map_or_else(String::new, plain);
        return changed
            .map(|name| context! { name => name, before => side(before, name), after => side(after, name) })
            .collect();
    }
    let all = details.as_object().into_iter().flatten();
    all.map(|(name, value)| context! { name => name, before => "", after => plain(value) }).collect()
}

/// Names of the people of these lines. Cost: those people.
async fn names(ctx: &Ctx, found: &[Line]) -> Result<BTreeMap<PersonId, String>, Failure> {
    let people: BTreeSet<PersonId> = found.iter().filter_map(|line| line.person).collect();
    let people: Vec<PersonId> = people.into_iter().collect();
    let mut tx = ctx.read().await?;
    let contacts = ctx.site.people.contacts(&mut tx, &people).await?;
    Ok(contacts.into_iter().map(|(person, contact)| (person, contact.name)).collect())
}

fn role(ctx: &Ctx, name: &str) -> String {
    Role::from_name(name).map_or_else(|| name.to_owned(), |role| role_word(ctx.lang, role))
}

/// `GET /nhat-ky`. Reading the trail is itself a line of it.
pub(super) async fn page(ctx: Ctx, Asking(asked): Asking<Asked>) -> Outcome {
    let page = web::page_from_one(&asked.trang);
    let wanted = wanted(&ctx, &asked).await?;
    let (found, more) = match &wanted {
        Ok(wanted) => lines(&mut ctx.read().await?, wanted, PER, page * PER).await?,
        Err(_) => (Vec::new(), false),
    };
    let names = names(&ctx, &found).await?;
    note(&ctx, "audit.read", &asked, wanted.as_ref().ok(), found.len()).await?;
    let shown: Vec<Value> = found
        .iter()
        .map(|line| {
            context! {
                seq => line.seq, at => locale::moment(line.at), who => line.person.and_then(|p| names.get(&p)), role => role(&ctx, &line.role),
                action => line.action, kind => line.kind, subject => line.subject, unit => line.unit.map(|u| u.0), hash => line.hash,
                sealed => line.sealed, erased => line.erased, fields => line.details.as_ref().map(fields).unwrap_or_default(),
            }
        })
        .collect();
    let body = context! {
        title => locale::word(ctx.lang, "trail-title"), lines => shown, nguoi => asked.nguoi, viec => asked.viec,
        don_vi => asked.don_vi, doi_tuong => asked.doi_tuong, tu => asked.tu, den => asked.den, sap => asked.sap, page => page + 1, more => more,
        query => asked.kept(), most => MOST, field => wanted.as_ref().err().map_or("", |(field, _)| field),
        wrong => wanted.as_ref().err().map(|(_, key)| locale::word(ctx.lang, key)),
    };
    let status = if wanted.is_err() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    ctx.page_with(status, "trail.html", body)
}

/// `GET /nhat-ky.csv`: what the search finds.
pub(super) async fn csv(ctx: Ctx, Asking(asked): Asking<Asked>) -> Outcome {
    export(&ctx, &asked, Kind::Csv).await
}

/// `GET /nhat-ky.xlsx`: the same as a spreadsheet.
pub(super) async fn xlsx(ctx: Ctx, Asking(asked): Asking<Asked>) -> Outcome {
    export(&ctx, &asked, Kind::Xlsx).await
}

const FIELDS: [&str; 11] =
    ["seq", "at", "role", "person", "action", "kind", "subject", "unit", "details", "erased", "hash"];

#[derive(utoipa::OpenApi)]
#[openapi(paths(api))]
pub struct Description;

/// `GET /api/v1/audit`: lines of the trail, the newest first. Reading them is itself a line.
#[utoipa::path(get, path = "/api/v1/audit", responses((status = 200, description = "Lines, the newest first; reading is noted"), (status = 422, description = "Nobody, no unit or no day of this name, at its field")),
    params(("nguoi" = Option<String>, Query, description = "Login of whoever did it"), ("viec" = Option<String>, Query, description = "How the action begins"),
        ("don_vi" = Option<String>, Query, description = "Number of the unit, or its code of today"), ("doi_tuong" = Option<String>, Query, description = "Kind or number of the subject"),
        ("tu" = Option<String>, Query), ("den" = Option<String>, Query), ("sap" = Option<String>, Query, description = "`cu`: the oldest first"), ("fields" = Option<String>, Query), ("cursor" = Option<String>, Query), ("per" = Option<i64>, Query)))]
pub(super) async fn api(ctx: Ctx, Asking(asked): Asking<Asked>, Asking(listed): Asking<Listed>) -> Outcome {
    let per = listed.per(100);
    let beyond = listed.after_number(&ctx, "lines")?;
    let wanted = Wanted { beyond, ..sought(&ctx, &asked).await? };
    let (found, more) = lines(&mut ctx.read().await?, &wanted, per, 0).await?;
    note(&ctx, "audit.read", &asked, Some(&wanted), found.len()).await?;
    let next = found.last().filter(|_| more).map(|line| line.seq.to_string());
    let row = |line: &Line| {
        json!({
            "seq": line.seq, "at": line.at.rfc3339(), "role": line.role, "person": line.person, "action": line.action,
            "kind": line.kind, "subject": line.subject, "unit": line.unit, "details": line.details, "erased": line.erased,
            "hash": line.hash,
        })
    };
    let rows = found.iter().map(row).collect();
    listed.answer(&ctx, Answer { name: "lines", about: json!({}), fields: &FIELDS, rows, next })
}

/// What is asked for where there is no form that could say what is wrong.
async fn sought(ctx: &Ctx, asked: &Asked) -> Result<Wanted, Failure> {
    wanted(ctx, asked).await?.map_err(|(field, key)| ctx.failure(Problem::input(Phrase::new(key)).at_field(field)))
}

/// At most [`MOST`] lines; the page says so, and further ones come by narrower days. Cost: those lines.
async fn export(ctx: &Ctx, asked: &Asked, of: Kind) -> Outcome {
    let wanted = sought(ctx, asked).await?;
    let (found, _) = lines(&mut ctx.read().await?, &wanted, MOST, 0).await?;
    note(ctx, "audit.export", asked, Some(&wanted), found.len()).await?;
    let text = |text: String| Content::Text(text);
    let number = |number: Option<i64>| text(number.map_or_else(String::new, |n| n.to_string()));
    let row = |line: &Line| {
        let details = line.details.as_ref().map_or_else(String::new, Json::to_string);
        vec![
            number(Some(line.seq)),
            text(line.at.rfc3339()),
            text(line.role.clone()),
            number(line.person.map(|p| p.0)),
            text(line.action.clone()),
            text(line.kind.clone()),
            text(line.subject.clone()),
            number(line.unit.map(|u| u.0)),
            text(details),
            text(line.erased.clone().unwrap_or_default()),
            text(line.hash.clone()),
        ]
    };
    let list = List {
        name: locale::word(ctx.lang, "trail-title"),
        headings: FIELDS.map(str::to_owned).to_vec(),
        rows: found.iter().map(row).collect(),
    };
    ctx.download(&format!("nhat-ky.{}", of.extension()), of.media_type(), list.bytes(of, ctx.site.clock.today())?)
}
