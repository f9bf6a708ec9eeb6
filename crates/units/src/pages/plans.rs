//! Reorganisations prepared, on pages and for programs.

use crate::{
    Refused, Unit,
    api::{effects, refused, told},
    listed::take_away,
    plans::{self, Decision, JOB, Plan},
    rules::{Move, NewUnit, Reorganisation},
    store,
};
use axum::{
    body::Bytes,
    http::StatusCode,
    response::{IntoResponse, Redirect},
    routing::{get, post},
};
use documents::{list_out::Kind, sheet_out::Content};
use kernel::{Day, Phrase, Place, Problem, UnitId};
use minijinja::{Value, context};
use serde::Deserialize;
use serde_json::json;
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};
use web::{Asked, Asking, Ctx, Failure, Form, Outcome, Path, Repeatable, Routes, Site};

pub(super) fn routes() -> Routes {
    Routes::new()
        .read_inside("/quan-tri/sap-xep", "reorganisations", get(list))
        .read_inside("/quan-tri/sap-xep.csv", "reorganisations", get(csv))
        .read_inside("/quan-tri/sap-xep.xlsx", "reorganisations", get(xlsx))
        .read_inside("/quan-tri/sap-xep/moi", "reorganisations", get(begin))
        .write("/quan-tri/sap-xep/chuan-bi", "prepare", "reorganisations", post(prepare))
        .read_inside("/quan-tri/sap-xep/{id}", "reorganisations", get(page))
        .write("/quan-tri/sap-xep/{id}/duyet", "approve", "reorganisations", post(approve))
        .write("/quan-tri/sap-xep/{id}/huy", "prepare", "reorganisations", post(cancel))
        .read_inside("/api/v1/reorganisation-plans", "reorganisations", get(api_list))
        .write("/api/v1/reorganisation-plans", "prepare", "reorganisations", post(api_prepare))
        .read_inside("/api/v1/reorganisation-plans/{id}", "reorganisations", get(api_one))
        .write("/api/v1/reorganisation-plans/{id}/approval", "approve", "reorganisations", post(api_approve))
        .write("/api/v1/reorganisation-plans/{id}/cancellation", "prepare", "reorganisations", post(api_cancel))
}

#[derive(utoipa::OpenApi)]
#[openapi(paths(api_list, api_prepare, api_one, api_approve, api_cancel))]
pub struct Description;

/// How often approved plans without a job are looked for, in microseconds; the first time when the site starts.
const TENDED: i64 = 3_600_000_000;

/// The job that carries plans out, and what sees to it that an approved plan has one.
pub(super) fn register(registry: &mut ::store::jobs::Registry, site: &Site) {
    let effects = site.thing_if::<crate::Effects>().map_or_else(Vec::new, |effects| effects.0.clone());
    registry.add(JOB, move |work| {
        let effects = effects.clone();
        async move { plans::run(work, &effects).await.map_err(|e| e.to_string()) }
    });
    let last = Arc::new(AtomicI64::new(0));
    registry.tend(move |store, clock| {
        let last = last.clone();
        Box::pin(async move {
            let now = clock.now().0;
            if now - last.load(Ordering::Relaxed) < TENDED {
                return Ok(false);
            }
            last.store(now, Ordering::Relaxed);
            plans::tend(&store, &*clock).await.map_err(|e| e.to_string())
        })
    });
}

const PER: i64 = 50;
/// Lines of a file.
const MOST_LINES: i64 = 10_000;
/// Rows of the form for new units and for what goes into them.
const NEW: usize = 4;
const MOVES: usize = 12;

/// The page of a program, from 0.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Turned {
    page: i64,
}

fn state(ctx: &Ctx, plan: &Plan) -> (String, &'static str) {
    let class = match plan.state {
        plans::State::Prepared | plans::State::Approved => "incomplete",
        plans::State::Done => "passed",
        plans::State::Cancelled => "not-applicable",
        plans::State::Failed => "failed",
    };
    (locale::say_key(ctx.lang, &format!("plan-state-{}", plan.state.name()), &[]), class)
}

/// How many units end by it; one that is divided stands in several moves.
fn ended(plan: &Plan) -> usize {
    plan.plan.moves.iter().map(|m| m.from).collect::<BTreeSet<_>>().len()
}

