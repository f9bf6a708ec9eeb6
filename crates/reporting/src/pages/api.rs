//! Reporting for programs, and for the page's own island: campaigns, the board, a unit's form, values saved, steps taken.

use super::{campaign, doubts as shown, law, reporting, say};
use crate::{
    actions::{self, Stepped, Wanted},
    doubts::{self as asked, Doubts},
    entry::{self, Answer, Given},
    form::{self, Field, SetForm},
    model::{Action, Campaign, Course, Criterion, Reporting, State},
    store::{self as kept, Chosen},
};
use ::store::Listing;
use axum::{body::Bytes, http::StatusCode};
use facts::checks::{Doubt, Saying};
use kernel::{Phrase, Problem, UnitId};
use locale::Lang;
use rulebook::Value as Told;
use serde::Deserialize;
use serde_json::{Value, json};
use web::{Asked, Asking, Ctx, Outcome, Path, Repeatable};

#[derive(utoipa::OpenApi)]
#[openapi(paths(list, units, unit, save, doubts, send, review, lock))]
pub struct Description;

/// Rows of an answer.
const PER: i64 = 200;

fn told(one: &Campaign) -> Value {
    json!({
        "id": one.id, "name": one.name, "period": one.period, "province": one.province, "sets": one.sets, "as_of": one.as_of,
        "opens": one.opens, "due": one.due, "review_due": one.review_due, "terms": one.terms, "course": one.course.name(), "version": one.version,
        "page": format!("/bao-cao/{}", one.id),
    })
}

fn told_unit(unit: &Reporting) -> Value {
    json!({
        "unit": unit.unit, "name": unit.name, "state": unit.state.name(), "since": unit.since.rfc3339(), "due": unit.due,
        "asked": unit.asked, "filled": unit.filled, "waiting": unit.waiting, "returned": unit.returned,
        "accepted": unit.accepted, "open_comments": unit.comments,
    })
}

/// `GET /api/v1/campaigns?q=&tt=&trang=`: reporting campaigns, the newest first. Cost: those found, twice.
#[utoipa::path(get, path = "/api/v1/campaigns",
    params(("q" = Option<String>, Query, description = "Words of the name"), ("tt" = Option<String>, Query, description = "`draft`, `open` or `closed`"),
        ("trang" = Option<i64>, Query, description = "Page, from 1")),
    responses((status = 200, description = "Campaigns, two hundred a page")))]
pub async fn list(ctx: Ctx, Asking(asked): Asking<Asked>) -> Outcome {
    let course = Course::from_name(&asked.tt).map_or("", Course::name);
    let mut tx = ctx.read().await?;
    let (found, count) = kept::list(&mut tx, &asked.listing_of(course, asked.page(), PER)).await?;
    ctx.json(&json!({"count": count, "campaigns": found.iter().map(told).collect::<Vec<_>>()}))
}

/// `GET /api/v1/campaigns/{campaign}/units?q=&tt=&trang=`: the board. Cost: a row a unit of the campaign that the reader sees.
#[utoipa::path(get, path = "/api/v1/campaigns/{campaign}/units",
    params(("campaign" = i64, Path), ("q" = Option<String>, Query, description = "Words of the unit's name"),
        ("tt" = Option<String>, Query, description = "A state"), ("trang" = Option<i64>, Query, description = "Page, from 1")),
    responses((status = 200, description = "Units with their state, two hundred a page"), (status = 404, description = "There is no such campaign")))]
pub async fn units(ctx: Ctx, Path(id): Path<i64>, Asking(asked): Asking<Asked>) -> Outcome {
    let mut tx = ctx.read().await?;
    let one = campaign(&ctx, &mut tx, id).await?;
    let state = State::from_name(&asked.tt).map_or("", State::name);
    let listing: Listing = asked.listing_of(state, asked.page(), PER);
    let (found, count) = kept::board(&mut tx, id, &listing, Chosen::default()).await?;
    ctx.json(&json!({"campaign": told(&one), "count": count, "units": found.iter().map(told_unit).collect::<Vec<_>>()}))
}

