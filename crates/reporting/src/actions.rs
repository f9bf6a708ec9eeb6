//! What is done to criteria of a unit: sent, given back, accepted, confirmed, locked, opened again. One transaction, all or none.

use crate::{
    doubts,
    entry::{self, hold},
    form::{self, Form},
    model::{Action, Campaign, Course, Criterion, Item, Reporting, State},
    rules, store as kept, told,
};
use ::store::{AuditLine, Query, Result, StoreError, WriteTx};
use facts::{
    Law, Stage,
    checks::Around,
    holds::{self, Hold},
};
use kernel::{AgencyId, CriterionRef, Phrase, Problem, Role, UnitId};
use rulebook::values::year_end;
use std::collections::{BTreeMap, BTreeSet};

/// What is asked to be done.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub action: Action,
    /// Nothing named: every criterion that takes the action and is theirs.
    pub criteria: Vec<Criterion>,
    pub reason: String,
}

/// What was done.
#[derive(Clone, Debug)]
pub struct Acted {
    pub done: Vec<(Criterion, State)>,
    pub unit: Reporting,
}

/// What became of a step.
#[derive(Debug)]
pub enum Stepped {
    Done(Acted),
    /// Nothing was sent, for figures are doubted. What the checks found stands in the transaction, to be kept and shown.
    Doubted(Box<Problem>),
}

/// The longest reason.
pub const LONGEST_REASON: usize = 2_000;

fn refuse<T>(problem: Problem) -> Result<T> {
    Err(StoreError::Refused(Box::new(problem)))
}

fn conflict(phrase: Phrase) -> Problem {
    Problem::conflict(phrase, 409)
}

/// Takes a step as a person asks for it: what is to be sent is checked first, as it stands after what was said to earlier doubts,
/// since a note goes with the value it was said of. `around`: as [`doubts::around`] reads it, where something is to be sent. `None`
/// where there is no such unit in the campaign. Cost: as [`act`], to send as [`doubts::ask`] too.
pub async fn step(
    tx: &mut WriteTx,
    law: &Law,
    campaign: &Campaign,
    unit: UnitId,
    wanted: &Wanted,
    around: Option<&Around>,
) -> Result<Option<Stepped>> {
    if wanted.action == Action::Send && !doubts::ask(tx, law, campaign, unit, around).await? {
        return Ok(None);
    }
    match act(tx, law, campaign, unit, wanted).await {
        Err(StoreError::Refused(problem)) if problem.phrase.key == doubts::STOPS => Ok(Some(Stepped::Doubted(problem))),
        acted => Ok(acted?.map(Stepped::Done)),
    }
}

/// Does it, for all criteria named or for none. `None` where there is no such unit in the campaign. Cost: the form of the unit,
/// a row a criterion, its holds and figures.
pub async fn act(
    tx: &mut WriteTx,
    law: &Law,
    campaign: &Campaign,
    unit: UnitId,
    wanted: &Wanted,
) -> Result<Option<Acted>> {
    let Wanted { action, reason, .. } = wanted;
    let (action, reason) = (*action, reason.trim());
    if campaign.course != Course::Open {
        return refuse(conflict(Phrase::new("reporting-not-open")));
    }
    if !rules::does(tx.actor().role, action) {
        return refuse(Problem::forbidden(Phrase::new("reporting-not-yours")));
    }
    if rules::needs_reason(action) && reason.is_empty() {
        return refuse(Problem::input(Phrase::new("reporting-reason-missing")).at_field("reason"));
    }
    if reason.chars().count() > LONGEST_REASON {
        return refuse(
            Problem::input(Phrase::new("reporting-note-long").with("most", LONGEST_REASON)).at_field("reason"),
        );
    }
    let Some((one, summed, mut items)) = hold(tx, campaign.id, unit).await? else { return Ok(None) };
    let form = form::load(tx, law, campaign, &one).await?;
    // Figures come by other doors, too: what is filled is what stands there now.
    let now = tx.now();
    let mut counted = entry::count(&form, &mut items, now);
    let chosen = choose(tx, campaign, unit, &items, wanted).await?;
    check(tx, campaign, &form, &summed, &items, &chosen, action).await?;
    let mut done = Vec::with_capacity(chosen.len());
    let mut fresh = Vec::with_capacity(chosen.len());
    for &at in &chosen {
        let item = &mut items[at];
        let Some(state) = rules::next(item.state, action) else { continue };
        (item.state, item.since) = (state, now);
        done.push((item.criterion.clone(), state));
        fresh.push(item.clone());
    }
    counted.retain(|item| fresh.iter().all(|one: &Item| one.criterion != item.criterion));
    counted.extend_from_slice(&fresh);
    kept::keep_items(tx, campaign, unit, &counted).await?;
    kept::note(tx, campaign, unit, action, &done, reason).await?;
    figures(tx, law, campaign, &form, &items, &chosen, action).await?;
    let after = entry::summed(&items, &summed, now);
    kept::keep_unit(tx, campaign.id, &after).await?;
    let criteria: Vec<String> =
        done.iter().map(|(c, state)| format!("{} {} → {}", c.set, c.no, state.name())).collect();
    let details =
        serde_json::json!({"campaign": campaign.id, "action": action.name(), "criteria": criteria, "reason": reason});
    let subject = campaign.id.to_string();
    tx.audit(AuditLine { action: "reporting.act", kind: "campaign", subject, unit: Some(unit), details }).await?;
    told::of_action(tx, campaign, &one, action, &fresh, reason).await?;
    Ok(Some(Acted { done, unit: after }))
}

