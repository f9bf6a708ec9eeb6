//! Doubts of the quality checks on pages: said beside their figure, answered in the form of the next steps, so that one press
//! answers and sends.

use super::{Fields, after, campaign, criterion, law, say, unit};
use crate::{
    doubts::{self, Doubts},
    model::{Item, State},
    rules, told,
};
use axum::{
    http::StatusCode,
    response::{IntoResponse, Redirect},
};
use facts::{
    Law,
    checks::{Answer, Check, Doubt, Saying, Side, shipped},
};
use kernel::{PersonId, Phrase, UnitId, actor::of_name};
use minijinja::{Value, context};
use std::collections::{BTreeMap, HashMap};
use web::{Ctx, Form, Outcome, Path, Repeatable};

/// What was sent and is shown again, since it was not done.
#[derive(Default)]
pub(super) struct Again {
    pub fields: Fields,
    pub wrong: Vec<doubts::Wrong>,
    /// Why nothing was done.
    pub stopped: Option<Phrase>,
}

impl Again {
    /// What was sent, with the answers that are wrong.
    pub fn wrong(fields: Fields, wrong: Vec<doubts::Wrong>) -> Again {
        Again { fields, wrong, stopped: Some(Phrase::new("reporting-doubts-wrong")) }
    }

    /// What was typed into a field, if the form had it.
    pub fn typed(&self, name: &str) -> Option<&str> {
        self.fields.get(name).map(String::as_str)
    }
}

/// Check and measure of a field's name.
fn named(name: &str) -> Option<(String, String)> {
    name.split_once('|').map(|(check, measure)| (check.to_owned(), measure.to_owned()))
}

/// What a form says to doubts: `nv.` a note, `sai.` that the check is wrong here (asked where `ds.` stands), each with check and
/// measure; `chung.` one note for all doubts of a check that are open.
pub(super) fn sayings(fields: &Fields, there: &Doubts) -> Vec<Saying> {
    let mut found: BTreeMap<(String, String), Saying> = BTreeMap::new();
    let mut at = |place: (String, String), change: &dyn Fn(&mut Saying)| {
        let fresh = Saying { check: place.0.clone(), measure: place.1.clone(), ..Saying::default() };
        change(found.entry(place).or_insert(fresh));
    };
    for (check, note) in after(fields, "chung.").filter(|(_, note)| !note.trim().is_empty()) {
        for doubt in there.all.iter().filter(|doubt| doubt.hit.check == check && doubt.is_open()) {
            at((check.to_owned(), doubt.hit.measure.clone()), &|one| one.note = Some(note.to_owned()));
        }
    }
    for (name, note) in after(fields, "nv.") {
        let Some(place) = named(name) else { continue };
        at(place, &|one| one.note = Some(note.to_owned()));
    }
    for (name, _) in after(fields, "ds.") {
        let Some(place) = named(name) else { continue };
        at(place, &|one| one.useless = Some(fields.contains_key(&format!("sai.{name}"))));
    }
    found.into_values().collect()
}

/// Whether a form speaks of doubts at all.
pub(super) fn speaks(fields: &Fields) -> bool {
    fields.keys().any(|name| ["nv.", "ds.", "chung."].iter().any(|start| name.starts_with(start)))
}

/// Where a doubt is answered on its criterion's page: the id of its field.
pub(super) fn anchor(doubt: &Doubt) -> String {
    format!("nv-{}-{}", doubt.hit.check, doubt.hit.measure)
}

/// Says doubts as pages show them.
pub(super) struct Teller<'a> {
    pub ctx: &'a Ctx,
    pub law: &'a Law,
    pub doubts: &'a Doubts,
    pub people: &'a HashMap<PersonId, String>,
    pub again: &'a Again,
}

/// Whoever said something to doubts, or asked the checks.
pub(super) fn people(doubts: &Doubts) -> impl Iterator<Item = PersonId> {
    let said = doubts.all.iter().flat_map(|doubt| doubt.answer.iter().chain(&doubt.review));
    let actors = said.map(|answer| answer.actor.as_str()).chain(doubts.ran.iter().map(|ran| ran.actor.as_str()));
    actors.filter_map(|actor| of_name(actor).1)
}

/// The side on which this reader answers doubts of figures in a state; `None`: they read them.
pub(super) fn side(ctx: &Ctx, state: State) -> Option<Side> {
    ctx.reader.actors("comment", "reporting").iter().find_map(|actor| rules::answers(actor.role, state))
}

