//! Everybody's own notices: the list, read and unread, and how they want to hear of each kind.

use super::{MOST, PER, back, export, word};
use axum::{
    body::Bytes,
    http::StatusCode,
    response::{IntoResponse, Redirect},
};
use documents::list_out::Kind as File;
use kernel::{PersonId, Phrase, Problem};
use minijinja::{Value, context};
use serde::Deserialize;
use serde_json::{Value as Json, json};
use std::collections::HashMap;
use units::listed::{Answer, Listed};
use web::{
    Asked, Asking, Ctx, Failure, Form, Outcome,
    notices::{
        self, Kind, Way,
        list::{self, Line},
    },
};

const FIELDS: &[&str] = &["id", "at", "kind", "text", "link", "unit", "read_at"];

/// Whose notices: nobody's of who has something to do first, nor of who works at the machine without a name.
fn whose(ctx: &Ctx) -> Result<PersonId, Failure> {
    let who = ctx.who().filter(|who| who.first.is_none());
    who.map(|who| who.person).ok_or_else(|| Problem::forbidden(Phrase::new("problem-first")).into())
}

/// `GET /thong-bao`. Cost: their notices, their choices.
pub(super) async fn page(ctx: Ctx, Asking(asked): Asking<Asked>) -> Outcome {
    if let Some(first) = ctx.who().and_then(|who| who.first) {
        return Ok(Redirect::to(&ctx.link(first)).into_response());
    }
    show(&ctx, StatusCode::OK, &asked, None).await
}

async fn show(ctx: &Ctx, status: StatusCode, asked: &Asked, wrong: Option<&'static str>) -> Outcome {
    // Who works at the machine without a name has none.
    let person = ctx.who().map_or(PersonId(0), |who| who.person);
    let mut tx = ctx.read().await?;
    let (found, count) = list::list(&mut tx, person, &asked.listing(asked.page(), PER)).await?;
    let chosen = notices::choices(&mut tx, &[person]).await?;
    let contacts = ctx.site.people.contacts(&mut tx, &[person]).await?;
    let email = contacts.get(&person).and_then(|contact| contact.email.clone());
    let row = |line: &Line| {
        context! {
            id => line.id, at => locale::moment(line.at), kind => word(ctx, &format!("notice-kind-{}", line.kind)),
            text => ctx.lang.pick(&line.text_vi, &line.text_en), unread => line.read_at.is_none(),
        }
    };
    let kind = |kind: Kind| {
        let way = chosen.get(&(person, kind)).copied().unwrap_or(kind.usual());
        context! { name => kind.name(), word => word(ctx, &format!("notice-kind-{}", kind.name())), way => way.name(), by_mail => kind.by_mail() }
    };
    let ways: Vec<Value> = Way::ALL
        .iter()
        .map(|way| context! { name => way.name(), word => word(ctx, &format!("notice-way-{}", way.name())) })
        .collect();
    let body = context! {
        title => locale::word(ctx.lang, "notice-title"), rows => found.iter().map(row).collect::<Vec<_>>(), count => count,
        pages => asked.pages(PER, count), q => asked.q, tt => asked.tt, sap => asked.sap, kept => asked.kept(),
        kinds => Kind::ALL.into_iter().map(kind).collect::<Vec<_>>(), ways => ways, email => email,
        any_unread => ctx.reader.unread > 0, wrong => wrong.map(|key| locale::word(ctx.lang, key)),
    };
    ctx.page_with(status, "ops_notices.html", body)
}

async fn file(ctx: &Ctx, asked: &Asked, kind: File) -> Outcome {
    let person = whose(ctx)?;
    let mut tx = ctx.read().await?;
    let (found, _) = list::list(&mut tx, person, &asked.listing(0, MOST)).await?;
    let row = |line: &Line| {
        vec![
            locale::moment(line.at),
            word(ctx, &format!("notice-kind-{}", line.kind)),
            ctx.lang.pick(&line.text_vi, &line.text_en).clone(),
            web::notices::spread::address(&ctx.site.origin, ctx.lang, &line.link),
            line.read_at.map(locale::moment).unwrap_or_default(),
        ]
    };
    let headings = ["notice-at", "notice-kind", "notice-text", "notice-link", "notice-read-at"];
    export(ctx, "thong-bao", "notice-title", &headings, found.iter().map(row).collect(), kind)
}

/// `GET /thong-bao.csv`
pub(super) async fn csv(ctx: Ctx, Asking(asked): Asking<Asked>) -> Outcome {
    file(&ctx, &asked, File::Csv).await
}

/// `GET /thong-bao.xlsx`
pub(super) async fn xlsx(ctx: Ctx, Asking(asked): Asking<Asked>) -> Outcome {
    file(&ctx, &asked, File::Xlsx).await
}

/// Which notice was read: one, or all.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Read {
    id: Option<i64>,
}

/// `POST /thong-bao/da-doc`: marks one and leads to where it goes on, or marks all. Cost: the notices marked, four rows.
pub(super) async fn mark(ctx: Ctx, Form(sent): Form<Read>) -> Outcome {
    let person = whose(&ctx)?;
    let mut tx = ctx.write().await?;
    let link = match sent.id {
        Some(id) => Some(list::link(&mut tx, person, id).await?.ok_or_else(|| ctx.not_found())?),
        None => None,
    };
    list::mark_read(&mut tx, person, sent.id).await?;
    tx.commit().await?;
    back(&ctx, link.as_deref().unwrap_or("/thong-bao"))
}