fn value(value: &Told) -> Value {
    match value {
        Told::Yes(yes) => json!(yes),
        Told::NotApplicable => json!("n/a"),
        Told::Number(number) => json!({"value": number}),
        Told::Fraction(n, d) => json!({"numerator": n, "denominator": d}),
    }
}

/// The doubts of a figure, each with why and what was said to it.
fn told_doubts<'d>(lang: Lang, law: &facts::Law, all: &Doubts, some: impl Iterator<Item = &'d Doubt>) -> Vec<Value> {
    let said = |answer: &facts::checks::Answer| {
        let (role, _) = kernel::actor::of_name(&answer.actor);
        json!({"note": answer.note, "at": answer.at.rfc3339(), "role": role})
    };
    let one = |doubt: &Doubt| {
        json!({
            "check": doubt.hit.check, "measure": doubt.hit.measure, "reason": all.reason(lang, law, doubt), "facts": doubt.hit.facts,
            "since": doubt.first.rfc3339(), "open": doubt.is_open(), "answer": doubt.answer.as_ref().map(said),
            "review": doubt.review.as_ref().map(said), "useless": doubt.useless,
        })
    };
    some.map(one).collect()
}

fn told_field(lang: Lang, set: &SetForm, field: &Field) -> Value {
    let (op, limit, _) = set.requirement(field);
    let no = field.node.map(|node| set.plan.book.nodes[node].indicator.no.clone());
    let judged = set.judged(field);
    let (word, class) = judged.map(|judged| facts::pages::verdict(lang, judged)).unwrap_or_default();
    json!({
        "measure": field.about.id, "no": no, "kind": field.about.kind.name(), "unit": field.about.unit, "asked": field.asked,
        "op": op, "limit": limit, "status": judged.map(|judged| judged.status.name()), "word": word, "class": class,
        "declared": field.declared.as_ref().map(|said| json!({"value": value(&said.value), "version": said.version,
            "at": said.at.rfc3339(), "note": said.note})),
        "verified": field.verified.as_ref().map(|figure| json!({"value": value(&figure.value), "version": figure.revision, "note": figure.note})),
        "before": field.before.as_ref().map(value),
    })
}

/// `GET /api/v1/campaigns/{campaign}/units/{unit}`: what a unit is asked for, what it said, and what the last quality checks doubt of
/// it. Cost: the unit's figures of two years, a row a criterion, its doubts.
#[utoipa::path(get, path = "/api/v1/campaigns/{campaign}/units/{unit}", params(("campaign" = i64, Path), ("unit" = i64, Path)),
    responses((status = 200, description = "Criteria with their values, requirement and verdict"), (status = 404, description = "No such unit in the campaign")))]
pub async fn unit(ctx: Ctx, Path((id, unit)): Path<(i64, i64)>) -> Outcome {
    let law = law(&ctx);
    let mut tx = ctx.read().await?;
    let (one, summed) = reporting(&ctx, &mut tx, id, unit).await?;
    let Some(place) = units::store::get(&mut tx, UnitId(unit)).await? else { return Err(ctx.not_found()) };
    let items = kept::items(&mut tx, id, place.id).await?;
    let form = form::load(&mut tx, &law, &one, &place).await?;
    let doubts = Doubts::of(&mut tx, &law, &one, place.id).await?;
    let field = |set: &SetForm, field: &Field| {
        let mut told = told_field(ctx.lang, set, field);
        told["doubts"] = told_doubts(ctx.lang, &law, &doubts, doubts.of_measure(&field.about.id)).into();
        told
    };
    let criteria: Vec<Value> = items
        .iter()
        .filter_map(|item| {
            let (set, sheet) = form.sheet(&item.criterion)?;
            let fields: Vec<Value> = sheet.fields.iter().map(|one| field(set, one)).collect();
            Some(json!({"set": item.criterion.set, "no": item.criterion.no, "state": item.state.name(), "since": item.since.rfc3339(),
                "agency": item.agency, "asked": item.asked, "filled": item.filled, "fields": fields}))
        })
        .collect();
    let checked = doubts.ran.as_ref().map(|ran| ran.at.rfc3339());
    ctx.json(&json!({"campaign": told(&one), "unit": told_unit(&summed), "criteria": criteria,
        "checked_at": checked, "doubts": doubts.all.len(), "open_doubts": doubts.open()}))
}

