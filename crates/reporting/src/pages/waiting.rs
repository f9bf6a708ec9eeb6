//! What waits for a reviewer, many at once; and what was changed after it was accepted.

use super::{MOST, PER, campaign, law, say};
use crate::{
    actions,
    model::{Campaign, Criterion, State},
    store::{self as kept, Changed, Waiting},
};
use ::store::Query;
use documents::{list_out::Kind, sheet_out::Content};
use facts::{
    Law,
    checks::{self, Tally},
};
use kernel::{Actor, AgencyId, CriterionRef, Places, Role, UnitId};
use minijinja::{Value, context};
use rulebook::Value as Given;
use std::collections::{BTreeSet, HashMap};
use units::listed::take_away;
use web::{Asked, Asking, Ctx, Outcome, Path};

/// The criteria and agencies by which whoever looks reviews; `None`: bound to none.
async fn mine(ctx: &Ctx, tx: &mut impl Query) -> ::store::Result<(Option<Vec<Criterion>>, Option<Vec<AgencyId>>)> {
    // Whoever reviews by another role, too, sees what waits for both: each unit's page says by which they act there.
    let Ok([actor]) = <[Actor; 1]>::try_from(ctx.reader.actors("review", "reporting")) else { return Ok((None, None)) };
    let (Role::Appraiser, Some(person)) = (actor.role, actor.person) else { return Ok((None, None)) };
    let agencies = actions::own_agencies_of(tx, person, ctx.site.clock.today()).await?.into_iter().collect();
    let criteria = match actor.scope.writes {
        Places::Some(charges) if charges.iter().all(|charge| charge.criteria.is_some()) => {
            let named = charges.into_iter().filter_map(|charge| charge.criteria).flatten();
            Some(named.map(|one| Criterion { set: one.set, no: one.no }).collect())
        }
        _ => None,
    };
    Ok((criteria, Some(agencies)))
}

/// The states that can be looked at, the first where none is named.
const STATES: [State; 4] = [State::Sent, State::Accepted, State::Returned, State::Confirmed];

fn wanted(asked: &Asked) -> State {
    STATES.into_iter().find(|state| state.name() == asked.tt).unwrap_or(State::Sent)
}

async fn find(
    ctx: &Ctx,
    tx: &mut impl Query,
    id: i64,
    asked: &Asked,
    page: i64,
    per: i64,
) -> ::store::Result<(Vec<Waiting>, i64)> {
    let (criteria, agencies) = mine(ctx, tx).await?;
    let listing = asked.listing_of(wanted(asked).name(), page, per);
    kept::waiting(tx, id, &listing, criteria.as_deref(), agencies.as_deref()).await
}

/// `GET /bao-cao/{campaign}/cho-duyet`. Cost: the criteria of the campaign in that state, twice; the differing figures of the
/// units on the page, and their doubts.
pub async fn page(ctx: Ctx, Path(id): Path<i64>, Asking(asked): Asking<Asked>) -> Outcome {
    let law = law(&ctx);
    let mut tx = ctx.read().await?;
    let one = campaign(&ctx, &mut tx, id).await?;
    let (found, count) = find(&ctx, &mut tx, id, &asked, asked.page(), PER).await?;
    let differs = kept::differences(&mut tx, &law, &one, &found).await?;
    let doubted = tallies(&mut tx, &law, &one, &found).await?;
    let today = say::today(&ctx, &mut tx).await?;
    let row = |waits: &Waiting| {
        let item = &waits.item;
        let doubted = doubted.get(&(waits.unit, item.criterion.clone())).copied().unwrap_or_default();
        let named = &item.criterion;
        let differing = differs.get(&(waits.unit, named.clone())).map_or(&[][..], Vec::as_slice);
        let differing: Vec<Value> = differing.iter().map(|change| told(&ctx, &law, change)).collect();
        context! {
            unit => waits.unit_name, href => ctx.link(&format!("/bao-cao/{id}/xa/{}/{}/{}", waits.unit, named.set, named.no)),
            no => named.no, set => say::set(ctx.lang, &law, &named.set), name => say::criterion(ctx.lang, &law, named),
            key => format!("{}|{}|{}", waits.unit, named.set, named.no), state => say::state(ctx.lang, item.state),
            since => locale::date(item.since.day()), days => today.day.epoch_days() - item.since.day().epoch_days(),
            filled => item.filled, asked => item.asked, differs => differing,
            doubts => doubted.standing, unanswered => doubted.open,
        }
    };
    let states: Vec<Value> = STATES.into_iter().map(|state| say::state(ctx.lang, state)).collect();
    ctx.page_with(
        axum::http::StatusCode::OK,
        "reporting_waiting.html",
        context! {
            title => locale::word(ctx.lang, "reporting-waiting-title"), campaign => say::campaign(&ctx, &law, &one, &today),
            rows => found.iter().map(row).collect::<Vec<_>>(), count => count, states => states, tt => wanted(&asked).name(), q => asked.q,
            sap => asked.sap, kept => asked.kept(), pages => asked.pages(PER, count), done => !asked.xong.is_empty(),
            reviews => wanted(&asked) == State::Sent && ctx.may("review", "reporting"),
            action => ctx.link(&format!("/bao-cao/{id}/duyet")), key => uuid::Uuid::new_v4().to_string(),
        },
    )
}

