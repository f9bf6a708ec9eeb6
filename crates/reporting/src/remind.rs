//! Reminders: by rule, never twice for one matter. A job of every morning.

use crate::{
    model::{Action, Campaign, Course, State},
    rules, store as kept,
    told::page,
};
use ::store::{Listing, Query, Reached, Result, Store, WriteTx, jobs::Registry};
use identity::{model::Held, posts, store as people};
use kernel::{
    Actor, AgencyId, Charge, Clock, CriterionRef, Day, Grant, Office, PersonId, Phrase, Places, Role, UnitId,
};
use rulebook::values::year_end;
use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::Arc,
};
use web::{
    Who,
    notices::{self, Kind, Notice, To, tell},
    permissions,
};

/// The job.
pub const JOB: &str = "reporting.remind";

/// How many days before the last one a unit that has not sent, and whoever has not reviewed, is reminded; 0 on the day itself.
const BEFORE: [i64; 3] = [7, 3, 0];

pub(crate) fn register(registry: &mut Registry) {
    registry.add(JOB, |work| async move { run(&work.store, &work.clock).await.map_err(|error| error.to_string()) });
}

/// Reminds whoever has to be, and comes again in the morning as long as a campaign is open.
pub async fn run(store: &Store, clock: &Arc<dyn Clock>) -> Result<()> {
    let mut tx = store.write(&Actor::SYSTEM, &**clock).await?;
    if remind(&mut tx).await? {
        let next = notices::next_morning(tx.now());
        tx.enqueue_once_at(JOB, next).await?;
    }
    tx.commit().await
}

/// What is said from the first day on.
const OPEN: &str = "open";
/// What is said after the last day.
const LATE: &str = "late";

/// The rule by which somebody is reminded on a day: [`OPEN`], [`LATE`], else the days that are left; `None` before the campaign.
fn rule(campaign: &Campaign, due: Day, today: Day) -> Option<String> {
    if today < campaign.opens {
        return None;
    }
    let left = due.epoch_days() - today.epoch_days();
    if left < 0 {
        return Some(LATE.to_owned());
    }
    // A morning on which nobody ran the job is made up for by the next.
    let reached = BEFORE.into_iter().filter(|before| left <= *before).min();
    Some(reached.map_or_else(|| OPEN.to_owned(), |before| format!("due-{before}")))
}

/// Tells those who have to send and those who have to review, by the rule of the day; whether any campaign is open. Cost: the
/// units of open campaigns that have not sent, the people of those units; near the last day of review the criteria that wait, and
/// those who review; a notice each that was not told before.
pub async fn remind(tx: &mut WriteTx) -> Result<bool> {
    // A calendar that came with a new program moves deadlines, too.
    crate::campaigns::recount(tx).await?;
    let listing = Listing { state: Course::Open.name().to_owned(), per: 100, ..Listing::default() };
    let (open, _) = kept::list(tx, &listing).await?;
    let today = tx.now().day();
    // They are the same whatever the campaign.
    let reviewers =
        if open.iter().any(|one| of_review(one, today).is_some()) { reviewers(tx, today).await? } else { Vec::new() };
    // A campaign after the other: a few are open at once.
    for campaign in &open {
        let known = told_before(tx, campaign.id).await?;
        of_units(tx, campaign, &known, today).await?;
        of_reviewers(tx, campaign, &reviewers, &known, today).await?;
    }
    Ok(!open.is_empty())
}

/// The most units, or criteria, of a campaign that are looked at.
const MOST: i64 = 20_000;

async fn of_units(tx: &mut WriteTx, campaign: &Campaign, known: &HashSet<String>, today: Day) -> Result<()> {
    let mut waiting = BTreeMap::new();
    let all = Listing { per: MOST, ..Listing::default() };
    let (units, _) = kept::board(tx, campaign.id, &all, kept::Chosen::default()).await?;
    for unit in units.into_iter().filter(|unit| matches!(unit.state, State::Empty | State::Draft | State::Returned)) {
        if let Some(rule) = rule(campaign, unit.due, today) {
            waiting.insert(unit.unit, (unit, rule));
        }
    }
    let units: Vec<UnitId> = waiting.keys().copied().collect();
    let people = posts::in_units(tx, &[Role::CommuneOfficer, Role::CommuneLeader], &units, today).await?;
    for (person, unit) in people {
        let Some((summed, rule)) = waiting.get(&unit) else { continue };
        let key = format!("reporting/{}/{unit}/{rule}/{person}", campaign.id);
        if known.contains(&key) {
            continue;
        }
        let said = if rule == LATE { "notice-reporting-late" } else { "notice-reporting-due" };
        let phrase = Phrase::new(said)
            .with("unit", summed.name.as_str())
            .with("campaign", campaign.name.as_str())
            .with("due", summed.due)
            .with("count", summed.asked - summed.filled);
        let link = page(campaign.id, unit);
        tell(tx, &Notice { to: To::Person(person), kind: Kind::Reporting, key, phrase, link, unit: Some(unit) })
            .await?;
    }
    Ok(())
}

