//! Thresholds of the province and confirmations, entered on pages and by programs: what is open, what it would change,
//! done, ended. One form and one path for both; they differ in what they may touch.

mod api;
mod files;

pub use api::{Description, preview_json, refused};
pub use files::Description as FilesDescription;

use super::{law, say};
use crate::{
    Law,
    overlays::{self, Kept, Proposal, Threshold, What},
    trial::{self, Trial, Would},
};
use axum::{
    http::StatusCode,
    response::{IntoResponse, Redirect},
    routing::{get, post},
};
use documents::{list_out::Kind, sheet_out::Content};
use kernel::{Day, Phrase, Place, Problem, text};
use minijinja::{Value, context};
use rulebook::{Overlay, Traits, model::Op, requirement::requirement};
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeMap;
use store::attachments::Attachment;
use units::listed::take_away;
use web::{Asking, Ctx, Failure, Form, Outcome, Path, Repeatable, Routes};

pub(super) fn routes() -> Routes {
    Routes::new()
        .read_inside("/quan-tri/nguong", "law administration", get(thresholds))
        .read_inside("/quan-tri/nguong.csv", "law administration", get(thresholds_csv))
        .read_inside("/quan-tri/nguong.xlsx", "law administration", get(thresholds_xlsx))
        .read_inside("/quan-tri/nguong/moi", "law administration", get(threshold_form))
        .write("/quan-tri/nguong/xem-truoc", "check", "law", post(threshold_preview))
        .write("/quan-tri/nguong/ban-hanh", "overlay", "law", post(threshold_done))
        .write("/quan-tri/nguong/{id}/ket-thuc", "overlay", "law", post(end))
        .write("/quan-tri/nguong/{id}/tep", "overlay", "law", post(files::add))
        .write("/api/v1/overlays/{id}/files", "overlay", "law", post(files::api))
        .read_inside("/quan-tri/xac-nhan", "law administration", get(confirmations))
        .read_inside("/quan-tri/xac-nhan.csv", "law administration", get(confirmations_csv))
        .read_inside("/quan-tri/xac-nhan.xlsx", "law administration", get(confirmations_xlsx))
        .read_inside("/quan-tri/xac-nhan/moi", "law administration", get(confirmation_form))
        .write("/quan-tri/xac-nhan/xem-truoc", "check", "law", post(confirmation_preview))
        .write("/quan-tri/xac-nhan/ban-hanh", "overlay", "law", post(confirmation_done))
        .read_inside("/api/v1/overlays", "law administration", get(api::api_list))
        .write("/api/v1/overlays", "overlay", "law", post(api::api_done))
        .write("/api/v1/overlays/preview", "check", "law", post(api::api_preview))
        .write("/api/v1/overlays/{id}/end", "overlay", "law", post(api::api_end))
}

/// Documents of a page.
const PER: i64 = 50;
/// Changed verdicts of a preview shown at once.
const PER_PREVIEW: i64 = 20;
/// Rows of an answer.
const PER_API: i64 = 500;

fn base(kind: What) -> &'static str {
    match kind {
        What::Thresholds => "/quan-tri/nguong",
        What::Confirmation => "/quan-tri/xac-nhan",
    }
}

fn title(ctx: &Ctx, kind: What) -> String {
    locale::word(ctx.lang, if kind == What::Thresholds { "overlays-title" } else { "confirms-title" })
}

/// What a list is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    q: String,
    /// In which order: one of [`overlays::ORDERS`], else the last first.
    sap: String,
    /// From 1.
    trang: String,
    /// Whether something was just written.
    da_luu: String,
    /// Of programs: `thresholds` or `confirmation`, and the page from 0.
    kind: What,
    page: i64,
}

impl Asked {
    fn wanted(&self) -> overlays::Wanted {
        overlays::Wanted { search: text::search_key(self.q.trim()), order: self.sap.clone() }
    }

