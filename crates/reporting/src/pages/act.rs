//! What the buttons do: sent, reviewed, locked; comments.

use super::{
    Fields, after, campaign,
    doubts::{self as shown, Again, There},
    law,
};
use crate::{
    actions::{self, Stepped, Wanted},
    comments,
    doubts::{self, Doubts},
    model::{Action, Criterion},
    told,
};
use axum::{
    http::StatusCode,
    response::{IntoResponse, Redirect},
};
use kernel::{Phrase, Problem, UnitId};
use std::collections::BTreeMap;
use web::{Ctx, Form, Outcome, Path, Repeatable};

/// `SET|NO`, of the signs that names of sets and numbers of criteria have.
pub(super) fn criterion(text: &str) -> Option<Criterion> {
    let (set, no) = text.split_once('|')?;
    let plain = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b));
    if !plain(set) || !plain(no) {
        return None;
    }
    Some(Criterion { set: set.to_owned(), no: no.to_owned() })
}

/// `POST /bao-cao/{campaign}/xa/{unit}/gui`: the checks are asked first. Cost: as [`actions::act`], and as [`doubts::around`] and
/// [`doubts::ask`].
pub async fn send(ctx: Ctx, Path((id, unit)): Path<(i64, i64)>, Form(fields): Form<Fields>) -> Outcome {
    act(ctx, id, unit, &fields, &[Action::Send]).await
}

/// `POST /bao-cao/{campaign}/xa/{unit}/duyet`: accepted or given back. Cost: as [`actions::act`].
pub async fn review(ctx: Ctx, Path((id, unit)): Path<(i64, i64)>, Form(fields): Form<Fields>) -> Outcome {
    act(ctx, id, unit, &fields, &[Action::Accept, Action::Return]).await
}

/// `POST /bao-cao/{campaign}/xa/{unit}/chot`: confirmed, locked, opened again. Cost: as [`actions::act`].
pub async fn lock(ctx: Ctx, Path((id, unit)): Path<(i64, i64)>, Form(fields): Form<Fields>) -> Outcome {
    act(ctx, id, unit, &fields, &[Action::Confirm, Action::Lock, Action::Reopen, Action::Return]).await
}

async fn act(ctx: Ctx, id: i64, unit: i64, fields: &Fields, allowed: &[Action]) -> Outcome {
    let named = fields.get("viec").and_then(|name| Action::from_name(name));
    let Some(action) = named.filter(|action| allowed.contains(action)) else {
        return Err(ctx.failure(Problem::input(Phrase::new("reporting-no-action")).at_field("viec")));
    };
    let reason = fields.get("reason").cloned().unwrap_or_default();
    let criteria = after(fields, "tc.").filter_map(|(name, _)| criterion(name)).collect();
    let wanted = Wanted { action, criteria, reason };
    let sent = serde_json::to_vec(fields)?;
    let repeatable = Repeatable::of_form(&ctx, fields.get("key").map_or("", String::as_str), &sent);
    let law = law(&ctx);
    // Back to where the button stood, a page of this unit.
    let there = There::read(fields, id, unit);
    let done = || Ok(Redirect::to(&ctx.link(&format!("{}?xong=3", there.path(id, unit)))).into_response());
    let around = if action == Action::Send { shown::around(&ctx, &law, id, unit).await? } else { None };
    let mut tx = ctx.write().await?;
    let one = campaign(&ctx, &mut tx, id).await?;
    if repeatable.seen(&mut tx).await?.is_some() {
        return done();
    }
    if shown::speaks(fields) {
        let said = shown::sayings(fields, &Doubts::of(&mut tx, &law, &one, UnitId(unit)).await?);
        let Some(wrong) = doubts::answer(&mut tx, &law, &one, UnitId(unit), &said).await? else {
            return Err(ctx.not_found());
        };
        if !wrong.is_empty() {
            drop(tx);
            let again = Again::wrong(fields.clone(), wrong);
            return there.show(&ctx, (id, unit), StatusCode::UNPROCESSABLE_ENTITY, again).await;
        }
    }
    match actions::step(&mut tx, &law, &one, UnitId(unit), &wanted, around.as_ref()).await? {
        None => Err(ctx.not_found()),
        Some(Stepped::Done(acted)) => {
            repeatable.keep(tx, &serde_json::json!({"criteria": acted.done.len()})).await?;
            done()
        }
        // What the checks found and what was said to it is kept, and shown.
        Some(Stepped::Doubted(problem)) => {
            tx.commit().await?;
            let again = Again { fields: fields.clone(), wrong: Vec::new(), stopped: Some(problem.phrase) };
            there.show(&ctx, (id, unit), StatusCode::CONFLICT, again).await
        }
    }
}