/// The rule by which reviewers are reminded on a day: none while there is time, since what is sent is told them when it is sent.
fn of_review(campaign: &Campaign, today: Day) -> Option<String> {
    rule(campaign, campaign.review_due, today).filter(|rule| rule != OPEN)
}

/// Tells everybody who reviews how many criteria of how many units wait for them. Cost: the criteria of the campaign that wait,
/// their units' ancestors; a notice each that was not told before.
async fn of_reviewers(
    tx: &mut WriteTx,
    campaign: &Campaign,
    reviewers: &[Reviewer],
    known: &HashSet<String>,
    today: Day,
) -> Result<()> {
    let Some(rule) = of_review(campaign, today) else { return Ok(()) };
    let said = if rule == LATE { "notice-reporting-review-late" } else { "notice-reporting-review-due" };
    for (person, (criteria, units)) in loads(tx, campaign, reviewers).await? {
        let key = format!("reporting/{}/review/{rule}/{person}", campaign.id);
        if known.contains(&key) {
            continue;
        }
        let phrase = Phrase::new(said)
            .with("campaign", campaign.name.as_str())
            .with("due", campaign.review_due)
            .with("criteria", criteria)
            .with("units", units.len());
        let link = format!("/bao-cao/{}/cho-duyet", campaign.id);
        tell(tx, &Notice { to: To::Person(person), kind: Kind::Reporting, key, phrase, link, unit: None }).await?;
    }
    Ok(())
}

/// Somebody who reviews today, and how far.
struct Reviewer {
    person: PersonId,
    places: Places,
    /// The agencies in which they appraise; `None`: they are bound to none.
    agencies: Option<BTreeSet<AgencyId>>,
}

/// Everybody who may review. Cost: those people and their roles, one query three hundred of them; the agencies.
async fn reviewers(tx: &mut impl Query, today: Day) -> Result<Vec<Reviewer>> {
    let mut found = BTreeSet::new();
    // Two roles.
    for role in Role::ALL.iter().filter(|role| role.is_held() && rules::does(**role, Action::Accept)) {
        found.extend(people::holders(tx, *role, today).await?);
    }
    let found: Vec<PersonId> = found.into_iter().collect();
    let mut held: HashMap<PersonId, Vec<Held>> = HashMap::new();
    for some in found.chunks(300) {
        held.extend(people::held_by(tx, some).await?);
    }
    let offices = units::store::agencies(tx).await?.into_iter().map(|agency| {
        let id = AgencyId(agency.id);
        (id, Office { id, units: agency.units, last: agency.valid_to })
    });
    let offices: HashMap<AgencyId, Office> = offices.collect();
    let reviewer = |(person, mut held): (PersonId, Vec<Held>)| {
        held.retain(|held| held.stands(today));
        let appraises = held.iter().filter(|held| held.role == Role::Appraiser);
        let agencies: BTreeSet<AgencyId> = appraises.filter_map(|held| held.agency).collect();
        let grants = held.into_iter().map(|held| Grant {
            id: held.id,
            role: held.role,
            unit: held.unit,
            agency: held.agency.and_then(|agency| offices.get(&agency).cloned()),
            criteria: held.criteria,
            past: false,
        });
        let grants = grants.collect();
        let who = Who { person, name: String::new(), grants, session: String::new(), only: None, first: None };
        let actors = permissions::actors("review", "reporting", &who);
        let by = actors.into_iter().map(|actor| {
            let agencies = (actor.role == Role::Appraiser).then(|| agencies.clone());
            Reviewer { person, places: actor.scope.writes, agencies }
        });
        by.collect::<Vec<_>>()
    };
    Ok(held.into_iter().flat_map(reviewer).collect())
}