/// How many doubts stand of the figures of these criteria, and how many of them nobody answered, as the last checks found. Cost:
/// the hits of those units, one query a thousand units.
async fn tallies(
    tx: &mut impl Query,
    law: &Law,
    campaign: &Campaign,
    waiting: &[Waiting],
) -> ::store::Result<HashMap<(UnitId, Criterion), Tally>> {
    let units: BTreeSet<UnitId> = waiting.iter().map(|one| one.unit).collect();
    let units: Vec<UnitId> = units.into_iter().collect();
    let all = checks::tallies(tx, &units, campaign.year()).await?;
    let mut found: HashMap<(UnitId, Criterion), Tally> = HashMap::new();
    let mut measures: HashMap<&Criterion, BTreeSet<i64>> = HashMap::new();
    for one in waiting {
        let criterion = &one.item.criterion;
        let named = CriterionRef { set: criterion.set.clone(), no: criterion.no.clone() };
        let measures = measures.entry(criterion).or_insert_with(|| law.measures_of(&[&named]));
        let sum = found.entry((one.unit, criterion.clone())).or_default();
        for tally in measures.iter().filter_map(|&measure| all.get(&(one.unit, measure))) {
            sum.standing += tally.standing;
            sum.open += tally.open;
        }
    }
    Ok(found)
}

/// A value with what it was before, for whoever reviews.
fn told(ctx: &Ctx, law: &Law, change: &(i64, Option<Given>, Given)) -> Value {
    let measure = law.library().measure(law.measure_code(change.0));
    let word = measure.and_then(|measure| measure.unit.as_deref());
    let said = |value: &Given| facts::pages::exactly(ctx.lang, value, word);
    context! {
        name => measure.map(|measure| ctx.lang.pick(measure.name_vi.clone(), measure.name_en.clone())),
        before => change.1.as_ref().map(said), after => said(&change.2),
    }
}

const WAITING: [&str; 9] = [
    "reporting-unit",
    "reporting-set",
    "reporting-criterion",
    "reporting-state",
    "reporting-since",
    "reporting-filled",
    "reporting-asked",
    "reporting-doubts",
    "reporting-doubts-unanswered",
];

/// `GET /bao-cao/{campaign}/cho-duyet.csv`. Cost: the criteria found, the doubts of their units.
pub async fn csv(ctx: Ctx, Path(id): Path<i64>, Asking(asked): Asking<Asked>) -> Outcome {
    file(&ctx, id, &asked, Kind::Csv).await
}

/// `GET /bao-cao/{campaign}/cho-duyet.xlsx`: the same as a workbook.
pub async fn xlsx(ctx: Ctx, Path(id): Path<i64>, Asking(asked): Asking<Asked>) -> Outcome {
    file(&ctx, id, &asked, Kind::Xlsx).await
}

async fn file(ctx: &Ctx, id: i64, asked: &Asked, kind: Kind) -> Outcome {
    let law = law(ctx);
    let mut tx = ctx.read().await?;
    let one = campaign(ctx, &mut tx, id).await?;
    let (found, _) = find(ctx, &mut tx, id, asked, 0, MOST).await?;
    let doubted = tallies(&mut tx, &law, &one, &found).await?;
    let row = |waits: &Waiting| {
        let item = &waits.item;
        let doubted = doubted.get(&(waits.unit, item.criterion.clone())).copied().unwrap_or_default();
        let name = say::criterion(ctx.lang, &law, &item.criterion);
        let texts = [
            waits.unit_name.clone(),
            say::set(ctx.lang, &law, &item.criterion.set),
            format!("{} {name}", item.criterion.no),
            locale::word(ctx.lang, item.state.key()),
            locale::date(item.since.day()),
            item.filled.to_string(),
            item.asked.to_string(),
            doubted.standing.to_string(),
            doubted.open.to_string(),
        ];
        texts.map(Content::Text).to_vec()
    };
    take_away(ctx, "cho-duyet", "reporting-waiting-title", &WAITING, found.iter().map(row).collect(), kind)
}

