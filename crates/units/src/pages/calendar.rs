//! The calendar of working days: a year as a list, what a term of working days comes to, days edited; and its API.

use super::{
    edit::{Fields, day, note, text},
    unsure,
};
use crate::listed::take_away;
use crate::{
    api::{effects, parsed, refused},
    calendar::{self, CalendarDay, Change, NotEdited, REMOVED},
    listed::{Answer, Listed},
};
use axum::{
    body::Bytes,
    http::StatusCode,
    response::{IntoResponse, Redirect},
    routing::{get, post},
};
use documents::{list_out::Kind, sheet_out::Content};
use kernel::{Day, DayKind, Period, Phrase, Place, Problem, WorkDays};
use minijinja::{Value, context};
use serde::Deserialize;
use serde_json::json;
use web::{Asking, Ctx, Failure, Form, Outcome, Path, Repeatable, Routes};

pub(super) fn routes() -> Routes {
    Routes::new()
        .read("/lich-lam-viec", "calendar", get(page))
        .read("/lich-lam-viec.csv", "calendar", get(csv))
        .read("/lich-lam-viec.xlsx", "calendar", get(xlsx))
        .read_inside("/quan-tri/lich-lam-viec/{day}", "unit administration", get(form))
        .write("/quan-tri/lich-lam-viec/{day}", "keep", "calendar", post(save))
        .read("/api/v1/calendar/{year}", "calendar", get(api_year))
        .write("/api/v1/calendar/{year}", "keep", "calendar", post(api_change))
}

#[derive(utoipa::OpenApi)]
#[openapi(paths(api_year, api_change))]
pub struct Description;

/// Most working days that a term asked for here may have: some four years.
const MOST: i32 = 1_000;

/// What the page is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    /// The year; that of today by default.
    nam: String,
    /// A term: the day from which it runs, and its working days.
    tu: String,
    so: String,
    da_luu: String,
}

impl Asked {
    fn year(&self, ctx: &Ctx) -> Result<i16, Failure> {
        match self.nam.trim() {
            "" => Ok(ctx.site.clock.today().year()),
            text => known_year(ctx, text, "nam"),
        }
    }
}

fn known_year(ctx: &Ctx, text: &str, field: &str) -> Result<i16, Failure> {
    let wrong = || Problem::input(Phrase::new("calendar-no-year").with("text", text)).at_field(field);
    kernel::year(text).ok_or_else(|| ctx.failure(wrong()))
}

fn weekday(ctx: &Ctx, day: Day) -> String {
    locale::say_key(ctx.lang, &format!("calendar-weekday-{}", day.weekday()), &[])
}

fn kind(ctx: &Ctx, kind: DayKind) -> String {
    locale::say_key(ctx.lang, &format!("calendar-kind-{}", kind.name()), &[])
}

fn name<'a>(ctx: &Ctx, day: &'a CalendarDay) -> &'a str {
    ctx.lang.pick(&day.name_vi, &day.name_en)
}

/// Working days of a year.
fn working(days: &WorkDays, year: i16) -> i32 {
    days.working_between(Period::Year(year - 1).last_day(), Period::Year(year).last_day())
}

/// A term that was asked for: where it leads, in words; what does not fit is said instead.
fn term(ctx: &Ctx, asked: &Asked, days: &WorkDays) -> (Option<Value>, Vec<Problem>) {
    let (from, count) = (asked.tu.trim(), asked.so.trim());
    if from.is_empty() && count.is_empty() {
        return (None, Vec::new());
    }
    let mut found = Vec::new();
    let mut wrong = |key: &'static str, text: &str, field: &str| {
        found.push(Problem::input(Phrase::new(key).with("text", text)).at_field(field));
    };
    let day: Option<Day> = from.parse().ok();
    if day.is_none() {
        wrong("units-no-day", from, "tu");
    }
    let read: Option<i32> = count.parse().ok().filter(|n| (-MOST..=MOST).contains(n));
    if read.is_none() {
        wrong("calendar-no-count", count, "so");
    }
    let Some((from, n)) = day.zip(read) else { return (None, found) };
    let Some(to) = days.add_working(from, n) else { return (None, found) };
    let says = Phrase::new(if n < 0 { "calendar-term-before" } else { "calendar-term" })
        .with("count", i64::from(n.abs()))
        .with("from", from)
        .with("to", to)
        .with("weekday", weekday(ctx, to));
    let sure = days.is_sure(from.min(to), from.max(to));
    (Some(context! { text => locale::say(ctx.lang, &says), sure => sure }), found)
}