async fn list(ctx: Ctx, Asking(asked): Asking<Asked>) -> Outcome {
    let mut tx = ctx.read().await?;
    let page = asked.page();
    let (found, count) = plans::list(&mut tx, &asked.listing(page, PER)).await?;
    let today = ctx.site.clock.today();
    let row = |p: &Plan| {
        let (word, class) = state(&ctx, p);
        context! {
            href => ctx.link(&format!("/quan-tri/sap-xep/{}", p.id)), title => p.title, source => p.plan.source, day => locale::date(p.plan.day),
            ended => ended(p), began => p.plan.units.len(),
            word => word, class => class, late => plans::is_late(p, today),
        }
    };
    ctx.page(
        "plans.html",
        context! {
            title => locale::word(ctx.lang, "plans-title"), rows => found.iter().map(row).collect::<Vec<_>>(), pages => asked.pages(PER, count),
            new => ctx.may("prepare", "reorganisations").then(|| ctx.link("/quan-tri/sap-xep/moi")), count => count,
            q => asked.q, sap => asked.sap, orders => plans::ORDERS, query => asked.kept(),
            base => ctx.link("/quan-tri/sap-xep"),
        },
    )
}

const HEADINGS: [&str; 6] = ["plan-name", "plan-source", "plan-day", "plan-ended", "plan-began", "plan-state"];

async fn csv(ctx: Ctx, Asking(asked): Asking<Asked>) -> Outcome {
    export(&ctx, &asked, Kind::Csv).await
}

async fn xlsx(ctx: Ctx, Asking(asked): Asking<Asked>) -> Outcome {
    export(&ctx, &asked, Kind::Xlsx).await
}

/// The list as a file. Cost: as [`plans::list`] of up to [`MOST_LINES`] plans.
async fn export(ctx: &Ctx, asked: &Asked, of: Kind) -> Outcome {
    let (found, _) = plans::list(&mut ctx.read().await?, &asked.listing(0, MOST_LINES)).await?;
    let row = |p: &Plan| {
        vec![
            Content::Text(p.title.clone()),
            Content::Text(p.plan.source.clone()),
            Content::Text(locale::date(p.plan.day)),
            Content::Text(ended(p).to_string()),
            Content::Text(p.plan.units.len().to_string()),
            Content::Text(state(ctx, p).0),
        ]
    };
    take_away(ctx, "sap-xep", "plans-title", &HEADINGS, found.iter().map(row).collect(), of)
}

type Fields = BTreeMap<String, String>;

async fn begin(ctx: Ctx) -> Outcome {
    form(&ctx, &Fields::new(), StatusCode::OK, &[])
}

/// The form with what was typed, and what is wrong at its field. Cost: no row.
fn form(ctx: &Ctx, typed: &Fields, status: StatusCode, problems: &[Problem]) -> Outcome {
    let field = |problem: &Problem| match &problem.place {
        // `units/0/code` stands in the form as `unit:0:code`.
        Some(Place::Field(field)) => field.replace("units/", "unit/").replace("moves/", "move/").replace('/', ":"),
        _ => String::new(),
    };
    let mut wrong: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for problem in problems {
        wrong.entry(field(problem)).or_default().push(locale::say(ctx.lang, &problem.phrase));
    }
    let errors: Vec<Value> = problems
        .iter()
        .map(|p| context! { href => format!("#{}", field(p)), text => locale::say(ctx.lang, &p.phrase) })
        .collect();
    let kinds: Vec<Value> = ["commune", "ward", "township", "special_zone"]
        .iter()
        .map(|kind| context! { id => kind, word => locale::say_key(ctx.lang, &format!("units-kind-{kind}"), &[]) })
        .collect();
    ctx.page_with(
        status,
        "plan_form.html",
        context! {
            title => locale::word(ctx.lang, "plan-new"), typed => typed, wrong => wrong, errors => errors, kinds => kinds,
            units => (0..NEW).collect::<Vec<_>>(), moves => (0..MOVES).collect::<Vec<_>>(), key => uuid::Uuid::new_v4().to_string(),
            action => ctx.link("/quan-tri/sap-xep/chuan-bi"), list => ctx.link("/quan-tri/sap-xep"),
        },
    )
}

/// From which rows of the form a plan's units and moves were read: rows left empty are passed over.
#[derive(Debug, Default)]
struct Rows {
    units: Vec<usize>,
    moves: Vec<usize>,
}

