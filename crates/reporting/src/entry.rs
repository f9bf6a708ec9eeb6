//! What units enter: saved value by value, each against the one that was seen, judged in the same transaction.

use crate::{
    actions::{Reach, not_in_charge},
    form::{self, Field, Form, SetForm},
    model::{Campaign, Course, Criterion, Item, Reporting, State},
    rules, store as kept,
};
use ::store::{AuditLine, Query, Result, StoreError, WriteTx, args};
use facts::{
    Law, Stage,
    figure::{self, Edited, Wish},
    model::{columns, value},
    record,
};
use kernel::{Decimal, Moment, PersonId, Phrase, Problem, Revision, UnitId};
use rulebook::{
    Origin, Value,
    measure::OverTime,
    said_in::Units,
    values::{Read, Typed as TypedText, one, year_end},
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use units::Unit;

/// What somebody typed into a field.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Typed {
    pub value: String,
    pub numerator: String,
    pub denominator: String,
}

impl Typed {
    /// Whether nothing is typed.
    pub fn is_empty(&self) -> bool {
        [&self.value, &self.numerator, &self.denominator].into_iter().all(|text| text.trim().is_empty())
    }

    /// The value it says for a field, with what was said where that was in another unit than the measure's own; or what is
    /// wrong with it and where.
    pub fn read(&self, set: &SetForm, field: &Field) -> Read {
        let typed = TypedText { value: &self.value, numerator: &self.numerator, denominator: &self.denominator };
        one(field.about.kind, set.has_condition(field), Units::of(&field.about), typed)
    }
}

/// A value that is to be saved.
#[derive(Clone, Debug, Deserialize)]
pub struct Given {
    pub measure: String,
    #[serde(flatten)]
    pub typed: Typed,
    /// Why it does not apply, or what else there is to say; absent: what is said of a value that stays stays.
    #[serde(default)]
    pub note: Option<String>,
    /// The version that was seen; 0 where there was none.
    #[serde(default)]
    pub seen: i64,
}

/// What is wrong with a value, each with its field.
pub type Wrong = Vec<(&'static str, Phrase)>;

/// What became of a value.
#[derive(Clone, Debug)]
pub enum Answer {
    Saved,
    /// Nothing was typed: what stands there stands.
    Nothing,
    /// Somebody else wrote meanwhile; what stands there now is in the form.
    Changed,
    /// By field: `value`, `numerator`, `denominator`, `note`.
    Wrong(Wrong),
}

/// What became of a save.
#[derive(Clone, Debug)]
pub struct Saved {
    /// In the order of what was given.
    pub answers: Vec<Answer>,
    pub form: Form,
    pub items: Vec<Item>,
    pub unit: Reporting,
}

/// The longest note.
pub const LONGEST_NOTE: usize = 2_000;

fn refused<T>(problem: Problem) -> Result<T> {
    Err(StoreError::Refused(Box::new(problem)))
}

/// The unit of a campaign with its criteria, locked against whoever else changes them. `None` where this scope does not see it.
pub(crate) async fn hold(
    tx: &mut WriteTx,
    campaign: i64,
    unit: UnitId,
) -> Result<Option<(Unit, Reporting, Vec<Item>)>> {
    tx.lock_each("reporting.unit", std::iter::once(unit.0), None).await?;
    let (Some(one), Some(summed)) = (units::store::get(tx, unit).await?, kept::unit(tx, campaign, unit).await?) else {
        return Ok(None);
    };
    Ok(Some((one, summed, kept::items(tx, campaign, unit).await?)))
}

/// The entries of a unit in a campaign, of these measures or of all, by measure. Cost: those rows.
pub async fn of_unit(
    tx: &mut impl Query,
    campaign: &Campaign,
    unit: UnitId,
    measures: Option<&BTreeSet<i64>>,
) -> Result<BTreeMap<i64, form::Said>> {
    let only = measures.map(|measures| format!(" AND measure IN ({})", ::store::places(3, measures.len())));
    let sql = format!(
        "SELECT measure, value, num, den, note, version, at, person FROM reporting_entry
         WHERE campaign = $1 AND unit = $2{}",
        only.unwrap_or_default()
    );
    let mut given = args![campaign.id, unit];
    given.extend(measures.into_iter().flatten().map(|&measure| measure.into()));
    let mut found = BTreeMap::new();
    for row in tx.rows(&sql, given).await? {
        let Some(value) = value(&row, 1)? else { continue };
        let (note, version, at) = (row.text(4)?, row.i64(5)?, Moment(row.i64(6)?));
        let person = row.opt_i64(7)?.map(PersonId);
        found.insert(row.i64(0)?, form::Said { value, version, at, person, note });
    }
    Ok(found)
}

/// What is wrong with a value that is given, beyond what is typed: not asked for, not theirs, not open any more.
struct Bounds<'a> {
    form: &'a Form,
    closed: HashSet<&'a Criterion>,
    charge: Option<BTreeSet<i64>>,
}