/// What a save brings.
#[derive(Debug, Deserialize)]
struct Sent {
    entries: Vec<Given>,
}

/// Values of one save.
const MOST: usize = 500;

fn bad_json(ctx: &Ctx, error: &serde_json::Error) -> web::Failure {
    ctx.failure(Problem::input(Phrase::new("units-bad-json").with("error", error.to_string())))
}

/// `POST /api/v1/campaigns/{campaign}/units/{unit}/entries`: saves values, each against the version it saw: what is wrong or was
/// changed meanwhile is answered for itself and does not keep the others from being saved. Cost: as [`entry::save`].
#[utoipa::path(post, path = "/api/v1/campaigns/{campaign}/units/{unit}/entries",
    request_body(content = serde_json::Value, description = "`entries`, each with `measure`, `value` or `numerator` and `denominator`, `note`, and `seen`, the version that was seen"),
    params(("campaign" = i64, Path), ("unit" = i64, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, description = "By value: `saved`, `nothing`, `changed` with what stands there now, or `wrong` with the problems"),
        (status = 404, description = "No such unit in the campaign"), (status = 409, description = "The campaign takes no entries now"),
        (status = 422, description = "The body does not read")))]
pub async fn save(ctx: Ctx, Path((id, unit)): Path<(i64, i64)>, bytes: Bytes) -> Outcome {
    let body: Sent = serde_json::from_slice(&bytes).map_err(|error| bad_json(&ctx, &error))?;
    if body.entries.len() > MOST {
        return Err(ctx.failure(Problem::input(Phrase::new("reporting-too-many").with("most", MOST))));
    }
    let law = law(&ctx);
    let repeatable = Repeatable::new(&ctx, &bytes);
    let mut tx = ctx.write().await?;
    let one = campaign(&ctx, &mut tx, id).await?;
    if let Some(answer) = repeatable.seen(&mut tx).await? {
        return ctx.json_with(StatusCode::OK, &answer);
    }
    let Some(saved) = entry::save(&mut tx, &law, &one, UnitId(unit), &body.entries).await? else {
        return Err(ctx.not_found());
    };
    let person = |field: &Field| field.declared.as_ref().and_then(|said| said.person);
    let fields: Vec<_> =
        body.entries.iter().map(|given| law.measure_id(&given.measure).and_then(|m| saved.form.field(m))).collect();
    let people = say::names(&mut tx, fields.iter().flatten().filter_map(|(_, field)| person(field))).await?;
    let answers: Vec<Value> = body
        .entries
        .iter()
        .zip(&saved.answers)
        .zip(&fields)
        .map(|((given, answer), field)| {
            let mut said = json!({"measure": given.measure});
            let (name, problems) = match answer {
                Answer::Saved => ("saved", Vec::new()),
                Answer::Nothing => ("nothing", Vec::new()),
                Answer::Changed => ("changed", Vec::new()),
                Answer::Wrong(list) => (
                    "wrong",
                    list.iter()
                        .map(|(part, phrase)| json!({"field": part, "text": locale::say(ctx.lang, phrase)}))
                        .collect(),
                ),
            };
            said["answer"] = name.into();
            said["problems"] = problems.into();
            if let Some((set, field)) = field {
                said["now"] = told_field(ctx.lang, set, field);
                if let Some(declared) = &field.declared {
                    said["shown"] =
                        facts::pages::exactly(ctx.lang, &declared.value, field.about.unit.as_deref()).into();
                    said["typed"] =
                        serde_json::to_value(form::typed(ctx.lang, Some(&declared.value))).unwrap_or(Value::Null);
                    said["by"] = person(field).and_then(|person| people.get(&person).cloned()).into();
                    said["clock"] = locale::moment(declared.at).into();
                }
            }
            said
        })
        .collect();
    let items: Vec<Value> = saved
        .items
        .iter()
        .map(|item| json!({"set": item.criterion.set, "no": item.criterion.no, "state": item.state.name(), "asked": item.asked, "filled": item.filled}))
        .collect();
    let answer = json!({"entries": answers, "criteria": items, "unit": told_unit(&saved.unit), "clock": locale::clock(ctx.site.clock.now())});
    // Where nothing was written there is nothing to be kept under the key either.
    if saved.answers.iter().any(|answer| matches!(answer, Answer::Saved)) {
        return repeatable.done(tx, answer).await;
    }
    ctx.json_with(StatusCode::OK, &answer)
}

