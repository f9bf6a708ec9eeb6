//! Table forms: the list of them, one filled for a unit and year, what each number is made from, and their files.

use crate::forms::{Desk, Filled, Form, Forms, Origin, Reading, Source, document, fill, gather, model::Holds, told};
use ::store::Query;
use axum::routing::get;
use documents::{
    docx::{self, NotFilled},
    list_out::Kind,
    official,
    sheet_out::Content,
};
use facts::{Edition, Law};
use kernel::{Arg, Phrase, Problem, UnitId, text};
use minijinja::{Value, context};
use rulebook::{
    model::{Confidence, Level},
    values::year_end,
};
use serde::Deserialize;
use std::sync::Arc;
use units::Unit;
use units::listed::take_away;
use web::{Asking, Ctx, Failure, Meta, Outcome, Path, Routes};

pub(super) fn routes() -> Routes {
    Routes::new()
        .read("/bieu", "forms", get(list))
        .read("/bieu.csv", "forms", get(list_csv))
        .read("/bieu.xlsx", "forms", get(list_xlsx))
        .read("/bieu/mau", "forms", get(template))
        .read("/bieu/mau.docx", "forms", get(shipped_template))
        .read("/bieu/{id}", "forms", get(page))
        .read("/bieu/{id}/vi-sao", "forms", get(why))
        .read("/bieu/{id}/tep.toml", "forms", get(source_text))
        .read("/bieu/{id}/tep.xlsx", "forms", get(xlsx))
        .read("/bieu/{id}/tep.docx", "forms", get(docx))
        .read("/bieu/{id}/tep.pdf", "forms", get(pdf))
}

/// What a list of the forms is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Listed {
    q: String,
    sap: String,
    trang: String,
}

const PER: i64 = 50;
const ORDERS: [&str; 3] = ["code", "name", "level"];
/// Sources of a number on a page.
const PER_SOURCES: i64 = 100;

pub(super) fn desk(ctx: &Ctx) -> Arc<Desk> {
    ctx.site.thing::<Desk>()
}

fn level_key(level: Level) -> &'static str {
    match level {
        Level::Province => "forms-level-province",
        Level::District => "forms-level-district",
        Level::Commune => "forms-level-commune",
        Level::Village => "forms-level-village",
    }
}

fn filled_key(form: &Form) -> &'static str {
    if form.is_later() { "forms-filled-later" } else { "forms-filled-here" }
}

fn origin_key(forms: &Forms, form: &Form) -> &'static str {
    match forms.origin(&form.id) {
        Some(Origin::Province) => "forms-origin-province",
        _ => "forms-origin-shipped",
    }
}

/// A form's title, of no year in particular.
fn title(ctx: &Ctx, form: &Form) -> String {
    told::titled(ctx.lang, ctx.lang.pick(&form.title_vi, &form.title_en), ctx.site.clock.today().year())
}

impl Listed {
    fn of<'f>(&self, ctx: &Ctx, forms: &'f Forms) -> Vec<&'f Form> {
        let wanted = text::search_key(self.q.trim());
        let finds = |form: &&Form| {
            [&form.code, &form.title_vi, &form.title_en].iter().any(|t| text::search_key(t).contains(&wanted))
        };
        let mut list: Vec<&Form> = forms.all().filter(finds).collect();
        match self.sap.as_str() {
            "name" => list.sort_by_cached_key(|form| text::order_key(&title(ctx, form))),
            "level" => list.sort_by_key(|form| level_key(form.level)),
            _ => {}
        }
        list
    }

    fn kept(&self) -> String {
        let named = [("q", &self.q), ("sap", &self.sap)].into_iter().filter(|(_, value)| !value.is_empty());
        form_urlencoded::Serializer::new(String::new()).extend_pairs(named).finish()
    }
}