impl Bounds<'_> {
    fn field(&self, law: &Law, given: &Given) -> std::result::Result<(&SetForm, &Field), Phrase> {
        let not_asked = || Phrase::new("reporting-not-asked");
        let measure = law.measure_id(&given.measure).ok_or_else(not_asked)?;
        let (set, field) = self.form.field(measure).ok_or_else(not_asked)?;
        if self.charge.as_ref().is_some_and(|measures| !measures.contains(&measure)) {
            return Err(Phrase::new("record-not-in-charge").with("measure", given.measure.as_str()));
        }
        let holds = |sheet: &form::Sheet| sheet.fields.iter().any(|field| field.measure == measure);
        let closed = self.form.sheets().any(|(_, sheet)| self.closed.contains(&sheet.criterion) && holds(sheet));
        if closed { Err(Phrase::new("reporting-not-open-now")) } else { Ok((set, field)) }
    }
}

/// Saves values of a unit, each for itself: what is wrong or was changed by somebody else meanwhile is said and does not keep the
/// others from being saved. `None` where there is no such unit in the campaign. Cost: the unit's figures of the year twice,
/// of the year before once, those that were written again, one judging, three rows a value.
pub async fn save(
    tx: &mut WriteTx,
    law: &Law,
    campaign: &Campaign,
    unit: UnitId,
    given: &[Given],
) -> Result<Option<Saved>> {
    if !campaign.takes_entries(tx.now().day()) {
        return refused(Problem::conflict(Phrase::new("reporting-not-open"), 409));
    }
    let Some((one, summed, mut items)) = hold(tx, campaign.id, unit).await? else { return Ok(None) };
    let day = year_end(campaign.year());
    let reached = tx.reach(&[(unit, day)]).await?;
    let charge = reached.criteria(unit, day).map(|criteria| law.measures_of(&criteria));
    let mut loaded = form::Loaded::of(tx, campaign, &one).await?;
    let mut form = loaded.form(law, campaign);
    let closed = items.iter().filter(|item| !rules::is_open(item.state)).map(|item| &item.criterion).collect();
    let bounds = Bounds { form: &form, closed, charge };
    let mut answers = Vec::with_capacity(given.len());
    let mut wishes: Vec<New> = Vec::new();
    let mut named = HashSet::new();
    for (at, one) in given.iter().enumerate() {
        answers.push(match read(&bounds, law, at, one) {
            Ok(None) => Answer::Nothing,
            Ok(Some(new)) if !named.insert(new.measure) => {
                Answer::Wrong(vec![("value", Phrase::new("reporting-twice"))])
            }
            Ok(Some(new)) => {
                wishes.push(new);
                Answer::Saved
            }
            Err(wrong) => Answer::Wrong(wrong),
        });
    }
    let written = write(tx, law, campaign, &form, &wishes).await?;
    for (new, version) in wishes.iter().zip(&written) {
        if version.is_none() {
            answers[new.at] = Answer::Changed;
        }
    }
    let wrote = keep(tx, campaign, unit, &wishes, &written, &form).await?;
    let measures = wishes.iter().map(|new| new.measure).collect();
    loaded.renew(tx, law, campaign, &mut form, &measures).await?;
    let after = settle(tx, campaign, &form, &mut items, &summed).await?;
    if let (Some(after), false) = (&after, wrote) {
        // What came by another door is counted now, and nothing was written beside it.
        let details = serde_json::json!({"campaign": campaign.id, "filled": after.filled, "asked": after.asked});
        let subject = campaign.id.to_string();
        tx.audit(AuditLine { action: "reporting.count", kind: "campaign", subject, unit: Some(unit), details }).await?;
    }
    Ok(Some(Saved { answers, form, items, unit: after.unwrap_or(summed) }))
}

/// A value that is to be written.
struct New<'g> {
    /// Its place in what was given.
    at: usize,
    code: &'g str,
    measure: i64,
    value: Value,
    /// With what was typed behind it, where that was in another unit than the measure's own.
    note: String,
    /// The version that was seen; 0 where there was none.
    seen: i64,
}