/// Criteria that are accepted at once.
const MOST: usize = 200;

/// `POST /bao-cao/{campaign}/duyet`: many criteria of many units accepted at once, all or none. Cost: as [`actions::act`] a unit.
pub async fn many(ctx: Ctx, Path(id): Path<i64>, Form(fields): Form<Fields>) -> Outcome {
    let mut by_unit: BTreeMap<i64, Vec<Criterion>> = BTreeMap::new();
    for (name, _) in after(&fields, "tc.").take(MOST) {
        if let Some((unit, named)) =
            name.split_once('|').and_then(|(unit, rest)| Some((unit.parse().ok()?, criterion(rest)?)))
        {
            by_unit.entry(unit).or_default().push(named);
        }
    }
    if by_unit.is_empty() {
        return Err(ctx.failure(Problem::input(Phrase::new("reporting-nothing-chosen"))));
    }
    let law = law(&ctx);
    let sent = serde_json::to_vec(&fields)?;
    let repeatable = Repeatable::of_form(&ctx, fields.get("key").map_or("", String::as_str), &sent);
    let there = ctx.link(&format!("/bao-cao/{id}/cho-duyet?xong=1"));
    let mut tx = ctx.write().await?;
    let one = campaign(&ctx, &mut tx, id).await?;
    if repeatable.seen(&mut tx).await?.is_some() {
        return Ok(Redirect::to(&there).into_response());
    }
    let mut count = 0;
    // A unit after the other, in one transaction: each has a form of its own.
    for (unit, criteria) in by_unit {
        let wanted = Wanted { action: Action::Accept, criteria, reason: String::new() };
        let Some(acted) = actions::act(&mut tx, &law, &one, UnitId(unit), &wanted).await? else {
            return Err(ctx.not_found());
        };
        count += acted.done.len();
    }
    repeatable.keep(tx, &serde_json::json!({"criteria": count})).await?;
    Ok(Redirect::to(&there).into_response())
}

/// `POST /bao-cao/{campaign}/xa/{unit}/trao-doi`: says something of a figure, or answers. Cost: as [`comments::add`].
pub async fn comment(ctx: Ctx, Path((id, unit)): Path<(i64, i64)>, Form(fields): Form<Fields>) -> Outcome {
    let text = |name: &str| fields.get(name).map_or("", String::as_str);
    let sent = serde_json::to_vec(&fields)?;
    let repeatable = Repeatable::of_form(&ctx, text("key"), &sent);
    let mut tx = ctx.write().await?;
    let one = campaign(&ctx, &mut tx, id).await?;
    let (Some(place), Some(measure)) =
        (units::store::get(&mut tx, UnitId(unit)).await?, law(&ctx).measure_id(text("measure")))
    else {
        return Err(ctx.not_found());
    };
    let there = back(&ctx, id, unit, &fields);
    if repeatable.seen(&mut tx).await?.is_none() {
        let answers = text("answers").parse().ok();
        let id = comments::add(&mut tx, &one, &place, measure, text("text"), answers).await?;
        repeatable.keep(tx, &serde_json::json!({"id": id})).await?;
    }
    there
}

/// `POST /bao-cao/{campaign}/xa/{unit}/trao-doi/{id}`: resolves a comment or opens it again.
pub async fn turn_comment(
    ctx: Ctx,
    Path((id, unit, comment)): Path<(i64, i64, i64)>,
    Form(fields): Form<Fields>,
) -> Outcome {
    let closed = fields.get("to").is_some_and(|to| to == "closed");
    let mut tx = ctx.write().await?;
    let one = campaign(&ctx, &mut tx, id).await?;
    if comments::turn(&mut tx, &one, UnitId(unit), comment, closed).await? {
        tx.commit().await?;
    }
    back(&ctx, id, unit, &fields)
}

/// Back to the criterion where the comment stands.
fn back(ctx: &Ctx, id: i64, unit: i64, fields: &Fields) -> Outcome {
    let named = fields.get("tc").and_then(|text| criterion(text));
    let path = named
        .map_or_else(|| told::page(id, UnitId(unit)), |one| format!("/bao-cao/{id}/xa/{unit}/{}/{}", one.set, one.no));
    Ok(Redirect::to(&ctx.link(&path)).into_response())
}