/// The ways that were sent, by kind; the kind at which there is none such.
fn ways(sent: &HashMap<String, String>) -> Result<Vec<(Kind, Way)>, &'static str> {
    let mut ways = Vec::new();
    for kind in Kind::ALL.into_iter().filter(|kind| kind.by_mail()) {
        let Some(name) = sent.get(kind.name()) else { continue };
        ways.push((kind, Way::from_name(name).ok_or(kind.name())?));
    }
    Ok(ways)
}

/// `POST /thong-bao/cach-bao`: how to hear of each kind; a field a kind. Cost: a row a kind, three rows.
pub(super) async fn choose(ctx: Ctx, Form(sent): Form<HashMap<String, String>>) -> Outcome {
    let person = whose(&ctx)?;
    let Ok(ways) = ways(&sent) else {
        return show(&ctx, StatusCode::UNPROCESSABLE_ENTITY, &Asked::default(), Some("notice-way-unknown")).await;
    };
    let mut tx = ctx.write().await?;
    notices::choose(&mut tx, person, &ways).await?;
    tx.commit().await?;
    back(&ctx, "/thong-bao#cach-bao")
}

/// `GET /api/v1/notices`: one's own notices, the newest first.
#[utoipa::path(get, path = "/api/v1/notices", responses((status = 200, description = "A page of one's own notices")),
    params(("q" = Option<String>, Query, description = "Part of what it says"),
        ("tt" = Option<String>, Query, description = "unread, or a kind: report, job, mail, role"),
        ("sap" = Option<String>, Query, description = "oldest"), ("page" = Option<i64>, Query, description = "From 0"),
        ("per" = Option<i64>, Query, description = "At most 500"),
        ("fields" = Option<String>, Query, description = "Only these fields, with commas between")))]
pub(super) async fn api(ctx: Ctx, Asking(asked): Asking<Asked>, Asking(listed): Asking<Listed>) -> Outcome {
    let person = ctx.who().map_or(PersonId(0), |who| who.person);
    let mut tx = ctx.read().await?;
    let (found, count) = list::list(&mut tx, person, &asked.listing(listed.page(), listed.per(PER))).await?;
    let told = |line: &Line| -> Json {
        json!({
            "id": line.id, "at": line.at.rfc3339(), "kind": line.kind, "text": ctx.lang.pick(&line.text_vi, &line.text_en),
            "link": line.link, "unit": line.unit.map(|unit| unit.0), "read_at": line.read_at.map(|at| at.rfc3339()),
        })
    };
    let rows = found.iter().map(told).collect();
    listed.answer(&ctx, Answer { name: "notices", about: json!({"count": count}), fields: FIELDS, rows, next: None })
}

/// `POST /api/v1/notices/read?id=…`: marks one notice as read, or all.
#[utoipa::path(post, path = "/api/v1/notices/read", params(("id" = Option<i64>, Query, description = "Number of the notice; all without it")),
    responses((status = 200, description = "How many were marked"), (status = 403, description = "Something must be done first")))]
pub(super) async fn api_mark(ctx: Ctx, Asking(sent): Asking<Read>) -> Outcome {
    let person = whose(&ctx)?;
    let mut tx = ctx.write().await?;
    let marked = list::mark_read(&mut tx, person, sent.id).await?;
    tx.commit().await?;
    ctx.json_with(StatusCode::OK, &json!({"read": marked}))
}

/// How somebody hears of each kind.
async fn chosen(ctx: &Ctx, person: PersonId) -> Outcome {
    let mut tx = ctx.read().await?;
    let chosen = notices::choices(&mut tx, &[person]).await?;
    let told = |kind: Kind| {
        let way = chosen.get(&(person, kind)).copied().unwrap_or(kind.usual());
        json!({"kind": kind.name(), "way": way.name(), "by_mail": kind.by_mail()})
    };
    ctx.json_with(StatusCode::OK, &json!({"choices": Kind::ALL.map(told)}))
}

/// `GET /api/v1/notices/choices`: how one hears of each kind: `now` and `digest` (next morning) by letter, or `page` alone.
#[utoipa::path(get, path = "/api/v1/notices/choices",
    responses((status = 200, description = "A way for each kind"), (status = 403, description = "Something must be done first")))]
pub(super) async fn api_choices(ctx: Ctx) -> Outcome {
    let person = whose(&ctx)?;
    chosen(&ctx, person).await
}

/// `POST /api/v1/notices/choices`: chooses a way for each kind that is named; the others stay.
#[utoipa::path(post, path = "/api/v1/notices/choices", request_body(content = Object, content_type = "application/json",
        description = "By kind (report, job, role, decision) a way: now, digest, page"),
    responses((status = 200, description = "A way for each kind"), (status = 403, description = "Something must be done first"),
        (status = 422, description = "No such kind or way, with its field")))]
pub(super) async fn api_choose(ctx: Ctx, body: Bytes) -> Outcome {
    let person = whose(&ctx)?;
    let sent: HashMap<String, String> = units::api::parsed(&ctx, &body)?;
    let wrong = |field: &str| ctx.failure(Problem::input(Phrase::new("notice-way-unknown")).at_field(field));
    if let Some(kind) = sent.keys().find(|name| !Kind::from_name(name).is_some_and(Kind::by_mail)) {
        return Err(wrong(kind));
    }
    let ways = ways(&sent).map_err(wrong)?;
    let mut tx = ctx.write().await?;
    notices::choose(&mut tx, person, &ways).await?;
    tx.commit().await?;
    chosen(&ctx, person).await
}