fn read<'g>(bounds: &Bounds, law: &Law, at: usize, given: &'g Given) -> std::result::Result<Option<New<'g>>, Wrong> {
    let (set, field) = bounds.field(law, given).map_err(|phrase| vec![("value", phrase)])?;
    if given.typed.is_empty() {
        return Ok(None);
    }
    let (value, said) = given
        .typed
        .read(set, field)
        .map_err(|wrong| wrong.into_iter().map(|(column, phrase)| (column.heading(), phrase)).collect::<Vec<_>>())?;
    let stays = field.declared.as_ref().filter(|declared| declared.value == value);
    let note =
        given.note.as_deref().map(str::trim).or(stays.map(|declared| declared.note.as_str())).unwrap_or_default();
    if value == Value::NotApplicable && note.is_empty() {
        return Err(vec![("note", Phrase::new("reporting-not-applicable-why"))]);
    }
    if note.chars().count() > LONGEST_NOTE {
        return Err(vec![("note", Phrase::new("reporting-note-long").with("most", LONGEST_NOTE))]);
    }
    let note = match (&said, stays) {
        (Some(said), _) if said.times != Decimal::from(1) => facts::said::with(facts::said::without(note), said),
        // The same value sent again keeps what was typed of it.
        (_, Some(_)) => note.to_owned(),
        _ => facts::said::without(note).to_owned(),
    };
    let (code, seen) = (given.measure.as_str(), given.seen);
    Ok(Some(New { at, code, measure: field.measure, value, note, seen }))
}

/// Writes what is wished for; of each the version it has now, `None` where somebody else wrote meanwhile.
async fn write(
    tx: &mut WriteTx,
    law: &Law,
    campaign: &Campaign,
    form: &Form,
    wishes: &[New<'_>],
) -> Result<Vec<Option<i64>>> {
    let key = |measure| facts::Key { unit: form.unit.id, year: form.year, measure, origin: Origin::Declared };
    if campaign.is_yearly() {
        let wish = |new: &New<'_>| {
            let seen = Some(new.seen).filter(|seen| *seen > 0).map(Revision);
            let note = std::sync::Arc::from(new.note.as_str());
            Wish { key: key(new.measure), value: new.value.clone(), note: Some(note), seen }
        };
        let wishes: Vec<Wish> = wishes.iter().map(wish).collect();
        let edited = figure::edit_many(tx, law, &wishes, Stage::Draft, &campaign.name).await?;
        let version = |edited: Edited| match edited {
            Edited::Done(revision) => Some(revision.0),
            Edited::Changed(_) => None,
        };
        return Ok(edited.into_iter().map(version).collect());
    }
    let stands = |new: &New<'_>| {
        let now = form.field(new.measure).and_then(|(_, field)| field.declared.as_ref()).map_or(0, |said| said.version);
        (now == new.seen).then_some(now + 1)
    };
    let written: Vec<Option<i64>> = wishes.iter().map(stands).collect();
    let saved: HashMap<i64, &Value> =
        wishes.iter().zip(&written).filter(|(_, v)| v.is_some()).map(|(new, _)| (new.measure, &new.value)).collect();
    feed(tx, law, campaign, form, &saved).await?;
    Ok(written)
}