/// `GET /lich-lam-viec`. Cost: the days of all years, some twenty each.
async fn page(ctx: Ctx, Asking(asked): Asking<Asked>) -> Outcome {
    let year = asked.year(&ctx)?;
    let mut tx = ctx.read().await?;
    let list = calendar::year(&mut tx, year).await?;
    let days = calendar::of(&mut tx).await?;
    let may = ctx.may("keep", "calendar");
    let row = |one: &CalendarDay| {
        let href = may.then(|| ctx.link(&format!("/quan-tri/lich-lam-viec/{}", one.day)));
        context! {
            date => locale::date(one.day), weekday => weekday(&ctx, one.day), kind => kind(&ctx, one.kind), name => name(&ctx, one),
            source => one.source, note => one.note, unsure => unsure(&ctx, &one.confidence), href => href, works => one.kind == DayKind::WorkingDayInLieu,
        }
    };
    let year_of = Period::Year(year);
    let sure = days.is_sure(year_of.first_day(), year_of.last_day());
    let count = working(&days, year);
    let says = Phrase::new("calendar-sentence").with("year", year.to_string()).with("count", i64::from(count));
    let (term, problems) = term(&ctx, &asked, &days);
    let (wrong, errors) = note(&ctx, &problems);
    let status = if problems.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let near = |n: i16| kernel::year(&n.to_string()).map(|n| n.to_string());
    ctx.page_with(
        status,
        "calendar.html",
        context! {
            title => locale::say_key(ctx.lang, "calendar-of-year", &[("year", year.to_string().into())]), sentence => locale::say(ctx.lang, &says),
            year => year.to_string(), before => near(year - 1), after => near(year + 1), sure => sure, days => list.iter().map(row).collect::<Vec<Value>>(),
            may => may, asked => context! { tu => asked.tu, so => asked.so }, term => term, wrong => wrong, errors => errors, saved => !asked.da_luu.is_empty(),
        },
    )
}

const HEADINGS: [&str; 7] = [
    "calendar-day",
    "calendar-weekday",
    "calendar-name",
    "calendar-kind",
    "units-field-confidence",
    "units-field-source",
    "units-field-note",
];

/// `GET /lich-lam-viec.csv`: the days of a year. Cost: those days.
async fn csv(ctx: Ctx, Asking(asked): Asking<Asked>) -> Outcome {
    export(&ctx, &asked, Kind::Csv).await
}

/// `GET /lich-lam-viec.xlsx`: the same as a spreadsheet.
async fn xlsx(ctx: Ctx, Asking(asked): Asking<Asked>) -> Outcome {
    export(&ctx, &asked, Kind::Xlsx).await
}

async fn export(ctx: &Ctx, asked: &Asked, of: Kind) -> Outcome {
    let year = asked.year(ctx)?;
    let mut tx = ctx.read().await?;
    let line = |one: &CalendarDay| {
        let sure = locale::word(ctx.lang, if one.is_confirmed() { "calendar-verified" } else { "units-unsure" });
        let (kind, name) = (kind(ctx, one.kind), name(ctx, one).to_owned());
        let row =
            [locale::date(one.day), weekday(ctx, one.day), name, kind, sure, one.source.clone(), one.note.clone()];
        row.into_iter().map(Content::Text).collect()
    };
    let rows = calendar::year(&mut tx, year).await?.iter().map(line).collect();
    take_away(ctx, &format!("lich-lam-viec-{year}"), "calendar-title", &HEADINGS, rows, of)
}

/// The day of an address; none for a new one.
fn named(ctx: &Ctx, text: &str) -> Result<Option<Day>, Failure> {
    if text == "moi" { Ok(None) } else { text.parse().map(Some).map_err(|_| ctx.not_found()) }
}

/// `GET /quan-tri/lich-lam-viec/{day}`: a day to edit, or `moi`. Cost: a row.
async fn form(ctx: Ctx, Path(day): Path<String>) -> Outcome {
    let day = named(&ctx, &day)?;
    show(&ctx, day, None, StatusCode::OK, &[]).await
}

