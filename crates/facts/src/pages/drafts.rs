//! Criteria sets from a table: template out, file in with its problems by cell, beside the set in use, decided by a second
//! person.

use super::{
    law,
    overlays::{changes, kinds, preview_json, refused},
};
use crate::{
    drafts::{self, Draft, State},
    overlays::{self, Loose, What},
    setsheet, trial,
};
use axum::{
    body::Bytes,
    http::StatusCode,
    response::{IntoResponse, Redirect},
    routing::{get, post},
};
use documents::{list_out, sheet_out::Content};
use kernel::{Phrase, Problem};
use minijinja::{Value, context};
use rulebook::{
    Book, Library, Traits,
    compare::{Kind, Side, compare},
};
use serde::Deserialize;
use serde_json::json;
use store::Listing;
use units::listed::take_away;
use web::{Asking, Ctx, Failure, Form, Multipart, Outcome, Path, Repeatable, Routes};

pub(super) fn routes() -> Routes {
    Routes::new()
        .read_inside("/quan-tri/bo-tieu-chi", "law administration", get(list))
        .read_inside("/quan-tri/bo-tieu-chi.csv", "law administration", get(csv))
        .read_inside("/quan-tri/bo-tieu-chi.xlsx", "law administration", get(xlsx))
        .read_inside("/quan-tri/bo-tieu-chi/mau.xlsx", "law administration", get(template))
        .write("/quan-tri/bo-tieu-chi/nhap", "draft", "law", post(take))
        .read_inside("/quan-tri/bo-tieu-chi/{id}", "law administration", get(page))
        .write("/quan-tri/bo-tieu-chi/{id}/quyet-dinh", "approve", "law", post(decide))
        .read_inside("/api/v1/rulebook-drafts", "law administration", get(api_list))
        .write("/api/v1/rulebook-drafts", "draft", "law", post(api_take))
        .read_inside("/api/v1/rulebook-drafts/{id}", "law administration", get(api_one))
        .write("/api/v1/rulebook-drafts/{id}/decision", "approve", "law", post(api_decide))
}

#[derive(utoipa::OpenApi)]
#[openapi(paths(api_list, api_take, api_one, api_decide))]
pub struct Description;

const PER: i64 = 50;
const PER_API: i64 = 500;
/// Lines of a file.
const MOST_LINES: i64 = 10_000;
/// Problems that a page lists; all of them are counted.
const SHOWN: usize = 200;
const KIND: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    /// The set of a template.
    bo: String,
    /// The set beside which a draft stands.
    voi: String,
    /// Words of a title, an id, a number or a file.
    q: String,
    /// In which order: one of [`drafts::ORDERS`], else the last first.
    sap: String,
    /// From 1; of programs from 0.
    trang: String,
    page: i64,
}

impl Asked {
    fn listing(&self, page: i64, per: i64) -> Listing {
        Listing { search: self.q.clone(), sort: self.sap.clone(), page, per, ..Listing::default() }
    }
}

async fn list(ctx: Ctx, Asking(asked): Asking<Asked>) -> Outcome {
    show_list(&ctx, &asked, StatusCode::OK, "", &[]).await
}

async fn show_list(ctx: &Ctx, asked: &Asked, status: StatusCode, file: &str, problems: &[Problem]) -> Outcome {
    let law = law(ctx);
    let mut tx = ctx.read().await?;
    let page = web::page_from_one(&asked.trang);
    let (found, count) = drafts::list(&mut tx, &asked.listing(page, PER)).await?;
    let row = |d: &Draft| {
        context! {
            href => ctx.link(&format!("/quan-tri/bo-tieu-chi/{}", d.id)), title => ctx.lang.pick(&d.entered.book.title_vi, &d.entered.book.title_en),
            set => d.entered.book.set, from => locale::date(d.entered.book.applies.from), at => locale::date(d.at.day()), file => d.file,
            state => locale::say_key(ctx.lang, &format!("draft-state-{}", d.state.name()), &[]), class => class(d.state),
        }
    };
    let sets = law.library().sets().map(|s| context! { id => s.set, title => ctx.lang.pick(&s.title_vi, &s.title_en) });
    let pages = web::page_links(page, PER, count);
    let said: Vec<String> = problems.iter().take(SHOWN).map(|p| locale::problem(ctx.lang, p)).collect();
    ctx.page_with(
        status,
        "drafts.html",
        context! {
            title => locale::word(ctx.lang, "drafts-title"), rows => found.iter().map(row).collect::<Vec<_>>(), count => count, pages => pages,
            sets => sets.collect::<Vec<_>>(), may => ctx.may("draft", "law"), problems => said, problem_count => problems.len(), file => file,
            key => uuid::Uuid::new_v4().to_string(), action => ctx.link("/quan-tri/bo-tieu-chi/nhap"),
            q => asked.q, sap => asked.sap, orders => drafts::ORDERS, query => web::kept(&[("q", &asked.q), ("sap", &asked.sap)]),
            base => ctx.link("/quan-tri/bo-tieu-chi"), template => ctx.link("/quan-tri/bo-tieu-chi/mau.xlsx"),
        },
    )
}

