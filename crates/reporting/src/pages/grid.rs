//! All criteria of a unit on one page, a row a value, in the order in which a spreadsheet has them: for whoever enters at a desk.
//! Without scripts it is one form that saves all of it; with them each value is saved by itself, as on the criterion's page.

use super::{
    Fields,
    criterion::{self, Again, Became, Shown, Teller, sent, shown},
    law, proofs, say,
};
use crate::{
    entry::Answer,
    form::{Field, SetForm, Sheet},
    model::Item,
    rules, told,
};
use axum::{
    http::StatusCode,
    response::{IntoResponse, Redirect},
};
use facts::Law;
use minijinja::{Value, context};
use std::collections::HashSet;
use web::{Asked, Asking, Ctx, Form, Outcome, Path};

type At = (i64, i64);

/// `GET /bao-cao/{campaign}/xa/{unit}/bang`. Cost: the unit's figures of two years, its criteria and comments, what was done.
pub async fn page(ctx: Ctx, Path(at): Path<At>, Asking(asked): Asking<Asked>) -> Outcome {
    let law = law(&ctx);
    let shown = shown(&ctx, &law, at, None).await?;
    tell(&ctx, &law, &shown, StatusCode::OK, &Again::default(), asked.xong == "1")
}

/// `POST /bao-cao/{campaign}/xa/{unit}/bang`: what is right is saved, what is wrong or was changed by somebody else is shown
/// again with what was typed. Cost: as [`crate::entry::save`].
pub async fn save(ctx: Ctx, Path(at): Path<At>, Form(fields): Form<Fields>) -> Outcome {
    let law = law(&ctx);
    match sent(&ctx, &law, at, proofs::Sent { fields, ..proofs::Sent::default() }).await? {
        Became::Fine(_) => {
            let there = ctx.link(&format!("{}/bang?xong=1", told::page(at.0, kernel::UnitId(at.1))));
            Ok(Redirect::to(&there).into_response())
        }
        Became::Again(status, again, _) => {
            let shown = shown(&ctx, &law, at, None).await?;
            tell(&ctx, &law, &shown, status, &again, false)
        }
    }
}

/// A value that stands in several criteria is entered where it stands first.
type Seen = HashSet<i64>;

struct Rows<'a> {
    ctx: &'a Ctx,
    law: &'a Law,
    shown: &'a Shown,
    again: &'a Again,
    takes: bool,
    done: &'a criterion::Asked,
}

impl Rows<'_> {
    fn sheet(&self, set: &SetForm, sheet: &Sheet, item: &Item, seen: &mut Seen) -> Value {
        let (ctx, lang) = (self.ctx, self.ctx.lang);
        let teller = Teller {
            ctx,
            law: self.law,
            shown: self.shown,
            set,
            again: self.again,
            done: self.done,
            doubter: None,
            side: None,
        };
        let open = self.takes && rules::is_open(item.state);
        let row = |field: &Field, seen: &mut Seen| {
            let first = !field.asked || seen.insert(field.measure);
            context! { f => teller.field(field), enters => open && first && field.asked, again => !first }
        };
        let rows: Vec<Value> = sheet.fields.iter().map(|field| row(field, seen)).collect();
        context! {
            no => sheet.criterion.no, name => lang.pick(&sheet.name_vi, &sheet.name_en), state => say::state(lang, item.state),
            open => open, rows => rows,
            href => ctx.link(&format!("{}/{}/{}", self.base(), sheet.criterion.set, sheet.criterion.no)),
        }
    }

    fn base(&self) -> String {
        told::page(self.shown.campaign.id, self.shown.form.unit.id)
    }
}

fn tell(ctx: &Ctx, law: &Law, shown: &Shown, status: StatusCode, again: &Again, saved: bool) -> Outcome {
    let (campaign, unit) = (&shown.campaign, &shown.form.unit);
    let takes = ctx.may("enter", "reporting") && campaign.takes_entries(shown.today.day);
    let done = &criterion::Asked::default();
    let rows = Rows { ctx, law, shown, again, takes, done };
    let (mut seen, mut errors, mut enters) = (Seen::new(), Vec::new(), false);
    let mut sets: Vec<Value> = Vec::new();
    for set in &shown.form.sets {
        let mut sheets: Vec<Value> = Vec::new();
        for sheet in &set.sheets {
            let Some(item) = shown.items.iter().find(|item| item.criterion == sheet.criterion) else { continue };
            if sheet.fields.is_empty() {
                continue;
            }
            enters |= takes && rules::is_open(item.state) && sheet.asked() > 0;
            errors.extend(Teller { ctx, law, shown, set, again, done, doubter: None, side: None }.wrong(sheet));
            sheets.push(rows.sheet(set, sheet, item, &mut seen));
        }
        let id = set.plan.book.set();
        let template = format!("/nhap-so-lieu/mau.xlsx?bo={id}&nam={}&xa={}&nguon=declared", campaign.year(), unit.id);
        sets.push(context! { id => id, title => say::set(ctx.lang, law, id), sheets => sheets, template => ctx.link(&template) });
    }
    let changed = again.answers.values().any(|answer| matches!(answer, Answer::Changed));
    let here = format!("{}/bang", rows.base());
    ctx.page_with(
        status,
        "reporting_grid.html",
        context! {
            title => format!("{} · {}", locale::word(ctx.lang, "reporting-grid"), unit.name), unit => unit.name,
            campaign => say::campaign(ctx, law, campaign, &shown.today), unit_href => ctx.link(&rows.base()),
            left => say::left(ctx.lang, shown.summed.due, &shown.today), due => locale::date(shown.summed.due),
            filled => shown.summed.filled, asked => shown.summed.asked, sets => sets, enters => enters, errors => errors,
            changed => changed, saved => saved, save => ctx.link(&here), key => uuid::Uuid::new_v4().to_string(),
            api => format!("/api/v1/campaigns/{}/units/{}/entries", campaign.id, unit.id), person => ctx.who().map(|who| who.person.0),
            last_year => (campaign.year() - 1).to_string(), intake => ctx.may("import", "figures").then(|| ctx.link("/nhap-so-lieu")),
            yearly => campaign.is_yearly(),
        },
    )
}
