//! The list of people, with its files: searched, filtered by role and unit, ordered. Somebody new is added beside it.

use super::people::{self, Sent, Wrong, note_reading};
use crate::{
    listing::{self, ORDERS, Order, Sought},
    model::{Account, Held, Person},
    proposals,
    rules::role_word,
    store,
};
use axum::{
    http::StatusCode,
    response::{IntoResponse, Redirect},
};
use documents::{list_out::Kind, sheet_out::Content};
use kernel::{PersonId, Phrase, Problem, Role};
use minijinja::{Value, context};
use serde::Deserialize;
use serde_json::json;
use std::collections::HashMap;
use units::listed::take_away;
use web::{Asking, Ctx, Failure, Form, Outcome};

/// People on a page.
const PER: i64 = 50;
/// People that one file takes.
const MOST: i64 = 100_000;

/// What the list, its files and programs are asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    q: String,
    /// Number or code of the unit of a role that stands.
    don_vi: String,
    /// The name of a role that stands.
    vai_tro: String,
    /// `1`: the unit of that role ended.
    ket_thuc: String,
    /// What the list is ordered by.
    sap: String,
    trang: String,
}

impl Asked {
    fn order(&self) -> Order {
        Order::named(&self.sap)
    }

    /// The part of an address that keeps search, filters and order.
    fn kept(&self) -> String {
        let plain = |text: &str| -> String {
            let hex = |b: u8| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") };
            text.bytes().map(hex).collect()
        };
        let named = [
            ("q", &*self.q),
            ("don_vi", &self.don_vi),
            ("vai_tro", &self.vai_tro),
            ("ket_thuc", &self.ket_thuc),
            ("sap", self.order().name()),
        ];
        let there = named.iter().filter(|(_, value)| !value.is_empty());
        there.map(|(name, value)| format!("{name}={}", plain(value))).collect::<Vec<_>>().join("&")
    }

    /// Who is sought, or what stands against it. Cost: the unit, where one is named.
    pub(super) async fn sought(
        &self,
        ctx: &Ctx,
        tx: &mut impl ::store::Query,
    ) -> ::store::Result<Result<Sought, Wrong>> {
        let role = match self.vai_tro.trim() {
            "" => None,
            name => match Role::from_name(name).filter(|role| role.is_held()) {
                Some(role) => Some(role),
                None => return Ok(Err(("vai_tro", "role-unknown"))),
            },
        };
        let unit = match self.don_vi.trim() {
            "" => None,
            text => match people::unit(tx, text, ctx.site.clock.today()).await? {
                Some(unit) => Some(unit.id),
                None => return Ok(Err(("don_vi", "unit-unknown"))),
            },
        };
        Ok(Ok(Sought { q: self.q.trim().to_owned(), unit, role, ended: self.ket_thuc == "1" }))
    }
}

/// Whose data were shown: what was typed to find them may be a name, and a line keeps none.
pub(super) fn ids(people: &[Person]) -> Vec<PersonId> {
    people.iter().map(|person| person.id).collect()
}

/// A role of a row: its word and its place.
fn role(ctx: &Ctx, held: &Held) -> String {
    let place = [held.unit_name.as_str(), agency_name(ctx, held)].into_iter().filter(|name| !name.is_empty());
    let place: Vec<&str> = place.collect();
    format!("{} {}", role_word(ctx.lang, held.role), place.join(", ")).trim_end().to_owned()
}

fn agency_name<'h>(ctx: &Ctx, held: &'h Held) -> &'h str {
    held.agency_name.as_ref().map_or("", |(vi, en)| ctx.lang.pick(vi.as_str(), en.as_str()))
}

async fn listed(ctx: &Ctx, asked: &Asked, status: StatusCode, sent: &Sent, problem: Option<Wrong>) -> Outcome {
    let (page, today) = (web::page_from_one(&asked.trang), ctx.site.clock.today());
    let mut tx = ctx.read().await?;
    let waits = proposals::waiting(&mut tx, ctx.site.clock.now()).await?.len();
    let sought = asked.sought(ctx, &mut tx).await?;
    let (people, count) = match &sought {
        Ok(sought) => listing::list(&mut tx, sought, today, asked.order(), PER, page * PER).await?,
        Err(_) => (Vec::new(), 0),
    };
    let mut roles = match people.is_empty() {
        true => HashMap::new(),
        false => store::held_by(&mut tx, &ids(&people)).await?,
    };
    drop(tx);
    note_reading(ctx, "identity.list", None, json!({"people": ids(&people)})).await?;
    let row = |person: &Person| {
        let held = roles.remove(&person.id).unwrap_or_default();
        let role = |held: &Held| context! { word => role(ctx, held), past => held.is_of_past(today) };
        let roles: Vec<Value> = held.iter().filter(|held| held.lasts(today)).map(role).collect();
        context! {
            id => person.id.0, login => person.login, name => person.name, email => person.email,
            disabled => person.disabled, second => person.totp.is_some(), roles => roles,
        }
    };
    let rows: Vec<Value> = people.iter().map(row).collect();
    let pages = web::page_links(page, PER, count);
    let lacks = sought.as_ref().err();
    let held = Role::ALL.iter().filter(|role| role.is_held());
    let all: Vec<Value> =
        held.map(|role| context! { name => role.name(), word => role_word(ctx.lang, *role) }).collect();
    let body = context! {
        title => locale::word(ctx.lang, "people-title"), people => rows, q => asked.q, don_vi => asked.don_vi,
        vai_tro => asked.vai_tro, ket_thuc => asked.ket_thuc == "1", roles => all,
        lacks => lacks.map(|(_, key)| locale::word(ctx.lang, key)), lacking => lacks.map_or("", |(field, _)| field),
        count => count, pages => pages, waits => waits, sap => asked.order().name(), orders => ORDERS, kept => asked.kept(), login => sent.login, name => sent.name, email => sent.email,
        field => problem.map_or("", |(field, _)| field), problem => problem.map(|(_, key)| locale::word(ctx.lang, key)),
    };
    let status = if lacks.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { status };
    ctx.page_with(status, "people.html", body)
}

