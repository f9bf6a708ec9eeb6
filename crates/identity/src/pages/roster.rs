//! The people of many units from one spreadsheet, on the page and for programs: template out, file in, preview, slips to
//! be printed or letters.

use super::identity;
use crate::{
    proposals,
    roster::{self, COLUMNS, Carried, Cells, Plan, Post},
    rules::role_word,
};
use ::store::WriteTx;
use axum::{body::Bytes, http::StatusCode};
use documents::{
    list_out::{Kind, List},
    sheet_out::Content,
};
use kernel::{Day, Phrase, Problem};
use minijinja::{Value, context};
use serde::Deserialize;
use serde_json::{Value as Json, json};
use web::{Asking, Ctx, Failure, Form, Multipart, Outcome, Repeatable};

/// Problems that a page lists; all are counted.
const SHOWN: usize = 200;

/// `GET /quan-tri/nguoi/nhap`
pub(super) async fn page(ctx: Ctx) -> Outcome {
    shown(&ctx, StatusCode::OK, &[], None, "")
}

/// `GET /quan-tri/nguoi/mau.xlsx`: the headings, and nobody.
pub(super) async fn template(ctx: Ctx) -> Outcome {
    let headings = COLUMNS.iter().map(|name| locale::say_key(ctx.lang, &format!("roster-{name}"), &[])).collect();
    let text = |text: &str| Content::Text(text.to_owned());
    // A made-up row shows how; it is refused as it stands, since no unit has this code.
    let (name, code) = (locale::word(ctx.lang, "roster-example-name"), locale::word(ctx.lang, "roster-example-code"));
    let example = [&name, "tenxa01", "", "commune_officer", &code, "commune-2021-2025/17", "", "", ""];
    let rows = vec![example.iter().map(|cell| text(cell)).collect()];
    let list = List { name: locale::word(ctx.lang, "roster-sheet"), headings, rows };
    let bytes = list.bytes(Kind::Xlsx, ctx.site.clock.today())?;
    ctx.download("nguoi-va-vai-tro.xlsx", Kind::Xlsx.media_type(), bytes)
}

/// A plan in numbers, with the roles whose days it changes.
fn told(ctx: &Ctx, plan: &Plan) -> Value {
    let span = |(from, to): (Day, Option<Day>)| {
        format!("{} – {}", locale::date(from), to.map_or_else(|| "…".to_owned(), locale::date))
    };
    let moved = plan.moved.iter().take(SHOWN).map(|one| {
        context! {
            name => one.name, role => role_word(ctx.lang, one.role), before => span(one.before), after => span(one.after),
        }
    });
    // Whoever works at the machine needs no second one.
    let power = if proposals::is_alone(&ctx.actor) { 0 } else { plan.power };
    context! {
        people => plan.new_people, roles => plan.new_roles, unchanged => plan.unchanged, power => power,
        moved => moved.collect::<Vec<_>>(), moved_count => plan.moved.len(),
    }
}

fn shown(ctx: &Ctx, status: StatusCode, problems: &[Problem], plan: Option<&Plan>, text: &str) -> Outcome {
    let body = context! {
        title => locale::word(ctx.lang, "roster-title"), count => problems.len(),
        problems => problems.iter().take(SHOWN).map(|p| locale::problem(ctx.lang, p)).collect::<Vec<_>>(),
        plan => plan.map(|p| told(ctx, p)),
        text => text, slips => Vec::<Value>::new(), done => false, mailed => 0,
    };
    ctx.page_with(status, "roster.html", body)
}

/// `POST /quan-tri/nguoi/kiem-tra`: every problem at its cell, or what the file would do.
pub(super) async fn check(ctx: Ctx, mut form: Multipart) -> Outcome {
    let mut bytes = Vec::new();
    while let Some(field) = form.next_field().await.map_err(|_| Problem::input(Phrase::new("problem-broken-off")))? {
        if field.name() == Some("file") {
            bytes = field.bytes().await.map_err(|_| Problem::input(Phrase::new("problem-broken-off")))?.to_vec();
        }
    }
    let cells = match roster::read(&bytes) {
        Ok(cells) => cells,
        Err(problems) => return shown(&ctx, StatusCode::UNPROCESSABLE_ENTITY, &problems, None, ""),
    };
    let mut tx = ctx.read().await?;
    let plan = roster::plan(&mut tx, &cells, &ctx.site.criteria(), ctx.site.clock.today()).await?;
    if !plan.problems.is_empty() {
        return shown(&ctx, StatusCode::UNPROCESSABLE_ENTITY, &plan.problems, None, "");
    }
    shown(&ctx, StatusCode::OK, &[], Some(&plan), &serde_json::to_string(&cells)?)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Sent {
    /// The rows as they were previewed; checked again from the beginning.
    text: String,
    /// Whether whoever has an address gets their code by letter.
    thu: String,
}

/// What became of a file.
enum Taken {
    Refused(StatusCode, Vec<Problem>),
    Done(Box<(Plan, Carried)>),
}

/// Writes what a file says, checked from the beginning; the transaction is the caller's to commit. Cost: as
/// [`roster::plan`] and [`roster::carry_out`].
async fn take(ctx: &Ctx, tx: &mut WriteTx, cells: &Cells, letters: bool) -> Result<Taken, Failure> {
    tx.lock("identity.roster").await?;
    let today = ctx.site.clock.today();
    let plan = roster::plan(tx, cells, &ctx.site.criteria(), today).await?;
    let wrong = |status, key| Ok(Taken::Refused(status, vec![Problem::input(Phrase::new(key))]));
    if !plan.problems.is_empty() || cells.len() > roster::MOST {
        return Ok(Taken::Refused(StatusCode::UNPROCESSABLE_ENTITY, plan.problems));
    }
    if let Some(me) = ctx.actor.person {
        if plan.gives(me) {
            return wrong(StatusCode::FORBIDDEN, "role-to-oneself");
        }
        // Nobody could let them pass: the person of each row is somebody else than the second administrator.
        if plan.power > 0 && proposals::seconds(tx, Some(me), kernel::PersonId(0), today).await? == 0 {
            return wrong(StatusCode::UNPROCESSABLE_ENTITY, "proposal-nobody");
        }
    }
    let identity = identity(ctx);
    let post = letters.then_some(Post { key: &identity.key, origin: &ctx.site.origin });
    let carried = roster::carry_out(tx, &plan, post).await?;
    Ok(Taken::Done(Box::new((plan, carried))))
}

/// `POST /quan-tri/nguoi/ghi`: writes what was previewed; who is new gets a slip with a code, shown this once, or a letter.
pub(super) async fn commit(ctx: Ctx, Form(sent): Form<Sent>) -> Outcome {
    let cells: Cells =
        serde_json::from_str(&sent.text).map_err(|_| Problem::input(Phrase::new("roster-unread")).at_field("text"))?;
    let mut tx = ctx.write().await?;
    let (plan, carried) = match take(&ctx, &mut tx, &cells, sent.thu == "1").await? {
        Taken::Done(done) => *done,
        Taken::Refused(status, problems) => {
            drop(tx);
            return shown(&ctx, status, &problems, None, "");
        }
    };
    tx.commit().await?;
    let slip = |slip: &roster::Slip| context! { name => slip.name, login => slip.login, code => slip.code };
    let body = context! {
        title => locale::word(ctx.lang, "roster-title"), count => 0, problems => Vec::<Value>::new(), text => "",
        plan => told(&ctx, &plan), waits => carried.waits, mailed => carried.mailed,
        slips => carried.slips.iter().map(slip).collect::<Vec<_>>(), done => true,
    };
    ctx.page_with(StatusCode::OK, "roster.html", body)
}

#[derive(utoipa::OpenApi)]
#[openapi(paths(api))]
pub struct Description;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    dry_run: bool,
    letters: bool,
}