/// Which criteria are meant, as places in the list: those named, or all that take the action and are within reach.
async fn choose(
    tx: &mut WriteTx,
    campaign: &Campaign,
    unit: UnitId,
    items: &[Item],
    wanted: &Wanted,
) -> Result<Vec<usize>> {
    let reach = Reach::of(tx, campaign, unit).await?;
    let theirs = |item: &Item| reach.holds(item, rules::reviews(wanted.action));
    let takes = |item: &Item| {
        rules::next(item.state, wanted.action).is_some() && (wanted.action != Action::Send || item.filled == item.asked)
    };
    if wanted.criteria.is_empty() {
        let all = (0..items.len()).filter(|&at| takes(&items[at]) && theirs(&items[at]));
        let all: Vec<usize> = all.collect();
        return if all.is_empty() { refuse(conflict(Phrase::new("reporting-nothing-to-do"))) } else { Ok(all) };
    }
    let mut chosen = BTreeSet::new();
    for criterion in &wanted.criteria {
        let Some(at) = items.iter().position(|item| item.criterion == *criterion) else {
            return refuse(Problem::input(Phrase::new("reporting-no-criterion").with("no", criterion.no.as_str())));
        };
        if !theirs(&items[at]) {
            return refuse(not_in_charge(criterion));
        }
        chosen.insert(at);
    }
    Ok(chosen.into_iter().collect())
}

/// What whoever reaches for another's criterion is told.
pub(crate) fn not_in_charge(criterion: &Criterion) -> Problem {
    Problem::forbidden(Phrase::new("reporting-not-in-charge").with("no", criterion.no.as_str()))
}

/// How far whoever acts reaches among the criteria of a unit.
pub(crate) struct Reach {
    /// Those they were given; `None`: all.
    charge: Option<BTreeSet<CriterionRef>>,
    agencies: Option<BTreeSet<AgencyId>>,
}

impl Reach {
    /// Cost: the roles of whoever acts, where they appraise.
    pub(crate) async fn of(tx: &mut WriteTx, campaign: &Campaign, unit: UnitId) -> Result<Reach> {
        let day = year_end(campaign.year());
        let reached = tx.reach(&[(unit, day)]).await?;
        let charge = reached.criteria(unit, day).map(|all| all.into_iter().cloned().collect());
        Ok(Reach { charge, agencies: own_agencies(tx).await? })
    }

    /// Whether a criterion is theirs; to review it, no other agency's either.
    pub(crate) fn holds(&self, item: &Item, to_review: bool) -> bool {
        let named = CriterionRef { set: item.criterion.set.clone(), no: item.criterion.no.clone() };
        let in_charge = self.charge.as_ref().is_none_or(|charge| charge.contains(&named));
        in_charge && (!to_review || rules::is_reviewed_by(item.agency, self.agencies.as_ref()))
    }
}

/// The agencies in which whoever acts appraises; `None`: they are bound to none (an office, a district, the machine).
async fn own_agencies(tx: &mut WriteTx) -> Result<Option<BTreeSet<AgencyId>>> {
    let actor = tx.actor().clone();
    let (Role::Appraiser, Some(person)) = (actor.role, actor.person) else { return Ok(None) };
    let today = tx.now().day();
    own_agencies_of(tx, person, today).await.map(Some)
}