/// For whom how many criteria wait, and of which units; nobody for whom nothing does. Cost: the criteria of the campaign that wait,
/// with whoever reviews each; a row a unit and ancestor of it.
async fn loads(
    tx: &mut impl Query,
    campaign: &Campaign,
    reviewers: &[Reviewer],
) -> Result<BTreeMap<PersonId, (i64, BTreeSet<UnitId>)>> {
    let listing = Listing { state: State::Sent.name().to_owned(), per: MOST, ..Listing::default() };
    let (waiting, _) = kept::waiting(tx, campaign.id, &listing, None, None).await?;
    let day = year_end(campaign.year());
    let things: BTreeSet<(UnitId, Day)> = waiting.iter().map(|one| (one.unit, day)).collect();
    let things: Vec<(UnitId, Day)> = things.into_iter().collect();
    // Whoever reaches everything, and the others by what they reach: the tree is asked once for all of them.
    let mut everywhere = Vec::new();
    let mut by: HashMap<&Charge, Vec<&Reviewer>> = HashMap::new();
    for reviewer in reviewers {
        match &reviewer.places {
            Places::None => {}
            Places::All => everywhere.push(reviewer),
            Places::Some(charges) => charges.iter().for_each(|charge| by.entry(charge).or_default().push(reviewer)),
        }
    }
    let places = by.keys().fold(Places::None, |all, charge| all.and(Places::Some(vec![(*charge).clone()])));
    let Reached::Some(reached) = ::store::reached(tx, &places, &things).await? else { return Ok(BTreeMap::new()) };
    let mut loads: BTreeMap<PersonId, (i64, BTreeSet<UnitId>)> = BTreeMap::new();
    for one in &waiting {
        let named = CriterionRef { set: one.item.criterion.set.clone(), no: one.item.criterion.no.clone() };
        let charges = reached.get(&(one.unit, day)).into_iter().flatten();
        let charges = charges.filter(|charge| charge.criteria.as_ref().is_none_or(|list| list.contains(&named)));
        let within = charges.filter_map(|charge| by.get(charge)).flatten().chain(&everywhere);
        let theirs = within.filter(|reviewer| rules::is_reviewed_by(one.item.agency, reviewer.agencies.as_ref()));
        // By two roles it is still one criterion.
        let people: BTreeSet<PersonId> = theirs.map(|reviewer| reviewer.person).collect();
        for person in people {
            let load = loads.entry(person).or_default();
            load.0 += 1;
            load.1.insert(one.unit);
        }
    }
    Ok(loads)
}

/// The keys of what was told of a campaign. Cost: those rows.
async fn told_before(tx: &mut impl Query, campaign: i64) -> Result<HashSet<String>> {
    let (from, to) = (format!("reporting/{campaign}/"), format!("reporting/{campaign}0"));
    let sql = "SELECT key FROM web_matter WHERE key >= $1 AND key < $2";
    tx.rows(sql, ::store::args![from, to]).await?.iter().map(|row| row.text(0)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_has_one_rule() {
        let day = |text: &str| text.parse::<Day>().expect("a day");
        let campaign = Campaign {
            id: 1,
            name: String::new(),
            period: kernel::Period::Year(2026),
            province: kernel::UnitId(1),
            sets: Vec::new(),
            as_of: day("2026-12-31"),
            opens: day("2026-11-01"),
            due: day("2026-11-30"),
            review_due: day("2026-12-15"),
            terms: crate::model::Terms::default(),
            comments_stop: false,
            doubts_stop: false,
            course: Course::Open,
            version: 1,
            at: kernel::Moment(0),
            closed_with: None,
        };
        for (today, wanted) in [
            ("2026-10-31", None),
            ("2026-11-01", Some("open")),
            ("2026-11-22", Some("open")),
            ("2026-11-23", Some("due-7")),
            ("2026-11-26", Some("due-7")),
            ("2026-11-28", Some("due-3")),
            ("2026-11-30", Some("due-0")),
            ("2026-12-01", Some("late")),
        ] {
            assert_eq!(rule(&campaign, campaign.due, day(today)).as_deref(), wanted, "{today}");
        }
        for (today, wanted) in [
            ("2026-11-30", None),
            ("2026-12-07", None),
            ("2026-12-08", Some("due-7")),
            ("2026-12-15", Some("due-0")),
            ("2026-12-16", Some("late")),
        ] {
            assert_eq!(of_review(&campaign, day(today)).as_deref(), wanted, "{today}");
        }
    }
}