/// `GET /bao-cao/{campaign}/sua-sau-duyet`. Cost: a row a value that was accepted.
pub async fn changed(ctx: Ctx, Path(id): Path<i64>, Asking(asked): Asking<Asked>) -> Outcome {
    let law = law(&ctx);
    let mut tx = ctx.read().await?;
    let one = campaign(&ctx, &mut tx, id).await?;
    let (found, count) = kept::changed(&mut tx, &one, &asked.listing_of("", asked.page(), PER), None).await?;
    let people = say::names(&mut tx, found.iter().filter_map(|change| change.person)).await?;
    let rows: Vec<Value> = found
        .iter()
        .map(|change| {
            let code = law.measure_code(change.measure);
            let said = said(&ctx, &law, change, &people);
            context! {
                unit => change.unit_name, name => said[1], origin => said[2], before => said[3], after => said[4],
                difference => said[5], by => said[6], at => said[7], source => change.source,
                href => ctx.link(&format!("/so-lieu/{}/{code}/{}", change.unit, one.year())),
            }
        })
        .collect();
    ctx.page(
        "reporting_changed.html",
        context! {
            title => locale::word(ctx.lang, "reporting-changed-title"), campaign => say::campaign(&ctx, &law, &one, &say::today(&ctx, &mut tx).await?), rows => rows,
            count => count, q => asked.q, sap => asked.sap, kept => asked.kept(), pages => asked.pages(PER, count),
        },
    )
}

/// A change as texts, in the order of [`CHANGED`].
fn said(ctx: &Ctx, law: &Law, change: &Changed, people: &HashMap<kernel::PersonId, String>) -> [String; 9] {
    let measure = law.library().measure(law.measure_code(change.measure));
    let word = measure.and_then(|measure| measure.unit.as_deref());
    let value = |value: &Given| facts::pages::exactly(ctx.lang, value, word);
    let difference = match (change.before.shown(), change.after.shown()) {
        (Some(before), Some(after)) => locale::exact(ctx.lang, &(&after - &before)),
        _ => String::new(),
    };
    let origin = facts::model::origin_from(change.origin).map(|origin| origin.name()).unwrap_or("");
    [
        change.unit_name.clone(),
        measure.map_or_else(String::new, |measure| ctx.lang.pick(&measure.name_vi, &measure.name_en).clone()),
        locale::say_key(ctx.lang, &format!("origin-{origin}"), &[]),
        value(&change.before),
        value(&change.after),
        difference,
        say::who(ctx.lang, people, change.person, &change.actor),
        locale::moment(change.at),
        change.source.clone(),
    ]
}

const CHANGED: [&str; 9] = [
    "reporting-unit",
    "measure-name",
    "figure-origin",
    "reporting-before",
    "reporting-after",
    "figure-difference",
    "reporting-by",
    "reporting-at",
    "figure-source",
];

/// `GET /bao-cao/{campaign}/sua-sau-duyet.csv`. Cost: as the page.
pub async fn changed_csv(ctx: Ctx, Path(id): Path<i64>, Asking(asked): Asking<Asked>) -> Outcome {
    changed_file(&ctx, id, &asked, Kind::Csv).await
}

/// `GET /bao-cao/{campaign}/sua-sau-duyet.xlsx`: the same as a workbook.
pub async fn changed_xlsx(ctx: Ctx, Path(id): Path<i64>, Asking(asked): Asking<Asked>) -> Outcome {
    changed_file(&ctx, id, &asked, Kind::Xlsx).await
}

async fn changed_file(ctx: &Ctx, id: i64, asked: &Asked, kind: Kind) -> Outcome {
    let law = law(ctx);
    let mut tx = ctx.read().await?;
    let one = campaign(ctx, &mut tx, id).await?;
    let (found, _) = kept::changed(&mut tx, &one, &asked.listing_of("", 0, MOST), None).await?;
    let people = say::names(&mut tx, found.iter().filter_map(|change| change.person)).await?;
    let rows = found.iter().map(|change| said(ctx, &law, change, &people).map(Content::Text).to_vec()).collect();
    take_away(ctx, "sua-sau-duyet", "reporting-changed-title", &CHANGED, rows, kind)
}