/// The agencies in which somebody appraises today. Cost: their roles.
pub async fn own_agencies_of(
    tx: &mut impl Query,
    person: kernel::PersonId,
    today: kernel::Day,
) -> Result<BTreeSet<AgencyId>> {
    let held = identity::store::held(tx, person).await?;
    let stands = held.into_iter().filter(|held| held.role == Role::Appraiser && held.stands(today));
    Ok(stands.filter_map(|held| held.agency).collect())
}

/// Whether every criterion takes the action now, and nobody reviews what they entered.
async fn check(
    tx: &mut WriteTx,
    campaign: &Campaign,
    form: &Form,
    unit: &Reporting,
    items: &[Item],
    chosen: &[usize],
    action: Action,
) -> Result<()> {
    for item in chosen.iter().map(|&at| &items[at]) {
        let with = |key| Phrase::new(key).with("no", item.criterion.no.as_str());
        if rules::next(item.state, action).is_none() {
            return refuse(conflict(with("reporting-wrong-state").with("state", Phrase::new(item.state.key()))));
        }
        if action == Action::Send && item.filled < item.asked {
            return refuse(conflict(with("reporting-values-missing").with("count", item.asked - item.filled)));
        }
    }
    if action == Action::Send && campaign.comments_stop && unit.comments > 0 {
        return refuse(conflict(Phrase::new("reporting-comments-open").with("count", unit.comments)));
    }
    if action == Action::Send {
        let criteria: Vec<&Criterion> = chosen.iter().map(|&at| &items[at].criterion).collect();
        doubts::stop(tx, campaign, form, &criteria).await?;
    }
    if matches!(action, Action::Accept | Action::Confirm) {
        let sheets = chosen.iter().filter_map(|&at| form.sheet(&items[at].criterion));
        let measures: Vec<i64> = sheets.flat_map(|(_, sheet)| sheet.measures()).collect();
        let hands = kept::hands(tx, campaign, form.unit.id, &measures).await?;
        if rules::reviews_own(tx.actor().person, &hands) {
            return refuse(Problem::forbidden(Phrase::new("reporting-own-entry")));
        }
    }
    Ok(())
}

/// Brings the figures beneath to what the criteria that ask for them have come to, in this campaign and in others of the year: as far,
/// and as firmly held, as the one that is furthest. A shorter period holds no figure of the year: its own values are closed with their
/// criterion, and the next period writes the year anew. Cost: the unit's criteria in the year's campaigns; a row a figure.
async fn figures(
    tx: &mut WriteTx,
    law: &Law,
    campaign: &Campaign,
    form: &Form,
    items: &[Item],
    chosen: &[usize],
    action: Action,
) -> Result<()> {
    let of = |item: &Item| form.sheet(&item.criterion).map(|(_, sheet)| sheet.measures()).unwrap_or_default();
    let touched: BTreeSet<i64> = chosen.iter().flat_map(|&at| of(&items[at])).collect();
    let (unit, year) = (form.unit.id, form.year);
    if action == Action::Accept {
        let all: Vec<i64> = touched.iter().copied().collect();
        kept::accept(tx, campaign, unit, &all).await?;
    }
    // What is confirmed stands where it stood when it was accepted.
    if !campaign.is_yearly() || action == Action::Confirm {
        return Ok(());
    }
    let mut stands: BTreeMap<i64, (Option<Hold>, Stage)> =
        touched.into_iter().map(|measure| (measure, rules::held(State::Empty))).collect();
    let mut raise = |measure: i64, state: State| {
        if let Some(stands) = stands.get_mut(&measure) {
            *stands = (*stands).max(rules::held(state));
        }
    };
    for item in items {
        of(item).into_iter().for_each(|measure| raise(measure, item.state));
    }
    for (criterion, state) in kept::elsewhere(tx, campaign, unit).await? {
        let named = CriterionRef { set: criterion.set, no: criterion.no };
        law.measures_of(&[&named]).into_iter().for_each(|measure| raise(measure, state));
    }
    let mut groups: BTreeMap<(Option<Hold>, Stage), Vec<i64>> = BTreeMap::new();
    stands.into_iter().for_each(|(measure, stands)| groups.entry(stands).or_default().push(measure));
    // As many as there are states, whatever the number of figures.
    for ((hold, stage), measures) in groups {
        match hold {
            Some(hold) => holds::lay(tx, unit, year, &measures, hold).await?,
            None => holds::lift(tx, unit, year, &measures).await?,
        }
        holds::advance(tx, unit, year, &measures, stage).await?;
    }
    Ok(())
}
