//! A unit in a campaign: its criteria, where each stands, what to do next, who did what.

use super::{
    Fields, after, campaign,
    doubts::{self as shown, Again, Teller},
    law, reporting, say,
};
use crate::{
    actions, campaigns, comments,
    doubts::Doubts,
    entry, form,
    model::{Action, Campaign, Course, Criterion, Item, State},
    rules, store as kept,
};
use ::store::Query;
use axum::{
    http::StatusCode,
    response::{IntoResponse, Redirect},
};
use identity::posts::{self, Post};
use kernel::{AgencyId, PersonId, Role, UnitId};
use minijinja::{Value, context};
use std::collections::{BTreeMap, BTreeSet};
use web::{Asked, Asking, Ctx, Failure, Form, Outcome, Path, permissions::actors};

/// Lines of what was done that the page shows.
const ACTIONS: i64 = 40;

/// The agencies to whose criteria a reader's reviewing of a unit is bound; `None`: to none. Cost: their
/// roles, where they appraise; where they review by another role too, a row an ancestor.
pub(super) async fn bound(ctx: &Ctx, tx: &mut impl Query, unit: UnitId) -> Result<Option<BTreeSet<AgencyId>>, Failure> {
    let Some(who) = ctx.who() else { return Ok(None) };
    let actors = actors("review", "reporting", who);
    let appraises = actors.iter().any(|actor| actor.role == Role::Appraiser);
    if !appraises {
        return Ok(None);
    }
    let thing = (unit, ctx.site.clock.today());
    for other in actors.iter().filter(|actor| actor.role != Role::Appraiser) {
        if ::store::reached(tx, &other.scope.writes, &[thing]).await?.holds(thing.0, thing.1) {
            return Ok(None);
        }
    }
    Ok(Some(actions::own_agencies_of(tx, who.person, ctx.site.clock.today()).await?))
}

/// Whether a criterion takes an action now from a reader who is bound to these agencies.
fn takes(item: &Item, action: Action, bound: Option<&BTreeSet<AgencyId>>) -> bool {
    rules::next(item.state, action).is_some() && (!rules::reviews(action) || rules::is_reviewed_by(item.agency, bound))
}

/// The actions that this reader has for a unit, with whether any criterion takes them now.
pub(super) fn offers(
    ctx: &Ctx,
    campaign: &Campaign,
    items: &[Item],
    bound: Option<&BTreeSet<AgencyId>>,
) -> Vec<Action> {
    if campaign.course != Course::Open {
        return Vec::new();
    }
    let may = |action: Action| ctx.may(rules::rights(action)[0], "reporting");
    let any = |action: Action| items.iter().any(|item| takes(item, action, bound));
    Action::ALL.iter().copied().filter(|action| may(*action) && any(*action)).collect()
}

/// The address to which an action is sent.
pub(super) fn address(ctx: &Ctx, campaign: i64, unit: UnitId, action: Action) -> String {
    let last = match rules::rights(action)[0] {
        "send" => "gui",
        "review" => "duyet",
        _ => "chot",
    };
    ctx.link(&format!("/bao-cao/{campaign}/xa/{unit}/{last}"))
}

/// `GET /bao-cao/{campaign}/xa/{unit}`. Cost: the unit's figures of two years, a row a criterion, what was done, its comments, the
/// doubts of its figures.
pub async fn page(ctx: Ctx, Path((id, unit)): Path<(i64, i64)>, Asking(asked): Asking<Asked>) -> Outcome {
    show(&ctx, id, unit, StatusCode::OK, &Again::default(), !asked.xong.is_empty()).await
}

