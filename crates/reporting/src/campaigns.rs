//! Campaigns: prepared, opened, closed; who reviews what.

use crate::{
    entry::hold,
    form,
    model::{After, Campaign, Course, Criterion, Moved},
    rules, store as kept,
};
use ::store::{AuditLine, Query, Result, StoreError, WriteTx};
use facts::{Edition, Law, law::day_of_judging, published, template};
use kernel::{AgencyId, Day, Period, Phrase, Problem, UnitId};
use std::collections::{BTreeMap, HashMap};
use units::Unit;

/// The longest name.
pub const LONGEST_NAME: usize = 200;

/// What is wrong with a campaign, each with its field.
pub fn wrong(law: &Law, one: &Campaign) -> Vec<(&'static str, Phrase)> {
    let mut found = Vec::new();
    let mut say = |field, key: &'static str| found.push((field, Phrase::new(key)));
    if one.name.trim().is_empty() || one.name.chars().count() > LONGEST_NAME {
        say("name", "reporting-bad-name");
    }
    let kind = matches!(one.period, Period::Year(_) | Period::Half(..) | Period::Quarter(..));
    if !kind || !facts::figure::YEARS.contains(&one.year()) {
        say("period", "reporting-bad-period");
    }
    if one.sets.is_empty() {
        say("sets", "reporting-no-sets");
    }
    let level = |set: &String| law.library().set(set).map(|set| set.applies.level);
    let levels: Vec<_> = one.sets.iter().map(level).collect();
    if levels.iter().any(Option::is_none) || levels.windows(2).any(|two| two[0] != two[1]) {
        say("sets", "reporting-bad-sets");
    }
    if one.due < one.opens {
        say("due", "reporting-due-before-open");
    }
    if one.review_due < one.due {
        say("review_due", "reporting-review-before-due");
    }
    if !one.terms.due.is_none_or(|term| rules::runs(&term))
        || one.terms.due.is_some_and(|term| term.after == After::Due)
    {
        say("due_days", "reporting-bad-term");
    }
    if !one.terms.review.is_none_or(|term| rules::runs(&term)) {
        say("review_days", "reporting-bad-term");
    }
    if one.as_of.year() != one.year() {
        say("as_of", "reporting-bad-as-of");
    }
    found
}

/// What is said of a province that is none on the campaign's day: after a merger it is another one.
pub const NO_PROVINCE: &str = "reporting-no-province";

/// Keeps a new campaign, its reviewers taken over from the last one of its kind; its number. Cost: those rows, the provinces of its day.
pub async fn add(tx: &mut WriteTx, law: &Law, new: &Campaign) -> Result<i64> {
    if let Some((field, phrase)) = wrong(law, new).into_iter().next() {
        return Err(StoreError::Refused(Box::new(Problem::input(phrase).at_field(field))));
    }
    if !units::store::provinces(tx, new.as_of).await?.iter().any(|province| province.id == new.province) {
        let problem = Problem::input(Phrase::new(NO_PROVINCE).with("day", new.as_of)).at_field("province");
        return Err(StoreError::Refused(Box::new(problem)));
    }
    let id = kept::add(tx, new).await?;
    if let Some(last) = kept::before(tx, &Campaign { id, ..new.clone() }).await? {
        let mut reviewers = kept::reviewers(tx, last.id).await?;
        reviewers.retain(|criterion, _| new.sets.contains(&criterion.set));
        kept::keep_reviewers(tx, id, &reviewers).await?;
    }
    note(tx, id, "reporting.campaign", serde_json::json!({"name": new.name, "period": new.period, "sets": new.sets}))
        .await?;
    Ok(id)
}

pub(crate) async fn note(tx: &mut WriteTx, id: i64, action: &'static str, details: serde_json::Value) -> Result<()> {
    tx.audit(AuditLine { action, kind: "campaign", subject: id.to_string(), unit: None, details }).await
}

fn changed_meanwhile<T>() -> Result<T> {
    Err(StoreError::Refused(Box::new(Problem::conflict(Phrase::new("reporting-campaign-changed"), 409))))
}