    /// The part of an address that keeps search and order.
    fn kept(&self) -> String {
        web::kept(&[("q", &self.q), ("sap", &self.sap)])
    }

    /// The same with the page, as a form of a row sends it back.
    fn here(&self) -> String {
        web::kept(&[("q", &self.q), ("sap", &self.sap), ("trang", &self.trang)])
    }
}

/// What was sent of one document and refused: shown again in its row, each problem at its field.
#[derive(Debug, Default)]
struct Refused {
    id: i64,
    last: String,
    why: String,
    /// By field: `last`, `why`, `file`; what stands at none under an empty name.
    wrong: BTreeMap<String, Vec<String>>,
}

impl Refused {
    fn new(ctx: &Ctx, id: i64, problems: &[Problem]) -> Refused {
        let mut refused = Refused { id, ..Refused::default() };
        for problem in problems {
            refused.wrong.entry(at_field(problem)).or_default().push(locale::say(ctx.lang, &problem.phrase));
        }
        refused
    }

    /// All that is wrong, each leading to its field: the document may have moved to another page meanwhile.
    fn errors(&self) -> Vec<Value> {
        let mut errors = Vec::new();
        for (field, said) in self.wrong.iter().flat_map(|(field, all)| all.iter().map(move |said| (field, said))) {
            let place = if field.is_empty() { "vb" } else { field.as_str() };
            errors.push(context! { href => format!("#{place}-{}", self.id), text => said });
        }
        errors
    }
}

async fn thresholds(ctx: Ctx, Asking(asked): Asking<Asked>) -> Outcome {
    list(&ctx, What::Thresholds, &asked, StatusCode::OK, None).await
}

async fn confirmations(ctx: Ctx, Asking(asked): Asking<Asked>) -> Outcome {
    list(&ctx, What::Confirmation, &asked, StatusCode::OK, None).await
}

/// The documents; `refused`: what was sent of one of them and does not fit.
async fn list(ctx: &Ctx, kind: What, asked: &Asked, status: StatusCode, refused: Option<Refused>) -> Outcome {
    let law = law(ctx);
    let mut tx = ctx.read().await?;
    let page = web::page_from_one(&asked.trang);
    let (found, count) = overlays::list(&mut tx, kind, &asked.wanted(), page * PER, PER).await?;
    let files = overlays::files(&mut tx, found.iter().map(|kept| kept.id)).await?;
    let today = ctx.site.clock.today();
    let may = ctx.may("overlay", "law");
    let here = Some(asked.here()).filter(|here| !here.is_empty()).map_or_else(String::new, |here| format!("?{here}"));
    let file = |file: &Attachment| context! { name => file.name, link => ctx.link(&format!("/tep/{}", file.id)) };
    let row = |kept: &Kept| {
        let ended = kept.to.is_some_and(|to| to < today);
        let sent = refused.as_ref().filter(|refused| refused.id == kept.id);
        let at = |what: &str| ctx.link(&format!("/quan-tri/nguong/{}/{what}{here}", kept.id));
        context! {
            id => kept.id, number => kept.number, date => locale::date(kept.date), issuer => kept.issuer, document => kept.document,
            is_address => kept.document.starts_with("https://"), from => locale::date(kept.from), to => kept.to.map(locale::date),
            never => kept.to.is_some_and(|to| to < kept.from), ended => ended, lines => lines(ctx, &law, kept),
            set => set_title(ctx, &law, &kept.set), at => locale::date(kept.at.day()), by => role(ctx, &kept.by),
            ended_at => kept.ended_at.map(|at| locale::date(at.day())), ended_by => kept.ended_by.as_deref().map(|by| role(ctx, by)),
            why => kept.ended_why, end => (may && !ended && kept.ended_at.is_none()).then(|| at("ket-thuc")),
            wrong => sent.map(|sent| sent.wrong.clone()).unwrap_or_default(), last => sent.map(|sent| &sent.last), sent_why => sent.map(|sent| &sent.why), files => files.get(&kept.id.to_string()).map(|all| all.iter().map(file).collect::<Vec<_>>()),
            add => may.then(|| at("tep")),
        }
    };
    let sets: Vec<Value> = law
        .library()
        .sets()
        .map(|set| context! { id => set.set, title => ctx.lang.pick(&set.title_vi, &set.title_en), count => overlays::choices(law.library(), &set.set, kind, today).len() })
        .collect();
    let pages = web::page_links(page, PER, count);
    ctx.page_with(
        status,
        "overlays.html",
        context! {
            title => title(ctx, kind), confirming => kind == What::Confirmation, rows => found.iter().map(row).collect::<Vec<_>>(),
            count => count, pages => pages, q => asked.q, query => asked.kept(), sap => asked.sap, orders => overlays::ORDERS, base => ctx.link(base(kind)), sets => sets, may => may,
            saved => !asked.da_luu.is_empty(), errors => refused.as_ref().map(Refused::errors), keys => found.iter().map(|_| uuid::Uuid::new_v4().to_string()).collect::<Vec<_>>(),
        },
    )
}