/// A plan as a program reads it, and what became of it.
fn told_program(plan: &Plan, carried: Option<&Carried>) -> Json {
    let moved = plan.moved.iter().map(|one| {
        let span = |(from, to): (Day, Option<Day>)| json!({"from": from, "to": to});
        json!({"login": one.login, "role": one.role.name(), "before": span(one.before), "after": span(one.after)})
    });
    json!({
        "written": carried.is_some(), "people": plan.new_people, "roles": plan.new_roles, "unchanged": plan.unchanged,
        "power": plan.power, "moved": moved.collect::<Vec<_>>(), "waits": carried.map_or(0, |done| done.waits),
        "letters": carried.map_or(0, |done| done.mailed),
    })
}

fn refused(ctx: &Ctx, status: StatusCode, problems: &[Problem]) -> Outcome {
    let title = problems.first().map(|p| locale::say(ctx.lang, &p.phrase)).unwrap_or_default();
    let list: Vec<Json> = problems.iter().take(SHOWN).map(|p| web::json_problem(ctx.lang, p)).collect();
    let body = json!({
        "type": "/api/problems#roster", "title": title, "status": status.as_u16(), "count": problems.len(), "problems": list,
    });
    ctx.json_with(status, &body)
}

/// `POST /api/v1/people-roster`: the people of many units from one table, as on the page; all of it or nothing.
#[utoipa::path(post, path = "/api/v1/people-roster",
    request_body(content((String = "text/csv"), (String = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")),
        description = "A line of headings, then: name, login, email, role, unit code, criteria, from, to, agency code"),
    responses((status = 200, description = "What was, or with dry_run would be, written; slips: the codes of who is new, this once"),
        (status = 403, description = "It would give a role to whoever sends it"), (status = 422, description = "Every problem with its cell, nothing written")),
    params(("dry_run" = Option<bool>, Query, description = "Say what it would do, write nothing"),
        ("letters" = Option<bool>, Query, description = "Whoever is new and has an address gets their code by letter instead of a slip"),
        ("Idempotency-Key" = Option<String>, Header)))]
pub(super) async fn api(ctx: Ctx, Asking(wanted): Asking<Wanted>, body: Bytes) -> Outcome {
    let cells = match roster::read(&body) {
        Ok(cells) => cells,
        Err(problems) => return refused(&ctx, StatusCode::UNPROCESSABLE_ENTITY, &problems),
    };
    if wanted.dry_run {
        let plan = roster::plan(&mut ctx.read().await?, &cells, &ctx.site.criteria(), ctx.site.clock.today()).await?;
        return match plan.problems.is_empty() {
            true => ctx.json_with(StatusCode::OK, &told_program(&plan, None)),
            false => refused(&ctx, StatusCode::UNPROCESSABLE_ENTITY, &plan.problems),
        };
    }
    let repeatable = Repeatable::new(&ctx, &body);
    let mut tx = ctx.write().await?;
    if let Some(answer) = repeatable.seen(&mut tx).await? {
        return ctx.json_with(StatusCode::OK, &answer);
    }
    let (plan, carried) = match take(&ctx, &mut tx, &cells, wanted.letters).await? {
        Taken::Done(done) => *done,
        Taken::Refused(status, problems) => return refused(&ctx, status, &problems),
    };
    let mut told = told_program(&plan, Some(&carried));
    // The codes are kept nowhere, with the first answer neither.
    repeatable.keep(tx, &told).await?;
    let slip = |slip: &roster::Slip| json!({"name": slip.name, "login": slip.login, "code": slip.code});
    told["slips"] = carried.slips.iter().map(slip).collect();
    ctx.json_with(StatusCode::OK, &told)
}