const HEADINGS: [&str; 8] = [
    "choice-set",
    "draft-id",
    "overlay-number",
    "overlay-issuer",
    "overlay-from",
    "overlay-entered",
    "draft-file",
    "draft-state",
];

async fn csv(ctx: Ctx, Asking(asked): Asking<Asked>) -> Outcome {
    export(&ctx, &asked, list_out::Kind::Csv).await
}

async fn xlsx(ctx: Ctx, Asking(asked): Asking<Asked>) -> Outcome {
    export(&ctx, &asked, list_out::Kind::Xlsx).await
}

/// The list as a file. Cost: as [`drafts::list`] of up to [`MOST_LINES`] drafts.
async fn export(ctx: &Ctx, asked: &Asked, of: list_out::Kind) -> Outcome {
    let mut tx = ctx.read().await?;
    let (found, _) = drafts::list(&mut tx, &asked.listing(0, MOST_LINES)).await?;
    let row = |d: &Draft| {
        let book = &d.entered.book;
        let texts = [
            ctx.lang.pick(&book.title_vi, &book.title_en).clone(),
            book.set.clone(),
            book.decision.number.clone().unwrap_or_default(),
            book.decision.issuer.clone(),
            locale::date(book.applies.from),
            locale::date(d.at.day()),
            d.file.clone(),
            locale::say_key(ctx.lang, &format!("draft-state-{}", d.state.name()), &[]),
        ];
        texts.into_iter().map(Content::Text).collect()
    };
    take_away(ctx, "bo-tieu-chi", "drafts-list", &HEADINGS, found.iter().map(row).collect(), of)
}

fn class(state: State) -> &'static str {
    match state {
        State::Waiting => "incomplete",
        State::Approved => "passed",
        State::Refused => "failed",
    }
}

/// `GET /quan-tri/bo-tieu-chi/mau.xlsx?bo=`: a set as a workbook, to be changed and sent back. Cost: no row.
async fn template(ctx: Ctx, Asking(asked): Asking<Asked>) -> Outcome {
    let law = law(&ctx);
    let Some(book) = law.library().set(&asked.bo) else { return Err(ctx.not_found()) };
    let bytes = setsheet::write(book, &[], ctx.lang, ctx.site.clock.today())?;
    ctx.download(&format!("{}.xlsx", book.set), KIND, bytes)
}

/// `POST /quan-tri/bo-tieu-chi/nhap`: a workbook; a draft, or every problem at its cell.
async fn take(ctx: Ctx, mut parts: Multipart) -> Outcome {
    let broken = |error: axum::extract::multipart::MultipartError| match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => ctx.too_large(),
        _ => ctx.failure(Problem::input(Phrase::new("intake-upload-broken"))),
    };
    let (mut name, mut key, mut bytes) = (String::new(), String::new(), Vec::new());
    while let Some(field) = parts.next_field().await.map_err(broken)? {
        match field.name().unwrap_or("") {
            "key" => key = field.text().await.map_err(broken)?,
            "file" => {
                name = super::intake::plain(field.file_name().unwrap_or(""));
                bytes = field.bytes().await.map_err(broken)?.to_vec();
            }
            _ => {}
        }
    }
    let entered = match setsheet::read(&bytes, law(&ctx).library()) {
        Ok(entered) => entered,
        Err(problems) => {
            return show_list(&ctx, &Asked::default(), StatusCode::UNPROCESSABLE_ENTITY, &name, &problems).await;
        }
    };
    let repeatable = Repeatable::of_form(&ctx, &key, &bytes);
    let mut tx = ctx.write().await?;
    let there = |id: &serde_json::Value| ctx.link(&format!("/quan-tri/bo-tieu-chi/{id}"));
    if let Some(answer) = repeatable.seen(&mut tx).await? {
        return Ok(Redirect::to(&there(&answer["id"])).into_response());
    }
    let id = json!(drafts::keep(&mut tx, &name, &entered).await?);
    repeatable.keep(tx, &json!({"id": id})).await?;
    Ok(Redirect::to(&there(&id)).into_response())
}

