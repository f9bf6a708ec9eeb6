//! What waits for a second administrator: looked through, let pass or not.

use super::{identity, people::note_reading};
use crate::{
    model::{Account, Asked, NewGrant, Person, Proposal},
    proposals::{self, Decided},
    rules::role_word,
    store,
};
use ::store::Listing;
use axum::{
    http::StatusCode,
    response::{IntoResponse, Redirect},
};
use documents::{list_out::Kind, sheet_out::Content};
use kernel::{AgencyId, PersonId, UnitId};
use locale::Lang;
use minijinja::{Value, context};
use serde::Deserialize;
use serde_json::json;
use std::collections::{BTreeSet, HashMap};
use units::listed::take_away;
use web::{Asking, Ctx, Failure, Form, Outcome, Path};

/// Proposals on a page.
const PER: i64 = 50;

/// Names of what proposals speak of.
struct Names {
    people: HashMap<PersonId, Person>,
    units: HashMap<UnitId, units::Unit>,
    agencies: HashMap<AgencyId, String>,
}

async fn names(ctx: &Ctx, found: &[Proposal]) -> Result<Names, Failure> {
    let grant = |one: &Proposal| match &one.asked {
        Asked::Grant(new) => Some(new.clone()),
        Asked::Code | Asked::Account { .. } => None,
    };
    let grants: Vec<NewGrant> = found.iter().filter_map(grant).collect();
    let people: BTreeSet<PersonId> = found.iter().flat_map(|one| [Some(one.person), one.by]).flatten().collect();
    let people: Vec<PersonId> = people.into_iter().collect();
    let wanted: BTreeSet<UnitId> = grants.iter().filter_map(|new| new.unit).collect();
    let wanted: Vec<UnitId> = wanted.into_iter().collect();
    let mut tx = ctx.read().await?;
    let people = store::many(&mut tx, &people).await?;
    let units = units::store::many(&mut tx, &wanted).await?;
    let agencies = match grants.iter().any(|new| new.agency.is_some()) {
        true => units::store::agencies(&mut tx).await?,
        false => Vec::new(),
    };
    let agency = |a: units::Agency| (AgencyId(a.id), ctx.lang.pick(&a.name_vi, &a.name_en).to_owned());
    Ok(Names { people, units, agencies: agencies.into_iter().map(agency).collect() })
}

/// What an account is to say in place of what it says.
fn changes(ctx: &Ctx, person: &Person, login: &str, email: Option<&str>) -> Vec<Value> {
    let now = Account::of(person);
    let new = Account { login: login.to_owned(), email: email.map(str::to_owned), ..now.clone() };
    let said = |account: &Account, field: &str| account.value(field).unwrap_or("–").to_owned();
    let change = |field: &str| {
        let name = locale::say_key(ctx.lang, &format!("account-field-{field}"), &[]);
        context! { name => name, before => said(&now, field), after => said(&new, field) }
    };
    new.differs(&now).into_iter().map(change).collect()
}

fn shown(ctx: &Ctx, law: &web::Criteria, one: &Proposal, names: &Names) -> Value {
    let name = |id: PersonId| names.people.get(&id).map_or_else(|| id.to_string(), |person| person.name.clone());
    let (role, unit, agency, criteria, from, to) = match &one.asked {
        Asked::Code | Asked::Account { .. } => (None, None, None, None, None, None),
        Asked::Grant(new) => (
            Some(role_word(ctx.lang, new.role)),
            new.unit.map(|unit| names.units.get(&unit).map_or_else(|| unit.to_string(), |unit| unit.name.clone())),
            new.agency.and_then(|agency| names.agencies.get(&agency).cloned()),
            new.criteria.as_ref().map(|all| law.said(ctx.lang, all)),
            Some(locale::date(new.from)),
            new.to.map(locale::date),
        ),
    };
    let me = ctx.actor.person;
    let whose = names.people.get(&one.person);
    let changes = match (&one.asked, whose) {
        (Asked::Account { login, email }, Some(person)) => changes(ctx, person, login, email.as_deref()),
        _ => Vec::new(),
    };
    context! {
        // Whoever lets power pass sees whether somebody uses the account already.
        login => whose.map(|person| &person.login), used => whose.is_some_and(|person| person.password.is_some()),
        made => whose.map(|person| locale::date(person.made.day())),
        id => one.id, person => one.person.0, name => name(one.person), role => role, unit => unit, agency => agency,
        account => matches!(one.asked, Asked::Account { .. }), changes => changes, criteria => criteria, from => from, to => to, by => one.by.map(name),
        at => locale::moment(one.at),
        mine => me.is_some() && one.by == me,
        may => ctx.may("approve", "people") && ctx.actor.is_second(one.by) && me != Some(one.person),
    }
}

/// The line of a reading of what waits: of whom.
pub(super) async fn note_waiting(ctx: &Ctx, read: &[Proposal]) -> Result<(), Failure> {
    let people: Vec<_> = read.iter().map(|one| one.person).collect();
    note_reading(ctx, "identity.list", None, json!({"proposals": people.len(), "people": people})).await
}