impl Rows {
    /// A problem of the plan, at the row of the form that it was read from.
    fn back(&self, problem: Problem) -> Problem {
        let moved = match &problem.place {
            Some(Place::Field(field)) => self.row_of(field),
            _ => None,
        };
        match moved {
            Some(field) => problem.at_field(field),
            None => problem,
        }
    }

    fn row_of(&self, field: &str) -> Option<String> {
        let (list, rest) = field.split_once('/')?;
        let (at, name) = rest.split_once('/')?;
        let rows = match list {
            "units" => &self.units,
            "moves" => &self.moves,
            _ => return None,
        };
        let row = rows.get(at.parse::<usize>().ok()?)?;
        Some(format!("{list}/{row}/{name}"))
    }
}

/// What a form sent, as a reorganisation of communes, and where in the form it stood; codes are read on the eve of its day.
/// Cost: the units named.
async fn plan_of(
    tx: &mut impl ::store::Query,
    typed: &Fields,
) -> Result<Result<(Reorganisation, Rows), Vec<Problem>>, Failure> {
    let text = |name: &str| typed.get(name).map_or("", |t| t.trim());
    let mut found = Vec::new();
    let Ok(day) = text("day").parse::<Day>() else {
        let phrase = Phrase::new("units-no-day").with("text", text("day"));
        return Ok(Err(vec![Problem::input(phrase).at_field("day")]));
    };
    let codes: Vec<String> = (0..MOVES)
        .map(|n| text(&format!("move:{n}:from")))
        .chain((0..NEW).map(|n| text(&format!("unit:{n}:parent"))))
        .filter(|code| !code.is_empty())
        .map(str::to_owned)
        .collect();
    let known: HashMap<String, Unit> = store::by_codes(tx, &codes, day.yesterday()).await?;
    let unknown =
        |code: &str, field: String| Problem::input(Phrase::new("plan-no-code").with("code", code)).at_field(field);
    let (mut units, mut rows) = (Vec::new(), Rows::default());
    // By the row of the form: which of the units it became.
    let mut place = BTreeMap::new();
    for n in 0..NEW {
        let of = |name: &str| text(&format!("unit:{n}:{name}"));
        if ["name", "code", "parent"].iter().all(|name| of(name).is_empty()) {
            continue;
        }
        let parent = known.get(of("parent")).map(|u| u.id);
        if parent.is_none() {
            found.push(unknown(of("parent"), format!("units/{n}/parent")));
        }
        place.insert(n, units.len());
        rows.units.push(n);
        units.push(NewUnit {
            name: of("name").into(),
            code: of("code").into(),
            level: "commune".into(),
            kind: of("kind").into(),
            parent,
            point: None,
        });
    }
    let mut moves = Vec::new();
    for n in 0..MOVES {
        let of = |name: &str| text(&format!("move:{n}:{name}"));
        if of("from").is_empty() {
            continue;
        }
        let from = known.get(of("from")).filter(|u| u.level == "commune").map(|u| u.id);
        let to = of("to").parse::<usize>().ok().and_then(|n| place.get(&n.checked_sub(1)?).copied());
        if from.is_none() {
            found.push(unknown(of("from"), format!("moves/{n}/from")));
        }
        if to.is_none() {
            found.push(Problem::input(Phrase::new("units-no-such-new")).at_field(format!("moves/{n}/to")));
        }
        let (whole, main) = (of("share") == "whole", of("share") != "part");
        if let Some((from, to)) = from.zip(to) {
            rows.moves.push(n);
            moves.push(Move { from, to, whole, main });
        }
    }
    if !found.is_empty() {
        return Ok(Err(found));
    }
    let from: Vec<UnitId> = moves.iter().map(|m| m.from).collect();
    let versions = store::versions(tx, &from).await?.into_iter().collect();
    let (source, confidence) = (text("source").to_owned(), "verified".to_owned());
    Ok(Ok((Reorganisation { day, source, confidence, units, moves, versions }, rows)))
}

