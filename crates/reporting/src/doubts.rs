//! What quality checks doubt of a unit's figures: asked before they are sent and whenever somebody who reviews asks again, kept by
//! `facts::checks`, answered by a note. Saving a value asks nothing.

use crate::{
    entry::hold,
    form::{self, Form, Sheet},
    model::{Campaign, Criterion, Item, State},
    rules,
};
use ::store::{AuditLine, Query, Result, Store, StoreError, WriteTx};
use facts::{
    Law,
    checks::{self, Around, Doubt, Ran, Saying, Side},
};
use kernel::{Actor, CriterionRef, Phrase, Problem, UnitId};
use locale::Lang;
use rulebook::values::year_end;
use std::collections::{BTreeSet, HashMap};

/// The longest answer.
pub const LONGEST: usize = 2_000;

/// The doubts of a unit that stand, with the names of the units that they name.
#[derive(Clone, Debug, Default)]
pub struct Doubts {
    pub all: Vec<Doubt>,
    /// When the checks were asked last.
    pub ran: Option<Ran>,
    names: HashMap<UnitId, String>,
}

impl Doubts {
    /// Cost: the unit's hits, the units that they name.
    pub async fn of(tx: &mut impl Query, law: &Law, campaign: &Campaign, unit: UnitId) -> Result<Doubts> {
        let all = checks::standing(tx, law, unit, campaign.year()).await?;
        let ran = checks::ran(tx, unit, campaign.year()).await?;
        let named: BTreeSet<UnitId> = all.iter().flat_map(|doubt| doubt.hit.units()).collect();
        let named: Vec<UnitId> = named.into_iter().collect();
        let names = units::store::many(tx, &named).await?;
        let names = names.into_iter().map(|(id, unit)| (id, units::store::short_name(&unit.name).to_owned())).collect();
        Ok(Doubts { all, ran, names })
    }

    /// Those of a measure, by its code.
    pub fn of_measure<'a>(&'a self, code: &'a str) -> impl Iterator<Item = &'a Doubt> {
        self.all.iter().filter(move |doubt| doubt.hit.measure == code)
    }

    /// Those of the figures of a criterion.
    pub fn of_sheet<'a>(&'a self, sheet: &'a Sheet) -> impl Iterator<Item = &'a Doubt> {
        self.all.iter().filter(move |doubt| sheet.fields.iter().any(|field| field.about.id == doubt.hit.measure))
    }

    /// How many nobody said anything to.
    pub fn open(&self) -> usize {
        self.all.iter().filter(|doubt| doubt.is_open()).count()
    }

    /// Why a figure is doubted, in words.
    pub fn reason(&self, lang: Lang, law: &Law, doubt: &Doubt) -> String {
        let named = |unit: UnitId| self.names.get(&unit).cloned().unwrap_or_else(|| unit.to_string());
        doubt.hit.reason(lang, |code| law.library().measure(code).map(|measure| &**measure), named)
    }
}

/// What the communes around a unit say, drafts too, as the house sees it: whoever sends sees the figures of their own commune
/// alone, and would compare with next to nothing. What of it may be told is decided where it is told
/// ([`checks::standing`]). Cost: as [`Around::of`].
pub async fn around(store: &Store, law: &Law, campaign: &Campaign, unit: UnitId) -> Result<Option<Around>> {
    let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
    let Some(place) = units::store::get(&mut tx, unit).await? else { return Ok(None) };
    Around::of(&mut tx, law, unit, campaign.year(), &form::sets_of(law, campaign, &place)).await
}

fn refuse<T>(problem: Problem) -> Result<T> {
    Err(StoreError::Refused(Box::new(problem)))
}

fn is_open(campaign: &Campaign) -> Result<()> {
    if campaign.course == crate::model::Course::Open {
        return Ok(());
    }
    refuse(Problem::conflict(Phrase::new("reporting-not-open"), 409))
}

/// Asks the checks of a unit's figures of the year, once for all criteria of all sets, and keeps what they find. Whether there is
/// such a unit in the campaign. Cost: the unit's figures of two years with their evidence, its hits, one line.
pub async fn ask(
    tx: &mut WriteTx,
    law: &Law,
    campaign: &Campaign,
    unit: UnitId,
    around: Option<&Around>,
) -> Result<bool> {
    is_open(campaign)?;
    let year = campaign.year();
    let Some((one, ..)) = hold(tx, campaign.id, unit).await? else { return Ok(false) };
    tx.reach(&[(unit, year_end(year))]).await?;
    let sets = form::sets_of(law, campaign, &one);
    let hits = checks::run(tx, law, unit, year, &sets, around).await?;
    checks::keep(tx, law, unit, year, &sets, &hits).await?;
    let (subject, details) =
        (campaign.id.to_string(), serde_json::json!({"campaign": campaign.id, "doubts": hits.len()}));
    tx.audit(AuditLine { action: "reporting.checked", kind: "campaign", subject, unit: Some(unit), details }).await?;
    Ok(true)
}