async fn page(ctx: Ctx, Path(id): Path<i64>, Asking(asked): Asking<Asked>) -> Outcome {
    show(&ctx, id, &asked, StatusCode::OK, None).await
}

/// How a draft stands beside a set: each measure that differs, and how many are of which kind. `approved`: the library as it
/// would be with it.
fn beside(
    ctx: &Ctx,
    (library, approved): (&Library, &Library),
    draft: &Draft,
    with: &str,
) -> Option<(Vec<Value>, Vec<Value>)> {
    let one = |id: &str, library: &Library| -> Option<(Book, i16, Vec<String>)> {
        let year = library.set(id)?.applies.to.unwrap_or(ctx.site.clock.today()).year();
        Some((library.in_force(id, rulebook::values::year_end(year))?, year, library.prerequisites(id)))
    };
    let (first, then) = (one(with, library)?, one(&draft.entered.book.set, approved)?);
    fn side((book, year, prerequisites): &(Book, i16, Vec<String>)) -> Side<'_> {
        Side { book, year: *year, prerequisites }
    }
    let traits = Traits { region: Some(units::home().region.clone()), ..Traits::default() };
    let (first, others) = (side(&first), [side(&then)]);
    let rows = compare(first, &others, library.similar(), &traits);
    let counts = Kind::ALL.map(|kind| {
        let count = rows.iter().filter(|r| r.others[0].difference.kind() == Some(kind)).count();
        context! { word => locale::say_key(ctx.lang, &format!("compare-kind-{}", kind.name()), &[]), count => count }
    });
    let differs = rows.iter().filter(|r| !matches!(r.others[0].difference.kind(), Some(Kind::Same) | None));
    let row = |r: &rulebook::compare::Row| {
        let node = r.others[0].node.map(|at| &others[0].book.nodes[at]);
        let node = node.or_else(|| r.first.map(|at| &first.book.nodes[at]))?;
        let i = &node.indicator;
        let said = locale::say(ctx.lang, &r.said(0, first, &others, library.similar(), &traits));
        Some(context! { no => i.no, text => ctx.lang.pick(&i.text_vi, &i.text_en), said => said })
    };
    Some((counts.into(), differs.filter_map(row).collect()))
}

async fn show(ctx: &Ctx, id: i64, asked: &Asked, status: StatusCode, wrong: Option<&Problem>) -> Outcome {
    let law = law(ctx);
    let mut tx = ctx.read().await?;
    let Some(draft) = drafts::get(&mut tx, id).await? else { return Err(ctx.not_found()) };
    let library = law.library().without_illustrations();
    // Where nobody says: the set that it replaces, else the one that is shown for its first year.
    let replaced = law.library().set(&draft.entered.book.set).map(|s| s.set.clone());
    let main = || {
        law.main_set(draft.entered.book.applies.level, draft.entered.book.applies.from.year()).map(|s| s.set.clone())
    };
    let with = Some(asked.voi.clone()).filter(|w| !w.is_empty()).or(replaced.clone()).or_else(main).unwrap_or_default();
    let (approved, mut loose) = overlays::with_set(&mut tx, &law, &draft.entered, ctx.site.clock.today()).await?;
    let known = approved.without_illustrations();
    let (counts, differences) = beside(ctx, (&library, &known), &draft, &with).unwrap_or_default();
    let waiting = draft.state == State::Waiting;
    let mut would = trial::Trial::default();
    if waiting {
        would = trial::of_library(&mut tx, &law, approved, std::slice::from_ref(&draft.entered.book.set)).await?;
    } else {
        loose.clear();
    }
    let unfit = |one: &Loose| {
        let list = if one.kind == What::Confirmation { "/quan-tri/xac-nhan" } else { "/quan-tri/nguong" };
        let href = one.id.map(|_| ctx.link(&format!("{list}?{}", web::kept(&[("q", &one.number)]))));
        context! { number => one.number, missing => one.missing.join(", "), blocks => one.blocks, href => href }
    };
    let (some, pages) = web::page_of(&would.changes, &asked.trang, PER);
    let rows = changes(ctx, &mut tx, &some.iter().collect::<Vec<_>>()).await?;
    let (mut indicators, mut sure) = (0, 0);
    draft.entered.book.walk(|_, i| {
        indicators += 1;
        sure += usize::from(i.confidence == rulebook::Confidence::Verified);
    });
    let measure = |m: &rulebook::Measure| {
        let unit = m.unit.as_deref().unwrap_or_default();
        context! { id => m.id, name => ctx.lang.pick(&m.name_vi, &m.name_en), unit => unit, kind => law::dictionary::kind(ctx, m) }
    };
    let role = |name: &String| locale::say_key(ctx.lang, &format!("role-{}", name.replace('_', "-")), &[]);
    let second = ctx.may("approve", "law") && ctx.actor.is_second(draft.drafter);
    let sets = law.library().sets().map(|s| {
        context! { id => s.set, title => ctx.lang.pick(&s.title_vi, &s.title_en), chosen => s.set == with }
    });
    ctx.page_with(
        status,
        "draft.html",
        context! {
            title => ctx.lang.pick(&draft.entered.book.title_vi, &draft.entered.book.title_en), set => draft.entered.book.set, replaces => replaced.is_some(),
            decision => draft.entered.book.decision.number, issuer => draft.entered.book.decision.issuer, signed => super::say::signed(&draft.entered.book.decision.date),
            from => locale::date(draft.entered.book.applies.from), to => draft.entered.book.applies.to.map(locale::date), criteria => draft.entered.book.criteria.len(),
            indicators => indicators, sure => sure, file => draft.file, at => locale::date(draft.at.day()), by => role(&draft.by),
            state => locale::say_key(ctx.lang, &format!("draft-state-{}", draft.state.name()), &[]), class => class(draft.state), waiting => waiting,
            decided_at => draft.decided_at.map(|at| locale::date(at.day())), decided_by => draft.decided_by.as_ref().map(role), why => draft.why,
            measures => draft.entered.measures.iter().map(measure).collect::<Vec<_>>(),
            counts => counts, differences => differences, sets => sets.collect::<Vec<_>>(), kinds => kinds(ctx, &would), rows => rows, pages => pages,
            judged => would.judged, changed => would.changes.len(), public => would.changes.iter().filter(|c| c.published).count(),
            second => second && waiting, may => ctx.may("approve", "law"), version => draft.version.to_string(),
            seen => law.step().to_string(), loose => loose.iter().map(unfit).collect::<Vec<_>>(), blocked => loose.iter().any(|one| one.blocks), key => uuid::Uuid::new_v4().to_string(),
            action => ctx.link(&format!("/quan-tri/bo-tieu-chi/{id}/quyet-dinh")), list => ctx.link("/quan-tri/bo-tieu-chi"),
            wrong => wrong.map(|p| locale::say(ctx.lang, &p.phrase)), query => format!("voi={with}"),
        },
    )
}