async fn prepare(ctx: Ctx, Form(typed): Form<Fields>) -> Outcome {
    let key = typed.get("key").cloned().unwrap_or_default();
    let body = serde_json::to_vec(&Fields::from_iter(typed.clone().into_iter().filter(|(name, _)| name != "key")))?;
    let repeatable = Repeatable::of_form(&ctx, &key, &body);
    let there = |id: &serde_json::Value| ctx.link(&format!("/quan-tri/sap-xep/{id}"));
    if let Some(answer) = repeatable.seen(&mut ctx.write().await?).await? {
        return Ok(Redirect::to(&there(&answer["id"])).into_response());
    }
    let read = plan_of(&mut ctx.read().await?, &typed).await?;
    let (plan, rows) = match read {
        Ok(read) => read,
        Err(problems) => return form(&ctx, &typed, StatusCode::UNPROCESSABLE_ENTITY, &problems),
    };
    match plans::preview(&ctx.site.store, &*ctx.site.clock, &plan, &effects(&ctx)).await {
        Ok(_) => {}
        Err(Refused::Store(error)) => return Err(error.into()),
        Err(Refused::Changed(overtaken)) => return Err(ctx.failure(overtaken.problem)),
        Err(Refused::Problems(problems)) => {
            let problems: Vec<Problem> = problems.into_iter().map(|problem| rows.back(problem)).collect();
            return form(&ctx, &typed, StatusCode::UNPROCESSABLE_ENTITY, &problems);
        }
    }
    let mut tx = ctx.write().await?;
    if let Some(answer) = repeatable.seen(&mut tx).await? {
        return Ok(Redirect::to(&there(&answer["id"])).into_response());
    }
    let title = typed.get("title").map_or("", |t| t.trim());
    let title = if title.is_empty() { plan.source.as_str() } else { title };
    let id = json!(plans::prepare(&mut tx, title, &plan).await?);
    repeatable.keep(tx, &json!({"id": id})).await?;
    Ok(Redirect::to(&there(&id)).into_response())
}

async fn page(ctx: Ctx, Path(id): Path<i64>) -> Outcome {
    show(&ctx, id, StatusCode::OK, None).await
}

/// What would be done, or what was. Cost: as [`plans::preview`] while it is open.
async fn show(ctx: &Ctx, id: i64, status: StatusCode, wrong: Option<&Problem>) -> Outcome {
    let mut tx = ctx.read().await?;
    let Some(plan) = plans::get(&mut tx, id).await? else { return Err(ctx.not_found()) };
    let p = &plan.plan;
    let ids: Vec<UnitId> = p.moves.iter().map(|m| m.from).chain(p.units.iter().filter_map(|u| u.parent)).collect();
    let known = store::many(&mut tx, &ids).await?;
    drop(tx);
    let name = |id: UnitId| {
        known.get(&id).map(|u| context! { name => u.name, code => u.code, href => ctx.link(&format!("/don-vi/{id}")) })
    };
    let share = |m: &Move| match (m.whole, m.main) {
        (true, _) => "units-share-whole",
        (false, true) => "units-share-part-main",
        (false, false) => "units-share-part",
    };
    let units: Vec<Value> = p
        .units
        .iter()
        .enumerate()
        .map(|(at, unit)| {
            let from = p.moves.iter().filter(|m| m.to == at);
            let from = from.map(|m| context! { unit => name(m.from), share => locale::word(ctx.lang, share(m)) });
            context! {
                name => unit.name, code => unit.code, kind => locale::say_key(ctx.lang, &format!("units-kind-{}", unit.kind), &[]),
                parent => unit.parent.and_then(name), from => from.collect::<Vec<_>>(),
            }
        })
        .collect();
    let (mut would, mut problems) = (Vec::new(), Vec::new());
    if plan.state.is_open() {
        match plans::preview(&ctx.site.store, &*ctx.site.clock, p, &effects(ctx)).await {
            Ok((_, said)) => would = told(ctx, &said),
            Err(Refused::Problems(found)) => {
                problems = found.iter().map(|p| locale::say(ctx.lang, &p.phrase)).collect()
            }
            Err(Refused::Changed(overtaken)) => problems.push(locale::say(ctx.lang, &overtaken.problem.phrase)),
            Err(Refused::Store(error)) => return Err(error.into()),
        }
    }
    let (word, class) = state(ctx, &plan);
    let role = |name: &String| locale::say_key(ctx.lang, &format!("role-{}", name.replace('_', "-")), &[]);
    let (may, prepared) = (ctx.may("approve", "reorganisations"), plan.state == plans::State::Prepared);
    let second = may && ctx.actor.is_second(plan.drafter);
    ctx.page_with(
        status,
        "plan.html",
        context! {
            title => plan.title, source => p.source, day => locale::date(p.day), eve => locale::date(p.day.yesterday()), units => units,
            word => word, class => class, by => role(&plan.by), at => locale::date(plan.at.day()), decided_by => plan.decided_by.as_ref().map(role),
            decided_at => plan.decided_at.map(|at| locale::date(at.day())), why => plan.why, done_at => plan.done_at.map(|at| locale::date(at.day())),
            said => plan.said[ctx.lang.tag()].as_array().cloned().unwrap_or_default(), would => would, problems => problems, open => plan.state.is_open(),
            late => plans::is_late(&plan, ctx.site.clock.today()), wrong => wrong.map(|p| locale::say(ctx.lang, &p.phrase)),
            approve => (prepared && second).then(|| ctx.link(&format!("/quan-tri/sap-xep/{id}/duyet"))), needs_second => prepared && may && !second,
            cancel => (plan.state.is_open() && ctx.may("prepare", "reorganisations")).then(|| ctx.link(&format!("/quan-tri/sap-xep/{id}/huy"))),
            version => plan.version.to_string(), key => uuid::Uuid::new_v4().to_string(), list => ctx.link("/quan-tri/sap-xep"),
        },
    )
}