/// Makes the year's figures of the values of its shorter periods. Cost: the entries of the year's campaigns of these measures.
async fn feed(
    tx: &mut WriteTx,
    law: &Law,
    campaign: &Campaign,
    form: &Form,
    saved: &HashMap<i64, &Value>,
) -> Result<()> {
    if saved.is_empty() {
        return Ok(());
    }
    let list = saved.keys().map(i64::to_string).collect::<Vec<_>>().join(",");
    let sql = format!(
        "SELECT measure, value, num, den, period FROM reporting_entry
         WHERE unit = $1 AND SUBSTR(period, 1, 4) = $2 AND LENGTH(period) > 4 AND measure IN ({list})"
    );
    let rows = tx.rows(&sql, args![form.unit.id, format!("{:04}", form.year)]).await?;
    // By measure, the last and the first day of the period.
    let mut said: BTreeMap<i64, BTreeMap<(kernel::Day, kernel::Day), Value>> = BTreeMap::new();
    let span = |period: kernel::Period| (period.last_day(), period.first_day());
    for row in &rows {
        let (Some(value), Ok(period)) = (value(row, 1)?, row.text(4)?.parse::<kernel::Period>()) else { continue };
        said.entry(row.i64(0)?).or_default().insert(span(period), value);
    }
    let mut entries = Vec::new();
    for (&measure, &value) in saved {
        let times = said.entry(measure).or_default();
        times.insert(span(campaign.period), value.clone());
        let Some((_, about)) = form.field(measure) else { continue };
        // A quarter of a half that was said counts with the half, not once more.
        let within = |at: &(kernel::Day, kernel::Day)| {
            times.keys().any(|whole| whole != at && whole.1 <= at.1 && at.0 <= whole.0)
        };
        let whole = times.iter().filter(|(at, _)| !within(at)).map(|(_, value)| value);
        let numbers: Option<Vec<Decimal>> = whole.map(Value::shown).collect();
        let year = match numbers {
            Some(numbers) if about.about.over_time != OverTime::Last => {
                rules::of_year(about.about.over_time, &numbers).map(Value::Number)
            }
            _ => times.values().next_back().cloned(),
        };
        let key = facts::Key { unit: form.unit.id, year: form.year, measure, origin: Origin::Declared };
        entries.extend(year.map(|value| facts::Entry::new(key, value)));
    }
    let source = campaign.name.clone();
    let how = record::How { stage: Stage::Draft, publish: false, source, import: None, anew: false };
    record::record(tx, law, &entries, &how).await?;
    Ok(())
}

