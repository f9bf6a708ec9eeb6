//! Recovery codes, for paper.

use super::{account, field, status};
use crate::{model::Person, recovery, store};
use axum::http::StatusCode;
use kernel::Problem;
use minijinja::context;
use web::{Ctx, Form, Outcome};

async fn page(
    ctx: &Ctx,
    person: &Person,
    status: StatusCode,
    problem: Option<&Problem>,
    codes: Option<&[String]>,
) -> Outcome {
    let left = recovery::left(&mut ctx.read().await?, person.id, ctx.site.clock.now()).await?;
    let body = context! {
        title => locale::word(ctx.lang, "recovery-title"), left => left, codes => codes, login => person.login,
        has_password => person.password.is_some(), has_second => person.totp.is_some(), field => field(problem),
        problem => problem.map(|p| locale::problem(ctx.lang, p)),
    };
    ctx.page_with(status, "recovery.html", body)
}

/// `GET /tai-khoan/ma-du-phong`
pub(super) async fn show(ctx: Ctx) -> Outcome {
    let person = account::own_person(&ctx, &*account::me(&ctx)?).await?;
    page(&ctx, &person, StatusCode::OK, None, None).await
}

/// `POST /tai-khoan/ma-du-phong`: new ones, by password and code, shown once; those from before end. Cost: one hash.
pub(super) async fn make(ctx: Ctx, Form(sent): Form<account::Sent>) -> Outcome {
    let me = account::me(&ctx)?;
    let person = account::own_person(&ctx, &me).await?;
    if person.totp.is_none() {
        return Err(ctx.not_found());
    }
    if let Some(problem) = account::proof(&ctx, &me, &sent).await? {
        return page(&ctx, &person, status(&problem), Some(&problem), None).await;
    }
    let mut tx = ctx.write().await?;
    let codes = recovery::make(&mut tx, person.id).await?;
    tx.commit().await?;
    let person = store::get(&mut ctx.read().await?, person.id).await?.unwrap_or(person);
    page(&ctx, &person, StatusCode::OK, None, Some(&codes)).await
}
