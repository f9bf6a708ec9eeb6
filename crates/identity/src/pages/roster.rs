//! The people of many units from one spreadsheet, on the page: template out, file in, preview, slips to be printed.

use crate::{
    proposals,
    roster::{self, COLUMNS, Cells, Plan},
    rules::role_word,
};
use axum::http::StatusCode;
use documents::{
    list_out::{Kind, List},
    sheet_out::Content,
};
use kernel::{Day, Phrase, Problem};
use minijinja::{Value, context};
use serde::Deserialize;
use web::{Ctx, Form, Multipart, Outcome};

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
        text => text, slips => Vec::<Value>::new(), done => false,
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
    let plan = roster::plan(&mut tx, &cells, ctx.site.clock.today()).await?;
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
}

/// `POST /quan-tri/nguoi/ghi`: writes what was previewed; who is new gets a slip with a code, shown this once.
pub(super) async fn commit(ctx: Ctx, Form(sent): Form<Sent>) -> Outcome {
    let cells: Cells =
        serde_json::from_str(&sent.text).map_err(|_| Problem::input(Phrase::new("roster-unread")).at_field("text"))?;
    let mut tx = ctx.write().await?;
    tx.lock("identity.roster").await?;
    let plan = roster::plan(&mut tx, &cells, ctx.site.clock.today()).await?;
    if !plan.problems.is_empty() || cells.len() > roster::MOST {
        drop(tx);
        return shown(&ctx, StatusCode::UNPROCESSABLE_ENTITY, &plan.problems, None, "");
    }
    if let Some(me) = ctx.actor.person
        && plan.gives(me)
    {
        drop(tx);
        let problem = Problem::forbidden(Phrase::new("role-to-oneself"));
        return shown(&ctx, StatusCode::FORBIDDEN, &[problem], None, "");
    }
    if let Some(me) = ctx.actor.person
        && plan.power > 0
        // Nobody could let them pass: the person of each row is somebody else than the second administrator.
        && proposals::seconds(&mut tx, Some(me), kernel::PersonId(0), ctx.site.clock.today()).await? == 0
    {
        drop(tx);
        let problem = Problem::input(Phrase::new("proposal-nobody"));
        return shown(&ctx, StatusCode::UNPROCESSABLE_ENTITY, &[problem], None, "");
    }
    let carried = roster::carry_out(&mut tx, &plan).await?;
    tx.commit().await?;
    let slip = |slip: &roster::Slip| context! { name => slip.name, login => slip.login, code => slip.code };
    let body = context! {
        title => locale::word(ctx.lang, "roster-title"), count => 0, problems => Vec::<Value>::new(), text => "",
        plan => told(&ctx, &plan), waits => carried.waits,
        slips => carried.slips.iter().map(slip).collect::<Vec<_>>(), done => true,
    };
    ctx.page_with(StatusCode::OK, "roster.html", body)
}