/// What is said to doubts.
#[derive(Debug, Deserialize)]
struct Says {
    #[serde(default)]
    answers: Vec<SaysOne>,
    /// Whether the checks are asked again.
    #[serde(default)]
    check: bool,
}

#[derive(Debug, Deserialize)]
struct SaysOne {
    check: String,
    measure: String,
    note: Option<String>,
    useless: Option<bool>,
}

/// `POST /api/v1/campaigns/{campaign}/units/{unit}/doubts`: says something to doubts, all or none, and asks the quality checks again.
/// Cost: as [`crate::doubts::answer`]; to ask, as [`crate::doubts::around`] and [`crate::doubts::ask`].
#[utoipa::path(post, path = "/api/v1/campaigns/{campaign}/units/{unit}/doubts",
    request_body(content = serde_json::Value, description = "`answers`, each with `check`, `measure`, `note`, and from whoever reviews `useless`; `check`: whether the checks are asked again"),
    params(("campaign" = i64, Path), ("unit" = i64, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, description = "The doubts that stand, each with its reason and what was said to it"), (status = 404, description = "No such unit in the campaign"),
        (status = 409, description = "The campaign is not open"), (status = 422, description = "The body does not read, or an answer is not theirs to give")))]
pub async fn doubts(ctx: Ctx, Path((id, unit)): Path<(i64, i64)>, bytes: Bytes) -> Outcome {
    let body: Says = serde_json::from_slice(&bytes).map_err(|error| bad_json(&ctx, &error))?;
    if body.answers.len() > MOST {
        return Err(ctx.failure(Problem::input(Phrase::new("reporting-too-many").with("most", MOST))));
    }
    let law = law(&ctx);
    let (of, repeatable) = (UnitId(unit), Repeatable::new(&ctx, &bytes));
    let around = if body.check { shown::around(&ctx, &law, id, unit).await? } else { None };
    let mut tx = ctx.write().await?;
    let one = campaign(&ctx, &mut tx, id).await?;
    if let Some(answer) = repeatable.seen(&mut tx).await? {
        return ctx.json_with(StatusCode::OK, &answer);
    }
    let said = body.answers.into_iter();
    let said = said.map(|SaysOne { check, measure, note, useless }| Saying { check, measure, note, useless });
    let said: Vec<Saying> = said.collect();
    let Some(wrong) = asked::answer(&mut tx, &law, &one, of, &said).await? else { return Err(ctx.not_found()) };
    if let Some((check, measure, phrase)) = wrong.into_iter().next() {
        let at = said.iter().position(|one| one.check == check && one.measure == measure).unwrap_or(0);
        return Err(ctx.failure(Problem::input(phrase).at_field(format!("answers/{at}"))));
    }
    if body.check && !asked::ask(&mut tx, &law, &one, of, around.as_ref()).await? {
        return Err(ctx.not_found());
    }
    let all = Doubts::of(&mut tx, &law, &one, of).await?;
    let told = told_doubts(ctx.lang, &law, &all, all.all.iter());
    repeatable.done(tx, json!({"checked_at": all.ran.as_ref().map(|ran| ran.at.rfc3339()), "doubts": told})).await
}

/// What a step brings.
#[derive(Debug, Deserialize)]
struct Step {
    action: String,
    /// `{"set": …, "no": …}`; nothing named: all that take it.
    #[serde(default)]
    criteria: Vec<Named>,
    #[serde(default)]
    reason: String,
}

#[derive(Debug, Deserialize)]
struct Named {
    set: String,
    no: String,
}