/// The page, with what was sent and not done.
pub(super) async fn show(ctx: &Ctx, id: i64, unit: i64, status: StatusCode, again: &Again, xong: bool) -> Outcome {
    let law = law(ctx);
    let mut tx = ctx.read().await?;
    let (one, summed) = reporting(ctx, &mut tx, id, unit).await?;
    let Some(place) = units::store::get(&mut tx, UnitId(unit)).await? else { return Err(ctx.not_found()) };
    let mut items = kept::items(&mut tx, id, place.id).await?;
    let form = form::load(&mut tx, &law, &one, &place).await?;
    // As it will be once anything is saved or sent: figures come by other doors, too.
    entry::count(&form, &mut items, ctx.site.clock.now());
    let summed = entry::summed(&items, &summed, ctx.site.clock.now());
    let done = kept::actions(&mut tx, id, place.id, ACTIONS).await?;
    let said = comments::of(&mut tx, id, place.id).await?;
    let doubts = Doubts::of(&mut tx, &law, &one, place.id).await?;
    let today = say::today(ctx, &mut tx).await?;
    let officers: Vec<PersonId> = if ctx.may("assign", "reporting") {
        posts::at(&mut tx, &[Post::Unit(Role::CommuneOfficer, place.id)], today.day).await?.into_iter().collect()
    } else {
        Vec::new()
    };
    let people = items.iter().filter_map(|item| item.officer).chain(done.iter().filter_map(|one| one.person));
    let people = people.chain(said.iter().filter_map(|one| one.person)).chain(officers.iter().copied());
    let people = people.chain(shown::people(&doubts));
    let people = say::names(&mut tx, people).await?;
    let agencies = units::store::agencies(&mut tx).await?;
    let agency = |item: &Item| {
        let found = item.agency.and_then(|id| agencies.iter().find(|agency| agency.id == id.0));
        found.map(|agency| ctx.lang.pick(agency.name_vi.clone(), agency.name_en.clone()))
    };
    let bound = bound(ctx, &mut tx, place.id).await?;
    let offers = offers(ctx, &one, &items, bound.as_ref());
    let teller = Teller { ctx, law: &law, doubts: &doubts, people: &people, again };
    let mut sets: Vec<Value> = Vec::new();
    for set in &form.sets {
        let rows: Vec<Value> = set
            .sheets
            .iter()
            .filter_map(|sheet| {
                let item = items.iter().find(|item| item.criterion == sheet.criterion)?;
                let (word, class) = facts::pages::verdict(ctx.lang, set.verdict.criteria[sheet.at]);
                let open = said.iter().filter(|c| c.closed_at.is_none() && c.answers.is_none());
                let open = open.filter(|c| sheet.fields.iter().any(|field| field.measure == c.measure)).count();
                let doubted = doubts.of_sheet(sheet).count();
                let unanswered = doubts.of_sheet(sheet).filter(|doubt| doubt.is_open()).count();
                let field = format!("tc.{}|{}", sheet.criterion.set, sheet.criterion.no);
                let back = done.iter().find(|one| one.criterion == sheet.criterion && rules::needs_reason(one.action));
                let takes: Vec<&str> =
                    offers.iter().filter(|action| takes(item, **action, bound.as_ref())).map(|a| a.name()).collect();
                Some(context! {
                    no => sheet.criterion.no, name => ctx.lang.pick(sheet.name_vi.clone(), sheet.name_en.clone()),
                    href => ctx.link(&format!("/bao-cao/{id}/xa/{unit}/{}/{}", sheet.criterion.set, sheet.criterion.no)),
                    chosen => again.typed(&field).is_some(), field => field, doubts => doubted, unanswered => unanswered, state => say::state(ctx.lang, item.state),
                    asked => item.asked, filled => item.filled, verdict => word, class => class, comments => open,
                    officer => item.officer.and_then(|person| people.get(&person)), officer_id => item.officer.map(|p| p.0), agency => agency(item), takes => takes,
                    since => locale::date(item.since.day()),
                    reason => (item.state == State::Returned).then(|| back.map(|one| one.reason.clone())).flatten(),
                })
            })
            .collect();
        let (word, class) = facts::pages::verdict(ctx.lang, set.verdict.set);
        let book = &set.plan.book.rulebook;
        let title = ctx.lang.pick(book.title_vi.clone(), book.title_en.clone());
        sets.push(context! { title => title, rows => rows, verdict => word, class => class });
    }
    let buttons: Vec<Value> = offers
        .iter()
        .map(|action| {
            context! { name => action.name(), word => say::action(ctx.lang, *action), reason => rules::needs_reason(*action),
                       action => address(ctx, id, place.id, *action) }
        })
        .collect();
    let history: Vec<Value> = done
        .iter()
        .map(|line| {
            context! { at => locale::moment(line.at), action => say::action(ctx.lang, line.action), no => line.criterion.no,
                       by => say::who(ctx.lang, &people, line.person, &line.actor), reason => line.reason,
                       state => say::state(ctx.lang, line.state) }
        })
        .collect();
    let officers: Vec<Value> =
        officers.iter().filter_map(|id| people.get(id).map(|name| context! { id => id.0, name => name })).collect();
    let first = items.iter().find(|item| rules::is_open(item.state) && item.filled < item.asked);
    let ready = items.iter().filter(|item| rules::is_open(item.state) && item.filled == item.asked).count();
    // A doubted figure's place: the criterion that asks for it.
    let placed = |doubt: &facts::checks::Doubt| {
        let found = form.sheets().find_map(|(set, sheet)| {
            let field = sheet.fields.iter().find(|field| field.about.id == doubt.hit.measure)?;
            let no = field.node.map_or(&sheet.criterion.no, |node| &set.plan.book.nodes[node].indicator.no);
            Some((no.clone(), &sheet.criterion))
        });
        match found {
            Some((no, criterion)) => {
                let (set, of) = (&criterion.set, &criterion.no);
                let there = format!("{}/{set}/{of}#{}", crate::told::page(one.id, place.id), shown::anchor(doubt));
                (no, Some(ctx.link(&there)))
            }
            None => (String::new(), None),
        }
    };
    let stopped = teller.stopped(doubts.all.iter(), |doubt| placed(doubt).1.unwrap_or_else(|| "#nghi-van".to_owned()));
    let unanswered = doubts.open();
    let checks = (ctx.may("comment", "reporting") && one.course == Course::Open)
        .then(|| ctx.link(&format!("{}/nghi-van", crate::told::page(id, place.id))));
    let fresh = doubts.ran.as_ref().is_some_and(|ran| {
        let said = form.sheets().flat_map(|(_, sheet)| &sheet.fields).filter_map(|field| field.declared.as_ref());
        said.map(|said| said.at).max().is_none_or(|last| last <= ran.at)
    });
    ctx.page_with(
        status,
        "reporting_unit.html",
        context! {
            title => format!("{} · {}", place.name, one.name), campaign => say::campaign(ctx, &law, &one, &today), unit => place.name,
            groups => teller.groups(&items, summed.state, placed), stopped => stopped, ran => teller.ran(), fresh => fresh, doubts => doubts.all.len(),
            unanswered => unanswered, checks => checks, reason => again.typed("reason").unwrap_or_default(),
            unit_href => ctx.link(&format!("/xa/{unit}?nam={}", one.year())), state => say::state(ctx.lang, summed.state),
            asked => summed.asked, filled => summed.filled, returned => summed.returned, comments => summed.comments,
            left => say::left(ctx.lang, summed.due, &today), due => locale::date(summed.due), late => summed.due < today.day && rules::is_open(summed.state),
            sets => sets, buttons => buttons, history => history, officers => officers, done => xong, ready => ready,
            assign => ctx.may("assign", "reporting").then(|| ctx.link(&format!("/bao-cao/{id}/xa/{unit}/phan-cong"))),
            next => first.map(|item| context! { no => item.criterion.no, href => ctx.link(&format!("/bao-cao/{id}/xa/{unit}/{}/{}", item.criterion.set, item.criterion.no)) }),
            grid => ctx.link(&format!("/bao-cao/{id}/xa/{unit}/bang")),
            enters => ctx.may("enter", "reporting") && one.takes_entries(today.day), key => uuid::Uuid::new_v4().to_string(),
        },
    )
}

/// `POST /bao-cao/{campaign}/xa/{unit}/phan-cong`: who of the unit answers for which criterion. Cost: a row a criterion changed.
pub async fn assign(ctx: Ctx, Path((id, unit)): Path<(i64, i64)>, Form(fields): Form<Fields>) -> Outcome {
    let mut tx = ctx.write().await?;
    let one = campaign(&ctx, &mut tx, id).await?;
    let today = ctx.site.clock.today();
    let there: BTreeSet<PersonId> =
        posts::at(&mut tx, &[Post::Unit(Role::CommuneOfficer, UnitId(unit))], today).await?;
    let named = after(&fields, "nguoi.").filter_map(|(criterion, person)| {
        let (set, no) = criterion.split_once('|')?;
        let person = person.parse().ok().map(PersonId).filter(|person| there.contains(person));
        Some((Criterion { set: set.to_owned(), no: no.to_owned() }, person))
    });
    let officers: BTreeMap<_, _> = named.collect();
    campaigns::charge(&mut tx, &one, UnitId(unit), &officers).await?;
    tx.commit().await?;
    Ok(Redirect::to(&ctx.link(&format!("/bao-cao/{id}/xa/{unit}?xong=1"))).into_response())
}