/// A decision, by form or by program.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Decision {
    /// `approve` or `refuse`.
    decision: String,
    why: String,
    /// The version that was seen.
    version: String,
    /// The step of the law beside which it was seen: the form always says it, a program may.
    seen: Option<String>,
    key: String,
}

impl Decision {
    /// What is no step was never seen.
    fn seen(&self) -> Option<i64> {
        self.seen.as_ref().map(|step| step.trim().parse().unwrap_or(-1))
    }
}

async fn decide(ctx: Ctx, Path(id): Path<i64>, Form(sent): Form<Decision>) -> Outcome {
    let there = ctx.link(&format!("/quan-tri/bo-tieu-chi/{id}"));
    let sent = Decision { seen: sent.seen.or_else(|| Some(String::new())), ..sent };
    let body = format!("{} {} {}", sent.decision, sent.version, sent.why);
    let repeatable = Repeatable::of_form(&ctx, &sent.key, body.as_bytes());
    match carry_out(&ctx, id, &sent, &repeatable).await? {
        Ok(_) => Ok(Redirect::to(&there).into_response()),
        Err(problem) => {
            let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY);
            show(&ctx, id, &Asked::default(), status, Some(&problem)).await
        }
    }
}

async fn carry_out(
    ctx: &Ctx,
    id: i64,
    sent: &Decision,
    repeatable: &Repeatable<'_>,
) -> Result<Result<serde_json::Value, Problem>, Failure> {
    let mut tx = ctx.write().await?;
    if let Some(answer) = repeatable.seen(&mut tx).await? {
        return Ok(Ok(answer));
    }
    let Some(draft) = drafts::get(&mut tx, id).await? else { return Err(ctx.not_found()) };
    let approve = match sent.decision.as_str() {
        "approve" => true,
        "refuse" => false,
        _ => return Ok(Err(Problem::input(Phrase::new("draft-no-decision")).at_field("decision"))),
    };
    let version = sent.version.parse().unwrap_or(0);
    let decision = drafts::Decision { version, seen: sent.seen(), approve, why: &sent.why };
    if let Err(problem) = drafts::decide(&mut tx, &law(ctx), &draft, decision).await? {
        return Ok(Err(problem));
    }
    let answer = json!({"id": id, "state": if approve { "approved" } else { "refused" }});
    repeatable.keep(tx, &answer).await?;
    Ok(Ok(answer))
}