fn fields_of(day: &CalendarDay) -> Fields {
    let text = |text: &str| text.to_owned();
    let values = [
        ("day", day.day.to_string()),
        ("kind", text(day.kind.name())),
        ("name_vi", text(&day.name_vi)),
        ("name_en", text(&day.name_en)),
        ("source", text(&day.source)),
        ("confidence", text(&day.confidence)),
        ("note", text(&day.note)),
    ];
    values.map(|(name, value)| (name.to_owned(), value)).into()
}

async fn show(
    ctx: &Ctx,
    day: Option<Day>,
    typed: Option<&Fields>,
    status: StatusCode,
    problems: &[Problem],
) -> Outcome {
    let mut tx = ctx.read().await?;
    let now = match day {
        Some(day) => calendar::days(&mut tx, day, day).await?.into_iter().next(),
        None => None,
    };
    if day.is_some() && now.is_none() && typed.is_none() {
        return Err(ctx.not_found());
    }
    let fields = now.as_ref().map(fields_of).unwrap_or_default();
    let kinds = DayKind::ALL.map(|one| context! { id => one.name(), word => kind(ctx, one) });
    let removed = context! { id => REMOVED, word => locale::word(ctx.lang, "calendar-kind-removed") };
    let kinds: Vec<Value> = kinds.into_iter().chain(now.is_some().then_some(removed)).collect();
    let (wrong, errors) = note(ctx, problems);
    let path = day.map_or_else(|| "moi".to_owned(), |day| day.to_string());
    let title = match day {
        Some(day) => locale::say_key(ctx.lang, "calendar-edit", &[("day", day.into())]),
        None => locale::word(ctx.lang, "calendar-new"),
    };
    let year = day.unwrap_or_else(|| ctx.site.clock.today()).year();
    let stands = now.as_ref().filter(|_| status == StatusCode::PRECONDITION_FAILED);
    let stands =
        stands.map(|one| context! { kind => kind(ctx, one.kind), name => name(ctx, one), source => one.source });
    ctx.page_with(
        status,
        "calendar_edit.html",
        context! {
            title => title, typed => typed.unwrap_or(&fields), wrong => wrong, errors => errors, kinds => kinds, fixed => day.is_some(),
            seen => now.as_ref().map_or(0, |one| one.version).to_string(), key => uuid::Uuid::new_v4().to_string(), stands => stands,
            action => ctx.link(&format!("/quan-tri/lich-lam-viec/{path}")), there => ctx.link(&format!("/lich-lam-viec?nam={year}")), may => ctx.may("keep", "calendar"),
        },
    )
}

/// `POST /quan-tri/lich-lam-viec/{day}`: adds, changes or removes one day. Cost: as [`calendar::edit`].
async fn save(ctx: Ctx, Path(path): Path<String>, Form(mut typed): Form<Fields>) -> Outcome {
    let fixed = named(&ctx, &path)?;
    let body = serde_json::to_vec(&typed)?;
    let repeatable = Repeatable::of_form(&ctx, text(&typed, "key"), &body);
    if let Some(fixed) = fixed {
        typed.insert("day".into(), fixed.to_string());
    }
    let mut found = Vec::new();
    let of = |name: &str| text(&typed, name).to_owned();
    let change = Change {
        day: day(&typed, "day", &mut found),
        kind: of("kind"),
        name_vi: of("name_vi"),
        name_en: of("name_en"),
        source: of("source"),
        confidence: of("confidence"),
        note: of("note"),
        seen: text(&typed, "seen").parse().unwrap_or(0),
    };
    let year = change.day.unwrap_or_else(|| ctx.site.clock.today()).year();
    let there = ctx.link(&format!("/lich-lam-viec?nam={year}&da_luu=1"));
    let mut tx = ctx.write().await?;
    if repeatable.seen(&mut tx).await?.is_some() {
        return Ok(Redirect::to(&there).into_response());
    }
    let mut status = StatusCode::UNPROCESSABLE_ENTITY;
    if found.is_empty() {
        match calendar::edit(&mut tx, &effects(&ctx), year, std::slice::from_ref(&change), text(&typed, "reason"))
            .await?
        {
            Ok(_) => {
                repeatable.keep(tx, &json!({"day": change.day})).await?;
                return Ok(Redirect::to(&there).into_response());
            }
            Err(NotEdited::Problems(problems)) => found = problems.into_iter().map(of_one).collect(),
            Err(NotEdited::Changed(problem, _)) if fixed.is_none() => {
                found.push(Problem::input(Phrase::new("calendar-there-already")).at_field("day"));
                drop(problem);
            }
            Err(NotEdited::Changed(problem, _)) => {
                status = StatusCode::PRECONDITION_FAILED;
                found.push(problem.at_field("kind"));
            }
        }
    }
    drop(tx);
    show(&ctx, fixed, Some(&typed), status, &found).await
}