fn role(ctx: &Ctx, name: &str) -> String {
    locale::say_key(ctx.lang, &format!("role-{}", name.replace('_', "-")), &[])
}

fn set_title(ctx: &Ctx, law: &Law, id: &str) -> String {
    law.library().set(id).map_or_else(|| id.to_owned(), |set| ctx.lang.pick(&set.title_vi, &set.title_en).clone())
}

/// What a document lays on, an indicator a line.
fn lines(ctx: &Ctx, law: &Law, kept: &Kept) -> Vec<String> {
    let overlay = &kept.overlay;
    let laid = overlay.set_requirement.iter().map(|s| (&s.no, Some(&s.requirement)));
    let confirmed = overlay.confirm.iter().map(|c| (&c.no, c.requirement.as_ref()));
    let set = law.library().set(&kept.set);
    let line = |(no, requirement): (&String, Option<&rulebook::model::Requirement>)| {
        let mut unit = None;
        if let Some(set) = set {
            set.walk(|_, i| {
                if i.no == *no {
                    unit = i.unit.clone();
                }
            });
        }
        let number = |n: &kernel::Decimal| say::with_unit(locale::exact(ctx.lang, n), unit.as_deref());
        let said = match requirement {
            None => locale::word(ctx.lang, "overlay-as-written"),
            Some(r) => {
                let groups = r
                    .by_group
                    .iter()
                    .flatten()
                    .map(|(g, n)| format!("{} {g}: {}", locale::word(ctx.lang, "overlay-group"), number(n)));
                let plain = r.value.iter().map(number);
                format!("{} {}", sign(r.op), plain.chain(groups).collect::<Vec<_>>().join("; "))
            }
        };
        format!("{no}: {said}")
    };
    laid.chain(confirmed).map(line).collect()
}

/// How a comparison is written, on pages and in programs.
fn sign(op: Op) -> &'static str {
    match op {
        Op::AtLeast => "≥",
        Op::AtMost => "≤",
        Op::Exactly => "=",
        Op::MoreThan => ">",
        Op::LessThan => "<",
        Op::Achieved | Op::Parts | Op::Unknown => "",
    }
}

const OPS: [(&str, Op); 5] =
    [(">=", Op::AtLeast), ("<=", Op::AtMost), ("=", Op::Exactly), (">", Op::MoreThan), ("<", Op::LessThan)];

async fn thresholds_csv(ctx: Ctx, Asking(asked): Asking<Asked>) -> Outcome {
    export(&ctx, What::Thresholds, &asked, Kind::Csv).await
}

async fn thresholds_xlsx(ctx: Ctx, Asking(asked): Asking<Asked>) -> Outcome {
    export(&ctx, What::Thresholds, &asked, Kind::Xlsx).await
}