/// `GET /bieu`. Cost: the forms, some dozen, which stand in memory.
async fn list(ctx: Ctx, Asking(asked): Asking<Listed>) -> Outcome {
    let forms = desk(&ctx).forms(&super::law(&ctx));
    let list = asked.of(&ctx, &forms);
    let word = |key| locale::word(ctx.lang, key);
    let row = |form: &&Form| {
        context! {
            id => form.id, code => form.code, title => title(&ctx, form), level => word(level_key(form.level)),
            filled => word(filled_key(form)), origin => word(origin_key(&forms, form)), confirm => form.confidence != Confidence::Verified,
        }
    };
    let (some, pages) = web::page_of(&list, &asked.trang, PER);
    let refused: Vec<String> = forms
        .refused
        .iter()
        .map(|bad| format!("{}:{}: {}", bad.file, bad.line, locale::say(ctx.lang, &bad.why)))
        .collect();
    ctx.page(
        "forms.html",
        context! {
            title => word("forms-title"), meta => Meta::new(word("meta-forms")), forms => some.iter().map(row).collect::<Vec<Value>>(),
            count => list.len(), pages, q => asked.q, sap => asked.sap, orders => ORDERS, kept => asked.kept(), refused,
        },
    )
}

async fn list_csv(ctx: Ctx, Asking(asked): Asking<Listed>) -> Outcome {
    list_as(&ctx, &asked, Kind::Csv)
}

async fn list_xlsx(ctx: Ctx, Asking(asked): Asking<Listed>) -> Outcome {
    list_as(&ctx, &asked, Kind::Xlsx)
}

fn list_as(ctx: &Ctx, asked: &Listed, kind: Kind) -> Outcome {
    let forms = desk(ctx).forms(&super::law(ctx));
    let word = |key| locale::word(ctx.lang, key);
    let row = |form: &&Form| {
        let confirm = if form.confidence == Confidence::Verified { String::new() } else { word("forms-confirm") };
        let cells = [
            form.code.clone(),
            title(ctx, form),
            word(level_key(form.level)),
            word(filled_key(form)),
            word(origin_key(&forms, form)),
            confirm,
        ];
        cells.map(Content::Text).into()
    };
    let headings = ["forms-code", "forms-name", "forms-level", "forms-filled", "forms-origin", "forms-confirm"];
    let rows = asked.of(ctx, &forms).iter().map(row).collect();
    take_away(ctx, "bieu", "forms-title", &headings, rows, kind)
}

/// Which unit, year and side of the figures.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    pub nam: String,
    pub dv: String,
    /// `lam-viec`: what is worked on, as far as whoever asks sees it.
    pub ban: String,
    /// A cell: row and column from 0.
    pub o: String,
    pub trang: String,
}

impl Asked {
    /// The year, where the form is for it; else the nearest that it is for.
    pub fn year(&self, form: &Form, today: i16) -> i16 {
        let wanted = kernel::year(&self.nam).unwrap_or(today);
        wanted.max(form.from).min(form.to.unwrap_or(i16::MAX))
    }

    /// What is worked on is shown to those who logged in; of units beyond their reach the store shows them what is published.
    pub fn edition(&self, ctx: &Ctx) -> Edition {
        if self.ban == "lam-viec" && ctx.who().is_some() { Edition::Working } else { Edition::Published }
    }
}

/// A form filled, as a request asked for it.
struct Shown {
    form: Form,
    filled: Filled,
    reading: Reading,
    /// The units that it can be filled for.
    units: Vec<Unit>,
}

fn level_name(level: Level) -> &'static str {
    match level {
        Level::Province => "province",
        Level::District => "district",
        Level::Commune => "commune",
        Level::Village => "village",
    }
}

/// Units of a form's level in this installation's province on a day, those that sets judge.
pub(super) async fn offered(tx: &mut impl Query, level: Level, year: i16) -> ::store::Result<Vec<Unit>> {
    let day = year_end(year);
    let provinces = units::store::provinces(tx, day).await?;
    if level == Level::Province {
        return Ok(provinces);
    }
    let Some(home) = units::home().province(&provinces, None) else { return Ok(Vec::new()) };
    let mut found = units::store::under(tx, home.id, level_name(level), day).await?;
    found.retain(|unit| level != Level::Commune || unit.is_judged_commune());
    Ok(found)
}