/// What is asked for, in a few words: a role, an account, a code.
fn kind(lang: Lang, one: &Proposal) -> String {
    match &one.asked {
        Asked::Grant(new) => role_word(lang, new.role),
        Asked::Account { .. } => locale::word(lang, "proposal-account"),
        Asked::Code => locale::word(lang, "proposal-code"),
    }
}

/// Where a role is to be held: unit, agency.
fn place(one: &Proposal, names: &Names) -> String {
    let Asked::Grant(new) = &one.asked else { return String::new() };
    let unit = new.unit.and_then(|unit| names.units.get(&unit)).map(|unit| unit.name.as_str());
    let agency = new.agency.and_then(|agency| names.agencies.get(&agency)).map(String::as_str);
    [unit, agency].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// What waits and has the words, the oldest first: a page of it, how much it is, and the names that it speaks of. Cost: all
/// that waits, which ends after [`proposals::WAITS`], with the people, units and agencies that it names.
async fn sought(ctx: &Ctx, listing: &Listing) -> Result<(Vec<Proposal>, i64, Names), Failure> {
    let found = proposals::waiting(&mut ctx.read().await?, ctx.site.clock.now()).await?;
    let names = names(ctx, &found).await?;
    let person = |id: PersonId| names.people.get(&id);
    let words = |one: &Proposal| {
        let whose = person(one.person).map(|person| format!("{} {}", person.name, person.login));
        let by = one.by.and_then(person).map(|person| person.name.clone());
        [whose.unwrap_or_default(), by.unwrap_or_default(), kind(ctx.lang, one), place(one, &names)].join(" ")
    };
    let (some, count) = ::store::few(found, listing, words);
    Ok((some, count, names))
}

async fn page(ctx: &Ctx, status: StatusCode, asked: &web::Asked, code: Option<&str>) -> Outcome {
    let (some, count, names) = sought(ctx, &asked.listing(asked.page(), PER)).await?;
    note_waiting(ctx, &some).await?;
    let law = ctx.site.criteria();
    let body = context! {
        title => locale::word(ctx.lang, "proposals-title"), pages => asked.pages(PER, count), count => count, q => asked.q,
        kept => asked.kept(), proposals => some.iter().map(|one| shown(ctx, &law, one, &names)).collect::<Vec<_>>(),
        code => code,
    };
    ctx.page_with(status, "proposals.html", body)
}

/// `GET /quan-tri/cho-duyet`. Cost: what waits.
pub(super) async fn list(ctx: Ctx, Asking(asked): Asking<web::Asked>) -> Outcome {
    page(&ctx, StatusCode::OK, &asked, None).await
}

/// `GET /quan-tri/cho-duyet.csv`: what waits and has the words. Cost: as the page.
pub(super) async fn csv(ctx: Ctx, Asking(asked): Asking<web::Asked>) -> Outcome {
    export(&ctx, &asked, Kind::Csv).await
}

/// `GET /quan-tri/cho-duyet.xlsx`
pub(super) async fn xlsx(ctx: Ctx, Asking(asked): Asking<web::Asked>) -> Outcome {
    export(&ctx, &asked, Kind::Xlsx).await
}

const HEADINGS: [&str; 7] =
    ["proposal-what", "person-name", "login-name", "person-unit", "role-span", "proposal-by", "proposal-at"];

async fn export(ctx: &Ctx, asked: &web::Asked, of: Kind) -> Outcome {
    let (found, _, names) = sought(ctx, &asked.listing(0, i64::MAX)).await?;
    note_waiting(ctx, &found).await?;
    let name = |id: PersonId| names.people.get(&id).map_or_else(|| id.to_string(), |person| person.name.clone());
    let row = |one: &Proposal| {
        let login = names.people.get(&one.person).map(|person| person.login.clone());
        let span = match &one.asked {
            Asked::Grant(new) => format!("{} – {}", locale::date(new.from), new.to.map_or("…".into(), locale::date)),
            _ => String::new(),
        };
        let cells = [
            kind(ctx.lang, one),
            name(one.person),
            login.unwrap_or_default(),
            place(one, &names),
            span,
            one.by.map(name).unwrap_or_default(),
            locale::moment(one.at),
        ];
        cells.into_iter().map(Content::Text).collect()
    };
    take_away(ctx, "cho-duyet", "proposals-title", &HEADINGS, found.iter().map(row).collect(), of)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Sent {
    /// `approve`, else it is declined or taken back.
    decision: String,
    reason: String,
}

/// `POST /quan-tri/cho-duyet/{proposal}`: by somebody else than whoever asked; of a code the second half is shown once.
pub(super) async fn decide(ctx: Ctx, Path(id): Path<i64>, Form(sent): Form<Sent>) -> Outcome {
    let pass = sent.decision == "approve";
    let key = identity(&ctx);
    let mut tx = ctx.write().await?;
    let decided = proposals::decide(&mut tx, &key.key, id, pass, sent.reason.trim(), super::people::CODE).await?;
    let Some(decided) = decided else { return Err(ctx.not_found()) };
    tx.commit().await?;
    match decided {
        Decided::Code(half) => page(&ctx, StatusCode::OK, &web::Asked::default(), Some(&half)).await,
        Decided::Given(_) | Decided::Corrected | Decided::Declined => {
            Ok(Redirect::to(&ctx.link("/quan-tri/cho-duyet")).into_response())
        }
    }
}