impl Teller<'_> {
    fn name(&self, check: &str) -> String {
        let found = shipped().iter().find(|one| one.id == check);
        found.map_or_else(|| check.to_owned(), |one: &Check| self.ctx.lang.pick(&one.name_vi, &one.name_en).clone())
    }

    fn answer(&self, answer: &Answer) -> Value {
        let by = say::who(self.ctx.lang, self.people, of_name(&answer.actor).1, &answer.actor);
        context! { note => answer.note, by => by, at => locale::moment(answer.at) }
    }

    /// What is wrong with the answer that was sent to a doubt.
    fn wrong(&self, doubt: &Doubt) -> Option<String> {
        let of = |(check, measure, _): &&doubts::Wrong| (check, measure) == (&doubt.hit.check, &doubt.hit.measure);
        self.again.wrong.iter().find(of).map(|(.., phrase)| locale::say(self.ctx.lang, phrase))
    }

    /// One doubt; `side`: how this reader may answer it.
    pub fn doubt(&self, doubt: &Doubt, side: Option<Side>) -> Value {
        let lang = self.ctx.lang;
        let key = format!("{}|{}", doubt.hit.check, doubt.hit.measure);
        let own = match side {
            Some(Side::Unit) => doubt.answer.as_ref(),
            Some(Side::Review) => doubt.review.as_ref(),
            None => None,
        };
        let own = own.map_or("", |answer| answer.note.as_str());
        let here = self.again.typed(&format!("nv.{key}"));
        let useless = match (here, side) {
            (Some(_), Some(Side::Review)) => self.again.fields.contains_key(&format!("sai.{key}")),
            _ => doubt.useless,
        };
        context! {
            key => key, id => anchor(doubt), check => self.name(&doubt.hit.check),
            reason => self.doubts.reason(lang, self.law, doubt), open => doubt.is_open(),
            answer => doubt.answer.as_ref().map(|one| self.answer(one)), review => doubt.review.as_ref().map(|one| self.answer(one)),
            useless => useless, side => side.map(|side| if side == Side::Unit { "unit" } else { "review" }),
            note => here.unwrap_or(own), wrong => self.wrong(doubt),
        }
    }

    /// When the checks were asked last, and by whom.
    pub fn ran(&self) -> Option<Value> {
        let ran = self.doubts.ran.as_ref()?;
        let by = say::who(self.ctx.lang, self.people, of_name(&ran.actor).1, &ran.actor);
        Some(context! { at => locale::moment(ran.at), by => by })
    }

    /// Why nothing was done, with a link to each doubt of `shown` that has no answer, or a wrong one.
    pub fn stopped<'d>(
        &self,
        shown: impl Iterator<Item = &'d Doubt>,
        href: impl Fn(&Doubt) -> String,
    ) -> Option<Value> {
        let phrase = self.again.stopped.as_ref()?;
        let reason = |doubt: &Doubt| self.doubts.reason(self.ctx.lang, self.law, doubt);
        let text = |doubt: &Doubt| match self.again.wrong.is_empty() {
            true => doubt.is_open().then(|| reason(doubt)),
            false => self.wrong(doubt),
        };
        let list: Vec<Value> = shown
            .filter_map(|doubt| Some((doubt, text(doubt)?)))
            .map(|(doubt, text)| context! { href => href(doubt), text => text })
            .collect();
        Some(context! { text => locale::say(self.ctx.lang, phrase), list => list })
    }

    /// The doubts of a unit that are open, by check, each with one field that answers all of them.
    pub fn groups(
        &self,
        items: &[Item],
        unit: State,
        place: impl Fn(&Doubt) -> (String, Option<String>),
    ) -> Vec<Value> {
        let mut found: Vec<(&str, Vec<Value>, bool)> = Vec::new();
        for doubt in self.doubts.all.iter().filter(|doubt| doubt.is_open()) {
            let state =
                self.law.measure_id(&doubt.hit.measure).map_or(unit, |id| doubts::state_of(self.law, items, id, unit));
            let (no, href) = place(doubt);
            let said =
                context! { no => no, href => href, reason => self.doubts.reason(self.ctx.lang, self.law, doubt) };
            let answers = side(self.ctx, state).is_some();
            match found.iter_mut().find(|(check, ..)| *check == doubt.hit.check) {
                Some((_, list, any)) => {
                    list.push(said);
                    *any |= answers;
                }
                None => found.push((&doubt.hit.check, vec![said], answers)),
            }
        }
        let group = |(check, list, answers): (&str, Vec<Value>, bool)| {
            let note = self.again.typed(&format!("chung.{check}")).unwrap_or_default();
            let wrong =
                self.again.wrong.iter().find(|(of, ..)| of == check).map(|(.., p)| locale::say(self.ctx.lang, p));
            context! { check => check, name => self.name(check), count => list.len(), doubts => list, answers => answers, note => note, wrong => wrong }
        };
        found.into_iter().map(group).collect()
    }
}