async fn shown(ctx: &Ctx, tx: &mut impl Query, law: &Law, id: &str, asked: &Asked) -> Result<Shown, Failure> {
    let forms = desk(ctx).forms(law);
    let form = forms.get(id).cloned().ok_or_else(|| ctx.not_found())?;
    let year = asked.year(&form, ctx.site.clock.today().year());
    let units = offered(tx, form.level, year).await?;
    let unit = match asked.dv.parse().ok().map(UnitId) {
        Some(wanted) => units::store::get(tx, wanted).await?.ok_or_else(|| ctx.not_found())?,
        None if form.level == Level::Province => {
            units::home().province(&units, None).cloned().ok_or_else(|| ctx.not_found())?
        }
        None => units.first().cloned().ok_or_else(|| ctx.not_found())?,
    };
    if unit.level != level_name(form.level) {
        return Err(ctx.failure(Problem::not_found(Phrase::new("forms-not-of-unit"))));
    }
    let reading = gather(tx, law, &[&form], &unit, year, asked.edition(ctx)).await?;
    let filled = fill(&form, &reading, law);
    Ok(Shown { form, filled, reading, units })
}

impl Shown {
    /// The part of an address that keeps the choice.
    fn query(&self) -> String {
        let side = if self.reading.edition == Edition::Working { "&ban=lam-viec" } else { "" };
        format!("nam={}&dv={}{side}", self.reading.year, self.reading.unit.id)
    }

    /// The words over a column, the nearest last.
    fn column(&self, ctx: &Ctx, column: usize) -> String {
        let column = &self.form.columns[column];
        let own = ctx.lang.pick(column.title_vi.get_ref(), &column.title_en);
        let over =
            if column.over_en.is_empty() { &column.over_vi } else { ctx.lang.pick(&column.over_vi, &column.over_en) };
        let all: Vec<String> =
            over.iter().chain([own]).map(|text| told::titled(ctx.lang, text, self.reading.year)).collect();
        all.join(" – ")
    }
}

/// `GET /bieu/{id}`. Cost: as [`gather`]: of a province two queries a year, one row a commune and set.
async fn page(ctx: Ctx, Path(id): Path<String>, Asking(asked): Asking<Asked>) -> Outcome {
    let law = super::law(&ctx);
    let mut tx = ctx.read().await?;
    let shown = shown(&ctx, &mut tx, &law, &id, &asked).await?;
    let grid = told::grid(ctx.lang, &shown.form, &shown.filled, &shown.reading);
    let line = |(at, (row, filled)): (usize, (&documents::grid::Row, &crate::forms::fill::FilledRow))| {
        let cell = |(column, (cell, made)): (usize, (&documents::grid::Cell, &crate::forms::Cell))| {
            let reason = (!made.sources.is_empty()).then(|| {
                let args = [
                    ("value", Arg::Text(cell.shown.clone())),
                    ("row", Arg::Text(ctx.lang.pick(&filled.title.0, &filled.title.1).clone())),
                    ("column", Arg::Text(shown.column(&ctx, column))),
                ];
                context! {
                    href => ctx.link(&format!("/bieu/{id}/vi-sao?{}&o={at}-{column}", shown.query())),
                    label => locale::say_key(ctx.lang, "forms-why-of", &args),
                }
            });
            let head = shown.form.columns[column].holds == Holds::Title;
            context! { shown => cell.shown, align => cell.align.name(), why => reason, head, beside => told::beside(ctx.lang, made) }
        };
        let cells: Vec<Value> = row.cells.iter().zip(&filled.cells).enumerate().map(cell).collect();
        context! { strong => row.strong, cells }
    };
    let rows: Vec<Value> = grid.rows.iter().zip(&shown.filled.rows).enumerate().map(line).collect();
    let head = |h: &documents::grid::Head| context! { text => h.text, across => h.across, down => h.down };
    let heads: Vec<Vec<Value>> = grid.heads.iter().map(|line| line.iter().map(head).collect()).collect();
    let unit =
        |unit: &Unit| context! { id => unit.id.0, name => unit.name, chosen => unit.id == shown.reading.unit.id };
    let today = ctx.site.clock.today();
    let last = shown.form.to.unwrap_or(i16::MAX).min(today.year().max(shown.form.from));
    let years: Vec<i16> = (shown.form.from..=last).rev().collect();
    ctx.page(
        "forms_form.html",
        context! {
            title => grid.title, meta => Meta::new(grid.title.clone()).crumb(locale::word(ctx.lang, "forms-title"), ctx.link("/bieu")),
            under => grid.under, notes => grid.notes, heads, rows, id, query => shown.query(),
            units => shown.units.iter().map(unit).collect::<Vec<Value>>(), years, year => shown.reading.year,
            inside => ctx.who().is_some(), working => shown.reading.edition == Edition::Working,
            confirm => shown.form.confidence != Confidence::Verified, later => shown.form.is_later(),
        },
    )
}