/// A decision, by form or by program.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Sent {
    why: String,
    /// The version that was seen.
    version: String,
    key: String,
}

async fn approve(ctx: Ctx, Path(id): Path<i64>, Form(sent): Form<Sent>) -> Outcome {
    by_form(&ctx, id, &sent, Decision::Approve).await
}

async fn cancel(ctx: Ctx, Path(id): Path<i64>, Form(sent): Form<Sent>) -> Outcome {
    by_form(&ctx, id, &sent, Decision::Cancel).await
}

async fn by_form(ctx: &Ctx, id: i64, sent: &Sent, decision: Decision) -> Outcome {
    let repeatable = Repeatable::of_form(ctx, &sent.key, format!("{} {}", sent.version, sent.why).as_bytes());
    match decide(ctx, id, sent, decision, &repeatable).await? {
        Ok(_) => Ok(Redirect::to(&ctx.link(&format!("/quan-tri/sap-xep/{id}"))).into_response()),
        Err(problem) => {
            let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY);
            show(ctx, id, status, Some(&problem)).await
        }
    }
}

async fn decide(
    ctx: &Ctx,
    id: i64,
    sent: &Sent,
    decision: Decision,
    repeatable: &Repeatable<'_>,
) -> Result<Result<serde_json::Value, Problem>, Failure> {
    let mut tx = ctx.write().await?;
    if let Some(answer) = repeatable.seen(&mut tx).await? {
        return Ok(Ok(answer));
    }
    let Some(plan) = plans::get(&mut tx, id).await? else { return Err(ctx.not_found()) };
    let version = sent.version.parse().unwrap_or(0);
    if let Err(problem) = plans::decide(&mut tx, &plan, version, decision, &sent.why).await? {
        return Ok(Err(problem));
    }
    let answer = json!({"id": id, "version": version + 1});
    repeatable.keep(tx, &answer).await?;
    Ok(Ok(answer))
}

/// `GET /api/v1/reorganisation-plans`: reorganisations that were prepared.
#[utoipa::path(get, path = "/api/v1/reorganisation-plans", responses((status = 200, description = "A page of 50 plans, the last first")),
    params(("q" = Option<String>, Query, description = "Of titles and what they rest on"),
        ("sap" = Option<String>, Query, description = "`title`, `day`; else the last first"), ("page" = Option<i64>, Query, description = "From 0")))]
async fn api_list(ctx: Ctx, Asking(asked): Asking<Asked>, Asking(turned): Asking<Turned>) -> Outcome {
    let mut tx = ctx.read().await?;
    let page = web::page(turned.page);
    let (found, count) = plans::list(&mut tx, &asked.listing(page, PER)).await?;
    ctx.json(&json!({"count": count, "page": page, "plans": found}))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Prepared {
    #[serde(default)]
    title: String,
    plan: Reorganisation,
}

/// `POST /api/v1/reorganisation-plans`: prepares a reorganisation; says what it would do.
#[utoipa::path(post, path = "/api/v1/reorganisation-plans", request_body(content = Object, content_type = "application/json",
        description = "title, and plan: day, source, confidence, units, moves; optionally versions: {unit id: the version seen} of the units that end"),
    responses((status = 200, description = "Its number, and what every room would do"), (status = 422, description = "Every problem with its field")),
    params(("Idempotency-Key" = Option<String>, Header)))]