/// `GET /quan-tri/nguoi`. Cost: the people that the search finds; the roles of the page's.
pub(super) async fn list(ctx: Ctx, Asking(asked): Asking<Asked>) -> Outcome {
    listed(&ctx, &asked, StatusCode::OK, &Sent::default(), None).await
}

/// `GET /quan-tri/nguoi.csv`: what the search finds. Cost: those people and their roles.
pub(super) async fn csv(ctx: Ctx, Asking(asked): Asking<Asked>) -> Outcome {
    export(&ctx, &asked, Kind::Csv).await
}

/// `GET /quan-tri/nguoi.xlsx`: the same as a spreadsheet.
pub(super) async fn xlsx(ctx: Ctx, Asking(asked): Asking<Asked>) -> Outcome {
    export(&ctx, &asked, Kind::Xlsx).await
}

/// Columns of the file; those of the roster's file are named as there.
const HEADINGS: [&str; 8] = [
    "person-number",
    "login-name",
    "person-name",
    "person-email",
    "account-roles",
    "second-title",
    "person-disabled-head",
    "person-made",
];

/// What stands against a question, as an answer.
pub(super) fn wrong(ctx: &Ctx, (field, key): Wrong) -> Failure {
    ctx.failure(Problem::input(Phrase::new(key)).at_field(field))
}

async fn export(ctx: &Ctx, asked: &Asked, of: Kind) -> Outcome {
    let today = ctx.site.clock.today();
    let (people, roles, everybody) = {
        let mut tx = ctx.read().await?;
        let sought = asked.sought(ctx, &mut tx).await?.map_err(|problem| wrong(ctx, problem))?;
        let (people, _) = listing::list(&mut tx, &sought, today, asked.order(), MOST, 0).await?;
        let mut roles = HashMap::new();
        for some in people.chunks(500) {
            roles.extend(store::held_by(&mut tx, &ids(some)).await?);
        }
        (people, roles, sought.is_everybody())
    };
    note_reading(ctx, "identity.export", None, json!({"people": ids(&people), "searched": !everybody})).await?;
    let yes = |is: bool| locale::word(ctx.lang, if is { "people-yes" } else { "people-no" });
    let row = |person: &Person| {
        let held = roles.get(&person.id).map_or(&[][..], Vec::as_slice);
        let texts = [
            person.id.to_string(),
            person.login.clone(),
            person.name.clone(),
            person.email.clone().unwrap_or_default(),
            held.iter().filter(|held| held.lasts(today)).map(|held| role(ctx, held)).collect::<Vec<_>>().join("; "),
            yes(person.totp.is_some()),
            yes(person.disabled),
            locale::date(person.made.day()),
        ];
        texts.map(Content::Text).to_vec()
    };
    take_away(ctx, "nguoi", "people-title", &HEADINGS, people.iter().map(row).collect(), of)
}

/// Adds somebody as typed; the number of their account.
pub(super) async fn added(
    ctx: &Ctx,
    tx: &mut ::store::WriteTx,
    sent: &Sent,
) -> Result<Result<PersonId, Wrong>, Failure> {
    let new = Account::typed(&sent.login, &sent.name, &sent.email);
    if let Some(wrong) = new.wrong() {
        return Ok(Err(wrong));
    }
    if store::by_login(tx, &new.login).await?.is_some() {
        return Ok(Err(("login", "login-taken")));
    }
    match store::add(tx, &new.login, &new.name, new.email.as_deref(), ctx.lang.tag(), false).await {
        Ok(id) => Ok(Ok(id)),
        // Somebody else took it meanwhile.
        Err(error) if error.is_duplicate() => Ok(Err(("login", "login-taken"))),
        Err(error) => Err(error.into()),
    }
}

/// `POST /quan-tri/nguoi`: somebody new, without a password until they set one by a code.
pub(super) async fn add(ctx: Ctx, Form(sent): Form<Sent>) -> Outcome {
    let mut tx = ctx.write().await?;
    match added(&ctx, &mut tx, &sent).await? {
        Ok(id) => {
            tx.commit().await?;
            Ok(Redirect::to(&ctx.link(&format!("/quan-tri/nguoi/{id}"))).into_response())
        }
        Err(problem) => {
            drop(tx);
            listed(&ctx, &Asked::default(), StatusCode::UNPROCESSABLE_ENTITY, &sent, Some(problem)).await
        }
    }
}