async fn confirmations_csv(ctx: Ctx, Asking(asked): Asking<Asked>) -> Outcome {
    export(&ctx, What::Confirmation, &asked, Kind::Csv).await
}

async fn confirmations_xlsx(ctx: Ctx, Asking(asked): Asking<Asked>) -> Outcome {
    export(&ctx, What::Confirmation, &asked, Kind::Xlsx).await
}

const HEADINGS: [&str; 9] = [
    "overlay-number",
    "overlay-date",
    "overlay-issuer",
    "overlay-document",
    "choice-set",
    "overlay-from",
    "overlay-to",
    "overlay-what",
    "overlay-entered",
];

async fn export(ctx: &Ctx, kind: What, asked: &Asked, of: Kind) -> Outcome {
    let law = law(ctx);
    let mut tx = ctx.read().await?;
    let (found, _) = overlays::list(&mut tx, kind, &asked.wanted(), 0, 10_000).await?;
    let row = |k: &Kept| {
        let texts = [
            k.number.clone(),
            locale::date(k.date),
            k.issuer.clone(),
            k.document.clone(),
            set_title(ctx, &law, &k.set),
            locale::date(k.from),
            k.to.map(locale::date).unwrap_or_default(),
            lines(ctx, &law, k).join("\n"),
            locale::date(k.at.day()),
        ];
        texts.into_iter().map(Content::Text).collect()
    };
    let name = if kind == What::Thresholds { "nguong" } else { "xac-nhan" };
    take_away(ctx, name, "overlay-sheet", &HEADINGS, found.iter().map(row).collect(), of)
}

/// Which set a form is for, and what is chosen on it already.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Begin {
    bo: String,
    /// An indicator that is to be confirmed.
    chi_tieu: String,
}

async fn threshold_form(ctx: Ctx, Asking(begin): Asking<Begin>) -> Outcome {
    let proposal = Proposal { set: begin.bo, ..Proposal::default() };
    form(&ctx, &proposal, StatusCode::OK, &[])
}

async fn confirmation_form(ctx: Ctx, Asking(begin): Asking<Begin>) -> Outcome {
    let chosen = (!begin.chi_tieu.is_empty()).then(|| Threshold { no: begin.chi_tieu, ..Threshold::default() });
    let thresholds = chosen.into_iter().collect();
    form(
        &ctx,
        &Proposal { kind: What::Confirmation, set: begin.bo, thresholds, ..Proposal::default() },
        StatusCode::OK,
        &[],
    )
}

/// The field of the form at which a problem stands.
fn at_field(problem: &Problem) -> String {
    match &problem.place {
        Some(Place::Field(field)) => match field.split('/').collect::<Vec<_>>()[..] {
            ["thresholds", no, group] => format!("g:{no}:{group}"),
            ["thresholds", no] => format!("v:{no}"),
            _ => field.clone(),
        },
        _ => String::new(),
    }
}

