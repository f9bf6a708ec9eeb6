//! What the law reads of a unit, written on its page: problems stand at their field, what was typed stays.

use super::{UnitId, attribute_value, show, unsure};
use crate::{
    Refused, actions,
    api::{both, effects},
    rules::{ATTRIBUTES, Attribute},
    store::Cited,
};
use axum::{
    extract::{Form, Path},
    http::StatusCode,
    response::{IntoResponse, Redirect},
};
use kernel::{Phrase, Place, Problem};
use locale::Lang;
use minijinja::{Value, context};
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeMap;
use web::{Ctx, Failure, Outcome, Repeatable};

/// What the form sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Sent {
    attribute: String,
    value: String,
    /// `YYYY-MM-DD`; empty: it was always so.
    from: String,
    source: String,
    /// The version of the unit that was seen.
    seen: String,
    key: String,
    /// What is wrong, by field.
    #[serde(skip)]
    wrong: BTreeMap<String, Vec<String>>,
    /// Where somebody else was faster: both values, field by field.
    #[serde(skip)]
    changed: Vec<String>,
}

impl Sent {
    fn note(&mut self, ctx: &Ctx, problem: &Problem) {
        let field = match &problem.place {
            Some(Place::Field(field)) => field.clone(),
            _ => String::new(),
        };
        self.wrong.entry(field).or_default().push(locale::say(ctx.lang, &problem.phrase));
    }

    /// What was typed, as the law reads it: yes and no in either language.
    fn said(&self) -> Result<Attribute, Problem> {
        let from = match self.from.trim() {
            "" => None,
            text => Some(
                text.parse()
                    .map_err(|_| Problem::input(Phrase::new("units-no-day").with("text", text)).at_field("from"))?,
            ),
        };
        let typed = self.value.trim();
        let is = |key| Lang::ALL.iter().any(|&lang| typed.to_lowercase() == locale::word(lang, key));
        let value = match typed {
            _ if is("units-yes") => "true",
            _ if is("units-no") => "false",
            other => other,
        };
        let (attribute, source) = (self.attribute.clone(), self.source.trim().to_owned());
        Ok(Attribute { attribute, value: value.into(), from, source, confidence: "verified".into() })
    }
}

/// The form, where whoever asks may write. `version`: the unit's.
pub(super) fn form(ctx: &Ctx, id: UnitId, version: i64, sent: &Sent) -> Option<Value> {
    let option = |name: &&'static str| {
        context! { id => name, word => super::attribute(ctx, name), chosen => sent.attribute == **name }
    };
    let wrong = |field: &'static str| (field, sent.wrong.get(field).cloned().unwrap_or_default());
    let wrong: BTreeMap<_, _> = ["attribute", "value", "from", "source"].into_iter().map(wrong).collect();
    ctx.may("correct", "units").then(|| {
        context! {
            action => ctx.link(&format!("/don-vi/{id}/thuoc-tinh")), key => uuid::Uuid::new_v4().to_string(),
            seen => version.to_string(), options => ATTRIBUTES.iter().map(option).collect::<Vec<_>>(),
            value => sent.value, from => sent.from, source => sent.source, wrong => wrong,
            any_wrong => !sent.wrong.is_empty(), changed => sent.changed,
        }
    })
}

/// Everything that was ever said of the unit itself.
pub(super) fn lines(ctx: &Ctx, own: &[Cited]) -> Vec<Value> {
    let line = |a: &Cited| {
        context! {
            name => super::attribute(ctx, &a.attribute), value => attribute_value(ctx, &a.value), source => a.source,
            from => a.from.map(locale::date), to => a.to.map(locale::date), unsure => unsure(ctx, &a.confidence),
        }
    };
    own.iter().map(line).collect()
}

/// `POST /don-vi/{id}/thuoc-tinh`: the same key again gets the same answer. Cost: as [`actions::set_attribute`].
pub(super) async fn save(ctx: Ctx, Path(id): Path<String>, Form(mut sent): Form<Sent>) -> Outcome {
    let id = UnitId(id.parse().map_err(|_| ctx.not_found())?);
    match sent.said() {
        Ok(said) => {
            if try_save(&ctx, id, &said, &mut sent).await? {
                let there = ctx.link(&format!("/don-vi/{id}?da_luu=1"));
                return Ok(Redirect::to(&there).into_response());
            }
        }
        Err(problem) => sent.note(&ctx, &problem),
    }
    let status =
        if sent.changed.is_empty() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::PRECONDITION_FAILED };
    show(ctx, id, status, &sent, false).await
}

/// Whether it was saved, now or by the same form before; otherwise `sent` holds what is wrong.
async fn try_save(ctx: &Ctx, id: UnitId, said: &Attribute, sent: &mut Sent) -> Result<bool, Failure> {
    let body = format!("{} {said:?}", sent.seen);
    let repeatable = Repeatable::of_form(ctx, &sent.key, body.as_bytes());
    let mut tx = ctx.write().await?;
    if repeatable.seen(&mut tx).await?.is_some() {
        return Ok(true);
    }
    let seen = sent.seen.parse().unwrap_or(0);
    match actions::set_attribute(&mut tx, id, seen, said, &effects(ctx)).await {
        Ok((version, _)) => {
            repeatable.keep(tx, &json!({"version": version})).await?;
            return Ok(true);
        }
        Err(Refused::Changed(overtaken)) => sent.changed = both(ctx, &overtaken),
        Err(Refused::Problems(problems)) => problems.iter().for_each(|problem| sent.note(ctx, problem)),
        Err(Refused::Store(error)) => return Err(error.into()),
    }
    Ok(false)
}