async fn api_prepare(ctx: Ctx, body: Bytes) -> Outcome {
    let wrong =
        |e: serde_json::Error| ctx.failure(Problem::input(Phrase::new("units-bad-json").with("error", e.to_string())));
    let sent: Prepared = serde_json::from_slice(&body).map_err(wrong)?;
    let repeatable = Repeatable::new(&ctx, &body);
    if let Some(answer) = repeatable.seen(&mut ctx.write().await?).await? {
        return ctx.json_with(StatusCode::OK, &answer);
    }
    let (merger, said) = match plans::preview(&ctx.site.store, &*ctx.site.clock, &sent.plan, &effects(&ctx)).await {
        Ok(would) => would,
        Err(error) => return refused(&ctx, error),
    };
    let mut tx = ctx.write().await?;
    let title = if sent.title.trim().is_empty() { &sent.plan.source } else { &sent.title };
    let id = plans::prepare(&mut tx, title.trim(), &sent.plan).await?;
    let answer = json!({"id": id, "version": 1, "ended": merger.ended, "effects": told(&ctx, &said)});
    repeatable.done(tx, answer).await
}

/// `GET /api/v1/reorganisation-plans/{id}`: a plan, with what it would do while it is open.
#[utoipa::path(get, path = "/api/v1/reorganisation-plans/{id}", params(("id" = i64, Path)),
    responses((status = 200, description = "The plan; `effects` or `problems` while it is open"), (status = 404, description = "There is no such plan")))]
async fn api_one(ctx: Ctx, Path(id): Path<i64>) -> Outcome {
    let mut tx = ctx.read().await?;
    let Some(plan) = plans::get(&mut tx, id).await? else { return Err(ctx.not_found()) };
    drop(tx);
    let mut answer = json!({"plan": plan});
    if plan.state.is_open() {
        match plans::preview(&ctx.site.store, &*ctx.site.clock, &plan.plan, &effects(&ctx)).await {
            Ok((_, said)) => answer["effects"] = json!(told(&ctx, &said)),
            Err(Refused::Store(error)) => return Err(error.into()),
            Err(Refused::Problems(problems)) => {
                answer["problems"] = problems.iter().map(|p| web::json_problem(ctx.lang, p)).collect();
            }
            Err(Refused::Changed(overtaken)) => {
                answer["problems"] = json!([web::json_problem(ctx.lang, &overtaken.problem)]);
            }
        }
    }
    ctx.json(&answer)
}

/// `POST /api/v1/reorganisation-plans/{id}/approval`: `version`; never by whoever prepared it.
#[utoipa::path(post, path = "/api/v1/reorganisation-plans/{id}/approval", request_body(content = Object, content_type = "application/json"),
    responses((status = 200, description = "Its new version"), (status = 403, description = "Whoever prepared it"),
        (status = 404, description = "There is no such plan"), (status = 412, description = "It was decided meanwhile")),
    params(("id" = i64, Path), ("Idempotency-Key" = Option<String>, Header)))]
async fn api_approve(ctx: Ctx, Path(id): Path<i64>, body: Bytes) -> Outcome {
    by_program(&ctx, id, &body, Decision::Approve).await
}

/// `POST /api/v1/reorganisation-plans/{id}/cancellation`: `version` and `why`, before its day.
#[utoipa::path(post, path = "/api/v1/reorganisation-plans/{id}/cancellation", request_body(content = Object, content_type = "application/json"),
    responses((status = 200, description = "Its new version"), (status = 404, description = "There is no such plan"),
        (status = 412, description = "It was decided meanwhile"), (status = 422, description = "It does not say why")),
    params(("id" = i64, Path), ("Idempotency-Key" = Option<String>, Header)))]
async fn api_cancel(ctx: Ctx, Path(id): Path<i64>, body: Bytes) -> Outcome {
    by_program(&ctx, id, &body, Decision::Cancel).await
}

async fn by_program(ctx: &Ctx, id: i64, body: &[u8], decision: Decision) -> Outcome {
    let wrong =
        |e: serde_json::Error| ctx.failure(Problem::input(Phrase::new("units-bad-json").with("error", e.to_string())));
    let sent: Sent = serde_json::from_slice(body).map_err(wrong)?;
    match decide(ctx, id, &sent, decision, &Repeatable::new(ctx, body)).await? {
        Ok(answer) => ctx.json_with(StatusCode::OK, &answer),
        Err(problem) => Err(ctx.failure(problem)),
    }
}