/// The form with what was typed, and what is wrong at its field. Cost: no row.
fn form(ctx: &Ctx, asked: &Proposal, status: StatusCode, problems: &[Problem]) -> Outcome {
    let law = law(ctx);
    let Some(book) = law.library().set(&asked.set) else { return Err(ctx.not_found()) };
    let mut wrong: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for problem in problems {
        wrong.entry(at_field(problem)).or_default().push(locale::say(ctx.lang, &problem.phrase));
    }
    let errors: Vec<Value> = problems
        .iter()
        .map(|p| context! { href => format!("#{}", at_field(p)), text => locale::say(ctx.lang, &p.phrase) })
        .collect();
    let year = book.applies.to.unwrap_or(ctx.site.clock.today()).year();
    let traits = Traits { region: Some(units::home().region.clone()), ..Traits::default() };
    let now = law.library().in_force(&asked.set, rulebook::values::year_end(year));
    let mut rows = Vec::new();
    for indicator in overlays::choices(law.library(), &asked.set, asked.kind, ctx.site.clock.today()) {
        let no = &indicator.no;
        let typed = asked.thresholds.iter().find(|t| t.no == *no);
        let said = now
            .as_ref()
            .and_then(|book| Some(locale::say(ctx.lang, &requirement(book, book.node(no)?, &traits, year))));
        let needs_op = matches!(indicator.requirement.op, Op::Unknown | Op::Achieved);
        let chosen = typed.and_then(|t| t.op);
        let groups: Vec<Value> = book
            .groups
            .iter()
            .filter(|_| indicator.kind.is_numeric())
            .map(|g| {
                let field = format!("g:{no}:{}", g.no);
                context! {
                    field => field, name => ctx.lang.pick(&g.name_vi, &g.name_en), value => typed.and_then(|t| t.by_group.get(&g.no)),
                    wrong => wrong.get(&field),
                }
            })
            .collect();
        rows.push(context! {
            no => no, text => ctx.lang.pick(&indicator.text_vi, &indicator.text_en), unit => indicator.unit, now => said,
            numeric => indicator.kind.is_numeric(), value => typed.map(|t| &t.value), chosen => typed.is_some(), groups => groups,
            ops => (needs_op && indicator.kind.is_numeric()).then(|| OPS.map(|(id, op)| context! { id => id, sign => sign(op), chosen => chosen == Some(op) })),
            wrong => wrong.get(&format!("v:{no}")),
        });
    }
    ctx.page_with(
        status,
        "overlay_form.html",
        context! {
            title => title(ctx, asked.kind), confirming => asked.kind == What::Confirmation, rows => rows, errors => errors, wrong => wrong,
            set => asked.set, set_title => set_title(ctx, &law, &asked.set), number => asked.number, date => asked.date, issuer => asked.issuer,
            document => asked.document, from => asked.from, to => asked.to, list => ctx.link(base(asked.kind)),
            action => ctx.link(&format!("{}/xem-truoc", base(asked.kind))),
        },
    )
}

type Fields = BTreeMap<String, String>;

/// What a form sent.
fn proposal(kind: What, fields: &Fields) -> Proposal {
    let text = |name: &str| fields.get(name).cloned().unwrap_or_default();
    let mut by_no: BTreeMap<&str, Threshold> = BTreeMap::new();
    for (name, value) in fields.iter().filter(|(_, value)| !value.trim().is_empty()) {
        let parts: Vec<&str> = name.split(':').collect();
        let value = value.clone();
        match parts[..] {
            ["v", no] => by_no.entry(no).or_default().value = value,
            ["g", no, group] => drop(by_no.entry(no).or_default().by_group.insert(group.to_owned(), value)),
            ["c", no] => drop(by_no.entry(no).or_default()),
            _ => {}
        }
    }
    let op = |no: &str| OPS.iter().find(|(id, _)| text(&format!("op:{no}")) == *id).map(|(_, op)| *op);
    let thresholds = by_no.into_iter().map(|(no, t)| Threshold { no: no.to_owned(), op: op(no), ..t }).collect();
    Proposal {
        kind,
        set: text("set"),
        number: text("number"),
        date: text("date"),
        issuer: text("issuer"),
        document: text("document"),
        from: text("from"),
        to: text("to"),
        thresholds,
    }
}

async fn threshold_preview(ctx: Ctx, Form(fields): Form<Fields>) -> Outcome {
    preview(&ctx, What::Thresholds, &fields).await
}

async fn confirmation_preview(ctx: Ctx, Form(fields): Form<Fields>) -> Outcome {
    preview(&ctx, What::Confirmation, &fields).await
}

async fn preview(ctx: &Ctx, kind: What, fields: &Fields) -> Outcome {
    let asked = proposal(kind, fields);
    match asked.check(law(ctx).library(), ctx.site.clock.today()) {
        Ok(overlay) => show_preview(ctx, &asked, fields, &overlay, StatusCode::OK).await,
        Err(problems) => form(ctx, &asked, StatusCode::UNPROCESSABLE_ENTITY, &problems),
    }
}