/// `GET /bieu/{id}/vi-sao`: what one number is made from. Cost: as [`page`].
async fn why(ctx: Ctx, Path(id): Path<String>, Asking(asked): Asking<Asked>) -> Outcome {
    let law = super::law(&ctx);
    let mut tx = ctx.read().await?;
    let shown = shown(&ctx, &mut tx, &law, &id, &asked).await?;
    let place = asked
        .o
        .split_once('-')
        .and_then(|(row, column)| Some((row.parse::<usize>().ok()?, column.parse::<usize>().ok()?)));
    let found = place.and_then(|(row, column)| {
        let filled = shown.filled.rows.get(row)?;
        Some((filled, filled.cells.get(column)?, column))
    });
    let Some((row, cell, column)) = found else { return Err(ctx.not_found()) };
    let (some, pages) = web::page_of(&cell.sources, &asked.trang, PER_SOURCES);
    let line = |source: &Source| {
        let [kind, unit, name, year, what, said, mark] = told::source(ctx.lang, source);
        let href = match source {
            Source::Verdict { unit, year, set, .. } => Some(format!("/xa/{unit}?nam={year}&bo={set}")),
            Source::Figure { unit, year, .. } | Source::Unit { unit, year, .. } => {
                Some(format!("/xa/{unit}?nam={year}"))
            }
            Source::Row { .. } => None,
        };
        context! { kind, unit, name, year, what, said, mark, href => href.map(|href| ctx.link(&href)) }
    };
    let args = [
        ("code", Arg::Text(shown.form.code.clone())),
        ("cell", Arg::Text(format!("{} – {}", ctx.lang.pick(&row.title.0, &row.title.1), shown.column(&ctx, column)))),
        ("unit", Arg::Text(shown.reading.unit.name.clone())),
        ("year", Arg::Text(shown.reading.year.to_string())),
    ];
    ctx.page(
        "forms_why.html",
        context! {
            title => locale::word(ctx.lang, "forms-why-title"), lead => locale::say_key(ctx.lang, "forms-why-lead", &args),
            value => told::held(ctx.lang, &cell.held), beside => told::beside(ctx.lang, cell), count => cell.sources.len(),
            sources => some.iter().map(line).collect::<Vec<Value>>(), pages, id, query => shown.query(), o => asked.o,
        },
    )
}

/// `GET /bieu/{id}/tep.toml`: the form's own file, to be changed and laid beside the data.
async fn source_text(ctx: Ctx, Path(id): Path<String>) -> Outcome {
    let forms = desk(&ctx).forms(&super::law(&ctx));
    let text = forms.text(&id).ok_or_else(|| ctx.not_found())?;
    ctx.download(&format!("bieu-{id}.toml"), "application/toml; charset=utf-8", text.as_bytes().to_vec())
}

async fn read_form(ctx: &Ctx, id: &str, asked: &Asked) -> Result<(Law, Shown), Failure> {
    let law = super::law(ctx);
    let mut tx = ctx.read().await?;
    let shown = shown(ctx, &mut tx, &law, id, asked).await?;
    Ok((law, shown))
}

/// `GET /bieu/{id}/tep.xlsx`: the form as it is printed, and a sheet of sources. Cost: as [`page`], and the file's cells.
async fn xlsx(ctx: Ctx, Path(id): Path<String>, Asking(asked): Asking<Asked>) -> Outcome {
    let (_, shown) = read_form(&ctx, &id, &asked).await?;
    let name = format!("bieu-{id}-{}-{}.xlsx", shown.reading.unit.id, shown.reading.year);
    let book = told::book(ctx.lang, &[(&shown.form, shown.filled)], &shown.reading, ctx.site.clock.today());
    ctx.download(&name, Kind::Xlsx.media_type(), book.bytes()?)
}