/// The state in which a figure is: the one of the criterion that reads it, the open one where several do; of a background figure
/// that none reads the unit's own.
pub fn state_of(law: &Law, items: &[Item], measure: i64, unit: State) -> State {
    let reads = |item: &&Item| {
        let named = CriterionRef { set: item.criterion.set.clone(), no: item.criterion.no.clone() };
        law.measures_of(&[&named]).contains(&measure)
    };
    let states: Vec<State> = items.iter().filter(reads).map(|item| item.state).collect();
    states.iter().copied().find(|state| rules::is_open(*state)).or(states.first().copied()).unwrap_or(unit)
}

/// What is wrong with an answer: which doubt (check and measure), and why.
pub type Wrong = (String, String, Phrase);

/// Notes what somebody says to doubts of a unit, on the side that is theirs; all or none. `None` where there is no such unit in
/// the campaign, else what is wrong. Cost: a row a criterion, the unit's hits, one line.
pub async fn answer(
    tx: &mut WriteTx,
    law: &Law,
    campaign: &Campaign,
    unit: UnitId,
    all: &[Saying],
) -> Result<Option<Vec<Wrong>>> {
    is_open(campaign)?;
    let (day, role) = (year_end(campaign.year()), tx.actor().role);
    let Some((_, summed, items)) = hold(tx, campaign.id, unit).await? else { return Ok(None) };
    let reached = tx.reach(&[(unit, day)]).await?;
    let charge = reached.criteria(unit, day).map(|criteria| law.measures_of(&criteria));
    let mut wrong = Vec::new();
    let (mut own, mut reviewed) = (Vec::new(), Vec::new());
    for one in all {
        let mut refuse = |phrase| wrong.push((one.check.clone(), one.measure.clone(), phrase));
        let Some(measure) = law.measure_id(&one.measure) else { continue };
        if one.note.as_deref().is_some_and(|note| note.trim().chars().count() > LONGEST) {
            refuse(Phrase::new("reporting-note-long").with("most", LONGEST));
            continue;
        }
        if charge.as_ref().is_some_and(|charge| !charge.contains(&measure)) {
            refuse(Phrase::new("record-not-in-charge").with("measure", one.measure.as_str()));
            continue;
        }
        match rules::answers(role, state_of(law, &items, measure, summed.state)) {
            Some(Side::Unit) => own.push(one.clone()),
            Some(Side::Review) => reviewed.push(one.clone()),
            None => refuse(Phrase::new("reporting-doubt-not-now")),
        }
    }
    if wrong.is_empty() {
        for (side, some) in [(Side::Unit, own), (Side::Review, reviewed)] {
            if !some.is_empty() {
                checks::answer(tx, law, unit, campaign.year(), side, &some).await?;
            }
        }
    }
    Ok(Some(wrong))
}

/// The key of what is said where doubts keep a unit from sending.
pub const STOPS: &str = "reporting-doubts-open";

/// Refuses to send criteria of which a figure is doubted and nobody said anything to it, where the campaign says so. Cost: the
/// unit's hits.
pub(crate) async fn stop(tx: &mut WriteTx, campaign: &Campaign, form: &Form, criteria: &[&Criterion]) -> Result<()> {
    if !campaign.doubts_stop {
        return Ok(());
    }
    let open = checks::unanswered(tx, form.unit.id, campaign.year()).await?;
    let (mut count, mut numbers, mut seen) = (0, Vec::new(), BTreeSet::new());
    for criterion in criteria {
        let Some((_, sheet)) = form.sheet(criterion) else { continue };
        let doubted: Vec<_> =
            sheet.fields.iter().filter_map(|field| Some((field.measure, *open.get(&field.measure)?))).collect();
        if !doubted.is_empty() {
            numbers.push(criterion.no.as_str());
        }
        count += doubted.iter().filter(|(measure, _)| seen.insert(*measure)).map(|(_, open)| open).sum::<i64>();
    }
    if count == 0 {
        return Ok(());
    }
    refuse(Problem::conflict(Phrase::new(STOPS).with("count", count).with("criteria", numbers.join(", ")), 409))
}