/// Which verdicts would change: counts, and a page of them. Cost: as [`trial::of_overlay`].
async fn show_preview(ctx: &Ctx, asked: &Proposal, fields: &Fields, overlay: &Overlay, status: StatusCode) -> Outcome {
    let law = law(ctx);
    let mut tx = ctx.read().await?;
    let trial = trial::of_overlay(&mut tx, &law, overlay).await?;
    let trang = fields.get("trang").cloned().unwrap_or_default();
    let (some, pages) = web::page_of(&trial.changes, &trang, PER_PREVIEW);
    let rows = changes(ctx, &mut tx, &some.iter().collect::<Vec<_>>()).await?;
    let hidden: Vec<Value> = fields
        .iter()
        .filter(|(name, _)| !matches!(name.as_str(), "trang" | "key" | "seen"))
        .map(|(name, value)| context! { name => name, value => value })
        .collect();
    let kept = kept_of(asked, overlay);
    ctx.page_with(
        status,
        "overlay_preview.html",
        context! {
            title => title(ctx, asked.kind), confirming => asked.kind == What::Confirmation, again => status != StatusCode::OK, hidden => hidden,
            rows => rows, kinds => kinds(ctx, &trial), count => trial.changes.len(), judged => trial.judged, pages => pages,
            public => trial.changes.iter().filter(|c| c.published).count(), number => asked.number, issuer => asked.issuer,
            date => overlay.citation.date.map(locale::date), from => locale::date(overlay.from), to => overlay.to.map(locale::date),
            set => set_title(ctx, &law, &asked.set), lines => lines(ctx, &law, &kept), seen => law.step().to_string(),
            key => uuid::Uuid::new_v4().to_string(), may => ctx.may("overlay", "law"),
            action => ctx.link(&format!("{}/ban-hanh", base(asked.kind))), again_action => ctx.link(&format!("{}/xem-truoc", base(asked.kind))),
            list => ctx.link(base(asked.kind)),
        },
    )
}

/// As it would stand in the list.
fn kept_of(asked: &Proposal, overlay: &Overlay) -> Kept {
    Kept {
        id: 0,
        kind: asked.kind.name().into(),
        set: asked.set.clone(),
        number: asked.number.clone(),
        date: overlay.citation.date.unwrap_or(overlay.from),
        issuer: asked.issuer.clone(),
        document: asked.document.clone(),
        from: overlay.from,
        to: overlay.to,
        overlay: overlay.clone(),
        at: kernel::Moment(0),
        by: String::new(),
        ended_at: None,
        ended_by: None,
        ended_why: None,
    }
}

fn said(ctx: &Ctx, letters: Option<&String>) -> Value {
    match letters.and_then(|text| trial::letters(text)) {
        Some((status, sure)) => {
            context! { word => locale::word(ctx.lang, say::key(status, sure)), class => say::class(status, sure) }
        }
        None => context! { word => locale::word(ctx.lang, "status-without"), class => "incomplete" },
    }
}

/// Changed verdicts as rows. Cost: their units.
pub(super) async fn changes(ctx: &Ctx, tx: &mut impl store::Query, some: &[&Would]) -> Result<Vec<Value>, Failure> {
    let names = units::store::many(tx, &some.iter().map(|one| one.unit).collect::<Vec<_>>()).await?;
    let row = |one: &&Would| {
        context! {
            name => names.get(&one.unit).map(|u| u.name.clone()), year => one.period, published => one.published,
            before => said(ctx, one.before.as_ref()), after => said(ctx, one.after.as_ref()),
            href => ctx.link(&format!("/xa/{}?nam={}&bo={}", one.unit, one.period, one.set)),
        }
    };
    Ok(some.iter().map(row).collect())
}