/// Why a template of the province could not be filled, in words.
pub(super) fn not_filled(ctx: &Ctx, why: NotFilled) -> Failure {
    ctx.failure(Problem::conflict(told_why(&why), 409))
}

/// Why a template cannot be used: its tags by name, or the part that does not read.
fn told_why(why: &NotFilled) -> Phrase {
    let list = |tags: &[String]| if tags.is_empty() { "–".to_owned() } else { tags.join(", ") };
    match why {
        NotFilled::Tags { unknown, missing } => {
            Phrase::new("forms-template-tags").with("unknown", list(unknown)).with("missing", list(missing))
        }
        other => Phrase::new("forms-template-broken").with("why", other.to_string()),
    }
}

/// `GET /bieu/mau`: which template reports are made with, what is wrong with it, and its tags. Cost: the template, unpacked in memory.
async fn template(ctx: Ctx) -> Outcome {
    let desk = desk(&ctx);
    let wrong = desk.report.as_ref().and_then(|own| official::check(own).err());
    let tag = |(tag, must): &(&str, bool)| {
        let key = format!("forms-tag-{}", tag.replace(['_', '.'], "-"));
        context! { tag => tag, must => must, means => locale::say_key(ctx.lang, &key, &[]) }
    };
    ctx.page(
        "forms_template.html",
        context! {
            title => locale::word(ctx.lang, "forms-template-title"), own => desk.report.is_some(),
            meta => Meta::new(locale::word(ctx.lang, "forms-template-lead")).crumb(locale::word(ctx.lang, "forms-title"), ctx.link("/bieu")),
            wrong => wrong.map(|why| locale::say(ctx.lang, &told_why(&why))), tags => official::TAGS.iter().map(tag).collect::<Vec<Value>>(),
        },
    )
}

/// `GET /bieu/mau.docx`: the shipped template, for whoever makes a province's own of it.
async fn shipped_template(ctx: Ctx) -> Outcome {
    ctx.download("bao-cao.docx", docx::MEDIA_TYPE, official::template())
}

/// `GET /bieu/{id}/tep.docx`: a report with the form attached, in the province's template or the shipped one.
async fn docx(ctx: Ctx, Path(id): Path<String>, Asking(asked): Asking<Asked>) -> Outcome {
    let (law, shown) = read_form(&ctx, &id, &asked).await?;
    let address = format!("{}/bieu/{id}?{}", ctx.origin(), shown.query());
    let name = format!("bieu-{id}-{}-{}.docx", shown.reading.unit.id, shown.reading.year);
    let report =
        document::report(&law, &[(&shown.form, shown.filled)], &shown.reading, ctx.site.clock.today(), &address);
    let template = desk(&ctx).report.clone().unwrap_or_else(official::template);
    let bytes = report.docx(&template).map_err(|why| not_filled(&ctx, why))?;
    ctx.download(&name, docx::MEDIA_TYPE, bytes)
}

/// `GET /bieu/{id}/tep.pdf`: the same as PDF, made one at a time; one row where it is kept.
async fn pdf(ctx: Ctx, Path(id): Path<String>, Asking(asked): Asking<Asked>) -> Outcome {
    let law = super::law(&ctx);
    let mut tx = ctx.read().await?;
    let version = tx.version().await?;
    // What is worked on is whoever sees it's own: it is kept for nobody else.
    let public = asked.edition(&ctx) == Edition::Published;
    if let Some(paper) = ctx.paper_kept(&version).filter(|_| public) {
        return Ok(paper);
    }
    let shown = shown(&ctx, &mut tx, &law, &id, &asked).await?;
    drop(tx);
    let today = ctx.site.clock.today();
    let address = format!("{}/bieu/{id}?{}", ctx.origin(), shown.query());
    let name = format!("bieu-{id} {} {}", shown.reading.unit.id.address(), shown.reading.year);
    let report = document::report(&law, &[(&shown.form, shown.filled)], &shown.reading, today, &address);
    let work = move || Ok(report.pdf(&name, today)?.bytes);
    match public {
        true => ctx.paper(&version, "application/pdf", work).await,
        false => ctx.paper_own(&format!("bieu-{id}.pdf"), "application/pdf", work).await,
    }
}