/// The page of a unit that a form names: of the unit itself, or of one of its criteria.
pub(super) enum There {
    Unit,
    Criterion(String, String),
}

impl There {
    /// `ve`, where it is a page of this unit.
    pub fn read(fields: &Fields, id: i64, of: i64) -> There {
        let path = fields.get("ve").and_then(|path| path.strip_prefix(&told::page(id, UnitId(of))));
        let parts: Vec<&str> = path.unwrap_or_default().split('/').collect();
        match parts[..] {
            ["", set, no] if super::act::criterion(&format!("{set}|{no}")).is_some() => {
                There::Criterion(set.to_owned(), no.to_owned())
            }
            _ => There::Unit,
        }
    }

    pub fn path(&self, id: i64, of: i64) -> String {
        let page = told::page(id, UnitId(of));
        match self {
            There::Unit => page,
            There::Criterion(set, no) => format!("{page}/{set}/{no}"),
        }
    }

    /// Shows the page with what was sent and why it was not done.
    pub async fn show(self, ctx: &Ctx, (id, of): (i64, i64), status: StatusCode, again: Again) -> Outcome {
        match self {
            There::Unit => unit::show(ctx, id, of, status, &again, false).await,
            There::Criterion(set, no) => criterion::stopped(ctx, (id, of, set, no), status, again).await,
        }
    }
}

/// `POST /bao-cao/{campaign}/xa/{unit}/nghi-van`: answers doubts, and where `viec` is `check` asks the checks again. Cost: as
/// [`doubts::answer`]; to ask, as [`doubts::around`] and [`doubts::ask`].
pub async fn answer(ctx: Ctx, Path((id, of)): Path<(i64, i64)>, Form(fields): Form<Fields>) -> Outcome {
    let law = law(&ctx);
    let asks = fields.get("viec").is_some_and(|what| what == "check");
    let there = There::read(&fields, id, of);
    let back = ctx.link(&format!("{}?xong=1#nghi-van", there.path(id, of)));
    let sent = serde_json::to_vec(&fields)?;
    let repeatable = Repeatable::of_form(&ctx, fields.get("key").map_or("", String::as_str), &sent);
    let around = if asks { around(&ctx, &law, id, of).await? } else { None };
    let mut tx = ctx.write().await?;
    let one = campaign(&ctx, &mut tx, id).await?;
    if repeatable.seen(&mut tx).await?.is_some() {
        return Ok(Redirect::to(&back).into_response());
    }
    let standing = Doubts::of(&mut tx, &law, &one, UnitId(of)).await?;
    let said = sayings(&fields, &standing);
    let Some(wrong) = doubts::answer(&mut tx, &law, &one, UnitId(of), &said).await? else {
        return Err(ctx.not_found());
    };
    if !wrong.is_empty() {
        drop(tx);
        return there.show(&ctx, (id, of), StatusCode::UNPROCESSABLE_ENTITY, Again::wrong(fields, wrong)).await;
    }
    if asks && !doubts::ask(&mut tx, &law, &one, UnitId(of), around.as_ref()).await? {
        return Err(ctx.not_found());
    }
    repeatable.keep(tx, &serde_json::json!({"answers": said.len()})).await?;
    Ok(Redirect::to(&back).into_response())
}

/// What a unit's figures are compared with, read before anything is written. Cost: as [`doubts::around`].
pub(super) async fn around(
    ctx: &Ctx,
    law: &Law,
    id: i64,
    unit: i64,
) -> Result<Option<facts::checks::Around>, web::Failure> {
    let mut tx = ctx.read().await?;
    let (one, _) = super::reporting(ctx, &mut tx, id, unit).await?;
    drop(tx);
    Ok(doubts::around(&ctx.site.store, law, &one, UnitId(unit)).await?)
}