/// Keeps who wrote what, and of a shorter period the value itself; whether there was anything. Cost: two rows a value.
async fn keep(
    tx: &mut WriteTx,
    campaign: &Campaign,
    unit: UnitId,
    wishes: &[New<'_>],
    written: &[Option<i64>],
    before: &Form,
) -> Result<bool> {
    let (period, now) = (campaign.period_name(), tx.now());
    let person = tx.actor().person.map(|person| person.0);
    let was = |measure| before.field(measure).and_then(|(_, field)| field.declared.as_ref()).map(|said| said.version);
    let fresh = wishes.iter().zip(written).filter_map(|(new, version)| {
        let version = version.filter(|version| was(new.measure) != Some(*version))?;
        Some((new, version))
    });
    let fresh: Vec<(&New<'_>, i64)> = fresh.collect();
    if fresh.is_empty() {
        return Ok(false);
    }
    let row = |(new, version): &(&New<'_>, i64)| {
        let (text, num, den, _) = columns(&new.value);
        let (text, num, den) = (text.map(String::from), num.map(String::from), den.map(String::from));
        args![campaign.id, unit, new.measure, period.as_str(), text, num, den, new.note.as_str(), *version, now, person]
    };
    let names = ["campaign", "unit", "measure", "period", "value", "num", "den", "note", "version", "at", "person"];
    let rows: Vec<_> = fresh.iter().map(row).collect();
    tx.upsert_many("reporting_entry", &names[..3], &names, rows.into_iter()).await?;
    if let Some(person) = person {
        let hand = |(new, _): &(&New<'_>, i64)| args![campaign.id, unit, new.measure, person];
        let names = ["campaign", "unit", "measure", "person"];
        tx.upsert_many("reporting_hand", &names, &names, fresh.iter().map(hand).collect::<Vec<_>>().into_iter())
            .await?;
    }
    if !campaign.is_yearly() {
        let measures: Vec<&str> = fresh.iter().map(|(new, _)| new.code).collect();
        let details = serde_json::json!({"campaign": campaign.id, "period": period, "measures": measures});
        let subject = campaign.id.to_string();
        tx.audit(AuditLine { action: "reporting.entry", kind: "campaign", subject, unit: Some(unit), details }).await?;
    }
    Ok(true)
}

/// The criteria of a unit as its form fills them now; which of them changed.
pub(crate) fn count(form: &Form, items: &mut [Item], now: Moment) -> Vec<Item> {
    let counted: HashMap<&Criterion, (i64, i64)> =
        form.sheets().map(|(_, sheet)| (&sheet.criterion, (sheet.asked(), sheet.filled()))).collect();
    let mut fresh = Vec::new();
    for item in items {
        let Some(&(asked, filled)) = counted.get(&item.criterion) else { continue };
        let state = rules::after_entry(item.state, filled);
        if (item.asked, item.filled, item.state) != (asked, filled, state) {
            item.since = if item.state == state { item.since } else { now };
            (item.asked, item.filled, item.state) = (asked, filled, state);
            fresh.push(item.clone());
        }
    }
    fresh
}

/// Brings the criteria and the sum of a unit to what its form says now; the sum where anything changed. Cost: the rows that changed.
pub(crate) async fn settle(
    tx: &mut WriteTx,
    campaign: &Campaign,
    form: &Form,
    items: &mut [Item],
    before: &Reporting,
) -> Result<Option<Reporting>> {
    let now = tx.now();
    let fresh = count(form, items, now);
    kept::keep_items(tx, campaign, form.unit.id, &fresh).await?;
    let after = summed(items, before, now);
    if after == *before && fresh.is_empty() {
        return Ok(None);
    }
    kept::keep_unit(tx, campaign.id, &after).await?;
    Ok(Some(after))
}

/// A unit over its criteria.
pub(crate) fn summed(items: &[Item], before: &Reporting, now: Moment) -> Reporting {
    let state = rules::over(items.iter().map(|item| item.state));
    let count = |wanted: &[State]| items.iter().filter(|item| wanted.contains(&item.state)).count() as i64;
    Reporting {
        state,
        since: if state == before.state { before.since } else { now },
        asked: items.iter().map(|item| item.asked).sum(),
        filled: items.iter().map(|item| item.filled).sum(),
        waiting: count(&[State::Sent]),
        returned: count(&[State::Returned]),
        accepted: count(&[State::Accepted, State::Confirmed, State::Locked]),
        ..before.clone()
    }
}

/// A reviewer's value beside the declared one, with why: of criteria that are theirs to review, while the campaign is open. Answers as
/// [`save`]. Cost: as [`save`] of one value.
pub async fn correct(
    tx: &mut WriteTx,
    law: &Law,
    campaign: &Campaign,
    unit: UnitId,
    given: &Given,
) -> Result<Option<Answer>> {
    if campaign.course != Course::Open {
        return refused(Problem::conflict(Phrase::new("reporting-not-open"), 409));
    }
    // A verified figure is the year's: written in one quarter it would stand over those that follow.
    if !campaign.is_yearly() {
        return refused(Problem::conflict(Phrase::new("reporting-corrects-years"), 409));
    }
    let Some((one, _, items)) = hold(tx, campaign.id, unit).await? else { return Ok(None) };
    let form = form::load(tx, law, campaign, &one).await?;
    let Some(measure) = law.measure_id(&given.measure) else { return Ok(None) };
    let Some((set, field)) = form.field(measure) else { return Ok(None) };
    let holds = |item: &&Item| {
        let sheet = form.sheet(&item.criterion).map(|(_, sheet)| sheet);
        sheet.is_some_and(|sheet| sheet.fields.iter().any(|field| field.measure == measure))
    };
    let sent: Vec<&Item> = items.iter().filter(holds).filter(|item| item.state == State::Sent).collect();
    let Some(first) = sent.first() else {
        return refused(Problem::conflict(Phrase::new("reporting-not-under-review"), 409));
    };
    let reach = Reach::of(tx, campaign, unit).await?;
    if !sent.iter().any(|item| reach.holds(item, true)) {
        return refused(not_in_charge(&first.criterion));
    }
    let hands = kept::hands(tx, campaign, unit, &[measure]).await?;
    if rules::reviews_own(tx.actor().person, &hands) {
        return refused(Problem::forbidden(Phrase::new("reporting-own-entry")));
    }
    let why = given.note.as_deref().unwrap_or_default().trim();
    if why.is_empty() {
        return Ok(Some(Answer::Wrong(vec![("note", Phrase::new("reporting-reason-missing"))])));
    }
    let (value, said) = match given.typed.read(set, field) {
        Ok(read) => read,
        Err(wrong) => {
            let said = wrong.into_iter().map(|(column, phrase)| (column.heading(), phrase)).collect();
            return Ok(Some(Answer::Wrong(said)));
        }
    };
    let key = facts::Key { unit, year: form.year, measure, origin: Origin::Verified };
    let seen = Some(given.seen).filter(|seen| *seen > 0).map(Revision);
    let note = Some(facts::said::noted(why, said.as_ref()).into());
    let wish = Wish { key, value, note, seen };
    let edited = figure::edit_many(tx, law, &[wish], Stage::Submitted, &campaign.name).await?;
    Ok(Some(match edited.first() {
        Some(Edited::Done(_)) => Answer::Saved,
        _ => Answer::Changed,
    }))
}