/// Changes name, days and rules of a campaign, where it still is what was seen. Cost: a row; with another last day, its units.
pub async fn change(tx: &mut WriteTx, law: &Law, to: &Campaign) -> Result<()> {
    if let Some((field, phrase)) = wrong(law, to).into_iter().next() {
        return Err(StoreError::Refused(Box::new(Problem::input(phrase).at_field(field))));
    }
    if !kept::change(tx, to).await? {
        return changed_meanwhile();
    }
    units_due(tx, to).await?;
    let details = serde_json::json!({"name": to.name, "opens": to.opens, "due": to.due, "review_due": to.review_due,
        "terms": to.terms, "comments_stop": to.comments_stop, "doubts_stop": to.doubts_stop});
    note(tx, to.id, "reporting.campaign", details).await
}

/// How this room follows a change of the calendar.
pub fn effect() -> units::Effect {
    units::Effect::new("reporting", |tx, change| {
        Box::pin(async move { if *change == units::Changed::Calendar { recount(tx).await } else { Ok(Vec::new()) } })
    })
}

/// Counts deadlines in working days anew: those that are not over move with the calendar, and the campaign keeps what stood
/// there before. What moved, in words. Cost: the calendar, the campaigns that have such deadlines, of each that moves a row a unit.
pub async fn recount(tx: &mut WriteTx) -> Result<Vec<Phrase>> {
    let all = kept::with_terms(tx).await?;
    if all.is_empty() {
        return Ok(Vec::new());
    }
    let (work, today) = (units::calendar::of(tx).await?, tx.now().day());
    let mut said = Vec::new();
    // A campaign after the other: a few are open at once.
    for before in all {
        let mut after = rules::by_calendar(&before, &work, Some(today));
        if (after.due, after.review_due) == (before.due, before.review_due) {
            continue;
        }
        after.terms.moved = Some(Moved { on: today, due: before.due, review_due: before.review_due });
        if !kept::change(tx, &after).await? {
            return changed_meanwhile();
        }
        units_due(tx, &after).await?;
        let days = |one: &Campaign| serde_json::json!({"due": one.due, "review_due": one.review_due});
        note(tx, after.id, "reporting.moved", serde_json::json!({"before": days(&before), "after": days(&after)}))
            .await?;
        let phrase = Phrase::new("reporting-moved").with("campaign", after.name.as_str());
        said.push(phrase.with("due", after.due).with("review", after.review_due));
    }
    Ok(said)
}

/// The last day of a campaign's units follows the campaign's. Cost: its units.
async fn units_due(tx: &mut WriteTx, to: &Campaign) -> Result<()> {
    let sql = "UPDATE reporting_unit SET due = $1 WHERE campaign = $2 AND due <> $1";
    tx.execute(sql, ::store::args![to.due, to.id]).await?;
    Ok(())
}

/// Says which agency reviews which criterion; those that are not named are anybody's who may. Cost: as
/// [`kept::keep_reviewers`].
pub async fn assign(tx: &mut WriteTx, campaign: &Campaign, reviewers: &BTreeMap<Criterion, AgencyId>) -> Result<()> {
    kept::keep_reviewers(tx, campaign.id, reviewers).await?;
    let said: Vec<String> = reviewers.iter().map(|(c, agency)| format!("{} {}: {agency}", c.set, c.no)).collect();
    note(tx, campaign.id, "reporting.reviewers", serde_json::json!({"reviewers": said})).await
}

/// Says who of the unit answers for a criterion; `None`: all who may. Cost: a row.
pub async fn charge(
    tx: &mut WriteTx,
    campaign: &Campaign,
    unit: UnitId,
    officers: &BTreeMap<Criterion, Option<kernel::PersonId>>,
) -> Result<()> {
    let Some((_, _, mut items)) = hold(tx, campaign.id, unit).await? else { return Ok(()) };
    items.retain(|item| officers.get(&item.criterion).is_some_and(|officer| *officer != item.officer));
    for item in &mut items {
        item.officer = officers.get(&item.criterion).copied().flatten();
    }
    if items.is_empty() {
        return Ok(());
    }
    kept::keep_officers(tx, campaign, unit, &items).await?;
    let said: Vec<String> = items
        .iter()
        .map(|item| {
            let who = item.officer.map_or_else(|| "-".to_owned(), |person| person.to_string());
            format!("{} {}: {who}", item.criterion.set, item.criterion.no)
        })
        .collect();
    let (subject, details) = (campaign.id.to_string(), serde_json::json!({"campaign": campaign.id, "officers": said}));
    let line = AuditLine { action: "reporting.officers", kind: "campaign", subject, unit: Some(unit), details };
    tx.audit(line).await
}