async fn step(ctx: &Ctx, id: i64, unit: i64, bytes: &Bytes, allowed: &[Action]) -> Outcome {
    let body: Step = serde_json::from_slice(bytes).map_err(|error| bad_json(ctx, &error))?;
    let Some(action) = Action::from_name(&body.action).filter(|action| allowed.contains(action)) else {
        return Err(ctx.failure(Problem::input(Phrase::new("reporting-no-action")).at_field("action")));
    };
    let criteria = body.criteria.into_iter().map(|one| Criterion { set: one.set, no: one.no }).collect();
    let (law, repeatable) = (law(ctx), Repeatable::new(ctx, bytes));
    let around = if action == Action::Send { shown::around(ctx, &law, id, unit).await? } else { None };
    let mut tx = ctx.write().await?;
    let one = campaign(ctx, &mut tx, id).await?;
    if let Some(answer) = repeatable.seen(&mut tx).await? {
        return ctx.json_with(StatusCode::OK, &answer);
    }
    let wanted = Wanted { action, criteria, reason: body.reason };
    let acted = match actions::step(&mut tx, &law, &one, UnitId(unit), &wanted, around.as_ref()).await? {
        None => return Err(ctx.not_found()),
        Some(Stepped::Done(acted)) => acted,
        // What the checks found is kept, so that it can be read and answered.
        Some(Stepped::Doubted(problem)) => {
            tx.commit().await?;
            return Err(ctx.failure(*problem));
        }
    };
    let done: Vec<Value> = acted
        .done
        .iter()
        .map(|(criterion, state)| json!({"set": criterion.set, "no": criterion.no, "state": state.name()}))
        .collect();
    repeatable.done(tx, json!({"criteria": done, "unit": told_unit(&acted.unit)})).await
}

/// `POST /api/v1/campaigns/{campaign}/units/{unit}/send`: the unit's leader sends criteria that are filled. Cost: as [`actions::act`].
#[utoipa::path(post, path = "/api/v1/campaigns/{campaign}/units/{unit}/send",
    request_body(content = serde_json::Value, description = "`action`, `criteria` (each `set` and `no`; none: all that take it), `reason`"),
    params(("campaign" = i64, Path), ("unit" = i64, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, description = "The criteria with their new state"), (status = 404, description = "No such unit in the campaign"),
        (status = 403, description = "Not theirs to do"), (status = 409, description = "Not now"), (status = 422, description = "The body does not read")))]
pub async fn send(ctx: Ctx, Path((id, unit)): Path<(i64, i64)>, bytes: Bytes) -> Outcome {
    step(&ctx, id, unit, &bytes, &[Action::Send]).await
}

/// `POST /api/v1/campaigns/{campaign}/units/{unit}/review`: `accept`, or `return` with a reason. Cost: as [`actions::act`].
#[utoipa::path(post, path = "/api/v1/campaigns/{campaign}/units/{unit}/review",
    request_body(content = serde_json::Value, description = "`action`, `criteria` (each `set` and `no`; none: all that take it), `reason`"),
    params(("campaign" = i64, Path), ("unit" = i64, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, description = "The criteria with their new state"), (status = 404, description = "No such unit in the campaign"),
        (status = 403, description = "Not theirs to do"), (status = 409, description = "Not now"), (status = 422, description = "The body does not read")))]
pub async fn review(ctx: Ctx, Path((id, unit)): Path<(i64, i64)>, bytes: Bytes) -> Outcome {
    step(&ctx, id, unit, &bytes, &[Action::Accept, Action::Return]).await
}

/// `POST /api/v1/campaigns/{campaign}/units/{unit}/lock`: `confirm`, `lock`, `reopen` or `return`. Cost: as [`actions::act`].
#[utoipa::path(post, path = "/api/v1/campaigns/{campaign}/units/{unit}/lock",
    request_body(content = serde_json::Value, description = "`action`, `criteria` (each `set` and `no`; none: all that take it), `reason`"),
    params(("campaign" = i64, Path), ("unit" = i64, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, description = "The criteria with their new state"), (status = 404, description = "No such unit in the campaign"),
        (status = 403, description = "Not theirs to do"), (status = 409, description = "Not now"), (status = 422, description = "The body does not read")))]
pub async fn lock(ctx: Ctx, Path((id, unit)): Path<(i64, i64)>, bytes: Bytes) -> Outcome {
    step(&ctx, id, unit, &bytes, &[Action::Confirm, Action::Lock, Action::Reopen, Action::Return]).await
}