/// How many public verdicts would go from what to what.
pub(super) fn kinds(ctx: &Ctx, trial: &Trial) -> Vec<Value> {
    let row = |((before, after), count): ((Option<String>, Option<String>), usize)| {
        context! { before => said(ctx, before.as_ref()), after => said(ctx, after.as_ref()), count => count }
    };
    trial.kinds().into_iter().map(row).collect()
}

async fn threshold_done(ctx: Ctx, Form(fields): Form<Fields>) -> Outcome {
    done(&ctx, What::Thresholds, &fields).await
}

async fn confirmation_done(ctx: Ctx, Form(fields): Form<Fields>) -> Outcome {
    done(&ctx, What::Confirmation, &fields).await
}

/// Carries out what was previewed; where the law changed meanwhile, the preview is shown again.
async fn done(ctx: &Ctx, kind: What, fields: &Fields) -> Outcome {
    let asked = proposal(kind, fields);
    let law = law(ctx);
    let there = ctx.link(&format!("{}?da_luu=1", base(kind)));
    let key = fields.get("key").map_or("", String::as_str);
    let body = serde_json::to_vec(&asked)?;
    let repeatable = Repeatable::of_form(ctx, key, &body);
    let mut tx = ctx.write().await?;
    // Before anything is checked: what was done no longer fits.
    if repeatable.seen(&mut tx).await?.is_some() {
        return Ok(Redirect::to(&there).into_response());
    }
    let overlay = match asked.check(law.library(), ctx.site.clock.today()) {
        Ok(overlay) => overlay,
        Err(problems) => return form(ctx, &asked, StatusCode::UNPROCESSABLE_ENTITY, &problems),
    };
    if fields.get("seen").is_some_and(|seen| *seen != law.step().to_string()) {
        drop(tx);
        return show_preview(ctx, &asked, fields, &overlay, StatusCode::CONFLICT).await;
    }
    let id = overlays::carry_out(&mut tx, &law, &asked, &overlay).await?;
    repeatable.keep(tx, &json!({"id": id})).await?;
    Ok(Redirect::to(&there).into_response())
}

/// What the form of an end sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct End {
    /// The last day; empty: it was laid on by mistake, and never was.
    last: String,
    why: String,
    #[serde(rename = "key")]
    key: String,
}

impl End {
    fn last(&self) -> Result<Option<Day>, Problem> {
        match self.last.trim() {
            "" => Ok(None),
            text => match text.parse() {
                Ok(day) => Ok(Some(day)),
                Err(_) => Err(Problem::input(Phrase::new("units-no-day").with("text", text)).at_field("last")),
            },
        }
    }
}

/// `POST /quan-tri/nguong/{id}/ket-thuc`: ends a document of either kind; refused, the page from which it was sent is shown
/// again with what was typed.
async fn end(ctx: Ctx, Path(id): Path<i64>, Asking(asked): Asking<Asked>, Form(sent): Form<End>) -> Outcome {
    let repeatable = Repeatable::of_form(&ctx, &sent.key, format!("{} {}", sent.last, sent.why).as_bytes());
    let mut tx = ctx.write().await?;
    let Some(kept) = overlays::get(&mut tx, id).await? else { return Err(ctx.not_found()) };
    let kind = kept.what();
    let there = ctx.link(&format!("{}?da_luu=1", base(kind)));
    if repeatable.seen(&mut tx).await?.is_some() {
        return Ok(Redirect::to(&there).into_response());
    }
    let problems = match sent.last() {
        Ok(last) => overlays::end(&mut tx, &law(&ctx), &kept, last, &sent.why).await?.err().unwrap_or_default(),
        Err(problem) => vec![problem],
    };
    if problems.is_empty() {
        repeatable.keep(tx, &json!({"id": id})).await?;
        return Ok(Redirect::to(&there).into_response());
    }
    drop(tx);
    let refused = Refused { last: sent.last, why: sent.why, ..Refused::new(&ctx, id, &problems) };
    list(&ctx, kind, &asked, StatusCode::UNPROCESSABLE_ENTITY, Some(refused)).await
}