/// The units that a campaign asks. Cost: the province's units.
pub async fn asked(tx: &mut impl Query, law: &Law, one: &Campaign) -> Result<Vec<Unit>> {
    let Some(set) = one.sets.first() else { return Ok(Vec::new()) };
    template::of_province(tx, law, set, one.province, one.as_of).await
}

/// Turns a campaign: opens it (every unit gets its criteria), closes it, opens it again; never opens one of a year that is closed. How
/// many units it has. Cost of opening:
/// the province's units with their figures of the year and what the law reads of them, a row a unit and criterion; officers are taken over from the last one.
pub async fn turn(tx: &mut WriteTx, law: &Law, one: &Campaign, to: Course) -> Result<usize> {
    if !rules::turns(one.course, to) {
        return changed_meanwhile();
    }
    if to == Course::Open && crate::returns::holds(tx, one.province, one.year()).await? {
        let phrase = Phrase::new("reporting-year-closed").with("year", one.year().to_string());
        return Err(StoreError::Refused(Box::new(Problem::conflict(phrase, 409))));
    }
    if !kept::change(tx, &Campaign { course: to, ..one.clone() }).await? {
        return changed_meanwhile();
    }
    let first = one.course == Course::Draft;
    let count = if first { open(tx, law, one).await? } else { kept::how_many(tx, one.id).await? };
    if first && count == 0 {
        let problem = Problem::input(Phrase::new("reporting-no-units")).at_field("as_of");
        return Err(StoreError::Refused(Box::new(problem)));
    }
    if first {
        tx.enqueue_once(crate::remind::JOB).await?;
    }
    note(tx, one.id, "reporting.turn", serde_json::json!({"course": to.name(), "units": count})).await?;
    Ok(count)
}

async fn open(tx: &mut WriteTx, law: &Law, one: &Campaign) -> Result<usize> {
    let all = asked(tx, law, one).await?;
    let reviewers = kept::reviewers(tx, one.id).await?;
    let officers = match kept::before(tx, one).await? {
        Some(last) => kept::officers(tx, last.id).await?,
        None => HashMap::new(),
    };
    let mut traits = HashMap::new();
    let mut by_day: BTreeMap<Day, Vec<UnitId>> = BTreeMap::new();
    for unit in &all {
        by_day.entry(day_of_judging(unit, one.year())).or_default().push(unit.id);
    }
    // A day or two: units end on few days.
    for (day, units) in by_day {
        traits.extend(units::store::traits(tx, &units, day).await?);
    }
    let ids: Vec<UnitId> = all.iter().map(|unit| unit.id).collect();
    // What was imported before the campaign opened counts as entered.
    let mut figures: HashMap<UnitId, Vec<facts::Figure>> = HashMap::new();
    for figure in published::of_units(tx, &ids, one.year(), None, Edition::Working).await? {
        figures.entry(figure.key.unit).or_default().push(figure);
    }
    let now = tx.now();
    let none = rulebook::Traits::default();
    let made = all.into_iter().map(|unit| {
        let known = figures.remove(&unit.id).unwrap_or_default();
        let form = form::opening(law, one, &unit, traits.get(&unit.id).unwrap_or(&none), known);
        let mut items = form::items(&form, now);
        for item in &mut items {
            item.agency = reviewers.get(&item.criterion).copied();
            item.officer = officers.get(&(unit.id, item.criterion.clone())).copied();
        }
        (unit, items)
    });
    let made: Vec<_> = made.filter(|(_, items)| !items.is_empty()).collect();
    // Units by the thousand: what is held at once stays small.
    for some in made.chunks(1000) {
        kept::add_units(tx, one, some).await?;
    }
    Ok(made.len())
}