/// `GET /api/v1/rulebook-drafts`: criteria sets that were entered.
#[utoipa::path(get, path = "/api/v1/rulebook-drafts", responses((status = 200, description = "A page of 500 drafts, the last first")),
    params(("q" = Option<String>, Query, description = "Of titles, ids, the decision's number, the file"),
        ("sap" = Option<String>, Query, description = "`title`; else the last first"), ("page" = Option<i64>, Query, description = "From 0")))]
async fn api_list(ctx: Ctx, Asking(asked): Asking<Asked>) -> Outcome {
    let mut tx = ctx.read().await?;
    let page = web::page(asked.page);
    let (found, count) = drafts::list(&mut tx, &asked.listing(page, PER_API)).await?;
    let rows: Vec<_> = found
        .iter()
        .map(|d| json!({"id": d.id, "set": d.entered.book.set, "title": d.entered.book.title_vi, "state": d.state.name(), "version": d.version, "file": d.file, "at": d.at.rfc3339()}))
        .collect();
    ctx.json(&json!({"count": count, "page": page, "drafts": rows}))
}

/// `POST /api/v1/rulebook-drafts`: a workbook of a criteria set; a draft of it.
#[utoipa::path(post, path = "/api/v1/rulebook-drafts",
    request_body(content = Vec<u8>, content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    responses((status = 200, description = "The draft's number"), (status = 422, description = "Problems, each at its sheet and cell")),
    params(("Idempotency-Key" = Option<String>, Header)))]
async fn api_take(ctx: Ctx, bytes: Bytes) -> Outcome {
    let entered = match setsheet::read(&bytes, law(&ctx).library()) {
        Ok(entered) => entered,
        Err(problems) => return refused(&ctx, &problems),
    };
    let repeatable = Repeatable::new(&ctx, &bytes);
    let mut tx = ctx.write().await?;
    if let Some(answer) = repeatable.seen(&mut tx).await? {
        return ctx.json_with(StatusCode::OK, &answer);
    }
    let id = drafts::keep(&mut tx, &format!("{}.xlsx", entered.book.set), &entered).await?;
    repeatable.done(tx, json!({"id": id, "version": 1})).await
}

/// `GET /api/v1/rulebook-drafts/{id}`: a draft whole, which verdicts it would change, which documents would lie on nothing.
#[utoipa::path(get, path = "/api/v1/rulebook-drafts/{id}", params(("id" = i64, Path)),
    responses((status = 200, description = "The draft, what it would change, the documents that do not lie on it, and the step of the law (`seen`)"), (status = 404, description = "There is no such draft")))]
async fn api_one(ctx: Ctx, Path(id): Path<i64>) -> Outcome {
    let law = law(&ctx);
    let mut tx = ctx.read().await?;
    let Some(draft) = drafts::get(&mut tx, id).await? else { return Err(ctx.not_found()) };
    let (library, loose) = overlays::with_set(&mut tx, &law, &draft.entered, ctx.site.clock.today()).await?;
    let would = trial::of_library(&mut tx, &law, library, std::slice::from_ref(&draft.entered.book.set)).await?;
    let seen = law.step().to_string();
    ctx.json(&json!({"draft": draft, "would": preview_json(&would), "documents_unfit": loose, "seen": seen}))
}

/// `POST /api/v1/rulebook-drafts/{id}/decision`: approved or refused, never by whoever drafted it. With `seen`, as the draft
/// told it, nothing is approved beside another law than the one that was seen.
#[utoipa::path(post, path = "/api/v1/rulebook-drafts/{id}/decision", request_body = serde_json::Value,
    responses((status = 200, description = "What became of it"), (status = 403, description = "Whoever drafted it"),
        (status = 404, description = "There is no such draft"), (status = 409, description = "Another law than the one seen, or documents in force do not lie on it"),
        (status = 412, description = "It was decided meanwhile"),
        (status = 422, description = "What does not fit")),
    params(("id" = i64, Path), ("Idempotency-Key" = Option<String>, Header)))]
async fn api_decide(ctx: Ctx, Path(id): Path<i64>, bytes: Bytes) -> Outcome {
    let wrong = |error: serde_json::Error| {
        ctx.failure(Problem::input(Phrase::new("overlay-unread").with("reason", error.to_string())))
    };
    let sent: Decision = serde_json::from_slice(&bytes).map_err(wrong)?;
    match carry_out(&ctx, id, &sent, &Repeatable::new(&ctx, &bytes)).await? {
        Ok(answer) => ctx.json_with(StatusCode::OK, &answer),
        Err(problem) => Err(ctx.failure(problem)),
    }
}