/// A problem of the only change, at its field of the form.
fn of_one(problem: Problem) -> Problem {
    match &problem.place {
        Some(Place::Field(field)) => {
            let field = field.strip_prefix("changes/0/").unwrap_or(field).to_owned();
            problem.at_field(field)
        }
        _ => problem,
    }
}

const DAY: &[&str] = &["day", "kind", "name_vi", "name_en", "source", "confidence", "note", "version"];

/// `GET /api/v1/calendar/{year}`: the days on which State bodies work, or do not, other than the day of the week says.
#[utoipa::path(get, path = "/api/v1/calendar/{year}", responses((status = 200, description = "The days of the year; `sure` is false while any of them is only expected, or the year is not known")),
    params(("year" = i16, Path, description = "The year"), ("per" = Option<i64>, Query, description = "At most 500"),
        ("cursor" = Option<String>, Query, description = "From `next` of the answer before"), ("fields" = Option<String>, Query, description = "Only these fields, with commas between")))]
async fn api_year(ctx: Ctx, Path(year): Path<String>, Asking(listed): Asking<Listed>) -> Outcome {
    let year = known_year(&ctx, &year, "year")?;
    let mut tx = ctx.read().await?;
    let all = calendar::year(&mut tx, year).await?;
    let days = calendar::of(&mut tx).await?;
    let of = Period::Year(year);
    let about = json!({"year": year, "count": all.len(), "working_days": working(&days, year), "sure": days.is_sure(of.first_day(), of.last_day())});
    let (some, next) = listed.cut(&ctx, "days", &all, |one| one.day.to_string())?;
    let rows = some.iter().map(|one| json!(one)).collect();
    listed.answer(&ctx, Answer { name: "days", about, fields: DAY, rows, next })
}

/// What a program changes of a year.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Changes {
    reason: String,
    changes: Vec<Change>,
}

/// `POST /api/v1/calendar/{year}`: adds, changes and removes days of a year, all or none.
#[utoipa::path(post, path = "/api/v1/calendar/{year}", request_body(content = Object, content_type = "application/json",
        description = "reason, and changes: each day, kind (holiday, day_off_in_lieu, working_day_in_lieu, removed), name_vi, name_en, source, confidence (verified, unknown), note, seen (its version; 0 for an ordinary day)"),
    responses((status = 200, description = "The days of the year as they are now"), (status = 412, description = "A day was changed meanwhile: `now` has how it stands"),
        (status = 422, description = "Every problem with its field")),
    params(("year" = i16, Path, description = "The year"), ("Idempotency-Key" = Option<String>, Header)))]
async fn api_change(ctx: Ctx, Path(year): Path<String>, body: Bytes) -> Outcome {
    let year = known_year(&ctx, &year, "year")?;
    let sent: Changes = parsed(&ctx, &body)?;
    let repeatable = Repeatable::new(&ctx, &body);
    let mut tx = ctx.write().await?;
    if let Some(answer) = repeatable.seen(&mut tx).await? {
        return ctx.json_with(StatusCode::OK, &answer);
    }
    match calendar::edit(&mut tx, &effects(&ctx), year, &sent.changes, &sent.reason).await? {
        Ok(days) => repeatable.done(tx, json!({"year": year, "days": days})).await,
        Err(NotEdited::Problems(problems)) => refused(&ctx, crate::Refused::Problems(problems)),
        Err(NotEdited::Changed(problem, now)) => {
            let mut body = web::json_problem(ctx.lang, &problem);
            body["now"] = now.iter().map(|(day, one)| json!({"day": day, "now": one})).collect();
            ctx.json_with(StatusCode::PRECONDITION_FAILED, &body)
        }
    }
}
